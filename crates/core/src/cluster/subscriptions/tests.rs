use super::*;

fn name(text: &str) -> Arc<str> {
    text.into()
}

fn names(rooms: &[Arc<str>]) -> Vec<&str> {
    rooms.iter().map(|room| &**room).collect()
}

const DELAY: Duration = Duration::from_secs(5);

#[test]
fn a_room_is_subscribed_while_it_has_members_and_for_a_while() {
    let start = Instant::now();
    let mut subscriptions = Subscriptions::new(DELAY);
    assert!(subscriptions.began(&name("a")));
    assert_eq!(names(&subscriptions.take(start).subscribe), ["a"]);
    assert!(subscriptions.wait_for("a", 7));
    assert_eq!(subscriptions.confirmed(&[name("a")]), [7]);
    assert!(!subscriptions.wait_for("a", 8), "it is confirmed");
    subscriptions.ended(&name("a"), start);
    assert_eq!(subscriptions.take(start), Changes::default());
    // It gets members again in time, and loses them again later.
    assert!(!subscriptions.began(&name("a")));
    subscriptions.ended(&name("a"), start + DELAY / 2);
    assert_eq!(subscriptions.take(start + DELAY), Changes::default());
    assert_eq!(subscriptions.next_due(), Some(start + DELAY + DELAY / 2));
    let changes = subscriptions.take(start + DELAY * 2);
    assert_eq!(names(&changes.unsubscribe), ["a"]);
    assert_eq!(subscriptions.len(), 0);
}

#[test]
fn a_join_and_a_leave_cancel_each_other() {
    let now = Instant::now();
    let mut subscriptions = Subscriptions::new(DELAY);
    subscriptions.began(&name("a"));
    assert!(subscriptions.wait_for("a", 3));
    subscriptions.ended(&name("a"), now);
    let changes = subscriptions.take(now);
    assert_eq!(changes.released, [3], "nobody waits for ever");
    assert!(changes.subscribe.is_empty());
    assert_eq!(subscriptions.len(), 0);
}

#[test]
fn commands_are_bounded() {
    let now = Instant::now();
    let mut subscriptions = Subscriptions::new(DELAY);
    for index in 0..=MOST_CHANNELS {
        subscriptions.began(&name(&format!("room {index}")));
    }
    assert_eq!(subscriptions.take(now).subscribe.len(), MOST_CHANNELS);
    assert!(!subscriptions.is_settled());
    assert_eq!(subscriptions.take(now).subscribe.len(), 1);
    assert!(subscriptions.is_settled());
}

#[test]
fn what_is_refused_is_tried_again_later() {
    let start = Instant::now();
    let mut subscriptions = Subscriptions::new(DELAY);
    for room in ["a", "b", "c"] {
        subscriptions.began(&name(room));
    }
    assert!(subscriptions.wait_for("a", 1));
    assert_eq!(subscriptions.take(start).subscribe.len(), 3);
    let due = start + DELAY;
    assert_eq!(subscriptions.refused(&[name("a"), name("b")], due), [1]);
    subscriptions.put_back(&[name("c")]);
    assert!(!subscriptions.is_awaited("a") && subscriptions.is_awaited("c"));
    assert!(!subscriptions.wait_for("a", 2), "nobody waits for it");
    subscriptions.ended(&name("b"), start);
    assert_eq!(names(&subscriptions.take(start).subscribe), ["c"]);
    assert_eq!(subscriptions.next_due(), Some(due));
    assert_eq!(names(&subscriptions.take(due).subscribe), ["a"]);
    assert_eq!(subscriptions.next_due(), None);
    assert_eq!(subscriptions.len(), 2);
}

#[test]
fn a_room_takes_few_bytes() {
    assert_eq!(size_of::<Room>(), 8);
    let now = Instant::now();
    let mut subscriptions = Subscriptions::new(Duration::ZERO);
    let rooms: Vec<_> = (0..20 * MOST_CHANNELS)
        .map(|index| name(&format!("room {index}")))
        .collect();
    for room in &rooms {
        subscriptions.began(room);
    }
    while !subscriptions.take(now).subscribe.is_empty() {}
    for room in &rooms {
        subscriptions.ended(room, now);
    }
    while !subscriptions.take(now).unsubscribe.is_empty() {}
    assert!(subscriptions.wanted.capacity() <= 2 * MOST_CHANNELS);
    assert!(subscriptions.leaving.capacity() <= 2 * MOST_CHANNELS);
}

#[test]
fn a_new_connection_is_told_of_rooms_with_members() {
    let now = Instant::now();
    let mut subscriptions = Subscriptions::new(DELAY);
    for room in ["a", "b"] {
        subscriptions.began(&name(room));
    }
    let told = subscriptions.take(now).subscribe;
    subscriptions.confirmed(&told);
    assert_eq!(subscriptions.confirmed_rooms().count(), 2);
    subscriptions.ended(&name("b"), now);
    subscriptions.begin_anew();
    assert_eq!(subscriptions.confirmed_rooms().count(), 0);
    assert_eq!(names(&subscriptions.take(now).subscribe), ["a"]);
    assert_eq!(subscriptions.next_due(), None);
}

#[test]
fn long_names_are_found_by_what_stands_for_them() {
    let mut subscriptions = Subscriptions::new(DELAY);
    let long = name(&"x".repeat(300));
    subscriptions.began(&long);
    subscriptions.began(&name("a"));
    assert_eq!(
        subscriptions.by_key(&room_key(&long)),
        Some(Arc::clone(&long))
    );
    assert_eq!(subscriptions.by_key("a"), Some(name("a")));
    assert_eq!(subscriptions.by_key("b"), None);
    subscriptions.ended(&long, Instant::now());
    assert_eq!(subscriptions.by_key(&room_key(&long)), None);
}

#[test]
fn rooms_that_come_and_go_during_an_outage_do_not_pile_up() {
    let now = Instant::now();
    let mut subscriptions = Subscriptions::new(DELAY);
    subscriptions.began(&name("told"));
    subscriptions.take(now);
    subscriptions.confirmed(&[name("told")]);
    subscriptions.began(&name("stays"));
    for number in 0..10_000 {
        subscriptions.ended(&name("told"), now);
        subscriptions.began(&name("told"));
        let new = name(&number.to_string());
        subscriptions.began(&new);
        subscriptions.ended(&new, now);
    }
    subscriptions.ended(&name("told"), now);
    let most = 2 * MOST_CHANNELS;
    assert!(subscriptions.wanted.len() < most && subscriptions.leaving.len() < most);
    let changes = subscriptions.take(now + DELAY);
    assert_eq!(names(&changes.subscribe), ["stays"]);
    assert_eq!(names(&changes.unsubscribe), ["told"]);
}
