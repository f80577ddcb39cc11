//! The pattern of an arm: what it is matched against, and whether it may fail to match.
//!
//! A name takes the whole `Result`, `(v, ok)` is Go's comma-ok, and anything that may fail
//! is matched against an `Option` of the value. Only the spelling is known here. So a name
//! that begins with a capital counts as a constant, which may fail.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{ParseStream, Parser};
use syn::{Error, Pat, Path, Result, Token};

use super::ast::{Over, Pattern};
use super::source::{source, source_or};
use super::tokens::{is_colon, is_punct, position, stream};

/// The pattern of `pattern = <-rx`.
pub(super) fn of_receive(trees: &[TokenTree]) -> Result<Pattern> {
    let pat = parse(trees, "`v`, `(v, ok)` or `Some(v)`")?;
    let over = match inner(&pat) {
        Pat::Wild(_) => Over::Nothing,
        _ if all_cases(&pat, &|pat| matches!(pat, Pat::Tuple(_))) => {
            pairs(&pat)?;
            Over::Pair
        }
        _ if takes_all(&pat) => Over::Result,
        _ => {
            over_option(&pat)?;
            Over::Option
        }
    };
    let refutable = is_refutable(&pat);
    Ok(Pattern { pat, over, refutable })
}

/// Whether it holds for all alternatives.
fn all_cases(pat: &Pat, holds: &impl Fn(&Pat) -> bool) -> bool {
    match inner(pat) {
        Pat::Or(or) => or.cases.iter().all(|case| all_cases(case, holds)),
        pat => holds(pat),
    }
}

/// Whether the pattern only gives names.
fn takes_all(pat: &Pat) -> bool {
    match inner(pat) {
        Pat::Ident(ident) => match &ident.subpat {
            Some((_, pat)) => takes_all(pat),
            None => !is_capital(&ident.ident),
        },
        Pat::Or(or) => or.cases.iter().any(takes_all),
        pat => matches!(pat, Pat::Wild(_)),
    }
}

fn is_capital(ident: &Ident) -> bool {
    ident.to_string().starts_with(char::is_uppercase)
}

/// Refuses tuples that are no pairs.
fn pairs(pat: &Pat) -> Result<()> {
    match inner(pat) {
        Pat::Or(or) => or.cases.iter().try_for_each(pairs),
        Pat::Tuple(tuple) => {
            let rest = tuple.elems.iter().any(|pat| matches!(pat, Pat::Rest(_)));
            if tuple.elems.len() == 2 || (rest && matches!(tuple.elems.len(), 1 | 3)) {
                return Ok(());
            }
            Err(Error::new_spanned(pat, not_a_pair(pat, tuple.elems.is_empty())))
        }
        _ => Ok(()),
    }
}

/// The pattern of `pattern = tx <- value`.
pub(super) fn of_send(trees: &[TokenTree]) -> Result<Pattern> {
    let pat = parse(trees, "a name such as `r`")?;
    let over = if matches!(inner(&pat), Pat::Wild(_)) { Over::Nothing } else { Over::Result };
    irrefutable_result(&pat)?;
    Ok(Pattern { pat, over, refutable: false })
}

/// The pattern of `recv(rx) -> pattern`.
pub(super) fn of_recv_word(trees: &[TokenTree]) -> Result<Pattern> {
    let pat = parse(trees, "a name such as `r`")?;
    match inner(&pat) {
        Pat::Tuple(_) => Err(Error::new_spanned(
            &pat,
            "`recv(..) ->` gives a `Result`: bind a name, or write `(v, ok) = <-rx`, which \
             gives both",
        )),
        Pat::TupleStruct(tuple) if last_is(&tuple.path, "Some") => Err(Error::new_spanned(
            &pat,
            format!(
                "`recv(..) ->` gives a `Result`: write `Ok({inner})`, or `{pat} = <-rx` with an \
                 arrow",
                inner = source_or(&tuple.elems, ".."),
                pat = source_or(&pat, "Some(..)"),
            ),
        )),
        _ => {
            let refutable = is_refutable(&pat);
            Ok(Pattern { pat, over: Over::Result, refutable })
        }
    }
}

/// The pattern of `send(tx, value) -> pattern`.
pub(super) fn of_send_word(trees: &[TokenTree]) -> Result<Pattern> {
    let pat = parse(trees, "a name such as `r`")?;
    irrefutable_result(&pat)?;
    Ok(Pattern { pat, over: Over::Result, refutable: false })
}

fn irrefutable_result(pat: &Pat) -> Result<()> {
    if is_refutable(pat) || matches!(inner(pat), Pat::Tuple(_)) {
        return Err(Error::new_spanned(
            pat,
            "a send gives a `Result<(), SendError<_>>`: bind a name, as in `r = tx <- value`, \
             and look at it in the body",
        ));
    }
    Ok(())
}

/// `instead` says what could be there.
fn parse(trees: &[TokenTree], instead: &str) -> Result<Pat> {
    whole(trees).map_err(|error| explained(trees, error, instead))
}

fn whole(trees: &[TokenTree]) -> Result<Pat> {
    let parse = |input: ParseStream<'_>| Pat::parse_multi_with_leading_vert(input);
    parse.parse2(stream(trees))
}

pub(super) fn is_pattern(trees: &[TokenTree]) -> bool {
    whole(trees).is_ok()
}

/// Why the tokens are no pattern.
fn explained(trees: &[TokenTree], error: Error, instead: &str) -> Error {
    if let Some(colon) = position(trees, is_colon) {
        return Error::new(
            trees[colon].span(),
            "an arm's pattern has no type: the channel's type says what it gives",
        );
    }
    if trees.iter().enumerate().any(|(at, _)| is_punct(trees, at, ',')) {
        return Error::new_spanned(
            stream(trees),
            format!("two names need parentheses: `({})`", source(stream(trees))),
        );
    }
    match trees {
        [TokenTree::Ident(word), ..] if word == "let" || word == "var" => {
            let name = source_or(stream(&trees[1..]), "v");
            Error::new(word.span(), format!("an arm binds without `{word}`: `{name} = ..`"))
        }
        [] => error,
        _ => Error::new_spanned(
            stream(trees),
            format!("`{}` is not a pattern: write {instead}", source_or(stream(trees), "this")),
        ),
    }
}

fn not_a_pair(pat: &Pat, is_unit: bool) -> String {
    let text = source_or(pat, "(..)");
    if is_unit {
        return "what is received comes in an `Option`, for the channel may be closed: write \
            `Some(()) = <-rx`, or `<-rx` if the value does not matter"
            .to_owned();
    }
    format!(
        "a tuple here is `(v, ok)`, an `Option` of the value and whether there is one: to take \
         a received tuple apart, write `Some({text}) = <-rx`"
    )
}

/// Refuses patterns that can be seen not to match an `Option`.
fn over_option(pat: &Pat) -> Result<()> {
    match pat {
        Pat::Paren(paren) => over_option(&paren.pat),
        Pat::Or(or) => or.cases.iter().try_for_each(over_option),
        Pat::Ident(ident) => match &ident.subpat {
            Some((_, pat)) => over_option(pat),
            None => Ok(()),
        },
        Pat::TupleStruct(tuple) if last_is(&tuple.path, "Some") => Ok(()),
        Pat::TupleStruct(tuple) if last_is(&tuple.path, "Ok") => Err(Error::new_spanned(
            pat,
            format!(
                "the pattern of `<-` matches an `Option`, `None` if the channel is closed: write \
                 `Some({})`, or bind a name, `r = <-rx`, to get the `Result`",
                source_or(&tuple.elems, ".."),
            ),
        )),
        Pat::TupleStruct(tuple) if last_is(&tuple.path, "Err") => Err(Error::new_spanned(
            pat,
            "the pattern of `<-` matches an `Option`: write `None` for a closed channel, or bind \
             a name, `r = <-rx`, to get the `Result`",
        )),
        Pat::Path(path) if !is_variant(&path.path) => Ok(()),
        Pat::Macro(_) | Pat::Const(_) | Pat::Verbatim(_) | Pat::Wild(_) => Ok(()),
        Pat::Tuple(_) => Err(Error::new_spanned(pat, not_a_pair(pat, false))),
        _ => Err(inside_some(pat)),
    }
}

fn inside_some(pat: &Pat) -> Error {
    Error::new_spanned(
        pat,
        format!(
            "what is received comes in an `Option`, for the channel may be closed: write \
             `Some({})`",
            source_or(pat, ".."),
        ),
    )
}

/// Whether the pattern may fail, as far as its spelling shows.
fn is_refutable(pat: &Pat) -> bool {
    match pat {
        Pat::Wild(_) | Pat::Rest(_) => false,
        Pat::Ident(ident) => match &ident.subpat {
            Some((_, pat)) => is_refutable(pat),
            None => is_capital(&ident.ident),
        },
        Pat::Paren(paren) => is_refutable(&paren.pat),
        Pat::Reference(reference) => is_refutable(&reference.pat),
        Pat::Tuple(tuple) => tuple.elems.iter().any(is_refutable),
        Pat::Or(or) => or.cases.iter().all(is_refutable) && !has_both(or.cases.iter()),
        // An array's pattern need not be, but no array is matched at the top.
        _ => true,
    }
}

/// Whether the alternatives look like all of an `Option` or of a `Result`. If they are not,
/// rustc says so.
fn has_both<'a>(cases: impl Iterator<Item = &'a Pat>) -> bool {
    let mut found = [false; 4];
    for case in cases {
        let (name, whole) = match inner(case) {
            Pat::Ident(ident) => (ident.ident.to_string(), true),
            Pat::Path(path) => (last_segment(&path.path), true),
            Pat::TupleStruct(tuple) => {
                (last_segment(&tuple.path), !tuple.elems.iter().any(is_refutable))
            }
            _ => continue,
        };
        for (found, of) in found.iter_mut().zip(["Some", "None", "Ok", "Err"]) {
            // The only value of `RecvError` is a name with a capital.
            *found |= name == of && (whole || of == "Err");
        }
    }
    (found[0] && found[1]) || (found[2] && found[3])
}

/// The pattern inside parentheses and invisible groups.
fn inner(mut pat: &Pat) -> &Pat {
    while let Pat::Paren(paren) = pat {
        pat = &paren.pat;
    }
    pat
}

fn last_segment(path: &Path) -> String {
    path.segments.last().map_or_else(String::new, |segment| segment.ident.to_string())
}

fn last_is(path: &Path, name: &str) -> bool {
    path.segments.last().is_some_and(|segment| segment.ident == name)
}

/// Whether a path of several parts looks like a variant, `Message::Quit`, and not like a
/// constant.
fn is_variant(path: &Path) -> bool {
    let name = last_segment(path);
    path.segments.len() > 1 && name != "None" && name.contains(char::is_lowercase)
}

/// What a pattern binds, for an arm that is broken: the pattern if it is one.
pub(super) fn salvaged(trees: &[TokenTree]) -> Option<TokenStream> {
    if trees.is_empty() {
        return None;
    }
    let listed = |input: ParseStream<'_>| {
        syn::punctuated::Punctuated::<Pat, Token![,]>::parse_separated_nonempty_with(
            input,
            Pat::parse_single,
        )
    };
    if let Ok(pat) = whole(trees) {
        return Some(pat.into_token_stream());
    }
    let pats = listed.parse2(stream(trees)).ok()?;
    Some(quote::quote!((#pats)))
}
