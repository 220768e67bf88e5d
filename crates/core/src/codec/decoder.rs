//! The decoder: bytes of a client in, messages and control frames out.

#[cfg(test)]
mod deflate_tests;
mod inflating;
#[cfg(test)]
mod memory_tests;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use super::{
    close,
    error::ProtocolError,
    event::{CloseFrame, Event, Step},
    frame::{FrameHeader, MAX_HEADER, Opcode},
    inflation::Inflation,
    message::PartialMessage,
    utf8::utf8,
};

/// What a peer may make the decoder hold or count for one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessageLimits {
    /// Most bytes of one message, all its fragments together; 100 MiB by default, as in the original
    /// (`maxPayload`, contract section 2). No limit is `usize::MAX`.
    ///
    /// Memory grows by doubling, so a message under way can hold up to twice this.
    pub max_message: usize,
    /// Most frames of one message; 131,072 by default.
    ///
    /// Fragments are joined as they arrive, so that a fragment costs no memory of its own. But empty fragments
    /// would keep one message going for ever, whatever the limit in bytes. The default is the power of two
    /// above the 65,537 frames in which Autobahn's case 9.3.1 sends 4 MiB.
    pub max_fragments: u32,
}

impl Default for MessageLimits {
    fn default() -> Self {
        Self {
            max_message: 100 * 1024 * 1024,
            max_fragments: 128 * 1024,
        }
    }
}

/// Decodes what one client sends (RFC 6455 section 5), in the role of the server.
///
/// A frame that lies whole in the input is unmasked in place and handed out from there, without an
/// allocation or a copy. Only what a read cut off is kept, on the heap: a frame until it is complete, and payload until its
/// message is. Between messages a decoder holds no heap memory. For the message under way it holds at most about twice the bytes that have arrived. With
/// permessage-deflate it holds about twice the bytes that have been inflated, and the
/// [`Inflater`](crate::deflate::Inflater) holds its window.
///
/// # Examples
///
/// ```
/// use line_socket_core::{Decoder, MessageLimits, ProtocolError};
///
/// # fn main() -> Result<(), ProtocolError> {
/// let mut decoder = Decoder::new(MessageLimits::default());
/// // What a read brought: the masked "Hello" of RFC 6455 section 5.7 and a ping.
/// let mut input = *b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58\x89\x80\0\0\0\0";
///
/// let mut events = Vec::new();
/// let mut rest = &mut input[..];
/// while !rest.is_empty() {
///     let step = decoder.decode(rest)?;
///     let consumed = step.consumed;
///     if let Some(event) = step.event {
///         events.push(format!("{event:?}"));
///     }
///     rest = &mut rest[consumed..];
/// }
/// assert_eq!(events, [r#"Text("Hello")"#, "Ping([])"]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Decoder {
    limits: MessageLimits,
    /// The frame that a read cut. Boxed because most frames arrive whole.
    cut: Option<Box<CutFrame>>,
    /// The message under way: fragmented, or of one frame that a read cut. Boxed because most
    /// connections never have one.
    message: Option<Box<PartialMessage>>,
    /// The inflating side, where permessage-deflate is agreed on. Boxed because most connections do without.
    inflation: Option<Box<Inflation>>,
}

/// A frame as far as it has come.
#[derive(Debug, Default)]
struct CutFrame {
    /// The first `header_len` bytes of its header, while that is not complete.
    header: [u8; MAX_HEADER],
    header_len: u8,
    /// Its header, once that is complete; `len` and `mask` are those of the bytes to come.
    frame: Option<FrameHeader>,
    /// The payload of a control frame. Apart from the message under way, because control frames come between fragments
    /// (RFC 6455 section 5.4).
    control: Vec<u8>,
}

impl Decoder {
    /// A decoder for a connection that has just opened.
    pub fn new(limits: MessageLimits) -> Self {
        Self {
            limits,
            cut: None,
            message: None,
            inflation: None,
        }
    }

    /// Sets [`MessageLimits::max_message`] for what comes from now on, and for the rest of the message under way.
    pub fn set_max_message(&mut self, limit: usize) {
        self.limits.max_message = limit;
    }

    /// Stops decoding, and frees all that is held of an incomplete message or frame.
    pub fn end(&mut self) {
        self.release();
    }

    /// Decodes the next event of `input`, which are the bytes that follow those consumed before.
    ///
    /// Call it again with the bytes behind [`Step::consumed`] while there are any. When there is no event, all
    /// of `input` was consumed, and the next bytes to read continue where it ended; or a compressed message has
    /// given so many bytes that other connections should have their turn before the rest. The consumed part of
    /// `input` is overwritten by unmasking.
    ///
    /// After an event [`Event::Close`] or an error the caller stops: nothing that follows has a meaning
    /// (RFC 6455 section 5.5.1). Both free what was held for a message under way, because the connection may
    /// stay for a while until the peer has answered.
    ///
    /// # Errors
    ///
    /// The first violation in `input`, found as early as the bytes allow: by a header as soon as it is
    /// complete, before any payload is kept, and by text at the first byte that cannot be UTF-8, even
    /// within a fragment. It says which code to close with.
    pub fn decode<'a>(&mut self, input: &'a mut [u8]) -> Result<Step<'a>, ProtocolError> {
        let step = self.advance(input);
        if step.is_err() {
            self.release();
        }
        step
    }

    /// Bytes of heap memory held for the payload of what is not complete yet; 0 between messages.
    pub fn buffered(&self) -> usize {
        let message = self
            .message
            .as_ref()
            .map_or(0, |message| message.capacity());
        let control = self.cut.as_ref().map_or(0, |cut| cut.control.capacity());
        message + control
    }

    /// Whether at least `size` bytes of the message under way are held, or missing from its frame that a read cut.
    pub fn is_within(&self, size: usize) -> bool {
        let frame = self.cut.as_ref().and_then(|cut| cut.frame.as_ref());
        self.buffered() >= size || frame.is_some_and(|frame| frame.len >= size as u64)
    }

    /// Decodes the frames of `input` up to the end of one that completes an event.
    fn advance<'a>(&mut self, input: &'a mut [u8]) -> Result<Step<'a>, ProtocolError> {
        let available = input.len();
        let mut rest = input;
        if let Some(inflation) = &mut self.inflation {
            inflation.produced = 0;
        }
        loop {
            let mut frame = if let Some(frame) = self.cut.as_mut().and_then(|cut| cut.frame.take())
            {
                frame
            } else {
                let (header, size) = self.read_header(rest)?;
                rest = &mut rest[size..];
                let Some(header) = header else {
                    break;
                };
                self.admit(&header)?;
                header
            };

            let inflating = self.inflates(&frame);
            if inflating && self.is_held_up() && frame.len > 0 {
                self.cut.get_or_insert_default().frame = Some(frame);
                return Ok(Step {
                    consumed: available - rest.len(),
                    event: None,
                });
            }
            let most = if inflating {
                self.slice().min(rest.len())
            } else {
                rest.len()
            };
            // Fits `usize`: it is at most the length of the input.
            let size = frame.len.min(most as u64) as usize;
            let (payload, behind) = rest.split_at_mut(size);
            rest = behind;
            frame.mask.apply(payload);
            frame.len -= size as u64;
            if frame.len > 0 {
                self.keep(frame, payload)?;
                if !inflating || rest.is_empty() {
                    break;
                }
                if self.has_had_its_turn() {
                    let consumed = available - rest.len();
                    return Ok(Step {
                        consumed,
                        event: None,
                    });
                }
                continue;
            }
            if let Some(event) = self.complete(&frame, payload)? {
                let consumed = available - rest.len();
                let event = Some(event);
                return Ok(Step { consumed, event });
            }
        }
        Ok(Step {
            consumed: available,
            event: None,
        })
    }

    /// Reads a header from the kept bytes, if any, and `input`. Returns the header, if it is complete, and how
    /// many bytes of `input` belong to it.
    fn read_header(&mut self, input: &[u8]) -> Result<(Option<FrameHeader>, usize), ProtocolError> {
        let kept = self
            .cut
            .as_ref()
            .map_or(0, |cut| usize::from(cut.header_len));
        let deflate = self.inflation.is_some();
        if kept == 0
            && let Some((header, size)) = FrameHeader::parse(input, deflate)?
        {
            return Ok((Some(header), size));
        }
        if input.is_empty() {
            return Ok((None, 0));
        }
        let cut = self.cut.get_or_insert_default();
        let added = input.len().min(MAX_HEADER - kept);
        cut.header[kept..kept + added].copy_from_slice(&input[..added]);
        let parsed = FrameHeader::parse(&cut.header[..kept + added], deflate)?;
        Ok(if let Some((header, size)) = parsed {
            cut.header_len = 0;
            // The kept bytes alone were no header, so some of `input` belong to it.
            (Some(header), size - kept)
        } else {
            cut.header_len = (kept + added) as u8;
            (None, added)
        })
    }

    /// Applies the rules between frames and the limits (RFC 6455 sections 5.4 and 10.4) to a new frame, before
    /// its payload is read.
    fn admit(&mut self, header: &FrameHeader) -> Result<(), ProtocolError> {
        if header.opcode.is_control() {
            return Ok(());
        }
        let is_continuation = header.opcode == Opcode::Continuation;
        let received = match &mut self.message {
            None if is_continuation => return Err(ProtocolError::UnexpectedContinuation),
            None => 0,
            Some(_) if !is_continuation => return Err(ProtocolError::InterruptedMessage),
            Some(message) => {
                let limit = self.limits.max_fragments;
                if message.count_fragment() > limit {
                    return Err(ProtocolError::TooManyFragments { limit });
                }
                message.len()
            }
        };
        let limit = self.limits.max_message;
        if header.compressed {
            self.begin_inflating(header.opcode);
        }
        if self.inflates(header)
            && let Some(inflation) = &mut self.inflation
        {
            return inflation.admit(header.len, limit);
        }
        if header.len > limit.saturating_sub(received) as u64 {
            return Err(ProtocolError::MessageTooBig { limit });
        }
        Ok(())
    }

    /// Keeps the part of a frame that has arrived, until the next read.
    fn keep(&mut self, frame: FrameHeader, payload: &[u8]) -> Result<(), ProtocolError> {
        // Without payload there is nothing to keep and nothing to allocate. A header often comes alone.
        let is_control = frame.opcode.is_control();
        if !is_control && !payload.is_empty() {
            self.append(frame.opcode, payload)?;
        }
        let cut = self.cut.get_or_insert_default();
        if is_control {
            cut.control.extend_from_slice(payload);
        }
        cut.frame = Some(frame);
        Ok(())
    }

    /// Ends a frame with the last part of its payload. Returns an event, unless more fragments follow.
    fn complete<'a>(
        &mut self,
        frame: &FrameHeader,
        payload: &'a mut [u8],
    ) -> Result<Option<Event<'a>>, ProtocolError> {
        let cut = self.cut.take();
        if frame.opcode.is_control() {
            let begun = cut.map(|cut| cut.control).unwrap_or_default();
            return self
                .complete_control(frame.opcode, begun, payload)
                .map(Some);
        }
        if frame.fin && self.message.is_none() {
            // The whole message lies in the input: the hot path.
            return Ok(Some(match frame.opcode {
                Opcode::Text => Event::Text(Cow::Borrowed(utf8(payload)?)),
                _ => Event::Binary(Cow::Borrowed(payload)),
            }));
        }
        self.append(frame.opcode, payload)?;
        if !frame.fin {
            return Ok(None);
        }
        if let Some(inflation) = &mut self.inflation
            && inflation.active
        {
            inflation.finish()?;
        }
        self.message
            .take()
            .map(|message| message.finish())
            .transpose()
    }

    fn complete_control<'a>(
        &mut self,
        opcode: Opcode,
        mut begun: Vec<u8>,
        payload: &'a mut [u8],
    ) -> Result<Event<'a>, ProtocolError> {
        let payload = if begun.is_empty() {
            Cow::Borrowed(&*payload)
        } else {
            begun.extend_from_slice(payload);
            Cow::Owned(begun)
        };
        Ok(match opcode {
            Opcode::Ping => Event::Ping(payload),
            Opcode::Pong => Event::Pong(payload),
            _ => {
                self.release();
                Event::Close(parse_close(payload)?)
            }
        })
    }

    /// Adds payload to the message under way. The payload of a compressed message is inflated.
    fn append(&mut self, opcode: Opcode, payload: &[u8]) -> Result<(), ProtocolError> {
        if let Some(inflation) = &mut self.inflation
            && inflation.active
            && let Some(message) = &mut self.message
        {
            return inflation.push(payload, message, self.limits.max_message);
        }
        self.message_for(opcode).append(payload)
    }

    /// The message under way, begun with `opcode` when there is none.
    fn message_for(&mut self, opcode: Opcode) -> &mut PartialMessage {
        self.message
            .get_or_insert_with(|| Box::new(PartialMessage::new(opcode)))
    }

    /// Frees all heap memory and forgets what is under way.
    fn release(&mut self) {
        self.cut = None;
        self.message = None;
        self.inflation = None;
    }
}

/// Checks the payload of a close frame (RFC 6455 sections 5.5.1 and 7.4).
fn parse_close(payload: Cow<'_, [u8]>) -> Result<Option<CloseFrame<'_>>, ProtocolError> {
    if payload.is_empty() {
        return Ok(None);
    }
    let Some(&code) = payload.first_chunk::<2>() else {
        return Err(ProtocolError::TruncatedCloseCode);
    };
    let code = u16::from_be_bytes(code);
    if !close::is_allowed_on_wire(code) {
        return Err(ProtocolError::InvalidCloseCode(code));
    }
    let reason = match payload {
        Cow::Borrowed(payload) => Cow::Borrowed(utf8(&payload[2..])?),
        Cow::Owned(payload) => Cow::Owned(utf8(&payload[2..])?.to_owned()),
    };
    Ok(Some(CloseFrame { code, reason }))
}
