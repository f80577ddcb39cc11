//! The note under loom. A missed wake-up shows as a deadlock.

use super::Note;
use crate::prim::checked::{Checked, check};

type Two = [Mail; 2];

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

    fn assert_no_token(&self) {
        assert!(!self.note.take(), "a token was left after it had been taken");
    }
}

#[test]
fn loom_note_sleeper_against_waker() {
    check(
        3,
        Mail::new,
        [|mail| assert_eq!(mail.receive(), 7), |mail| mail.send(7)],
        Mail::assert_no_token,
    );
}

#[test]
fn loom_note_wake_before_sleep() {
    let alone = |mail: &Mail| {
        mail.send(7);
        assert_eq!(mail.receive(), 7);
    };
    check(3, Mail::new, [alone], Mail::assert_no_token);
}

/// The second wake-up comes as soon as the first was seen, while the sleeper
/// may still be on its way out.
#[test]
fn loom_note_two_rounds() {
    check(
        3,
        || -> Two { [Mail::new(), Mail::new()] },
        [
            |[there, back]: &Two| {
                there.send(1);
                assert_eq!(back.receive(), 2);
                there.send(3);
            },
            |[there, back]: &Two| {
                assert_eq!(there.receive(), 1);
                back.send(2);
                assert_eq!(there.receive(), 3);
            },
        ],
        |mails| mails.iter().for_each(Mail::assert_no_token),
    );
}

/// Wake-ups that reach the wrong sleeper (in the model all futexes share one
/// queue) send it back to sleep.
#[test]
fn loom_note_two_sleepers() {
    check(
        2,
        || -> Two { [Mail::new(), Mail::new()] },
        [
            |mails: &Two| assert_eq!(mails[0].receive(), 5),
            |mails| assert_eq!(mails[1].receive(), 6),
            |mails| {
                mails[1].send(6);
                mails[0].send(5);
            },
        ],
        |mails| mails.iter().for_each(Mail::assert_no_token),
    );
}

/// That the model sees a missed wake-up: a waker that leaves no token.
#[test]
#[should_panic(expected = "deadlock")]
fn loom_note_token_is_needed() {
    check(
        3,
        Mail::new,
        [|mail| mail.note.sleep(), |mail| crate::prim::futex_wake(&mail.note.0)],
        |_| (),
    );
}
