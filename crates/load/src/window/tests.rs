use super::*;

/// A window on this process, without turns.
fn window(duration_ms: u64) -> Window {
    let line = format!(
        "echo --server 127.0.0.1:80 --pid {} --duration {duration_ms}",
        std::process::id()
    );
    Window::open(&Options::parse(line.split(' ').map(String::from)).unwrap()).unwrap()
}

#[test]
fn a_disturbed_slice_does_not_show() {
    let mut window = window(3000);
    for total in [10_000, 12_000, 90_000] {
        window.slices.push(Slice {
            operations: 2,
            seconds: 0.1,
            cpu: CpuTime { total, main: 4000 },
            own: 50_000_000,
        });
    }
    let json = window.close().unwrap().to_json();
    for figure in [
        r#""operations":6.0"#,
        r#""seconds":0.3"#,
        r#""rate":20.0"#,
        r#""cpu_us":6.0"#,
        r#""js_us":2.0"#,
        r#""load_busy":0.5"#,
    ] {
        assert!(json.contains(figure), "{json}");
    }
}

#[test]
fn slices_end_when_they_are_long_enough() {
    let mut window = window(450);
    window.operations = 3;
    assert!(window.goes_on().unwrap());
    assert!(window.slices.is_empty());
    std::thread::sleep(SLICE);
    assert!(window.goes_on().unwrap());
    assert_eq!(window.slices.len(), 1);
    assert_eq!(window.slices[0].operations, 3);
    std::thread::sleep(SLICE);
    // A slice without operations has no cost each.
    assert!(window.goes_on().unwrap());
    assert_eq!(window.slices.len(), 1);
    window.operations = 5;
    assert!(!window.goes_on().unwrap());
    assert_eq!(window.slices[1].operations, 2);
}

#[test]
fn what_comes_before_the_slice_of_a_turn_does_not_count() {
    let mut window = window(250);
    window.lead_in = Some(Duration::from_millis(20));
    window.stage = Stage::LeadIn {
        since: Instant::now(),
    };
    window.record(Duration::ZERO);
    assert!(window.goes_on().unwrap());
    assert!(matches!(window.stage, Stage::LeadIn { .. }));
    std::thread::sleep(Duration::from_millis(20));
    assert!(window.goes_on().unwrap());
    assert!(matches!(window.stage, Stage::Slice(_)));
    // One that was sent before, and one after.
    window.record(Duration::from_secs(1));
    std::thread::sleep(SLICE);
    window.record(Duration::from_millis(1));
    assert!(!window.goes_on().unwrap());
    assert_eq!(window.slices[0].operations, 2);
    assert!(window.latencies.quantile_us(1.0).unwrap() < 2000.0);
}

#[test]
fn a_number_of_operations_may_end_it_instead_of_a_time() {
    let mut window = window(1);
    window.wanted = Duration::MAX;
    window.operations = 1;
    std::thread::sleep(SLICE);
    assert!(window.goes_on().unwrap());
    assert_eq!(window.slices.len(), 1);
}

#[test]
fn a_window_without_operations_is_an_error() {
    assert!(window(3000).close().is_err());
}
