//! What a `select!` invocation says.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use syn::{Error, Expr, Pat};

/// A whole invocation, and what is wrong with it so far.
#[derive(Default)]
pub(super) struct Select {
    /// The word, if the arms stand behind `biased;`.
    pub(super) biased: Option<Ident>,
    /// In source order.
    pub(super) arms: Vec<Arm>,
    /// What could not be understood.
    pub(super) broken: Vec<Broken>,
    pub(super) errors: Vec<Error>,
}

/// One arm.
pub(super) struct Arm {
    pub(super) operation: Operation,
    pub(super) guard: Option<Guard>,
    pub(super) body: Body,
    /// Where its head begins.
    pub(super) span: Span,
}

/// `, if condition`
pub(super) struct Guard {
    pub(super) keyword: Ident,
    pub(super) condition: Expr,
}

pub(super) enum Operation {
    /// `pattern = <-operand` or `recv(operand) -> pattern`
    Receive(Receive),
    /// `result = operand <- value` or `send(operand, value) -> result`
    Send(Send),
    /// `after(duration)`
    After { duration: Expr },
    /// `default` or `default(timeout)`
    Default { keyword: Ident, timeout: Option<Expr> },
    /// `else`
    Else { keyword: Ident },
}

pub(super) struct Receive {
    /// None if the value is not wanted.
    pub(super) pattern: Option<Pattern>,
    pub(super) operand: Expr,
}

pub(super) struct Send {
    /// None if a closed channel is a panic.
    pub(super) result: Option<Pattern>,
    pub(super) operand: Expr,
    pub(super) value: Expr,
    /// Of the arrow or the word.
    pub(super) span: Span,
    /// Whether the value is evaluated only once the arm was picked, as crossbeam does.
    pub(super) lazy: bool,
}

pub(super) struct Pattern {
    pub(super) pat: Pat,
    pub(super) over: Over,
    /// Whether it may fail to match.
    pub(super) refutable: bool,
}

/// What a pattern is matched against.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Over {
    /// Nothing: it is `_`, and the value is dropped at once.
    Nothing,
    /// The `Result` of the operation.
    Result,
    /// An `Option` of the value.
    Option,
    /// An `Option` of the value, and whether it is one.
    Pair,
}

/// What stands behind `=>`.
///
/// The tokens are kept as written: their syntax is rustc's business, and so are the errors
/// in it.
pub(super) struct Body(pub(super) TokenStream);

/// What is left of an arm that could not be understood. Its names and its body are shown to
/// rustc all the same, for the sake of editors.
#[derive(Default)]
pub(super) struct Broken {
    pub(super) head: Vec<TokenTree>,
    pub(super) body: Option<Body>,
}
