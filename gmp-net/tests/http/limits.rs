//! Limits of time, and of the number of connections.

use std::time::{Duration, Instant};

use gmp_chan::bounded;
use gmp_net::http::{Body, Request};

use crate::common::{Client, Site, run, until};

const SHORT: Duration = Duration::from_millis(80);
const LONG: Duration = Duration::from_secs(20);

/// What `wait` takes, which is at least `SHORT`, and not much longer.
#[track_caller]
fn takes_short(wait: impl FnOnce()) {
    let begun = Instant::now();
    wait();
    let taken = begun.elapsed();
    assert!(taken >= SHORT, "{taken:?}");
    assert!(taken < LONG / 2, "{taken:?}");
}

#[test]
fn a_head_that_does_not_come_in_time() {
    run(|| {
        let configure = |server: gmp_net::http::Server| server.header_timeout(SHORT);
        let site = Site::with(configure, |_| "ok");
        // Nothing at all.
        takes_short(|| site.client().ends());
        // A part, at once.
        takes_short(|| {
            let mut client = site.client();
            client.send("GET / HT");
            let answer = client.answer();
            assert_eq!(answer.status, 408);
            client.ends();
        });
        // Piece by piece: the time is that of all together.
        takes_short(|| {
            let mut client = site.client();
            client.send("GET / HTTP/1.1\r\n");
            let mut pieces = 0;
            while client.stream.take_error().unwrap().is_none() && pieces < 1000 {
                if std::io::Write::write(&mut client.stream, b"a: b\r\n").is_err() {
                    break;
                }
                pieces += 1;
                gmp_core::time::sleep(Duration::from_millis(5));
                if site.server.connections() == 0 {
                    break;
                }
            }
            assert!(pieces < 1000);
        });
        // The second request, too.
        let mut client = site.client();
        assert_eq!(client.get("/").status, 200);
        takes_short(|| {
            client.send("GET / HTTP/1.1\r\nhos");
            assert_eq!(client.answer().status, 408);
        });
        client.ends();
        // A part of HTTP/2's first words.
        takes_short(|| {
            let mut client = site.client();
            client.send("PRI * HTTP");
            assert_eq!(client.answer().status, 408);
            client.ends();
        });
        site.stop();
    });
}

#[test]
fn an_idle_connection() {
    run(|| {
        let site = Site::with(|server| server.idle_timeout(SHORT * 8), |_| "ok");
        let mut client = site.client();
        for _ in 0..10 {
            assert_eq!(client.get("/").status, 200);
            gmp_core::time::sleep(SHORT);
        }
        // The last answer came a while ago; the connection is kept for the rest of the time.
        client.ends();
        site.stop();
        let site = Site::with(|server| server.idle_timeout(SHORT), |_| "ok");
        takes_short(|| {
            let mut client = site.client();
            assert_eq!(client.get("/").status, 200);
            client.ends();
        });
        site.stop();
    });
}

#[test]
fn requests_may_take_their_time() {
    run(|| {
        let configure = |server: gmp_net::http::Server| {
            let time = SHORT * 8;
            server.idle_timeout(time).header_timeout(time).read_timeout(time)
        };
        let site = Site::with(configure, |mut request: Request| {
            let text = request.body_mut().read_text(100)?;
            gmp_core::time::sleep(SHORT * 10);
            Ok::<_, gmp_net::http::BodyError>(text)
        });
        let mut client = site.client();
        assert_eq!(client.get("/").text(), "");
        assert_eq!(client.post("/", b"body").text(), "body");
        client.send("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 8\r\n\r\n");
        for _ in 0..8 {
            // Slow, but not too slow.
            gmp_core::time::sleep(SHORT + SHORT / 2);
            client.send("x");
        }
        assert_eq!(client.answer().text(), "xxxxxxxx");
        site.stop();
    });
}

#[test]
fn a_body_that_does_not_come_in_time() {
    run(|| {
        let configure = |server: gmp_net::http::Server| server.read_timeout(SHORT);
        let site = Site::with(configure, |mut request: Request| request.body_mut().read_all(100));
        takes_short(|| {
            let mut client = site.client();
            client.send("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 8\r\n\r\nhalf");
            assert_eq!(client.answer().status, 408);
            client.ends();
        });
        site.stop();
    });
}

#[test]
fn a_client_that_does_not_read() {
    run(|| {
        let site = Site::with(
            |server| server.write_timeout(SHORT),
            |_: Request| Body::from_reader(std::io::repeat(b'x')),
        );
        let mut client = site.client();
        takes_short(|| {
            client.send("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
            until(|| site.server.connections() == 1);
            until(|| site.server.connections() == 0);
        });
        site.stop();
    });
}

#[test]
fn clients_beyond_the_limit_wait() {
    run(|| {
        let site = Site::with(|server| server.max_connections(2), |_| "ok");
        let mut first = site.client();
        let mut second = site.client();
        assert_eq!(first.get("/").status, 200);
        assert_eq!(second.get("/").status, 200);
        let addr = site.addr;
        let (said, heard) = bounded(1);
        let third = gmp_core::spawn(move || {
            let mut client = Client::to(addr);
            client.send("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
            said.send(()).unwrap();
            assert_eq!(client.answer().status, 200);
        });
        heard.recv().unwrap();
        for _ in 0..20 {
            assert_eq!(first.get("/").status, 200);
            assert_eq!(site.server.connections(), 2);
            assert!(!third.is_finished());
        }
        drop(second);
        third.join().unwrap();
        assert_eq!(first.get("/").status, 200);
        site.stop();
    });
}

#[test]
fn a_server_that_is_full_can_be_stopped() {
    run(|| {
        let site = Site::with(|server| server.max_connections(1), |_| "ok");
        let mut first = site.client();
        assert_eq!(first.get("/").status, 200);
        let waiting = site.client();
        site.stop();
        first.ends();
        drop(waiting);
    });
}
