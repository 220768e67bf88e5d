//! The measured time window and the line of JSON that comes of it.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use crate::Result;
use crate::histogram::Histogram;
use crate::process::{CpuSnapshot, OwnLoad};

/// The time during which operations are counted, and the server's CPU time in it.
pub struct Window {
    pid: u32,
    start: Instant,
    cpu: CpuSnapshot,
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
        Ok(Self {
            pid,
            latencies: Histogram::default(),
            own: OwnLoad::start()?,
            cpu: CpuSnapshot::take(pid)?,
            start: Instant::now(),
            operations: 0,
        })
    }

    /// Counts one operation that took `latency`.
    pub fn record(&mut self, latency: Duration) {
        self.operations += 1;
        self.latencies.record(latency);
    }

    /// How long the window has been open.
    #[must_use]
    pub fn age(&self) -> Duration {
        self.start.elapsed()
    }

    /// Closes the window.
    ///
    /// # Errors
    /// When the server is gone, or nothing was done in the window.
    pub fn close(self) -> Result<Report> {
        let seconds = self.start.elapsed().as_secs_f64();
        let cpu = self.cpu.until(&CpuSnapshot::take(self.pid)?, self.pid);
        if self.operations == 0 {
            return Err("no operation ended in the measured time".into());
        }
        let operations = self.operations as f64;
        let mut report = Report::default();
        report.add("operations", operations);
        report.add("seconds", seconds);
        report.add("rate", operations / seconds);
        report.add("cpu_us", cpu.total as f64 / 1000.0 / operations);
        report.add("js_us", cpu.main as f64 / 1000.0 / operations);
        for (name, quantile) in [("p50_us", 0.5), ("p99_us", 0.99)] {
            if let Some(latency) = self.latencies.quantile_us(quantile) {
                report.add(name, latency);
            }
        }
        report.add("load_busy", self.own.busy()?);
        Ok(report)
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
    fn a_window_without_operations_is_an_error() {
        assert!(Window::open(std::process::id()).unwrap().close().is_err());
    }
}
