//! The function below an attribute.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream, Parser};
use syn::spanned::Spanned;
use syn::{Attribute, Error, Result, ReturnType, Safety, Signature, Type, Visibility, token};

use super::args::both;

/// The body is kept as tokens: its syntax is rustc's business.
pub(crate) struct Function {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) sig: Signature,
    body: TokenTree,
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        let sig = input.parse()?;
        if !input.peek(token::Brace) {
            return Err(input.error("expected a function with a body"));
        }
        Ok(Function { attrs, vis, sig, body: input.parse()? })
    }
}

impl Function {
    /// `attribute` and `example` are for the message when this is no function.
    pub(crate) fn of(item: &TokenStream, attribute: &str, example: &str) -> Result<Self> {
        syn::parse2(item.clone()).map_err(|error| {
            if item.clone().into_iter().any(|tree| tree.to_string() == "fn") {
                return error;
            }
            let keyword = after_attributes.parse2(item.clone()).unwrap_or_else(|_| item.clone());
            Error::new_spanned(keyword, format!("{attribute} goes on a function: `{example}`"))
        })
    }

    /// The function as written but private and without its attributes, to be an item inside
    /// of the one that replaces it.
    pub(crate) fn inner(&self) -> TokenStream {
        let Function { attrs: _, vis: _, sig, body } = self;
        quote!(#sig #body)
    }

    /// Whether the result is `()`, written or not.
    pub(crate) fn returns_unit(&self) -> bool {
        match &self.sig.output {
            ReturnType::Default => true,
            ReturnType::Type(_, result) => {
                matches!(&**result, Type::Tuple(tuple) if tuple.elems.is_empty())
            }
        }
    }

    /// Where to report a result type that will not do.
    pub(crate) fn result_span(&self) -> Span {
        match &self.sig.output {
            ReturnType::Default => self.sig.ident.span(),
            ReturnType::Type(_, result) => result.span(),
        }
    }

    /// The function keeps its callees in use while an error is reported in its place.
    pub(crate) fn unused(&self) -> TokenStream {
        let inner = self.inner();
        quote!(const _: () = { #[allow(dead_code, reason = "an error stands for it")] #inner };)
    }
}

/// An item without the attributes before it, so that errors point at the item.
fn after_attributes(input: ParseStream<'_>) -> Result<TokenStream> {
    input.call(Attribute::parse_outer)?;
    input.parse::<Visibility>()?;
    let first: TokenTree = input.parse()?;
    input.parse::<TokenStream>()?;
    Ok(first.into_token_stream())
}

/// What is refused, in the attribute's own words.
pub(crate) struct Refusals<'a> {
    pub(crate) arguments: &'a str,
    pub(crate) generics: &'a str,
    pub(crate) qualifier: &'a str,
}

/// A function that can be the body of a goroutine: `fn name() -> R`.
pub(crate) fn check_plain(sig: &Signature, refusals: &Refusals<'_>) -> Result<()> {
    let mut outcome = Ok(());
    let mut refuse = |tokens: &dyn ToTokens, text: &str| {
        let error = Error::new_spanned(tokens.to_token_stream(), text);
        outcome = both(std::mem::replace(&mut outcome, Ok(())), Err(error));
    };
    if let Some(token) = &sig.asyncness {
        refuse(
            token,
            "a goroutine is not a future: remove `async` and call blocking functions (they park \
             the goroutine, not the thread); `gmp::block_on(..)` drives a future",
        );
    }
    if let Some(token) = &sig.constness {
        refuse(token, refusals.qualifier);
    }
    if let Safety::Unsafe(token) = &sig.safety {
        refuse(token, refusals.qualifier);
    }
    if let Some(abi) = &sig.abi {
        refuse(abi, refusals.qualifier);
    }
    if !sig.generics.params.is_empty() {
        refuse(&sig.generics, refusals.generics);
    } else if let Some(clause) = &sig.generics.where_clause {
        refuse(clause, refusals.generics);
    }
    if !sig.inputs.is_empty() {
        refuse(&sig.inputs, refusals.arguments);
    }
    if let Some(variadic) = &sig.variadic {
        refuse(variadic, refusals.arguments);
    }
    outcome
}
