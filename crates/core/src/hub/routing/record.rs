//! A message as a record for the application.

use crate::envelope::{Envelope, Id};
use crate::hub::batch::Batch;
use crate::hub::connection::Connection;
use crate::hub::record::{Field, Kind, Record};

/// The record of a message. Its parts are stored in the order id, payload, error. If a name is stored, that
/// has to be done before.
pub(super) fn message(
    batch: &mut Batch,
    kind: Kind,
    connection: &Connection,
    envelope: &Envelope<'_>,
) -> Record {
    // A falsy value is not an error in a response (contract section 1).
    let error = envelope
        .error
        .filter(|_| kind != Kind::Response || envelope.is_rejected());
    let id = put_id(batch, envelope);
    let payload = put_json(batch, envelope.payload);
    let error = put_json(batch, error);
    Record {
        id,
        payload,
        error,
        ..Record::new(kind, connection.slot())
    }
}

fn put_id(batch: &mut Batch, envelope: &Envelope<'_>) -> Field {
    match &envelope.id {
        Some(Id::String(id)) => batch.put_quoted(id.raw()),
        Some(Id::Number(raw)) => batch.put(raw),
        None => Field::NONE,
    }
}

pub(super) fn put_json(batch: &mut Batch, part: Option<&str>) -> Field {
    part.map_or(Field::NONE, |raw| batch.put(raw))
}

impl Batch {
    /// A name as raw JSON without its quotes: the application's side decodes escapes, which may
    /// hold lone surrogates that no Rust string can.
    pub(super) fn put_name(&mut self, envelope: &Envelope<'_>) -> Field {
        self.put(envelope.name.raw())
    }
}
