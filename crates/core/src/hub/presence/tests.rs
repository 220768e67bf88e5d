use super::*;

fn presence(tell: Tell, leave_delay: u64) -> Presence {
    let mut presence = Presence::new(Arc::default(), Clock::new());
    presence.set_rule("room*", PresenceRule { leave_delay, tell });
    presence
}

fn names(changes: &Changes) -> Vec<(Change, String)> {
    let members = changes.members.iter();
    let mut names: Vec<_> = members
        .map(|(change, id, _)| (*change, id.to_string()))
        .collect();
    names.sort_by(|(_, a), (_, b)| a.cmp(b));
    names
}

fn count(presence: &mut Presence, room: &str, limit: usize) -> Option<usize> {
    presence.list(room, limit).map(|listed| listed.count)
}

/// Later than all that is due by then.
const LATER: u64 = 1_000_000;

#[test]
fn a_member_that_comes_back_in_time_has_not_left() {
    let room: Arc<str> = "room".into();
    let id: Arc<str> = "a".into();
    let mut presence = presence(Tell::Each, 5000);
    assert!(presence.watch("room", true));
    presence.joined(&room, 1, &id, None);
    assert!(presence.on_due(LATER));
    assert_eq!(names(&presence.take()[0]), [(Change::Join, "a".to_owned())]);
    presence.left(&room, 1, &id, true);
    assert_eq!(count(&mut presence, "room", 9), Some(1));
    presence.joined(&room, 2, &id, None);
    presence.left(&room, 1, &id, true);
    assert!(!presence.on_due(LATER), "nothing has changed");
    assert!(presence.take().is_empty());

    presence.left(&room, 2, &id, true);
    assert!(presence.on_due(LATER), "it has not come back");
    assert_eq!(
        names(&presence.take()[0]),
        [(Change::Leave, "a".to_owned())]
    );
    assert_eq!(count(&mut presence, "room", 9), Some(0));
}

#[test]
fn one_that_leaves_by_itself_has_left_at_once() {
    let room: Arc<str> = "room".into();
    let id: Arc<str> = "a".into();
    let mut presence = presence(Tell::Batched, 5000);
    presence.joined(&room, 1, &id, Some("1".into()));
    assert!(presence.watch("room", true));
    presence.left(&room, 1, &id, false);
    assert_eq!(count(&mut presence, "room", 9), Some(0));
    assert!(!presence.on_due(0), "changes are gathered for a moment");
    assert!(presence.on_due(LATER));
    assert!(!presence.on_due(LATER), "that was told");
    let changes = presence.take();
    assert_eq!(changes[0].members, [(Change::Leave, id, Some("1".into()))]);
    assert_eq!(
        (changes[0].count, changes[0].joined, changes[0].left),
        (0, 0, 1)
    );
}

#[test]
fn what_is_undone_while_changes_are_gathered_is_no_change() {
    let room: Arc<str> = "room".into();
    let [a, b, c]: [Arc<str>; 3] = ["a".into(), "b".into(), "c".into()];
    let mut presence = presence(Tell::Batched, 0);
    presence.joined(&room, 2, &b, Some("1".into()));
    presence.watch("room", true);
    presence.joined(&room, 1, &a, None);
    presence.left(&room, 1, &a, true);
    presence.changed(&room, &b, Some("2".into()));
    presence.joined(&room, 3, &c, None);
    presence.changed(&room, &c, Some("3".into()));
    presence.on_due(LATER);
    let changes = &presence.take()[0];
    let expected = [
        (Change::Info, "b".to_owned()),
        (Change::Join, "c".to_owned()),
    ];
    assert_eq!(names(changes), expected);
    presence.changed(&room, &b, Some("3".into()));
    presence.changed(&room, &b, Some("2".into()));
    presence.on_due(LATER);
    assert!(presence.take().is_empty());
    assert!(presence.rooms["room"].before.is_empty());
}

#[test]
fn changes_of_large_rooms_are_told_as_numbers_unless_each_is_asked_for() {
    let room: Arc<str> = "room".into();
    for (tell, named) in [(Tell::Batched, 0), (Tell::Each, 1001)] {
        let mut presence = presence(tell, 0);
        presence.watch("room", true);
        for slot in 0..1001 {
            presence.joined(&room, slot, &slot.to_string().into(), None);
        }
        presence.on_due(LATER);
        let changes = &presence.take()[0];
        assert_eq!(
            (changes.count, changes.joined, changes.left),
            (1001, 1001, 0)
        );
        assert_eq!(changes.members.len(), named);
    }
}

#[test]
fn rooms_without_it_and_rooms_that_nobody_watches_cost_nothing() {
    let id: Arc<str> = "a".into();
    let (other, room): (Arc<str>, Arc<str>) = ("other".into(), "room".into());
    let mut presence = presence(Tell::Batched, 0);
    presence.joined(&other, 1, &id, None);
    assert!(!presence.watch("other", true));
    assert_eq!(presence.list("other", 9), None);
    presence.joined(&room, 1, &id, None);
    presence.left(&room, 1, &id, true);
    presence.watch("room 2", true);
    presence.watch("room 2", false);
    assert!(!presence.on_due(LATER));
    assert!(presence.rooms.is_empty() && presence.leaving.is_empty());
    assert_eq!(count(&mut presence, "room", 9), Some(0));
}
