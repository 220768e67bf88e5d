//! Models of the order lock of a room: all members get messages in one order, and a join that replays what was
//! sent before gets every message once.

use std::sync::Arc;

use line_socket_native_models::order::{Found, Order, in_order};
use loom::model::Builder;
use loom::sync::atomic::{AtomicBool, Ordering::SeqCst};
use loom::sync::{Mutex, MutexGuard};
use loom::thread;

fn model(preemptions: usize, body: impl Fn() + Sync + Send + 'static) {
    let is_deep = std::env::var("LINE_MODELS").is_ok_and(|value| value == "deep");
    let mut builder = Builder::new();
    builder.preemption_bound = Some(preemptions + usize::from(is_deep));
    builder.check(body);
}

/// What one member has been sent.
type Queue = Arc<Mutex<Vec<u32>>>;

/// One room, as the registry has it.
#[derive(Default)]
struct Room {
    members: Vec<Queue>,
    /// There is one while the room has members, or is kept.
    order: Option<Arc<Order>>,
    kept: bool,
}

struct World {
    registry: Mutex<Room>,
    /// All that was sent, as kept for those who join later. It is touched under the order lock only.
    sent: Mutex<Vec<u32>>,
    /// Somebody is sending, in a room that is kept. In one that ended and was made again, what was begun before
    /// may go on for those who were members then.
    busy: AtomicBool,
}

impl World {
    fn new(kept: bool) -> Arc<Self> {
        let room = Room {
            order: kept.then(Arc::default),
            kept,
            ..Room::default()
        };
        Arc::new(Self {
            registry: Mutex::new(room),
            sent: Mutex::default(),
            busy: AtomicBool::new(false),
        })
    }

    fn registry(&self) -> MutexGuard<'_, Room> {
        self.registry.lock().unwrap()
    }

    fn look_up(&self) -> Option<Found<Vec<Queue>>> {
        let room = self.registry();
        let order = Arc::clone(room.order.as_ref()?);
        Some(Found {
            version: order.version(),
            order,
            members: room.members.clone(),
        })
    }

    fn broadcast(&self, message: u32) {
        in_order(
            || self.look_up(),
            |_, members| {
                let was_busy = self.busy.swap(true, SeqCst);
                assert!(
                    !was_busy || !self.registry().kept,
                    "two threads send at the same time"
                );
                self.sent.lock().unwrap().push(message);
                for queue in members {
                    queue.lock().unwrap().push(message);
                }
                self.busy.store(false, SeqCst);
            },
        );
    }

    fn join(&self) -> Queue {
        let queue = Queue::default();
        let mut room = self.registry();
        room.members.push(Arc::clone(&queue));
        room.order.get_or_insert_default().changed();
        queue
    }

    fn leave(&self, queue: &Queue) {
        let mut room = self.registry();
        room.members.retain(|member| !Arc::ptr_eq(member, queue));
        if let Some(order) = &room.order {
            order.changed();
        }
        if room.members.is_empty() && !room.kept {
            room.order = None;
        }
    }

    /// Joins with all that was sent before.
    fn join_with_replay(&self) -> Queue {
        let joined = in_order(
            || self.look_up(),
            |_, _| {
                let queue = self.join();
                let sent = self.sent.lock().unwrap();
                queue.lock().unwrap().extend_from_slice(&sent);
                queue
            },
        );
        joined.unwrap()
    }
}

fn content(queue: &Queue) -> Vec<u32> {
    queue.lock().unwrap().clone()
}

#[test]
fn all_members_get_messages_in_one_order() {
    model(3, || {
        let world = World::new(false);
        let queues = [world.join(), world.join()];
        let other = {
            let world = Arc::clone(&world);
            thread::spawn(move || world.broadcast(1))
        };
        world.broadcast(2);
        other.join().unwrap();
        let first = content(&queues[0]);
        assert_eq!(first.len(), 2);
        assert_eq!(first, content(&queues[1]));
    });
}

#[test]
fn a_join_with_replay_gets_every_message_once() {
    model(3, || {
        let world = World::new(true);
        let member = world.join();
        let others = [1, 2].map(|message| {
            let world = Arc::clone(&world);
            thread::spawn(move || world.broadcast(message))
        });
        let late = world.join_with_replay();
        for other in others {
            other.join().unwrap();
        }
        assert_eq!(content(&late), content(&member));
        assert_eq!(content(&late).len(), 2);
    });
}

#[test]
fn a_room_that_is_made_again_has_one_order_too() {
    model(3, || {
        let world = World::new(false);
        let first = world.join();
        let others = [1, 2].map(|message| {
            let world = Arc::clone(&world);
            thread::spawn(move || world.broadcast(message))
        });
        world.leave(&first);
        let second = world.join();
        world.broadcast(3);
        for other in others {
            other.join().unwrap();
        }
        assert!(content(&second).contains(&3), "it had joined before");
        assert!(!content(&first).contains(&3), "it had left before");
    });
}
