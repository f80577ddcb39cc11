//! `Read` and `Write`.

/// `Read`, for the type and for references to it.
macro_rules! reader {
    ($name:ident, $std:ty, $make:literal) => {
        $crate::socket::reader!(@ $name);
        $crate::socket::reader!(@ &$name);
    };
    (@ $name:ty) => {
        impl std::io::Read for $name {
            #[inline]
            fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
                self.socket.read(buf)
            }

            fn read_vectored(
                &mut self,
                bufs: &mut [std::io::IoSliceMut<'_>],
            ) -> std::io::Result<usize> {
                self.socket.read_vectored(bufs)
            }
        }
    };
}

/// `Write`, for the type and for references to it.
macro_rules! writer {
    ($name:ident, $std:ty, $make:literal) => {
        $crate::socket::writer!(@ $name);
        $crate::socket::writer!(@ &$name);
    };
    (@ $name:ty) => {
        impl std::io::Write for $name {
            #[inline]
            fn write(&mut self, buf: &[u8]) -> std::io::Result<usize> {
                self.socket.write(buf)
            }

            fn write_vectored(&mut self, bufs: &[std::io::IoSlice<'_>]) -> std::io::Result<usize> {
                self.socket.write_vectored(bufs)
            }

            fn write_all(&mut self, buf: &[u8]) -> std::io::Result<()> {
                self.socket.write_all(buf)
            }

            #[inline]
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
    };
}

pub(crate) use {reader, writer};
