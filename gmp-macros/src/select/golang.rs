//! Arms written as in Go, `case v := <-ch:`, and how they are written here.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::Error;

use super::ast::{Body, Broken};
use super::source::source_or;
use super::tokens::{
    group, is_arrow, is_assignment, is_colon, is_fat_arrow, is_punct, is_word, position, separator,
    stream,
};

/// An arm of Go's, and the index behind it.
pub(super) fn arm(trees: &[TokenTree], start: usize) -> Option<(Broken, Error, usize)> {
    let rest = &trees[start..];
    let is_case = is_word(rest, 0, "case");
    let is_default = is_word(rest, 0, "default") && is_colon(rest, 1);
    if !(is_case || is_default) {
        return None;
    }
    let next = (1..rest.len()).find(|at| begins_arm(rest, *at)).unwrap_or(rest.len());
    let rest = &rest[..next];
    let is_end = |trees: &[TokenTree], at| is_colon(trees, at) || is_fat_arrow(trees, at);
    let is_block = |trees: &[TokenTree], at| group(trees, at, Delimiter::Brace).is_some();
    // Without an end the head is all there is.
    let end = position(rest, is_end).or_else(|| position(rest, is_block)).unwrap_or(rest.len());
    let head = if is_case { &rest[1..end] } else { &rest[..end] };
    let advice = format!("an arm is written `{} => ..`", form(head));
    let error = if is_case {
        Error::new(rest[0].span(), format!("`case` is Go's: {advice}"))
    } else {
        Error::new_spanned(stream(&rest[..=1]), advice)
    };
    if is_fat_arrow(rest, end) {
        // The rest is as it is here; the caller goes on with the body.
        return Some((Broken { head: head.to_vec(), body: None }, error, start + end));
    }
    let body_start = end + usize::from(is_colon(rest, end));
    // Statements have no commas between them, arms of ours do.
    let mut body_end = body_start;
    while body_end < rest.len() && !is_punct(rest, body_end, ',') {
        body_end = separator(rest, body_end + usize::from(is_punct(rest, body_end, ';')));
    }
    let statements = &rest[body_start..body_end];
    let body = statements.first().map(|first| {
        let statements = stream(statements);
        Body(quote_spanned!(first.span()=> { #statements }))
    });
    Some((Broken { head: head.to_vec(), body }, error, start + (body_end + 1).min(next)))
}

/// Whether Go's next arm begins here.
fn begins_arm(trees: &[TokenTree], at: usize) -> bool {
    is_word(trees, at, "case") || (is_word(trees, at, "default") && is_colon(trees, at + 1))
}

/// Go's head in our form.
fn form(head: &[TokenTree]) -> String {
    let Some(arrow) = position(head, is_arrow) else { return source_or(stream(head), "<-rx") };
    let (left, right) = (&head[..arrow], source_or(stream(&head[arrow + 2..]), "rx"));
    let Some(equals) = position(left, is_assignment) else {
        return match source_or(stream(left), "") {
            channel if channel.is_empty() => format!("<-{right}"),
            channel => format!("{channel} <- {right}"),
        };
    };
    let names = if equals > 0 && is_punct(left, equals - 1, ':') {
        &left[..equals - 1]
    } else {
        &left[..equals]
    };
    let several =
        names.iter().any(|tree| matches!(tree, TokenTree::Punct(p) if p.as_char() == ','));
    let text = source_or(stream(names), "v");
    if several { format!("({text}) = <-{right}") } else { format!("{text} = <-{right}") }
}

/// `v, ok = <-rx`, without parentheses: the error, and how many tokens stand before the
/// arrow. It is to go on as if there were parentheses, that is with [`pair`].
pub(super) fn bare_pair(rest: &[TokenTree]) -> Option<(Error, usize)> {
    let name = |at: usize| matches!(rest.get(at), Some(TokenTree::Ident(_)));
    if !(name(0) && is_punct(rest, 1, ',') && name(2) && !is_word(rest, 2, "if")) {
        return None;
    }
    let equals = if is_punct(rest, 3, ':') { 4 } else { 3 };
    if !(is_assignment(rest, equals) && is_arrow(rest, equals + 1)) {
        return None;
    }
    let text =
        format!("the comma-ok form has parentheses here: `({}, {}) = <-..`", rest[0], rest[2],);
    Some((Error::new_spanned(stream(&rest[..3]), text), equals + 1))
}

/// `(v, ok) =`
pub(super) fn pair(names: &[TokenTree]) -> TokenStream {
    let (value, ok) = (&names[0], &names[2]);
    quote!((#value, #ok) =)
}
