//! Values, and contexts that are cut off.

use gmp::context::{Context, ContextError, background, todo};

use crate::{FOREVER, assert_ended, assert_open, cause, cause_text};

#[derive(Debug, PartialEq)]
struct K1(&'static str);
#[derive(Debug, PartialEq)]
struct K2(&'static str);
#[derive(Debug, PartialEq)]
struct K3(Option<&'static str>);

/// TestValues: the type is the key, and the nearest wins.
pub(crate) fn lookup() {
    let check = |ctx: &Context, one: Option<&'static str>, two, three| {
        assert_eq!(ctx.value::<K1>().map(|value| value.0), one, "{ctx:?}");
        assert_eq!(ctx.value::<K2>().map(|value| value.0), two, "{ctx:?}");
        assert_eq!(ctx.value::<K3>().map(|value| value.0), three, "{ctx:?}");
    };
    check(&background(), None, None, None);
    let c1 = background().with_value(K1("c1k1"));
    check(&c1, Some("c1k1"), None, None);
    let c2 = c1.with_value(K2("c2k2"));
    check(&c2, Some("c1k1"), Some("c2k2"), None);
    let c3 = c2.with_value(K3(Some("c3k3")));
    check(&c3, Some("c1k1"), Some("c2k2"), Some(Some("c3k3")));
    // Nearer ones hide those behind, also by a value that says there is none.
    let c4 = c3.with_value(K3(None)).with_value(K1("c4k1"));
    check(&c4, Some("c4k1"), Some("c2k2"), Some(None));
    check(&c3, Some("c1k1"), Some("c2k2"), Some(Some("c3k3")));
    // Through every kind of context in between.
    let (c5, cancel) = c4.with_cancel();
    let (c6, _cancel) = c5.with_timeout(FOREVER);
    let c7 = c6.without_cancel();
    for ctx in [&c5, &c6, &c7] {
        check(ctx, Some("c4k1"), Some("c2k2"), Some(None));
    }
    cancel();
    check(&c6, Some("c4k1"), Some("c2k2"), Some(None));
}

/// TestWithoutCancel, and what is below it.
pub(crate) fn without_cancel() {
    let plain = background().with_value(K1("value")).without_cancel();
    assert_open(&[&plain]);
    assert_eq!((plain.deadline(), plain.value::<K1>().as_deref()), (None, Some(&K1("value"))));
    let (parent, cancel) = background().with_cancel_cause();
    let (timed, _cancel) = parent.with_value(K2("two")).with_timeout(FOREVER);
    let free = timed.without_cancel();
    let (below, cancel_below) = free.with_cancel();
    assert!(timed.deadline().is_some() && below.deadline().is_none());
    cancel(Some(cause("enough")));
    assert_ended(&[&timed], ContextError::Canceled);
    assert_open(&[&free, &below]);
    assert_eq!(below.value::<K2>().as_deref(), Some(&K2("two")));
    cancel_below();
    assert_ended(&[&below], ContextError::Canceled);
    assert_open(&[&free]);
    assert_eq!(cause_text(&below).as_deref(), Some("context canceled"));
}

/// What stands in logs: it tells one kind from another.
pub(crate) fn texts() {
    let texts = [
        format!("{:?}", background()),
        format!("{:?}", todo()),
        format!("{:?}", background().with_cancel().0),
        format!("{:?}", background().with_timeout(FOREVER).0),
        format!("{:?}", background().with_value(K1("v"))),
    ];
    for (n, text) in texts.iter().enumerate() {
        assert!(texts[..n].iter().all(|other| other != text), "{texts:?}");
    }
}
