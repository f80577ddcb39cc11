//! Tokens to [`Launch`].
//!
//! Only the outer shape is parsed here. Whatever is not a single expression is kept as a
//! block of raw tokens, so that syntax this parser does not know still reaches rustc.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{End, Parse, ParseStream, Parser};
use syn::{Block, Error, Expr, Result, Stmt, Token};

use super::ast::{Body, Call, Callee, Launch, Work};
use super::settings;
use crate::constant::bare;

const FORMS: &str = "go! needs something to run:\n  \
    go!(f(a, b))              a call: f, a and b are evaluated now, the call runs there\n  \
    go!(obj.method(x))        a method call; the receiver moves in\n  \
    go!(move || { .. })       a closure\n  \
    go! { statements }        a block; what it uses moves in\n  \
    go!(<u64> f(x))           the result type is given\n  \
    go!(<name = \"n\", stack = 1 << 20, pinned> f(x))\n  \
    go!(s, f(&local))         inside gmp::scope(|s| ..)";

const ONE_ONLY: &str = "go! starts one goroutine, but something follows this comma: write a \
    second `go!`, or make it one block, `go! { f(); g(); }`";

impl Parse for Launch {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        if input.is_empty() {
            return Err(Error::new(Span::call_site(), FORMS));
        }
        let scope = scope(input)?;
        let settings = settings::parse(input)?;
        let body = body(input, !settings.is_empty())?;
        Ok(Launch { scope, settings, body })
    }
}

/// The `s` of `go!(s, ..)`, together with its comma.
fn scope(input: ParseStream<'_>) -> Result<Option<Expr>> {
    if settings::opens(input) {
        return Ok(None);
    }
    let ahead = input.fork();
    let Ok(expr) = ahead.parse::<Expr>() else { return Ok(None) };
    if !ahead.peek(Token![,]) {
        return Ok(None);
    }
    let comma: Token![,] = ahead.parse()?;
    if ahead.is_empty() {
        return match bare(&expr) {
            // A name cannot be run, so the comma was meant to end a scope.
            Expr::Path(_) => Err(Error::new_spanned(
                comma,
                format!("nothing to run after the scope: write `go!({}, f(x))`", source(&expr)),
            )),
            _ => Ok(None),
        };
    }
    if !names_a_scope(&expr) {
        return Err(Error::new_spanned(comma, ONE_ONLY));
    }
    input.parse::<Expr>()?;
    input.parse::<Token![,]>()?;
    Ok(Some(expr))
}

/// Whether an expression before a comma is meant as a scope, and not as something to run.
fn names_a_scope(expr: &Expr) -> bool {
    matches!(
        bare(expr),
        Expr::Path(_) | Expr::Field(_) | Expr::Index(_) | Expr::Reference(_) | Expr::Unary(_)
    )
}

fn body(input: ParseStream<'_>, has_settings: bool) -> Result<Body> {
    let ahead = input.fork();
    if let Ok(first) = ahead.parse::<Expr>()
        && ahead.peek(Token![,])
        && !ahead.peek2(End)
    {
        return Err(if has_settings && names_a_scope(&first) {
            let text = format!("the scope comes first: `go!({}, <..> ..)`", source(&first));
            Error::new_spanned(&first, text)
        } else {
            ahead.error(ONE_ONLY)
        });
    }
    let tokens = without_trailing_comma(input.parse()?);
    let Ok(mut statements) = Block::parse_within.parse2(tokens.clone()) else {
        return Ok(Body::Work(Work::Block(tokens)));
    };
    Ok(match (statements.pop(), statements.is_empty()) {
        (Some(Stmt::Expr(expr, semi)), true) => classify(expr, semi.is_some(), tokens),
        _ => Body::Work(Work::Block(tokens)),
    })
}

/// A single expression, `tokens` in the source.
fn classify(expr: Expr, is_statement: bool, tokens: TokenStream) -> Body {
    match expr {
        Expr::Paren(paren) if !is_statement => classify(*paren.expr, false, tokens),
        Expr::Group(group) => classify(*group.expr, is_statement, tokens),
        Expr::Closure(closure) => Body::Work(Work::Closure(closure)),
        // These never do what was meant, with or without a semicolon.
        Expr::Path(_) | Expr::Lit(_) | Expr::Async(_) | Expr::Await(_) => Body::Other(expr),
        // `f(x);` is a statement, and runs on the goroutine like any other.
        _ if is_statement => Body::Work(Work::Block(tokens)),
        Expr::Call(call) => Body::Work(Work::Call(Call {
            attrs: call.attrs,
            callee: Callee::Function(*call.func),
            args: call.args,
            span: call.paren_token.span.join(),
        })),
        Expr::MethodCall(call) => Body::Work(Work::Call(Call {
            attrs: call.attrs,
            callee: Callee::Method {
                receiver: *call.receiver,
                method: call.method,
                turbofish: call.turbofish,
            },
            args: call.args,
            span: call.paren_token.span.join(),
        })),
        Expr::Block(_)
        | Expr::Unsafe(_)
        | Expr::Const(_)
        | Expr::TryBlock(_)
        | Expr::If(_)
        | Expr::Match(_)
        | Expr::Loop(_)
        | Expr::While(_)
        | Expr::ForLoop(_)
        | Expr::Macro(_)
        | Expr::Verbatim(_) => Body::Work(Work::Block(tokens)),
        other => Body::Other(other),
    }
}

/// `self . f` as the user would write it, for messages.
pub(super) fn source(tokens: impl ToTokens) -> String {
    let mut text = String::new();
    let mut glued = true;
    for tree in tokens.into_token_stream() {
        let piece = tree.to_string();
        let tight = matches!(tree, TokenTree::Punct(_) | TokenTree::Group(_));
        if !(glued || tight) {
            text.push(' ');
        }
        glued = matches!(tree, TokenTree::Punct(_));
        text.push_str(&piece);
    }
    text
}

fn without_trailing_comma(tokens: TokenStream) -> TokenStream {
    let mut trees: Vec<TokenTree> = tokens.into_iter().collect();
    if matches!(trees.last(), Some(TokenTree::Punct(last)) if last.as_char() == ',') {
        trees.pop();
    }
    trees.into_iter().collect()
}
