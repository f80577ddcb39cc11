//! `go!`: start a goroutine.

mod ast;
mod check;
mod expand;
mod fallback;
mod parse;
mod settings;
mod task;
#[cfg(test)]
mod tests;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use ast::Launch;

/// `[root] user's tokens` to an expression, where `root` is the path of the crate `gmp`.
pub(crate) fn go(input: TokenStream) -> TokenStream {
    let mut trees = input.into_iter();
    let root = match trees.next() {
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Bracket => group.stream(),
        _ => return fallback::not_called_by_go(),
    };
    let launch: Launch = match syn::parse2(trees.collect()) {
        Ok(launch) => launch,
        Err(error) => return fallback::nothing(&error),
    };
    let (options, outcome) = check::options(launch.settings);
    let work = match check::work(launch.body, &options) {
        Ok(work) => work,
        Err(error) => return fallback::nothing(&error),
    };
    let goroutine = expand::expand(&root, launch.scope.as_ref(), &options, work);
    match outcome {
        Ok(()) => goroutine,
        Err(error) => fallback::without_settings(&error, &goroutine),
    }
}
