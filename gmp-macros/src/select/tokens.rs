//! Looking at tokens without parsing them: where an arm's head ends, where its arrow is.
//!
//! `<-` is an expression to any parser of Rust (`tx < -v`), so the arrow has to be found
//! among the tokens, by the two puncts being joint. Only the top level is looked at: what
//! stands in brackets of any kind is one token.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};

fn is(tree: Option<&TokenTree>, char: char) -> bool {
    matches!(tree, Some(TokenTree::Punct(punct)) if punct.as_char() == char)
}

fn is_joint(tree: Option<&TokenTree>, char: char) -> bool {
    is(tree, char)
        && matches!(tree, Some(TokenTree::Punct(p)) if p.spacing() == proc_macro2::Spacing::Joint)
}

/// Whether the token at `at` is this character, whatever follows.
pub(super) fn is_punct(trees: &[TokenTree], at: usize, char: char) -> bool {
    is(trees.get(at), char)
}

/// Whether an operator of two characters stands at `at`.
pub(super) fn is_pair(trees: &[TokenTree], at: usize, [first, second]: [char; 2]) -> bool {
    is_joint(trees.get(at), first) && is(trees.get(at + 1), second)
}

pub(super) fn is_fat_arrow(trees: &[TokenTree], at: usize) -> bool {
    is_pair(trees, at, ['=', '>'])
}

pub(super) fn is_thin_arrow(trees: &[TokenTree], at: usize) -> bool {
    is_pair(trees, at, ['-', '>'])
}

/// The arrow of a channel operation; not the `<-1` of `f::<-1>()`.
pub(super) fn is_arrow(trees: &[TokenTree], at: usize) -> bool {
    is_pair(trees, at, ['<', '-']) && !follows_path(trees, at)
}

/// `< -`, which is no arrow but was probably meant as one.
pub(super) fn is_torn_arrow(trees: &[TokenTree], at: usize) -> bool {
    is(trees.get(at), '<') && !is_joint(trees.get(at), '<') && is(trees.get(at + 1), '-')
}

/// Whether `::` stands before `at`.
fn follows_path(trees: &[TokenTree], at: usize) -> bool {
    at >= 2 && is_pair(trees, at - 2, [':', ':'])
}

/// A `=` by itself, and not as a part of `==`, `=>`, `<=`, `..=`, `+=` or the like. The one
/// of `:=` counts.
pub(super) fn is_assignment(trees: &[TokenTree], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|before| trees.get(before));
    let joined = "=!<>.+-*/%^&|".chars().any(|char| is_joint(before, char));
    // Nothing begins with `=<`, so in `v =<-rx` the two are apart.
    let joins =
        is_joint(trees.get(at), '=') && ['=', '>'].iter().any(|c| is(trees.get(at + 1), *c));
    is(trees.get(at), '=') && !joined && !joins
}

/// A `:` by itself.
pub(super) fn is_colon(trees: &[TokenTree], at: usize) -> bool {
    let doubled = is_joint(trees.get(at), ':') && is(trees.get(at + 1), ':');
    let second = at >= 1 && is_joint(trees.get(at - 1), ':');
    is(trees.get(at), ':') && !doubled && !second && !is_assignment(trees, at + 1)
}

pub(super) fn ident(trees: &[TokenTree], at: usize) -> Option<&Ident> {
    match trees.get(at) {
        Some(TokenTree::Ident(ident)) => Some(ident),
        _ => None,
    }
}

pub(super) fn is_word(trees: &[TokenTree], at: usize, word: &str) -> bool {
    ident(trees, at).is_some_and(|ident| ident == word)
}

pub(super) fn group(trees: &[TokenTree], at: usize, delimiter: Delimiter) -> Option<&Group> {
    match trees.get(at) {
        Some(TokenTree::Group(group)) if group.delimiter() == delimiter => Some(group),
        _ => None,
    }
}

/// The first index at which `found` holds.
pub(super) fn position(
    trees: &[TokenTree],
    found: impl Fn(&[TokenTree], usize) -> bool,
) -> Option<usize> {
    (0..trees.len()).find(|at| found(trees, *at))
}

/// Skips what may hold commas without being a group: the index behind it, if generic
/// arguments or the parameters of a closure begin at `at`.
fn past_list(trees: &[TokenTree], at: usize) -> Option<usize> {
    past_generics(trees, at).or_else(|| past_parameters(trees, at))
}

/// The parameters of a closure, which are where an operand could be.
fn past_parameters(trees: &[TokenTree], at: usize) -> Option<usize> {
    if !is(trees.get(at), '|') {
        return None;
    }
    let operator = match at.checked_sub(1).map(|before| &trees[before]) {
        Some(TokenTree::Ident(word)) => word != "move" && word != "return",
        Some(TokenTree::Literal(_) | TokenTree::Group(_)) => true,
        Some(TokenTree::Punct(punct)) => punct.as_char() == '?',
        None => false,
    };
    let end = (at + 1..trees.len())
        .take_while(|end| !is_fat_arrow(trees, *end) && !is(trees.get(*end), ';'))
        .find(|end| is(trees.get(*end), '|'))?;
    (!operator).then_some(end + 1)
}

/// The index behind the `>`, if a `<` that opens generic arguments is at `at`. It does after
/// `::`, and where an operand begins.
fn past_generics(trees: &[TokenTree], at: usize) -> Option<usize> {
    let after_arrow = at >= 2 && is_arrow(trees, at - 2);
    let after_equals = at >= 1 && is_assignment(trees, at - 1);
    let opens = is(trees.get(at), '<')
        && (follows_path(trees, at)
            || ((at == 0 || after_arrow || after_equals) && !is_pair(trees, at, ['<', '-'])));
    if !opens {
        return None;
    }
    let mut depth = 0_usize;
    for at in at..trees.len() {
        if is(trees.get(at), '<') {
            depth += 1;
        } else if is(trees.get(at), '>') && !(at >= 1 && is_operator_start(trees, at - 1)) {
            depth -= 1;
        }
        if depth == 0 {
            return Some(at + 1);
        }
    }
    None
}

/// The `-` or `=` of `->` or `=>`.
fn is_operator_start(trees: &[TokenTree], at: usize) -> bool {
    is_thin_arrow(trees, at) || is_fat_arrow(trees, at)
}

/// What an arm's head ends with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Boundary {
    FatArrow,
    Comma,
    Semicolon,
    End,
}

/// Where the arm's head that begins at `start` ends. A comma belongs to the head if `if`
/// follows.
pub(super) fn boundary(trees: &[TokenTree], start: usize) -> (usize, Boundary) {
    let mut at = start;
    while at < trees.len() {
        if let Some(past) = past_list(&trees[start..], at - start) {
            at = start + past;
        } else if is_fat_arrow(trees, at) {
            return (at, Boundary::FatArrow);
        } else if is(trees.get(at), ';') {
            return (at, Boundary::Semicolon);
        } else if is(trees.get(at), ',') && !is_word(trees, at + 1, "if") {
            return (at, Boundary::Comma);
        } else {
            at += 1;
        }
    }
    (trees.len(), Boundary::End)
}

/// The first comma or semicolon, from `start` on, that is not within generic arguments
/// or a closure's parameters.
pub(super) fn separator(trees: &[TokenTree], start: usize) -> usize {
    let mut at = start;
    while at < trees.len() && !is(trees.get(at), ',') && !is(trees.get(at), ';') {
        at = past_list(&trees[start..], at - start).map_or(at + 1, |past| start + past);
    }
    at
}

pub(super) fn stream(trees: &[TokenTree]) -> TokenStream {
    trees.iter().cloned().collect()
}

/// The place of the last token; of the whole macro if there is none.
pub(super) fn last_span(trees: &[TokenTree]) -> Span {
    trees.last().map_or_else(Span::call_site, TokenTree::span)
}

/// Tokens without the invisible groups around all of them that `macro_rules!` makes.
pub(super) fn visible(tokens: TokenStream) -> Vec<TokenTree> {
    let trees: Vec<TokenTree> = tokens.into_iter().collect();
    match trees.as_slice() {
        [TokenTree::Group(only)] if only.delimiter() == Delimiter::None => visible(only.stream()),
        _ => trees,
    }
}
