//! The measured time. It consists of slices, each with a rate and a cost.

use std::io::{self, Write as _};
use std::time::{Duration, Instant};

use crate::histogram::Histogram;
use crate::options::Options;
use crate::process::{CpuSnapshot, CpuTime, own_nanos};
use crate::report::{Report, median};
use crate::result::Result;

/// Length of a [`Slice`]. It is short compared with disturbances on a shared machine, and long compared with the
/// operations that are under way when it ends.
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

/// All counts at one moment.
struct Mark {
    at: Instant,
    operations: u64,
    cpu: CpuSnapshot,
    own: u64,
}

/// What the current time is used for.
enum Stage {
    /// A turn has begun and is not measured yet: caches get warm, and answers that came during the pause are handled.
    LeadIn { since: Instant },
    /// A slice, from this mark on.
    Slice(Mark),
}

/// The time during which operations are counted, and the server's CPU time in it.
pub struct Window {
    pid: u32,
    /// With turns, the first part of each that is not measured.
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
    /// When the server is gone, or standard input has ended while turns are expected.
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

    /// Records a latency, unless it may contain a pause.
    pub fn record_latency(&mut self, latency: Duration) {
        if let Stage::Slice(mark) = &self.stage
            && (self.lead_in.is_none() || latency <= mark.at.elapsed())
        {
            self.latencies.record(latency);
        }
    }

    /// Whether there is more to be measured. To be called again and again, after `operations` was updated: a slice
    /// ends here when it is long enough, and with turns the next one waits for its turn here.
    ///
    /// # Errors
    /// When the server is gone, or standard input has ended while turns are expected.
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

    /// Waits for a turn and begins it. Without turns, begins measuring.
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

    /// Ends the slice, if there is one, and returns the counts at its end.
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

    /// Closes the window. Rate and cost are the medians of its slices, so that disturbances in fewer than half of the
    /// slices have no effect.
    ///
    /// # Errors
    /// When the server is gone, or no operation has ended in the window.
    pub fn close(mut self) -> Result<Report> {
        // A part that is shorter than a slice is used only if there is no slice.
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

/// Prints that a turn is wanted, and waits for it: a line on standard input.
fn wait_for_turn() -> Result<()> {
    let mut output = io::stdout().lock();
    writeln!(output, "turn?")?;
    output.flush()?;
    let mut line = String::new();
    if io::stdin().read_line(&mut line)? == 0 {
        return Err("no turn was given: standard input has ended".into());
    }
    Ok(())
}

fn micros(nanos: u64) -> f64 {
    nanos as f64 / 1000.0
}

#[cfg(test)]
mod tests;
