//! Further io threads of a listener: each runs the connections given to it on a runtime of its own.

use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use crate::hub::Hub;

use super::driver::Driver;
use super::tasks::Tasks;

/// A further io thread.
pub struct Worker {
    tasks: Arc<Tasks>,
    end: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

impl Worker {
    /// Starts the thread.
    ///
    /// # Errors
    /// The system's, when no selector or no thread can be made.
    pub fn start(hub: &Arc<Hub>) -> io::Result<Self> {
        let driver = Driver::new(hub)?;
        let tasks = Arc::clone(driver.tasks());
        let (end, ended) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name("line-socket-io".into())
            .spawn(move || {
                driver.run(async move {
                    // Dropping the sender ends the thread too.
                    let _ = ended.await;
                });
                driver.end();
            })?;
        Ok(Self { tasks, end, thread })
    }

    /// The tasks of its connections.
    pub fn tasks(&self) -> &Arc<Tasks> {
        &self.tasks
    }

    /// Ends the thread and waits for that. Tasks that are still there end with it.
    pub fn end(self) {
        // If the thread does not receive this, it has ended already, by a panic that its hook has reported.
        let _ = self.end.send(());
        let _ = self.thread.join();
    }
}
