//! A function to a `#[test]` that runs it on a goroutine.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;

use crate::attr::function::Function;

/// A test with `#[should_panic]` has to return `()`, so where the user's function does, the
/// new one does too.
pub(super) fn expand(function: &Function, root: &TokenStream) -> TokenStream {
    let Function { attrs, vis, sig, .. } = function;
    let name = &sig.ident;
    let inner = function.inner();
    let here = Span::mixed_site();
    let body = Ident::new(&name.to_string(), function.result_span());
    let run = quote_spanned!(here=> #root::__private::run_test(#body));
    let (output, run) = if function.returns_unit() {
        (TokenStream::new(), quote_spanned!(here=> let _: ::std::process::ExitCode = #run;))
    } else {
        (quote_spanned!(here=> -> ::std::process::ExitCode), run)
    };
    quote_spanned!(here=>
        #[::core::prelude::v1::test]
        #(#attrs)*
        #vis fn #name() #output {
            #inner
            #run
        }
    )
}
