//! What the public types have in common: methods and traits, written once.
//!
//! `methods!` names a type, the std type in it, lines of an example that make a `handle`, and
//! the parts it has: macros of this file and of the others.

macro_rules! methods {
    ($name:ident: $std:ty = $make:literal; $($part:ident)*
     $(; $($(#[$doc:meta])* $get:ident / $set:ident: $value:ty = $example:literal)*)?) => {
        $($crate::socket::$part!($name, $std, $make);)*
        $($($crate::socket::option!($name, $make, $get, $set, $value, $example, $(#[$doc])*);)*)?
    };
}

/// Closing, cloning, conversions, `Debug`.
macro_rules! handle {
    ($name:ident, $std:ty, $make:literal) => {
        impl $name {
            pub(crate) fn of(inner: $std) -> $name {
                $name { socket: $crate::socket::Socket::new(inner) }
            }

            /// Makes a second handle to the same object. Timeouts, and whether it is
            /// non-blocking, are shared; deadlines and closing are each handle's own.
            ///
            /// # Errors
            /// The process has too many open files, or this handle was closed.
            ///
            /// ```
            #[doc = $make]
            /// let second = handle.try_clone()?;
            /// handle.close()?;
            /// second.close()?;
            /// # Ok::<(), std::io::Error>(())
            /// ```
            pub fn try_clone(&self) -> std::io::Result<$name> {
                Ok($name { socket: self.socket.try_clone()? })
            }

            /// Closes it, for all who use this handle: calls that wait, and all later ones,
            /// fail with [`NotConnected`](std::io::ErrorKind::NotConnected). Returns when the
            /// last of them has let go. What was open is released then; the descriptor's number
            /// is taken until the handle is dropped.
            ///
            /// Dropping closes, too. Handles that were cloned stay open.
            ///
            /// # Errors
            /// It was closed before.
            ///
            /// ```
            #[doc = $make]
            /// handle.close()?;
            /// assert!(handle.close().is_err());
            /// # Ok::<(), std::io::Error>(())
            /// ```
            pub fn close(&self) -> std::io::Result<()> {
                self.socket.close()
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.socket.fmt(f)
            }
        }

        /// The descriptor is non-blocking, whatever the user has set.
        impl std::os::fd::AsFd for $name {
            fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
                self.socket.fd()
            }
        }

        impl std::os::fd::AsRawFd for $name {
            fn as_raw_fd(&self) -> std::os::fd::RawFd {
                std::os::fd::AsRawFd::as_raw_fd(&self.socket.fd())
            }
        }

        impl std::os::fd::IntoRawFd for $name {
            fn into_raw_fd(self) -> std::os::fd::RawFd {
                std::os::fd::IntoRawFd::into_raw_fd(self.socket.give_up())
            }
        }

        /// It becomes non-blocking in the kernel, for all that share its open file.
        impl From<$std> for $name {
            fn from(inner: $std) -> $name {
                $name { socket: $crate::socket::Socket::adopt(inner) }
            }
        }

        /// It becomes blocking in the kernel again, unless the user wanted it non-blocking;
        /// clones that stay behind would then block their threads.
        impl From<$name> for $std {
            fn from(ours: $name) -> $std {
                ours.socket.give_up()
            }
        }

        /// As from the std type.
        impl From<std::os::fd::OwnedFd> for $name {
            fn from(fd: std::os::fd::OwnedFd) -> $name {
                $name { socket: fd.into() }
            }
        }

        /// As into the std type.
        impl From<$name> for std::os::fd::OwnedFd {
            fn from(ours: $name) -> std::os::fd::OwnedFd {
                ours.socket.give_up().into()
            }
        }
    };
}

/// Whether to wait at all, and errors that are pending.
macro_rules! modes {
    ($name:ident, $std:ty, $make:literal) => {
        impl $name {
            /// Whether calls that would have to wait fail with
            /// [`WouldBlock`](std::io::ErrorKind::WouldBlock) instead. The descriptor is
            /// non-blocking in either case; this is for clones, too.
            ///
            /// # Errors
            /// It was closed.
            ///
            /// ```
            #[doc = $make]
            /// handle.set_nonblocking(true)?;
            /// # Ok::<(), std::io::Error>(())
            /// ```
            pub fn set_nonblocking(&self, nonblocking: bool) -> std::io::Result<()> {
                self.socket.set_nonblocking(nonblocking)
            }

            /// Takes the error that is pending in the kernel (`SO_ERROR`).
            ///
            /// # Errors
            /// It was closed.
            ///
            /// ```
            #[doc = $make]
            /// assert!(handle.take_error()?.is_none());
            /// # Ok::<(), std::io::Error>(())
            /// ```
            pub fn take_error(&self) -> std::io::Result<Option<std::io::Error>> {
                self.socket.quick(|inner| inner.take_error())
            }
        }
    };
}

pub(crate) use {handle, methods, modes};
