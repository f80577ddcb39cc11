//! What `select!` hands over. Above all its operands: any expression that is, borrows or
//! may hold one end of a channel, to an `Option` of a reference to that end.
//!
//! `select!` calls a method on six references to an operand. To find it rustc takes one
//! reference off after the other, and each kind of operand has an `impl` for its own number
//! of them, so the first kind that fits is taken:
//!
//! 1. an end of a channel, or std's references, boxes and options of one: [`ReceiverLike`];
//! 2. what derefs to such a thing, or to what does, up to three times: the user's pointers;
//! 3. the other end: an error that says so;
//! 4. anything: an error that names the end that is expected.
//!
//! The first kind is taken as well while the type of a channel's values is still to be
//! inferred.

use std::ops::Deref;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{RecvError, SendError};

use super::{SendArm, send_one, try_send_one};
use crate::{Receiver, Sender};

/// What can be received from.
#[diagnostic::on_unimplemented(
    message = "a `Receiver` is needed here, and `{Self}` is none",
    label = "this is no `Receiver`",
    note = "select! receives from a `Receiver<T>`, from a reference or a smart pointer to one, and \
            from an `Option` of any of these, where `None` is a channel that is never ready"
)]
pub trait ReceiverLike {
    /// The type of the values.
    type Item;

    /// The receiver, if there is one.
    fn receiver(&self) -> Option<&Receiver<Self::Item>>;
}

/// What can be sent to.
#[diagnostic::on_unimplemented(
    message = "a `Sender` is needed here, and `{Self}` is none",
    label = "this is no `Sender`",
    note = "select! sends to a `Sender<T>`, to a reference or a smart pointer to one, and to an \
            `Option` of any of these, where `None` is a channel that is never ready"
)]
pub trait SenderLike {
    /// The type of the values.
    type Item;

    /// The sender, if there is one.
    fn sender(&self) -> Option<&Sender<Self::Item>>;
}

impl<T> ReceiverLike for Receiver<T> {
    type Item = T;

    #[inline]
    fn receiver(&self) -> Option<&Receiver<T>> {
        Some(self)
    }
}

impl<T> SenderLike for Sender<T> {
    type Item = T;

    #[inline]
    fn sender(&self) -> Option<&Sender<T>> {
        Some(self)
    }
}

/// A bound that no sender meets.
#[diagnostic::on_unimplemented(
    message = "this arm receives, and `{Self}` is the sending end of a channel",
    label = "a `Sender` cannot be received from",
    note = "`tx <- value` sends; to receive, write `v = <-rx` with the channel's `Receiver`"
)]
pub trait Receives {}

/// A bound that no receiver meets.
#[diagnostic::on_unimplemented(
    message = "this arm sends, and `{Self}` is the receiving end of a channel",
    label = "a `Receiver` cannot be sent to",
    note = "`v = <-rx` receives; to send, write `tx <- value` with the channel's `Sender`"
)]
pub trait Sends {}

/// What both ends have in common, which is all but the errors.
macro_rules! end {
    ($End:ident, $Like:ident, $end:ident, $Operand:ident, $method:ident,
     $Direct:ident, $Pointer:ident, $PointerTwice:ident, $PointerThrice:ident) => {
        end!(@pointers $End, $Like, $end, &X, &mut X, Box<X>, Rc<X>, Arc<X>);

        #[diagnostic::do_not_recommend]
        impl<X: $Like> $Like for Option<X> {
            type Item = X::Item;

            #[inline]
            fn $end(&self) -> Option<&$End<X::Item>> {
                self.as_ref().and_then(X::$end)
            }
        }

        /// An operand, or none where its arm is disabled.
        pub struct $Operand<'a, X: ?Sized>(pub Option<&'a X>);

        impl<X: ?Sized> std::fmt::Debug for $Operand<'_, X> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_tuple(stringify!($Operand)).field(&self.0.is_some()).finish()
            }
        }

        /// The first kind.
        pub trait $Direct<'a> {
            /// The type of the values.
            type Item: 'a;
            /// The end of the channel.
            fn $method(&self) -> Option<&'a $End<Self::Item>>;
        }

        impl<'a, X: $Like<Item: 'a> + ?Sized> $Direct<'a> for &&&&&$Operand<'a, X> {
            type Item = X::Item;

            #[inline]
            fn $method(&self) -> Option<&'a $End<X::Item>> {
                self.0.and_then(X::$end)
            }
        }

        end!(@derefs $End, $Operand, $method, $Pointer, [&&&&],
            [Deref<Target: $Like<Item: 'a>>], [<X::Target as $Like>::Item],
            |operand| operand.deref().$end());
        end!(@derefs $End, $Operand, $method, $PointerTwice, [&&&],
            [Deref<Target: Deref<Target: $Like<Item: 'a>>>],
            [<<X::Target as Deref>::Target as $Like>::Item],
            |operand| operand.deref().deref().$end());
        end!(@derefs $End, $Operand, $method, $PointerThrice, [&&],
            [Deref<Target: Deref<Target: Deref<Target: $Like<Item: 'a>>>>],
            [<<<X::Target as Deref>::Target as Deref>::Target as $Like>::Item],
            |operand| operand.deref().deref().deref().$end());
    };
    (@pointers $End:ident, $Like:ident, $end:ident, $($Pointer:ty),*) => {$(
        #[diagnostic::do_not_recommend]
        impl<X: $Like + ?Sized> $Like for $Pointer {
            type Item = X::Item;

            #[inline]
            fn $end(&self) -> Option<&$End<X::Item>> {
                (**self).$end()
            }
        }
    )*};
    (@derefs $End:ident, $Operand:ident, $method:ident, $Pointer:ident, [$($refs:tt)*],
     [$($bound:tt)*], [$Item:ty], $read:expr) => {
        /// The second kind.
        pub trait $Pointer<'a> {
            /// The type of the values.
            type Item: 'a;
            /// The end of the channel.
            fn $method(&self) -> Option<&'a $End<Self::Item>>;
        }

        impl<'a, X: $($bound)* + ?Sized> $Pointer<'a> for $($refs)* $Operand<'a, X> {
            type Item = $Item;

            #[inline]
            fn $method(&self) -> Option<&'a $End<Self::Item>> {
                self.0.and_then($read)
            }
        }
    };
}

end!(
    Receiver,
    ReceiverLike,
    receiver,
    RecvOperand,
    __gmp_receiver,
    DirectReceiver,
    PointerToReceiver,
    PointerTwiceToReceiver,
    PointerThriceToReceiver
);
end!(
    Sender,
    SenderLike,
    sender,
    SendOperand,
    __gmp_sender,
    DirectSender,
    PointerToSender,
    PointerTwiceToSender,
    PointerThriceToSender
);

/// The third kind, for a receive. The bound, which nothing meets, is the error.
pub trait SenderForReceiver<'a, X: ?Sized> {
    /// Cannot be called.
    fn __gmp_receiver(&self) -> Option<&'a Receiver<X::Item>>
    where
        X: Receives + SenderLike;
}

impl<'a, X: SenderLike + ?Sized> SenderForReceiver<'a, X> for &RecvOperand<'a, X> {
    fn __gmp_receiver(&self) -> Option<&'a Receiver<X::Item>>
    where
        X: Receives + SenderLike,
    {
        None
    }
}

/// The third kind, for a send.
pub trait ReceiverForSender<'a, X: ?Sized> {
    /// Cannot be called.
    fn __gmp_sender(&self) -> Option<&'a Sender<X::Item>>
    where
        X: Sends + ReceiverLike;
}

impl<'a, X: ReceiverLike + ?Sized> ReceiverForSender<'a, X> for &SendOperand<'a, X> {
    fn __gmp_sender(&self) -> Option<&'a Sender<X::Item>>
    where
        X: Sends + ReceiverLike,
    {
        None
    }
}

/// The fourth kind, for a receive. The bound, which the first kind has met, is the error.
pub trait NoReceiver<'a, X: ?Sized> {
    /// Cannot be called.
    fn __gmp_receiver(&self) -> Option<&'a Receiver<X::Item>>
    where
        X: ReceiverLike;
}

impl<'a, X: ?Sized> NoReceiver<'a, X> for RecvOperand<'a, X> {
    fn __gmp_receiver(&self) -> Option<&'a Receiver<X::Item>>
    where
        X: ReceiverLike,
    {
        self.0.and_then(X::receiver)
    }
}

/// The fourth kind, for a send.
pub trait NoSender<'a, X: ?Sized> {
    /// Cannot be called.
    fn __gmp_sender(&self) -> Option<&'a Sender<X::Item>>
    where
        X: SenderLike;
}

impl<'a, X: ?Sized> NoSender<'a, X> for SendOperand<'a, X> {
    fn __gmp_sender(&self) -> Option<&'a Sender<X::Item>>
    where
        X: SenderLike,
    {
        self.0.and_then(X::sender)
    }
}

/// The methods' traits, for a glob import that names nothing in the user's code.
pub mod operands {
    pub use super::{
        DirectReceiver as _, DirectSender as _, NoReceiver as _, NoSender as _,
        PointerThriceToReceiver as _, PointerThriceToSender as _, PointerToReceiver as _,
        PointerToSender as _, PointerTwiceToReceiver as _, PointerTwiceToSender as _,
        ReceiverForSender as _, SenderForReceiver as _,
    };
}

/// A sender and what is to be sent. As fields of a struct the two are checked against each
/// other, and a value of the wrong type is reported as just that.
#[derive(Debug)]
pub struct Offer<'a, T> {
    /// `None`: it is never sent.
    pub sender: Option<&'a Sender<T>>,
    /// What is to be sent.
    pub value: T,
}

impl<'a, T> Offer<'a, T> {
    /// The arm of a select.
    #[inline]
    pub fn arm(self) -> SendArm<'a, T> {
        SendArm::new(self.sender, Some(self.value))
    }

    /// The same; without an offer it never fires.
    #[inline]
    pub fn arm_if(offer: Option<Self>) -> SendArm<'a, T> {
        match offer {
            Some(offer) => offer.arm(),
            None => SendArm::new(None, None),
        }
    }

    /// See [`send_one`].
    #[inline]
    pub fn send(self) -> Result<(), SendError<T>> {
        send_one(self.sender, self.value)
    }

    /// See [`try_send_one`].
    #[inline]
    pub fn try_send(self) -> Option<Result<(), SendError<T>>> {
        try_send_one(self.sender, self.value)
    }
}

/// A duration, for the same reason.
#[derive(Debug)]
pub struct For {
    /// How long to wait.
    pub duration: Duration,
}

/// Go's comma-ok: the value, and whether there is one.
#[inline]
pub fn comma_ok<T>(result: Result<T, RecvError>) -> (Option<T>, bool) {
    match result {
        Ok(value) => (Some(value), true),
        Err(RecvError) => (None, false),
    }
}
