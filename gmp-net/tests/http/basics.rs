//! What every client expects.

use std::io::Write;
use std::net::Shutdown;
use std::time::Duration;

use gmp_net::http::{IntoResponse, Method, Request, RequestExt, Response, StatusCode, header};

use crate::common::{Client, Site, run};

#[test]
fn hello() {
    run(|| {
        let site = Site::new(|request: Request| format!("hello {}", request.uri().path()));
        let mut client = site.client();
        for path in ["/a", "/b", "/c"] {
            let answer = client.get(path);
            assert_eq!((answer.status, answer.text()), (200, &*format!("hello {path}")));
            assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
            assert!(answer.header("date").is_some());
        }
        site.stop();
        client.ends();
    });
}

#[test]
fn the_peer_is_known() {
    run(|| {
        let site = Site::new(|request: Request| request.peer_addr().unwrap().to_string());
        let mut client = site.client();
        let answer = client.get("/");
        assert_eq!(answer.text(), client.stream.local_addr().unwrap().to_string());
        let answer = client.post("/", b"with a body");
        assert_eq!(answer.text(), client.stream.local_addr().unwrap().to_string());
        site.stop();
    });
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    run(|| {
        let site = Site::new(|mut request: Request| {
            // Those that come first take longest.
            let n: u64 = request.uri().path()[1..].parse().unwrap();
            gmp_core::time::sleep(Duration::from_millis(10 - n));
            let body = request.body_mut().read_text(100).unwrap();
            format!("{n}{body}")
        });
        let mut client = site.client();
        let mut all = String::new();
        for n in 0..10 {
            all += &match n % 3 {
                0 => format!("GET /{n} HTTP/1.1\r\nhost: x\r\n\r\n"),
                1 => format!("POST /{n} HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\nab"),
                _ => format!(
                    "POST /{n} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n\
                     1\r\nc\r\n1\r\nd\r\n0\r\n\r\n"
                ),
            };
        }
        client.send(&all);
        for n in 0..10 {
            assert_eq!(client.answer().text(), format!("{n}{}", ["", "ab", "cd"][n % 3]));
        }
        // Once more, byte by byte.
        let (some, rest) = all.split_at(all.len() / 3);
        for byte in some.as_bytes() {
            client.send([*byte]);
        }
        client.send(rest);
        for n in 0..10 {
            assert_eq!(client.answer().text(), format!("{n}{}", ["", "ab", "cd"][n % 3]));
        }
        site.stop();
    });
}

#[test]
fn connections_are_kept_or_closed_as_asked() {
    run(|| {
        let site = Site::new(|request: Request| match request.uri().path() {
            "/close" => {
                let mut response = "bye".into_response();
                response.headers_mut().insert(header::CONNECTION, "close".parse().unwrap());
                response
            }
            _ => "ok".into_response(),
        });
        // The client asks for it.
        let mut client = site.client();
        client.send("GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        assert!(client.answer().closes());
        client.ends();
        // The handler does.
        let mut client = site.client();
        assert!(!client.get("/").closes());
        assert!(client.get("/close").closes());
        client.ends();
        // HTTP/1.0 closes, unless asked not to.
        let mut client = site.client();
        client.send("GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n");
        assert_eq!(client.answer().text(), "ok");
        client.send("GET / HTTP/1.0\r\n\r\n");
        assert_eq!(client.answer().text(), "ok");
        client.ends();
        site.stop();
    });
}

#[test]
fn a_client_that_has_closed_its_side_is_answered() {
    run(|| {
        let site = Site::new(|mut request: Request| request.body_mut().read_text(100));
        let mut client = site.client();
        client.send("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\nab");
        client.send("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\ncd");
        client.stream.shutdown(Shutdown::Write).unwrap();
        assert_eq!(client.answer().text(), "ab");
        assert_eq!(client.answer().text(), "cd");
        client.ends();
        site.stop();
    });
}

#[test]
fn methods_and_statuses() {
    run(|| {
        let site = Site::new(|request: Request| match (request.method(), request.uri().path()) {
            (&Method::HEAD, _) => "a body that is not sent".into_response(),
            (_, "/none") => StatusCode::NO_CONTENT.into_response(),
            (_, "/missing") => StatusCode::NOT_FOUND.into_response(),
            (_, "/pair") => (StatusCode::CREATED, vec![1_u8, 2]).into_response(),
            (method, _) => Response::new(method.to_string().into()),
        });
        let mut client = site.client();
        client.send("HEAD / HTTP/1.1\r\nhost: x\r\n\r\n");
        assert_eq!(client.head().header("content-length"), Some("23"));
        let answer = client.get("/none");
        assert_eq!((answer.status, answer.header("content-length")), (204, None));
        let answer = client.get("/missing");
        assert_eq!((answer.status, answer.text()), (404, "Not Found"));
        let answer = client.get("/pair");
        assert_eq!((answer.status, &answer.body[..]), (201, &[1, 2][..]));
        client.send("BREW /tea HTTP/1.1\r\nhost: x\r\n\r\n");
        assert_eq!(client.answer().text(), "BREW");
        site.stop();
    });
}

#[test]
fn a_client_may_wait_to_be_told_to_go_on() {
    run(|| {
        let site = Site::new(|mut request: Request| match request.uri().path() {
            "/refused" => StatusCode::FORBIDDEN.into_response(),
            _ => request.body_mut().read_text(100).into_response(),
        });
        let mut client = site.client();
        let head = "HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 4\r\n\r\n";
        client.send(format!("POST / {head}"));
        assert_eq!(client.head().status, 100);
        client.send("body");
        assert_eq!(client.answer().text(), "body");
        client.send(format!("POST /refused {head}"));
        assert_eq!(client.answer().status, 403);
        client.ends();
        site.stop();
    });
}

#[test]
fn many_clients_at_once() {
    run(|| {
        let site = Site::new(|request: Request| request.uri().path().to_owned());
        let addr = site.addr;
        let clients: Vec<_> = (0..50)
            .map(|n| {
                gmp_core::spawn(move || {
                    let mut client = Client::to(addr);
                    for m in 0..20 {
                        let path = format!("/{n}/{m}");
                        assert_eq!(client.get(&path).text(), path);
                    }
                    client.stream.flush().unwrap();
                })
            })
            .collect();
        for client in clients {
            client.join().unwrap();
        }
        site.stop();
    });
}
