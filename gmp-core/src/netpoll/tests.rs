//! Who waits is counted, and counted no longer when he does not.

use super::count;
use crate::rt::{Dir, Fail, PollDesc, Stop, now_ns};
use crate::runtime::start_shared;
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::thread;

struct Reader {
    stream: UnixStream,
    desc: PollDesc,
}

impl Reader {
    fn pair() -> (Arc<Reader>, UnixStream) {
        let (stream, other) = UnixStream::pair().unwrap();
        stream.set_nonblocking(true).unwrap();
        (Arc::new(Reader { stream, desc: PollDesc::new() }), other)
    }

    fn read(&self, limit: u64) -> Result<usize, Stop> {
        let op = self.desc.begin(Dir::Read)?;
        loop {
            if op.may_try()?
                && let Ok(read) = (&self.stream).read(&mut [0; 8])
            {
                op.more(false);
                return Ok(read);
            }
            match op.wait(self.stream.as_fd(), limit) {
                Ok(()) => {}
                Err(Fail::Stop(stop)) => return Err(stop),
                Err(Fail::Io(error)) => panic!("{error}"),
            }
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.desc.forget(self.stream.as_fd());
    }
}

/// How a wait ends.
#[derive(Clone, Copy, Debug)]
enum End {
    News,
    Limit,
    Deadline,
    DeadlineMoved,
    Closed,
    HungUp,
}

fn wait_and_end(end: End) {
    let (reader, mut other) = Reader::pair();
    let limit = if let End::Limit = end { now_ns() + 1_000_000 } else { u64::MAX };
    if let End::Deadline = end {
        reader.desc.set_deadline(Dir::Read, now_ns() + 1_000_000);
    }
    let waits = Arc::clone(&reader);
    let read = crate::spawn(move || waits.read(limit));
    let ended_by_itself = matches!(end, End::Limit | End::Deadline);
    while !ended_by_itself && count::get() == 0 {
        thread::yield_now();
    }
    let expected = match end {
        End::News => {
            other.write_all(b"news").unwrap();
            Ok(4)
        }
        End::Limit => Err(Stop::Timeout),
        End::Deadline => Err(Stop::Deadline),
        End::DeadlineMoved => {
            reader.desc.set_deadline(Dir::Read, now_ns() + 3_600_000_000_000);
            reader.desc.set_deadline(Dir::Read, now_ns());
            Err(Stop::Deadline)
        }
        End::Closed => {
            reader.desc.close(reader.stream.as_fd()).unwrap();
            assert_eq!(reader.desc.close(reader.stream.as_fd()), Err(Stop::Closed));
            Err(Stop::Closed)
        }
        End::HungUp => {
            drop(other);
            Ok(0)
        }
    };
    assert_eq!(read.join().unwrap(), expected, "{end:?}");
    assert_eq!(count::get(), 0, "still counted after {end:?}");
}

/// A task that is never polled again: it is counted until its descriptor goes.
fn drop_a_task() {
    let (reader, _other) = Reader::pair();
    let fd = reader.stream.as_fd();
    let mut context = Context::from_waker(Waker::noop());
    assert!(reader.desc.poll(fd, Dir::Read, &mut context).is_ready(), "the first time it is tried");
    assert!(matches!(reader.desc.poll(fd, Dir::Read, &mut context), Poll::Pending));
    assert!(matches!(reader.desc.poll(fd, Dir::Read, &mut context), Poll::Pending));
    assert_eq!(count::get(), 1);
    drop(reader);
    assert_eq!(count::get(), 0);
}

/// One test: the count is that of the whole process.
#[test]
fn all_who_wait_are_counted_and_nobody_else() {
    start_shared();
    for _ in 0..20 {
        for end in
            [End::News, End::Limit, End::Deadline, End::DeadlineMoved, End::Closed, End::HungUp]
        {
            wait_and_end(end);
        }
        drop_a_task();
    }
}
