//! Async code on our streams, and tokio in goroutines.

mod driven;
mod http;
mod streams;
mod support;
mod tokio_here;

#[test]
fn program() {
    support::programs(&[
        ("streams", streams::without_runtime),
        ("driven", driven::without_runtime),
    ]);
}
