//! The forms, one by one.

use super::super::ast::{Arm, Operation, Over};
use super::{Order, expand, expansion, select, tokens};
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::Expr;

/// An arm in one line: what it does, with what, under which condition, and its body.
fn shown(arm: &Arm) -> String {
    let text = |tokens: &dyn ToTokens| tokens.to_token_stream().to_string().replace(' ', "");
    let over = |over| match over {
        Over::Nothing => "nothing",
        Over::Result => "result",
        Over::Option => "option",
        Over::Pair => "pair",
    };
    let head = match &arm.operation {
        Operation::Receive(receive) => {
            let pattern = receive.pattern.as_ref().map_or_else(String::new, |pattern| {
                format!("{} {} ", over(pattern.over), text(&pattern.pat))
            });
            format!("receive {pattern}from {}", text(&receive.operand))
        }
        Operation::Send(send) => {
            let result = send.result.as_ref().map_or_else(String::new, |result| {
                format!("{} {} ", over(result.over), text(&result.pat))
            });
            let kind = if send.lazy { "later" } else { "send" };
            format!("{kind} {result}{} to {}", text(&send.value), text(&send.operand))
        }
        Operation::After { duration } => format!("after {}", text(duration)),
        Operation::Default { timeout: Some(timeout), .. } => format!("default {}", text(timeout)),
        Operation::Default { timeout: None, .. } => "default".to_owned(),
        Operation::Else { .. } => "else".to_owned(),
    };
    let guard = arm
        .guard
        .as_ref()
        .map_or_else(String::new, |guard| format!(" if {}", text(&guard.condition)));
    format!("{head}{guard}: {}", text(&arm.body.0))
}

fn arms(source: &str) -> Vec<String> {
    let select = select(source);
    if let Some(error) = select.errors.first() {
        panic!("{source}: {error}");
    }
    select.arms.iter().map(shown).collect()
}

#[test]
fn receives() {
    for (source, expected) in [
        ("v = <-rx => a", "receive result v from rx: a"),
        ("v =<-rx => a", "receive result v from rx: a"),
        ("v=<-rx=>a", "receive result v from rx: a"),
        ("v = <- rx => a", "receive result v from rx: a"),
        ("mut v = <-rx => a", "receive result mutv from rx: a"),
        ("ref v = <-rx => a", "receive result refv from rx: a"),
        ("v @ _ = <-rx => a", "receive result v@_ from rx: a"),
        ("_ = <-rx => a", "receive nothing _ from rx: a"),
        ("<-rx => a", "receive from rx: a"),
        ("(v, ok) = <-rx => a", "receive pair (v,ok) from rx: a"),
        ("(mut v, _) = <-rx => a", "receive pair (mutv,_) from rx: a"),
        ("(v, ..) = <-rx => a", "receive pair (v,..) from rx: a"),
        ("v = <-self.rx[1].b => a", "receive result v from self.rx[1].b: a"),
        ("v = <-f::<A, B>(c, d)? => a", "receive result v from f::<A,B>(c,d)?: a"),
        ("v = <-f::<-1>() => a", "receive result v from f::<-1>(): a"),
        ("v = <-<A as B<C, D>>::rx() => a", "receive result v from <AasB<C,D>>::rx(): a"),
        ("v = <-&*rx => a", "receive result v from &*rx: a"),
        ("v = <-if b { c } else { d } => a", "receive result v from ifb{c}else{d}: a"),
        ("v = <-S { rx }.rx => a", "receive result v from S{rx}.rx: a"),
        ("v = <-{ rx } => a", "receive result v from {rx}: a"),
        ("v = <-Some(&rx) => a", "receive result v from Some(&rx): a"),
        ("after = <-rx => a", "receive result after from rx: a"),
        ("default = <-rx => a", "receive result default from rx: a"),
        ("send = <-recv => a", "receive result send from recv: a"),
        ("biased = <-rx => a", "receive result biased from rx: a"),
        ("<-after(d) => a", "receive from after(d): a"),
    ] {
        assert_eq!(arms(source), [expected], "{source}");
    }
}

#[test]
fn refutable_receives() {
    for (pattern, expected) in [
        ("Some(v)", "option Some(v)"),
        ("Some(1 | 2)", "option Some(1|2)"),
        ("| Some(_)", "option |Some(_)"),
        ("None", "option None"),
        ("Option::None", "option Option::None"),
        ("::core::option::Option::Some(x)", "option ::core::option::Option::Some(x)"),
        ("all @ Some(_)", "option all@Some(_)"),
        ("(Some(_))", "option (Some(_))"),
        ("Some(1) | Some(2)", "option Some(1)|Some(2)"),
        ("NOTHING", "option NOTHING"),
        ("Self::NOTHING", "option Self::NOTHING"),
        ("(Some(v), true)", "pair (Some(v),true)"),
        ("some!(v)", "option some!(v)"),
    ] {
        let source = format!("{pattern} = <-rx => a, else => b");
        let expected = format!("receive {expected} from rx: a");
        assert_eq!(arms(&source), [expected.as_str(), "else: b"], "{source}");
    }
    // Both variants of an `Option` are all that there is.
    for (source, expected) in [
        ("None | Some(_) = <-rx => a", "receive option None|Some(_) from rx: a"),
        ("(v, true) | (v, _) = <-rx => a", "receive pair (v,true)|(v,_) from rx: a"),
    ] {
        assert_eq!(arms(source), [expected], "{source}");
    }
}

#[test]
fn sends() {
    for (source, expected) in [
        ("tx <- 1 => a", "send 1 to tx: a"),
        ("tx<-1=>a", "send 1 to tx: a"),
        ("tx <--1 => a", "send -1 to tx: a"),
        ("r = tx <- f(x, y)? => a", "send result r f(x,y)? to tx: a"),
        ("_ = tx <- 1 => a", "send nothing _ 1 to tx: a"),
        ("self.tx[i] <- x + 1 => a", "send x+1 to self.tx[i]: a"),
        ("send <- x => a", "send x to send: a"),
        ("default <- x => a", "send x to default: a"),
        ("after(d) <- x => a", "send x to after(d): a"),
        ("pick::<A, B>(c) <- x => a", "send x to pick::<A,B>(c): a"),
        ("Some(&tx) <- |x| x + 1 => a", "send |x|x+1 to Some(&tx): a"),
        ("tx <- S { x } => a", "send S{x} to tx: a"),
        ("tx <- match x { _ => 1 } => a", "send matchx{_=>1} to tx: a"),
        ("tx <- f::<A, B>(1..=2) => a", "send f::<A,B>(1..=2) to tx: a"),
        ("r = if b { c } else { d } <- x => a", "send result r x to ifb{c}else{d}: a"),
    ] {
        assert_eq!(arms(source), [expected], "{source}");
    }
}

#[test]
fn words() {
    for (source, expected) in [
        ("recv(rx) -> v => a", "receive result v from rx: a"),
        ("recv(rx,) -> _ => a", "receive result _ from rx: a"),
        ("recv(rx) -> Ok(_) | Err(_) => a", "receive result Ok(_)|Err(_) from rx: a"),
        ("send(tx, 1) -> r => a", "later result r 1 to tx: a"),
        ("send(tx, f(x)?,) -> _ => a", "later result _ f(x)? to tx: a"),
        ("after(d) => a", "after d: a"),
        ("after(d,) => a", "after d: a"),
        ("default => a", "default: a"),
        ("default() => a", "default: a"),
        ("default(d) => a", "default d: a"),
        ("default(d,) => a", "default d: a"),
    ] {
        assert_eq!(arms(source), [expected], "{source}");
    }
    assert_eq!(
        arms("recv(rx) -> Ok(v) => a, else => b"),
        ["receive result Ok(v) from rx: a", "else: b"]
    );
}

#[test]
fn conditions() {
    for (source, expected) in [
        ("v = <-rx, if c => a", "receive result v from rx if c: a"),
        ("<-rx, if x < 3 && !y => a", "receive from rx if x<3&&!y: a"),
        ("tx <- 1, if x == S { y } => a", "send 1 to tx if x==S{y}: a"),
        ("after(d), if f::<A, B>() => a", "after d if f::<A,B>(): a"),
        ("recv(rx) -> v, if c => a", "receive result v from rx if c: a"),
        ("send(tx, 1) -> v, if c => a", "later result v 1 to tx if c: a"),
    ] {
        assert_eq!(arms(source), [expected], "{source}");
    }
}

#[test]
fn bodies_end_where_they_should() {
    for (source, expected) in [
        ("<-a => x, <-b => y", &["x", "y"][..]),
        ("<-a => x, <-b => y,", &["x", "y"]),
        ("<-a => {} <-b => {}", &["{}", "{}"]),
        ("<-a => {}, <-b => {},", &["{}", "{}"]),
        ("<-a => { x; y } tx <- 1 => z", &["{x;y}", "z"]),
        ("<-a => {} (v, ok) = <-b => {}", &["{}", "{}"]),
        ("<-a => if c { x } else { y } <-b => z", &["ifc{x}else{y}", "z"]),
        ("<-a => match c {} v = <-b => z", &["matchc{}", "z"]),
        ("<-a => 'l: loop {} default => z", &["'l:loop{}", "z"]),
        ("<-a => unsafe {} after(d) => z", &["unsafe{}", "z"]),
        ("<-a => for x in y {} recv(b) -> _ => z", &["forxiny{}", "z"]),
        ("<-a => { x }.y(), <-b => z", &["{x}.y()", "z"]),
        ("<-a => f::<B, C>(d), <-b => z", &["f::<B,C>(d)", "z"]),
        ("<-a => return, <-b => break 'l 5, <-c => continue", &["return", "break'l5", "continue"]),
        ("<-a => |x, y| x, <-b => z", &["|x,y|x", "z"]),
        ("<-a => x = y, <-b => x += z", &["x=y", "x+=z"]),
        ("<-a => x < y, <-b => f::<-1>()", &["x<y", "f::<-1>()"]),
        ("<-a => S { x }, <-b => z", &["S{x}", "z"]),
        (
            "<-a => select! { <-c => d, default => e }, <-b => z",
            &["select!{<-c=>d,default=>e}", "z"],
        ),
        // What does not parse is rustc's to report, where it stands.
        ("<-a => x., <-b => z", &["x.", "z"]),
        ("<-a => x.", &["x."]),
        ("<-a => x y, <-b => z", &["xy", "z"]),
        ("<-a => { x. } <-b => z", &["{x.}", "z"]),
    ] {
        let select = select(source);
        assert!(select.errors.is_empty(), "{source}");
        let bodies = select.arms.iter().map(|arm| arm.body.0.to_string().replace(' ', ""));
        assert_eq!(bodies.collect::<Vec<_>>(), expected, "{source}");
    }
}

#[test]
fn whole_invocations() {
    for (source, biased, arms) in [
        ("", false, 0),
        ("biased;", true, 0),
        ("biased; <-a => {} default => {}", true, 2),
        ("default => {} <-a => {}", false, 2),
        ("Some(_) = <-a => {} default => {} else => {}", false, 3),
        ("biased; Some(_) = <-a => {} default => {} else => {}", true, 3),
    ] {
        let select = select(source);
        assert!(select.errors.is_empty(), "{source}");
        assert_eq!((select.biased.is_some(), select.arms.len()), (biased, arms), "{source}");
    }
}

#[test]
fn expands_to_one_expression_without_an_error() {
    for source in [
        "",
        "default => a",
        "default(d) => { a }",
        "v = <-rx => a",
        "Some(v) = <-rx, if c => a, else => b",
        "tx <- 1 => a, default => b",
        "r = tx <- 1, if c => a, default => b",
        "send(tx, return) -> r => a",
        "biased; (v, ok) = <-rx => a, after(d), if c => b, recv(rx) -> v, if c => d, \
         tx <- |x| x => e, send(tx, f(x)) -> _, if c => g, default(h) => i",
    ] {
        let expansion = expansion(source);
        assert!(!expansion.contains("compile_error"), "{source}: {expansion}");
        syn::parse_str::<Expr>(&expansion).unwrap_or_else(|e| panic!("{source}: {e}: {expansion}"));
    }
}

#[test]
fn one_channel_is_the_plain_operation() {
    for (source, call) in [
        ("v = <-rx => a", ":: recv_one"),
        ("recv(rx) -> v, if c => a", ":: recv_one"),
        ("<-rx => a, default => b", ":: try_recv_one"),
        ("tx <- 1 => a", "}) . send"),
        ("r = tx <- 1, if c => a, default() => b", "}) . try_send"),
        // The value of this one is evaluated once the channel is ready.
        ("send(tx, 1) -> r => a", ":: select"),
        ("<-rx => a, after(d) => b", ":: select"),
        ("<-rx => a, default(d) => b", ":: select_timeout"),
        ("biased; <-rx => a, default(d) => b", ":: select_timeout_biased"),
        ("<-rx => a, <-rx => a, default => b", ":: try_select"),
        ("biased; <-rx => a, <-rx => a", ":: select_biased"),
        ("biased; <-rx => a, <-rx => a, default => b", ":: try_select_biased"),
    ] {
        let expansion = expansion(source);
        let start = format!("{call} (");
        assert_eq!(expansion.matches(&start).count(), 1, "{source}: {expansion}");
    }
    let biased = expand(&tokens("<-a => {} <-b => {}"), Order::Source).to_string();
    assert!(biased.contains("select_biased ("), "{biased}");
}

#[test]
fn invisible_groups_are_seen_through() {
    let invisible =
        |tokens: TokenStream| proc_macro2::Group::new(proc_macro2::Delimiter::None, tokens);
    let (rx, pattern, body) =
        (invisible(quote!(a + b)), invisible(quote!(Some(v))), invisible(quote!(c + d)));
    let whole = invisible(quote!(<-rx => a, default => b));
    for source in [
        quote!(#pattern = <-#rx => #body, else => #body),
        quote!(recv(#rx) -> v => #body, #rx <- #rx, if #rx => #body),
        quote!(#whole),
    ] {
        let expansion = expand(&source, Order::Random).to_string();
        assert!(!expansion.contains("compile_error"), "{source}: {expansion}");
        syn::parse_str::<Expr>(&expansion).unwrap_or_else(|e| panic!("{source}: {e}"));
    }
}

#[test]
fn without_the_root_there_is_an_error() {
    let expand = |tokens| super::super::select(tokens, Order::Random).to_string();
    assert!(expand(quote!(<-rx => a)).contains("compile_error"));
    assert!(expand(TokenStream::new()).contains("compile_error"));
}
