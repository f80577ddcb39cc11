//! How many CPUs this process may run on, counted in logical CPUs.
//!
//! The count is that of the CPU affinity mask (`taskset`, cpusets, `sched_setaffinity`), not of
//! the machine. The kernel keeps one mask per thread: [`affinity_now`] sees the calling thread's.
//! CPU quotas are no part of it; see `cgroup`.
#![expect(unsafe_code, reason = "sched_getaffinity has no safe wrapper in std")]

use std::sync::OnceLock;

/// Mask words of the first attempt: 1024 CPUs, the size of glibc's `cpu_set_t`.
const FIRST_WORDS: usize = 16;

/// Mask words of the last attempt: a million CPUs. Beyond it `EINVAL` means something else.
const MAX_WORDS: usize = 1 << 14;

type Word = libc::c_ulong;

/// CPUs in the affinity mask at the first call of this function; never changes afterwards.
pub(crate) fn num_cpu() -> usize {
    static COUNT: OnceLock<usize> = OnceLock::new();
    *COUNT.get_or_init(affinity_now)
}

/// CPUs in the calling thread's affinity mask at this moment, at least 1.
///
/// Costs one system call and one small allocation. Where the kernel refuses to tell (a seccomp
/// filter), the standard library's guess is used.
pub(crate) fn affinity_now() -> usize {
    count_cpus(read_mask)
        .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from))
}

/// Fills `mask` with the calling thread's affinity, or returns the `errno` value.
fn read_mask(mask: &mut [Word]) -> Result<(), i32> {
    // SAFETY: `mask` is writable for `size_of_val(mask)` bytes, the size passed beside it; the
    // call stores plain bits, and any bits are a valid `Word`. `c_ulong` is aligned as the
    // words of `cpu_set_t` are, and the callee reads no more of the struct than that size.
    let rc = unsafe {
        libc::sched_getaffinity(0, size_of_val(mask), mask.as_mut_ptr().cast::<libc::cpu_set_t>())
    };
    if rc == 0 { Ok(()) } else { Err(std::io::Error::last_os_error().raw_os_error().unwrap_or(0)) }
}

/// Counts the bits `read` reports, with twice the words as long as it answers `EINVAL`: the
/// kernel's word for "my mask is larger than your buffer". `None`: no answer.
fn count_cpus(mut read: impl FnMut(&mut [Word]) -> Result<(), i32>) -> Option<usize> {
    let mut words = FIRST_WORDS;
    while words <= MAX_WORDS {
        let mut mask = vec![0; words];
        match read(&mut mask) {
            Ok(()) => {
                let count: u32 = mask.iter().map(|word| word.count_ones()).sum();
                return usize::try_from(count).ok().filter(|&count| count > 0);
            }
            Err(libc::EINVAL) => words *= 2,
            Err(_) => return None,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A kernel whose mask has `words` words with every second CPU allowed.
    fn kernel_of(words: usize) -> impl FnMut(&mut [Word]) -> Result<(), i32> {
        move |mask| {
            if mask.len() < words {
                return Err(libc::EINVAL);
            }
            mask[..words].fill(Word::MAX / 3);
            Ok(())
        }
    }

    #[test]
    fn counts_bits_and_grows_on_einval() {
        let half = Word::BITS as usize / 2;
        assert_eq!(count_cpus(kernel_of(1)), Some(half));
        assert_eq!(count_cpus(kernel_of(FIRST_WORDS)), Some(FIRST_WORDS * half));
        assert_eq!(count_cpus(kernel_of(FIRST_WORDS + 1)), Some((FIRST_WORDS + 1) * half));
        assert_eq!(count_cpus(kernel_of(MAX_WORDS)), Some(MAX_WORDS * half));
    }

    #[test]
    fn gives_up_on_other_errors_endless_einval_and_empty_masks() {
        let mut calls = 0;
        let denied = count_cpus(|_| {
            calls += 1;
            Err(libc::EPERM)
        });
        assert_eq!((denied, calls), (None, 1));
        assert_eq!(count_cpus(|_| Err(libc::EINVAL)), None);
        assert_eq!(count_cpus(|_| Ok(())), None);
    }

    #[test]
    fn follows_the_affinity_of_the_thread_while_num_cpu_stays() {
        let before = num_cpu();
        // A thread of its own, so that the narrowed mask ends with it.
        std::thread::spawn(move || {
            let mut mask = [0; FIRST_WORDS];
            read_mask(&mut mask).expect("this machine has more than 1024 CPUs: widen the test");
            let at = mask.iter().position(|&word| word != 0).expect("some CPU is allowed");
            let lowest = mask[at] & mask[at].wrapping_neg();
            mask.fill(0);
            mask[at] = lowest;
            // SAFETY: `mask` is readable for the size passed and laid out as a `cpu_set_t`.
            let rc =
                unsafe { libc::sched_setaffinity(0, size_of_val(&mask), mask.as_ptr().cast()) };
            assert_eq!(rc, 0, "sched_setaffinity: {}", std::io::Error::last_os_error());
            assert_eq!(affinity_now(), 1);
            assert_eq!(num_cpu(), before);
        })
        .join()
        .expect("the narrowed thread found what it expected");
        assert_eq!(affinity_now(), before, "only the other thread was narrowed");
    }
}
