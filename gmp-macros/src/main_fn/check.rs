//! The rules of `#[gmp::main]`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::{Error, Expr, Lit, Result};

use crate::attr::args::{self, Arg, Args};
use crate::attr::function::{Function, Refusals, check_plain};
use crate::constant::{bare, check_count, check_stack, check_switch, integer};

const KEYS: [&str; 6] =
    ["gomaxprocs", "max_threads", "max_threads_exit", "stack_size", "on_panic", "crate"];

/// What other runtimes call our arguments, and what else one might.
const SYNONYMS: [(&str, &str); 14] = [
    ("worker_threads", "gomaxprocs"),
    ("workers", "gomaxprocs"),
    ("threads", "gomaxprocs"),
    ("procs", "gomaxprocs"),
    ("max_blocking_threads", "max_threads"),
    ("thread_exhaustion", "max_threads_exit"),
    ("on_thread_exhaustion", "max_threads_exit"),
    ("exit_at_max_threads", "max_threads_exit"),
    ("exit_on_max_threads", "max_threads_exit"),
    ("on_max_threads", "max_threads_exit"),
    ("stack", "stack_size"),
    ("thread_stack_size", "stack_size"),
    ("panic", "on_panic"),
    ("unhandled_panic", "on_panic"),
];

pub(super) struct Options {
    /// The path of gmp.
    pub(super) root: TokenStream,
    /// Calls on `MainOptions`: a method and its argument.
    pub(super) calls: Vec<(Ident, TokenStream)>,
}

impl Default for Options {
    fn default() -> Self {
        Options { root: args::default_root(), calls: Vec::new() }
    }
}

pub(super) fn function(function: &Function) -> Result<()> {
    let name = &function.sig.ident;
    if name != "main" {
        return Err(Error::new_spanned(
            name,
            format!(
                "#[gmp::main] starts the program, so it goes on `fn main`, not on `{name}`: \
                 for a test there is #[gmp::test], anywhere else gmp::Runtime::builder()"
            ),
        ));
    }
    check_plain(
        &function.sig,
        &Refusals {
            arguments: "`main` takes no arguments: read them from `std::env::args()`",
            generics: "`main` cannot be generic: nobody calls it and could choose the types",
            qualifier: "`main` is a plain `fn`: remove this",
        },
    )
}

/// All mistakes are reported at once; the options that are right are returned in any case.
pub(super) fn options(args: Args) -> (Options, Result<()>) {
    let mut options = Options::default();
    let outcome = args::each(args, |arg| enter(&mut options, arg));
    (options, outcome)
}

fn enter(options: &mut Options, Arg { key, value }: &Arg) -> Result<()> {
    let mut call = |argument: TokenStream| options.calls.push((key.clone(), argument));
    match key.to_string().as_str() {
        "gomaxprocs" => {
            check_count("gomaxprocs", value, "gomaxprocs = 4")?;
            let meaning = "at least one goroutine must be able to run; leave `gomaxprocs` out to \
                use what the machine allows";
            check_not_zero(value, meaning)?;
            call(quote!(#value));
        }
        "max_threads" => {
            check_count("max_threads", value, "max_threads = 500")?;
            check_not_zero(value, "a program cannot run without threads: allow at least one")?;
            call(quote!(#value));
        }
        "max_threads_exit" => {
            check_switch("max_threads_exit", value)?;
            call(quote!(#value));
        }
        "stack_size" => {
            check_stack("stack_size", value)?;
            call(quote!(#value));
        }
        "on_panic" => {
            let aborts = aborts_on_panic(value)?;
            let method = Ident::new("on_panic_abort", Span::mixed_site());
            options.calls.push((method, quote!(#aborts)));
        }
        "crate" => options.root = args::root(value)?,
        _ => return Err(args::unknown("#[gmp::main]", key, &SYNONYMS, &KEYS)),
    }
    Ok(())
}

fn check_not_zero(value: &Expr, text: &str) -> Result<()> {
    if integer(value) == Some(0) {
        return Err(Error::new_spanned(value, text));
    }
    Ok(())
}

fn aborts_on_panic(value: &Expr) -> Result<bool> {
    if let Expr::Lit(literal) = bare(value)
        && let Lit::Str(text) = &literal.lit
    {
        match text.value().as_str() {
            "abort" => return Ok(true),
            "isolate" => return Ok(false),
            _ => {}
        }
    }
    Err(Error::new_spanned(
        value,
        "`on_panic` is \"isolate\" (a panic ends its goroutine alone, the default) or \"abort\" \
         (any panic ends the process with status 2, as in Go)",
    ))
}
