//! The note under loom. A missed wake-up shows as a deadlock.

use super::Note;
use crate::prim::checked::{Checked, check};

use loom::thread;
use std::sync::Arc;

/// A sleeper's note and what its waker leaves for it.
struct Mail {
    note: Note,
    letter: Checked<u32>,
}

impl Mail {
    fn new() -> Mail {
        Mail { note: Note::new(), letter: Checked::new(0) }
    }

    fn send(&self, letter: u32) {
        self.letter.set(letter);
        self.note.wake();
    }

    fn receive(&self) -> u32 {
        self.note.sleep();
        self.letter.get()
    }
}

#[test]
fn loom_note_sleeper_against_waker() {
    check(3, || {
        let mail = Arc::new(Mail::new());
        let waker = {
            let mail = mail.clone();
            thread::spawn(move || mail.send(7))
        };
        assert_eq!(mail.receive(), 7);
        waker.join().unwrap();
        assert!(!mail.note.take(), "a token was left after it had been taken");
    });
}

#[test]
fn loom_note_wake_before_sleep() {
    check(3, || {
        let mail = Mail::new();
        mail.send(7);
        assert_eq!(mail.receive(), 7);
        assert!(!mail.note.take(), "a token was left after it had been taken");
    });
}

/// The second wake-up comes as soon as the first was seen, while the sleeper
/// may still be on its way out.
#[test]
fn loom_note_two_rounds() {
    check(3, || {
        let (there, back) = (Arc::new(Mail::new()), Arc::new(Mail::new()));
        let peer = {
            let (there, back) = (there.clone(), back.clone());
            thread::spawn(move || {
                there.send(1);
                assert_eq!(back.receive(), 2);
                there.send(3);
            })
        };
        assert_eq!(there.receive(), 1);
        back.send(2);
        assert_eq!(there.receive(), 3);
        peer.join().unwrap();
        assert!(!there.note.take() && !back.note.take());
    });
}

/// Wake-ups that reach the wrong sleeper (in the model all futexes share one
/// queue) send it back to sleep.
#[test]
fn loom_note_two_sleepers() {
    check(2, || {
        let mails = Arc::new([Mail::new(), Mail::new()]);
        let sleepers = [0, 1].map(|i| {
            let mails = mails.clone();
            thread::spawn(move || assert_eq!(mails[i].receive(), 5 + i as u32))
        });
        mails[1].send(6);
        mails[0].send(5);
        for sleeper in sleepers {
            sleeper.join().unwrap();
        }
    });
}

/// That the model sees a missed wake-up: a waker that forgets the token.
#[test]
#[should_panic(expected = "deadlock")]
fn loom_note_token_is_needed() {
    check(3, || {
        let note = Arc::new(Note::new());
        let waker = {
            let note = note.clone();
            thread::spawn(move || crate::prim::futex_wake(&note.0))
        };
        note.sleep();
        waker.join().unwrap();
    });
}
