// Three programs on channels, without their `use` lines: written for crossbeam-channel and
// threads, they are compiled a second time for goroutines. No header of `//!`, which a file
// that is included cannot have.

/// Hailstone numbers, made on demand: who makes them stops when nobody wants more.
pub(crate) fn hailstones(first: u64) -> Vec<u64> {
    let (tx, rx) = bounded(0);
    let maker = spawn(move || {
        let (mut number, mut made) = (first, 0);
        while tx.send(number).is_ok() {
            made += 1;
            number = if number % 2 == 0 { number / 2 } else { 3 * number + 1 };
        }
        made
    });
    let mut numbers = Vec::new();
    for number in &rx {
        numbers.push(number);
        if number == 1 {
            break;
        }
    }
    drop(rx);
    assert_eq!(maker.join().unwrap(), numbers.len());
    numbers
}

/// Everybody shakes hands with one other: offers a hand and takes one over the same channel,
/// whichever comes first. Returns who took whose hand.
pub(crate) fn handshakes(guests: usize) -> Vec<(usize, usize)> {
    let (offer, take) = bounded(0);
    let (taken, takers) = unbounded();
    scope(|s| {
        for guest in 0..guests {
            let (offer, take, taken) = (&offer, &take, &taken);
            s.spawn(move || {
                select! {
                    recv(take) -> other => taken.send((guest, other.unwrap())).unwrap(),
                    send(offer, guest) -> sent => sent.unwrap(),
                }
            });
        }
    });
    drop(taken);
    takers.iter().collect()
}

/// A stopwatch that notes a lap whenever it is told to, until it is told to stop. The display
/// is refreshed by a ticker meanwhile. Returns the laps, and how often it was refreshed.
pub(crate) fn stopwatch(laps: &[Duration], refresh: Duration) -> (Vec<Duration>, usize) {
    let (lap, pressed) = bounded(0);
    let (stop, stopped) = bounded::<()>(0);
    let start = Instant::now();
    let watch = spawn(move || {
        let display = tick(refresh);
        let (mut noted, mut refreshed) = (Vec::new(), 0);
        loop {
            select! {
                recv(display) -> _ => refreshed += 1,
                recv(pressed) -> lap => match lap {
                    Ok(()) => noted.push(start.elapsed()),
                    Err(RecvError) => unreachable!("stopped before `lap` is dropped"),
                },
                recv(stopped) -> _ => return (noted, refreshed),
            }
        }
    });
    for &time in laps {
        sleep(time);
        lap.send(()).unwrap();
    }
    drop(stop);
    let result = watch.join().unwrap();
    assert_eq!(lap.try_send(()), Err(TrySendError::Disconnected(())));
    result
}
