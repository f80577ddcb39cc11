//! What `go!` becomes when it is wrong: the error, and as little else as possible, so that
//! the user sees one error and not also its consequences.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::Error;

/// Only the error. As an expression it has every type, so nothing that uses the join handle
/// is reported as well.
pub(super) fn nothing(error: &Error) -> TokenStream {
    let mut errors: Vec<TokenStream> =
        error.clone().into_iter().map(|error| error.into_compile_error()).collect();
    match errors.pop() {
        Some(last) if errors.is_empty() => last,
        last => quote!({ #(#errors)* #last }),
    }
}

/// The error beside the goroutine itself, which is sound but for its settings.
pub(super) fn without_settings(error: &Error, goroutine: &TokenStream) -> TokenStream {
    let errors = error.to_compile_error();
    quote!({ #errors #goroutine })
}

pub(super) fn not_called_by_go() -> TokenStream {
    Error::new(Span::call_site(), "go_impl! is what go! expands to: write go!(..)")
        .into_compile_error()
}
