//! A checked invocation to the code that starts the goroutine.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::Expr;
use syn::spanned::Spanned;

use super::ast::{BuilderMethod, Options, Work};
use super::task::{self, private};

/// `root` is the path of the crate `gmp`. The order of evaluation is that of the source:
/// scope, options, function or receiver, arguments.
pub(super) fn expand(
    root: &TokenStream,
    scope: Option<&Expr>,
    options: &Options,
    work: Work,
) -> TokenStream {
    let here = Span::mixed_site();
    let scoped = scope.is_some();
    let scope_name = private("scope", scope.map_or(here, Spanned::span));
    let builder_name = private("builder", here);
    let let_scope = scope.map(|scope| quote_spanned!(here=> let #scope_name = #scope;));
    let builder = builder(root, options);
    let let_builder =
        builder.as_ref().map(|builder| quote_spanned!(here=> let #builder_name = #builder;));
    let task = task::task(work, options.result.as_ref(), scoped);
    let (prepare, task) = (task.prepare, task.value);
    let start = match (scoped, builder.is_some()) {
        (false, false) => quote_spanned!(here=> spawn(#task)),
        (false, true) => quote_spanned!(here=> spawn_with(#builder_name, #task)),
        (true, false) => quote_spanned!(here=> scope_spawn(#scope_name, #task)),
        (true, true) => quote_spanned!(here=> scope_spawn_with(#scope_name, #builder_name, #task)),
    };
    quote_spanned!(here=> { #let_scope #let_builder #prepare #root::__private::#start })
}

fn builder(root: &TokenStream, options: &Options) -> Option<TokenStream> {
    if options.builder.is_empty() {
        return None;
    }
    let here = Span::mixed_site();
    let calls = options.builder.iter().map(|(method, value)| match method {
        BuilderMethod::Name => quote_spanned!(here=> .name(#value)),
        BuilderMethod::StackSize => quote_spanned!(here=> .stack_size(#value)),
        BuilderMethod::Pinned => quote_spanned!(here=> .pinned(#value)),
    });
    Some(quote_spanned!(here=> #root::Builder::new() #(#calls)*))
}
