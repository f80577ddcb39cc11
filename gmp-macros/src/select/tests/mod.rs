//! What each form is taken for, what is said of mistakes, and that nothing panics.

mod forms;
mod mistakes;
mod random;

use proc_macro2::TokenStream;
use quote::quote;

use super::ast::Select;
use super::{Order, check, parse};

fn tokens(source: &str) -> TokenStream {
    source.parse().unwrap_or_else(|error| panic!("{source}: {error}"))
}

fn select(source: &str) -> Select {
    let mut select = parse::parse(tokens(source).into_iter().collect());
    check::check(&mut select, Order::Random);
    select
}

/// The texts of all errors, in the order in which they are found.
fn errors(source: &str) -> Vec<String> {
    select(source).errors.iter().map(ToString::to_string).collect()
}

fn expand(tokens: &TokenStream, order: Order) -> TokenStream {
    super::select(quote!([gmp] #tokens), order)
}

fn expansion(source: &str) -> String {
    expand(&tokens(source), Order::Random).to_string()
}
