//! The access log.

use std::sync::Arc;
use std::time::Duration;

use gmp_chan::unbounded;
use gmp_net::http::{Access, Body, Request, Server, StatusCode};

use crate::common::{Site, run};

#[test]
fn each_request_is_logged_once() {
    run(|| {
        let (said, heard) = unbounded::<Access>();
        let configure = move |server: Server| {
            // It may park.
            server.header_timeout(Duration::from_millis(50)).access_log(move |access| {
                gmp_core::gosched();
                said.send(access.clone()).unwrap();
            })
        };
        let site = Site::with(configure, |mut request: Request| match request.uri().path() {
            "/panic" => panic!("a handler's panic, as the test wants it"),
            "/goexit" => gmp_core::goexit(),
            "/reader" => (StatusCode::OK, Body::from_reader(&b"from a reader"[..])),
            "/cut" => (StatusCode::OK, Body::from_reader(std::io::repeat(b'x'))),
            _ => {
                gmp_core::time::sleep(Duration::from_millis(5));
                let body = request.body_mut().read_all(100).unwrap();
                (StatusCode::ACCEPTED, body.into())
            }
        });
        let mut client = site.client();
        let peer = client.stream.local_addr().unwrap();
        client.post("/post?query", b"body");
        let access = heard.recv().unwrap();
        assert_eq!(access.peer, peer);
        assert_eq!(access.method.unwrap(), "POST");
        assert_eq!(access.uri.unwrap(), "/post?query");
        assert_eq!((access.status.as_u16(), access.bytes, access.complete), (202, 4, true));
        assert!(access.duration >= Duration::from_millis(5));
        client.get("/reader");
        let access = heard.recv().unwrap();
        assert_eq!((access.status.as_u16(), access.bytes, access.complete), (200, 13, true));
        client.send("HEAD /reader HTTP/1.1\r\nhost: x\r\n\r\n");
        assert_eq!(client.head().status, 200);
        let access = heard.recv().unwrap();
        assert_eq!((access.method.unwrap().as_str(), access.bytes), ("HEAD", 0));
        for (path, status) in [("/panic", 500), ("/goexit", 500)] {
            for body in [&b""[..], b"body"] {
                assert_eq!(site.client().post(path, body).status, status);
                let access = heard.recv().unwrap();
                assert_eq!((access.uri.unwrap().path(), access.status.as_u16()), (path, status));
            }
        }
        // What was not a request.
        for (text, status) in [("\0\r\n\r\n", 400), ("GET /", 408)] {
            let mut client = site.client();
            println!("{text:?}");
            client.send(text);
            assert_eq!(client.answer().status, status);
            let access = heard.recv().unwrap();
            assert_eq!((access.status.as_u16(), access.method), (status, None));
        }
        // What was not taken to its end.
        let mut client = site.client();
        client.send("GET /cut HTTP/1.1\r\nhost: x\r\n\r\n");
        assert_eq!(client.head().status, 200);
        drop(client);
        let access = heard.recv().unwrap();
        assert!(!access.complete && access.bytes > 0, "{access:?}");
        assert!(heard.is_empty());
        site.stop();
        assert!(heard.is_empty());
    });
}

#[test]
fn pipelined_requests_are_logged_in_order() {
    run(|| {
        let (said, heard) = unbounded::<String>();
        let said = Arc::new(said);
        let configure = move |server: Server| {
            server.access_log(move |access| {
                said.send(access.uri.as_ref().unwrap().path().to_owned()).unwrap();
            })
        };
        let site = Site::with(configure, |_| "ok");
        let mut client = site.client();
        let all: String =
            (0..40).map(|n| format!("GET /{n} HTTP/1.1\r\nhost: x\r\n\r\n")).collect();
        client.send(all);
        for n in 0..40 {
            assert_eq!(client.answer().text(), "ok");
            assert_eq!(heard.recv().unwrap(), format!("/{n}"));
        }
        site.stop();
    });
}
