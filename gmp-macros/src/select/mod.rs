//! `select!`: wait for several channel operations, do one.

mod advice;
mod ast;
mod check;
mod enter;
mod expand;
mod expr;
mod fallback;
mod golang;
mod head;
mod names;
mod one;
mod parse;
mod pattern;
mod source;
#[cfg(test)]
mod tests;
mod tokens;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

pub(crate) use check::Order;

/// `[root] user's tokens` to an expression, where `root` is the path of the crate `gmp`.
pub(crate) fn select(input: TokenStream, order: Order) -> TokenStream {
    let mut trees = input.into_iter();
    let root = match trees.next() {
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Bracket => group.stream(),
        _ => return fallback::not_called_by_select(),
    };
    let mut select = parse::parse(tokens::visible(trees.collect()));
    check::check(&mut select, order);
    expand::expand(&root, select, order)
}
