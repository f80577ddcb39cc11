//! `key = value, ..` in an attribute's parentheses.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Error, Expr, Lit, Path, Result, Token};

use crate::constant::bare;
use crate::suggest::{listed, nearest};

pub(crate) struct Arg {
    pub(crate) key: Ident,
    pub(crate) value: Expr,
}

pub(crate) struct Args(pub(crate) Vec<Arg>);

impl Parse for Args {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut args = Vec::new();
        while !input.is_empty() {
            args.push(input.parse()?);
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(Args(args))
    }
}

impl Parse for Arg {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        if !input.peek(Ident::peek_any) {
            return Err(input.error("expected `key = value`, as in `gomaxprocs = 4`"));
        }
        let key = input.call(Ident::parse_any)?;
        let equals: Option<Token![=]> = input.parse()?;
        if equals.is_none() || input.is_empty() || input.peek(Token![,]) {
            let text = format!("`{key}` needs a value: write `{key} = ..`");
            return Err(Error::new_spanned(&key, text));
        }
        Ok(Arg { key, value: input.parse()? })
    }
}

/// Refuses the second of two equal keys. The rest is for `enter` to judge; all mistakes are
/// reported at once.
pub(crate) fn each(args: Args, mut enter: impl FnMut(&Arg) -> Result<()>) -> Result<()> {
    let mut outcome = Ok(());
    let mut seen: Vec<Ident> = Vec::new();
    for arg in args.0 {
        let entered = if seen.contains(&arg.key) {
            let text = format!("`{}` is given twice: remove one of the two", arg.key);
            Err(Error::new_spanned(&arg.key, text))
        } else {
            enter(&arg)
        };
        seen.push(arg.key);
        outcome = both(outcome, entered);
    }
    outcome
}

/// The errors of two outcomes.
pub(crate) fn both(first: Result<()>, second: Result<()>) -> Result<()> {
    match (first, second) {
        (Err(mut all), Err(more)) => {
            all.combine(more);
            Err(all)
        }
        (first, second) => first.and(second),
    }
}

pub(crate) fn unknown(
    attribute: &str,
    key: &Ident,
    synonyms: &[(&str, &str)],
    keys: &[&str],
) -> Error {
    let text = match nearest(&key.to_string(), synonyms, keys) {
        Some(meant) => {
            format!("{attribute} has no argument `{key}`: did you mean `{meant}`?")
        }
        None => format!("{attribute} has no argument `{key}`: it takes {}", listed(keys)),
    };
    Error::new_spanned(key, text)
}

/// Where to find the crate when no `crate = ..` says otherwise.
pub(crate) fn default_root() -> TokenStream {
    quote!(::gmp)
}

/// The path of `crate = "renamed"` or `crate = renamed::path`.
pub(crate) fn root(value: &Expr) -> Result<TokenStream> {
    match bare(value) {
        Expr::Path(path) if path.qself.is_none() => Ok(path.to_token_stream()),
        Expr::Lit(literal) => match &literal.lit {
            Lit::Str(text) => text.parse::<Path>().map(Path::into_token_stream).map_err(|_| {
                Error::new_spanned(value, format!("`{}` is not a path", text.value()))
            }),
            _ => Err(not_a_path(value)),
        },
        _ => Err(not_a_path(value)),
    }
}

fn not_a_path(value: &Expr) -> Error {
    Error::new_spanned(
        value,
        "`crate` takes the path under which gmp is known here, as in `crate = \"renamed\"`",
    )
}
