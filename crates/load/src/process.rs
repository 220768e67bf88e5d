//! The server's CPU time and memory, from `/proc` of Linux.

use std::fs;

use crate::result::Result;

/// CPU time of each thread of a process at one moment.
pub struct CpuSnapshot {
    /// Thread id and nanoseconds it has been on a CPU.
    threads: Vec<(u32, u64)>,
}

/// CPU time between two snapshots, in nanoseconds.
#[derive(Debug, PartialEq, Eq)]
pub struct CpuTime {
    /// All threads.
    pub total: u64,
    /// The main thread: in Node and Bun, the one that runs JavaScript.
    pub main: u64,
}

impl CpuSnapshot {
    /// Takes a snapshot of the process `pid`.
    ///
    /// # Errors
    /// When the process is gone, or the kernel keeps no scheduler statistics.
    pub fn take(pid: u32) -> Result<Self> {
        let mut threads = Vec::new();
        for entry in fs::read_dir(format!("/proc/{pid}/task"))
            .map_err(|_| format!("no process {pid}: the server died"))?
        {
            let path = entry?.path();
            let Some(thread) = path
                .file_name()
                .and_then(|name| name.to_str()?.parse().ok())
            else {
                continue;
            };
            // A thread may end between the listing and the reading.
            if let Ok(stat) = fs::read_to_string(path.join("schedstat")) {
                threads.push((thread, nanos_on_cpu(&stat)?));
            }
        }
        Ok(Self { threads })
    }

    /// CPU time spent from this snapshot to `later`, of the process whose main thread is `pid`. The time of a
    /// thread that has ended in between is not counted.
    #[must_use]
    pub fn until(&self, later: &Self, pid: u32) -> CpuTime {
        let mut time = CpuTime { total: 0, main: 0 };
        for &(thread, end) in &later.threads {
            let start = self
                .threads
                .iter()
                .find(|(id, _)| *id == thread)
                .map_or(0, |(_, nanos)| *nanos);
            let used = end.saturating_sub(start);
            time.total += used;
            if thread == pid {
                time.main = used;
            }
        }
        time
    }
}

/// First field of a `schedstat` file: nanoseconds on a CPU.
fn nanos_on_cpu(schedstat: &str) -> Result<u64> {
    let first = schedstat
        .split_ascii_whitespace()
        .next()
        .ok_or("empty schedstat")?;
    Ok(first.parse()?)
}

/// Resident memory of the process `pid`, in bytes.
///
/// `smaps_rollup` walks the page tables; the counters in `status` may be off by a megabyte or two.
///
/// # Errors
/// When the process is gone, or may not be read.
pub fn resident_bytes(pid: u32) -> Result<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
    let kib = text
        .lines()
        .find_map(|line| line.strip_prefix("Rss:"))
        .and_then(|rest| rest.split_ascii_whitespace().next())
        .ok_or("no Rss in smaps_rollup")?;
    Ok(kib.parse::<u64>()? * 1024)
}

/// Nanoseconds that this thread, the whole of the load generator, has been on a CPU.
///
/// # Errors
/// When the kernel keeps no scheduler statistics.
pub fn own_nanos() -> Result<u64> {
    nanos_on_cpu(&fs::read_to_string("/proc/thread-self/schedstat")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_each_thread_from_its_own_start() {
        let before = CpuSnapshot {
            threads: vec![(7, 100), (8, 50)],
        };
        let after = CpuSnapshot {
            threads: vec![(7, 160), (9, 5)],
        };
        assert_eq!(
            before.until(&after, 7),
            CpuTime {
                total: 65,
                main: 60
            }
        );
    }

    #[test]
    fn sees_its_own_memory_and_time() {
        let pid = std::process::id();
        assert!(resident_bytes(pid).unwrap() > 100_000);
        let before = CpuSnapshot::take(pid).unwrap();
        let own = own_nanos().unwrap();
        // Ends only if the thread sees its own time. A busy machine may take long to give it some.
        while own_nanos().unwrap() < own + 20_000_000 {}
        assert!(before.until(&CpuSnapshot::take(pid).unwrap(), pid).total > 10_000_000);
    }
}
