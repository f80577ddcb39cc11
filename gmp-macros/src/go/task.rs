//! The closure that the goroutine runs.
//!
//! A call `f(a, b)` becomes
//! ```text
//! let mut f = f;
//! let bind = move |a, b| move || f(a, b);
//! let task = bind(a, b);
//! ```
//! `bind` has the function's own parameter types, so the arguments coerce as in a plain
//! call. `task` is a statement of its own, so that temporaries of the arguments (a lock's
//! guard, say) are gone before the goroutine starts.
//!
//! A closure among the arguments stays where it is, in the call itself, and so does the
//! function's path: only there does rustc infer the closure's parameters from the function's
//! bounds. The other arguments are then plain `let`s. In a scope this is done for `move`
//! closures alone, for the others borrow from the spawner, which the task, being `move`,
//! would not.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::token::Brace;
use syn::{Block, Expr, ExprBlock, ExprClosure, ReturnType, Stmt, Token, Type};

use super::ast::{Call, Callee, Work};
use crate::constant::bare;

pub(super) struct Task {
    /// Statements to run first, now.
    pub(super) prepare: TokenStream,
    /// An expression: the closure.
    pub(super) value: TokenStream,
}

pub(super) fn task(work: Work, result: Option<&Type>, scoped: bool) -> Task {
    match work {
        Work::Call(call) => of_call(call, result, scoped),
        Work::Closure(closure) => {
            Task { prepare: TokenStream::new(), value: of_closure(closure, result, scoped) }
        }
        Work::Block(tokens) => {
            Task { prepare: TokenStream::new(), value: of_block(tokens, result) }
        }
    }
}

/// A local of ours that no name of the user's can meet. Errors about it show `span`.
pub(super) fn private(name: &str, span: Span) -> Ident {
    Ident::new(&format!("__gmp_{name}"), ours(span))
}

/// The place of `span` with the hygiene of a macro's own tokens.
fn ours(span: Span) -> Span {
    Span::mixed_site().located_at(span)
}

fn of_call(call: Call, result: Option<&Type>, scoped: bool) -> Task {
    let Call { attrs: _, callee, args, span } = call;
    let (subject, method) = match callee {
        Callee::Function(function) => (bare(&function).clone(), None),
        Callee::Method { receiver, method, turbofish } => {
            (receiver, Some(quote_spanned!(method.span()=> .#method #turbofish)))
        }
    };
    let start = ours(subject.span());
    let end = ours(span);
    let arguments = Arguments::new(args, scoped);

    let used = &arguments.used;
    let used = group(Delimiter::Parenthesis, quote_spanned!(end=> #(#used),*), end);
    let named_in_place = arguments.in_place && method.is_none() && matches!(subject, Expr::Path(_));
    let (let_subject, body) = if named_in_place {
        (TokenStream::new(), quote_spanned!(start=> #subject #used))
    } else {
        let name = private("callee", start);
        let subject = captured_by_move(subject, scoped);
        (
            quote_spanned!(start=> let mut #name = #subject;),
            quote_spanned!(start=> #name #method #used),
        )
    };
    let run = closure_around(body, result, start, end);
    let name = private("task", start);
    let let_task = arguments.bind(&name, &run);
    Task { prepare: quote!(#let_subject #let_task), value: name.into_token_stream() }
}

/// The arguments of a call, split into those evaluated now and those left in the call.
struct Arguments {
    /// What the call itself is given.
    used: Vec<TokenStream>,
    /// What is evaluated now, and the names it gets.
    values: Vec<Expr>,
    names: Vec<Ident>,
    /// Whether any is a closure left in the call.
    in_place: bool,
}

impl Arguments {
    fn new(args: impl IntoIterator<Item = Expr>, scoped: bool) -> Self {
        let mut arguments =
            Arguments { used: Vec::new(), values: Vec::new(), names: Vec::new(), in_place: false };
        for (index, arg) in args.into_iter().enumerate() {
            let arg = captured_by_move(arg, scoped);
            if matches!(bare(&arg), Expr::Closure(closure) if closure.capture.is_some()) {
                arguments.used.push(arg.into_token_stream());
                arguments.in_place = true;
            } else {
                let name = private(&format!("arg{index}"), arg.span());
                arguments.used.push(name.to_token_stream());
                arguments.names.push(name);
                arguments.values.push(arg);
            }
        }
        arguments
    }

    /// Statements that end with `let task = ..`, `run` being the task.
    fn bind(&self, task: &Ident, run: &TokenStream) -> TokenStream {
        let Arguments { used: _, values, names, in_place } = self;
        let here = Span::mixed_site();
        if *in_place || names.is_empty() {
            return quote_spanned!(here=> #(let #names = #values;)* let #task = #run;);
        }
        let bind = private("bind", task.span());
        quote_spanned!(here=>
            let #bind = move |#(#names),*| #run;
            let #task = #bind(#(#values),*);
        )
    }
}

/// `move || body`, or `move || -> T { body }`, which makes the type an expectation of the
/// body: a mismatch is then reported at the body.
fn closure_around(body: TokenStream, result: Option<&Type>, start: Span, end: Span) -> TokenStream {
    let Some(result) = result else { return quote_spanned!(start=> move || #body) };
    let block = group(Delimiter::Brace, body, end);
    quote_spanned!(start=> move || -> #result #block)
}

/// Outside of scopes nothing can be borrowed, so closures are `move` without being told.
fn captured_by_move(expr: Expr, scoped: bool) -> Expr {
    match expr {
        Expr::Closure(mut closure) if !scoped => {
            closure.capture.get_or_insert(Token![move](closure.inputs_begin.span));
            Expr::Closure(closure)
        }
        other => other,
    }
}

fn of_closure(mut closure: ExprClosure, result: Option<&Type>, scoped: bool) -> TokenStream {
    if !scoped {
        closure.capture.get_or_insert(Token![move](closure.inputs_begin.span));
    }
    if let Some(result) = result {
        let start = closure.inputs_begin.span;
        closure.output = ReturnType::Type(Token![->](start), Box::new(result.clone()));
        closure.body = Box::new(braced(*closure.body));
    }
    closure.into_token_stream()
}

/// A closure with a result type needs braces.
fn braced(body: Expr) -> Expr {
    if matches!(&body, Expr::Block(block) if block.attrs.is_empty() && block.label.is_none()) {
        return body;
    }
    let brace_token = Brace(body.span());
    let stmts = vec![Stmt::Expr(body, None)];
    Expr::Block(ExprBlock { attrs: Vec::new(), label: None, block: Block { brace_token, stmts } })
}

fn group(delimiter: Delimiter, tokens: TokenStream, span: Span) -> TokenStream {
    let mut group = Group::new(delimiter, tokens);
    group.set_span(span);
    group.into_token_stream()
}

/// The tokens are the user's, and so are the spans of the closure around them: what rustc
/// says of the closure then points at the block.
fn of_block(tokens: TokenStream, result: Option<&Type>) -> TokenStream {
    let trees: Vec<TokenTree> = tokens.into_iter().collect();
    if let [TokenTree::Group(only)] = trees.as_slice()
        && only.delimiter() == Delimiter::None
    {
        // A block that a `macro_rules!` macro passed on.
        return of_block(only.stream(), result);
    }
    let start = trees.first().map_or_else(Span::mixed_site, TokenTree::span);
    let end = trees.last().map_or_else(Span::mixed_site, TokenTree::span);
    let block = match trees.as_slice() {
        [TokenTree::Group(block)] if block.delimiter() == Delimiter::Brace => {
            block.to_token_stream()
        }
        _ => group(Delimiter::Brace, trees.into_iter().collect(), end),
    };
    let output = result.map(|result| quote_spanned!(start=> -> #result));
    quote_spanned!(start=> move || #output #block)
}
