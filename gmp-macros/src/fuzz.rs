//! Random token streams for the parsers. Whatever comes, a macro must answer with code or
//! with an error of its own; a panic in a macro tells the user nothing.

use proc_macro2::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

const WORDS: [&str; 38] = [
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
    "max_threads",
    "max_threads_exit",
    "on_panic",
    "true",
    "false",
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

/// The puncts of an operator, joined as the lexer would.
pub(crate) fn operator(chars: &str) -> Vec<TokenTree> {
    let last = chars.chars().count() - 1;
    let spacing = |at| if at < last { Spacing::Joint } else { Spacing::Alone };
    chars.chars().enumerate().map(|(at, char)| Punct::new(char, spacing(at)).into()).collect()
}

/// Tokens in which words and operators of a macro's own are frequent.
pub(crate) fn tokens_with(
    words: &'static [&'static str],
    operators: &'static [&'static str],
) -> impl Strategy<Value = TokenStream> {
    let piece = prop_oneof![
        2 => tree().prop_map(|tree| vec![tree]),
        3 => select(words).prop_map(|word| vec![Ident::new(word, Span::call_site()).into()]),
        4 => select(operators).prop_map(operator),
    ];
    vec(piece, 0..24).prop_map(|pieces| pieces.into_iter().flatten().collect())
}

/// One change to a stream of tokens.
#[derive(Clone, Debug)]
pub(crate) enum Mutation {
    Remove,
    Double,
    SwapWithNext,
    Insert(TokenTree),
    Replace(TokenTree),
    /// What a group holds takes its place.
    Open,
    /// All behind it is cut off, as while somebody is typing.
    Cut,
}

pub(crate) fn mutation() -> impl Strategy<Value = Mutation> {
    prop_oneof![
        Just(Mutation::Remove),
        Just(Mutation::Double),
        Just(Mutation::SwapWithNext),
        tree().prop_map(Mutation::Insert),
        tree().prop_map(Mutation::Replace),
        Just(Mutation::Open),
        Just(Mutation::Cut),
    ]
}

/// Changes the token at `at`, counted modulo their number.
pub(crate) fn mutate(trees: &mut Vec<TokenTree>, at: usize, mutation: Mutation) {
    if trees.is_empty() {
        return;
    }
    let at = at % trees.len();
    match mutation {
        Mutation::Remove => drop(trees.remove(at)),
        Mutation::Double => trees.insert(at, trees[at].clone()),
        Mutation::SwapWithNext => {
            let next = (at + 1) % trees.len();
            trees.swap(at, next);
        }
        Mutation::Insert(tree) => trees.insert(at, tree),
        Mutation::Replace(tree) => trees[at] = tree,
        Mutation::Open => {
            if let TokenTree::Group(group) = trees[at].clone() {
                trees.splice(at..=at, group.stream());
            }
        }
        Mutation::Cut => trees.truncate(at),
    }
}
