//! The time that is measured: slices, of which each has a rate and a cost.

use std::io::{self, Write as _};
use std::time::{Duration, Instant};

use crate::histogram::Histogram;
use crate::options::Options;
use crate::process::{CpuSnapshot, CpuTime, own_nanos};
use crate::report::{Report, median};
use crate::result::Result;

/// Length of a [`Slice`]: short beside what else disturbs a shared machine, long beside the operations
/// that are under way when it ends.
const SLICE: Duration = Duration::from_millis(250);

/// A part of the measured time, which has a cost and a rate of its own.
struct Slice {
    operations: u64,
    seconds: f64,
    /// CPU time of the server.
    cpu: CpuTime,
    /// CPU time of the load generator, in nanoseconds.
    own: u64,
}

/// The state of everything that is counted, at one moment.
struct Mark {
    at: Instant,
    operations: u64,
    cpu: CpuSnapshot,
    own: u64,
}

/// What the time that passes is good for.
enum Stage {
    /// A turn has begun: caches get warm, and what was answered during the pause is used up.
    LeadIn { since: Instant },
    /// A slice, from this mark on.
    Slice(Mark),
}

/// The time during which operations are counted, and the server's CPU time in it.
pub struct Window {
    pid: u32,
    /// With turns, how long each begins without being measured.
    lead_in: Option<Duration>,
    stage: Stage,
    slices: Vec<Slice>,
    latencies: Histogram,
    /// Time measured so far.
    measured: Duration,
    /// Time to measure.
    wanted: Duration,
    /// Operations that have ended.
    pub operations: u64,
}

impl Window {
    /// Opens the window on the server that the options name, with a pause if there are turns.
    ///
    /// # Errors
    /// When the server is gone, or nobody gives turns.
    pub fn open(options: &Options) -> Result<Self> {
        let mut window = Self {
            pid: options.pid,
            lead_in: options.lead_in,
            stage: Stage::LeadIn {
                since: Instant::now(),
            },
            slices: Vec::new(),
            latencies: Histogram::default(),
            measured: Duration::ZERO,
            // A number of broadcasts ends the measurement otherwise.
            wanted: options.count.map_or(options.duration, |_| Duration::MAX),
            operations: 0,
        };
        window.begin()?;
        Ok(window)
    }

    /// Counts one operation that took `latency`.
    pub fn record(&mut self, latency: Duration) {
        self.operations += 1;
        self.record_latency(latency);
    }

    /// Notes a latency, unless a pause may be in it.
    pub fn record_latency(&mut self, latency: Duration) {
        if let Stage::Slice(mark) = &self.stage
            && (self.lead_in.is_none() || latency <= mark.at.elapsed())
        {
            self.latencies.record(latency);
        }
    }

    /// Whether there is more to be measured. To be asked again and again, up to date in `operations`:
    /// a slice ends when it is long enough, and with turns, the next waits for its turn.
    ///
    /// # Errors
    /// When the server is gone, or nobody gives turns any more.
    pub fn goes_on(&mut self) -> Result<bool> {
        match &self.stage {
            Stage::LeadIn { since } => {
                if since.elapsed() >= self.lead_in.unwrap_or_default() {
                    self.stage = Stage::Slice(self.mark()?);
                }
            }
            Stage::Slice(begun) => {
                if begun.at.elapsed() >= SLICE && self.operations > begun.operations {
                    let end = self.end_slice()?;
                    if self.measured >= self.wanted {
                        return Ok(false);
                    }
                    if self.lead_in.is_some() {
                        self.begin()?;
                    } else {
                        self.stage = Stage::Slice(end);
                    }
                }
            }
        }
        Ok(true)
    }

    /// Begins a turn, when it is given, or the only slices there are.
    fn begin(&mut self) -> Result<()> {
        self.stage = if self.lead_in.is_some() {
            wait_for_turn()?;
            Stage::LeadIn {
                since: Instant::now(),
            }
        } else {
            Stage::Slice(self.mark()?)
        };
        Ok(())
    }

    fn mark(&self) -> Result<Mark> {
        Ok(Mark {
            cpu: CpuSnapshot::take(self.pid)?,
            own: own_nanos()?,
            at: Instant::now(),
            operations: self.operations,
        })
    }

    /// Ends the slice, if there is one, and says where.
    fn end_slice(&mut self) -> Result<Mark> {
        let end = self.mark()?;
        if let Stage::Slice(begun) = &self.stage {
            let length = end.at - begun.at;
            self.measured += length;
            self.slices.push(Slice {
                operations: end.operations - begun.operations,
                seconds: length.as_secs_f64(),
                cpu: begun.cpu.until(&end.cpu, self.pid),
                own: end.own - begun.own,
            });
        }
        Ok(end)
    }

    /// Closes the window. Rate and cost are the medians of its slices: what disturbs fewer than half
    /// of them, as the neighbours on a shared machine do by fits, does not show.
    ///
    /// # Errors
    /// When the server is gone, or nothing was done in the window.
    pub fn close(mut self) -> Result<Report> {
        // What is shorter than a slice is of use only where there is no other.
        if self.slices.is_empty() {
            self.end_slice()?;
        }
        let operations: u64 = self.slices.iter().map(|slice| slice.operations).sum();
        if operations == 0 {
            return Err("no operation ended in the measured time".into());
        }
        let seconds: f64 = self.slices.iter().map(|slice| slice.seconds).sum();
        let figure = |of: fn(&Slice) -> f64| median(self.slices.iter().map(of).collect());
        let mut report = Report::default();
        report.add("operations", operations as f64);
        report.add("seconds", seconds);
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
        let own: u64 = self.slices.iter().map(|slice| slice.own).sum();
        report.add("load_busy", own as f64 / 1e9 / seconds);
        Ok(report)
    }
}

/// Says that a turn would be welcome, and waits until a line of standard input gives one.
fn wait_for_turn() -> Result<()> {
    let mut output = io::stdout().lock();
    writeln!(output, "turn?")?;
    output.flush()?;
    let mut line = String::new();
    if io::stdin().read_line(&mut line)? == 0 {
        return Err("nobody gives turns: standard input has ended".into());
    }
    Ok(())
}

fn micros(nanos: u64) -> f64 {
    nanos as f64 / 1000.0
}

#[cfg(test)]
mod tests;
