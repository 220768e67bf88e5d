//! The result of a measurement as a line of JSON.

use std::fmt::Write as _;

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

/// The middle of some values, or the mean of the two in the middle.
#[must_use]
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len().is_multiple_of(2) {
        f64::midpoint(values[middle - 1], values[middle])
    } else {
        values[middle]
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
    fn the_median_of_an_even_number_is_the_mean_of_the_middle_ones() {
        assert!((median(vec![4.0, 1.0, 3.0, 2.0]) - 2.5).abs() < 1e-9);
    }
}
