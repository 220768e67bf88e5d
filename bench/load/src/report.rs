//! The measured time window and the line of JSON that comes of it.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use crate::Result;
use crate::histogram::Histogram;
use crate::process::{CpuSnapshot, CpuTime, OwnLoad};

/// Length of a [`Slice`]: short beside what else disturbs a shared machine, long beside the operations
/// that are under way when it ends.
const SLICE: Duration = Duration::from_millis(250);

/// A part of the window, which has a cost and a rate of its own.
struct Slice {
    operations: u64,
    seconds: f64,
    cpu: CpuTime,
}

/// Where the current slice began.
struct Mark {
    at: Instant,
    cpu: CpuSnapshot,
    operations: u64,
}

/// The time during which operations are counted, and the server's CPU time in it.
pub struct Window {
    pid: u32,
    start: Instant,
    mark: Mark,
    slices: Vec<Slice>,
    own: OwnLoad,
    /// Operations that ended in the window.
    pub operations: u64,
    /// Their latencies.
    pub latencies: Histogram,
}

impl Window {
    /// Opens the window on the server whose process is `pid`.
    ///
    /// # Errors
    /// When the server is gone.
    pub fn open(pid: u32) -> Result<Self> {
        let own = OwnLoad::start()?;
        let cpu = CpuSnapshot::take(pid)?;
        let start = Instant::now();
        Ok(Self {
            pid,
            latencies: Histogram::default(),
            own,
            start,
            mark: Mark {
                at: start,
                cpu,
                operations: 0,
            },
            slices: Vec::new(),
            operations: 0,
        })
    }

    /// Counts one operation that took `latency`.
    pub fn record(&mut self, latency: Duration) {
        self.operations += 1;
        self.latencies.record(latency);
    }

    /// How long the window has been open. To be asked again and again, up to date in `operations`: a
    /// slice ends when it is long enough.
    ///
    /// # Errors
    /// When the server is gone.
    pub fn age(&mut self) -> Result<Duration> {
        if self.mark.at.elapsed() >= SLICE && self.operations > self.mark.operations {
            self.end_slice()?;
        }
        Ok(self.start.elapsed())
    }

    fn end_slice(&mut self) -> Result<()> {
        let mark = Mark {
            cpu: CpuSnapshot::take(self.pid)?,
            at: Instant::now(),
            operations: self.operations,
        };
        let begun = std::mem::replace(&mut self.mark, mark);
        self.slices.push(Slice {
            operations: self.operations - begun.operations,
            seconds: (self.mark.at - begun.at).as_secs_f64(),
            cpu: begun.cpu.until(&self.mark.cpu, self.pid),
        });
        Ok(())
    }

    /// Closes the window. Rate and cost are the medians of its slices: what disturbs fewer than half
    /// of them, as the neighbours on a shared machine do by fits, does not show.
    ///
    /// # Errors
    /// When the server is gone, or nothing was done in the window.
    pub fn close(mut self) -> Result<Report> {
        if self.operations == 0 {
            return Err("no operation ended in the measured time".into());
        }
        // What is shorter than a slice is of use only where there is no other.
        if self.slices.is_empty() {
            self.end_slice()?;
        }
        let figure = |of: fn(&Slice) -> f64| median(self.slices.iter().map(of).collect());
        let mut report = Report::default();
        report.add("operations", self.operations as f64);
        report.add("seconds", self.start.elapsed().as_secs_f64());
        report.add(
            "rate",
            figure(|slice| slice.operations as f64 / slice.seconds),
        );
        report.add(
            "cpu_us",
            figure(|slice| micros(slice.cpu.total) / slice.operations as f64),
        );
        report.add(
            "js_us",
            figure(|slice| micros(slice.cpu.main) / slice.operations as f64),
        );
        for (name, quantile) in [("p50_us", 0.5), ("p99_us", 0.99)] {
            if let Some(latency) = self.latencies.quantile_us(quantile) {
                report.add(name, latency);
            }
        }
        report.add("load_busy", self.own.busy()?);
        Ok(report)
    }
}

fn micros(nanos: u64) -> f64 {
    nanos as f64 / 1000.0
}

/// The middle of some values, or the mean of the two in the middle.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len().is_multiple_of(2) {
        f64::midpoint(values[middle - 1], values[middle])
    } else {
        values[middle]
    }
}

/// Named figures.
#[derive(Default)]
pub struct Report {
    figures: Vec<(&'static str, f64)>,
}

impl Report {
    /// Adds a figure.
    pub fn add(&mut self, name: &'static str, value: f64) {
        self.figures.push((name, value));
    }

    /// The figures as one JSON object on one line.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut json = String::from("{");
        for (index, (name, value)) in self.figures.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(json, "{comma}\"{name}\":{value:.4}").expect("writing to a String cannot fail");
        }
        json.push('}');
        json
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_json() {
        let mut report = Report::default();
        assert_eq!(report.to_json(), "{}");
        report.add("rate", 1234.5);
        report.add("cpu_us", 0.25);
        assert_eq!(report.to_json(), r#"{"rate":1234.5000,"cpu_us":0.2500}"#);
    }

    #[test]
    fn a_disturbed_slice_does_not_show() {
        let mut window = Window::open(std::process::id()).unwrap();
        for total in [10_000, 12_000, 90_000] {
            window.operations += 2;
            window.slices.push(Slice {
                operations: 2,
                seconds: 0.1,
                cpu: CpuTime { total, main: 4000 },
            });
        }
        let json = window.close().unwrap().to_json();
        for figure in [r#""rate":20.0"#, r#""cpu_us":6.0"#, r#""js_us":2.0"#] {
            assert!(json.contains(figure), "{json}");
        }
    }

    #[test]
    fn the_median_of_an_even_number_is_the_mean_of_the_middle_ones() {
        assert!((median(vec![4.0, 1.0, 3.0, 2.0]) - 2.5).abs() < 1e-9);
    }

    #[test]
    fn slices_end_when_they_are_long_enough() {
        let mut window = Window::open(std::process::id()).unwrap();
        window.operations = 3;
        window.age().unwrap();
        assert!(window.slices.is_empty());
        std::thread::sleep(SLICE);
        assert!(window.age().unwrap() >= SLICE);
        assert_eq!(window.slices.len(), 1);
        assert_eq!(window.slices[0].operations, 3);
        window.operations = 5;
        window.end_slice().unwrap();
        assert_eq!(window.slices[1].operations, 2);
    }

    #[test]
    fn a_window_without_operations_is_an_error() {
        assert!(Window::open(std::process::id()).unwrap().close().is_err());
    }
}
