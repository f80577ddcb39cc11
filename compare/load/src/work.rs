//! What is asked of the servers, row by row, and what they must answer.

use crate::Outcome;
use crate::http;

/// One row of the comparison, as the clients run it.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    /// Connections that each send the next request when they have the answer.
    pub(crate) busy: usize,
    /// Connections that have made one request and wait; 1000 in a quick run.
    pub(crate) idle: usize,
    kind: Kind,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Hello,
    Json,
    Echo,
}

const ROWS: [Row; 6] = [
    Row { name: "http_1", busy: 1, idle: 0, kind: Kind::Hello },
    Row { name: "http_64", busy: 64, idle: 0, kind: Kind::Hello },
    Row { name: "http_1000", busy: 1000, idle: 0, kind: Kind::Hello },
    Row { name: "http_idle", busy: 64, idle: 10_000, kind: Kind::Hello },
    Row { name: "json_64", busy: 64, idle: 0, kind: Kind::Json },
    Row { name: "tcp_64", busy: 64, idle: 0, kind: Kind::Echo },
];

pub(crate) fn find(name: &str) -> Option<&'static Row> {
    const { &ROWS }.iter().find(|row| row.name == name)
}

pub(crate) fn names() -> String {
    ROWS.map(|row| row.name).join(", ")
}

/// Requests that differ where a server could otherwise answer by heart, made beforehand.
const VARIANTS: usize = 64;

/// The requests of a row, and their answers.
#[derive(Debug)]
pub(crate) struct Work {
    turns: Vec<Turn>,
}

/// One request and its answer.
#[derive(Debug)]
struct Turn {
    request: Vec<u8>,
    answer: Answer,
}

#[derive(Debug)]
enum Answer {
    /// These bytes.
    Bytes,
    /// A response with this body.
    Http(http::Expected),
}

impl Work {
    /// For a server at `port`.
    pub(crate) fn new(row: &Row, port: u16) -> Self {
        let turns = match row.kind {
            Kind::Hello => vec![hello(port)],
            Kind::Json => (0..VARIANTS).map(|number| json(port, number)).collect(),
            Kind::Echo => (0..VARIANTS).map(echo).collect(),
        };
        Self { turns }
    }

    /// The request of turn `turn`.
    pub(crate) fn request(&self, turn: usize) -> &[u8] {
        &self.turns[turn % self.turns.len()].request
    }

    /// Whether `bytes` are the whole answer of turn `turn`; an error where they cannot become
    /// it. `length` is that of the connection's answers, 0 until the first one.
    pub(crate) fn check(&self, turn: usize, bytes: &[u8], length: &mut usize) -> Outcome<bool> {
        let Turn { request, answer } = &self.turns[turn % self.turns.len()];
        match answer {
            Answer::Http(expected) => expected.check(bytes, length),
            Answer::Bytes if bytes == request => Ok(true),
            Answer::Bytes if request.starts_with(bytes) => Ok(false),
            Answer::Bytes => {
                Err("the bytes that come back are not those that were sent".to_owned())
            }
        }
    }
}

fn hello(port: u16) -> Turn {
    let request = format!("GET / HTTP/1.1\r\n{}\r\n", head(port));
    let answer = http::Expected::new("text/plain", "Hello, world!");
    Turn { request: request.into_bytes(), answer: Answer::Http(answer) }
}

fn json(port: u16, number: usize) -> Turn {
    // Written as both serde_json and Go's encoding/json write it.
    let body = format!(
        "{{\"id\":{},\"name\":\"gopher {}\",\"email\":\"gopher@example.org\",\
         \"tags\":[\"go\",\"rust\",\"http\"],\"score\":{}.25,\"active\":true}}",
        1_000_000 + number * 7919,
        100 + number,
        10 + number
    );
    let request = format!(
        "POST / HTTP/1.1\r\n{}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        head(port),
        body.len()
    );
    let answer = http::Expected::new("application/json", &body);
    Turn { request: request.into_bytes(), answer: Answer::Http(answer) }
}

/// What a usual client says of itself.
fn head(port: u16) -> String {
    format!("Host: 127.0.0.1:{port}\r\nUser-Agent: compare-load\r\nAccept: */*\r\n")
}

fn echo(number: usize) -> Turn {
    let bytes = (0..64).map(|index| (number * 31 + index * 7) as u8).collect();
    Turn { request: bytes, answer: Answer::Bytes }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn echoed_bytes_must_be_those() {
        let work = Work::new(find("tcp_64").unwrap(), 1);
        for turn in [0, 5, 64, 1000] {
            let request = work.request(turn).to_vec();
            assert_eq!(request.len(), 64);
            assert_eq!(work.check(turn, &request, &mut 0), Ok(true));
            assert_eq!(work.check(turn, &request[..20], &mut 0), Ok(false));
            assert!(work.check(turn + 1, &request, &mut 0).is_err());
            assert!(work.check(turn, &[&request[..], b"x"].concat(), &mut 0).is_err());
        }
    }

    #[test]
    fn messages_are_answered_by_themselves() {
        let work = Work::new(find("json_64").unwrap(), 80);
        let request = String::from_utf8(work.request(3).to_vec()).unwrap();
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        let length = format!("Content-Length: {}", body.len());
        assert!(head.starts_with("POST / HTTP/1.1\r\nHost: 127.0.0.1:80\r\n"), "{head}");
        assert!(head.ends_with(&length), "{head}");
        let answer = |body: &str| {
            format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{length}\r\n\r\n{body}")
        };
        assert_eq!(work.check(3, answer(body).as_bytes(), &mut 0), Ok(true));
        let wrong = answer(&body.replace("true", "TRUE"));
        assert!(work.check(3, wrong.as_bytes(), &mut 0).is_err());
    }
}
