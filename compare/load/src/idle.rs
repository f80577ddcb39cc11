//! Connections that have made one request and then stay as they are.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::Outcome;
use crate::client::Client;
use crate::work::Work;

/// How many connect before the first of them must be served: less than any server's queue.
const BATCH: usize = 64;
/// Files of other kinds: the standard ones, epoll, pipes, a reserve.
const OTHERS: u64 = 64;

/// Connects `count` clients in batches, each of which makes one request.
pub(crate) fn connect(count: usize, port: u16, work: &Work) -> Outcome<Vec<Client>> {
    let mut buffer = vec![0; 16 * 1024];
    let mut clients = Vec::with_capacity(count);
    for first in (0..count).step_by(BATCH) {
        let batch = first..count.min(first + BATCH);
        for index in batch.clone() {
            let mut client = Client::connect(port, index)?;
            client.begin(work)?;
            clients.push(client);
        }
        for client in &mut clients[batch] {
            client.finish(work, &mut buffer)?;
        }
    }
    Ok(clients)
}

/// Fails unless every hundredth of `clients` can still make a request.
pub(crate) fn alive(clients: &mut [Client], work: &Work) -> Outcome {
    let mut buffer = vec![0; 16 * 1024];
    for client in clients.iter_mut().step_by(100) {
        let served = client.begin(work).and_then(|()| client.finish(work, &mut buffer));
        served.map_err(|what| format!("a connection that was idle: {what}"))?;
    }
    Ok(())
}

/// Raises the limit of open files, which the server inherits, as far as it goes; returns how
/// many of `wanted` connections there may be.
pub(crate) fn raise_files(wanted: usize) -> Outcome<usize> {
    let failed = |error| format!("the limit of open files: {error}");
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).map_err(failed)?;
    let needed = wanted as u64 + OTHERS;
    if soft < hard {
        setrlimit(Resource::RLIMIT_NOFILE, hard, hard).map_err(failed)?;
    }
    if hard < needed {
        // Root may go beyond it.
        let raised = setrlimit(Resource::RLIMIT_NOFILE, needed, needed);
        if raised.is_err() {
            return Ok(hard.saturating_sub(OTHERS) as usize);
        }
    }
    Ok(wanted)
}
