//! Time: sleeping, timers, tickers, calls that are made later.
//!
//! Everything here works on goroutines and on plain threads alike; threads need no runtime.
//! Nothing comes early. How late it is depends on how soon somebody can run: well below a
//! millisecond on an idle machine. A duration of zero is over at once, one beyond the
//! clock's range never ends.
//!
//! A pending timer is an entry in a heap: no thread, no goroutine. What it costs to arm one
//! or to take it back does not depend on how many are pending.
//!
//! ```
//! use gmp_sync::time::{Ticker, Timer, after, sleep};
//! use std::time::Duration;
//!
//! let timer = Timer::new(Duration::from_secs(3600));
//! assert!(timer.stop(), "it had not fired");
//! let ticker = Ticker::new(Duration::from_millis(2));
//! let (first, second) = (ticker.chan().recv().unwrap(), ticker.chan().recv().unwrap());
//! assert!(second >= first + Duration::from_millis(2));
//! after(Duration::from_millis(1)).recv().unwrap();
//! sleep(Duration::from_millis(1));
//! ```

mod after_func;
mod ticker;
mod timeout;
mod timer;

pub use gmp_chan::after;
pub use gmp_core::time::sleep;

pub use self::ticker::Ticker;
pub use self::timeout::{Elapsed, timeout, timeout_with};
pub use self::timer::{Timer, after_func};
