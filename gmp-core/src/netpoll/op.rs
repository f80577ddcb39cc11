//! What the sockets see of the poller: a descriptor's record, and operations on it.

use super::desc::{Desc, Dir, Woken};
use super::{count, outside, park, poller, records};
use crate::future::waker::as_ours;
use crate::rt::{Critical, WaitReason};
use crate::sys;
use std::fmt;
use std::io;
use std::os::fd::BorrowedFd;
use std::task::{Context, Poll};

/// Why an operation does not go on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stop {
    /// The descriptor was closed.
    Closed,
    /// The deadline of its direction has passed.
    Deadline,
    /// The operation's own limit has passed.
    Timeout,
}

/// Why a wait ended without reason to try again.
#[derive(Debug)]
pub enum Fail {
    /// It is not to go on.
    Stop(Stop),
    /// The system refuses to watch the descriptor.
    Io(io::Error),
}

impl From<Stop> for Fail {
    fn from(stop: Stop) -> Fail {
        Fail::Stop(stop)
    }
}

/// The waits for one descriptor. Kept beside it, for as long as it is open.
///
/// Making one costs no system call; the first wait registers the descriptor, once, for both
/// directions and edge-triggered.
pub struct PollDesc {
    desc: &'static Desc,
}

impl Default for PollDesc {
    fn default() -> PollDesc {
        PollDesc::new()
    }
}

impl fmt::Debug for PollDesc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PollDesc")
            .field("record", &self.desc.index)
            .field("registered", &self.desc.is_registered())
            .field("closed", &self.desc.is_closed())
            .finish()
    }
}

impl PollDesc {
    /// For a descriptor that was opened just now.
    pub fn new() -> PollDesc {
        let desc = records::take();
        desc.begin_use();
        PollDesc { desc }
    }

    /// Waits for the caller's turn in direction `dir`, which lasts until the `Op` goes.
    ///
    /// # Errors
    /// `Closed`, also if that happens meanwhile.
    #[inline]
    pub fn begin(&self, dir: Dir) -> Result<Op<'_>, Stop> {
        if self.desc.begin(dir) { Ok(Op { of: self, dir }) } else { Err(Stop::Closed) }
    }

    /// Keeps the descriptor open until the `Hold` goes.
    ///
    /// # Errors
    /// `Closed`.
    pub fn hold(&self) -> Result<Hold<'_>, Stop> {
        if self.desc.hold() { Ok(Hold { of: self }) } else { Err(Stop::Closed) }
    }

    /// When operations in direction `dir` end with `Deadline`: those to come, and one that
    /// waits. Nanoseconds of the runtime's clock; `u64::MAX` for never. Costs a store unless
    /// somebody waits.
    pub fn set_deadline(&self, dir: Dir, when: u64) {
        self.desc.set_deadline(dir, when);
        self.rouse(dir);
    }

    /// What `set_deadline` was told last.
    pub fn deadline(&self, dir: Dir) -> u64 {
        self.desc.deadline(dir)
    }

    /// Makes whoever waits look around.
    fn rouse(&self, dir: Dir) {
        let critical = Critical::enter_inside();
        match self.desc.interrupt(dir) {
            Woken::Nobody => {}
            // SAFETY: he waits, and who took him out of the word wakes him, once.
            #[expect(unsafe_code, reason = "whoever waits is on another stack")]
            Woken::Parker(parker) => unsafe { critical.ready(parker) },
            Woken::Foreign => {
                drop(critical);
                let waker = {
                    let _critical = Critical::enter_inside();
                    self.desc.half(dir).waker.with(Option::take)
                };
                if let Some(waker) = waker {
                    waker.wake();
                }
            }
        }
    }

    /// Ends all operations, those that queue included, with `Closed`, waits for them to go,
    /// and closes `fd`: what it stood for is given up at once, its number when the owner
    /// drops it, since others may have borrowed it.
    ///
    /// # Errors
    /// `Closed` if it was before.
    pub fn close(&self, fd: BorrowedFd<'_>) -> Result<(), Stop> {
        if !self.desc.shut() {
            return Err(Stop::Closed);
        }
        Dir::BOTH.into_iter().for_each(|dir| self.rouse(dir));
        self.desc.wait_until_unused();
        self.forget(fd);
        sys::epoll::bury(fd);
        Ok(())
    }

    /// Whether it was closed.
    pub fn is_closed(&self) -> bool {
        self.desc.is_closed()
    }

    /// Takes `fd` out of the poller: before it is dropped, or becomes somebody else's. No
    /// operation runs.
    pub fn forget(&self, fd: BorrowedFd<'_>) {
        if self.desc.is_registered() {
            poller::remove(fd);
            self.desc.set_registered(false);
        }
    }

    /// Async: whether it is worth trying now. If not, the task is woken when it is.
    ///
    /// For who owns the descriptor and does not share it: nobody queues here. A deadline counts
    /// when the task is polled, or when it is set; that it passes wakes nobody.
    pub fn poll(
        &self,
        fd: BorrowedFd<'_>,
        dir: Dir,
        context: &mut Context<'_>,
    ) -> Poll<Result<(), Fail>> {
        if let Err(stop) = self.check(dir) {
            return Poll::Ready(Err(stop.into()));
        }
        let half = self.desc.half(dir);
        if half.word.take() {
            return Poll::Ready(Ok(()));
        }
        if let Err(error) = self.register(fd).and_then(|()| outside::want_thread()) {
            return Poll::Ready(Err(Fail::Io(error)));
        }
        self.leave_waker(dir, context);
        half.begin_wait();
        count::add();
        let (waits, is_new) = half.word.await_as_task();
        if !is_new {
            count::remove();
        }
        if !waits {
            half.word.take();
            return Poll::Ready(Ok(()));
        }
        super::mind_task();
        match self.check(dir) {
            Ok(()) => Poll::Pending,
            Err(stop) => Poll::Ready(Err(stop.into())),
        }
    }

    /// Puts the task's waker where it is looked for.
    fn leave_waker(&self, dir: Dir, context: &Context<'_>) {
        let waker = &self.desc.half(dir).waker;
        // Wakers are user code: cloned before the section, dropped after it.
        let same = {
            let _critical = Critical::enter_inside();
            waker.with(|old| {
                let ours = old.as_ref().filter(|old| as_ours(old).is_some());
                ours.is_some_and(|old| old.will_wake(context.waker()))
            })
        };
        if same {
            return;
        }
        let new = context.waker().clone();
        if as_ours(&new).is_none() {
            outside::want_thread_for_wakers();
        }
        let old = {
            let _critical = Critical::enter_inside();
            waker.with(|old| old.replace(new))
        };
        drop(old);
    }

    /// Async: what was tried has not used up what there is.
    pub fn more(&self, dir: Dir) {
        self.desc.half(dir).word.put();
    }

    /// Async: after a read or write that moved fewer bytes than it could have: whether all
    /// there was is used up.
    pub fn is_drained(&self, dir: Dir) -> bool {
        !self.desc.is_hung_up(dir)
    }

    fn check(&self, dir: Dir) -> Result<(), Stop> {
        if self.desc.is_closed() {
            return Err(Stop::Closed);
        }
        let deadline = self.desc.deadline(dir);
        if deadline != u64::MAX && deadline <= sys::monotonic_ns() {
            return Err(Stop::Deadline);
        }
        Ok(())
    }

    fn register(&self, fd: BorrowedFd<'_>) -> io::Result<()> {
        if self.desc.is_registered() {
            return Ok(());
        }
        // Two may come here at once: the second one's request is then found to be fulfilled.
        poller::add(fd, self.desc.tag())?;
        self.desc.set_registered(true);
        Ok(())
    }
}

impl Drop for PollDesc {
    fn drop(&mut self) {
        let wakers = {
            let _critical = Critical::enter_inside();
            self.desc.end_use()
        };
        records::give_back(self.desc);
        drop(wakers);
    }
}

/// A turn in one direction.
#[derive(Debug)]
pub struct Op<'a> {
    of: &'a PollDesc,
    dir: Dir,
}

impl Op<'_> {
    /// Whether to try: false if it is known that there is nothing. Uses up what is known.
    ///
    /// # Errors
    /// `Closed`, and `Deadline`, whatever there may be.
    #[inline]
    pub fn may_try(&self) -> Result<bool, Stop> {
        self.of.check(self.dir)?;
        Ok(self.of.desc.half(self.dir).word.take())
    }

    /// After an attempt that came to an end, well or not. `short`: it moved some bytes of a
    /// stream, but fewer than it could have, so there are no more.
    #[inline]
    pub fn more(&self, short: bool) {
        if !short || self.of.desc.is_hung_up(self.dir) {
            self.of.desc.half(self.dir).word.put();
        }
    }

    /// Waits until it is worth trying, no longer than until `limit` (nanoseconds of the
    /// runtime's clock; `u64::MAX` for ever). May return too soon.
    ///
    /// # Errors
    /// Why it should not be tried again.
    pub fn wait(&self, fd: BorrowedFd<'_>, limit: u64) -> Result<(), Fail> {
        self.of.register(fd).and_then(|()| outside::want_thread()).map_err(Fail::Io)?;
        let desc = self.of.desc;
        let critical = Critical::enter();
        let word = &desc.half(self.dir).word;
        if !word.announce() {
            return Ok(());
        }
        desc.half(self.dir).begin_wait();
        // (W2) Looked at after it was announced: who changes them looks at the word then.
        let deadline = desc.deadline(self.dir);
        let until = deadline.min(limit);
        let stop = if desc.is_closed() {
            Some(Stop::Closed)
        } else if until != u64::MAX && until <= sys::monotonic_ns() {
            Some(if deadline <= limit { Stop::Deadline } else { Stop::Timeout })
        } else {
            None
        };
        if let Some(stop) = stop {
            word.withdraw();
            return Err(stop.into());
        }
        park::park(word, critical, WaitReason::IoWait, until, true);
        Ok(())
    }
}

impl Drop for Op<'_> {
    #[inline]
    fn drop(&mut self) {
        self.of.desc.end(self.dir);
    }
}

/// Keeps a descriptor open.
#[derive(Debug)]
pub struct Hold<'a> {
    of: &'a PollDesc,
}

impl Drop for Hold<'_> {
    fn drop(&mut self) {
        self.of.desc.release();
    }
}
