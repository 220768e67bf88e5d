//! Large messages, which are scanned on a thread of their own: meanwhile the io thread serves its other connections.

use crate::hub::Hub;
use crate::hub::batch::Batch;
use crate::hub::connection::ConnectionRef;
use crate::hub::message::Message;
use crate::hub::progress::Progress;

use super::Next;

/// What has become of a message that was scanned apart from its connection's reader.
#[derive(Debug)]
pub struct Apart {
    /// Has the event, if the message gives one.
    batch: Box<Batch>,
    next: Next,
}

impl Hub {
    /// Receives a message while the connection's reader does nothing else. Any thread may do that. The event, if
    /// there is one, is for [`Hub::hand_over_apart`]. `progress` is what [`Progress::apart`] has made.
    pub fn receive_apart(
        &self,
        connection: &ConnectionRef,
        mut progress: Progress,
        message: Message<'_>,
    ) -> Apart {
        let next = self.receive(connection, &mut progress, message);
        Apart {
            batch: progress.aside.unwrap_or_default(),
            next,
        }
    }

    /// Hands the event of a message over that was received apart. To be called by the connection's reader.
    pub fn hand_over_apart(&self, progress: &mut Progress, apart: Apart) -> Next {
        progress.flow().accept();
        let Apart { mut batch, next } = apart;
        let Some(record) = batch.records.pop() else {
            return next;
        };
        // Large parts are not copied while others wait for the inbox.
        let is_full = self
            .inbox
            .push(progress.flow(), |filling| filling.adopt(*batch, record));
        if is_full { Next::Pause } else { next }
    }
}
