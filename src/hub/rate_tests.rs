use super::*;

/// A limit of 100 messages and 10,000 bytes per second, a tenth of it at once, for half a second.
fn limit() -> RateLimit {
    let config = Config::default();
    config.set_messages_per_second(100);
    config.set_bytes_per_second(10_000);
    config.set_rate_burst(100);
    config.set_rate_timeout(500);
    RateLimit::new(&config, 1000).unwrap()
}

/// Takes messages until no more are allowed; returns how many.
fn drain(limit: &mut RateLimit) -> usize {
    let mut count = 0;
    while limit.allows_message() {
        limit.take_message();
        count += 1;
    }
    count
}

#[test]
fn without_a_rate_there_is_no_limit() {
    assert!(RateLimit::new(&Config::default(), 0).is_none());
    let config = Config::default();
    config.set_messages_per_second(1);
    let mut limit = RateLimit::new(&config, 0).unwrap();
    limit.take_bytes(usize::MAX);
    assert_eq!(limit.pace(0), Pace::Read(usize::MAX));
}

#[test]
fn a_burst_may_come_at_once_and_then_the_rate_holds() {
    let mut limit = limit();
    assert_eq!(drain(&mut limit), 10);
    assert_eq!(limit.pace(1000), Pace::Wait(10));
    assert_eq!(
        limit.pace(1005),
        Pace::Wait(10),
        "not less, for fewer wake-ups"
    );
    assert_eq!(limit.pace(1010), Pace::Read(1024));
    assert_eq!(drain(&mut limit), 1);
    limit.pace(1110);
    assert_eq!(drain(&mut limit), 10);
    limit.pace(9000);
    assert_eq!(drain(&mut limit), 10, "no more than a burst is saved up");
}

#[test]
fn bytes_are_read_in_pieces_of_what_is_left() {
    let config = Config::default();
    config.set_bytes_per_second(1_000_000);
    config.set_rate_burst(10);
    let mut limit = RateLimit::new(&config, 0).unwrap();
    assert_eq!(limit.pace(0), Pace::Read(10_000));
    limit.take_bytes(9_900);
    // Not byte by byte: what that is too much is waited for.
    assert_eq!(limit.pace(0), Pace::Read(1024));
    limit.take_bytes(1024);
    assert_eq!(limit.pace(0), Pace::Wait(10));
    assert_eq!(limit.pace(1), Pace::Read(1024));
    assert!(limit.allows_message(), "messages are not limited");
}

#[test]
fn whoever_stays_behind_has_to_go_and_whoever_catches_up_may_stay() {
    let mut patient = limit();
    drain(&mut patient);
    for now in (1000..3000).step_by(10) {
        assert!(!matches!(patient.pace(now), Pace::TooLong), "{now}");
        drain(&mut patient);
        if now % 200 == 0 {
            patient.caught_up();
            assert!(!patient.is_behind());
        }
    }

    let mut limit = limit();
    let times: Vec<u64> = (1000..1600).step_by(5).collect();
    let ended = times.iter().find(|&&now| {
        drain(&mut limit);
        limit.pace(now) == Pace::TooLong
    });
    assert!(limit.is_behind());
    assert!(matches!(ended, Some(1500..1510)), "{ended:?}");
}

#[test]
fn the_wait_ends_with_the_patience() {
    let config = Config::default();
    config.set_messages_per_second(1);
    config.set_rate_burst(0);
    config.set_rate_timeout(300);
    let mut limit = RateLimit::new(&config, 0).unwrap();
    assert_eq!(drain(&mut limit), 1, "one may always come");
    assert_eq!(limit.pace(0), Pace::Wait(300));
    assert_eq!(limit.pace(300), Pace::TooLong);

    config.set_rate_timeout(0);
    let mut limit = RateLimit::new(&config, 0).unwrap();
    drain(&mut limit);
    assert_eq!(limit.pace(0), Pace::Wait(1000));
    drain(&mut limit);
    assert_eq!(limit.pace(999), Pace::Wait(1), "for ever");
}

#[test]
fn a_clock_read_twice_adds_nothing() {
    let mut limit = limit();
    drain(&mut limit);
    for _ in 0..100 {
        assert_eq!(limit.pace(1000), Pace::Wait(10));
    }
}
