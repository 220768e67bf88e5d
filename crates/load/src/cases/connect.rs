//! Connections that are open for one request: open, handshake, request, answer, close. An operation is one such
//! connection. Its latency does not include the pause before the request ([`SETTLE`]).

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use mio::{Registry, Token};

use super::{TICK, expect};
use crate::connection::{Connection, Event};
use crate::fleet::SCRATCH;
use crate::frame;
use crate::options::Options;
use crate::poller::Poller;
use crate::protocol::Requests;
use crate::report::Report;
use crate::result::Result;
use crate::times::SETTLE;
use crate::window::Window;

/// Payload of the close frame: code 1000, normal closure (RFC 6455 section 7.4.1).
const NORMAL_CLOSURE: [u8; 2] = 1000u16.to_be_bytes();

/// A slot for one connection at a time.
struct Slot {
    connection: Connection,
    opened_at: Instant,
    /// When the handshake was answered.
    ready_at: Option<Instant>,
    /// How long the connection waited before its request.
    pause: Duration,
    /// Whether the request is answered, and the close frame sent.
    closing: bool,
}

struct Connect<'a> {
    options: &'a Options,
    registry: Registry,
    requests: Requests,
    close: Vec<u8>,
    slots: Vec<Slot>,
    /// Slots whose request is due, in the order of their time.
    due: VecDeque<(Instant, usize)>,
    /// Connections made so far.
    made: usize,
}

/// Runs the case: `options.connections` is how many are alive at a time.
///
/// # Errors
/// When the server closes a connection early or answers wrongly.
pub fn run(options: &Options) -> Result<Report> {
    let mut close = Vec::new();
    frame::encode(&mut close, frame::CLOSE, &NORMAL_CLOSURE);
    let mut poller = Poller::new()?;
    let mut connect = Connect {
        options,
        registry: poller.registry().try_clone()?,
        requests: Requests::echo(options.protocol, "echo", &options.payload, 1),
        close,
        slots: Vec::new(),
        due: VecDeque::new(),
        made: 0,
    };
    for index in 0..options.connections {
        let slot = connect.open(index)?;
        connect.slots.push(slot);
    }
    let mut scratch = vec![0; SCRATCH];
    let mut window: Option<Window> = None;
    let warm = Instant::now() + options.warmup;
    loop {
        if let Some(window) = &mut window {
            if !window.goes_on()? {
                break;
            }
        } else if Instant::now() >= warm {
            window = Some(Window::open(options)?);
        }
        let now = Instant::now();
        connect.send_due(now)?;
        poller.wait(connect.timeout(now))?;
        for event in poller.events() {
            let latency = connect.serve(event, &mut scratch)?;
            if let (Some(window), Some(latency)) = (&mut window, latency) {
                window.record(latency);
            }
        }
    }
    window.ok_or("no window")?.close()
}

impl Connect<'_> {
    fn open(&mut self, index: usize) -> Result<Slot> {
        self.made += 1;
        let Options {
            server, protocol, ..
        } = *self.options;
        Ok(Slot {
            connection: Connection::open(
                &self.registry,
                Token(index),
                server,
                protocol,
                self.made,
            )?,
            opened_at: Instant::now(),
            ready_at: None,
            pause: Duration::ZERO,
            closing: false,
        })
    }

    /// Time until the next request is due. Rounded up: the kernel counts in milliseconds.
    fn timeout(&self, now: Instant) -> Duration {
        self.due
            .front()
            .map_or(TICK, |(due, _)| due.saturating_duration_since(now))
    }

    fn send_due(&mut self, now: Instant) -> Result<()> {
        while let Some(&(due, index)) = self.due.front() {
            if due > now {
                break;
            }
            self.due.pop_front();
            let slot = &mut self.slots[index];
            slot.connection.send(self.requests.frames(0, 1))?;
            slot.pause = slot
                .ready_at
                .map_or(Duration::ZERO, |ready| ready.elapsed());
        }
        Ok(())
    }

    /// Serves one slot; returns the latency of its connection when that has ended.
    fn serve(&mut self, event: &mio::event::Event, scratch: &mut [u8]) -> Result<Option<Duration>> {
        let index = event.token().0;
        let slot = &mut self.slots[index];
        slot.connection.flush()?;
        if !event.is_readable() {
            return Ok(None);
        }
        let (mut ready, mut answered, mut ended) = (false, false, false);
        slot.connection
            .read(scratch, event.is_read_closed(), |event| {
                match event {
                    Event::Ready => ready = true,
                    Event::Message(frame) => {
                        expect(&frame, self.requests.answer(0))?;
                        answered = true;
                    }
                    Event::Ended => ended = true,
                }
                Ok(())
            })?;
        if ready {
            let now = Instant::now();
            slot.ready_at = Some(now);
            self.due.push_back((now + SETTLE, index));
        }
        if answered {
            slot.closing = true;
            slot.connection.send(&self.close)?;
        }
        if !ended {
            return Ok(None);
        }
        if !slot.closing {
            return Err("the server ended a connection before its request was answered".into());
        }
        let latency = slot.opened_at.elapsed().saturating_sub(slot.pause);
        self.slots[index] = self.open(index)?;
        Ok(Some(latency))
    }
}
