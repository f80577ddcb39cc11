//! What the attribute makes of functions, and that nothing makes it panic.

use proptest::prelude::*;
use quote::{ToTokens, quote};
use syn::ItemFn;

use super::test as expand;
use crate::fuzz;

#[test]
fn attributes_stay_and_unit_stays_unit() {
    let output = expand(
        quote!(),
        &quote!(
            #[should_panic]
            #[cfg(all())]
            fn fails() {
                panic!()
            }
        ),
    );
    let outer: ItemFn = syn::parse2(output).unwrap();
    let attrs = &outer.attrs;
    assert_eq!(
        quote!(#(#attrs)*).to_string(),
        quote!(#[::core::prelude::v1::test] #[should_panic] #[cfg(all())]).to_string()
    );
    assert_eq!(outer.sig.to_token_stream().to_string(), "fn fails ()");
}

#[test]
fn other_results_are_exit_codes() {
    let output = expand(
        quote!(crate = renamed),
        &quote!(
            fn reads() -> Result<(), E> {
                Ok(())
            }
        ),
    );
    let outer: ItemFn = syn::parse2(output.clone()).unwrap();
    let signature = outer.sig.to_token_stream().to_string();
    assert_eq!(signature, "fn reads () -> :: std :: process :: ExitCode");
    assert!(output.to_string().replace(' ', "").contains("renamed::__private::run_test(reads)"));
}

proptest! {
    #![proptest_config(fuzz::config())]

    #[test]
    fn never_panics(args in fuzz::tokens(), item in fuzz::tokens()) {
        expand(args.clone(), &quote!(fn name() {}));
        expand(quote!(), &quote!(fn name() -> #item {}));
        expand(quote!(), &quote!(fn #item));
        expand(args, &item);
    }
}
