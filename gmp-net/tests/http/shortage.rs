//! When the process may open no more files: in a process of its own, whose limit is lowered.

use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};

use gmp_net::TcpStream;

use crate::child::limit_files;
use crate::common::{Client, Site, until};

#[test]
fn the_server_waits_for_descriptors() {
    crate::child::run("shortage");
}

/// CPU time of this process.
fn cpu() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// One more client, for whose other end there is no room.
fn second_client(site: &Site, files: &mut Vec<File>) -> Client {
    loop {
        while let Ok(file) = File::open("/dev/null") {
            files.push(file);
        }
        files.pop();
        // The runtime opens files, too, and may have been faster.
        if let Ok(stream) = TcpStream::connect(site.addr) {
            return Client::of(stream);
        }
    }
}

pub(crate) fn shortage() {
    limit_files(100);
    let told = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&told);
    let configure = move |server: gmp_net::http::Server| {
        server.error_log(move |error| {
            assert_eq!(error.raw_os_error(), Some(rustix::io::Errno::MFILE.raw_os_error()));
            count.fetch_add(1, SeqCst);
        })
    };
    let site = Site::with(configure, |_| "ok");
    let mut first = site.client();
    assert_eq!(first.get("/").text(), "ok");
    let mut files = Vec::new();
    let mut second = second_client(&site, &mut files);
    until(|| told.load(SeqCst) == 1);
    // It neither spins nor says it all the time, and those who are in are served.
    let (begun, used) = (Instant::now(), cpu());
    while begun.elapsed() < Duration::from_secs(2) {
        assert_eq!(first.get("/").text(), "ok");
        gmp_core::time::sleep(Duration::from_millis(100));
    }
    let used = cpu() - used;
    println!("CPU time in two seconds of waiting: {used:?}");
    assert!(used < Duration::from_millis(500), "{used:?}");
    assert_eq!(told.load(SeqCst), 1);
    // One goes: the other one gets in.
    drop(first);
    assert_eq!(second.get("/").text(), "ok");
    assert_eq!(second.get("/").text(), "ok");
    // It can be stopped in the middle of waiting.
    let third = second_client(&site, &mut files);
    let begun = Instant::now();
    site.stop();
    assert!(begun.elapsed() < Duration::from_secs(10));
    drop(third);
}
