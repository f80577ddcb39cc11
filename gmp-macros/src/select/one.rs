//! The first half of the expansion where there is one channel and no timer: the plain
//! operation, or Go's non-blocking one, without arms and without a choice.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};

use super::ast::{Over, Receive, Send};
use super::enter::{Candidate, Choice, Default, borrowed, enabled, unit};
use super::names::{none, picked, private, some};

impl Choice<'_> {
    /// The plain operation, if that is all there is to do: one channel, no timer.
    pub(super) fn one(&self) -> Option<TokenStream> {
        let here = Span::mixed_site();
        let runtime = self.runtime;
        let mut candidates = self.candidates();
        let (Some((_, arm, candidate)), None) = (candidates.next(), candidates.next()) else {
            return None;
        };
        let tries = match self.default {
            Default::Wait => false,
            Default::Try => true,
            Default::Timeout(_) => return None,
        };
        let mut call = match candidate {
            Candidate::Receive(receive) => {
                let probe = self.receiver(&borrowed(&receive.operand), &receive.operand);
                let function = Ident::new(if tries { "try_recv_one" } else { "recv_one" }, here);
                quote_spanned!(here=> #runtime::#function(#probe))
            }
            Candidate::Send(send) if !send.lazy => {
                let probe = self.sender(&borrowed(&send.operand), &send.operand);
                let offer = self.offer(&send.value, &probe);
                let method = Ident::new(if tries { "try_send" } else { "send" }, here);
                quote_spanned!(here=> #offer.#method())
            }
            _ => return None,
        };
        if let Some(guard) = &arm.guard {
            let (let_enabled, enabled) = enabled(0, &guard.keyword, &guard.condition);
            let disabled = if tries { none() } else { quote_spanned!(here=> #runtime::forever()) };
            call = quote_spanned!(here=> {
                #let_enabled
                if #enabled { #call } else { #disabled }
            });
        }
        let result = |call: &TokenStream| match candidate {
            Candidate::Receive(Receive { pattern, .. }) => {
                self.carrying(0, pattern.as_ref().map_or(Over::Nothing, |p| p.over), call)
            }
            Candidate::Send(Send { result: Some(result), .. }) => {
                self.carrying(0, result.over, call)
            }
            Candidate::Send(Send { span, .. }) => {
                // The user's own place, which `#[track_caller]` reports.
                let sent = quote_spanned!(*span=> __gmp_sent(#call));
                let value = unit(0, &sent);
                quote_spanned!(here=> { use #runtime::sent as __gmp_sent; #value })
            }
            Candidate::Timer(_) => unreachable!("a timer is not one channel"),
        };
        if !tries {
            return Some(result(&call));
        }
        let (picked, answer) = (picked(), private("answer"));
        let (some, none) = (some(&answer), none());
        let result = result(&answer.into_token_stream());
        Some(quote_spanned!(here=> match #call { #some => #result, #none => #picked::Default }))
    }
}
