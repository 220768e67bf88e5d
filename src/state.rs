//! The state of one server on the JavaScript thread, on which every native function works.

use std::cell::{RefCell, RefMut};
use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;

use napi::bindgen_prelude::Function;
use napi::{Error, Result, Status};
use napi_derive::napi;

use line_socket_core::{
    Batch, ConnectionRef, Fence, Gate, Hub, IoThread, LiveContext, Options, PipeOwner,
};

use super::call;
use super::joined::Joined;
use super::lend::Lend;
use super::selections::Selections;
use super::wake::{JsWake, Shared};

/// Streams that JavaScript reads and writes, by their keys.
pub type Pipes = HashMap<u32, PipeOwner>;

/// The state of one server on the JavaScript thread.
pub struct JsServer {
    pub(super) hub: Arc<Hub>,
    pub(super) gate: Arc<Gate>,
    /// What connections are encrypted with.
    pub(super) tls: Option<Arc<LiveContext>>,
    pub(super) wake: Arc<JsWake>,
    pub(super) threads: Vec<(u32, IoThread)>,
    pub(super) next_thread: u32,
    /// The io thread whose sockets this thread can drive.
    pub(super) lend: Option<Lend>,
    /// This server among others that it is joined with.
    pub(super) joined: Option<Joined>,
    /// Streams of Node's that are piped.
    pub(super) pipes: Pipes,
    /// Connections that JavaScript knows of. They are found without a lock.
    pub(super) connections: Known,
    /// Connections with something queued since the last flush.
    pub(super) dirty: Vec<ConnectionRef>,
    /// The batch taken last.
    pub(super) batch: Batch,
    /// Fences that JavaScript waits for, the oldest first.
    pub(super) fences: VecDeque<Fence>,
    /// A buffer for strings from JavaScript.
    pub(super) scratch: Vec<u8>,
    /// A buffer for the JSON of one answer.
    pub(super) answer: Vec<u8>,
    pub(super) sent: Sent,
    /// What is done with many connections, in parts.
    pub(super) selections: Selections,
}

/// The native side of one server. Nothing listens before `start` or `run`.
#[napi]
pub struct ServerCore(pub(super) Rc<RefCell<JsServer>>);

#[napi]
impl ServerCore {
    /// A server with the default settings.
    #[napi(constructor)]
    pub fn new() -> Self {
        Self(Rc::new(RefCell::new(JsServer::new())))
    }

    /// The state, for the time of one call.
    pub(super) fn state(&self) -> Result<RefMut<'_, JsServer>> {
        self.0.try_borrow_mut().map_err(|_| {
            Error::new(
                Status::GenericFailure,
                "A native function was called while another runs",
            )
        })
    }
}

/// An option that is not valid.
#[napi(object, object_from_js = false)]
pub struct InvalidOption {
    /// Its name; empty when several options are not valid together.
    pub option: String,
    /// What is wrong with it.
    pub reason: String,
}

impl InvalidOption {
    pub(super) fn new(option: &str, reason: &impl ToString) -> Self {
        Self {
            option: option.to_owned(),
            reason: reason.to_string(),
        }
    }
}

/// Connections by slot.
#[derive(Default)]
pub struct Known(Vec<Option<ConnectionRef>>);

impl Known {
    /// The connection in a slot.
    pub fn get(&self, slot: u32) -> Option<&ConnectionRef> {
        self.0.get(slot as usize)?.as_ref()
    }

    /// Remembers the connection in a slot.
    pub fn note(&mut self, hub: &Hub, slot: u32) {
        let index = slot as usize;
        if self.0.len() <= index {
            self.0.resize(index + 1, None);
        }
        if self.0[index].is_none() {
            self.0[index] = hub.registry().get(slot).cloned();
        }
    }

    /// Forgets a connection that has ended.
    pub fn forget(&mut self, slot: u32) {
        if let Some(entry) = self.0.get_mut(slot as usize) {
            *entry = None;
        }
    }
}

impl JsServer {
    /// A server that does not listen yet.
    pub fn new() -> Self {
        let wake = Arc::new(JsWake::default());
        Self {
            hub: Arc::new(Hub::new(Box::new(Shared(Arc::clone(&wake))))),
            gate: Arc::new(Gate::default()),
            tls: None,
            wake,
            threads: Vec::new(),
            next_thread: 0,
            lend: None,
            joined: None,
            pipes: Pipes::default(),
            connections: Known::default(),
            dirty: Vec::new(),
            batch: Batch::default(),
            fences: VecDeque::new(),
            scratch: call::scratch(),
            answer: Vec::new(),
            sent: Sent::default(),
            selections: Selections::default(),
        }
    }

    /// Starts io threads. Returns the address listened on, if there is one.
    pub(super) fn launch(
        &mut self,
        options: Options,
        on_wake: &Function<'_, (), ()>,
    ) -> Result<io::Result<Option<SocketAddr>>> {
        self.wake.arm_unless_armed(on_wake)?;
        let number = options.number;
        let started = IoThread::start(Arc::clone(&self.hub), Arc::clone(&self.gate), options);
        Ok(match started {
            Ok(thread) => {
                self.next_thread += 1;
                let address = thread.address();
                self.threads.push((number, thread));
                Ok(address)
            }
            Err(error) => {
                self.disarm_if_idle();
                Err(error)
            }
        })
    }

    /// Lets the process end when nothing is left that wakes JavaScript.
    pub(super) fn disarm_if_idle(&self) {
        if self.threads.is_empty() && self.joined.is_none() {
            self.wake.disarm();
        }
    }

    /// The io thread started last. All others have been stopped.
    pub(super) fn current_thread(&self) -> Option<&IoThread> {
        let threads = self.threads.iter();
        threads
            .max_by_key(|(number, _)| *number)
            .map(|(_, thread)| thread)
    }
}

impl Drop for JsServer {
    /// The JavaScript side is gone, because it was collected or its environment ends. The threads must end too.
    fn drop(&mut self) {
        self.wake.disarm();
        self.joined = None;
        self.lend = None;
        for (_, thread) in &self.threads {
            thread.stop(true);
        }
        for (_, thread) in self.threads.drain(..) {
            thread.join();
        }
    }
}

/// What the JavaScript thread has sent. Only that thread counts it, so it needs no atomics.
#[derive(Debug, Default)]
pub struct Sent {
    /// Messages, a broadcast once for each connection.
    pub messages: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl Sent {
    /// Counts a message of `length` bytes for so many connections.
    pub fn add(&mut self, length: usize, connections: usize) {
        self.messages += connections as u64;
        self.bytes += (length as u64) * (connections as u64);
    }
}
