//! A checked invocation to an expression.
//! ```text
//! {
//!     enum Picked<T0> { Arm0(T0), Arm1, Default }
//!     match { evaluate, choose, take the result } {
//!         Picked::Arm0(pattern) => { body }
//!         Picked::Arm1 => { body }
//!         Picked::Default => { body }
//!         _ => { body of else }
//!     }
//! }
//! ```
//! The bodies stand in arms of a plain `match` of the user's function, so that `break`,
//! `return` and `?` do there what they do anywhere.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::spanned::Spanned;

use super::ast::{Arm, Body, Operation, Select};
use super::check::Order;
use super::enter::{Choice, Default, carries};
use super::fallback;
use super::names::{parameter, picked, private, runtime, variant};
use super::tokens::visible;

/// `root` is the path of the crate `gmp`.
pub(super) fn expand(root: &TokenStream, mut select: Select, order: Order) -> TokenStream {
    let runtime = runtime(root);
    let biased = order == Order::Source || select.biased.is_some();
    let arms = std::mem::take(&mut select.arms);
    if arms.iter().any(|arm| carries(arm).is_some()) {
        return of_arms(&runtime, &arms, biased, select);
    }
    if !select.errors.is_empty() {
        let bodies = arms.iter().map(|arm| braced(&arm.body)).collect();
        return fallback::errors(select, bodies);
    }
    without_channels(&runtime, &arms)
}

/// Nothing to choose from: at most a `default`.
fn without_channels(runtime: &TokenStream, arms: &[Arm]) -> TokenStream {
    let here = Span::mixed_site();
    match default(arms) {
        (Default::Wait, _) => quote_spanned!(here=> #runtime::forever()),
        (_, None) => quote_spanned!(here=> {}),
        (Default::Try, Some(arm)) => braced(&arm.body),
        (Default::Timeout(timeout), Some(arm)) => {
            let body = braced(&arm.body);
            quote_spanned!(here=> {
                let _ = #runtime::select_timeout(
                    &mut [],
                    (#runtime::For { duration: #timeout }).duration,
                );
                #body
            })
        }
    }
}

fn default(arms: &[Arm]) -> (Default<'_>, Option<&Arm>) {
    let found = arms.iter().find_map(|arm| match &arm.operation {
        Operation::Default { timeout: Some(timeout), .. } => {
            Some((Default::Timeout(timeout), Some(arm)))
        }
        Operation::Default { timeout: None, .. } => Some((Default::Try, Some(arm))),
        _ => None,
    });
    found.unwrap_or((Default::Wait, None))
}

fn of_arms(runtime: &TokenStream, arms: &[Arm], biased: bool, select: Select) -> TokenStream {
    let here = Span::mixed_site();
    let (default, default_arm) = default(arms);
    let (mut parameters, mut variants, mut matched) = (Vec::new(), Vec::new(), Vec::new());
    let picked = picked();
    let chosen = arms.iter().filter_map(|arm| Some((arm, carries(arm)?)));
    for (index, (arm, pattern)) in chosen.enumerate() {
        let (variant, body) = (variant(index), braced(&arm.body));
        if let Some(pattern) = pattern {
            let parameter = parameter(index);
            variants.push(quote_spanned!(here=> #variant(#parameter)));
            matched.push(quote_spanned!(here=> #picked::#variant(#pattern) => #body));
            parameters.push(parameter);
        } else {
            variants.push(variant.to_token_stream());
            matched.push(quote_spanned!(here=> #picked::#variant => #body));
        }
    }
    if let Some(arm) = default_arm {
        let body = braced(&arm.body);
        variants.push(quote_spanned!(here=> Default));
        matched.push(quote_spanned!(here=> #picked::Default => #body));
    }
    if let Some(arm) = arms.iter().find(|arm| matches!(arm.operation, Operation::Else { .. })) {
        let body = braced(&arm.body);
        matched.push(quote_spanned!(here=> _ => #body));
    }
    if !select.errors.is_empty() {
        let errors = fallback::errors(select, Vec::new());
        matched.push(quote_spanned!(here=> _ => #errors));
    }
    let choice = Choice { runtime, arms, default, biased }.expand();
    let value = private("picked");
    quote_spanned!(here=> {
        enum #picked<#(#parameters),*> { #(#variants),* }
        match {
            use #runtime::operands::*;
            let #value = #choice;
            #value
        } { #(#matched)* }
    })
}

/// The body as a block, whatever it is, so that an editor that completes a half-written one
/// finds the tokens at the same places.
pub(super) fn braced(body: &Body) -> TokenStream {
    if let [TokenTree::Group(block)] = visible(body.0.clone()).as_slice()
        && block.delimiter() == Delimiter::Brace
    {
        return block.to_token_stream();
    }
    let mut block = Group::new(Delimiter::Brace, body.0.clone());
    block.set_span(Span::mixed_site().located_at(body.0.span()));
    block.into_token_stream()
}
