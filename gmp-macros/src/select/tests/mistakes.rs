//! Mistakes, and what is said of them. How it looks to the user is in `tests/ui/select`.

use proc_macro2::{TokenStream, TokenTree};

use super::{errors, expansion, tokens};

/// Each source has exactly these errors, given by a part of their texts.
fn say(cases: &[(&str, &[&str])]) {
    for (source, expected) in cases {
        let found = errors(source);
        let same = found.len() == expected.len()
            && found.iter().zip(*expected).all(|(found, expected)| found.contains(expected));
        assert!(same, "{source}: {found:#?}");
    }
}

#[test]
fn operations() {
    say(&[
        ("v = rx => {}", &["this arm has no arrow: `v = <-rx` receives"]),
        ("rx => {}", &["`rx` alone is no operation: `v = <-rx` receives, `rx <- value` sends"]),
        (
            "v = rx.recv() => {}",
            &["a call would be made before the choice: an arm receives with `v = <-rx`"],
        ),
        (
            "rx.recv() => {}",
            &["a call would be made before the choice: an arm receives with `v = <-rx`"],
        ),
        (
            "tx.send(5) => {}",
            &["a call would be made before the choice: an arm sends with `tx <- 5`"],
        ),
        ("v = recv(rx) => {}", &["write `v = <-rx` or `recv(rx) -> v`"]),
        (
            "x = after(d) => {}",
            &["`after(d) => ..` gives no value; to receive from a timer's channel"],
        ),
        ("tx <- => {}", &["nothing to send: a value is missing after this `<-`, `tx <- value`"]),
        (
            "r = tx <- => {}",
            &["nothing to send: a value is missing after this `<-`, `tx <- value`"],
        ),
        ("v = <- => {}", &["a channel is missing after this `<-`: `v = <-rx`"]),
        ("= <-rx => {}", &["`v = <-rx`, or `<-rx` to drop the value"]),
        (
            "recieve(rx) -> v => {}",
            &["select! has no `recieve`: did you mean `recv(rx) -> v => ..`?"],
        ),
        (
            "receive(rx) -> v => {}",
            &["select! has no `receive`: did you mean `recv(rx) -> v => ..`?"],
        ),
        (
            "sned(tx, 1) -> v => {}",
            &["select! has no `sned`: did you mean `send(tx, 1) -> v => ..`?"],
        ),
        ("timeout(d) => {}", &["select! has no `timeout`: did you mean `default(d) => ..`?"]),
        ("defualt => {}", &["select! has no `defualt`: did you mean `default => ..`?"]),
        ("foo(x) => {}", &["select! has no `foo(..)`"]),
        ("foo => {}", &["`foo` alone is no operation: `v = <-foo` receives, `foo <- value` sends"]),
        ("esle => {}", &["select! has no `esle`: did you mean `else => ..`?"]),
        ("tx < - 5 => {}", &["the arrow is written without a space: `<-`"]),
        ("v = < - rx => {}", &["the arrow is written without a space: `<-`"]),
        ("rx -> v => {}", &["a receive is written the other way round: `v = <-rx`"]),
        ("v = -> rx => {}", &["the arrow points at the name: `v = <-rx`"]),
        (
            "#[cfg(x)] v = <-rx => {}",
            &["an arm has no attributes: put this one on a statement in the arm's block"],
        ),
        ("v", &["`v` alone is no operation: `v = <-v` receives, `v <- value` sends"]),
        ("v = <-rx. => {}", &["the channel is not complete: something must follow here"]),
        ("v = rx -> {}", &["this arm has no arrow: `v = <-rx` receives"]),
        ("closed(rx) => {}", &["select! has no `closed(..)`"]),
        ("mut v <- rx => {}", &["a `=` is missing after this pattern: `mut v = <-rx`"]),
        ("loop { v = <-rx => {} }", &["`loop { v = <-rx => {} }` is no operation"]),
    ]);
}

#[test]
fn separators() {
    say(&[
        ("v = <-rx -> foo(),", &["expected `=>` before the arm's body, found `->`"]),
        ("v = <-rx = foo(),", &["expected `=>` before the arm's body, found `=`"]),
        ("v = <-rx; foo(),", &["expected `=>` before the arm's body, found `;`"]),
        ("v = <-rx: foo(),", &["expected `=>` before the arm's body, found `:`"]),
        ("v = <-rx foo(),", &["expected `=>` before the arm's body"]),
        ("v = <-rx { a }", &["`=>` is missing before this block"]),
        ("v = <-rx { a } w = <-ry => b,", &["`=>` is missing before this block"]),
        ("v = <-rx { a }, w = <-ry => b,", &["`=>` is missing before this block"]),
        ("<-rx => a; <-ry => b", &["an arm ends with a comma, not with a semicolon"]),
        ("<-rx => { a }; <-ry => b", &["an arm ends with a comma, not with a semicolon"]),
        ("<-rx => a(); b(), <-ry => c", &["several statements need braces: `=> { ..; .. }`"]),
        ("<-rx => a() <-ry => b()", &["expected `,` between this arm and the one before"]),
        ("<-rx => a() w = <-ry => b()", &["expected `,` between this arm and the one before"]),
        (
            "<-rx => a() (v, ok) = <-ry => b()",
            &["expected `,` between this arm and the one before"],
        ),
        ("<-rx => a() tx <- 3 => b()", &["expected `,` between this arm and the one before"]),
        ("<-rx => a default => b", &["expected `,` between this arm and the one before"]),
        ("<-rx => return default => b", &["expected `,` between this arm and the one before"]),
        ("<-rx => a => b", &["a second `=>`: a `,` and an operation are missing before it"]),
        ("v, ok = <-rx => {}", &["the comma-ok form has parentheses here: `(v, ok) = <-..`"]),
        (", v = <-rx => {}", &["an arm is missing here"]),
        ("v = <-rx => {},, w = <-ry => {}", &["an arm is missing here"]),
        (
            "v = <-rx => , w = <-ry => {}",
            &["this arm has no body: write `{}` if there is nothing to do"],
        ),
        ("v = <-rx =>", &["this arm has no body: write `{}` if there is nothing to do"]),
        ("v = <-rx", &["this arm has no body: `=> ..` is missing after it"]),
        (
            "v = <-a. => {}, w = b => {}, x = <-c -> d, else => {}",
            &[
                "the channel is not complete: something must follow here",
                "this arm has no arrow: `w = <-b` receives",
                "expected `=>` before the arm's body, found `->`",
            ],
        ),
        ("v = <-rx => => {}", &["a second `=>`: an arm has one, before its body"]),
        ("v = <-rx => let x = 1; y(x)", &["several statements need braces: `=> { ..; .. }`"]),
    ]);
}

#[test]
fn words() {
    say(&[
        ("recv(rx) -> v -> foo(),", &["expected `=>` before the arm's body, found `->`"]),
        ("recv(rx) -> v { foo() }", &["`=>` is missing before this block"]),
        (
            "recv(rx) => v,",
            &["`recv(rx) -> name => ..`, or `<-rx => ..` if the value does not matter"],
        ),
        ("recv(rx),", &["`recv(rx) -> name => ..`, or `<-rx => ..` if the value does not matter"]),
        ("send(tx, 1) => v,", &["`send(tx, 1) -> name => ..`, or `tx <- 1 => ..`"]),
        (
            "send(tx) -> r => v,",
            &["nothing to send: a value is missing, `send(tx, value) -> name => ..`"],
        ),
        (
            "send(tx, 1, 2) -> r => v,",
            &["`send` takes a channel and one value: `send(tx, value) -> name => ..`"],
        ),
        (
            "send() -> r => v,",
            &["`send` needs a channel and a value: `send(tx, value) -> name => ..`"],
        ),
        ("recv() -> r => v,", &["`recv` needs a channel: `recv(rx) -> name => ..`"]),
        ("recv(a, b) -> r => v,", &["`recv` takes one channel: `recv(rx) -> name`"]),
        ("recv -> r => v,", &["`recv` needs a channel: `recv(rx) -> name => ..`"]),
        ("default(a, b) => c", &["`default` takes one duration, how long to wait for another arm"]),
        ("default(1) => c", &["`default(..)` takes a `Duration`: `Duration::from_millis(1)`"]),
        (
            "default(1.5) => c",
            &["`default(..)` takes a `Duration`: `Duration::from_secs_f64(1.5)`"],
        ),
        ("after(5) => c", &["`after(..)` takes a `Duration`: `Duration::from_millis(5)`"]),
        ("after() => c", &["`after` needs a duration: `after(Duration::from_secs(1)) => ..`"]),
        (
            "after(a, b) => c",
            &["`after` takes one duration: `after(Duration::from_secs(1)) => ..`"],
        ),
        ("after => c", &["`after` needs a duration: `after(Duration::from_secs(1)) => ..`"]),
        (
            "after(d) -> x => c",
            &["`after(..)` gives no value: `after(Duration::from_secs(1)) => ..`"],
        ),
        ("default -> x, <-rx => {}", &["expected `=>` before the arm's body, found `->`"]),
        ("default { x }", &["`=>` is missing before this block"]),
        ("default [d] => x", &["expected `=>` after `default`, found `[d]`: `default => ..`"]),
        (
            "recv(rx) -> => {}",
            &["`recv(rx) -> name => ..`, or `<-rx => ..` if the value does not matter"],
        ),
    ]);
}

#[test]
fn patterns() {
    say(&[
        ("_ => {}", &["`_` is no arm: `default => ..` runs when no channel is ready, `else =>"]),
        (
            "Ok(v) = <-rx => {}",
            &["write `Some(v)`, or bind a name, `r = <-rx`, to get the `Result`"],
        ),
        ("Err(e) = <-rx => {}", &["the pattern of `<-` matches an `Option`"]),
        (
            "5 = <-rx => {}",
            &["what is received comes in an `Option`, for the channel may be closed"],
        ),
        ("Msg::Quit = <-rx => {}", &["write `Some(Msg::Quit)`"]),
        ("Msg::Key { code } = <-rx => {}", &["write `Some(Msg::Key { code })`"]),
        (
            "(a, b, c) = <-rx => {}",
            &["to take a received tuple apart, write `Some((a, b, c)) = <-rx`"],
        ),
        ("() = <-rx => {}", &["write `Some(()) = <-rx`, or `<-rx` if the value does not matter"]),
        ("&x = <-rx => {}", &["write `Some(&x)`"]),
        ("[a, b] = <-rx => {}", &["write `Some([a, b])`"]),
        ("let v = <-rx => {}", &["an arm binds without `let`: `v = ..`"]),
        (
            "v: u8 = <-rx => {}",
            &["an arm's pattern has no type: the channel's type says what it gives"],
        ),
        ("a b = <-rx => {}", &["`a b` is not a pattern: write `v`, `(v, ok)` or `Some(v)`"]),
        (
            "Ok(v) = tx <- 5 => {}",
            &["bind a name, as in `r = tx <- value`, and look at it in the body"],
        ),
        (
            "send(tx, 5) -> Ok(()) => {}",
            &["bind a name, as in `r = tx <- value`, and look at it in the body"],
        ),
        ("recv(rx) -> Some(v) => {}", &["write `Ok(v)`, or `Some(v) = <-rx` with an arrow"]),
        (
            "recv(rx) -> (v, ok) => {}",
            &["bind a name, or write `(v, ok) = <-rx`, which gives both"],
        ),
        ("recv(rx)-> v.w => {}", &["`v.w` is not a pattern: write a name such as `r`"]),
        (
            "Some(v) if v > 3 = <-rx => {}",
            &["`Some(v) if v > 3` is not a pattern: write `v`, `(v, ok)` or `Some(v)`"],
        ),
    ]);
}

#[test]
fn arms_together() {
    say(&[
        (
            "Some(v) = <-rx => {}, else => a, <-ry => b",
            &["`else => ..` stands last, so move this arm before it"],
        ),
        ("v = <-rx => {}, else => a", &["`else` can never run here"]),
        ("Some(v) = <-rx => {}", &["add `else => ..` as the last arm, which runs then"]),
        (
            "default => a, default => b, default => c",
            &[
                "a second `default`: only one arm can run when no other is ready",
                "a second `default`: only one arm can run when no other is ready",
            ],
        ),
        (
            "Some(_) = <-rx => {}, else, if c => {}",
            &["`else` has no condition: an `if` disables a channel's arm"],
        ),
        ("v = <- <-rx => {}", &["a second `<-` in one arm"]),
        ("tx <- <-rx => {}", &["a second `<-` in one arm"]),
        ("recv(rx) -> Ok(v) => {}", &["add `else => ..` as the last arm, which runs then"]),
    ]);
}

#[test]
fn forms_of_go() {
    say(&[
        ("v, ok := <-rx => {}", &["the comma-ok form has parentheses here: `(v, ok) = <-..`"]),
        ("default: x, <-rx => {}", &["an arm is written `default => ..`"]),
        ("case x := <-ch: foo()", &["`case` is Go's: an arm is written `x = <-ch => ..`"]),
        (
            "case <-ch: foo(); bar() case ch <- v: baz() default: qux()",
            &[
                "`case` is Go's: an arm is written `<-ch => ..`",
                "`case` is Go's: an arm is written `ch <- v => ..`",
                "an arm is written `default => ..`",
            ],
        ),
        (
            "case x, ok := <-ch: foo(),",
            &["`case` is Go's: an arm is written `(x, ok) = <-ch => ..`"],
        ),
        (
            "case x = <-ch => foo(), case <-ch => bar()",
            &[
                "`case` is Go's: an arm is written `x = <-ch => ..`",
                "`case` is Go's: an arm is written `<-ch => ..`",
            ],
        ),
        (
            "case x, ok = <-ch { foo() }",
            &["`case` is Go's: an arm is written `(x, ok) = <-ch => ..`"],
        ),
        ("case ch <- 1", &["`case` is Go's: an arm is written `ch <- 1 => ..`"]),
        ("x := <-rx => {}", &["Rust has no `:=`, and an arm's `=` binds a new name: `x = <-rx`"]),
        ("x := rx => {}", &["this arm has no arrow: `x = <-rx` receives"]),
    ]);
}

#[test]
fn biased() {
    say(&[
        ("biased, v = <-rx => {}", &["`biased` ends with a semicolon: `biased;`"]),
        (
            "v = <-rx => {}, biased; w = <-ry => {}",
            &["`biased;` stands before the first arm, once"],
        ),
        ("biased; biased; v = <-rx => {}", &["`biased;` stands before the first arm, once"]),
        (
            "v = <-rx => {} biased => {}",
            &["`biased` is no arm: `biased;` stands before the first one"],
        ),
        ("biased; default => a, v = <-rx => {}", &["move it to the end"]),
        ("biased; default => a, Some(v) = <-rx => {}, else => {}", &["move it to the end"]),
    ]);
}

#[test]
fn conditions() {
    say(&[
        (
            "v = <-rx, if => {}",
            &["`v = <-rx, if ready => ..` disables the arm while `ready` is false"],
        ),
        ("v = <-rx, if let Some(x) = y => {}", &["try `matches!(..)` or `is_some()`"]),
        ("v = <-rx if ready => {}", &["a comma belongs before this `if`: `.., if ready =>`"]),
        ("tx <- 5 if ready => {}", &["a comma belongs before this `if`: `.., if ready =>`"]),
        ("v = <-rx, ready => {}", &["a condition begins with `if`: `.., if ready =>`"]),
        ("v = <-rx, !ready && x => {}", &["a condition begins with `if`: `.., if !ready && x =>`"]),
        ("default, if c => {}", &["`default` has no condition: an `if` disables a channel's arm"]),
    ]);
}

/// What an editor works with while the input is wrong.
#[test]
fn the_users_code_is_kept() {
    for (source, kept) in [
        ("v = rx => body(v)", &["rx", "body", "v"][..]),
        ("v = <-rx. => body(v), w = <-ry => other", &["rx", "body", "ry", "other"]),
        ("v = <-rx.", &["rx", "v"]),
        ("v = <-rx", &["rx", "v"]),
        ("v = <-rx => body.", &["rx", "body"]),
        ("v = <-rx => a; b", &["rx", "a", "b"]),
        ("tx <- => body, v = <-rx => other", &["tx", "body", "rx", "other"]),
        ("tx <- value(x), if => body", &["tx", "value", "body"]),
        ("case v, ok := <-rx: first(v); second(ok)", &["rx", "first", "second", "ok"]),
        ("recv(rx) => body", &["rx", "body"]),
        ("recieve(rx) -> v => body(v)", &["v", "body"]),
        ("Ok(v) = <-rx => body(v)", &["rx", "v", "body"]),
        ("default => one, default => two, v = <-rx => three", &["one", "two", "rx", "three"]),
        ("default => one, default => two", &["one", "two"]),
        ("Some(v) = <-rx => body(v)", &["rx", "body"]),
        ("v = <-rx => body, else => other", &["rx", "body", "other"]),
    ] {
        let output = expansion(source);
        assert!(output.contains("compile_error") || source.ends_with("body."), "{source}");
        for word in kept {
            assert!(contains(tokens(&output), word), "{source}: {word}: {output}");
        }
    }
}

fn contains(tokens: TokenStream, word: &str) -> bool {
    tokens.into_iter().any(|tree| match tree {
        TokenTree::Ident(ident) => ident == word,
        TokenTree::Group(group) => contains(group.stream(), word),
        _ => false,
    })
}
