//! The forms of what nodes ask each other, and of what they answer: see [`Ask::what`](super::control::Ask) and
//! [`Answer::with`](super::control::Answer).

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::hub::{Answers, Target};

/// Whom a question is about. See [`Target`].
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Whom {
    /// See [`Target::rooms`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rooms: Option<Vec<String>>,
    /// See [`Target::ids`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ids: Option<Vec<String>>,
    /// See [`Target::except_ids`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub except: Vec<Arc<str>>,
    /// See [`Target::except_rooms`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub except_rooms: Vec<String>,
}

impl From<Whom> for Target {
    fn from(whom: Whom) -> Self {
        Self {
            rooms: whom.rooms,
            ids: whom.ids,
            except: Vec::new(),
            except_ids: whom.except.iter().map(|id| id.as_ref().into()).collect(),
            except_rooms: whom.except_rooms,
            local: true,
        }
    }
}

/// What is asked, with what it needs.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Demand {
    /// How many are there?
    Count {
        /// Whom.
        whom: Whom,
    },
    /// Who is there?
    Fetch {
        /// Whom.
        whom: Whom,
        /// So many at most.
        limit: usize,
    },
    /// Close the connections.
    Close {
        /// Whom.
        whom: Whom,
        /// The close code.
        code: u16,
        /// The reason, of at most 123 bytes.
        reason: String,
    },
    /// Have them join a room.
    Join {
        /// Whom.
        whom: Whom,
        /// The room.
        room: String,
    },
    /// Have them leave a room.
    Leave {
        /// Whom.
        whom: Whom,
        /// The room.
        room: String,
    },
    /// Send them a message that expects no answer.
    Tell {
        /// Whom.
        whom: Whom,
        /// The envelope.
        message: Box<RawValue>,
    },
    /// Send them a message, and gather their answers.
    Send {
        /// Whom.
        whom: Whom,
        /// The envelope. Its id is of no meaning.
        message: Box<RawValue>,
        /// So many answers are enough.
        at_least: usize,
    },
    /// Nobody waits for the answer to an earlier question any more: that of the same key.
    End {},
    /// Does a connection have this id? The answer has a value for it.
    Claim {
        /// The id.
        id: Arc<str>,
        /// It is closed, and does not have the id any more.
        take_over: bool,
    },
    /// A message for the application.
    Message {
        /// The envelope.
        message: Box<RawValue>,
    },
    /// A message for the application that expects no answer.
    Note {
        /// The envelope.
        message: Box<RawValue>,
    },
}

/// A part of an answer.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Part {
    /// How many connections were found, or changed.
    #[serde(skip_serializing_if = "is_zero")]
    pub count: u64,
    /// Ids, and what is known of each or what it has answered. The answer of an application has an empty id.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<(Arc<str>, Box<RawValue>)>,
    /// Ids of those of whom nothing is known, or who have answered with no payload.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub bare: Vec<Arc<str>>,
    /// Ids, and the errors that were answered.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<(Arc<str>, Box<RawValue>)>,
    /// Those whose answers were too large.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub too_large: Vec<Arc<str>>,
    /// Those who have not answered.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub silent: Vec<Arc<str>>,
    /// The node could not do it: it does not know the question, or has too much to do.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub failed: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Part {
    /// The answer of a node that could not do it.
    pub fn failed() -> Self {
        Self {
            failed: true,
            ..Self::default()
        }
    }

    /// How many were found, or changed.
    pub fn of_count(count: usize) -> Self {
        Self {
            count: count as u64,
            ..Self::default()
        }
    }

    /// How many connections this part tells of.
    pub fn found(&self) -> u64 {
        let ids = [&self.bare, &self.too_large, &self.silent];
        let ids: usize = ids.iter().map(|ids| ids.len()).sum();
        self.count + (ids + self.values.len() + self.errors.len()) as u64
    }
}

/// What one entry of a part takes besides its texts, about.
const ENTRY: usize = 8;

/// Puts entries in parts of a bounded size.
pub struct Parts {
    most: usize,
    size: usize,
    part: Part,
    full: Vec<Part>,
}

impl Parts {
    /// Makes parts of at most `most` bytes, about. An entry that is larger is [`Part::too_large`].
    pub fn new(most: usize) -> Self {
        Self {
            most,
            size: 0,
            part: Part::default(),
            full: Vec::new(),
        }
    }

    fn entry(&mut self, size: usize) -> &mut Part {
        // In JSON a character of an id is 6 times as long at most; most are as long as they are.
        if self.size > 0 && self.size + size + ENTRY > self.most {
            self.full.push(std::mem::take(&mut self.part));
            self.size = 0;
        }
        self.size += size + ENTRY;
        &mut self.part
    }

    /// Adds what is known of a connection, or what it has answered: JSON.
    pub fn value(&mut self, id: Arc<str>, json: Option<&str>) {
        match json.map(|json| self.raw(json)) {
            None => self.entry(id.len()).bare.push(id),
            Some(Some(raw)) => {
                let size = id.len() + raw.get().len();
                self.entry(size).values.push((id, raw));
            }
            Some(None) => self.entry(id.len()).too_large.push(id),
        }
    }

    /// Adds answers that were gathered.
    pub fn answers(&mut self, answers: Answers) {
        for (id, payload) in answers.responses {
            self.value(id, payload.as_deref());
        }
        for (id, error) in answers.errors {
            match self.raw(&error) {
                Some(raw) => {
                    let size = id.len() + raw.get().len();
                    self.entry(size).errors.push((id, raw));
                }
                None => self.entry(id.len()).too_large.push(id),
            }
        }
        for id in answers.too_large {
            self.entry(id.len()).too_large.push(id);
        }
        for id in answers.silent {
            self.entry(id.len()).silent.push(id);
        }
    }

    fn raw(&self, json: &str) -> Option<Box<RawValue>> {
        if json.len() + ENTRY > self.most {
            return None;
        }
        RawValue::from_string(json.to_owned()).ok()
    }

    /// Whether nothing was added.
    pub fn is_empty(&self) -> bool {
        self.size == 0 && self.full.is_empty()
    }

    /// All parts; one at least.
    pub fn finish(mut self) -> Vec<Part> {
        self.full.push(self.part);
        self.full
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_bounded_and_complete() {
        let mut parts = Parts::new(100);
        assert!(parts.is_empty());
        for number in 0..50 {
            parts.value(format!("id{number}").into(), Some("\"0123456789\""));
        }
        parts.value("bare".into(), None);
        parts.value("null".into(), Some("null"));
        parts.value("large".into(), Some(&format!("\"{}\"", "x".repeat(200))));
        parts.value("wrong".into(), Some("{"));
        let parts = parts.finish();
        assert!(parts.len() > 10);
        let texts = parts
            .iter()
            .map(|part| serde_json::to_string(part).unwrap());
        let read: Vec<Part> = texts
            .map(|text| {
                assert!(text.len() < 200, "{text}");
                serde_json::from_str(&text).unwrap()
            })
            .collect();
        assert_eq!(read.iter().map(Part::found).sum::<u64>(), 54);
        let null = read.iter().flat_map(|part| &part.values);
        assert!(
            null.into_iter()
                .any(|(id, raw)| &**id == "null" && raw.get() == "null")
        );
        assert_eq!(read.iter().flat_map(|part| &part.too_large).count(), 2);
    }

    #[test]
    fn demands_are_read_as_they_are_written() {
        let written = r#"{"send":{"whom":{"rooms":["x"],"exceptRooms":["y"]},"message":{"n":"a"},"atLeast":2}}"#;
        let demand: Demand = serde_json::from_str(written).unwrap();
        assert_eq!(serde_json::to_string(&demand).unwrap(), written);
        assert!(serde_json::from_str::<Demand>(r#"{"dance":{}}"#).is_err());
    }
}
