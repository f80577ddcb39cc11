//! The expressions in an arm's head.
//!
//! Whatever is wrong with one, as much of it as is an expression is returned, so that the
//! rest of the macro, and an editor, has something to work with.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Error, Expr, Result, Token, parenthesized};

use super::source::source_or;
use super::tokens::{is_arrow, is_punct, is_word, last_span, position, stream};

/// What an expression is for, for messages.
#[derive(Clone, Copy)]
pub(super) enum Role {
    Channel,
    Value,
    Argument,
    Condition,
}

impl Role {
    fn name(self) -> &'static str {
        match self {
            Role::Channel => "the channel",
            Role::Value => "the value",
            Role::Argument => "the argument",
            Role::Condition => "the condition",
        }
    }
}

/// All of `trees`, which are not empty, as one expression.
pub(super) fn whole(trees: &[TokenTree], role: Role, errors: &mut Vec<Error>) -> Option<Expr> {
    if let Some(arrow) = position(trees, is_arrow) {
        errors.push(Error::new_spanned(
            stream(&trees[arrow..arrow + 2]),
            "a second `<-` in one arm: an arm has one operation, elsewhere write `rx.recv()` or \
             `tx.send(..)`; a comparison with a negative number is written `a < -b`",
        ));
        return expression(&trees[..arrow]).ok();
    }
    let error = match expression(trees) {
        Ok(expr) => return Some(expr),
        Err(error) => error,
    };
    let kept = prefix(trees);
    let (expr, used) = match kept {
        Some((expr, used)) if used < trees.len() => (expr, used),
        _ => {
            errors.push(incomplete(trees, role, &error));
            return without_trailing_punctuation(trees);
        }
    };
    let rest = stream(&trees[used..]);
    errors.push(if is_word(trees, used, "if") {
        let condition = source_or(stream(&trees[used + 1..]), "condition");
        Error::new(
            trees[used].span(),
            format!("a comma belongs before this `if`: `.., if {condition} =>`"),
        )
    } else {
        Error::new_spanned(
            &rest,
            format!(
                "expected `=>` here: {} ends before `{}`",
                role.name(),
                source_or(&rest, "this"),
            ),
        )
    });
    Some(expr)
}

/// The arguments of `word(..)`.
pub(super) fn arguments(group: &Group, errors: &mut Vec<Error>) -> Vec<Expr> {
    let parse = |input: ParseStream<'_>| Punctuated::<Expr, Token![,]>::parse_terminated(input);
    let error = match parse.parse2(group.stream()) {
        Ok(arguments) => return arguments.into_iter().collect(),
        Err(error) => error,
    };
    let trees: Vec<TokenTree> = group.stream().into_iter().collect();
    let mut arguments = Vec::new();
    let mut found = false;
    for part in trees.split(|tree| matches!(tree, TokenTree::Punct(p) if p.as_char() == ',')) {
        if !part.is_empty() {
            let before = errors.len();
            arguments.extend(whole(part, Role::Argument, errors));
            found |= errors.len() > before;
        }
    }
    if !found {
        errors.push(error);
    }
    arguments
}

pub(super) fn expression(trees: &[TokenTree]) -> Result<Expr> {
    // In parentheses, so that an error at the end is reported there and not at the macro.
    let mut group = Group::new(Delimiter::Parenthesis, stream(trees));
    group.set_span(last_span(trees));
    let within = |input: ParseStream<'_>| {
        let content;
        parenthesized!(content in input);
        let expr: Expr = content.parse()?;
        if content.is_empty() { Ok(expr) } else { Err(content.error("unexpected token")) }
    };
    within.parse2(TokenTree::Group(group).into())
}

/// The expression that `trees` begin with, and how many tokens it takes.
pub(super) fn prefix(trees: &[TokenTree]) -> Option<(Expr, usize)> {
    let parse = |input: ParseStream<'_>| {
        let expr = Expr::parse_with_earlier_boundary_rule(input)?;
        let rest: TokenStream = input.parse()?;
        Ok((expr, rest.into_iter().count()))
    };
    let (expr, rest) = parse.parse2(stream(trees)).ok()?;
    Some((expr, trees.len().checked_sub(rest)?))
}

fn without_trailing_punctuation(trees: &[TokenTree]) -> Option<Expr> {
    let mut end = trees.len();
    while end > 0 && (is_punct(trees, end - 1, '.') || is_punct(trees, end - 1, ':')) {
        end -= 1;
    }
    if end == trees.len() { None } else { expression(&trees[..end]).ok() }
}

fn incomplete(trees: &[TokenTree], role: Role, error: &Error) -> Error {
    let last = trees.len() - 1;
    if is_punct(trees, last, '.') || is_punct(trees, last, ':') {
        return Error::new(
            last_span(trees),
            format!("{} is not complete: something must follow here", role.name()),
        );
    }
    let text = source_or(stream(trees), "this");
    Error::new(error.span(), format!("{} is not an expression: `{text}`: {error}", role.name()))
}

/// The place of a joint pair of puncts, such as an arrow.
pub(super) fn pair_span(trees: &[TokenTree], at: usize) -> Span {
    let (first, second) = (trees[at].span(), trees[at + 1].span());
    first.join(second).unwrap_or(first)
}
