//! The two message protocols that the peers speak: line and Socket.IO 5 (on Engine.IO 4).

use crate::frame;

/// Answer to the key below (RFC 6455 section 1.3 has both).
pub const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

/// First id of a request. Ids have two digits, so that all requests of a case are of one length.
const FIRST_ID: usize = 10;
/// How many different ids there are: the most requests that may be in flight on a connection.
pub const MAX_DEPTH: usize = 90;

/// Language of a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// JSON objects with `n`, `p`, `i` and `e` (contract section 1).
    Line,
    /// Socket.IO packets in Engine.IO messages, over the WebSocket transport alone.
    SocketIo,
}

/// What the client has to do about an incoming text message, apart from the case.
#[derive(Debug, PartialEq, Eq)]
pub enum Incoming {
    /// Next step of the opening: send this frame.
    Reply(Vec<u8>),
    /// The handshake is answered; requests may follow.
    Ready,
    /// A message for the case.
    Message,
}

impl Protocol {
    /// The HTTP request that opens the WebSocket.
    #[must_use]
    pub fn upgrade_request(self) -> String {
        let path = match self {
            Self::Line => "/",
            Self::SocketIo => "/socket.io/?EIO=4&transport=websocket",
        };
        format!(
            "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
    }

    /// The frame to send as soon as the WebSocket is open, if the client speaks first.
    #[must_use]
    pub fn greeting(self) -> Option<Vec<u8>> {
        match self {
            Self::Line => Some(frame::text(r#"{"n":"_h","i":"h"}"#)),
            Self::SocketIo => None,
        }
    }

    /// Reads a message that arrives while the connection is being opened.
    #[must_use]
    pub fn during_handshake(self, message: &[u8]) -> Incoming {
        match self {
            Self::Line if message.starts_with(br#"{"n":"_r""#) => Incoming::Ready,
            Self::SocketIo if message.starts_with(b"0{") => Incoming::Reply(frame::text("40")),
            Self::SocketIo if message.starts_with(b"40{") => Incoming::Ready,
            _ => Incoming::Message,
        }
    }

    /// Reads a message that arrives later; the protocol's own pings are answered.
    #[must_use]
    pub fn when_open(self, message: &[u8]) -> Incoming {
        match self {
            Self::Line if message.starts_with(br#"{"n":"_p""#) => match line_id(message) {
                Some(id) => Incoming::Reply(frame::text(&format!(
                    r#"{{"n":"_r","p":"pong","i":"{id}","e":null}}"#
                ))),
                None => Incoming::Message,
            },
            Self::SocketIo if message == b"2" => Incoming::Reply(frame::text("3")),
            _ => Incoming::Message,
        }
    }

    /// Text of a request with an answer.
    fn request(self, name: &str, payload: &str, id: usize) -> String {
        match self {
            Self::Line => format!(r#"{{"n":"{name}","p":{payload},"i":"{id}"}}"#),
            Self::SocketIo => format!(r#"42{id}["{name}",{payload}]"#),
        }
    }

    /// Text of the answer to a request whose payload comes back.
    fn echo_answer(self, payload: &str, id: usize) -> String {
        match self {
            Self::Line => format!(r#"{{"n":"_r","p":{payload},"i":"{id}","e":null}}"#),
            Self::SocketIo => format!("43{id}[{payload}]"),
        }
    }

    /// Text of a message without an answer, in either direction.
    #[must_use]
    pub fn message(self, name: &str, payload: &str) -> String {
        match self {
            Self::Line => format!(r#"{{"n":"{name}","p":{payload}}}"#),
            Self::SocketIo => format!(r#"42["{name}",{payload}]"#),
        }
    }

    /// The frame that answers `message`, when it is one that awaits an answer; its payload stays
    /// empty.
    #[must_use]
    pub fn answer(self, message: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Line => Some(frame::text(&format!(
                r#"{{"n":"_r","i":"{}","e":null}}"#,
                line_id(message)?
            ))),
            Self::SocketIo => {
                let rest = message.strip_prefix(b"42")?;
                let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
                let id = std::str::from_utf8(&rest[..digits])
                    .ok()
                    .filter(|id| !id.is_empty())?;
                Some(frame::text(&format!("43{id}[]")))
            }
        }
    }
}

/// The id of a message of the line protocol without an error: its last key is `i`.
fn line_id(message: &[u8]) -> Option<&str> {
    const KEY: &[u8] = br#","i":""#;
    let rest = message.strip_suffix(br#""}"#)?;
    let at = rest.windows(KEY.len()).rposition(|window| window == KEY)?;
    std::str::from_utf8(&rest[at + KEY.len()..]).ok()
}

/// Requests built in advance, with the expected answers. They differ by their ids alone, and repeat: request number
/// `depth` is request number 0 again.
pub struct Requests {
    /// Every request twice in a row, so that any `depth` neighbours are one slice.
    frames: Vec<u8>,
    frame_len: usize,
    answers: Vec<String>,
}

impl Requests {
    /// Requests named `name` with the JSON `payload`, whose answer carries the same payload; `depth`
    /// different ones, 1 to [`MAX_DEPTH`].
    #[must_use]
    pub fn echo(protocol: Protocol, name: &str, payload: &str, depth: usize) -> Self {
        let ids = FIRST_ID..FIRST_ID + depth.clamp(1, MAX_DEPTH);
        let answers = ids
            .clone()
            .map(|id| protocol.echo_answer(payload, id))
            .collect();
        let mut frames: Vec<u8> = ids
            .clone()
            .flat_map(|id| frame::text(&protocol.request(name, payload, id)))
            .collect();
        let frame_len = frames.len() / ids.len();
        frames.extend_from_within(..);
        Self {
            frames,
            frame_len,
            answers,
        }
    }

    /// How many different requests there are.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.answers.len()
    }

    /// The frames of `count` requests from number `first` on; `count` may not exceed the depth.
    #[must_use]
    pub fn frames(&self, first: usize, count: usize) -> &[u8] {
        let start = first % self.depth() * self.frame_len;
        &self.frames[start..start + count * self.frame_len]
    }

    /// Text of the answer to request number `index`.
    #[must_use]
    pub fn answer(&self, index: usize) -> &str {
        &self.answers[index % self.depth()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_pings_and_messages_with_their_id() {
        let reply = |text: &str| Incoming::Reply(frame::text(text));
        assert_eq!(
            Protocol::Line.when_open(br#"{"n":"_p","i":"a1"}"#),
            reply(r#"{"n":"_r","p":"pong","i":"a1","e":null}"#)
        );
        assert_eq!(Protocol::SocketIo.when_open(b"2"), reply("3"));
        assert_eq!(
            Protocol::Line.answer(br#"{"n":"tick","p":"x","i":"k9"}"#),
            Some(frame::text(r#"{"n":"_r","i":"k9","e":null}"#))
        );
        assert_eq!(Protocol::Line.answer(br#"{"n":"news","p":"x"}"#), None);
        assert_eq!(
            Protocol::SocketIo.answer(br#"427["tick","x"]"#),
            Some(frame::text("437[]"))
        );
        assert_eq!(Protocol::SocketIo.answer(br#"42["news","x"]"#), None);
    }

    #[test]
    fn both_handshakes_end_ready() {
        assert_eq!(
            Protocol::Line.during_handshake(br#"{"n":"_r","p":{"id":"1"},"i":"h","e":null}"#),
            Incoming::Ready
        );
        assert_eq!(
            Protocol::SocketIo.during_handshake(br#"0{"sid":"x"}"#),
            Incoming::Reply(frame::text("40"))
        );
        assert_eq!(
            Protocol::SocketIo.during_handshake(br#"40{"sid":"x"}"#),
            Incoming::Ready
        );
    }

    #[test]
    fn requests_go_round() {
        let requests = Requests::echo(Protocol::Line, "echo", "1", 3);
        let one = |id| frame::text(&format!(r#"{{"n":"echo","p":1,"i":"{id}"}}"#));
        assert_eq!(requests.frames(2, 2), [one(12), one(10)].concat());
        assert_eq!(requests.frames(5, 1), one(12));
        assert_eq!(requests.answer(4), r#"{"n":"_r","p":1,"i":"11","e":null}"#);
    }
}
