//! Handlers that do not return.

use gmp_chan::unbounded;
use gmp_net::http::{Body, IntoResponse, Request, Response};

use crate::common::{Site, run};

/// A value whose drop panics, unless a panic is under way.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        assert!(std::thread::panicking(), "a drop's panic, as the test wants it");
    }
}

struct Unanswerable;

impl IntoResponse for Unanswerable {
    fn into_response(self) -> Response {
        panic!("a conversion's panic, as the test wants it")
    }
}

fn fail(request: &Request) -> Result<Body, Unanswerable> {
    match request.uri().path() {
        "/panic" => panic!("a handler's panic, as the test wants it"),
        "/payload" => std::panic::panic_any(Bomb),
        "/goexit" => gmp_core::goexit(),
        "/convert" => Err(Unanswerable),
        "/swallowed" => {
            // A `goexit` that somebody has caught goes on at the next call into the library.
            let caught = std::panic::catch_unwind(|| gmp_core::goexit());
            // Kept, for dropping it would go on with the exit.
            Box::leak(Box::new(caught));
            gmp_core::gosched();
            unreachable!()
        }
        _ => Ok("ok".into()),
    }
}

#[test]
fn the_client_gets_500_and_the_others_do_not_notice() {
    run(|| {
        let site = Site::new(|request: Request| fail(&request));
        let mut other = site.client();
        assert_eq!(other.get("/").text(), "ok");
        for path in ["/panic", "/payload", "/goexit", "/convert", "/swallowed"] {
            // On the connection's goroutine, and on its own.
            let (get, post) = ("GET", "POST");
            for (method, rest) in [
                (get, "\r\n"),
                (post, "content-length: 4\r\n\r\nbody"),
                (post, "content-length: 4\r\n\r\nbo"),
            ] {
                let mut client = site.client();
                client.send(format!("{method} {path} HTTP/1.1\r\nhost: x\r\n{rest}"));
                // Not answered any more.
                if rest.ends_with("\r\n") {
                    client.send("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
                }
                let answer = client.answer();
                assert_eq!(answer.status, 500, "{method} {path} {rest:?}");
                assert!(answer.closes());
                client.ends();
                assert_eq!(other.get("/").text(), "ok");
            }
        }
        site.stop();
    });
}

#[test]
fn what_was_begun_is_not_answered_twice() {
    run(|| {
        let (said, heard) = unbounded();
        let site = Site::new(move |request: Request| {
            said.send(()).unwrap();
            fail(&request)
        });
        let mut client = site.client();
        let one = |path| format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n");
        client.send(one("/") + &one("/panic") + &one("/"));
        assert_eq!(client.answer().text(), "ok");
        assert_eq!(client.answer().status, 500);
        client.ends();
        site.stop();
        assert_eq!(heard.len(), 2);
    });
}
