//! Pipes of the operating system, and the one in memory.

use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use gmp_net::{Pipe, PipeReader, PipeWriter, pipe};

use crate::conns::{after, assert_timed_out, beside, let_them_wait};
use crate::run;

/// Go: TestClosedPipeRaceRead
#[test]
fn closing_a_pipe_ends_a_read() {
    run(|| {
        let (reader, _writer) = pipe().unwrap();
        let reader = Arc::new(reader);
        let other = Arc::clone(&reader);
        let waiting = beside(move || (&*other).read(&mut [0]));
        let_them_wait();
        reader.close().unwrap();
        assert_eq!(waiting.join().unwrap_err().to_string(), "file already closed");
    });
}

/// Go: TestClosedPipeRaceWrite
#[test]
fn closing_a_pipe_ends_a_write() {
    run(|| {
        let (_reader, writer) = pipe().unwrap();
        let writer = Arc::new(writer);
        let other = Arc::clone(&writer);
        let waiting = beside(move || (&*other).write_all(&vec![0; 16 << 20]));
        let_them_wait();
        writer.close().unwrap();
        assert_eq!(waiting.join().unwrap_err().to_string(), "file already closed");
    });
}

/// Go: TestRacyRead and TestRacyWrite of os
#[test]
fn deadlines_that_move_about_lose_nothing_of_a_pipe() {
    const BYTES: usize = 50_000;
    run(|| {
        let (reader, writer) = pipe().unwrap();
        let writer = beside(move || {
            let mut written = 0;
            let mut distance = 0;
            while written < BYTES {
                distance = (distance + 1) % 70;
                writer.set_write_deadline(after(Duration::from_micros(distance))).unwrap();
                written += (&writer).write(&[1; 100]).unwrap_or(0);
            }
            written
        });
        let (mut read, mut distance) = (0, 0);
        loop {
            distance = (distance + 1) % 50;
            reader.set_read_deadline(after(Duration::from_micros(distance))).unwrap();
            match (&reader).read(&mut [0; 64]) {
                Ok(0) => break,
                Ok(n) => read += n,
                Err(error) => assert_timed_out(Err::<(), _>(error)),
            }
        }
        assert_eq!(read, writer.join());
    });
}

/// What becomes of a pipe that a child process gets, or gave.
#[test]
fn pipes_of_children() {
    run(|| {
        let (reader, mut writer) = pipe().unwrap();
        let mut child = Command::new("cat")
            .stdin(Stdio::from(reader))
            .stdout(Stdio::piped())
            .spawn()
            .expect("cat is everywhere");
        let out = PipeReader::from(OwnedFd::from(child.stdout.take().unwrap()));
        let feeder = beside(move || (0..100).try_for_each(|_| writer.write_all(&[b'x'; 10_000])));
        assert_eq!(io::read_to_string(out).unwrap().len(), 1_000_000);
        feeder.join().unwrap();
        assert!(child.wait().unwrap().success());

        let (reader, writer) = pipe().unwrap();
        let mut child = Command::new("echo").arg("hello").stdout(writer).spawn().unwrap();
        assert_eq!(io::read_to_string(reader).unwrap(), "hello\n");
        assert!(child.wait().unwrap().success());
    });
}

/// std's ends of a pipe become ours, and ours std's.
#[test]
fn pipes_are_converted() {
    run(|| {
        let (reader, writer) = io::pipe().unwrap();
        let (mut reader, mut writer) = (PipeReader::from(reader), PipeWriter::from(writer));
        let waiting = beside(move || reader.read(&mut [0; 10]).map(|n| (n, reader)));
        let_them_wait();
        writer.write_all(b"abc").unwrap();
        let (n, reader) = waiting.join().unwrap();
        assert_eq!(n, 3);
        let (mut reader, mut writer) = (io::PipeReader::from(reader), io::PipeWriter::from(writer));
        writer.write_all(b"d").unwrap();
        assert_eq!(reader.read(&mut [0; 10]).unwrap(), 1);
    });
}

/// Go: TestPipe: BasicIO
#[test]
fn what_is_written_into_a_pipe_in_memory_is_read_in_order() {
    const LEN: usize = 1 << 20;
    run(|| {
        let (near, far) = Pipe::new();
        let data: Vec<u8> = (0..LEN).map(|n| (n % 251) as u8).collect();
        let expected = data.clone();
        let writer = beside(move || {
            (&near).write_all(&data).unwrap();
            near
        });
        let mut got = vec![0; LEN];
        (&far).read_exact(&mut got).unwrap();
        assert!(got == expected);
        let near = writer.join();
        let writer = beside(move || (&far).write_all(b"back"));
        assert_eq!(io::read_to_string(&near).unwrap(), "back");
        writer.join().unwrap();
    });
}

/// Go: TestPipe: PingPong
#[test]
fn a_number_goes_to_and_fro_in_memory() {
    run(|| {
        let (near, far) = Pipe::new();
        let answers = beside(move || {
            let mut number = [0; 8];
            while (&far).read_exact(&mut number).is_ok() {
                let next = u64::from_le_bytes(number) + 1;
                (&far).write_all(&next.to_le_bytes()).unwrap();
            }
        });
        let mut number = [0; 8];
        for _ in 0..1000 {
            (&near).write_all(&number).unwrap();
            (&near).read_exact(&mut number).unwrap();
        }
        assert_eq!(u64::from_le_bytes(number), 1000);
        drop(near);
        answers.join();
    });
}

/// Go: TestPipe: FutureTimeout and PastTimeout, and what comes after
#[test]
fn a_pipe_in_memory_goes_on_after_its_deadline() {
    run(|| {
        let (near, far) = Pipe::new();
        near.set_deadline(after(Duration::from_millis(20))).unwrap();
        let near = Arc::new(near);
        let writer = Arc::clone(&near);
        let waiting = beside(move || (&*writer).write(b"nobody reads"));
        assert_timed_out((&*near).read(&mut [0; 10]));
        assert_timed_out(waiting.join());
        assert_timed_out((&*near).read(&mut [0; 10]));
        near.set_deadline(None).unwrap();
        let writer = Arc::clone(&near);
        let waiting = beside(move || (&*writer).write(b"read"));
        let mut buf = [0; 10];
        assert_eq!((&far).read(&mut buf).unwrap(), 4);
        assert_eq!(&buf[..4], b"read", "nothing is left of what was not read");
        assert_eq!(waiting.join().unwrap(), 4);
    });
}

/// Go: TestPipe: CloseTimeout, for what was written in part
#[test]
fn a_write_of_which_a_part_was_read_says_so() {
    run(|| {
        let (near, far) = Pipe::new();
        let waiting = beside(move || (&near).write(b"123456"));
        let mut buf = [0; 4];
        (&far).read_exact(&mut buf).unwrap();
        far.close().unwrap();
        assert_eq!(waiting.join().unwrap(), 4);
    });
}

/// Go: TestPipeCloseError
#[test]
fn errors_of_a_pipe_in_memory_that_was_closed() {
    #[track_caller]
    fn closed<T: std::fmt::Debug>(result: io::Result<T>) {
        let error = result.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
        assert_eq!(error.to_string(), "read/write on closed pipe");
    }
    run(|| {
        let (near, far) = Pipe::new();
        near.close().unwrap();
        closed((&near).read(&mut [0]));
        closed((&near).write(&[0]));
        assert_eq!((&far).read(&mut [0]).unwrap(), 0);
        closed((&far).write(&[0]));
        closed(near.set_deadline(None));
        closed(far.set_deadline(None));
        far.close().unwrap();
        closed((&far).read(&mut [0]));
        closed((&far).write(&[0]));
    });
}
