//! Publish and subscribe: a broker goroutine passes each message on to the subscribers of its
//! topic. Subscribers come and go while it runs.
//!
//! ```text
//! cargo run --release --example pubsub
//! ```
//!
//! The broker never waits for a subscriber, so a slow one holds up nobody. Each has a bounded
//! channel of its own; what comes while that is full is lost to it alone, and the next message
//! it gets says how many were. So a slow subscriber reads old messages without a gap up to the
//! first loss. To lose the oldest instead, it would have to take them out of its own channel.

#[path = "support/leftover.rs"]
mod leftover;

use std::collections::HashMap;
use std::sync::Arc;

use gmp::chan::{Receiver, Sender, TrySendError, bounded};
use gmp::{JoinHandle, go, num_goroutine, select};

/// What a subscriber gets.
struct Message {
    text: Arc<str>,
    /// How many messages it lost since the one before.
    lost: usize,
}

struct Subscription {
    topic: &'static str,
    outbox: Sender<Message>,
}

struct Publication {
    topic: &'static str,
    text: Arc<str>,
}

/// The handle of a broker. Both channels have no buffer: when a call returns the broker has
/// taken what it was given, so who subscribes gets what is published from then on.
struct Broker {
    subscriptions: Sender<Subscription>,
    publications: Sender<Publication>,
    broker: JoinHandle<Report>,
}

/// What a broker did.
#[derive(Debug, Default, PartialEq)]
struct Report {
    published: usize,
    delivered: usize,
    lost: usize,
    /// Subscribers found to have left.
    left: usize,
}

impl Broker {
    fn start() -> Broker {
        let (subscriptions, new_subscriptions) = bounded(0);
        let (publications, new_publications) = bounded(0);
        let broker = go!(<Report> { broker(&new_subscriptions, &new_publications) });
        Broker { subscriptions, publications, broker }
    }

    /// A subscriber leaves by dropping the receiver; the broker finds out at the next message
    /// of the topic.
    fn subscribe(&self, topic: &'static str, room: usize) -> Receiver<Message> {
        let (outbox, inbox) = bounded(room);
        self.subscriptions.send(Subscription { topic, outbox }).unwrap();
        inbox
    }

    fn publish(&self, topic: &'static str, text: String) {
        self.publications.send(Publication { topic, text: text.into() }).unwrap();
    }

    /// Subscribers get what they have not read yet, then their channels end.
    fn close(self) -> Report {
        self.publications.close();
        self.broker.join().unwrap()
    }
}

fn broker(subscriptions: &Receiver<Subscription>, publications: &Receiver<Publication>) -> Report {
    let mut topics = HashMap::<&str, Vec<Outbox>>::new();
    let mut report = Report::default();
    loop {
        select! {
            Some(Subscription { topic, outbox }) = <-subscriptions => {
                topics.entry(topic).or_default().push(Outbox { messages: outbox, lost: 0 });
            }
            Some(Publication { topic, text }) = <-publications => {
                report.published += 1;
                if let Some(outboxes) = topics.get_mut(topic) {
                    outboxes.retain_mut(|outbox| outbox.deliver(&text, &mut report));
                }
            }
            // Closed. What the subscribers receive from ends as `topics` is dropped.
            else => return report,
        }
    }
}

struct Outbox {
    messages: Sender<Message>,
    /// Since the last message delivered.
    lost: usize,
}

impl Outbox {
    /// False: the subscriber has left.
    fn deliver(&mut self, text: &Arc<str>, report: &mut Report) -> bool {
        match self.messages.try_send(Message { text: text.clone(), lost: self.lost }) {
            Ok(()) => {
                self.lost = 0;
                report.delivered += 1;
                true
            }
            Err(TrySendError::Full(_)) => {
                self.lost += 1;
                report.lost += 1;
                true
            }
            Err(TrySendError::Disconnected(_)) => {
                report.left += 1;
                false
            }
        }
    }
}

/// What a subscriber got: its messages, and how many it lost.
type Got = (Vec<Arc<str>>, usize);

/// A subscriber that reads as soon as it can, and says so.
fn reader(inbox: Receiver<Message>, read: Sender<()>) -> Got {
    inbox.into_iter().fold(Got::default(), move |mut got, Message { text, lost }| {
        got.0.push(text);
        got.1 += lost;
        read.send(()).unwrap();
        got
    })
}

const ROOM: usize = 8;
const BURSTS: usize = 100;
const MESSAGES: usize = BURSTS * ROOM;

#[gmp::main]
fn main() {
    let goroutines = num_goroutine();
    let broker = Broker::start();
    let (read, reads) = bounded(0);
    // A burst fits into the room of a subscriber: whoever has read one has room for the next.
    let burst = |readers: usize| {
        for number in 0..ROOM {
            broker.publish("wind", format!("gust {number}"));
        }
        assert_eq!(reads.iter().take(readers * ROOM).count(), readers * ROOM);
    };

    let alice = go!(<Got> reader(broker.subscribe("wind", ROOM), read.clone()));
    let bob = broker.subscribe("wind", ROOM);
    let slow = broker.subscribe("wind", ROOM);
    let carol = broker.subscribe("rain", ROOM);
    burst(1);
    // Bob has seen enough.
    let by_bob = bob.try_iter().count();
    drop(bob);
    for _ in 1..BURSTS / 2 {
        burst(1);
    }
    // Dave joins half-way.
    let dave = go!(<Got> reader(broker.subscribe("wind", ROOM), read));
    for _ in BURSTS / 2..BURSTS {
        burst(2);
    }
    // The slow one begins to read when all is over but the last message.
    let by_slow: Vec<Message> = slow.try_iter().collect();
    broker.publish("wind", "calm".to_owned());
    assert_eq!(reads.iter().take(2).count(), 2);
    broker.publish("rain", "drizzle".to_owned());
    broker.publish("snow", "nobody listens".to_owned());
    let report = broker.close();

    let (by_alice, by_dave) = (alice.join().unwrap(), dave.join().unwrap());
    let last: Vec<Message> = slow.iter().collect();
    let by_carol: Vec<Message> = carol.iter().collect();
    println!("alice got {}, lost {}", by_alice.0.len(), by_alice.1);
    println!("dave, who came half-way, got {}, lost {}", by_dave.0.len(), by_dave.1);
    println!("bob, who left early, got {by_bob}");
    println!("carol, on another topic, got {}", by_carol.len());
    println!(
        "the slow one got {}, then {:?} after {} lost",
        by_slow.len(),
        last[0].text,
        last[0].lost
    );
    println!("{report:?}");

    assert_eq!((by_alice.0.len(), by_alice.1), (MESSAGES + 1, 0));
    assert_eq!((by_dave.0.len(), by_dave.1), (MESSAGES / 2 + 1, 0));
    assert_eq!((by_alice.0.last(), by_dave.0.last()), (Some(&"calm".into()), Some(&"calm".into())));
    assert_eq!(by_bob, ROOM);
    assert_eq!(by_carol.len(), 1);
    assert_eq!(&*by_carol[0].text, "drizzle");
    assert_eq!(by_slow.len(), ROOM);
    for (number, message) in by_slow.iter().enumerate() {
        assert_eq!((&*message.text, message.lost), (&*format!("gust {number}"), 0));
    }
    assert_eq!((last.len(), last[0].lost), (1, MESSAGES - ROOM));
    let delivered = (MESSAGES + 1) + (MESSAGES / 2 + 1) + (ROOM + 1) + ROOM + 1;
    let lost = MESSAGES - ROOM;
    assert_eq!(report, Report { published: MESSAGES + 3, delivered, lost, left: 1 });
    leftover::assert_no_more_than(goroutines);
}
