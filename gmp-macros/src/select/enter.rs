//! The first half of the expansion: evaluate the operands, choose, and take the result.
//!
//! When it is over nothing is borrowed any more, all temporaries are gone, and so are the
//! values of the arms that lost. What is left is a value of the enum, which says what the
//! chosen arm got.
//!
//! Operands are evaluated in the head of a `match`, so that what they borrow lives as long
//! as the choice takes:
//! ```text
//! match (probe(&rx), Offer { sender: probe(&tx), value }) {
//!     (arm0, arm1) => {
//!         let mut arm0 = RecvArm::new(arm0);
//!         let mut arm1 = arm1.arm();
//!         let index = select(&mut [arm0.case(), arm1.case()]);
//!         match index {
//!             0 => Picked::Arm0(arm0.take()),
//!             _ => { arm1.sent(); Picked::Arm1 }
//!         }
//!     }
//! }
//! ```
//! An arm with a condition has statements of its own, in a block that takes the place of
//! what is inside the `match` of the arms before it. There a `let` makes what is borrowed
//! live long enough:
//! ```text
//! let enabled: bool = condition;
//! let operand = if enabled { Some(&rx) } else { None };
//! let arm1 = probe(operand);
//! ```

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::Expr;
use syn::spanned::Spanned;

use super::ast::{Arm, Operation, Over, Receive, Send};
use super::names::{handle, none, ours, picked, private, some, variant};

/// What `default` means to the choice.
#[derive(Clone, Copy)]
pub(super) enum Default<'a> {
    /// There is none: wait.
    Wait,
    /// Do not wait.
    Try,
    /// Wait for so long.
    Timeout(&'a Expr),
}

/// Arms of channels and timers, and how to choose among them.
pub(super) struct Choice<'a> {
    /// The path of the run time's part.
    pub(super) runtime: &'a TokenStream,
    /// All arms in source order, with those that cannot be chosen.
    pub(super) arms: &'a [Arm],
    pub(super) default: Default<'a>,
    pub(super) biased: bool,
}

/// An arm that can be chosen.
#[derive(Clone, Copy)]
pub(super) enum Candidate<'a> {
    Receive(&'a Receive),
    Send(&'a Send),
    Timer(&'a Expr),
}

fn candidate(arm: &Arm) -> Option<Candidate<'_>> {
    match &arm.operation {
        Operation::Receive(receive) => Some(Candidate::Receive(receive)),
        Operation::Send(send) => Some(Candidate::Send(send)),
        Operation::After { duration } => Some(Candidate::Timer(duration)),
        Operation::Default { .. } | Operation::Else { .. } => None,
    }
}

/// Whether the arm can be chosen, and what it then carries: none if nothing.
pub(super) fn carries(arm: &Arm) -> Option<Option<&syn::Pat>> {
    let pattern = match candidate(arm)? {
        Candidate::Receive(receive) => receive.pattern.as_ref(),
        Candidate::Send(send) => send.result.as_ref(),
        Candidate::Timer(_) => None,
    };
    Some(pattern.filter(|pattern| pattern.over != Over::Nothing).map(|pattern| &pattern.pat))
}

/// One step of the evaluation.
enum Step {
    /// An expression for the head of a `match`, and the name it gets.
    Together { name: TokenStream, value: TokenStream },
    /// Statements of their own.
    Alone(TokenStream),
}

impl Choice<'_> {
    /// An expression of the enum's type.
    pub(super) fn expand(&self) -> TokenStream {
        if let Some(one) = self.one() {
            return one;
        }
        let mut inner = self.choose();
        let mut together: Vec<(TokenStream, TokenStream)> = Vec::new();
        for step in self.steps().into_iter().rev() {
            match step {
                Step::Together { name, value } => together.push((name, value)),
                Step::Alone(statements) => {
                    inner = evaluated_together(&mut together, inner);
                    let result = private("result");
                    let here = Span::mixed_site();
                    inner = quote_spanned!(here=> { #statements let #result = #inner; #result });
                }
            }
        }
        evaluated_together(&mut together, inner)
    }

    /// The candidates with their indices.
    pub(super) fn candidates(&self) -> impl Iterator<Item = (usize, &Arm, Candidate<'_>)> {
        let candidates = self.arms.iter().filter_map(|arm| Some((arm, candidate(arm)?)));
        candidates.enumerate().map(|(index, (arm, candidate))| (index, arm, candidate))
    }

    fn steps(&self) -> Vec<Step> {
        let mut index = 0;
        let mut steps = Vec::new();
        for arm in self.arms {
            if let Some(candidate) = candidate(arm) {
                steps.push(self.step(index, arm, candidate));
                index += 1;
            } else if let Operation::Default { timeout: Some(timeout), .. } = &arm.operation {
                let name = private("timeout").into_token_stream();
                steps.push(Step::Together { name, value: self.duration(timeout) });
            }
        }
        steps
    }

    /// Evaluates what the arm is made of, and gives it the arm's name.
    fn step(&self, index: usize, arm: &Arm, candidate: Candidate<'_>) -> Step {
        let here = Span::mixed_site();
        let name = handle(index);
        let Some(guard) = &arm.guard else {
            let value = match candidate {
                Candidate::Receive(Receive { operand, .. }) => {
                    self.receiver(&borrowed(operand), operand)
                }
                Candidate::Send(Send { operand, value, lazy, .. }) => {
                    let sender = self.sender(&borrowed(operand), operand);
                    if *lazy { sender } else { self.offer(value, &sender) }
                }
                Candidate::Timer(duration) => self.duration(duration),
            };
            return Step::Together { name: name.into_token_stream(), value };
        };
        let (let_enabled, enabled) = enabled(index, &guard.keyword, &guard.condition);
        let at = private(&format!("operand{index}"));
        let none = none();
        let if_enabled =
            |value: TokenStream| quote_spanned!(here=> if #enabled { #value } else { #none });
        let let_at = |operand: &Expr| {
            let operand = if_enabled(borrowed(operand));
            quote_spanned!(here=> let #at = #operand;)
        };
        let (let_at, value) = match candidate {
            Candidate::Receive(Receive { operand, .. }) => {
                (let_at(operand), self.receiver(&at.to_token_stream(), operand))
            }
            Candidate::Send(Send { operand, value, lazy, .. }) => {
                let sender = self.sender(&at.to_token_stream(), operand);
                let value =
                    if *lazy { sender } else { if_enabled(some(self.offer(value, &sender))) };
                (let_at(operand), value)
            }
            Candidate::Timer(duration) => {
                let value = if_enabled(some(self.duration(duration)));
                (TokenStream::new(), value)
            }
        };
        Step::Alone(quote_spanned!(here=> #let_enabled #let_at let #name = #value;))
    }

    /// The arm, made in its place of what was evaluated.
    fn make(&self, index: usize, arm: &Arm, candidate: Candidate<'_>) -> TokenStream {
        let runtime = self.runtime;
        let here = Span::mixed_site();
        let name = handle(index);
        let made = match (candidate, &arm.guard) {
            (Candidate::Receive(_), _) => quote_spanned!(here=> #runtime::RecvArm::new(#name)),
            (Candidate::Send(Send { lazy: true, .. }), _) => {
                quote_spanned!(here=> #runtime::LazySendArm::new(#name))
            }
            (Candidate::Send(_), None) => quote_spanned!(here=> #name.arm()),
            (Candidate::Send(_), Some(_)) => {
                quote_spanned!(here=> #runtime::Offer::arm_if(#name))
            }
            (Candidate::Timer(_), None) => {
                let duration = some(&name);
                quote_spanned!(here=> #runtime::TimerArm::new(#duration))
            }
            (Candidate::Timer(_), Some(_)) => {
                quote_spanned!(here=> #runtime::TimerArm::new(#name))
            }
        };
        quote_spanned!(here=> let mut #name = #made;)
    }

    /// A sender and a value of its type.
    pub(super) fn offer(&self, value: &Expr, sender: &TokenStream) -> TokenStream {
        let runtime = self.runtime;
        let here = Span::mixed_site();
        quote_spanned!(here=> (#runtime::Offer { sender: #sender, value: #value }))
    }

    fn duration(&self, duration: &Expr) -> TokenStream {
        let runtime = self.runtime;
        let here = Span::mixed_site();
        quote_spanned!(here=> (#runtime::For { duration: #duration }).duration)
    }

    /// An `Option<&Receiver<_>>` from an `Option` of a reference to any operand.
    pub(super) fn receiver(&self, at: &TokenStream, operand: &Expr) -> TokenStream {
        let runtime = self.runtime;
        let here = Span::mixed_site();
        let method = Ident::new("__gmp_receiver", ours(operand.span()));
        // As many references as there are kinds of operands to try.
        quote_spanned!(here=> (&&&&&&#runtime::RecvOperand(#at)).#method())
    }

    /// An `Option<&Sender<_>>`.
    pub(super) fn sender(&self, at: &TokenStream, operand: &Expr) -> TokenStream {
        let runtime = self.runtime;
        let here = Span::mixed_site();
        let method = Ident::new("__gmp_sender", ours(operand.span()));
        quote_spanned!(here=> (&&&&&&#runtime::SendOperand(#at)).#method())
    }

    /// The call, and what is made of its answer.
    fn choose(&self) -> TokenStream {
        let here = Span::mixed_site();
        let runtime = self.runtime;
        let picked = picked();
        let cases = self.candidates().map(|(index, ..)| {
            let name = handle(index);
            quote_spanned!(here=> #name.case())
        });
        let mut function = match self.default {
            Default::Wait => String::from("select"),
            Default::Try => String::from("try_select"),
            Default::Timeout(_) => String::from("select_timeout"),
        };
        if self.biased {
            function.push_str("_biased");
        }
        let function = Ident::new(&function, here);
        let timeout = match self.default {
            Default::Timeout(_) => {
                let timeout = private("timeout");
                quote_spanned!(here=> , #timeout)
            }
            _ => TokenStream::new(),
        };
        let mut results: Vec<TokenStream> =
            self.candidates().map(|(index, _, candidate)| self.result(index, candidate)).collect();
        // The last one needs no comparison.
        let last = match self.default {
            Default::Wait => results.pop(),
            _ => Some(quote_spanned!(here=> #picked::Default)),
        };
        let arms =
            self.candidates().map(|(index, arm, candidate)| self.make(index, arm, candidate));
        let numbers: Vec<usize> = (0..results.len()).collect();
        let index = private("index");
        quote_spanned!(here=> {
            #(#arms)*
            let #index = #runtime::#function(&mut [#(#cases),*] #timeout);
            match #index {
                #(#numbers => #results,)*
                _ => #last,
            }
        })
    }

    /// The variant of an arm that was picked out of several.
    fn result(&self, index: usize, candidate: Candidate<'_>) -> TokenStream {
        let here = Span::mixed_site();
        let name = handle(index);
        match candidate {
            Candidate::Receive(receive) => {
                let over = receive.pattern.as_ref().map_or(Over::Nothing, |p| p.over);
                self.carrying(index, over, &quote_spanned!(here=> #name.take()))
            }
            Candidate::Send(Send { result: None, span, .. }) => {
                // The user's own place, which `#[track_caller]` reports.
                let sent = quote_spanned!(*span=> .sent());
                unit(index, &quote!(#name #sent))
            }
            Candidate::Send(Send { result: Some(result), value, lazy, .. }) => {
                let result_of = if *lazy {
                    quote_spanned!(here=> #name.picked().send(#value))
                } else {
                    quote_spanned!(here=> #name.finish())
                };
                self.carrying(index, result.over, &result_of)
            }
            Candidate::Timer(_) => {
                let (picked, variant) = (picked(), variant(index));
                quote_spanned!(here=> #picked::#variant)
            }
        }
    }

    /// The variant that carries `result`, in the form that its pattern is for.
    pub(super) fn carrying(&self, index: usize, over: Over, result: &TokenStream) -> TokenStream {
        let here = Span::mixed_site();
        let runtime = self.runtime;
        let (picked, variant) = (picked(), variant(index));
        match over {
            Over::Nothing => unit(index, &quote_spanned!(here=> ::core::mem::drop(#result))),
            Over::Result => quote_spanned!(here=> #picked::#variant(#result)),
            Over::Option => quote_spanned!(here=> #picked::#variant(#result.ok())),
            Over::Pair => quote_spanned!(here=> #picked::#variant(#runtime::comma_ok(#result))),
        }
    }
}

/// `do_it;`, and a variant that carries nothing.
pub(super) fn unit(index: usize, do_it: &TokenStream) -> TokenStream {
    let here = Span::mixed_site();
    let (picked, variant) = (picked(), variant(index));
    quote_spanned!(here=> { #do_it; #picked::#variant })
}

/// `Some(&operand)`: places are borrowed, values become temporaries.
pub(super) fn borrowed(mut operand: &Expr) -> TokenStream {
    let span = ours(operand.span());
    // One reference is enough, and what is behind several is seen no deeper for it.
    loop {
        match operand {
            Expr::Reference(reference) if reference.mutability.is_none() => {
                operand = &reference.expr;
            }
            Expr::Group(group) => operand = &group.expr,
            _ => break,
        }
    }
    let needs_parentheses = !matches!(
        operand,
        Expr::Path(_)
            | Expr::Field(_)
            | Expr::Index(_)
            | Expr::MethodCall(_)
            | Expr::Call(_)
            | Expr::Macro(_)
            | Expr::Paren(_)
            | Expr::Group(_)
            | Expr::Block(_)
            | Expr::Try(_)
            | Expr::Unary(_)
            | Expr::Reference(_)
    );
    let operand = if needs_parentheses {
        quote_spanned!(span=> (#operand))
    } else {
        operand.to_token_stream()
    };
    some(quote_spanned!(span=> &#operand))
}

/// `let enabled: bool = condition;`, and the name.
pub(super) fn enabled(index: usize, keyword: &Ident, condition: &Expr) -> (TokenStream, Ident) {
    let name = private(&format!("enabled{index}"));
    let here = Span::mixed_site();
    let span = ours(keyword.span());
    let bool = quote_spanned!(span=> ::core::primitive::bool);
    (quote_spanned!(here=> let #name: #bool = #condition;), name)
}

/// `match (values) { (names) => inner }`; `steps` come last first.
fn evaluated_together(
    steps: &mut Vec<(TokenStream, TokenStream)>,
    inner: TokenStream,
) -> TokenStream {
    if steps.is_empty() {
        return inner;
    }
    let here = Span::mixed_site();
    let (names, values): (Vec<_>, Vec<_>) = steps.drain(..).rev().unzip();
    quote_spanned!(here=> match (#(#values,)*) { (#(#names,)*) => #inner })
}
