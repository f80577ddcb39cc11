//! Random input: it never panics, and what is accepted is Rust after expansion.

use proc_macro2::{TokenStream, TokenTree};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select as any_of, subsequence};
use quote::quote;
use syn::Expr;

use super::super::expand::braced;
use super::super::tokens::visible;
use super::{Order, check, expand, parse, tokens};
use crate::fuzz::{self, Mutation, mutate, mutation};

const WORDS: [&str; 16] = [
    "recv", "send", "default", "after", "else", "if", "biased", "case", "v", "ok", "Some", "Ok",
    "rx", "tx", "mut", "_",
];
const OPERATORS: [&str; 12] = ["<-", "=>", "->", "=", ",", ";", ":", ":=", "::", "|", "..=", "<"];

/// Arms that are accepted in any company that has an `else`.
const ARMS: [&str; 18] = [
    "v = <-rx => a,",
    "mut v = <-self.rx[0], if c => { a; b }",
    "_ = <-f::<A, B>(c)? => return,",
    "Some(v) = <-rx => if v { a } else { b }",
    "None | Some(1..=5) = <-rx => a,",
    "(v, ok) = <-Some(&rx), if !x => match v { _ => a }",
    "<-rx => break 'l a,",
    "tx <- |a, b| a + b => {}",
    "r = tx <- S { a: 1 }, if x == (y) => a.b(),",
    "_ = self.tx <- -1 => a,",
    "pick::<A, B>() <- 1 => select! { v = <-rx => a, default => b },",
    "recv(rx) -> v => a,",
    "recv(&&rx,) -> Ok(v), if c => 'l: loop {}",
    "send(tx, f(a, b)) -> r => { a }.b(),",
    "send(tx, x?,) -> _, if c => a = b,",
    "after(d), if c => a,",
    "after(Duration::from_secs(1)) => unsafe {}",
    "v =<-<A as B<C, D>>::rx() => f::<-1>(),",
];
const DEFAULTS: [&str; 4] = ["", "default => a,", "default() => {}", "default(d) => a,"];
const ALWAYS_REFUTABLE: &str = "Some(7) = <-rx => a, else => b";

fn arms() -> impl Strategy<Value = String> {
    let arms = subsequence(ARMS.to_vec(), 0..6).prop_shuffle();
    let biased = any_of(&["", "biased;"][..]);
    (biased, arms, any_of(&DEFAULTS[..])).prop_map(|(biased, arms, default)| {
        let (arms, refutable) = (arms.concat(), ALWAYS_REFUTABLE);
        // Under `biased;` what follows `default` is refused.
        let (first, last) = if biased.is_empty() { (default, "") } else { ("", default) };
        let (pattern, otherwise) = refutable.split_once(',').expect("an `else` arm");
        format!("{biased} {first} {arms} {pattern}, {last} {otherwise}")
    })
}

/// What was accepted must be an expression, but for bodies, whose syntax is rustc's business.
fn accepted_is_rust(input: &TokenStream, order: Order) -> Result<(), TestCaseError> {
    let mut select = parse::parse(visible(input.clone()));
    check::check(&mut select, order);
    let output = expand(input, order);
    prop_assert!(!output.is_empty());
    let sound = |body| syn::parse2::<syn::Block>(braced(body)).is_ok();
    let bodies = select.arms.iter().map(|arm| &arm.body);
    let broken = select.broken.iter().filter_map(|broken| broken.body.as_ref());
    if !bodies.chain(broken).all(sound) {
        return Ok(());
    }
    let parsed = syn::parse2::<Expr>(output.clone()).err();
    prop_assert!(parsed.is_none(), "{:?}\n{}\n{}", parsed, input, output);
    prop_assert_eq!(
        select.errors.is_empty(),
        !output.to_string().contains(":: core :: compile_error"),
        "{}",
        output
    );
    Ok(())
}

proptest! {
    // Each case is parsed several times over.
    #![proptest_config(ProptestConfig { cases: 300, ..fuzz::config() })]

    #[test]
    fn any_tokens(input in fuzz::tokens()) {
        accepted_is_rust(&input, Order::Random)?;
        // Without the root.
        prop_assert!(!super::super::select(input, Order::Random).is_empty());
    }

    #[test]
    fn tokens_of_our_own(input in fuzz::tokens_with(&WORDS, &OPERATORS)) {
        accepted_is_rust(&input, Order::Random)?;
    }

    #[test]
    fn heads_of_our_own(
        heads in vec(fuzz::tokens_with(&WORDS, &OPERATORS), 1..4),
        order in any_of(&[Order::Random, Order::Source][..]),
    ) {
        let input = quote!(#(#heads => {}),*);
        accepted_is_rust(&input, order)?;
    }

    #[test]
    fn every_combination_is_accepted(source in arms()) {
        let output = expand(&tokens(&source), Order::Random);
        prop_assert!(!output.to_string().contains("compile_error"), "{}\n{}", source, output);
        accepted_is_rust(&tokens(&source), Order::Random)?;
    }

    #[test]
    fn nearly_right(
        source in arms(),
        mutations in vec((any::<usize>(), mutation()), 1..4),
        order in any_of(&[Order::Random, Order::Source][..]),
    ) {
        let mut trees: Vec<TokenTree> = tokens(&source).into_iter().collect();
        for (at, mutation) in mutations {
            mutate(&mut trees, at, mutation);
        }
        accepted_is_rust(&trees.into_iter().collect(), order)?;
    }

    #[test]
    fn while_typing(source in arms(), at in any::<usize>()) {
        let mut trees: Vec<TokenTree> = tokens(&source).into_iter().collect();
        mutate(&mut trees, at, Mutation::Cut);
        accepted_is_rust(&trees.into_iter().collect(), Order::Random)?;
    }
}
