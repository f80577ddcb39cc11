//! The rules of `#[gmp::test]`.

use proc_macro2::TokenStream;
use syn::{Error, Result};

use crate::attr::args::{self, Args};
use crate::attr::function::{Function, Refusals, check_plain};

pub(super) fn function(function: &Function) -> Result<()> {
    if let Some(attr) = function.attrs.iter().find(|attr| attr.path().is_ident("test")) {
        return Err(Error::new_spanned(
            attr,
            "#[gmp::test] makes this a test already: remove `#[test]`, or it would run twice",
        ));
    }
    check_plain(
        &function.sig,
        &Refusals {
            arguments: "a test takes no arguments: nobody is there to pass them",
            generics: "a test cannot be generic: nobody calls it and could choose the types",
            qualifier: "a test is a plain `fn`: remove this",
        },
    )
}

/// The path of gmp, which is all that the arguments can say.
pub(super) fn root(args: Args) -> (TokenStream, Result<()>) {
    let mut root = args::default_root();
    let outcome = args::each(args, |arg| {
        if arg.key != "crate" {
            return Err(Error::new_spanned(
                &arg.key,
                format!(
                    "#[gmp::test] has no argument `{}`: it takes `crate` alone, for all tests \
                     share one runtime (set GOMAXPROCS in the environment)",
                    arg.key
                ),
            ));
        }
        root = args::root(&arg.value)?;
        Ok(())
    });
    (root, outcome)
}
