//! An arm's head, everything before its `=>`, to an operation and a condition.

use proc_macro2::{Delimiter, Ident, TokenTree};
use syn::{Error, Result};

use super::advice;
use super::ast::{Guard, Operation, Pattern, Receive, Send};
use super::expr::{self, Role, pair_span, whole};
use super::pattern;
use super::source::source_or;
use super::tokens::{
    group, ident, is_arrow, is_assignment, is_colon, is_punct, is_thin_arrow, is_word, position,
    stream,
};

pub(super) struct Head {
    pub(super) operation: Operation,
    pub(super) guard: Option<Guard>,
}

/// The head, as far as it can be made out.
pub(super) fn parse(trees: &[TokenTree], errors: &mut Vec<Error>) -> Option<Head> {
    let comma =
        position(trees, |trees, at| is_punct(trees, at, ',') && is_word(trees, at + 1, "if"));
    let (trees, condition) = match comma {
        Some(comma) => (&trees[..comma], Some(&trees[comma + 1..])),
        None => (trees, None),
    };
    let operation = operation(trees, errors);
    let guard = condition.and_then(|trees| guard(trees, errors));
    Some(Head { operation: operation?, guard })
}

/// Whether `trees` are a head without any mistake.
pub(super) fn is_head(trees: &[TokenTree]) -> bool {
    let mut errors = Vec::new();
    parse(trees, &mut errors).is_some() && errors.is_empty()
}

/// `if condition`
fn guard(trees: &[TokenTree], errors: &mut Vec<Error>) -> Option<Guard> {
    let keyword = ident(trees, 0)?.clone();
    let condition = &trees[1..];
    if condition.is_empty() {
        errors.push(Error::new(
            keyword.span(),
            "`if` needs a condition: `v = <-rx, if ready => ..` disables the arm while `ready` is \
             false",
        ));
        return None;
    }
    if is_word(condition, 0, "let") {
        errors.push(Error::new_spanned(
            stream(condition),
            "an arm's condition is a `bool` and binds nothing: try `matches!(..)` or `is_some()`",
        ));
        return None;
    }
    Some(Guard { keyword, condition: whole(condition, Role::Condition, errors)? })
}

fn operation(trees: &[TokenTree], errors: &mut Vec<Error>) -> Option<Operation> {
    match position(trees, is_arrow) {
        Some(arrow) => with_arrow(trees, arrow, errors),
        None => match with_word(trees, errors) {
            Some(outcome) => kept(outcome, errors).flatten(),
            None => {
                errors.push(advice::no_arrow(trees));
                None
            }
        },
    }
}

fn kept<T>(outcome: Result<T>, errors: &mut Vec<Error>) -> Option<T> {
    outcome.map_err(|error| errors.push(error)).ok()
}

/// `pattern = <-rx`, `<-rx`, `tx <- value`, `result = tx <- value`.
fn with_arrow(trees: &[TokenTree], arrow: usize, errors: &mut Vec<Error>) -> Option<Operation> {
    let (left, right) = (&trees[..arrow], &trees[arrow + 2..]);
    let span = pair_span(trees, arrow);
    let equals = position(left, is_assignment);
    let (pattern, operand) = match equals {
        Some(equals) if equals > 0 && is_punct(left, equals - 1, ':') => {
            errors.push(advice::declares(left, equals, right));
            return None;
        }
        Some(equals) => (Some(&left[..equals]), &left[equals + 1..]),
        None => (None, left),
    };
    if let (Some([]), Some(equals)) = (pattern, equals) {
        errors.push(Error::new(
            trees[equals].span(),
            "a name is missing before this `=`: `v = <-rx`, or `<-rx` to drop the value",
        ));
        return None;
    }
    if operand.is_empty() {
        let pattern = pattern.map(|trees| kept(pattern::of_receive(trees), errors));
        if right.is_empty() {
            errors.push(Error::new(span, "a channel is missing after this `<-`: `v = <-rx`"));
            return None;
        }
        let operand = whole(right, Role::Channel, errors)?;
        return Some(Operation::Receive(Receive { pattern: found(pattern)?, operand }));
    }
    let result = pattern.map(|trees| kept(pattern::of_send(trees), errors));
    if expr::expression(operand).is_err() && pattern::is_pattern(operand) {
        let (name, rx) = (source_or(stream(operand), "v"), source_or(stream(right), "rx"));
        errors.push(Error::new_spanned(
            stream(operand),
            format!("a `=` is missing after this pattern: `{name} = <-{rx}`"),
        ));
        return None;
    }
    let operand = whole(operand, Role::Channel, errors);
    if right.is_empty() {
        let channel = source_or(&operand, "tx");
        errors.push(Error::new(
            span,
            format!("nothing to send: a value is missing after this `<-`, `{channel} <- value`"),
        ));
        return None;
    }
    let value = whole(right, Role::Value, errors);
    let (operand, value) = (operand?, value?);
    Some(Operation::Send(Send { result: found(result)?, operand, value, span, lazy: false }))
}

/// None if there is a pattern, and it is wrong.
#[expect(clippy::option_option, reason = "no pattern is not the same as a wrong one")]
fn found(pattern: Option<Option<Pattern>>) -> Option<Option<Pattern>> {
    match pattern {
        Some(None) => None,
        Some(pattern) => Some(pattern),
        None => Some(None),
    }
}

/// The heads that begin with a word; None if it is not one of ours.
fn with_word(trees: &[TokenTree], errors: &mut Vec<Error>) -> Option<Result<Option<Operation>>> {
    let word = ident(trees, 0)?;
    let rest = &trees[1..];
    if position(rest, is_assignment).is_some() {
        return None;
    }
    Some(match word.to_string().as_str() {
        "default" => default(word, rest, errors),
        "else" => no_more(word, rest).map(|()| Some(Operation::Else { keyword: word.clone() })),
        "after" if !is_punct(rest, 0, '.') => after(word, rest, errors),
        "recv" if !is_punct(rest, 0, '.') => recv(word, rest, errors),
        "send" if !is_punct(rest, 0, '.') => send(word, rest, errors),
        _ => return None,
    })
}

fn default(word: &Ident, rest: &[TokenTree], errors: &mut Vec<Error>) -> Result<Option<Operation>> {
    let Some(group) = group(rest, 0, Delimiter::Parenthesis) else {
        no_more(word, rest)?;
        return Ok(Some(Operation::Default { keyword: word.clone(), timeout: None }));
    };
    no_more(word, &rest[1..])?;
    let mut arguments = expr::arguments(group, errors);
    if arguments.len() > 1 {
        return Err(Error::new_spanned(
            &arguments[1],
            "`default` takes one duration, how long to wait for another arm",
        ));
    }
    Ok(Some(Operation::Default { keyword: word.clone(), timeout: arguments.pop() }))
}

fn after(word: &Ident, rest: &[TokenTree], errors: &mut Vec<Error>) -> Result<Option<Operation>> {
    let example = "`after(Duration::from_secs(1)) => ..`";
    let Some(group) = group(rest, 0, Delimiter::Parenthesis) else {
        let text = format!("`after` needs a duration: {example}");
        return Err(Error::new(word.span(), text));
    };
    if is_thin_arrow(rest, 1) {
        return Err(Error::new_spanned(
            stream(&rest[1..]),
            format!("`after(..)` gives no value: {example}"),
        ));
    }
    no_more(word, &rest[1..])?;
    let before = errors.len();
    let mut arguments = expr::arguments(group, errors);
    match (arguments.len(), arguments.pop()) {
        (1, Some(duration)) => Ok(Some(Operation::After { duration })),
        (_, None) if errors.len() > before => Ok(None),
        (_, None) => Err(Error::new(group.span(), format!("`after` needs a duration: {example}"))),
        (_, Some(second)) => {
            Err(Error::new_spanned(second, format!("`after` takes one duration: {example}")))
        }
    }
}

fn recv(word: &Ident, rest: &[TokenTree], errors: &mut Vec<Error>) -> Result<Option<Operation>> {
    let Some(group) = group(rest, 0, Delimiter::Parenthesis) else {
        return Err(Error::new(word.span(), "`recv` needs a channel: `recv(rx) -> name => ..`"));
    };
    let before = errors.len();
    let mut arguments = expr::arguments(group, errors).into_iter();
    let (operand, more) = (arguments.next(), arguments.next());
    let operand = match (operand, more) {
        (_, Some(more)) => {
            return Err(Error::new_spanned(more, "`recv` takes one channel: `recv(rx) -> name`"));
        }
        (None, _) if errors.len() > before => return Ok(None),
        (None, _) => {
            let text = "`recv` needs a channel: `recv(rx) -> name => ..`";
            return Err(Error::new(group.span(), text));
        }
        (Some(operand), None) => operand,
    };
    let text = source_or(&operand, "rx");
    let name = result_name(word, rest, || {
        format!("`recv({text}) -> name => ..`, or `<-{text} => ..` if the value does not matter")
    })?;
    let pattern = Some(pattern::of_recv_word(name)?);
    Ok(Some(Operation::Receive(Receive { pattern, operand })))
}

fn send(word: &Ident, rest: &[TokenTree], errors: &mut Vec<Error>) -> Result<Option<Operation>> {
    let form = "`send(tx, value) -> name => ..`";
    let Some(group) = group(rest, 0, Delimiter::Parenthesis) else {
        let text = format!("`send` needs a channel and a value: {form}");
        return Err(Error::new(word.span(), text));
    };
    let before = errors.len();
    let mut arguments = expr::arguments(group, errors).into_iter();
    let (operand, value, more) = (arguments.next(), arguments.next(), arguments.next());
    let (operand, value) = match (operand, value, more) {
        (_, _, Some(more)) => {
            let text = format!("`send` takes a channel and one value: {form}");
            return Err(Error::new_spanned(more, text));
        }
        (Some(operand), Some(value), None) => (operand, value),
        _ if errors.len() > before => return Ok(None),
        (Some(operand), None, None) => {
            let text = source_or(&operand, "tx");
            return Err(Error::new(
                group.span(),
                format!("nothing to send: a value is missing, `send({text}, value) -> name => ..`"),
            ));
        }
        _ => {
            let text = format!("`send` needs a channel and a value: {form}");
            return Err(Error::new(group.span(), text));
        }
    };
    let (tx, text) = (source_or(&operand, "tx"), source_or(&value, "value"));
    let name = result_name(word, rest, || {
        format!("`send({tx}, {text}) -> name => ..`, or `{tx} <- {text} => ..`")
    })?;
    let result = Some(pattern::of_send_word(name)?);
    let span = word.span();
    Ok(Some(Operation::Send(Send { result, operand, value, span, lazy: true })))
}

/// The tokens behind `->`, in `word(..) -> name`.
fn result_name<'a>(
    word: &Ident,
    rest: &'a [TokenTree],
    form: impl FnOnce() -> String,
) -> Result<&'a [TokenTree]> {
    if rest.len() == 1 {
        let text = format!("`{word}` needs a name for its result: {}", form());
        return Err(Error::new(word.span(), text));
    }
    if !is_thin_arrow(rest, 1) {
        let text = format!("expected `-> name` here: {}", form());
        return Err(Error::new_spanned(stream(&rest[1..]), text));
    }
    if rest.len() == 3 {
        let text = format!("a name is missing after this `->`: {}", form());
        return Err(Error::new_spanned(stream(&rest[1..]), text));
    }
    let name = &rest[3..];
    match position(name, is_thin_arrow).or_else(|| position(name, is_colon)) {
        Some(0) | None => Ok(name),
        Some(at) => Err(Error::new_spanned(
            stream(&name[at..]),
            format!("expected `=>` after the name: {}", form()),
        )),
    }
}

fn no_more(word: &Ident, rest: &[TokenTree]) -> Result<()> {
    if rest.is_empty() {
        return Ok(());
    }
    let text = source_or(stream(rest), "this");
    Err(Error::new_spanned(
        stream(rest),
        format!("expected `=>` after `{word}`, found `{text}`: `{word} => ..`"),
    ))
}
