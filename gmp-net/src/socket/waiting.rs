//! Methods that say how long to wait: timeouts and deadlines.

/// std's timeouts, for each call anew.
macro_rules! timeouts {
    ($name:ident, $std:ty, $make:literal) => {
        impl $name {
            $crate::socket::timeouts!(@ $make, set_read_timeout, read_timeout, Read,
                "How long a call may wait for something to read; `None` for as long as it takes. A call that has waited for that long fails with [`WouldBlock`](std::io::ErrorKind::WouldBlock), as in std.");
            $crate::socket::timeouts!(@ $make, set_write_timeout, write_timeout, Write,
                "How long a call may wait for room to write; `None` for as long as it takes. A call that has waited for that long fails with [`WouldBlock`](std::io::ErrorKind::WouldBlock), as in std.");
        }
    };
    (@ $make:literal, $set:ident, $get:ident, $dir:ident, $what:literal) => {
        #[doc = $what]
        ///
        /// Calls that wait already are not concerned. Clones share it.
        ///
        /// # Errors
        /// The timeout is zero, or the socket was closed.
        ///
        /// ```
        /// use std::time::Duration;
        ///
        #[doc = $make]
        #[doc = concat!("handle.", stringify!($set), "(Some(Duration::from_millis(200)))?;")]
        #[doc = concat!("assert!(handle.", stringify!($set), "(Some(Duration::ZERO)).is_err());")]
        /// # Ok::<(), std::io::Error>(())
        /// ```
        pub fn $set(&self, timeout: Option<std::time::Duration>) -> std::io::Result<()> {
            self.socket.set_timeout(gmp_core::rt::Dir::$dir, timeout)
        }

        #[doc = concat!("What [`", stringify!($set), "`](Self::", stringify!($set), ") has set.")]
        ///
        /// # Errors
        /// The socket was closed.
        ///
        /// ```
        #[doc = $make]
        #[doc = concat!("assert_eq!(handle.", stringify!($get), "()?, None);")]
        /// # Ok::<(), std::io::Error>(())
        /// ```
        pub fn $get(&self) -> std::io::Result<Option<std::time::Duration>> {
            self.socket.timeout(gmp_core::rt::Dir::$dir)
        }
    };
}

/// Go's deadlines: moments, for all calls that wait then or come later.
macro_rules! deadline {
    ($name:ident, $make:literal, $set:ident, [$($dir:ident),*], $what:literal) => {
        impl $name {
            #[doc = concat!("The moment from which on ", $what, " fails; `None` for never.")]
            ///
            /// From then on calls fail with [`TimedOut`](std::io::ErrorKind::TimedOut): those that
            /// wait and all later ones, even those that need not wait. It stays until another one
            /// is set, and may be moved while calls wait. It is of this handle only, not of its
            /// clones.
            ///
            /// # Errors
            /// It was closed.
            ///
            /// ```
            /// use std::time::{Duration, Instant};
            ///
            #[doc = $make]
            #[doc = concat!("handle.", stringify!($set), "(Some(Instant::now() + Duration::from_secs(5)))?;")]
            #[doc = concat!("handle.", stringify!($set), "(None)?;")]
            /// # Ok::<(), std::io::Error>(())
            /// ```
            pub fn $set(&self, deadline: Option<std::time::Instant>) -> std::io::Result<()> {
                self.socket.set_deadline(&[$(gmp_core::rt::Dir::$dir),*], deadline)
            }
        }
    };
}

macro_rules! read_deadline {
    ($name:ident, $std:ty, $make:literal) => {
        $crate::socket::deadline!($name, $make, set_read_deadline, [Read], "reading");
    };
}

macro_rules! write_deadline {
    ($name:ident, $std:ty, $make:literal) => {
        $crate::socket::deadline!($name, $make, set_write_deadline, [Write], "writing");
    };
}

macro_rules! deadlines {
    ($name:ident, $std:ty, $make:literal) => {
        $crate::socket::read_deadline!($name, $std, $make);
        $crate::socket::write_deadline!($name, $std, $make);
        $crate::socket::deadline!(
            $name,
            $make,
            set_deadline,
            [Read, Write],
            "reading as well as writing"
        );
    };
}

macro_rules! accept_deadline {
    ($name:ident, $std:ty, $make:literal) => {
        $crate::socket::deadline!($name, $make, set_deadline, [Read], "accepting");
    };
}

pub(crate) use {accept_deadline, deadline, deadlines, read_deadline, timeouts, write_deadline};
