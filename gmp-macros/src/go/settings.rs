//! The part between `<` and `>`: a result type and options.

use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{End, ParseStream};
use syn::{Error, Result, Token, Type};

use super::ast::Setting;
use crate::suggest::distance;

pub(super) const OPTIONS: [&str; 3] = ["name", "stack", "pinned"];

/// Whether `input` starts with settings, and not with a path such as `<T as Trait>::f`.
pub(super) fn opens(input: ParseStream<'_>) -> bool {
    input.peek(Token![<]) && !qualified_path(&input.fork())
}

/// `<T as Trait>` and `<T>::` are read as Rust reads them: as the start of a path.
fn qualified_path(ahead: ParseStream<'_>) -> bool {
    if ahead.parse::<Token![<]>().is_err() || ahead.parse::<Type>().is_err() {
        return false;
    }
    ahead.peek(Token![as]) || (ahead.parse::<Token![>]>().is_ok() && ahead.peek(Token![::]))
}

pub(super) fn parse(input: ParseStream<'_>) -> Result<Vec<Setting>> {
    let mut settings = Vec::new();
    if !opens(input) {
        return Ok(settings);
    }
    let open: Token![<] = input.parse()?;
    if input.peek(Token![>]) {
        return Err(input.error(
            "nothing between `<` and `>`: name the result type or an option, \
             as in `go!(<u64, name = \"n\"> f(x))`",
        ));
    }
    loop {
        settings.push(setting(input, open)?);
        let comma: Option<Token![,]> = input.parse()?;
        if input.peek(Token![>]) {
            let close: Token![>] = input.parse()?;
            if input.is_empty() {
                return Err(Error::new_spanned(
                    close,
                    "nothing to run after this `>`: add a call, a closure or a block, \
                     as in `go!(<u64> f(x))`",
                ));
            }
            return Ok(settings);
        }
        if input.is_empty() {
            return Err(unclosed(open));
        }
        if comma.is_none() {
            return Err(input.error("expected `,` or `>` here: `>` ends go!'s settings"));
        }
    }
}

fn setting(input: ParseStream<'_>, open: Token![<]) -> Result<Setting> {
    let assigned = input.peek2(Token![=]) && !input.peek2(Token![==]) && !input.peek2(Token![=>]);
    if input.peek(Ident::peek_any) && assigned {
        let key = input.call(Ident::parse_any)?;
        let equals: Token![=] = input.parse()?;
        let value = value(input, open)?;
        if value.is_empty() {
            let text = format!("`{key}` needs a value: {}", example(&key));
            return Err(Error::new_spanned(equals, text));
        }
        return Ok(Setting::Option { key, value: Some(value) });
    }
    if is_option(&input.fork()) {
        let key: Ident = input.parse()?;
        let ends = input.peek(Token![,]) || input.peek(Token![>]) || input.peek(End);
        if !ends && key != "pinned" {
            return Err(input.error(format!("expected `=` after `{key}`: {}", example(&key))));
        }
        return Ok(Setting::Option { key, value: None });
    }
    if input.is_empty() {
        return Err(unclosed(open));
    }
    let found = input.span();
    input.parse().map(Setting::Result).map_err(|_| {
        Error::new(found, "expected a result type or one of `name = ..`, `stack = ..`, `pinned`")
    })
}

/// An option's name standing where a type could. A misspelt `pinned` counts: it is the one
/// option that has no `=` to be known by.
fn is_option(ahead: ParseStream<'_>) -> bool {
    let Ok(key) = ahead.parse::<Ident>() else { return false };
    let key = key.to_string();
    let alone = ahead.peek(Token![,]) || ahead.peek(Token![>]);
    let path = ahead.peek(Token![::]) || ahead.peek(Token![<]) || ahead.peek(Token![!]);
    (OPTIONS.contains(&key.as_str()) && !path) || (alone && distance(&key, "pinned") <= 2)
}

/// How an option is written, for messages.
pub(super) fn example(key: &Ident) -> &'static str {
    match key.to_string().as_str() {
        "name" => "`name = \"parser\"`",
        "stack" => "`stack = 1 << 20` (bytes)",
        _ => "`pinned` or `pinned = true`",
    }
}

/// Everything up to the `,` or `>` that ends the value.
///
/// A `>` belongs to the value only if it closes generics opened by `::<` (or by a `<` that
/// starts the value) or is part of `>>`, `>=`, `->` or `=>`. Other comparisons need
/// parentheses.
fn value(input: ParseStream<'_>, open: Token![<]) -> Result<TokenStream> {
    let mut value: Vec<TokenTree> = Vec::new();
    let mut depth = 0_usize;
    loop {
        if input.is_empty() {
            return Err(unclosed(open));
        }
        let opens_generics =
            depth > 0 || value.is_empty() || matches!(value.last(), Some(last) if is(last, ':'));
        let operator = input.peek(Token![->])
            || input.peek(Token![=>])
            || (depth == 0 && (input.peek(Token![>>]) || input.peek(Token![>=])))
            || (!opens_generics && input.peek(Token![<<]));
        if operator {
            value.push(input.parse()?);
        } else if depth == 0 && (input.peek(Token![,]) || input.peek(Token![>])) {
            return Ok(value.into_iter().collect());
        } else if input.peek(Token![<]) && opens_generics {
            depth += 1;
        } else if input.peek(Token![>]) {
            depth -= 1;
        }
        value.push(input.parse()?);
    }
}

fn is(tree: &TokenTree, punct: char) -> bool {
    matches!(tree, TokenTree::Punct(found) if found.as_char() == punct)
}

fn unclosed(open: Token![<]) -> Error {
    Error::new_spanned(
        open,
        "this `<` has no `>`: close go!'s settings before the body, as in \
         `go!(<u64, name = \"n\"> f(x))`",
    )
}
