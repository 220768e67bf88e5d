use super::*;

#[test]
fn a_slot_is_new_to_a_set_once() {
    let mut set = SlotSet::default();
    for slot in [0, 63, 64, 1000, 1] {
        assert!(
            !set.contains(slot) && set.insert(slot) && set.contains(slot),
            "{slot}"
        );
        assert!(!set.insert(slot), "{slot}");
    }
    assert!(!set.contains(999) && !set.contains(1_000_000));
    assert!(set.insert(999));
}
