//! Heads that are no operation: what was meant, and how it is written here.

use proc_macro2::{Delimiter, Ident, Span, TokenTree};
use syn::{Error, Expr};

use super::expr::expression;
use super::source::source_or;
use super::tokens::{
    group, ident, is_assignment, is_punct, is_thin_arrow, is_torn_arrow, position, stream,
};
use crate::suggest::distance;

const OPERATIONS: &str = "an arm receives, `v = <-rx`, sends, `tx <- value`, or is one of \
    `after(duration)`, `default` and `else`";

/// The words of this macro, and the words they are taken for.
const WORDS: [(&str, &[&str]); 4] = [
    ("recv", &["recv", "receive", "read", "get"]),
    ("send", &["send", "write", "push", "put"]),
    ("after", &["after", "sleep", "timer", "delay"]),
    ("default", &["default", "otherwise", "timeout"]),
];

/// A head without an arrow, and without a word of ours.
pub(super) fn no_arrow(trees: &[TokenTree]) -> Error {
    if trees.is_empty() {
        return Error::new(Span::call_site(), format!("nothing before `=>`: {OPERATIONS}"));
    }
    if let Some(at) = position(trees, is_torn_arrow) {
        return Error::new_spanned(
            stream(&trees[at..at + 2]),
            "the arrow is written without a space: `<-`",
        );
    }
    if let Some(equals) = position(trees, is_assignment) {
        return assigned(&trees[..equals], &trees[equals..]);
    }
    if let Some(call) = method(trees) {
        return Error::new_spanned(stream(trees), call.advice("v = "));
    }
    if let Some(word) = ident(trees, 0)
        && (trees.len() == 1 || group(trees, 1, Delimiter::Parenthesis).is_some())
    {
        return unknown_word(word, &trees[1..]);
    }
    if let Some(arrow) = position(trees, is_thin_arrow).filter(|arrow| *arrow > 0) {
        let channel = source_or(stream(&trees[..arrow]), "rx");
        let name = source_or(stream(&trees[arrow + 2..]), "v");
        return Error::new_spanned(
            stream(&trees[arrow..arrow + 2]),
            format!("a receive is written the other way round: `{name} = <-{channel}`"),
        );
    }
    let text = source_or(stream(trees), "this");
    Error::new_spanned(stream(trees), format!("`{text}` is no operation: {OPERATIONS}"))
}

/// `v = rx`, `v := rx`
fn assigned(left: &[TokenTree], right: &[TokenTree]) -> Error {
    let declared = is_punct(left, left.len().wrapping_sub(1), ':');
    let left = if declared { &left[..left.len() - 1] } else { left };
    let name = source_or(stream(left), "v");
    let right = &right[1..];
    if is_thin_arrow(right, 0) {
        let channel = source_or(stream(&right[2..]), "rx");
        let text = format!("the arrow points at the name: `{name} = <-{channel}`");
        return Error::new_spanned(stream(&right[..2]), text);
    }
    let end = position(right, is_thin_arrow).unwrap_or(right.len());
    let right = &right[..end];
    if right.is_empty() {
        let text = format!("a channel is missing here: `{name} = <-rx`");
        return Error::new_spanned(stream(left), text);
    }
    let text = if let Some(call) = method(right) {
        call.advice(&format!("{name} = "))
    } else if let (Some(word), Some(group)) =
        (ident(right, 0), group(right, 1, Delimiter::Parenthesis))
        && right.len() == 2
        && ["recv", "send", "after"].iter().any(|of| word == of)
    {
        let arguments = source_or(group.stream(), "..");
        match word.to_string().as_str() {
            "after" => format!(
                "`after({arguments}) => ..` gives no value; to receive from a timer's channel \
                 write `{name} = <-gmp::chan::after({arguments})`"
            ),
            "recv" => format!("write `{name} = <-{arguments}` or `recv({arguments}) -> {name}`"),
            _ => format!("write `send({arguments}) -> {name}`"),
        }
    } else {
        let channel = source_or(stream(right), "rx");
        format!("this arm has no arrow: `{name} = <-{channel}` receives")
    };
    Error::new_spanned(stream(right), text)
}

/// A call of a channel's own method, where an arm has an arrow.
enum Method {
    Recv(String),
    Send(String, String),
}

impl Method {
    fn advice(&self, pattern: &str) -> String {
        match self {
            Method::Recv(rx) => format!(
                "a call would be made before the choice: an arm receives with `{pattern}<-{rx}`"
            ),
            Method::Send(tx, value) => {
                format!(
                    "a call would be made before the choice: an arm sends with `{tx} <- {value}`"
                )
            }
        }
    }
}

fn method(trees: &[TokenTree]) -> Option<Method> {
    let Ok(Expr::MethodCall(call)) = expression(trees) else { return None };
    let channel = |or| source_or(&call.receiver, or);
    match (call.method.to_string().as_str(), call.args.len()) {
        ("recv" | "try_recv" | "recv_ok", 0) => Some(Method::Recv(channel("rx"))),
        ("send" | "try_send", 1) => {
            Some(Method::Send(channel("tx"), source_or(&call.args, "value")))
        }
        _ => None,
    }
}

/// `recieve(rx)`, `defualt`, `_`
fn unknown_word(word: &Ident, rest: &[TokenTree]) -> Error {
    if word == "_" {
        return Error::new(
            word.span(),
            "`_` is no arm: `default => ..` runs when no channel is ready, `else => ..` when the \
             value received does not match its pattern",
        );
    }
    if word == "biased" {
        let text = "`biased` is no arm: `biased;` stands before the first one";
        return Error::new(word.span(), text);
    }
    let text = word.to_string().to_lowercase();
    let named = WORDS.iter().flat_map(|(form, names)| names.iter().map(move |name| (*form, *name)));
    let nearest = named.min_by_key(|(_, name)| distance(&text, name));
    let called = !rest.is_empty();
    let meant = match nearest {
        Some((meant, name)) if distance(&text, name) <= 1 + name.len() / 4 => Some(meant),
        _ if text.starts_with('e') && distance(&text, "else") <= 2 && !called => Some("else"),
        _ => None,
    };
    let text = match meant {
        Some(meant) => {
            format!("select! has no `{word}`: did you mean `{} => ..`?", corrected(meant, rest))
        }
        None if called => format!(
            "select! has no `{word}(..)`: there are `recv(rx) -> v`, `send(tx, value) -> r`, \
             `after(duration)` and `default(timeout)`"
        ),
        None => format!(
            "`{word}` alone is no operation: `v = <-{word}` receives, `{word} <- value` sends"
        ),
    };
    Error::new(word.span(), text)
}

/// What was written behind another word, behind the one that was `meant`.
fn corrected(meant: &str, rest: &[TokenTree]) -> String {
    let (arguments, result) = match meant {
        "recv" => ("(rx)", " -> v"),
        "send" => ("(tx, value)", " -> r"),
        "after" => ("(duration)", ""),
        _ => ("", ""),
    };
    let arguments = source_or(stream(&rest[..rest.len().min(1)]), arguments);
    let result = match position(rest, is_thin_arrow) {
        Some(arrow) if !result.is_empty() => {
            format!(" -> {}", source_or(stream(&rest[arrow + 2..]), "v"))
        }
        _ => result.to_owned(),
    };
    format!("{meant}{arguments}{result}")
}

/// `v := <-rx`, with `equals` the index of the `=`.
pub(super) fn declares(left: &[TokenTree], equals: usize, right: &[TokenTree]) -> Error {
    let names = &left[..equals - 1];
    let several =
        names.iter().any(|tree| matches!(tree, TokenTree::Punct(p) if p.as_char() == ','));
    let text = source_or(stream(names), "v");
    let name = if several { format!("({text})") } else { text };
    let rest = source_or(stream(right), "rx");
    Error::new_spanned(
        stream(&left[equals - 1..=equals]),
        format!(
            "Rust has no `:=`, and an arm's `=` binds a new name: `{name} = <-{rx}`",
            rx = rest
        ),
    )
}
