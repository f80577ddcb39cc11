//! A room to chat in: what one says, all others hear. One goroutine knows who is in; everybody
//! else talks to it through channels, so there is no lock.

use std::sync::Arc;

use gmp::chan::{Receiver, Sender, bounded};
use gmp::{JoinHandle, go, select};

/// How many lines a member may be behind before it is put out: the room waits for nobody.
pub(crate) const PATIENCE: usize = 4096;

/// What goes into the room. As the channel has no buffer, the room has seen it when the call
/// returns.
#[derive(Clone)]
pub(crate) struct Room {
    entering: Sender<Member>,
    leaving: Sender<u64>,
    lines: Sender<(u64, Arc<str>)>,
}

struct Member {
    id: u64,
    name: String,
    outbox: Sender<Arc<str>>,
}

impl Room {
    /// Its goroutine ends when all handles of the room are gone.
    pub(crate) fn open() -> (Room, JoinHandle<()>) {
        let (entering, to_enter) = bounded(0);
        let (leaving, to_leave) = bounded(0);
        let (lines, said) = bounded(0);
        let keeper = go!(move || keep(&to_enter, &to_leave, &said));
        (Room { entering, leaving, lines }, keeper)
    }

    /// From now on all lines come out of the channel that is returned, a welcome first. It ends
    /// when the member leaves, or is put out.
    pub(crate) fn enter(&self, id: u64, name: String) -> Receiver<Arc<str>> {
        let (outbox, inbox) = bounded(PATIENCE);
        self.entering.send(Member { id, name, outbox }).unwrap();
        inbox
    }

    pub(crate) fn say(&self, id: u64, text: &str) {
        self.lines.send((id, text.into())).unwrap();
    }

    pub(crate) fn leave(&self, id: u64) {
        self.leaving.send(id).unwrap();
    }
}

fn keep(entering: &Receiver<Member>, leaving: &Receiver<u64>, lines: &Receiver<(u64, Arc<str>)>) {
    let mut members = Vec::new();
    loop {
        select! {
            Some(member) = <-entering => {
                spread(&mut members, None, format!("* {} has come", member.name));
                // An error: it has left already, as it is about to say.
                let _ = member.outbox.send(format!("* welcome, {}", member.name).into());
                members.push(member);
            }
            Some(id) = <-leaving => {
                if let Some(i) = members.iter().position(|member| member.id == id) {
                    let name = members.swap_remove(i).name;
                    spread(&mut members, None, format!("* {name} has left"));
                }
            }
            Some((from, text)) = <-lines => {
                if let Some(member) = members.iter().find(|member| member.id == from) {
                    let line = format!("{}: {text}", member.name);
                    spread(&mut members, Some(from), line);
                }
            }
            else => return,
        }
    }
}

/// Gives a line to all but the one it is from.
fn spread(members: &mut Vec<Member>, from: Option<u64>, line: String) {
    let mut lines = vec![(from, Arc::<str>::from(line))];
    while let Some((from, line)) = lines.pop() {
        members.retain(|member| {
            let stays = Some(member.id) == from || member.outbox.try_send(line.clone()).is_ok();
            if !stays {
                lines.push((None, format!("* {} was put out: too slow", member.name).into()));
            }
            stays
        });
    }
}
