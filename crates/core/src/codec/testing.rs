//! For tests: the frames of a client, and a decoder that is called until all bytes are consumed.

use std::borrow::Cow;

use super::{
    decoder::Decoder,
    encoder::frame_header,
    error::ProtocolError,
    event::{CloseFrame, Event},
    frame::{FIN, MASKED, Opcode},
    mask::Mask,
};

/// A frame as a client writes it, masked with `key`.
pub(crate) fn client_frame(fin: bool, opcode: Opcode, key: [u8; 4], payload: &[u8]) -> Vec<u8> {
    let mut frame = frame_header(opcode, payload.len()).as_bytes().to_vec();
    if !fin {
        frame[0] &= !FIN;
    }
    frame[1] |= MASKED;
    frame.extend_from_slice(&key);
    let start = frame.len();
    frame.extend_from_slice(payload);
    Mask::new(key).apply(&mut frame[start..]);
    frame
}

/// Decodes `bytes`, read in pieces of the given sizes (repeated as needed, zeros allowed as long as
/// they are not alone): the events, up to and with a close, and the error they end with, if any.
pub(crate) fn decode_in_pieces(
    decoder: &mut Decoder,
    bytes: &[u8],
    sizes: &[usize],
) -> (Vec<Event<'static>>, Option<ProtocolError>) {
    let mut bytes = bytes.to_vec();
    let mut unread = bytes.as_mut_slice();
    let mut sizes = sizes.iter().cycle();
    let mut events = Vec::new();
    while !unread.is_empty() {
        let size = sizes
            .next()
            .map_or(unread.len(), |&size| size.min(unread.len()));
        let (piece, behind) = unread.split_at_mut(size);
        unread = behind;
        if let Err(end) = decode_piece(decoder, piece, &mut events) {
            return (events, end);
        }
    }
    (events, None)
}

/// Decodes one read; `Err` when the connection ends, with the error if one ends it.
fn decode_piece(
    decoder: &mut Decoder,
    mut rest: &mut [u8],
    events: &mut Vec<Event<'static>>,
) -> Result<(), Option<ProtocolError>> {
    while !rest.is_empty() {
        let step = decoder.decode(rest)?;
        let consumed = step.consumed;
        if let Some(event) = step.event {
            assert!(consumed > 0, "an event takes bytes");
            events.push(owned(event));
            if let Some(Event::Close(_)) = events.last() {
                return Err(None);
            }
        } else {
            let is_all = consumed == rest.len();
            let had_its_turn = decoder.is_inflating() && consumed > 0;
            assert!(is_all || had_its_turn, "without an event all is consumed");
        }
        rest = &mut rest[consumed..];
    }
    Ok(())
}

/// The event, independent of the input.
pub(crate) fn owned(event: Event<'_>) -> Event<'static> {
    match event {
        Event::Text(text) => Event::Text(Cow::Owned(text.into_owned())),
        Event::Binary(bytes) => Event::Binary(Cow::Owned(bytes.into_owned())),
        Event::Ping(bytes) => Event::Ping(Cow::Owned(bytes.into_owned())),
        Event::Pong(bytes) => Event::Pong(Cow::Owned(bytes.into_owned())),
        Event::Close(frame) => Event::Close(frame.map(|frame| CloseFrame {
            code: frame.code,
            reason: Cow::Owned(frame.reason.into_owned()),
        })),
    }
}
