//! What the attribute makes of functions, and that nothing makes it panic.

use proc_macro2::TokenStream;
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
        quote!(
            gomaxprocs = 2,
            max_threads = N,
            max_threads_exit = true,
            stack_size = 1 << 20,
            on_panic = "abort"
        ),
        &quote!(
            fn main() {}
        ),
    )
    .to_string()
    .replace(' ', "");
    let calls = ".gomaxprocs(2).max_threads(N).max_threads_exit(true).stack_size(1<<20)\
                 .on_panic_abort(true)";
    assert!(output.contains(&format!("::gmp::__private::MainOptions::new(){calls}")), "{output}");
    assert!(!output.contains("compile_error"), "{output}");
}

/// What `#[gmp::main(args)]` makes of an empty `main`, without spaces.
fn expanded(args: TokenStream) -> String {
    let item = quote!(
        fn main() {}
    );
    main(args, &item).to_string().replace(' ', "")
}

#[test]
fn the_exit_at_the_thread_limit_is_a_switch() {
    for (value, call) in [
        (quote!(false), "(false)"),
        (quote!(STRICT), "(STRICT)"),
        (quote!(!cfg!(debug_assertions)), "(!cfg!(debug_assertions))"),
    ] {
        let output = expanded(quote!(max_threads_exit = #value));
        let call = format!("MainOptions::new().max_threads_exit{call},");
        assert!(output.contains(&call), "{output}");
        assert!(!output.contains("compile_error"), "{output}");
    }
    for value in [quote!(1), quote!("true"), quote!(-1), quote!((0.5))] {
        let output = expanded(quote!(max_threads_exit = #value));
        assert!(output.contains("`max_threads_exit`takes`true`or`false`"), "{output}");
        // The wrong value is left out, or rustc would report it once more.
        assert!(output.contains("MainOptions::new(),"), "{output}");
    }
    assert!(expanded(quote!(max_threads_exit)).contains("`max_threads_exit`needsavalue"));
}

#[test]
fn near_names_are_suggested() {
    for (written, meant) in [
        (quote!(max_thread_exit), "max_threads_exit"),
        (quote!(max_threads_exits), "max_threads_exit"),
        (quote!(MAX_THREADS_EXIT), "max_threads_exit"),
        (quote!(max_threads_abort), "max_threads_exit"),
        (quote!(thread_exhaustion), "max_threads_exit"),
        (quote!(exit_at_max_threads), "max_threads_exit"),
        (quote!(max_thread), "max_threads"),
        (quote!(maxthreads), "max_threads"),
        (quote!(max_blocking_threads), "max_threads"),
        (quote!(panic), "on_panic"),
    ] {
        let output = expanded(quote!(#written = true));
        assert!(output.contains(&format!("didyoumean`{meant}`?")), "{output}");
    }
    for written in [quote!(exit), quote!(thread_name), quote!(max_open_files)] {
        let output = expanded(quote!(#written = true));
        assert!(output.contains("ittakes`gomaxprocs`,`max_threads`"), "{output}");
    }
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
        main(quote!(max_threads_exit = #args), &quote!(fn main() {}));
        main(quote!(), &quote!(fn #item));
        main(args, &item);
    }
}
