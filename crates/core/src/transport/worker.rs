//! Further io threads of a listener: each runs the connections given to it on a runtime of its own.

use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::hub::Hub;

use super::runtime::runtime;

/// A further io thread.
pub struct Worker {
    handle: Handle,
    end: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

impl Worker {
    /// Starts the thread.
    ///
    /// # Errors
    /// The system's, when no selector or no thread can be made.
    pub fn start(hub: &Arc<Hub>) -> io::Result<Self> {
        let runtime = runtime(hub)?;
        let handle = runtime.handle().clone();
        let (end, ended) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name("line-socket-io".into())
            .spawn(move || {
                // Dropping the sender ends the thread too.
                let _ = runtime.block_on(ended);
            })?;
        Ok(Self {
            handle,
            end,
            thread,
        })
    }

    /// The runtime to spawn its tasks on.
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Ends the thread and waits for that. Tasks that are still there end with it.
    pub fn end(self) {
        // If the thread does not receive this, it has ended already, by a panic that its hook has reported.
        let _ = self.end.send(());
        let _ = self.thread.join();
    }
}
