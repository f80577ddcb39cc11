//! Input that is not HTTP, or not all of it.

use crate::common::{Site, run};

fn site() -> Site {
    Site::new(|_| "ok")
}

#[test]
fn what_cannot_be_parsed_is_answered_with_400() {
    run(|| {
        let site = site();
        for bad in [
            "GET\r\n\r\n",
            "GET / HTTP/9.9\r\n\r\n",
            "GET / HTTP/1.1\r\nhost: x\r\nbad header\r\n\r\n",
            "GET / HTTP/1.1\r\nhost: x\r\n name: folded\r\n\r\n",
            "GET / HTTP/1.1\r\nhost: x\r\nna me: x\r\n\r\n",
            "G\0T / HTTP/1.1\r\n\r\n",
            "GET /\x01 HTTP/1.1\r\nhost: x\r\n\r\n",
            "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: ten\r\n\r\n",
            "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
            "POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: gzip\r\n\r\n",
            "POST / HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n",
            // Nothing wrong but the host that is missing.
            "GET / HTTP/1.1\r\n\r\n",
            "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n",
            "PRI * HTTP/2.0\r\nhost: x\r\n\r\nSM\r\n\r\n",
        ] {
            let mut client = site.client();
            client.send(bad);
            let answer = client.answer();
            assert_eq!(answer.status, 400, "{bad:?}");
            assert!(answer.closes(), "{bad:?}");
            client.ends();
        }
        site.stop();
    });
}

#[test]
fn a_bad_request_does_not_spoil_the_ones_before() {
    run(|| {
        let site = site();
        let mut client = site.client();
        client.send("GET / HTTP/1.1\r\nhost: x\r\n\r\nGET / HTTP/1.1\r\nhost: x\r\n\r\n\0\r\n\r\n");
        assert_eq!(client.answer().text(), "ok");
        assert_eq!(client.answer().text(), "ok");
        assert_eq!(client.answer().status, 400);
        client.ends();
        site.stop();
    });
}

#[test]
fn heads_that_are_too_large() {
    run(|| {
        let site = Site::with(|server| server.max_header_bytes(10_000).max_headers(10), |_| "ok");
        let large = format!("GET / HTTP/1.1\r\nhost: x\r\nlarge: {}\r\n\r\n", "x".repeat(9000));
        let mut client = site.client();
        client.send(&large);
        assert_eq!(client.answer().status, 200);
        client.send(large.replace("large: ", &format!("large: {}", "x".repeat(3000))));
        assert_eq!(client.answer().status, 431);
        client.ends();
        // One that never ends.
        let mut client = site.client();
        client.send("GET / HTTP/1.1\r\nhost: x\r\nlarge: ");
        client.send("x".repeat(200_000));
        assert_eq!(client.answer().status, 431);
        client.ends();
        // Many.
        let mut client = site.client();
        let many = |n| format!("GET / HTTP/1.1\r\nhost: x\r\n{}\r\n", "a: b\r\n".repeat(n));
        client.send(many(9));
        assert_eq!(client.answer().status, 200);
        client.send(many(10));
        assert_eq!(client.answer().status, 431);
        client.ends();
        site.stop();
    });
}

#[test]
fn the_default_limits_of_heads() {
    run(|| {
        let site = site();
        let mut client = site.client();
        let many = |n| format!("GET / HTTP/1.1\r\nhost: x\r\n{}\r\n", "a: b\r\n".repeat(n));
        client.send(many(99));
        assert_eq!(client.answer().status, 200);
        client.send(many(100));
        assert_eq!(client.answer().status, 431);
        let mut client = site.client();
        client.send(format!("GET / HTTP/1.1\r\nhost: x\r\nlarge: {}\r\n\r\n", "x".repeat(60_000)));
        assert_eq!(client.answer().status, 200);
        client.send(format!("GET / HTTP/1.1\r\nhost: x\r\nlarge: {}\r\n\r\n", "x".repeat(70_000)));
        assert_eq!(client.answer().status, 431);
        client.ends();
        site.stop();
    });
}

#[test]
fn targets_that_are_too_long() {
    run(|| {
        let site = Site::with(|server| server.max_header_bytes(200_000), |_| "ok");
        let mut client = site.client();
        client.send(format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "x".repeat(60_000)));
        assert_eq!(client.answer().status, 200);
        client.send(format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "x".repeat(70_000)));
        assert_eq!(client.answer().status, 414);
        client.ends();
        site.stop();
    });
}

#[test]
fn requests_that_are_cut_off_are_not_answered() {
    run(|| {
        let site = site();
        let whole = "GET /path HTTP/1.1\r\nhost: x\r\nname: value\r\n\r\n";
        for len in 0..whole.len() {
            let mut client = site.client();
            client.send(&whole[..len]);
            client.stream.shutdown(std::net::Shutdown::Write).unwrap();
            client.ends();
        }
        // And when nobody waits for an answer.
        for len in 0..whole.len() {
            let mut client = site.client();
            client.send(&whole[..len]);
        }
        site.stop();
    });
}

#[test]
fn empty_lines_before_a_request_are_passed_over() {
    run(|| {
        let site = site();
        let mut client = site.client();
        client.send("\r\n\r\nGET / HTTP/1.1\r\nhost: x\r\n\r\n");
        assert_eq!(client.answer().status, 200);
        site.stop();
    });
}
