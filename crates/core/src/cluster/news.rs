//! What the application is told of the cluster.

use std::time::Duration;

use super::engine::EngineError;
use super::roster::Peer;
use crate::hub::Joined;

/// Most entries that wait for the application before those that other nodes cause are dropped: it does not take them.
const MOST: usize = 10_000;

/// What the application is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// The engine is connected, and everything is subscribed.
    Up,
    /// The engine is not reachable, or refuses.
    Down(EngineError),
    /// The engine is reachable again, and everything is repaired as far as possible.
    Resumed {
        /// How long it was not.
        down_for: Duration,
        /// Rooms with history whose members were sent what was missing, or told of a loss.
        gaps: usize,
        /// Rooms among these in which something is lost.
        lost: usize,
    },
    /// The engine is connected, and cannot do something that is tried again, such as keeping messages.
    Degraded(EngineError),
    /// It does again all that it is asked. Not told when the connection is lost first.
    Restored,
    /// A node has come.
    Joined(Peer),
    /// A node has ended, or was not heard of for too long.
    Left(Peer),
    /// A message of the application of another node.
    Message {
        /// What [`Node::answer_message`](super::Node::answer_message) is to be given; `None` when no answer is expected.
        key: Option<u64>,
        /// The node.
        from: super::node_id::NodeId,
        /// The message, an envelope as JSON text.
        text: String,
    },
    /// A message with a receipt is published, or is not.
    Published {
        /// The key of the receipt.
        key: u32,
        /// Its position in a room with history, or why it is not published.
        outcome: Result<Option<String>, Unpublished>,
    },
    /// A client has joined a room with history, and has been sent what it had missed.
    JoinedRoom {
        /// The key of the join.
        key: u32,
        /// How it has joined. Nothing is known of it when the engine was lost meanwhile.
        joined: Joined,
    },
    /// A history was read.
    Read(u32),
    /// A room is subscribed, or has no members any more.
    Subscribed(u32),
    /// A question is answered: see [`Node::take_answer`](super::Node::take_answer).
    Answered(u32),
    /// The node has ended. The last of its news.
    Stopped,
}

/// Why a message was not published.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unpublished {
    /// It has waited for the engine for too long, or the node has stopped.
    #[error("the engine was not reachable for too long")]
    Down,
    /// The engine has refused it.
    #[error(transparent)]
    Refused(EngineError),
}

/// News that wait for the application, oldest first.
#[derive(Debug, Default)]
pub struct Board(Vec<News>);

impl Board {
    /// Adds news. True when the application is to be told that there are some.
    pub fn add(&mut self, news: News) -> bool {
        // What the application has asked for is always told: somebody waits for it.
        let is_of_others = matches!(news, News::Joined(_) | News::Left(_) | News::Message { .. });
        if self.0.len() < MOST || !is_of_others {
            self.0.push(news);
        }
        self.0.len() == 1
    }

    /// Takes all.
    pub fn take(&mut self) -> Vec<News> {
        std::mem::take(&mut self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::node_id::NodeId;

    #[test]
    fn what_somebody_waits_for_is_told_however_much_waits() {
        let mut board = Board::default();
        let message = || News::Message {
            key: None,
            from: NodeId([1; 8]),
            text: String::new(),
        };
        for _ in 0..=MOST {
            board.add(message());
        }
        let awaited = [
            News::Published {
                key: 1,
                outcome: Ok(None),
            },
            News::JoinedRoom {
                key: 2,
                joined: Joined::default(),
            },
            News::Read(3),
            News::Subscribed(4),
            News::Answered(5),
            News::Up,
        ];
        for news in &awaited {
            board.add(news.clone());
        }
        board.add(message());
        let told = board.take();
        assert_eq!(told.len(), MOST + awaited.len());
        assert_eq!(told[MOST..], awaited);
    }
}
