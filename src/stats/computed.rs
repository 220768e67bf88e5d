//! The numbers of `getStats` that the core does not count.

use line_socket_core::Counter;

use crate::state::JsServer;

pub fn connections(server: &JsServer) -> i64 {
    (server.hub.registry().len() as u64).cast_signed()
}

pub fn messages_sent(server: &JsServer) -> i64 {
    let answered = server.hub.stats.get(Counter::MessagesAnswered);
    (server.sent.messages + answered).cast_signed()
}

pub fn bytes_sent(server: &JsServer) -> i64 {
    let answered = server.hub.stats.get(Counter::BytesAnswered);
    (server.sent.bytes + answered).cast_signed()
}

pub fn history_rooms(server: &JsServer) -> i64 {
    (server.hub.kept_rooms() as u64).cast_signed()
}

pub fn history_bytes(server: &JsServer) -> i64 {
    (server.hub.kept_bytes() as u64).cast_signed()
}

pub fn bytes_waiting(server: &JsServer) -> i64 {
    (server.hub.inbox.waiting() as u64).cast_signed()
}
