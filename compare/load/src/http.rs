//! Whether bytes are the response that is expected.

use crate::Outcome;

/// A response with status 200, a length, and this body.
#[derive(Debug)]
pub(crate) struct Expected {
    media: &'static str,
    /// The end of the head, and the body.
    tail: Vec<u8>,
    body: usize,
}

/// More than any head of the contenders.
const HEAD: usize = 4096;
const STATUS: &[u8] = b"HTTP/1.1 200 ";
const END: &[u8] = b"\r\n\r\n";

impl Expected {
    pub(crate) fn new(media: &'static str, body: &str) -> Self {
        Self { media, tail: [END, body.as_bytes()].concat(), body: body.len() }
    }

    /// Whether `bytes` are the whole of it; an error where they cannot become it. The first
    /// response of a connection is read field by field, and gives those to come their `length`:
    /// they must have the status at their beginning, the same length, and the body at their
    /// end; any other is read as the first one.
    pub(crate) fn check(&self, bytes: &[u8], length: &mut usize) -> Outcome<bool> {
        if bytes.len() == *length && bytes.starts_with(STATUS) && bytes.ends_with(&self.tail) {
            return Ok(true);
        }
        let Some(head) = bytes.windows(END.len()).position(|window| window == END) else {
            if bytes.len() > HEAD {
                return Err(format!("a head of more than {HEAD} bytes"));
            }
            return Ok(false);
        };
        self.head(&bytes[..head])?;
        let whole = head + self.tail.len();
        let (there, tail) = (bytes.len() - head, &self.tail);
        if there > tail.len() || bytes[head..] != tail[..there] {
            return Err(format!("the body is `{}`", bytes[head + END.len()..].escape_ascii()));
        }
        *length = whole;
        Ok(there == tail.len())
    }

    fn head(&self, head: &[u8]) -> Outcome {
        let wrong = |what: &str| format!("{what} in the head `{}`", head.escape_ascii());
        if !head.starts_with(STATUS) {
            return Err(wrong("no status 200"));
        }
        let text = str::from_utf8(head).map_err(|_| wrong("not text"))?;
        let fields = text.split("\r\n").skip(1).filter_map(|line| line.split_once(':'));
        let (mut length, mut media) = (None, None);
        for (name, value) in fields {
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.trim().parse().ok(),
                "content-type" => media = Some(value.trim()),
                "connection" if value.trim().eq_ignore_ascii_case("close") => {
                    return Err(wrong("an end of the connection"));
                }
                "transfer-encoding" => return Err(wrong("a transfer encoding")),
                _ => {}
            }
        }
        if length != Some(self.body) {
            return Err(wrong(&format!("no length of {}", self.body)));
        }
        if !media.is_some_and(|media| media.starts_with(self.media)) {
            return Err(wrong(&format!("no type {}", self.media)));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(fields: &str, body: &str) -> Vec<u8> {
        format!("HTTP/1.1 200 OK\r\n{fields}\r\n\r\n{body}").into_bytes()
    }

    const FIELDS: &str = "content-type: text/plain; charset=utf-8\r\nContent-Length: 5";

    #[test]
    fn a_response_is_read_in_pieces() {
        let expected = Expected::new("text/plain", "hello");
        let whole = response(FIELDS, "hello");
        let mut length = 0;
        for end in 0..whole.len() {
            assert_eq!(expected.check(&whole[..end], &mut length), Ok(false), "{end}");
        }
        assert_eq!(expected.check(&whole, &mut length), Ok(true));
        assert_eq!(length, whole.len());
        // By its length, then one that is longer.
        assert_eq!(expected.check(&whole, &mut length), Ok(true));
        let longer = response(&format!("X: y\r\n{FIELDS}"), "hello");
        assert_eq!(expected.check(&longer, &mut length), Ok(true));
    }

    #[test]
    fn anything_else_is_an_error() {
        let expected = Expected::new("text/plain", "hello");
        let mut length = 0;
        let whole = response(FIELDS, "hello");
        assert_eq!(expected.check(&whole, &mut length), Ok(true));
        for wrong in [
            response(FIELDS, "hellO"),
            response(FIELDS, "hello!"),
            response("Content-Type: text/plain\r\nContent-Length: 6", "hello"),
            response("Content-Type: text/plain", "hello"),
            response("Content-Type: text/html\r\nContent-Length: 5", "hello"),
            response(&format!("{FIELDS}\r\nTransfer-Encoding: chunked"), "hello"),
            response(&format!("{FIELDS}\r\nConnection: close"), "hello"),
            String::from_utf8(whole).unwrap().replace("200 OK", "503 No").into_bytes(),
            vec![b'x'; HEAD + 1],
        ] {
            assert!(expected.check(&wrong, &mut length).is_err(), "{}", wrong.escape_ascii());
        }
    }
}
