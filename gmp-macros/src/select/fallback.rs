//! What is left of `select!` when it is wrong: the errors, and the code of the arms that
//! were not understood, in a form that no further errors come of.
//!
//! The arms that were understood are expanded as ever. To the others the last error stands
//! for what they matched, so their names have a type that rustc does not complain about:
//! ```text
//! match compile_error!("..") { pattern => { body } .. }
//! ```

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::Error;

use super::ast::Select;
use super::expand::braced;
use super::expr::expression;
use super::pattern::salvaged;
use super::tokens::{
    group, is_arrow, is_assignment, is_punct, is_thin_arrow, is_word, position, stream,
};

/// An expression of any type. `bodies` are further bodies to be kept.
pub(super) fn errors(select: Select, bodies: Vec<TokenStream>) -> TokenStream {
    let here = Span::mixed_site();
    let mut errors: Vec<TokenStream> =
        select.errors.into_iter().map(Error::into_compile_error).collect();
    let Some(last) = errors.pop() else { return quote_spanned!(here=> {}) };
    let mut arms: Vec<TokenStream> = Vec::new();
    for broken in &select.broken {
        let (pattern, code) = taken_apart(&broken.head);
        if !code.is_empty() {
            arms.push(quote_spanned!(here=> _ => { #(let _ = &(#code);)* }));
        }
        if let (Some(pattern), Some(body)) = (pattern, &broken.body) {
            let body = braced(body);
            arms.push(quote_spanned!(here=> #pattern => #body));
        }
    }
    arms.extend(bodies.into_iter().map(|body| quote_spanned!(here=> _ => #body)));
    match (errors.as_slice(), arms.as_slice()) {
        ([], []) => last,
        (_, []) => quote_spanned!(here=> { #(#errors)* #last }),
        _ => quote_spanned!(here=> { #(#errors)* match #last { #(#arms)* } }),
    }
}

/// The pattern and the expressions of a head. No pattern: the body may use names that
/// nobody knows.
fn taken_apart(head: &[TokenTree]) -> (Option<TokenStream>, Vec<TokenStream>) {
    let comma = position(head, |head, at| is_punct(head, at, ',') && is_word(head, at + 1, "if"));
    let (head, condition) = match comma {
        Some(comma) => (&head[..comma], &head[comma + 2..]),
        None => (head, &head[head.len()..]),
    };
    let arrow = position(head, is_arrow);
    let (left, right) = match arrow {
        Some(arrow) => (&head[..arrow], &head[arrow + 2..]),
        None => (head, &head[head.len()..]),
    };
    let mut pieces = vec![right.to_vec(), condition.to_vec()];
    let mut pattern = Some(quote!(_));
    if let Some(equals) = position(left, is_assignment) {
        let declared = equals > 0 && is_punct(left, equals - 1, ':');
        pattern = salvaged(&left[..equals - usize::from(declared)]);
        pieces.push(left[equals + 1..].to_vec());
    } else if arrow.is_some() {
        pieces.push(left.to_vec());
    } else if let Some(arguments) = group(left, 1, Delimiter::Parenthesis) {
        let arguments: Vec<TokenTree> = arguments.stream().into_iter().collect();
        let is_comma = |tree: &TokenTree| is_punct(std::slice::from_ref(tree), 0, ',');
        pieces.extend(arguments.split(is_comma).map(<[TokenTree]>::to_vec));
        if let Some(thin) = position(left, is_thin_arrow) {
            pattern = salvaged(&left[thin + 2..]);
        }
    }
    let code = pieces.iter().filter(|piece| expression(piece).is_ok());
    (pattern, code.map(|piece| stream(piece)).collect())
}

pub(super) fn not_called_by_select() -> TokenStream {
    Error::new(Span::call_site(), "select_impl! is what select! expands to: write select! { .. }")
        .into_compile_error()
}
