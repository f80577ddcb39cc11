//! What the attribute makes of functions, and that nothing makes it panic.

use proptest::prelude::*;
use quote::{ToTokens, quote};
use syn::{Item, parse_quote};

use super::main;
use crate::fuzz;

fn text(tokens: &impl ToTokens) -> String {
    tokens.to_token_stream().to_string()
}

#[test]
fn arguments_become_calls() {
    let output = main(
        quote!(gomaxprocs = 2, max_threads = N, stack_size = 1 << 20, on_panic = "abort"),
        &quote!(
            fn main() {}
        ),
    )
    .to_string()
    .replace(' ', "");
    let calls = ".gomaxprocs(2).max_threads(N).stack_size(1<<20).on_panic_abort(true)";
    assert!(output.contains(&format!("::gmp::__private::MainOptions::new(){calls}")), "{output}");
    assert!(!output.contains("compile_error"), "{output}");
}

#[test]
fn the_crate_can_be_renamed() {
    for args in [quote!(crate = renamed::path), quote!(crate = "renamed::path")] {
        let output = main(
            args,
            &quote!(
                fn main() {}
            ),
        );
        let output = output.to_string().replace(' ', "");
        assert!(output.contains("renamed::path::__private::run_main"), "{output}");
        assert!(!output.contains("::gmp"), "{output}");
    }
}

#[test]
fn the_function_is_kept_inside() {
    let output = main(
        quote!(),
        &quote!(
            /// What it does.
            #[expect(unused)]
            pub(crate) fn main() -> Result<(), E> {
                #![allow(x)]
                body()?
            }
        ),
    );
    let outer: syn::ItemFn = syn::parse2(output).unwrap();
    assert_eq!(outer.attrs.len(), 2);
    assert_eq!(text(&outer.vis), "pub (crate)");
    assert_eq!(text(&outer.sig), "fn main () -> :: std :: process :: ExitCode");
    let inner = &outer.block.stmts[0];
    let expected: Item = parse_quote!(
        fn main() -> Result<(), E> {
            #![allow(x)]
            body()?
        }
    );
    assert_eq!(text(inner), text(&expected));
}

proptest! {
    #![proptest_config(fuzz::config())]

    #[test]
    fn never_panics(args in fuzz::tokens(), item in fuzz::tokens()) {
        main(args.clone(), &quote!(fn main() {}));
        main(quote!(gomaxprocs = 2), &quote!(fn main() { #item }));
        main(quote!(), &quote!(fn #item));
        main(args, &item);
    }
}
