//! `fn main() -> R { .. }` to a `main` that starts the runtime and runs the old one on it.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};

use super::check::Options;
use crate::attr::function::Function;

/// The user's function keeps its name inside of the new one, so a `main` that calls itself
/// still does.
pub(super) fn expand(function: &Function, options: &Options) -> TokenStream {
    let Function { attrs, vis, sig, .. } = function;
    let Options { root, calls } = options;
    let inner = function.inner();
    let name = Ident::new(&sig.ident.to_string(), function.result_span());
    let calls = calls.iter().map(|(method, argument)| quote!(.#method(#argument)));
    let here = Span::mixed_site();
    let body = quote_spanned!(here=>
        #root::__private::run_main(#root::__private::MainOptions::new() #(#calls)*, #name)
    );
    quote_spanned!(here=>
        #(#attrs)*
        #vis fn main() -> ::std::process::ExitCode {
            #inner
            #body
        }
    )
}
