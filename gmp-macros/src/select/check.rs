//! The rules that concern the arms together, and what is said to whoever breaks one.

use proc_macro2::Ident;
use quote::quote;
use syn::{Error, Expr, Lit};

use super::ast::{Arm, Broken, Operation, Receive, Select};
use super::source::source_or;
use crate::constant::bare;

/// Which of the two macros was called.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Order {
    /// `select!`
    Random,
    /// `select_biased!`
    Source,
}

/// Notes what is wrong, and sorts out arms that cannot be there.
pub(super) fn check(select: &mut Select, order: Order) {
    if let (Order::Source, Some(word)) = (order, &select.biased) {
        select.errors.push(Error::new(
            word.span(),
            "select_biased! is biased already: remove this, or write `select! { biased; .. }`",
        ));
    }
    guards(select);
    durations(select);
    one_default(select);
    else_last(select);
    if select.biased.is_some() {
        default_last(select);
    }
    patterns_and_else(select);
}

fn is_default(arm: &Arm) -> bool {
    matches!(arm.operation, Operation::Default { .. })
}

fn is_else(arm: &Arm) -> bool {
    matches!(arm.operation, Operation::Else { .. })
}

/// The pattern of the arm if it may fail to match.
fn refutable(arm: &Arm) -> Option<&syn::Pat> {
    match &arm.operation {
        Operation::Receive(Receive { pattern: Some(pattern), .. }) if pattern.refutable => {
            Some(&pattern.pat)
        }
        _ => None,
    }
}

fn keyword(arm: &Arm) -> Option<&Ident> {
    match &arm.operation {
        Operation::Default { keyword, .. } | Operation::Else { keyword } => Some(keyword),
        _ => None,
    }
}

fn guards(select: &mut Select) {
    for arm in &mut select.arms {
        let Some(keyword) = keyword(arm).cloned() else { continue };
        if let Some(guard) = arm.guard.take() {
            select.errors.push(Error::new(
                guard.keyword.span(),
                format!("`{keyword}` has no condition: an `if` disables a channel's arm"),
            ));
        }
    }
}

fn durations(select: &mut Select) {
    for arm in &mut select.arms {
        let (duration, name) = match &mut arm.operation {
            Operation::After { duration } => (duration, "after"),
            Operation::Default { timeout: Some(timeout), .. } => (timeout, "default"),
            _ => continue,
        };
        if let Expr::Lit(literal) = bare(duration)
            && matches!(literal.lit, Lit::Int(_) | Lit::Float(_))
        {
            select.errors.push(Error::new_spanned(
                &*duration,
                format!(
                    "`{name}(..)` takes a `Duration`: `Duration::from_{}({})`",
                    if matches!(literal.lit, Lit::Int(_)) { "millis" } else { "secs_f64" },
                    source_or(&*duration, "..")
                ),
            ));
            // So that rustc does not say it again.
            *duration = Expr::Verbatim(quote!(::core::time::Duration::ZERO));
        }
    }
}

fn one_default(select: &mut Select) {
    let Some(first) = select.arms.iter().position(is_default) else { return };
    while let Some(second) = select.arms.iter().skip(first + 1).position(is_default) {
        let arm = select.arms.remove(first + 1 + second);
        remove(select, arm, "a second `default`: only one arm can run when no other is ready");
    }
}

fn else_last(select: &mut Select) {
    let Some(first) = select.arms.iter().position(is_else) else { return };
    while let Some(second) = select.arms.iter().skip(first + 1).position(is_else) {
        let arm = select.arms.remove(first + 1 + second);
        remove(
            select,
            arm,
            "a second `else`: one arm takes what the patterns of all others do not match",
        );
    }
    if let Some(next) = select.arms.get(first + 1) {
        select.errors.push(Error::new(
            next.span,
            "an arm after `else`: `else => ..` stands last, so move this arm before it",
        ));
    }
}

/// The arm becomes a broken one.
fn remove(select: &mut Select, arm: Arm, text: &str) {
    let span = keyword(&arm).map_or(arm.span, Ident::span);
    select.errors.push(Error::new(span, text));
    select.broken.push(Broken { head: Vec::new(), body: Some(arm.body) });
}

fn default_last(select: &mut Select) {
    let Some(at) = select.arms.iter().position(is_default) else { return };
    let later = select.arms.iter().skip(at + 1).any(|arm| !is_else(arm));
    if let (true, Some(keyword)) = (later, keyword(&select.arms[at])) {
        select.errors.push(Error::new(
            keyword.span(),
            "under `biased;` arms are tried in the order they are written, and `default` comes \
             after all of them: move it to the end",
        ));
    }
}

fn patterns_and_else(select: &mut Select) {
    let otherwise = select.arms.iter().find(|arm| is_else(arm)).and_then(keyword);
    match (select.arms.iter().find_map(refutable), otherwise) {
        (Some(pattern), None) => {
            let text = format!(
                "`{}` may not match what is received: add `else => ..` as the last arm, which \
                 runs then",
                source_or(pattern, "this pattern")
            );
            select.errors.push(Error::new_spanned(pattern, text));
        }
        // An arm that was not understood may be the one that needs it.
        (None, Some(keyword)) if select.broken.is_empty() => select.errors.push(Error::new(
            keyword.span(),
            "`else` can never run here: no arm has a pattern that may fail, such as \
             `Some(v) = <-rx`; for when no channel is ready there is `default => ..`",
        )),
        _ => {}
    }
}
