// The rounds of the matrix, for one kind of channels and tasks: `bounded`, `unbounded`, their
// types, `Select` and `select!`, and `scope`, are what the place that includes this has. No
// header of `//!`, which a file that is included cannot have.
//
// A round passes `n` messages; all ends know how many are theirs, so none has to be closed.

/// How many send, how many receive, how many channels a select is over.
const MANY: usize = 4;

pub(crate) const ROUNDS: Rounds = Rounds {
    seq,
    spsc,
    mpsc,
    mpmc,
    select_rx_dynamic,
    select_rx_macro,
    select_both_dynamic,
    select_both_macro,
};

fn channel(cap: Cap) -> (Sender<u64>, Receiver<u64>) {
    match cap {
        Cap::Bounded(cap) => bounded(cap),
        Cap::Unbounded => unbounded(),
    }
}

fn channels(cap: Cap) -> (Vec<Sender<u64>>, Vec<Receiver<u64>>) {
    (0..MANY).map(|_| channel(cap)).unzip()
}

fn send(tx: &Sender<u64>, n: u64) {
    for i in 0..n {
        tx.send(i).unwrap();
    }
}

fn receive(rx: &Receiver<u64>, n: u64) {
    for _ in 0..n {
        black_box(rx.recv().unwrap());
    }
}

fn seq(cap: Cap, n: u64) {
    let (tx, rx) = channel(cap);
    for burst in cap.bursts(n) {
        send(&tx, burst);
        receive(&rx, burst);
    }
}

fn spsc(cap: Cap, n: u64) {
    let (tx, rx) = channel(cap);
    scope(|s| {
        s.spawn(|| send(&tx, n));
        receive(&rx, n);
    });
}

fn mpsc(cap: Cap, n: u64) {
    let (tx, rx) = channel(cap);
    scope(|s| {
        for _ in 0..MANY {
            s.spawn(|| send(&tx, n / MANY as u64));
        }
        receive(&rx, n);
    });
}

fn mpmc(cap: Cap, n: u64) {
    let (tx, rx) = channel(cap);
    scope(|s| {
        for _ in 0..MANY {
            s.spawn(|| send(&tx, n / MANY as u64));
            s.spawn(|| receive(&rx, n / MANY as u64));
        }
    });
}

fn select_rx_dynamic(cap: Cap, n: u64) {
    select_rx(cap, n, receive_by_select);
}

fn select_rx_macro(cap: Cap, n: u64) {
    select_rx(cap, n, receive_by_macro);
}

/// Each sender has a channel of its own.
fn select_rx(cap: Cap, n: u64, receive: fn(&[Receiver<u64>], u64)) {
    let (txs, rxs) = channels(cap);
    scope(|s| {
        for tx in &txs {
            s.spawn(|| send(tx, n / MANY as u64));
        }
        receive(&rxs, n);
    });
}

fn select_both_dynamic(cap: Cap, n: u64) {
    select_both(cap, n, send_by_select, receive_by_select);
}

fn select_both_macro(cap: Cap, n: u64) {
    select_both(cap, n, send_by_macro, receive_by_macro);
}

/// Every sender sends over whichever channel it can, every receiver likewise.
fn select_both(
    cap: Cap,
    n: u64,
    send: fn(&[Sender<u64>], u64),
    receive: fn(&[Receiver<u64>], u64),
) {
    let (txs, rxs) = channels(cap);
    scope(|s| {
        for _ in 0..MANY {
            s.spawn(|| send(&txs, n / MANY as u64));
            s.spawn(|| receive(&rxs, n / MANY as u64));
        }
    });
}

fn send_by_select(txs: &[Sender<u64>], n: u64) {
    let mut select = Select::new();
    for tx in txs {
        select.send(tx);
    }
    for i in 0..n {
        let chosen = select.select();
        let tx = &txs[chosen.index()];
        chosen.send(tx, i).unwrap();
    }
}

fn receive_by_select(rxs: &[Receiver<u64>], n: u64) {
    let mut select = Select::new();
    for rx in rxs {
        select.recv(rx);
    }
    for _ in 0..n {
        let chosen = select.select();
        let rx = &rxs[chosen.index()];
        black_box(chosen.recv(rx).unwrap());
    }
}

fn send_by_macro(txs: &[Sender<u64>], n: u64) {
    let [a, b, c, d] = txs else { unreachable!() };
    for i in 0..n {
        select! {
            send(a, i) -> sent => sent.unwrap(),
            send(b, i) -> sent => sent.unwrap(),
            send(c, i) -> sent => sent.unwrap(),
            send(d, i) -> sent => sent.unwrap(),
        }
    }
}

fn receive_by_macro(rxs: &[Receiver<u64>], n: u64) {
    let [a, b, c, d] = rxs else { unreachable!() };
    for _ in 0..n {
        let received = select! {
            recv(a) -> i => i,
            recv(b) -> i => i,
            recv(c) -> i => i,
            recv(d) -> i => i,
        };
        black_box(received.unwrap());
    }
}
