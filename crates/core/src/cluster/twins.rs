//! Two processes that have the id of one node: a virtual machine whose snapshot was restored twice, or beside the
//! original.
//!
//! Each would take what the other publishes for its own, and drop it; all others would take messages of one for
//! messages of the other that they have. So a node that finds its id in use takes another one.
//!
//! - An engine that keeps ids has a mark under the id of each node, which the node draws for each connection. A node
//!   whose copy is connected finds a mark that it has not written, before it has published anything.
//! - With any other engine, a heartbeat comes that has the node's id and that the node has not sent.

use log::warn;

use super::engine::EngineError;
use super::news::News;
use super::shared::{Shared, lock};
use super::wire;

impl Shared {
    /// Another process has the id of this node. The connection is of no use: with the next one, the node has another id.
    pub fn meet_twin(&self, generation: u64) -> EngineError {
        let message = format!(
            "another process has the id {} of this node, as when a snapshot of a virtual machine is restored twice. \
             This node takes another id. Messages of the last moments may be lost; to be sure of its state, restart \
             this process",
            self.id()
        );
        let error = EngineError::Lost {
            message,
            code: None,
        };
        self.identity.note_twin();
        self.lose(generation, error.clone());
        error
    }

    /// Takes another id if another process has that of this node. Called between two connections.
    pub fn part_from_twin(&self, error: &EngineError, is_told: bool) {
        let Some((before, now)) = self.identity.draw_id() else {
            return;
        };
        warn!("node {before}: {error}. It is node {now} now");
        if !is_told {
            self.tell(News::Down(error.clone()));
        }
        for outbox in [&self.controls, &self.outbox] {
            lock(outbox).change(|message| wire::readdress(&mut message.data, before, now));
        }
        lock(&self.keeping.queue).change(|message| {
            if !message.is_doubtful {
                wire::readdress(&mut message.entry.data, before, now);
                message.origin.node = now;
            }
            // The engine may know the number of the other process's message by the id of before.
            if let Some(id) = &mut message.entry.id {
                id.node = now;
            }
        });
    }
}
