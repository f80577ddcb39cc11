//! The rules of `go!`, and what is said to whoever breaks one.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::{Error, Expr, ExprClosure, Lit, Result, ReturnType};

use super::ast::{Body, BuilderMethod, Options, Setting, Work};
use super::parse::source;
use super::settings::{OPTIONS, example};
use crate::constant::{bare, check_stack, check_switch, expression};
use crate::suggest::{listed, nearest};

/// What other libraries call our options.
const SYNONYMS: [(&str, &str); 8] = [
    ("stack_size", "stack"),
    ("stacksize", "stack"),
    ("size", "stack"),
    ("label", "name"),
    ("pin", "pinned"),
    ("lock", "pinned"),
    ("locked", "pinned"),
    ("lock_os_thread", "pinned"),
];

/// Sorts the settings out. All mistakes are reported at once; the options that are right
/// are returned in any case.
pub(super) fn options(settings: Vec<Setting>) -> (Options, Result<()>) {
    let mut options = Options::default();
    let mut outcome = Ok(());
    for setting in settings {
        if let Err(error) = enter(&mut options, setting) {
            outcome = match outcome {
                Ok(()) => Err(error),
                Err(mut all) => {
                    Error::combine(&mut all, error);
                    Err(all)
                }
            };
        }
    }
    (options, outcome)
}

fn enter(options: &mut Options, setting: Setting) -> Result<()> {
    let (key, value) = match setting {
        Setting::Result(result) if options.result.is_some() => {
            return Err(Error::new_spanned(
                result,
                "a second result type: a goroutine has one result, so keep one of the types \
                 (several values make a tuple, `<(u64, String)>`)",
            ));
        }
        Setting::Result(result) => {
            options.result = Some(result);
            return Ok(());
        }
        Setting::Option { key, value } => (key, value),
    };
    let (method, value) = match key.to_string().as_str() {
        "name" => (BuilderMethod::Name, name(&key, value)?),
        "stack" => (BuilderMethod::StackSize, stack(&key, value)?),
        "pinned" => (BuilderMethod::Pinned, pinned(value)?),
        unknown => return Err(Error::new_spanned(&key, no_such_option(unknown))),
    };
    if options.builder.iter().any(|(given, _)| *given == method) {
        return Err(Error::new_spanned(
            &key,
            format!("`{key}` is given twice: remove one of the two"),
        ));
    }
    options.builder.push((method, without_parentheses(value)));
    Ok(())
}

/// Parentheses that a comparison needs between `<` and `>` are not needed, and warned of,
/// where the value goes.
fn without_parentheses(value: TokenStream) -> TokenStream {
    match expression(&value) {
        Some(Expr::Paren(paren)) => paren.expr.into_token_stream(),
        _ => value,
    }
}

fn no_such_option(unknown: &str) -> String {
    match nearest(unknown, &SYNONYMS, &OPTIONS) {
        Some(meant) => format!("go! has no option `{unknown}`: did you mean `{meant}`?"),
        None => format!("go! has no option `{unknown}`: there are {}", listed(&OPTIONS)),
    }
}

fn name(key: &Ident, value: Option<TokenStream>) -> Result<TokenStream> {
    let value = required(key, value)?;
    if let Some(expr) = expression(&value)
        && let Expr::Lit(literal) = bare(&expr)
        && !matches!(literal.lit, Lit::Str(_))
    {
        return Err(Error::new_spanned(
            value,
            "`name` takes a string: a `&'static str` such as `name = \"parser\"`, or a `String`",
        ));
    }
    Ok(value)
}

fn stack(key: &Ident, value: Option<TokenStream>) -> Result<TokenStream> {
    let value = required(key, value)?;
    if let Some(expr) = expression(&value) {
        check_stack("stack", &expr)?;
    }
    Ok(value)
}

fn pinned(value: Option<TokenStream>) -> Result<TokenStream> {
    let value = value.unwrap_or_else(|| quote!(true));
    if let Some(expr) = expression(&value) {
        check_switch("pinned", &expr)?;
    }
    Ok(value)
}

fn required(key: &Ident, value: Option<TokenStream>) -> Result<TokenStream> {
    value.ok_or_else(|| Error::new_spanned(key, format!("`{key}` needs a value: {}", example(key))))
}

/// The body, if it is something that a goroutine can run.
pub(super) fn work(body: Body, options: &Options) -> Result<Work> {
    let work = match body {
        Body::Work(work) => work,
        Body::Other(expr) => return Err(Error::new_spanned(&expr, not_runnable(&expr))),
    };
    match &work {
        Work::Block(_) => {}
        Work::Closure(body) => closure(body, options)?,
        Work::Call(call) => {
            if let Some(attr) = call.attrs.first() {
                return Err(Error::new_spanned(
                    attr,
                    "go! cannot put an attribute on a call: put both in a block, \
                     `go! { #[attribute] f(x) }`",
                ));
            }
        }
    }
    Ok(work)
}

fn closure(closure: &ExprClosure, options: &Options) -> Result<()> {
    if let Some(token) = &closure.asyncness {
        return Err(Error::new_spanned(token, IS_ASYNC));
    }
    if !closure.inputs.is_empty() {
        return Err(Error::new_spanned(
            &closure.inputs,
            "a goroutine's closure takes no arguments: let it capture the values, \
             `go!(move || ..)`, or pass them in a call, `go!((|x| ..)(value))`",
        ));
    }
    if let (Some(_), ReturnType::Type(_, output)) = (&options.result, &closure.output) {
        return Err(Error::new_spanned(
            output,
            "the result type is given twice: keep either `<..>` or the closure's `->`",
        ));
    }
    Ok(())
}

const IS_ASYNC: &str = "a goroutine is not a future: drop `async` and `.await` and call blocking \
    functions (they park the goroutine, not the thread), or drive the future with \
    `gmp::block_on(..)` inside the goroutine";

fn not_runnable(expr: &Expr) -> String {
    let text = source(expr.to_token_stream());
    match expr {
        Expr::Path(_) => format!("`{text}` is a name, not a call: write `go!({text}())`"),
        Expr::Field(_) | Expr::Index(_) => {
            format!("`{text}` is a value, not a call: write `go!(({text})())`")
        }
        Expr::Lit(_) => {
            "a literal is nothing to run: go! takes a call, a closure or a block".to_string()
        }
        Expr::Async(_) | Expr::Await(_) => IS_ASYNC.to_string(),
        Expr::Try(_) => "`?` comes too early here, the result is not there yet: use it on the \
            result, `go!(f(x)).join()`, or inside the goroutine, `go! { f(x)?; .. }`"
            .to_string(),
        Expr::Return(_) | Expr::Break(_) | Expr::Continue(_) => {
            "this would leave the spawning code: go! takes a call, a closure or a block".to_string()
        }
        _ => "go! takes a call, a closure or a block: to compute this on the goroutine, put it \
            in braces, `go!({ .. })`"
            .to_string(),
    }
}
