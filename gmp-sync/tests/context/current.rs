//! The current context of a goroutine or thread.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use gmp_sync::context::{Context, background, current};

use crate::common::{Drops, on_both};

fn number() -> Option<u32> {
    current().value::<u32>().as_deref().copied()
}

fn numbered(n: u32) -> Context {
    background().with_value(n)
}

#[test]
fn the_innermost_counts() {
    on_both(|| {
        assert_eq!((number(), current().to_string().as_str()), (None, "context.Background"));
        numbered(1).enter(|| {
            assert_eq!(number(), Some(1));
            assert_eq!(numbered(2).enter(number), Some(2));
            // Entered and left where the goroutine may have changed threads.
            current().with_value(3_u32).enter(|| {
                gmp_core::gosched();
                assert_eq!(number(), Some(3));
            });
            let unwound = catch_unwind(AssertUnwindSafe(|| numbered(4).enter(|| panic!("out"))));
            assert!(unwound.is_err());
            assert_eq!(number(), Some(1));
            // Others have their own.
            let other = gmp_core::spawn(number);
            assert_eq!(other.join().expect("no panic"), None);
        });
        assert_eq!(number(), None);
    });
}

#[test]
fn it_does_not_stay_behind() {
    on_both(|| {
        let drops = Drops::default();
        background().with_value(drops.token()).enter(|| ());
        assert_eq!(drops.count(), 1);
    });
}

/// The destructor of a value that was made before the current context looks for it.
#[test]
fn gone_it_is_the_background() {
    struct Last(Option<gmp_chan::Sender<String>>);

    impl Drop for Last {
        fn drop(&mut self) {
            let seen = numbered(1).enter(|| current().to_string());
            if let Some(tell) = self.0.take() {
                tell.send(seen).expect("the test waits");
            }
        }
    }

    gmp_core::goroutine_local! {
        static LAST: RefCell<Last> = const { RefCell::new(Last(None)) };
    }

    on_both(|| {
        let (tell, told) = gmp_chan::bounded(1);
        let ends = gmp_core::spawn(move || {
            LAST.with(|last| last.borrow_mut().0 = Some(tell));
            numbered(2).enter(|| ());
        });
        ends.join().expect("no panic");
        assert_eq!(told.recv().as_deref(), Ok("context.Background"));
    });
}
