//! A worker pool: a bounded channel of jobs, one worker for each processor, a channel of
//! results. The channel of jobs is the queue: a slow job holds up one worker, not the rest.
//!
//! ```text
//! cargo run --release --example worker_pool_cpu
//! ```

use std::time::Instant;

use gmp::chan::bounded;
use gmp::go;

const JOBS: usize = 1000;
const QUEUE: usize = 100;

struct Done {
    job: usize,
    worker: usize,
    primes: usize,
}

#[gmp::main]
fn main() {
    let start = Instant::now();
    let workers = gmp::gomaxprocs(0);
    let (job_sender, jobs) = bounded(QUEUE);
    let (result_sender, results) = bounded(QUEUE);

    go!(move || {
        for job in 0..JOBS {
            job_sender.send(job).unwrap();
        }
    });
    for worker in 0..workers {
        let (jobs, results) = (jobs.clone(), result_sender.clone());
        go!(move || {
            for job in jobs {
                results.send(Done { job, worker, primes: count_primes(job) }).unwrap();
            }
        });
    }
    // The results end when the last worker has dropped its sender.
    drop(result_sender);

    let mut done = [0; JOBS];
    let mut by_worker = vec![0; workers];
    let mut primes = 0;
    for result in results {
        done[result.job] += 1;
        by_worker[result.worker] += 1;
        primes += result.primes;
    }
    let time = start.elapsed();

    println!("{JOBS} jobs in {time:.1?}: {:.0} a second", JOBS as f64 / time.as_secs_f64());
    println!("jobs done by each of the {workers} workers: {by_worker:?}");
    println!("{primes} primes below a million");
    assert_eq!(done, [1; JOBS], "each job is done once");
    assert_eq!(primes, 78_498);
}

/// The number of primes in the `job`th thousand.
fn count_primes(job: usize) -> usize {
    (job * 1000..(job + 1) * 1000).filter(|&n| is_prime(n)).count()
}

fn is_prime(n: usize) -> bool {
    n >= 2 && (2..).take_while(|d| d * d <= n).all(|d| !n.is_multiple_of(d))
}
