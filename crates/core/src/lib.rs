//! The Rust core of `line-socket-native`: a WebSocket server with acknowledged messages, handshakes, rooms
//! and broadcast. Its network side runs on threads of its own. Nothing here knows of Node: the crate
//! `line-socket-native` is the addon that is made of this one.
//!
//! # Layout
//!
//! A module uses only modules above it in this table.
//!
//! | module | owns | does not know |
//! | --- | --- | --- |
//! | `deflate` | permessage-deflate (RFC 7692): parameters, compressing, inflating | frames |
//! | `codec` | bytes ⇄ frames ⇄ messages (RFC 6455) | sockets, tokio |
//! | `envelope` | the keys `n`, `p`, `i`, `e` of a message as slices of its JSON text | JSON values |
//! | `upgrade` | the HTTP request that opens a connection, and its answer | sockets |
//! | `hub` | connections, rooms, deadlines, out queues, events for the application | sockets |
//! | `transport` | listeners, sockets, TLS, the io threads | the line protocol |
//! | `cluster` | what nodes tell each other, through engines such as Redis | clients' sockets, JavaScript |
//!
//! The modules are private. Items that the addon, the tests or the measuring programs need are re-exported
//! here, so that the compiler reports unused items.
//!
//! This is the path of a message. A session of `transport` reads a socket, and a [`Decoder`] cuts the bytes into
//! messages. [`Hub`] reads the envelope of each message, and answers it or adds it to the inbox. The application
//! takes [`Batch`]es from the inbox. Answers and broadcasts are encoded into the out queue of a [`Connection`],
//! and leave through its [`Link`], which `transport` implements for every kind of socket.

#![forbid(unsafe_code)]

mod boxed;
mod cluster;
mod codec;
mod deflate;
mod envelope;
mod hub;
mod transport;
mod upgrade;

/// The code and the reason of a close frame that has come.
pub use codec::CloseFrame;
/// Cuts the bytes of one connection into messages.
pub use codec::Decoder;
/// A message, control frame or close frame from a decoder.
pub use codec::Event;
/// The limits of a decoder on messages.
pub use codec::MessageLimits;
/// The kind of a frame.
pub use codec::Opcode;
/// A violation of RFC 6455 or of a limit by a peer.
pub use codec::ProtocolError;
/// Writes the header of a frame.
pub use codec::frame_header;
/// Appends a close frame.
pub use codec::push_close;
/// Appends a frame.
pub use codec::push_frame;

/// The parameters that a connection has agreed on.
pub use deflate::Agreement;
/// What a connection has agreed on, with the server's settings at that time.
pub use deflate::Compression;
/// Which offers of compression the server accepts, and how it compresses.
pub use deflate::CompressionPolicy;
/// How hard zlib tries.
pub use deflate::CompressionSettings;
/// How zlib looks for repetitions.
pub use deflate::CompressionStrategy;
/// Compresses the messages of one connection.
pub use deflate::Compressor;
/// Why a message cannot be inflated.
pub use deflate::Corrupt;
/// Inflates the messages of one connection.
pub use deflate::Inflater;
/// The size of a compression window, as a power of two.
pub use deflate::WindowBits;

/// The parts of a message as slices of its text.
pub use envelope::Envelope;
/// The id of a message.
pub use envelope::Id;
/// Why a text is not a message.
pub use envelope::InvalidEnvelope;
/// A string as it stands in the text.
pub use envelope::JsonString;
/// How many arrays and objects may be nested.
pub use envelope::MAX_DEPTH;
/// Finds the parts of a large message without checking its payload.
pub use envelope::outline as outline_envelope;
/// Appends the answer that reports an error.
pub use envelope::push_error as push_error_response;
/// Appends an id as `JSON.stringify` writes it.
pub use envelope::push_id as push_message_id;
/// Appends a string as JSON.
pub use envelope::push_json_string;
/// Appends a string of UTF-16 code units as JSON.
pub use envelope::push_json_units;
/// Appends the answer to a ping of the line protocol.
pub use envelope::push_pong as push_pong_response;
/// Appends the answer to a message.
pub use envelope::push_response;
/// The length of the answer that [`push_response`] writes.
pub use envelope::response_len;
/// Checks a whole message and finds its parts.
pub use envelope::scan as scan_envelope;

/// The address and protocol that a request came from, behind proxies too.
pub use upgrade::Client;
/// The headers that proxies describe their client with.
pub use upgrade::ProxyHeaders;
/// Why a request does not become a connection, and the answer that says so.
pub use upgrade::Refusal;
/// A request for a connection.
pub use upgrade::Request;
/// How large a request may be.
pub use upgrade::RequestLimits;
/// The proxies whose headers are trusted.
pub use upgrade::Trust;
/// Which requests become connections.
pub use upgrade::UpgradePolicy;
/// Parses a request.
pub use upgrade::parse as parse_request;
/// The path of a request's target.
pub use upgrade::path_of as request_path;
/// The head of the 101 response, made of its lines.
pub use upgrade::response_head;
/// The lines of the 101 response.
pub use upgrade::response_lines;

/// What connections that were asked have answered.
pub use hub::Answers;
/// Whether a client certificate was verified.
pub use hub::Authorization;
/// Most events of a batch.
pub use hub::BATCH_EVENTS;
/// Events for the application, in the order in which they came.
pub use hub::Batch;
/// How many bytes of one connection wait for the application before it is no longer read.
pub use hub::CONNECTION_MARK;
/// What has happened to a member of a room with presence.
pub use hub::Change;
/// What has changed in a room with presence.
pub use hub::Changes;
/// The settings of a server, which change while it runs.
pub use hub::Config;
/// The state of one connection.
pub use hub::Connection;
/// A shared reference to a connection.
pub use hub::ConnectionRef;
/// The counters of a server.
pub use hub::Counter;
/// Which messages of a peer are delivered to the application.
pub use hub::Delivery;
/// What is fixed when a connection opens.
pub use hub::Facts;
/// A position in the queues of events.
pub use hub::Fence;
/// The fields of a record.
pub use hub::Field;
/// The connections a broadcast is for.
pub use hub::Group;
/// What the application says when it has handled events.
pub use hub::Handled;
/// What is kept of the messages of a room.
pub use hub::HistoryRule;
/// The shared state of one server.
pub use hub::Hub;
/// How a connection has joined a room.
pub use hub::Joined;
/// What becomes of a join.
pub use hub::Joining;
/// The kinds of events.
pub use hub::Kind;
/// The queues of events.
pub use hub::LANES;
/// A queue of events.
pub use hub::Lane;
/// What the hub needs of a stream.
pub use hub::Link;
/// What to do after a message.
pub use hub::Next;
/// A text of a batch that is not inline.
pub use hub::Part;
/// What became of a ping.
pub use hub::Pinged;
/// Who is in rooms with presence.
pub use hub::Presence;
/// How the presence of a room works.
pub use hub::PresenceRule;
/// What a session keeps of its connection between messages.
pub use hub::Progress;
/// What has to be done after a message was queued.
pub use hub::Queued;
/// What the ids of messages for many begin with.
pub use hub::REQUEST_PREFIX;
/// How many messages a connection may send.
pub use hub::RateLimit;
/// Kept messages of a room.
pub use hub::Reading;
/// One event.
pub use hub::Record;
/// The address of a peer.
pub use hub::Remote;
/// The head of an upgrade request, as it is kept.
pub use hub::RequestHead;
/// What is known of a connection's TLS.
pub use hub::Secure;
/// What becomes of a peer that reads too slowly.
pub use hub::SlowConsumer;
/// Whom a message for many is for.
pub use hub::Target;
/// What the application is told of changes of presence.
pub use hub::Tell;
/// What carries a connection.
pub use hub::Transport;
/// Wakes the application.
pub use hub::Wake;
/// A length as a record holds it.
pub use hub::record_count;

/// Where a listener listens.
pub use transport::Address;
/// How a listener shares its address.
pub use transport::Binding;
/// Whether clients present certificates.
pub use transport::ClientCertificates;
/// A stream on its way from one thread's runtime to another's.
pub use transport::Detached;
/// The runtime of an io thread, which the application's thread can drive.
pub use transport::Driver;
/// The policy for requests, and the requests that wait for the application's decision.
pub use transport::Gate;
/// A stream whose request has been read and not yet answered.
pub use transport::Handover;
/// A thread that accepts and serves the connections of a listener.
pub use transport::IoThread;
/// A context that can be replaced while the server runs.
pub use transport::LiveContext;
/// The oldest version of TLS that is accepted.
pub use transport::MinVersion;
/// What an io thread needs to start.
pub use transport::Options;
/// Bytes that the owner of a pipe's stream has to write.
pub use transport::Output;
/// The end of a pipe for the owner of the real stream.
pub use transport::PipeOwner;
/// The application's handle of a stream that was handed over.
pub use transport::Ticket;
/// The certificates and settings of TLS.
pub use transport::TlsContext;
/// What a [`TlsContext`] is made from.
pub use transport::TlsSettings;
/// What a turn of the application's thread has found.
pub use transport::Turn;
/// The application's decision on a request.
pub use transport::Verdict;
/// Takes over a socket by its descriptor.
#[cfg(unix)]
pub use transport::adopt;
/// Makes a connection of a stream that others read and write.
pub use transport::pipe;

/// A message to be kept.
pub use cluster::Append;
#[doc(inline)]
pub use cluster::AppendId;
/// Where messages between nodes are published.
pub use cluster::Channel;
/// Writes and reads the names of channels.
pub use cluster::ChannelNames;
/// The outcome of claiming an id.
pub use cluster::Claim;
/// What carries messages between nodes.
pub use cluster::Engine;
/// Why an engine could not do something.
pub use cluster::EngineError;
/// What has come of an [`ExternalCall`].
pub use cluster::ExternalAnswer;
/// What an [`ExternalCall`] asks.
pub use cluster::ExternalAsk;
/// A call of an [`ExternalEngine`].
pub use cluster::ExternalCall;
/// An engine that the application carries out.
pub use cluster::ExternalEngine;
/// A message that an [`ExternalEngine`] is to keep.
pub use cluster::ExternalEntry;
/// A history whose position an [`ExternalEngine`] is asked for.
pub use cluster::ExternalHead;
/// A room whose position is asked for.
pub use cluster::Head;
/// The histories that an engine keeps for all nodes.
pub use cluster::Keeper;
/// Kept messages of a room.
pub use cluster::Kept;
/// A channel as its name tells it.
pub use cluster::Named;
/// What the application is told of the cluster.
pub use cluster::News;
/// A node of a cluster.
pub use cluster::Node;
/// Which node.
pub use cluster::NodeId;
/// A message between nodes, as it was read.
pub use cluster::NodeMessage;
/// What a node has counted.
pub use cluster::NodeReport;
/// How a node works in its cluster.
pub use cluster::NodeSettings;
/// Who has sent a [`NodeMessage`], and which of his it is.
pub use cluster::Origin;
/// Another node that is alive.
pub use cluster::Peer;
/// What an engine does in its own time.
pub use cluster::Pending;
/// How a node stands with its engine.
pub use cluster::Phase;
/// A message for a channel.
pub use cluster::Publication;
/// The engine over Redis or Valkey.
pub use cluster::RedisEngine;
/// How [`RedisEngine`] reaches its servers.
pub use cluster::RedisSettings;
/// Why settings of [`RedisEngine`] cannot be used.
pub use cluster::RedisSettingsError;
/// TLS towards Redis.
pub use cluster::RedisTls;
/// The ids that an engine keeps apart for all nodes.
pub use cluster::Registrar;
/// Whom a [`NodeMessage`] is for, besides what its channel says.
pub use cluster::Scope;
/// Who hears of what an engine gets.
pub use cluster::Sink;
/// Why a message was not published.
pub use cluster::Unpublished;
/// Why a message between nodes cannot be read.
pub use cluster::Unreadable;
/// Reads a message between nodes.
pub use cluster::read_node_message;
/// The name of a room in the names of channels and keys.
pub use cluster::room_key;
/// Writes a message with a position that its history has given it.
pub use cluster::write_kept_message;
/// Writes an envelope for other nodes.
pub use cluster::write_node_broadcast;
/// Writes JSON for nodes.
pub use cluster::write_node_control;
/// What became of a message for other nodes.
pub use hub::Accepted;
/// A place in the messages of a room.
pub use hub::Position;
/// What became of a broadcast.
pub use hub::Sent;

/// What became of a question to other nodes.
pub use cluster::Begun;
/// A question about connections on other nodes.
pub use cluster::NodeQuestion;
/// What nodes have answered.
pub use cluster::Outcome;
/// Who was asked: connections here, and other nodes.
pub use hub::AskedMembers;
