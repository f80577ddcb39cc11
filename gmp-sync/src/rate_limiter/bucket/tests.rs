//! No window holds a token too many, and no token is refused that could be had.

use std::time::{SystemTime, UNIX_EPOCH};

use super::*;

const SECOND: Time = 1_000_000_000 << FRACTION;

/// Random numbers from a seed that is printed; `GMP_TEST_SEED` sets it (splitmix64).
struct Random(u64);

impl Random {
    fn new() -> Random {
        let given = std::env::var("GMP_TEST_SEED").ok().and_then(|text| text.parse().ok());
        let clock = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64;
        let seed = given.unwrap_or_else(clock);
        eprintln!("GMP_TEST_SEED={seed}");
        Random(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    fn time_below(&mut self, end: Time) -> Time {
        (Time::from(self.next()) << 64 | Time::from(self.next())) % end
    }
}

/// A rate that is a fraction, so that what it allows can be computed exactly.
#[derive(Clone, Copy, Debug)]
struct Limit {
    tokens: u64,
    /// A power of two: the quotient is exact.
    seconds: u64,
    burst: usize,
}

impl Limit {
    fn random(random: &mut Random) -> Limit {
        const RATES: [u64; 8] = [1, 3, 7, 1_000, 999_983, 1_000_000_000, 123_456_789_011, 1 << 52];
        let tokens = RATES[random.below(RATES.len())];
        Limit { tokens, seconds: 1 << random.below(10), burst: 1 + random.below(20) }
    }

    fn bucket(self) -> Bucket {
        Bucket::new(self.tokens as f64 / self.seconds as f64, self.burst)
    }

    /// How long the rate takes for `n` tokens, at least.
    fn span(self, n: usize) -> Time {
        (n as Time * self.seconds as Time * SECOND).div_ceil(self.tokens.into())
    }

    /// `n` tokens within `span`: too many?
    fn is_exceeded(self, n: usize, span: Time) -> bool {
        n > self.burst && self.span(n - self.burst) > span
    }
}

/// Looks at all windows of what was let through, (when, how many).
fn check(limit: Limit, mut passed: Vec<(Time, usize)>) {
    passed.sort_unstable();
    for (first, &(from, _)) in passed.iter().enumerate() {
        let mut sum = 0;
        for &(to, n) in &passed[first..] {
            sum += n;
            assert!(
                !limit.is_exceeded(sum, to - from),
                "{limit:?}: {sum} tokens within {} ns",
                (to - from) >> FRACTION
            );
        }
    }
}

/// Time goes on by nothing, by a part of an interval, by some, or for long.
fn pause(random: &mut Random, limit: Limit) -> Time {
    match random.below(8) {
        0 => 0,
        1..6 => random.time_below(limit.span(1)),
        6 => random.time_below(limit.span(limit.burst)),
        _ => limit.span(40),
    }
}

#[test]
fn no_window_holds_more_than_burst_and_rate_allow() {
    let mut random = Random::new();
    for _ in 0..400 {
        let limit = Limit::random(&mut random);
        let mut bucket = limit.bucket();
        let (mut now, mut passed, mut waiting) = (0, Vec::new(), Vec::<(Reserved, usize)>::new());
        for _ in 0..150 {
            now += pause(&mut random, limit);
            waiting.retain(|(reserved, n)| {
                let waits = reserved.at > now;
                if !waits {
                    passed.push((reserved.at, *n));
                }
                waits
            });
            let n = 1 + random.below(limit.burst);
            match random.below(4) {
                0 if !waiting.is_empty() => {
                    let who = random.below(waiting.len());
                    bucket.give_back(&waiting.swap_remove(who).0);
                }
                0 | 1 => {
                    if bucket.take(n, now) {
                        passed.push((now, n));
                    }
                }
                _ => {
                    let reserved = bucket.reserve(n, now, Time::MAX).unwrap();
                    if reserved.at <= now {
                        passed.push((now, n));
                    } else {
                        waiting.push((reserved, n));
                    }
                }
            }
        }
        passed.extend(waiting.into_iter().map(|(reserved, n)| (reserved.at, n)));
        check(limit, passed);
    }
}

/// A refusal is right: with these tokens some window would hold too many. The interval is
/// rounded, which may delay a token by a unit for each one before it.
#[test]
fn nothing_is_refused_without_need() {
    let mut random = Random::new();
    let (mut granted, mut refused) = (0, 0);
    for _ in 0..400 {
        let limit = Limit::random(&mut random);
        let mut bucket = limit.bucket();
        let (mut now, mut passed) = (0, Vec::<(Time, usize)>::new());
        for _ in 0..150 {
            now += pause(&mut random, limit);
            let n = 1 + random.below(limit.burst + 1);
            if bucket.take(n, now) {
                passed.push((now, n));
                granted += 1;
                continue;
            }
            refused += 1;
            let mut sum = n;
            let mut needed = limit.is_exceeded(n, 0);
            for &(from, n) in passed.iter().rev() {
                sum += n;
                needed |= limit.is_exceeded(sum, (now - from).saturating_sub(sum as Time));
            }
            assert!(needed, "{limit:?}: {n} tokens refused at {now} after {passed:?}");
        }
    }
    assert!(granted > 1_000 && refused > 1_000, "{granted} granted, {refused} refused");
}

/// 1000 a second, 3 at once, and a table of what that gives.
#[test]
fn by_the_table() {
    const MS: Time = SECOND / 1000;
    let mut bucket = Bucket::new(1000.0, 3);
    for (now, n, granted) in [
        (0, 3, true),
        (0, 1, false),
        (MS - 1, 1, false),
        (MS, 1, true),
        (MS, 1, false),
        (3 * MS, 2, true),
        (3 * MS, 1, false),
        (4 * MS, 0, true),
        (99 * MS, 4, false), // never so many
        (99 * MS, 3, true),
        (98 * MS, 1, false), // a clock that was read early
    ] {
        assert_eq!(bucket.take(n, now), granted, "{n} at {now}");
    }
}

#[test]
fn reservations_are_in_order_and_go_back_from_the_end() {
    const MS: Time = SECOND / 1000;
    let mut bucket = Bucket::new(1000.0, 2);
    assert!(bucket.take(2, 0));
    let [first, second, third] = [(); 3].map(|()| bucket.reserve(1, 0, Time::MAX).unwrap());
    assert_eq!((first.at, second.at, third.at), (MS, 2 * MS, 3 * MS));
    assert!(!bucket.take(1, 2 * MS), "it is the second one's");
    // Nobody came after the third, so its token is there for the next one.
    bucket.give_back(&third);
    assert!(bucket.reserve(1, 0, 3 * MS - 1).is_none());
    let fourth = bucket.reserve(1, 0, 3 * MS).unwrap();
    assert_eq!(fourth.at, 3 * MS);
    // The fourth waits for its token after the second's.
    bucket.give_back(&second);
    assert!(bucket.reserve(1, 0, 4 * MS - 1).is_none());
    bucket.give_back(&fourth);
    assert_eq!(bucket.reserve(1, 0, Time::MAX).unwrap().at, 3 * MS);
}

#[test]
fn extremes() {
    let forever = from_ns(u128::MAX);
    let mut none = Bucket::new(f64::INFINITY, 1);
    assert!((0..9).all(|n| none.take(usize::MAX, n * 1000) && none.take(1, 0)));

    // One in 10^300 s: the burst, and then nothing.
    let mut slowest = Bucket::new(1e-300, 3);
    assert!(slowest.take(3, from_ns(1)) && !slowest.take(1, forever));
    for _ in 0..9 {
        let reserved = slowest.reserve(3, 0, Time::MAX).unwrap();
        assert!(reserved.at > forever);
        slowest.give_back(&reserved);
    }

    let mut deepest = Bucket::new(1.0, usize::MAX);
    assert!((0..9).all(|_| deepest.take(usize::MAX / 9, forever)));
    assert!(!deepest.take(usize::MAX, forever));

    // More a second than a clock has ticks.
    let mut fastest = Bucket::new(f64::MAX, 5);
    assert!(fastest.take(5, 0) && !fastest.take(1, 0) && fastest.take(5, from_ns(1)));

    assert_eq!(to_ns(from_ns(7)), 7);
    assert_eq!(to_ns(from_ns(7) + 1), 8);
}
