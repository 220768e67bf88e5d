//! This server among others that it is joined with.

use std::sync::Arc;

use line_socket_core::{ExternalEngine, Node};

/// This server among others that it is joined with.
pub struct Joined {
    pub node: Node,
    /// What it is called.
    pub name: String,
    /// The engine, if JavaScript carries it out.
    pub external: Option<Arc<ExternalEngine>>,
}

impl Drop for Joined {
    /// The node waits for its engine when it ends, and JavaScript does not run meanwhile.
    fn drop(&mut self) {
        if let Some(external) = &self.external {
            external.close();
        }
    }
}
