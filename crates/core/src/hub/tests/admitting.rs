//! Connections that the application adds to the group of all, takes out, and adds again.

use super::*;

#[test]
fn a_connection_that_is_admitted_again_has_one_ping_timer() {
    let (hub, _) = hub();
    hub.config.set_handshake_timeout(0);
    hub.config.set_ping_interval(40);
    let peer = Peer::admitted(&hub);
    for _ in 0..1000 {
        hub.admit(peer.slot());
        assert!(hub.registry().dismiss(peer.slot()));
        assert!(!hub.registry().dismiss(peer.slot()));
        hub.admit(peer.slot());
    }
    assert_eq!(hub.timers.count(), 1);
    assert_eq!(hub.registry().count(Group::All), 1);
    run_for(&hub, 60);
    assert_eq!(pings_due(&hub), 1);
    assert_eq!(hub.timers.count(), 1);
}

#[test]
fn admitting_a_connection_again_is_no_sign_of_life() {
    let (hub, _) = hub();
    hub.config.set_ping_interval(60);
    let peer = Peer::admitted(&hub);
    for _ in 0..5 {
        run_for(&hub, 20);
        hub.admit(peer.slot());
    }
    assert_eq!(pings_due(&hub), 1);
}
