//! What a `go!` invocation says, before any of it is judged.

use proc_macro2::{Ident, Span, TokenStream};
use syn::punctuated::Punctuated;
use syn::{AngleBracketedGenericArguments, Attribute, Expr, ExprClosure, Token, Type};

/// A whole invocation: `go!(scope, <settings> body)`.
pub(crate) struct Launch {
    /// The scope of `go!(s, ..)`.
    pub(crate) scope: Option<Expr>,
    /// What stood between `<` and `>`, in source order.
    pub(crate) settings: Vec<Setting>,
    pub(crate) body: Body,
}

/// One entry between `<` and `>`.
pub(crate) enum Setting {
    /// A type: the goroutine's result.
    Result(Type),
    /// `key = value`, or `key` alone.
    Option { key: Ident, value: Option<TokenStream> },
}

/// What stands where the goroutine's work should.
pub(crate) enum Body {
    Work(Work),
    /// An expression that a goroutine does not run; always an error.
    Other(Expr),
}

/// What the goroutine runs.
pub(crate) enum Work {
    Call(Call),
    Closure(ExprClosure),
    /// Statements. They are kept as written: their syntax is rustc's business, and so are
    /// the errors in it.
    Block(TokenStream),
}

/// A call, taken apart into what is evaluated now and what runs later.
pub(crate) struct Call {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) callee: Callee,
    pub(crate) args: Punctuated<Expr, Token![,]>,
    /// The parentheses.
    pub(crate) span: Span,
}

pub(crate) enum Callee {
    Function(Expr),
    Method { receiver: Expr, method: Ident, turbofish: Option<AngleBracketedGenericArguments> },
}

/// The settings once checked.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) result: Option<Type>,
    /// In source order, each at most once.
    pub(crate) builder: Vec<(BuilderMethod, TokenStream)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum BuilderMethod {
    Name,
    StackSize,
    Pinned,
}
