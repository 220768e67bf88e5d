//! The task that claims ids for connections of this node in all nodes, and frees them.
//!
//! An engine that keeps ids decides who has one. With another engine all nodes are asked; of two nodes that claim an
//! id at the same time, the one with the smaller id gets it. While other nodes cannot be asked, an id holds here; it is
//! claimed when the engine is back, and whoever has it then keeps it: that claim is the later one.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::join_all;
use log::{debug, warn};
use serde_json::value::to_raw_value;
use tokio::sync::oneshot;

use crate::boxed;
use crate::codec::close;

use super::asking::Question;
use super::claims::{Settled, Wanted};
use super::engine::{Claim, EngineError, Registrar};
use super::forms::Demand;
use super::news::News;
use super::node_id::NodeId;
use super::questions::{Outcome, Owner};
use super::settings::MISSED_BEATS;
use super::shared::{Phase, Shared, lock};

/// Holders that are replaced for one claim.
const TRIES: usize = 3;

/// Time of other nodes to answer when a claim is made again.
const AGAIN: u32 = 5000;

/// How often ids are claimed anew, so that they do not become free: an engine keeps one for [`ID_LIFE`] after that.
const REFRESH: Duration = Duration::from_hours(6);

/// Ids that are freed together.
const AT_ONCE: usize = 64;

pub(super) async fn run(shared: Arc<Shared>) {
    let interval = shared.settings.heartbeat_interval;
    let mut announced: Option<Instant> = None;
    let mut refreshed = Instant::now();
    loop {
        let wanted = lock(&shared.claims).take_wanted();
        for one in wanted {
            boxed::spawn(claim(Arc::clone(&shared), one));
        }
        let is_up = matches!(shared.phase(), Phase::Up(_));
        if is_up || shared.engine.registrar().is_none() {
            let freed = lock(&shared.claims).take_freed();
            if !freed.is_empty() {
                boxed::spawn(release(Arc::clone(&shared), freed));
            }
        }
        let since = announced.map(|at| at.elapsed());
        if !is_up {
            announced = None;
        } else if since.is_none_or(|since| since >= interval) {
            if since.is_some_and(|since| since >= interval * MISSED_BEATS) {
                // This process has not run, and others took it for dead: they may have its ids.
                claim_again(&shared);
            }
            announced = Some(Instant::now());
            boxed::spawn(announce(Arc::clone(&shared)));
        }
        if is_up && refreshed.elapsed() >= REFRESH {
            refreshed = Instant::now();
            claim_again(&shared);
        }
        let _ = tokio::time::timeout(interval / 4, shared.claimed.notified()).await;
    }
}

/// Claims an id, and tells the application.
async fn claim(shared: Arc<Shared>, wanted: Wanted) {
    let Wanted {
        id,
        take_over,
        key,
        timeout,
    } = wanted;
    let claim = claim_everywhere(&shared, &id, take_over, timeout);
    let limit = Duration::from_millis(timeout.into());
    let claimed = if timeout == 0 {
        claim.await
    } else {
        // Nodes are given up in this time, and so is an engine that does not answer.
        let late = |_| {
            let why = "the engine has not answered in time";
            Err(EngineError::Unable(why.into()))
        };
        tokio::time::timeout(limit, claim)
            .await
            .unwrap_or_else(late)
    };
    let is_ours = match claimed {
        Ok(Some(holder)) => {
            debug!("node {}: node {holder} has the id {id:?}", shared.id());
            lock(&shared.claims).lose(&id);
            false
        }
        unknown => {
            if let Err(error) = &unknown {
                debug!(
                    "node {}: the id {id:?} is not claimed: {error}",
                    shared.id()
                );
            }
            let settled = lock(&shared.claims).settle(&id, unknown.is_ok());
            if settled == Settled::Gone {
                // Its connection has ended meanwhile.
                shared.free(&id);
            }
            settled != Settled::Lost
        }
    };
    let outcome = Outcome {
        count: is_ours.into(),
        ..Outcome::default()
    };
    lock(&shared.questions).put(key, outcome);
    shared.tell(News::Answered(key));
}

/// Returns the node that has the id, and keeps it.
async fn claim_everywhere(
    shared: &Shared,
    id: &Arc<str>,
    take_over: bool,
    timeout: u32,
) -> Result<Option<NodeId>, EngineError> {
    let Some(registrar) = shared.engine.registrar() else {
        return Ok(ask_all(shared, id, take_over, timeout).await);
    };
    let mut instead_of = None;
    for _ in 0..TRIES {
        match registrar
            .claim(Arc::clone(id), shared.id(), instead_of)
            .await?
        {
            Claim::Taken => return Ok(None),
            Claim::HeldBy(holder) if holder == shared.id() => return Ok(None),
            Claim::HeldBy(holder) => {
                if is_alive(shared, registrar, holder).await? {
                    if !take_over {
                        return Ok(Some(holder));
                    }
                    // If it does not answer, it has lost the id all the same, and is told when it claims again.
                    ask(shared, vec![holder], id, true, timeout).await;
                }
                instead_of = Some(holder);
            }
        }
    }
    Err(EngineError::Unable(
        "it was taken by several nodes at once".into(),
    ))
}

async fn is_alive(
    shared: &Shared,
    registrar: &dyn Registrar,
    node: NodeId,
) -> Result<bool, EngineError> {
    let (is_known, has_departed) = {
        let roster = lock(&shared.roster);
        (roster.contains(node), roster.has_departed(node))
    };
    if is_known || has_departed {
        return Ok(is_known);
    }
    registrar.is_alive(node).await
}

/// Asks all nodes. Returns one that has the id.
///
/// A connection that claims an id has it already, and for a moment after the claim has failed. So of two nodes that claim an
/// id at the same time, each may be told by the other that it is not free. The one with the smaller id, which has told the
/// other so while it was claiming, asks once more: the other has given up by then.
async fn ask_all(shared: &Shared, id: &Arc<str>, take_over: bool, timeout: u32) -> Option<NodeId> {
    loop {
        let outcome = ask(shared, shared.peers(), id, take_over, timeout).await?;
        let (holder, _) = outcome.values.first()?;
        if !lock(&shared.claims).take_contest(id) {
            return NodeId::parse(holder);
        }
    }
}

async fn ask(
    shared: &Shared,
    nodes: Vec<NodeId>,
    id: &Arc<str>,
    take_over: bool,
    timeout: u32,
) -> Option<Outcome> {
    let what = to_raw_value(&Demand::Claim {
        id: Arc::clone(id),
        take_over,
    });
    let (Ok(what), false) = (what, nodes.is_empty()) else {
        return None;
    };
    let (sender, receiver) = oneshot::channel();
    shared.ask(Question {
        owner: Owner::Task(sender),
        nodes,
        what,
        timeout,
        first: None,
    });
    receiver.await.ok()
}

/// Frees ids. Those that the engine could not be told of are freed later.
async fn release(shared: Arc<Shared>, mut ids: Vec<Arc<str>>) {
    let Some(registrar) = shared.engine.registrar() else {
        return;
    };
    while !ids.is_empty() {
        let mut some = ids.split_off(ids.len().saturating_sub(AT_ONCE));
        // Another connection here may have claimed one since.
        some.retain(|id| !lock(&shared.claims).has(id));
        let releases = some
            .iter()
            .map(|id| registrar.release(Arc::clone(id), shared.id()));
        for (id, released) in some.iter().zip(join_all(releases).await) {
            match released {
                Ok(()) => {}
                Err(EngineError::Refused(why)) => {
                    warn!("node {}: the id {id:?} is not freed: {why}", shared.id());
                }
                Err(_) => lock(&shared.claims).free(id),
            }
        }
    }
}

/// Frees all ids: the node ends.
pub(super) async fn release_all(shared: &Shared) {
    let Some(registrar) = shared.engine.registrar() else {
        return;
    };
    let ids = {
        let mut claims = lock(&shared.claims);
        let mut ids = claims.all();
        ids.append(&mut claims.take_freed());
        ids
    };
    for some in ids.chunks(AT_ONCE) {
        let releases = some
            .iter()
            .map(|id| registrar.release(Arc::clone(id), shared.id()));
        for released in join_all(releases).await {
            if let Err(error) = released {
                debug!("node {}: ids are not freed: {error}", shared.id());
                return;
            }
        }
    }
}

/// Claims all ids anew after an outage: others may have taken them.
pub(super) fn claim_again(shared: &Arc<Shared>) {
    let ids = lock(&shared.claims).all();
    if ids.is_empty() || shared.engine.registrar().is_none() {
        return;
    }
    let shared = Arc::clone(shared);
    boxed::spawn(async move {
        for id in ids {
            match claim_everywhere(&shared, &id, false, AGAIN).await {
                Ok(None) => {
                    if lock(&shared.claims).settle(&id, true) == Settled::Gone {
                        shared.free(&id);
                    }
                }
                Ok(Some(holder)) => {
                    debug!("node {}: node {holder} has taken {id:?}", shared.id());
                    lock(&shared.claims).fail(&id);
                    shared.give_up_id(&id);
                }
                // The next connection to the engine claims again.
                Err(error) => {
                    debug!(
                        "node {}: the id {id:?} is not claimed: {error}",
                        shared.id()
                    );
                    return;
                }
            }
        }
    });
}

/// Tells the engine that this node is alive. That is a write, so it shows whether the engine takes writes.
async fn announce(shared: Arc<Shared>) {
    if let Some(registrar) = shared.engine.registrar() {
        let ttl = shared.settings.heartbeat_interval * MISSED_BEATS;
        let Phase::Up(generation) = shared.phase() else {
            return;
        };
        let (id, marks) = (shared.id(), shared.identity.marks());
        match registrar.announce(id, marks, ttl.as_millis() as u64).await {
            Ok(true) => lock(&shared.strain).worked(),
            Ok(false) => drop(shared.meet_twin(generation)),
            Err(error) => {
                debug!("node {}: is not announced: {error}", shared.id());
                if let EngineError::Unable(_) = error {
                    shared.strained(&error);
                }
            }
        }
    }
}

impl Shared {
    /// Another node claims an id. Returns whether a connection here has it, and keeps it.
    pub(super) fn has_id(&self, from: NodeId, id: &str, take_over: bool) -> bool {
        if self.hub.registry().holder(id).is_none() {
            return false;
        }
        let mut claims = lock(&self.claims);
        if claims.has_lost(id) {
            return false;
        }
        if self.engine.registrar().is_none() && claims.is_claiming(id) {
            // Both claim it, and may ask each other.
            if self.id() > from {
                claims.lose(id);
            } else {
                claims.contest(id);
            }
            return self.id() < from;
        }
        drop(claims);
        if take_over {
            lock(&self.claims).fail(id);
            self.give_up_id(id);
        }
        !take_over
    }

    /// Closes the connection that has an id, which another node has now.
    fn give_up_id(&self, id: &str) {
        let registry = self.hub.registry();
        let slot = registry.holder(id);
        let holder = slot.and_then(|slot| registry.get(slot).cloned());
        drop(registry);
        if let Some(holder) = holder {
            self.hub.give_up(&holder);
            self.hub
                .close(&holder, close::TAKEN_OVER, close::reason::TAKEN_OVER);
            self.hub.closed.add([holder]);
        }
    }

    /// Others are told that an id is free as soon as the engine can be reached.
    fn free(&self, id: &Arc<str>) {
        lock(&self.claims).free(id);
        self.claimed.notify_one();
    }

    /// A connection here does not have this id any more.
    pub(super) fn on_id_freed(&self, id: &str) {
        if lock(&self.claims).freed(id) {
            self.claimed.notify_one();
        }
    }
}
