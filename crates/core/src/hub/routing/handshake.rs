//! The first event of a connection: its handshake message, or that its stream was handed over.

use std::hash::BuildHasher;

use log::debug;

use crate::envelope::{Envelope, Id};
use crate::hub::Hub;
use crate::hub::connection::{Connection, ConnectionRef, NumberName};
use crate::hub::marked::new_id;
use crate::hub::progress::Progress;
use crate::hub::record::{Field, Kind, Record};

use super::Next;
use super::record::message;

impl Hub {
    /// Tells the application that a stream that it has handed over, under the number `key`, is a connection
    /// now.
    pub fn announce_opened(&self, connection: &ConnectionRef, progress: &mut Progress, key: u32) {
        progress.known = true;
        let id = self.give_id(connection);
        self.inbox.push(&mut progress.flow, |batch| Record {
            name: batch.put_apart(&id),
            number: u64::from(key),
            ..Record::new(Kind::Opened, connection.slot())
        });
    }

    fn give_id(&self, connection: &Connection) -> String {
        let id = new_id(self.peers.get().map(|peers| peers.mark()));
        debug!("{}: is connection {id}", NumberName(connection));
        self.registry().set_id(connection.slot(), &id);
        id
    }

    /// A connection gets its id with its first event. Unless its stream was handed over, that is its first
    /// handshake message. So a peer that never sends one costs the application's thread nothing.
    pub(super) fn on_handshake(
        &self,
        connection: &ConnectionRef,
        progress: &mut Progress,
        envelope: &Envelope<'_>,
        text: &str,
    ) -> Next {
        if std::mem::replace(&mut progress.handshake_begun, true) {
            return self.on_further_handshake(connection, progress, envelope);
        }
        if self.history.is_on() {
            self.bring_positions(connection, text);
        }
        progress.handshake = self.id_hash(envelope);
        let is_new = !std::mem::replace(&mut progress.known, true);
        let id = is_new.then(|| self.give_id(connection));
        self.hand_over(progress, |batch| {
            let name = id.map_or(Field::NONE, |id| batch.put_apart(&id));
            Record {
                name,
                number: connection.serial(),
                ..message(batch, Kind::Handshake, connection, envelope)
            }
        })
    }

    /// A handshake message that is not the first. One with the id of the first is answered together with it.
    pub(super) fn on_further_handshake(
        &self,
        connection: &Connection,
        progress: &Progress,
        envelope: &Envelope<'_>,
    ) -> Next {
        if connection.is_handshake_resolved() {
            return self.refuse(connection, envelope, "Handshake is already resolved");
        }
        if self.id_hash(envelope) == progress.handshake {
            return Next::Read;
        }
        self.refuse(connection, envelope, "Handshake is already in progress")
    }

    /// A hash of a message's id. Its keys are random, so that no peer can have two ids share one.
    fn id_hash(&self, envelope: &Envelope<'_>) -> u64 {
        let id = envelope.id.as_ref().map(Id::to_json);
        self.hasher.hash_one(id.as_deref())
    }
}
