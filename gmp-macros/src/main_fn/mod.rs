//! `#[gmp::main]`: the body of `main` as the main goroutine.

mod check;
mod expand;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
use quote::quote;

use crate::attr::args::Args;
use crate::attr::function::Function;

pub(crate) fn main(args: TokenStream, item: &TokenStream) -> TokenStream {
    let function = match Function::of(item, "#[gmp::main]", "fn main() { .. }") {
        Ok(function) => function,
        Err(error) => {
            let error = error.into_compile_error();
            return quote!(#error #item);
        }
    };
    if let Err(error) = check::function(&function) {
        return fallback(&error, &function, item);
    }
    let (options, outcome) = match syn::parse2::<Args>(args) {
        Ok(args) => check::options(args),
        Err(error) => (check::Options::default(), Err(error)),
    };
    let error = outcome.err().map(syn::Error::into_compile_error);
    let main = expand::expand(&function, &options);
    quote!(#error #main)
}

/// The error, with an empty `main` so that the lack of one is not an error as well.
fn fallback(error: &syn::Error, function: &Function, item: &TokenStream) -> TokenStream {
    let error = error.to_compile_error();
    if function.sig.ident == "main" {
        let unused = function.unused();
        quote!(#error fn main() {} #unused)
    } else {
        quote!(#error #item)
    }
}
