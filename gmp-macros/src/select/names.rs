//! The names that the expansion gives to its own things.
//!
//! Locals are the macro's by their span, so the user's code cannot meet them whatever they
//! are called. Items and methods have no such protection, and begin with `__gmp`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};

/// The place of `span` with the hygiene of a macro's own tokens.
///
/// Errors about a token are shown at its place. But editors take all names at one place for
/// the same, so only what an error can be about is put where the user's tokens are.
pub(super) fn ours(span: Span) -> Span {
    Span::mixed_site().located_at(span)
}

/// A local of the expansion's.
pub(super) fn private(name: &str) -> Ident {
    Ident::new(&format!("__gmp_{name}"), Span::mixed_site())
}

/// What is known of the `index`th arm before the choice.
pub(super) fn handle(index: usize) -> Ident {
    private(&format!("arm{index}"))
}

/// The enum that says which arm was picked.
pub(super) fn picked() -> Ident {
    Ident::new("__GmpPicked", Span::mixed_site())
}

/// The variant of the `index`th arm.
pub(super) fn variant(index: usize) -> Ident {
    Ident::new(&format!("Arm{index}"), Span::mixed_site())
}

/// The type of what the `index`th arm carries.
pub(super) fn parameter(index: usize) -> Ident {
    Ident::new(&format!("T{index}"), Span::mixed_site())
}

pub(super) fn some(value: impl ToTokens) -> TokenStream {
    let here = Span::mixed_site();
    quote_spanned!(here=> ::core::option::Option::Some(#value))
}

pub(super) fn none() -> TokenStream {
    let here = Span::mixed_site();
    quote_spanned!(here=> ::core::option::Option::None)
}

/// The path of the functions and types that expansions are made of.
pub(super) fn runtime(root: &TokenStream) -> TokenStream {
    let here = Span::mixed_site();
    let path = quote_spanned!(here=> ::__private::select);
    quote!(#root #path)
}
