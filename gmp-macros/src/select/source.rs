//! The user's tokens as text, for messages.

use proc_macro2::{Delimiter, Group, Spacing, TokenStream, TokenTree};
use quote::ToTokens;

/// Longer texts are not repeated in a message.
const LONGEST: usize = 40;

/// The tokens as they were probably written, or `instead` if that is too long, or nothing.
pub(super) fn source_or(tokens: impl ToTokens, instead: &str) -> String {
    let text = source(tokens);
    if text.is_empty() || text.len() > LONGEST { instead.to_owned() } else { text }
}

/// The tokens as they were probably written.
pub(super) fn source(tokens: impl ToTokens) -> String {
    let mut writer = Writer::default();
    writer.all(tokens.into_token_stream());
    writer.text
}

/// Writes tokens with the spaces that rustfmt would put, or nearly.
#[derive(Default)]
struct Writer {
    text: String,
    before: Before,
    /// How many `<` of generic arguments are open.
    generics: usize,
    /// Whether the parameters of a closure are.
    parameters: bool,
}

/// What was written last.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Before {
    #[default]
    Nothing,
    /// A name, a literal or a group: what an operator may stand behind.
    Operand,
    /// Something that has no space behind it.
    Tight,
    /// Something that has one.
    Loose,
}

impl Writer {
    fn all(&mut self, tokens: TokenStream) {
        let mut operator = String::new();
        for tree in tokens {
            match tree {
                TokenTree::Punct(punct) => {
                    operator.push(punct.as_char());
                    if punct.spacing() == Spacing::Alone || punct.as_char() == '?' {
                        self.operator(&std::mem::take(&mut operator));
                    }
                }
                TokenTree::Group(group) => {
                    self.operator(&std::mem::take(&mut operator));
                    self.group(&group);
                }
                other => {
                    self.operator(&std::mem::take(&mut operator));
                    self.space(&[Before::Operand, Before::Loose]);
                    self.text.push_str(&other.to_string());
                    self.before = Before::Operand;
                }
            }
        }
        self.operator(&operator);
    }

    fn space(&mut self, after: &[Before]) {
        if after.contains(&self.before) {
            self.text.push(' ');
        }
    }

    fn group(&mut self, group: &Group) {
        let (open, close) = match group.delimiter() {
            Delimiter::Parenthesis => ("(", ")"),
            Delimiter::Bracket => ("[", "]"),
            Delimiter::Brace if group.stream().is_empty() => ("{", "}"),
            Delimiter::Brace => ("{ ", " }"),
            Delimiter::None => ("", ""),
        };
        let is_apart = open.starts_with('{');
        self.space(if is_apart { &[Before::Operand, Before::Loose] } else { &[Before::Loose] });
        self.text.push_str(open);
        let mut inside = Writer::default();
        inside.all(group.stream());
        self.text.push_str(&inside.text);
        self.text.push_str(close);
        self.before = Before::Operand;
    }

    fn operator(&mut self, operator: &str) {
        if operator.is_empty() {
            return;
        }
        let opens =
            operator.contains("::<") || (operator == "<" && (self.is_start() || self.generics > 0));
        let closed = operator.len() - operator.trim_start_matches('>').len();
        let closes = closed > 0 && self.generics > 0;
        if opens {
            self.generics += 1;
        } else if closes {
            self.generics -= closed.min(self.generics);
        }
        let pipe = operator == "|" && (self.parameters || self.is_start());
        self.parameters ^= pipe;
        let unary = self.is_start() && "&*!-'<#".contains(&operator[..1]);
        let (space, before) = match operator {
            "," | ";" | ":" => (false, Before::Loose),
            _ if closes && closed == operator.len() => (false, Before::Operand),
            _ if closes || (opens && !unary) => (false, Before::Tight),
            "|" if pipe && self.parameters => (self.before == Before::Loose, Before::Tight),
            "|" if pipe => (false, Before::Loose),
            "." | "::" | "'" | "#" => (self.before == Before::Loose, Before::Tight),
            "?" => (false, Before::Operand),
            "!" if !self.is_start() => (false, Before::Tight),
            _ if unary => (self.before == Before::Loose, Before::Tight),
            _ if operator.starts_with("..") => (false, Before::Tight),
            _ => (self.before != Before::Nothing, Before::Loose),
        };
        if space {
            self.text.push(' ');
        }
        self.text.push_str(operator);
        self.before = before;
    }

    /// Whether an operand may begin here.
    fn is_start(&self) -> bool {
        self.before != Before::Operand
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_as_written() {
        for text in [
            "v",
            "!ready && x",
            "a.b(c, d)?.e::<F, G>()[0]",
            "Some(Msg::Key { code })",
            "<T as Tr<U>>::f()",
            "a = <-b::<-1>() < c",
            "x as u8, 'a, y: Z",
            "&mut self.tx",
            "-1",
            "*x + y",
            "a == b || c",
            "1..=5",
            "vec![1, 2]",
            "|x| x + 1",
            "{}",
            "ref mut v",
            "Some(1 | 2)",
        ] {
            let tokens: TokenStream = text.parse().unwrap();
            assert_eq!(source(tokens), text);
        }
    }
}
