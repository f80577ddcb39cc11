//! The message of the row `json_64`: the same in every Rust contender, and field for field the
//! same in Go's.

use serde::{Deserialize, Serialize};

/// What is sent, and comes back.
#[derive(Debug, Deserialize, Serialize)]
#[expect(missing_docs, reason = "data without a meaning")]
pub struct Message {
    pub id: u64,
    pub name: String,
    pub email: String,
    pub tags: Vec<String>,
    pub score: f64,
    pub active: bool,
}

/// Parses a message and writes it again; `None` where it is none.
pub fn again(text: &[u8]) -> Option<Vec<u8>> {
    let message: Message = serde_json::from_slice(text).ok()?;
    serde_json::to_vec(&message).ok()
}

#[cfg(test)]
mod tests {
    use super::again;

    #[test]
    fn a_message_comes_back_as_it_was() {
        let text = br#"{"id":7,"name":"a","email":"b","tags":["c","d"],"score":0.5,"active":true}"#;
        assert_eq!(again(text).as_deref(), Some(&text[..]));
        assert_eq!(again(b"{}"), None);
    }
}
