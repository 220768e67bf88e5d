//! Futures of one type for the runtime. Its code for a task, and for waiting for a future, is there once, and not once for each
//! type of future.

use std::pin::Pin;

use tokio::runtime::{Handle, Runtime};
use tokio::task::JoinHandle;

type Boxed = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Runs a task on the current runtime.
pub fn spawn(task: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
    spawn_on(&Handle::current(), task)
}

/// Runs a task on a runtime.
pub fn spawn_on(
    runtime: &Handle,
    task: impl Future<Output = ()> + Send + 'static,
) -> JoinHandle<()> {
    let task: Boxed = Box::pin(task);
    runtime.spawn(task)
}

/// Runs a runtime on this thread until a future is ready.
pub fn block_on(runtime: &Runtime, future: Pin<&mut dyn Future<Output = ()>>) {
    runtime.block_on(future);
}
