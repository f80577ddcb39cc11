//! `shutdown`.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gmp_chan::{bounded, unbounded};
use gmp_net::TcpStream;
use gmp_net::http::{Request, Server};

use crate::common::{LONG, Site, run, until};

#[test]
fn idle_connections_are_closed_at_once() {
    run(|| {
        let site = Site::new(|_| "ok");
        let mut clients: Vec<_> = (0..20).map(|_| site.client()).collect();
        for client in &mut clients[..10] {
            assert_eq!(client.get("/").text(), "ok");
        }
        let begun = Instant::now();
        site.stop();
        assert!(begun.elapsed() < LONG / 2);
        for client in &mut clients {
            client.ends();
        }
    });
}

#[test]
fn requests_under_way_are_answered() {
    run(|| {
        let (entered, inside) = unbounded();
        let (release, gate) = bounded::<()>(0);
        let site = Site::new(move |mut request: Request| {
            entered.send(()).unwrap();
            gate.recv().unwrap_err();
            request.body_mut().read_text(100)
        });
        let mut here = site.client();
        here.send("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
        let mut elsewhere = site.client();
        elsewhere.send("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\nbo");
        let mut begun = site.client();
        begun.send("GET / HTTP/1.1\r\nho");
        inside.recv().unwrap();
        inside.recv().unwrap();
        until(|| site.server.connections() == 3);
        let addr = site.addr;
        let server = site.server.clone();
        let stopping = gmp_core::spawn(move || server.shutdown(LONG));
        // Nobody gets in any more.
        while let Ok(stream) = TcpStream::connect(addr) {
            drop(stream);
            gmp_core::time::sleep(Duration::from_millis(1));
        }
        assert!(!stopping.is_finished());
        drop(release);
        elsewhere.send("dy");
        begun.send("st: x\r\n\r\n");
        for (client, text) in [(&mut here, ""), (&mut elsewhere, "body"), (&mut begun, "")] {
            let answer = client.answer();
            assert_eq!((answer.status, answer.text()), (200, text));
            assert!(answer.closes());
            client.ends();
        }
        stopping.join().unwrap().unwrap();
        site.join().unwrap();
    });
}

#[test]
fn what_takes_too_long_is_cut() {
    run(|| {
        let (entered, inside) = unbounded();
        let (release, gate) = bounded::<()>(0);
        let (said, heard) = unbounded();
        let site = Site::new(move |mut request: Request| {
            entered.send(()).unwrap();
            let read = request.body_mut().read_text(100);
            said.send(read.map_err(|error| io::Error::from(error).kind())).unwrap();
            gate.recv().unwrap_err();
            "too late"
        });
        let mut here = site.client();
        here.send("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
        inside.recv().unwrap();
        assert_eq!(heard.recv().unwrap(), Ok(String::new()));
        let mut elsewhere = site.client();
        elsewhere.send("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\nbo");
        inside.recv().unwrap();
        let begun = Instant::now();
        let error = site.server.shutdown(Duration::from_millis(50)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(begun.elapsed() >= Duration::from_millis(50));
        here.ends();
        elsewhere.ends();
        // The one who reads is told, the other is left alone.
        assert_eq!(heard.recv().unwrap(), Err(io::ErrorKind::UnexpectedEof));
        let server = site.server.clone();
        site.join().unwrap();
        drop(release);
        while server.connections() > 0 {
            gmp_core::gosched();
        }
    });
}

#[test]
fn before_after_and_twice() {
    run(|| {
        let server = Server::bind("127.0.0.1:0").unwrap();
        server.shutdown(LONG).unwrap();
        server.shutdown(LONG).unwrap();
        server.serve(|_| "never").unwrap();
        let site = Site::new(|_| "ok");
        let servers: Vec<_> = (0..4).map(|_| site.server.clone()).collect();
        let stopping: Vec<_> = servers
            .into_iter()
            .map(|server| gmp_core::spawn(move || server.shutdown(LONG)))
            .collect();
        for one in stopping {
            one.join().unwrap().unwrap();
        }
        site.stop();
    });
}

#[test]
fn a_handler_may_stop_its_own_server() {
    run(|| {
        let server = Server::bind("127.0.0.1:0").unwrap();
        let (again, addr) = (server.clone(), server.local_addr().unwrap());
        let handle = Arc::new(server);
        let running = Arc::clone(&handle);
        let serving = gmp_core::spawn(move || {
            running.serve(move |_: Request| {
                let server = again.clone();
                gmp_core::spawn(move || server.shutdown(LONG).unwrap());
                "stopping"
            })
        });
        let mut client = crate::common::Client::to(addr);
        assert_eq!(client.get("/").text(), "stopping");
        client.ends();
        serving.join().unwrap().unwrap();
    });
}

#[test]
fn on_a_plain_thread() {
    let _watchdog = crate::common::watchdog();
    gmp_core::run_test(|| ());
    let server = Server::bind("127.0.0.1:0").unwrap();
    let running = server.clone();
    let serving = std::thread::spawn(move || running.serve(|_| "ok"));
    let mut client = crate::common::Client::to(server.local_addr().unwrap());
    assert_eq!(client.get("/").text(), "ok");
    server.shutdown(LONG).unwrap();
    serving.join().unwrap().unwrap();
}
