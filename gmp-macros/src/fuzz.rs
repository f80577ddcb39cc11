//! Random token streams for the parsers. Whatever comes, a macro must answer with code or
//! with an error of its own; a panic in a macro tells the user nothing.

use proc_macro2::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

const WORDS: [&str; 34] = [
    "name",
    "stack",
    "pinned",
    "pined",
    "s",
    "f",
    "x",
    "u64",
    "Vec",
    "move",
    "async",
    "await",
    "fn",
    "struct",
    "if",
    "else",
    "match",
    "loop",
    "let",
    "return",
    "break",
    "unsafe",
    "const",
    "as",
    "dyn",
    "impl",
    "for",
    "crate",
    "self",
    "Self",
    "_",
    "gomaxprocs",
    "on_panic",
    "main",
];
const PUNCTUATION: &str = "<>,;=.:|&!?#'+-*/$@%^~";

pub(crate) fn config() -> ProptestConfig {
    ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() }
}

fn word() -> impl Strategy<Value = TokenTree> {
    select(&WORDS[..]).prop_map(|word| Ident::new(word, Span::call_site()).into())
}

fn punctuation() -> impl Strategy<Value = TokenTree> {
    let chars: Vec<char> = PUNCTUATION.chars().collect();
    (select(chars), any::<bool>()).prop_map(|(char, joint)| {
        let spacing = if joint || char == '\'' { Spacing::Joint } else { Spacing::Alone };
        Punct::new(char, spacing).into()
    })
}

fn literal() -> impl Strategy<Value = TokenTree> {
    prop_oneof![
        any::<u32>().prop_map(Literal::u32_unsuffixed),
        any::<u64>().prop_map(Literal::u64_suffixed),
        "[a-z :]{0,6}".prop_map(|text| Literal::string(&text)),
        any::<u8>().prop_map(|byte| Literal::byte_string(&[byte])),
        any::<char>().prop_map(Literal::character),
        (0.0..1.0e9_f64).prop_map(Literal::f64_unsuffixed),
    ]
    .prop_map(TokenTree::from)
}

fn tree() -> impl Strategy<Value = TokenTree> {
    let leaf = prop_oneof![4 => word(), 4 => punctuation(), 1 => literal()];
    leaf.prop_recursive(3, 40, 6, |inner| {
        let delimiter = select(vec![
            Delimiter::Parenthesis,
            Delimiter::Brace,
            Delimiter::Bracket,
            Delimiter::None,
        ]);
        (delimiter, vec(inner, 0..6)).prop_map(|(delimiter, trees)| {
            Group::new(delimiter, trees.into_iter().collect()).into()
        })
    })
}

pub(crate) fn tokens() -> impl Strategy<Value = TokenStream> {
    vec(tree(), 0..14).prop_map(|trees| trees.into_iter().collect())
}
