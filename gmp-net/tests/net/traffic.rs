//! Data: it arrives, whole and in order, however many there are on both sides.

use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use gmp_net::{TcpStream, UnixDatagram, UnixStream};

use crate::common::{Random, until};
use crate::conns::*;
use crate::run;

/// In a build without optimisation there is less of everything.
const FEW: bool = cfg!(debug_assertions);

/// Go: TestTCPStress
#[test]
fn ping_pongs_of_512_bytes_on_two_connections() {
    const ROUNDS: usize = if FEW { 1_000 } else { 10_000 };
    fn echo(mut stream: TcpStream) -> std::io::Result<()> {
        let mut buf = [0; 512];
        for _ in 0..ROUNDS {
            stream.read_exact(&mut buf)?;
            stream.write_all(&buf)?;
        }
        Ok(())
    }
    fn ask(mut stream: TcpStream) -> std::io::Result<()> {
        for round in 0..ROUNDS {
            let mut buf = [round as u8; 512];
            stream.write_all(&buf)?;
            buf.fill(0);
            stream.read_exact(&mut buf)?;
            assert_eq!(buf, [round as u8; 512]);
        }
        Ok(())
    }
    run(|| {
        let all: Vec<_> = (0..2)
            .flat_map(|_| {
                let (client, server) = tcp_pair();
                [beside(move || ask(client)), beside(move || echo(server))]
            })
            .collect();
        all.into_iter().for_each(|one| one.join().unwrap());
    });
}

/// Go: TestMutexStress, the writers
#[test]
fn what_eight_write_at_once_does_not_mix() {
    const RECORD: usize = 50_000;
    const EACH: usize = if FEW { 10 } else { 100 };
    run(|| {
        for (kind, (near, far)) in pairs() {
            let writers: Vec<_> = (0..8_u8)
                .map(|n| {
                    let near = Arc::clone(&near);
                    beside(move || (0..EACH).for_each(|_| near.write_all(&[n; RECORD]).unwrap()))
                })
                .collect();
            let mut counts = [0; 8];
            let mut record = vec![0; RECORD];
            for _ in 0..8 * EACH {
                let mut filled = 0;
                while filled < RECORD {
                    filled += far.read(&mut record[filled..]).unwrap();
                }
                assert!(record.iter().all(|&byte| byte == record[0]), "{kind}");
                counts[usize::from(record[0])] += 1;
            }
            writers.into_iter().for_each(Beside::join);
            assert_eq!(counts, [EACH; 8], "{kind}");
        }
    });
}

/// Go: TestMutexStress, the readers
#[test]
fn each_message_is_received_by_one_of_eight() {
    const MESSAGES: usize = if FEW { 2_000 } else { 100_000 };
    run(|| {
        let (near, far) = UnixDatagram::pair().unwrap();
        let far = Arc::new(far);
        let [count, sum] = [(); 2].map(|()| Arc::new(AtomicUsize::new(0)));
        let receivers: Vec<_> = (0..8)
            .map(|_| {
                let far = Arc::clone(&far);
                let [count, sum] = [&count, &sum].map(Arc::clone);
                beside(move || {
                    let mut buf = [0; 8];
                    while far.recv(&mut buf).is_ok_and(|n| n == 8) {
                        sum.fetch_add(usize::from_le_bytes(buf), SeqCst);
                        count.fetch_add(1, SeqCst);
                    }
                })
            })
            .collect();
        for n in 1..=MESSAGES {
            assert_eq!(near.send(&n.to_le_bytes()).unwrap(), 8);
        }
        until(|| count.load(SeqCst) == MESSAGES);
        far.close().unwrap();
        receivers.into_iter().for_each(Beside::join);
        assert_eq!(sum.load(SeqCst), MESSAGES * (MESSAGES + 1) / 2);
    });
}

/// Deadlines are moved about while several read and write: what arrives is what was sent.
fn racy(kind: &str, (near, far): Pair) {
    const BYTES: usize = if FEW { 20_000 } else { 200_000 };
    let random = Random::new();
    let over = Arc::new(AtomicBool::new(false));
    let (mover, ended) = ((Arc::clone(&near), Arc::clone(&far)), Arc::clone(&over));
    let seed = random.below(u64::MAX);
    let moves = beside(move || {
        let mut step = seed;
        while !ended.load(SeqCst) {
            step = step.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let deadline = after(Duration::from_micros(step >> 54));
            mover.0.set_write_deadline(deadline).unwrap();
            mover.1.set_read_deadline(deadline).unwrap();
            gmp_core::gosched();
        }
        mover.0.set_write_deadline(None).unwrap();
    });
    let sent = Arc::new(AtomicUsize::new(0));
    let writers: Vec<_> = (0..4)
        .map(|_| {
            let (near, sent) = (Arc::clone(&near), Arc::clone(&sent));
            beside(move || {
                let mut mine = 0;
                while mine < BYTES {
                    match near.write(&[1; 100]) {
                        Ok(n) => mine += n,
                        Err(_) => gmp_core::gosched(),
                    }
                }
                sent.fetch_add(mine, SeqCst);
            })
        })
        .collect();
    let done = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = (0..4)
        .map(|_| {
            let (far, done) = (Arc::clone(&far), Arc::clone(&done));
            beside(move || {
                let mut mine = 0;
                loop {
                    let last = done.load(SeqCst);
                    match far.read(&mut [0; 64]) {
                        Ok(0) => return mine,
                        Ok(n) => mine += n,
                        Err(_) if last => return mine,
                        Err(_) => gmp_core::gosched(),
                    }
                }
            })
        })
        .collect();
    writers.into_iter().for_each(Beside::join);
    over.store(true, SeqCst);
    moves.join();
    // Whoever reads finds the end.
    far.set_read_deadline(None).unwrap();
    near.close().unwrap();
    done.store(true, SeqCst);
    let received: usize = readers.into_iter().map(Beside::join).sum();
    assert_eq!(received, sent.load(SeqCst), "{kind}");
}

/// Go: TestRacyRead and TestRacyWrite of nettest
#[test]
fn deadlines_that_move_about_lose_nothing() {
    run(|| pairs().into_iter().for_each(|(kind, pair)| racy(kind, pair)));
}

/// A short read of a Unix socket need not be all there is: descriptors keep messages apart.
#[test]
fn a_read_that_ends_at_a_descriptor_is_not_the_last() {
    use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
    use std::io::IoSlice;
    use std::mem::MaybeUninit;
    use std::os::fd::AsFd;
    run(|| {
        let (near, mut far) = UnixStream::pair().unwrap();
        let sent = [near.as_fd()];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut ancillary = SendAncillaryBuffer::new(&mut space);
        assert!(ancillary.push(SendAncillaryMessage::ScmRights(&sent)));
        let first = [IoSlice::new(b"first")];
        sendmsg(&near, &first, &mut ancillary, SendFlags::empty()).unwrap();
        near.write_all(b"second").unwrap();
        let mut text = [0; 11];
        far.read_exact(&mut text).unwrap();
        assert_eq!(&text, b"firstsecond");
    });
}
