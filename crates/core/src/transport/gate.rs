//! Who may connect. A policy decides without the application. After it the application decides, if it wants to
//! be asked, and the upgrade waits for its verdict.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use tokio::sync::oneshot;

use crate::deflate::Agreement;
use crate::hub::Remote;
use crate::upgrade::{Client, Request, Upgrade, UpgradePolicy};

/// What the application decided.
#[derive(Debug)]
pub enum Verdict {
    /// Go on with this response head (status line, headers, blank line) and subprotocol.
    Accept {
        /// The bytes of the 101 response.
        head: Vec<u8>,
        /// The subprotocol it names.
        protocol: Option<String>,
    },
    /// Refuse with an HTTP status.
    Refuse {
        /// HTTP status code.
        status: u16,
        /// Body; the status's reason phrase when `None`.
        message: Option<String>,
    },
}

/// A request that waits.
#[derive(Debug, Clone)]
pub struct Pending {
    /// The request itself.
    pub request: Arc<Request>,
    /// What it asks for.
    pub upgrade: Arc<Upgrade>,
    /// Where it came from.
    pub remote: Remote,
    /// The client, as trusted proxies name it.
    pub client: Client,
    /// The parameters of compression that the answer agrees to, if any.
    pub agreement: Option<Agreement>,
    /// The application's number for the stream, when it was handed over.
    pub handover: Option<u32>,
}

#[derive(Debug, Default)]
struct Waiting {
    /// Keys are not used again, so that a verdict that comes twice, or late, does not apply to another request.
    last_key: u32,
    requests: HashMap<u32, (Pending, oneshot::Sender<Verdict>)>,
}

/// The policy, and requests that wait for the application.
#[derive(Debug, Default)]
pub struct Gate {
    policy: RwLock<Arc<UpgradePolicy>>,
    asking: AtomicBool,
    waiting: Mutex<Waiting>,
}

impl Gate {
    /// The policy for requests that come now.
    pub fn policy(&self) -> Arc<UpgradePolicy> {
        let policy = self.policy.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&policy)
    }

    /// Sets the policy for later requests.
    pub fn set_policy(&self, policy: UpgradePolicy) {
        *self.policy.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(policy);
    }

    /// Whether the application wants to be asked.
    pub fn is_asking(&self) -> bool {
        self.asking.load(Relaxed)
    }

    /// Sets whether the application wants to be asked.
    pub fn set_asking(&self, asking: bool) {
        self.asking.store(asking, Relaxed);
    }

    /// Adds a request; the receiver fails if the application never answers.
    pub fn ask(&self, pending: Pending) -> (u32, oneshot::Receiver<Verdict>) {
        let (sender, receiver) = oneshot::channel();
        let mut waiting = self.lock();
        waiting.last_key = waiting.last_key.wrapping_add(1);
        let key = waiting.last_key;
        waiting.requests.insert(key, (pending, sender));
        (key, receiver)
    }

    /// A waiting request.
    pub fn get(&self, key: u32) -> Option<Pending> {
        self.lock()
            .requests
            .get(&key)
            .map(|(pending, _)| pending.clone())
    }

    /// Decides on a waiting request. False when it does not wait any more.
    pub fn decide(&self, key: u32, verdict: Verdict) -> bool {
        let Some((_, sender)) = self.lock().requests.remove(&key) else {
            return false;
        };
        sender.send(verdict).is_ok()
    }

    /// Forgets a request that waits no longer.
    pub fn forget(&self, key: u32) {
        self.lock().requests.remove(&key);
    }

    /// Forgets all waiting requests: they are refused. Returns how many.
    pub fn clear(&self) -> usize {
        std::mem::take(&mut self.lock().requests).len()
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
