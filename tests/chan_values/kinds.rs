//! Values of many sizes and alignments that say when they are dropped, and the book in which
//! that is written down.

use std::marker::PhantomData;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

/// Pages of the books that are open, by the one byte that the smallest values have room for.
static PAGES: Mutex<[Option<Arc<Page>>; 256]> = Mutex::new([const { None }; 256]);

#[derive(Default)]
struct Page {
    made: AtomicUsize,
    dropped: AtomicUsize,
    /// Drops of each value that has room for a number.
    each: Mutex<Vec<u8>>,
}

fn page(id: u8) -> Arc<Page> {
    let page = PAGES.lock().unwrap()[usize::from(id)].clone();
    page.expect("a value is dropped whose book was already closed in order")
}

/// What became of the values of one scenario.
pub(crate) struct Book {
    id: u8,
    page: Arc<Page>,
}

impl Book {
    pub(crate) fn open() -> Book {
        let mut pages = PAGES.lock().unwrap();
        let free = pages.iter().position(Option::is_none).expect("no more than 256 books");
        let page = Arc::<Page>::default();
        pages[free] = Some(Arc::clone(&page));
        Book { id: u8::try_from(free).unwrap(), page }
    }

    /// How many of its values exist now.
    pub(crate) fn living(&self) -> usize {
        self.page.made.load(SeqCst) - self.page.dropped.load(SeqCst)
    }

    pub(crate) fn made(&self) -> usize {
        self.page.made.load(SeqCst)
    }

    /// Checks that every value was dropped once.
    #[track_caller]
    pub(crate) fn close(self) {
        let (made, dropped) = (self.made(), self.page.dropped.load(SeqCst));
        assert_eq!(dropped, made, "values dropped, of those made");
        let each = self.page.each.lock().unwrap();
        assert!(each.iter().all(|&drops| drops == 1), "drops by number: {each:?}");
        drop(each);
        PAGES.lock().unwrap()[usize::from(self.id)] = None;
    }

    /// Checks that no value was dropped twice. For those whose owner was forgotten; the book
    /// stays open for them.
    #[track_caller]
    pub(crate) fn leave_open(self) {
        let each = self.page.each.lock().unwrap();
        assert!(each.iter().all(|&drops| drops <= 1), "drops by number: {each:?}");
        assert!(self.page.dropped.load(SeqCst) <= self.made());
    }
}

/// The identity of a value with room for three bytes: its book and its number there.
struct Key([u8; 3]);

impl Key {
    fn new(book: &Book) -> Key {
        book.page.made.fetch_add(1, SeqCst);
        let mut each = book.page.each.lock().unwrap();
        let [high, low] = u16::try_from(each.len()).unwrap().to_be_bytes();
        each.push(0);
        Key([book.id, high, low])
    }

    fn number(&self) -> u16 {
        u16::from_be_bytes([self.0[1], self.0[2]])
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        let page = page(self.0[0]);
        page.dropped.fetch_add(1, SeqCst);
        page.each.lock().unwrap()[usize::from(self.number())] += 1;
    }
}

/// A kind of value.
pub(crate) trait Value: Sized + Send + 'static {
    fn make(book: &Book) -> Self;

    /// Panics if it is not, bit for bit, what `make` made.
    fn check(&self) {}
}

/// 1 byte.
pub(crate) struct Byte(u8);

impl Value for Byte {
    fn make(book: &Book) -> Byte {
        book.page.made.fetch_add(1, SeqCst);
        Byte(book.id)
    }
}

impl Drop for Byte {
    fn drop(&mut self) {
        page(self.0).dropped.fetch_add(1, SeqCst);
    }
}

/// 3 bytes: no power of two, and never aligned.
pub(crate) struct Three(#[expect(dead_code, reason = "kept for its drop")] Key);

impl Value for Three {
    fn make(book: &Book) -> Three {
        Three(Key::new(book))
    }
}

/// 64 KiB, the most that Go lets an element have.
pub(crate) struct Large {
    key: Key,
    fill: [u8; 65_533],
}

impl Value for Large {
    fn make(book: &Book) -> Large {
        let key = Key::new(book);
        let fill = [key.number() as u8; 65_533];
        Large { key, fill }
    }

    fn check(&self) {
        let expected = self.key.number() as u8;
        assert!(self.fill.iter().all(|&byte| byte == expected), "torn");
    }
}

/// At addresses that are multiples of 64.
#[repr(align(64))]
pub(crate) struct Aligned(#[expect(dead_code, reason = "kept for its drop")] Key);

impl Value for Aligned {
    fn make(book: &Book) -> Aligned {
        Aligned(Key::new(book))
    }

    fn check(&self) {
        assert_eq!((&raw const *self).addr() % 64, 0, "not aligned");
    }
}

/// On the heap, with a pointer that is never null.
pub(crate) struct Boxed(Box<(Key, u16)>);

impl Value for Boxed {
    fn make(book: &Book) -> Boxed {
        let key = Key::new(book);
        let number = key.number();
        Boxed(Box::new((key, number)))
    }

    fn check(&self) {
        assert_eq!(self.0.0.number(), self.0.1);
    }
}

/// Three words and more, with memory of its own.
pub(crate) struct Text(String, Key);

impl Value for Text {
    fn make(book: &Book) -> Text {
        let key = Key::new(book);
        Text(key.number().to_string(), key)
    }

    fn check(&self) {
        assert_eq!(self.0, self.1.number().to_string());
    }
}

/// Makes a type of its own of each test's [`Zst`]s, which have no room to say whose they are.
pub(crate) trait Place: 'static {
    /// Where the id of the book is kept.
    fn book() -> &'static AtomicU8;
}

/// Without a size, but with a `Drop`.
pub(crate) struct Zst<P: Place>(PhantomData<fn() -> P>);

impl<P: Place> Value for Zst<P> {
    fn make(book: &Book) -> Zst<P> {
        P::book().store(book.id, SeqCst);
        book.page.made.fetch_add(1, SeqCst);
        Zst(PhantomData)
    }
}

impl<P: Place> Drop for Zst<P> {
    fn drop(&mut self) {
        page(P::book().load(SeqCst)).dropped.fetch_add(1, SeqCst);
    }
}

/// Runs `scenario::<V>(args)` with every kind of value.
macro_rules! each_kind {
    ($scenario:ident $(, $arg:expr)* $(,)?) => {{
        use $crate::kinds::{Boxed, Text};
        $crate::kinds::each_plain_kind!($scenario $(, $arg)*);
        $scenario::<Boxed>($($arg),*);
        $scenario::<Text>($($arg),*);
    }};
}
pub(crate) use each_kind;

/// The same with those kinds only that own no memory, for what is leaked on purpose.
macro_rules! each_plain_kind {
    ($scenario:ident $(, $arg:expr)* $(,)?) => {{
        use $crate::kinds::{Aligned, Byte, Large, Place, Three, Zst};
        struct Here;
        static BOOK: std::sync::atomic::AtomicU8 = std::sync::atomic::AtomicU8::new(0);
        impl Place for Here {
            fn book() -> &'static std::sync::atomic::AtomicU8 {
                &BOOK
            }
        }
        $scenario::<Byte>($($arg),*);
        $scenario::<Three>($($arg),*);
        $scenario::<Large>($($arg),*);
        $scenario::<Aligned>($($arg),*);
        $scenario::<Zst<Here>>($($arg),*);
    }};
}
pub(crate) use each_plain_kind;
