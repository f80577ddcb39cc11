//! What each form is taken for, and that nothing makes the macro panic.

use proc_macro2::TokenStream;
use proptest::prelude::*;
use proptest::sample::select;
use quote::quote;
use syn::Expr;

use super::ast::{Body, Callee, Launch, Setting, Work};
use super::go;
use crate::fuzz;

fn launch(source: &str) -> Launch {
    syn::parse_str(source).unwrap_or_else(|error| panic!("go!({source}): {error}"))
}

/// The form in one word: `call`, `method`, `closure`, `block` or `other`.
fn form(source: &str) -> &'static str {
    match launch(source).body {
        Body::Work(Work::Call(call)) => match call.callee {
            Callee::Function(_) => "call",
            Callee::Method { .. } => "method",
        },
        Body::Work(Work::Closure(_)) => "closure",
        Body::Work(Work::Block(_)) => "block",
        Body::Other(_) => "other",
    }
}

fn settings(source: &str) -> Vec<String> {
    let settings = launch(source).settings.into_iter().map(|setting| match setting {
        Setting::Result(result) => quote!(#result).to_string(),
        Setting::Option { key, value: None } => key.to_string(),
        Setting::Option { key, value: Some(value) } => format!("{key}={value}"),
    });
    settings.map(|text| text.replace(' ', "")).collect()
}

fn expansion(source: &str) -> String {
    let tokens: TokenStream = source.parse().unwrap();
    go(quote!([gmp] #tokens)).to_string()
}

#[test]
fn forms() {
    for source in ["f()", "f(a, b,)", "a::b::<T>(x)", "(self.f)(x)", "v[0](x)", "(f(x))", "f(x),"] {
        assert_eq!(form(source), "call", "{source}");
    }
    for source in ["<T as Tr>::f(x)", "<Vec<u8>>::new()", "<u64 as From<u8>>::from(3)"] {
        assert_eq!((form(source), settings(source).len()), ("call", 0), "{source}");
    }
    for source in ["a.b()", "a.b::<T>(c)", "a.b.c()", "a?.b()", "a.await.b()", "Self::a().b(c)"] {
        assert_eq!(form(source), "method", "{source}");
    }
    for source in ["|| x", "move || x", "|| x;", "(|| x)", "|a, b| c", "async || x"] {
        assert_eq!(form(source), "closure", "{source}");
    }
    for source in [
        "{ a }",
        "a; b",
        "f(x);",
        "println!()",
        "println! {}",
        "let x = 1; x",
        "unsafe { f() }",
        "if a { b }",
        "if a { b } f()",
        "match a {}",
        "loop {}",
        "'l: loop {}",
        "for a in b {}",
        "while a {}",
        "struct A; f()",
        "if a {} *b = c;",
        "a = b;",
        "f()?;",
        "let = 1",
        ",",
    ] {
        assert_eq!(form(source), "block", "{source}");
    }
    for source in ["f", "a::b", "1", "\"a\"", "f;", "a.b", "async {}", "a.await", "f()?", "a + b"] {
        assert_eq!(form(source), "other", "{source}");
    }
}

#[test]
fn scopes() {
    for source in ["s, f()", "self.s, f()", "&s, || x", "*s, { x }", "s, <u64> f()", "s, f(),"] {
        assert!(launch(source).scope.is_some(), "{source}");
    }
    for source in ["f(a, b)", "f::<A, B>(x)", "|a, b| c", "<(A, B)> f()", "f(),", "|| x,"] {
        assert!(launch(source).scope.is_none(), "{source}");
    }
}

#[test]
fn settings_end_where_they_should() {
    let cases: [(&str, &[&str]); 16] = [
        ("<u64> f()", &["u64"]),
        ("<Vec<Vec<u8>>> f()", &["Vec<Vec<u8>>"]),
        ("<<T as Tr>::Out> f()", &["<TasTr>::Out"]),
        ("<(A, B), pinned> f()", &["(A,B)", "pinned"]),
        ("<fn(A) -> B> f()", &["fn(A)->B"]),
        ("<_> f()", &["_"]),
        ("<name = \"a\"> || x", &["name=\"a\""]),
        ("<name = \"a\", u64,> { x }", &["name=\"a\"", "u64"]),
        ("<stack = 1 << 20> f()", &["stack=1<<20"]),
        ("<stack = N >> 1> f()", &["stack=N>>1"]),
        ("<stack = size_of::<Vec<Vec<u8>>>()> f()", &["stack=size_of::<Vec<Vec<u8>>>()"]),
        ("<stack = f::<<T as Tr>::Out>()> f()", &["stack=f::<<TasTr>::Out>()"]),
        ("<stack = <T as Tr>::N> f()", &["stack=<TasTr>::N"]),
        ("<pinned = (a > b)> f()", &["pinned=(a>b)"]),
        ("<name = {|a| -> T { b }}> f()", &["name={|a|->T{b}}"]),
        ("<pinned = a >= b, stack = c => d> f()", &["pinned=a>=b", "stack=c=>d"]),
    ];
    for (source, expected) in cases {
        assert_eq!(settings(source), expected, "{source}");
    }
}

#[test]
fn expands_to_one_expression_without_an_error() {
    for source in [
        "f(a, |b| c, d)",
        "a.b(c)",
        "<u64> f(a)",
        "<u64> |  | a",
        "<u64, name = n, stack = 1 << 16, pinned> { a }",
        "s, f(a)",
        "s, <name = n> f(|a| b, move |c| d)",
        "println!()",
    ] {
        let expansion = expansion(source);
        assert!(!expansion.contains("compile_error"), "{source}: {expansion}");
        syn::parse_str::<Expr>(&expansion).unwrap_or_else(|e| panic!("{source}: {e}: {expansion}"));
    }
}

#[test]
fn without_the_root_there_is_an_error() {
    assert!(go(quote!(f())).to_string().contains("compile_error"));
    assert!(go(TokenStream::new()).to_string().contains("compile_error"));
}

const SCOPES: [&str; 4] = ["", "s,", "self.s,", "&*s,"];
const SETTINGS: [&str; 7] = [
    "",
    "<u64>",
    "<Vec<Vec<u8>>>",
    "<<T as Tr>::Out, pinned>",
    "<name = \"n\", stack = 1 << 20>",
    "<stack = size_of::<Vec<Vec<u8>>>() << 10, u64,>",
    "<pinned = (a > b), name = <A as B<C>>::name()>",
];
const BODIES: [&str; 9] = [
    "f()",
    "a::b::<C, D>(e, |f| g, move || h)",
    "(self.f)(x?)",
    "a.b::<C>(d)",
    "|| a",
    "move || { a; b }",
    "{ a }",
    "let a = 1; if a < b { c }",
    "println!(\"{}\", a)",
];

proptest! {
    #![proptest_config(fuzz::config())]

    #[test]
    fn never_panics(tokens in fuzz::tokens()) {
        let output = go(quote!([gmp] #tokens));
        prop_assert!(!output.is_empty());
        prop_assert!(!go(tokens).is_empty());
    }

    #[test]
    fn never_panics_after_a_good_start(
        scope in select(&SCOPES[..]),
        settings in select(&SETTINGS[..]),
        tokens in fuzz::tokens(),
    ) {
        let start: TokenStream = format!("{scope} {settings}").parse().unwrap();
        prop_assert!(!go(quote!([gmp] #start #tokens)).is_empty());
        prop_assert!(!go(quote!([gmp] <name = #tokens > f())).is_empty());
    }

    #[test]
    fn every_combination_expands(
        scope in select(&SCOPES[..]),
        settings in select(&SETTINGS[..]),
        body in select(&BODIES[..]),
        end in select(&["", ","][..]),
    ) {
        // A comma may end an expression, but not statements.
        let end = if body.starts_with("let") { "" } else { end };
        let expansion = expansion(&format!("{scope} {settings} {body} {end}"));
        prop_assert!(!expansion.contains("compile_error"), "{}", expansion);
        prop_assert!(syn::parse_str::<Expr>(&expansion).is_ok(), "{}", expansion);
    }
}
