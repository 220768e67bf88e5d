use super::*;

/// A limit of 100 messages and 10,000 bytes per second, a tenth of it at once, for half a second.
fn limit() -> RateLimit {
    let config = Config::default();
    config.set_messages_per_second(100);
    config.set_bytes_per_second(10_000);
    config.set_rate_burst(100);
    config.set_rate_timeout(500);
    RateLimit::new(&config, 1000)
}

/// Takes messages until no more are allowed; returns how many.
fn drain(limit: &mut RateLimit) -> usize {
    let mut count = 0;
    while limit.allows_message() {
        limit.count_message();
        count += 1;
    }
    count
}

/// A limit of 1,000,000 bytes per second, a hundredth of it at once.
fn limit_of_bytes() -> RateLimit {
    let config = Config::default();
    config.set_messages_per_second(0);
    config.set_bytes_per_second(1_000_000);
    config.set_rate_burst(10);
    RateLimit::new(&config, 0)
}

#[test]
fn without_a_rate_there_is_no_limit() {
    let config = Config::default();
    config.set_messages_per_second(0);
    config.set_bytes_per_second(0);
    let mut limit = RateLimit::new(&config, 0);
    for now in 0..100 {
        assert!(limit.has_room(1 << 40));
        limit.count_read(now, 1 << 40);
        assert!(limit.count_inflated(1 << 40));
        for _ in 0..1000 {
            assert!(limit.allows_message());
            limit.count_message();
        }
    }
    assert!(matches!(limit.pace(100), Pace::Read(left) if left > 1 << 40));
    assert!(!limit.is_behind());

    config.set_messages_per_second(1);
    let mut limit = RateLimit::new(&config, 0);
    limit.count_read(0, 1 << 50);
    assert!(matches!(limit.pace(0), Pace::Read(_)), "one of the two");
}

#[test]
fn by_default_a_second_of_the_rate_may_come_at_once() {
    let mut limit = RateLimit::new(&Config::default(), 0);
    assert_eq!(drain(&mut limit), 100_000);
    assert_eq!(limit.pace(0), Pace::Wait(10));

    let mut limit = RateLimit::new(&Config::default(), 0);
    limit.count_read(0, (128 << 20) - 1);
    assert!(limit.has_room(1));
    limit.count_read(0, 1);
    assert!(!limit.has_room(1));
    assert_eq!(limit.pace(0), Pace::Wait(10));
}

#[test]
fn by_default_a_flood_is_slowed_down_and_ended_after_a_minute() {
    let mut limit = RateLimit::new(&Config::default(), 0);
    let mut taken = 0;
    let ended = (0..100_000).find(|&now| {
        loop {
            taken += drain(&mut limit);
            match limit.pace(now) {
                Pace::Read(_) => {}
                Pace::Wait(_) => return false,
                Pace::TooLong => return true,
            }
        }
    });
    assert_eq!(ended, Some(60_000));
    assert_eq!(taken, 100_000 + 60_000 * 100);
}

#[test]
fn by_default_who_is_just_within_the_rate_is_never_held_back() {
    let mut limit = RateLimit::new(&Config::default(), 0);
    for now in (0..120_000).step_by(10) {
        assert!(matches!(limit.pace(now), Pace::Read(_)), "{now}");
        limit.count_read(now, (128 << 20) / 100);
        for _ in 0..1000 {
            assert!(limit.allows_message());
            limit.count_message();
        }
    }
    assert!(!limit.is_behind());
}

#[test]
fn a_read_fills_the_buckets_first() {
    let mut limit = limit_of_bytes();
    limit.count_read(0, 10_000);
    assert!(!limit.has_room(1));
    limit.count_read(5, 4000);
    assert!(limit.has_room(1000));
    assert!(!limit.has_room(1001));
}

#[test]
fn what_was_inflated_counts_too() {
    let mut limit = limit_of_bytes();
    limit.count_read(0, 100);
    assert!(limit.count_inflated(9899));
    assert!(!limit.count_inflated(100_001));
    assert_eq!(limit.pace(0), Pace::Wait(101), "what was too much is owed");
    assert_eq!(limit.pace(101), Pace::Read(1024));
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
    let mut limit = limit_of_bytes();
    assert_eq!(limit.pace(0), Pace::Read(10_000));
    limit.count_read(0, 9_900);
    // Not byte by byte: what that is too much is waited for.
    assert_eq!(limit.pace(0), Pace::Read(1024));
    limit.count_read(0, 1024);
    assert_eq!(limit.pace(0), Pace::Wait(10));
    assert_eq!(limit.pace(1), Pace::Read(1024));
    assert!(limit.allows_message(), "messages are not limited");
}

#[test]
fn whoever_goes_on_is_behind_though_it_is_read_to_the_end_for_a_moment() {
    let config = Config::default();
    config.set_messages_per_second(10_000);
    config.set_rate_timeout(500);
    let mut limit = RateLimit::new(&config, 1000);
    drain(&mut limit);
    let ended = (1000..3000).step_by(5).find(|&now| {
        limit.pace(now);
        drain(&mut limit);
        limit.caught_up();
        limit.pace(now) == Pace::TooLong
    });
    assert!(matches!(ended, Some(1500..1510)), "{ended:?}");
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
            assert!(matches!(patient.pace(now + 10), Pace::Read(_)));
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
fn the_wait_ends_with_the_timeout() {
    let config = Config::default();
    config.set_messages_per_second(1);
    config.set_rate_burst(0);
    config.set_rate_timeout(300);
    let mut limit = RateLimit::new(&config, 0);
    assert_eq!(drain(&mut limit), 1, "one may always come");
    assert_eq!(limit.pace(0), Pace::Wait(300));
    assert_eq!(limit.pace(300), Pace::TooLong);

    config.set_rate_timeout(0);
    let mut limit = RateLimit::new(&config, 0);
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
