//! Latencies in logarithmic buckets: constant memory, constant time, about 1.6 % error.

use std::time::Duration;

/// Buckets per power of two, as a power of two itself.
const PRECISION_BITS: u32 = 6;
const SUB_BUCKETS: usize = 1 << PRECISION_BITS;
/// The number of buckets, enough for every `u64` of nanoseconds.
const BUCKETS: usize = SUB_BUCKETS * (64 - PRECISION_BITS as usize + 1);

/// Counts of latencies, in buckets 1/64 of a power of two wide.
pub struct Histogram {
    counts: Vec<u64>,
    total: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self {
            counts: vec![0; BUCKETS],
            total: 0,
        }
    }
}

impl Histogram {
    /// Counts one latency.
    pub fn record(&mut self, latency: Duration) {
        let nanos = u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX);
        self.counts[bucket(nanos)] += 1;
        self.total += 1;
    }

    /// The latency in µs that the fraction `quantile` (0 to 1) of all latencies do not exceed, or
    /// `None` when nothing was recorded.
    #[must_use]
    pub fn quantile_us(&self, quantile: f64) -> Option<f64> {
        let rank = ((self.total as f64 * quantile).ceil() as u64).max(1);
        let mut seen = 0;
        self.counts.iter().enumerate().find_map(|(index, count)| {
            seen += count;
            (seen >= rank).then(|| middle(index) as f64 / 1000.0)
        })
    }
}

/// Index of the bucket that holds `nanos`.
fn bucket(nanos: u64) -> usize {
    let exponent = nanos.max(1).ilog2();
    if exponent < PRECISION_BITS {
        return nanos as usize;
    }
    let shift = exponent - PRECISION_BITS;
    (shift as usize + 1) * SUB_BUCKETS + ((nanos >> shift) as usize - SUB_BUCKETS)
}

/// Middle of the bucket `index`, in nanoseconds.
fn middle(index: usize) -> u64 {
    if index < SUB_BUCKETS {
        return index as u64;
    }
    let shift = index / SUB_BUCKETS - 1;
    let low = ((index % SUB_BUCKETS + SUB_BUCKETS) as u64) << shift;
    low + (1u64 << shift) / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_hold_their_middle_and_stay_within_the_error() {
        for nanos in [
            0,
            1,
            63,
            64,
            65,
            127,
            128,
            1000,
            123_456,
            87_654_321,
            u64::MAX / 3,
            u64::MAX,
        ] {
            let index = bucket(nanos);
            assert!(index < BUCKETS);
            assert_eq!(bucket(middle(index)), index);
            assert!(middle(index).abs_diff(nanos) <= nanos / 64);
        }
    }

    #[test]
    fn quantiles_of_a_known_series() {
        let mut histogram = Histogram::default();
        for micros in 1..=1000 {
            histogram.record(Duration::from_micros(micros));
        }
        let near = |quantile: f64, expected: f64| {
            let found = histogram.quantile_us(quantile).unwrap();
            assert!(
                (found - expected).abs() < expected / 50.0,
                "{found} instead of {expected}"
            );
        };
        near(0.5, 500.0);
        near(0.99, 990.0);
        near(1.0, 1000.0);
    }

    #[test]
    fn an_empty_histogram_has_no_quantile() {
        assert_eq!(Histogram::default().quantile_us(0.5), None);
    }
}
