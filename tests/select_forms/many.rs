//! Many arms.

use crate::given::*;

/// A `select!` with 64 arms that receive; each gives its number times ten, plus the value.
macro_rules! of_64 {
    ($rx:ident, $($rest:tt)*) => {
        select! {
            v = <-$rx[0] => v.unwrap(), v = <-$rx[1] => 10 + v.unwrap(),
            v = <-$rx[2] => 20 + v.unwrap(), v = <-$rx[3] => 30 + v.unwrap(),
            v = <-$rx[4] => 40 + v.unwrap(), v = <-$rx[5] => 50 + v.unwrap(),
            v = <-$rx[6] => 60 + v.unwrap(), v = <-$rx[7] => 70 + v.unwrap(),
            (v, _) = <-$rx[8] => 80 + v.unwrap(), (v, _) = <-$rx[9] => 90 + v.unwrap(),
            (v, _) = <-$rx[10] => 100 + v.unwrap(), (v, _) = <-$rx[11] => 110 + v.unwrap(),
            (v, _) = <-$rx[12] => 120 + v.unwrap(), (v, _) = <-$rx[13] => 130 + v.unwrap(),
            (v, _) = <-$rx[14] => 140 + v.unwrap(), (v, _) = <-$rx[15] => 150 + v.unwrap(),
            Some(v) = <-$rx[16] => 160 + v, Some(v) = <-$rx[17] => 170 + v,
            Some(v) = <-$rx[18] => 180 + v, Some(v) = <-$rx[19] => 190 + v,
            Some(v) = <-$rx[20] => 200 + v, Some(v) = <-$rx[21] => 210 + v,
            Some(v) = <-$rx[22] => 220 + v, Some(v) = <-$rx[23] => 230 + v,
            recv($rx[24]) -> v => 240 + v.unwrap(), recv($rx[25]) -> v => 250 + v.unwrap(),
            recv($rx[26]) -> v => 260 + v.unwrap(), recv($rx[27]) -> v => 270 + v.unwrap(),
            recv($rx[28]) -> v => 280 + v.unwrap(), recv($rx[29]) -> v => 290 + v.unwrap(),
            recv($rx[30]) -> v => 300 + v.unwrap(), recv($rx[31]) -> v => 310 + v.unwrap(),
            v = <-$rx[32], if true => 320 + v.unwrap(), v = <-$rx[33], if true => 330 + v.unwrap(),
            v = <-$rx[34], if true => 340 + v.unwrap(), v = <-$rx[35], if true => 350 + v.unwrap(),
            v = <-$rx[36], if true => 360 + v.unwrap(), v = <-$rx[37], if true => 370 + v.unwrap(),
            v = <-$rx[38], if true => 380 + v.unwrap(), v = <-$rx[39], if true => 390 + v.unwrap(),
            <-$rx[40] => 400, <-$rx[41] => 410, <-$rx[42] => 420, <-$rx[43] => 430,
            <-$rx[44] => 440, <-$rx[45] => 450, <-$rx[46] => 460, <-$rx[47] => 470,
            <-$rx[48] => 480, <-$rx[49] => 490, <-$rx[50] => 500, <-$rx[51] => 510,
            <-$rx[52] => 520, <-$rx[53] => 530, <-$rx[54] => 540, <-$rx[55] => 550,
            <-$rx[56] => 560, <-$rx[57] => 570, <-$rx[58] => 580, <-$rx[59] => 590,
            <-$rx[60] => 600, <-$rx[61] => 610, <-$rx[62] => 620, <-$rx[63] => 630,
            $($rest)*
            else => unreachable!(),
        }
    };
}

#[gmp::test]
fn each_of_64_arms_is_the_one_that_is_ready() {
    on_both(|| {
        let ends: Vec<_> = (0..64).map(|_| bounded::<usize>(1)).collect();
        let rx: Vec<_> = ends.iter().map(|(_, rx)| rx.clone()).collect();
        for (n, (tx, _)) in ends.iter().enumerate() {
            let value = if n < 40 { 7 } else { 0 };
            tx.send(7).unwrap();
            assert_eq!(of_64!(rx,), 10 * n + value);
            tx.send(7).unwrap();
            assert_eq!(of_64!(rx, default => unreachable!(),), 10 * n + value);
            assert_eq!(of_64!(rx, default => 1,), 1);
        }
    });
}

#[gmp::test]
fn a_waiting_select_of_64_arms_is_woken_by_each() {
    let _watchdog = crate::support::watchdog();
    let ends: Vec<_> = (0..64).map(|_| bounded::<usize>(0)).collect();
    let (tx, rx): (Vec<_>, Vec<_>) = ends.into_iter().unzip();
    let (done, answers) = bounded(0);
    let waiting = gmp::spawn(move || {
        for _ in 0..64 {
            done.send(of_64!(rx, after(LONG) => 1,)).unwrap();
        }
    });
    for (n, tx) in tx.iter().enumerate().rev() {
        tx.send(3).unwrap();
        let value = if n < 40 { 3 } else { 0 };
        assert_eq!(answers.recv(), Ok(10 * n + value));
    }
    waiting.join().unwrap();
}
