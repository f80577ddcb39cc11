//! `#[gmp::test]`: a test whose body is a goroutine.

mod check;
mod expand;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
use quote::quote;

use crate::attr::args::{self, Args};
use crate::attr::function::Function;

pub(crate) fn test(args: TokenStream, item: &TokenStream) -> TokenStream {
    let function = match Function::of(item, "#[gmp::test]", "fn name() { .. }") {
        Ok(function) => function,
        Err(error) => {
            let error = error.into_compile_error();
            return quote!(#error #item);
        }
    };
    if let Err(error) = check::function(&function) {
        let error = error.into_compile_error();
        let unused = function.unused();
        return quote!(#error #unused);
    }
    let (root, outcome) = match syn::parse2::<Args>(args) {
        Ok(args) => check::root(args),
        Err(error) => (args::default_root(), Err(error)),
    };
    let error = outcome.err().map(syn::Error::into_compile_error);
    let test = expand::expand(&function, &root);
    quote!(#error #test)
}
