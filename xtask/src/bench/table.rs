//! The table of what was measured: ours, the reference, the ratio, the target, and whether it is met.

use std::fmt;

/// What a ratio has to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    /// No more than this.
    AtMost(f64),
    /// No less than this.
    AtLeast(f64),
    /// In between.
    Between(f64, f64),
    /// Only told.
    None,
}

impl Bound {
    fn is_met_by(self, ratio: f64) -> Option<bool> {
        match self {
            Self::AtMost(most) => Some(ratio <= most),
            Self::AtLeast(least) => Some(ratio >= least),
            Self::Between(least, most) => Some((least..=most).contains(&ratio)),
            Self::None => None,
        }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost(most) => write!(f, "≤ {most}"),
            Self::AtLeast(least) => write!(f, "≥ {least}"),
            Self::Between(least, most) => write!(f, "{least} to {most}"),
            Self::None => Ok(()),
        }
    }
}

/// One line of the table.
pub struct Row {
    what: String,
    first: String,
    second: String,
    ratio: Option<f64>,
    bound: Bound,
    left_out: Option<String>,
}

impl Row {
    /// Two times in seconds, and what their ratio has to be.
    pub fn seconds(what: &str, first: f64, second: f64, bound: Bound) -> Self {
        Self::two(what, format!("{first:.3} s"), format!("{second:.3} s"), first / second, bound)
    }

    /// Two times in microseconds.
    pub fn micros(what: &str, first: f64, second: f64, bound: Bound) -> Self {
        Self::two(what, format!("{first:.2} µs"), format!("{second:.2} µs"), first / second, bound)
    }

    /// The memory of two, in MiB.
    pub fn mebibytes(what: &str, first: f64, second: f64, bound: Bound) -> Self {
        Self::two(what, format!("{first:.0} MiB"), format!("{second:.0} MiB"), first / second, bound)
    }

    /// A figure that has to be in bounds by itself.
    pub fn figure(what: &str, figure: f64, bound: Bound) -> Self {
        Self::two(what, String::new(), String::new(), figure, bound)
    }

    /// A value that is only told.
    pub fn value(what: &str, value: f64, unit: &str) -> Self {
        let (what, first) = (what.to_owned(), format!("{value:.3} {unit}"));
        Self { what, first, second: String::new(), ratio: None, bound: Bound::None, left_out: None }
    }

    /// A comparison that this machine has nothing for, and why. It misses no target.
    pub fn left_out(what: &str, why: &str) -> Self {
        Self { left_out: Some(why.to_owned()), ..Self::two(what, String::new(), String::new(), f64::NAN, Bound::None) }
    }

    fn two(what: &str, first: String, second: String, ratio: f64, bound: Bound) -> Self {
        Self { what: what.to_owned(), first, second, ratio: Some(ratio), bound, left_out: None }
    }
}

/// The rows, in the order in which they were measured.
#[derive(Default)]
pub struct Table {
    rows: Vec<Row>,
    failures: Vec<String>,
}

impl Table {
    /// Adds a row.
    pub fn push(&mut self, row: Row) {
        self.rows.push(row);
    }

    /// Notes a measurement that could not be made.
    pub fn fail(&mut self, what: &str, error: &anyhow::Error) {
        self.failures.push(format!("{what}: {error:#}"));
    }

    /// Whether everything was measured and no target is missed.
    pub fn all_met(&self) -> bool {
        let met = |row: &Row| row.ratio.and_then(|ratio| row.bound.is_met_by(ratio)) != Some(false);
        self.failures.is_empty() && self.rows.iter().all(met)
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.rows.iter().map(|row| row.what.chars().count()).max().unwrap_or_default();
        writeln!(f, "{:width$}  {:>10}  {:>10}  {:>8}  {:>10}  met", "what", "first", "second", "ratio", "target")?;
        for Row { what, first, second, ratio, bound, left_out } in &self.rows {
            if let Some(why) = left_out {
                writeln!(f, "{what:width$}  left out: {why}")?;
                continue;
            }
            let met = match ratio.and_then(|ratio| bound.is_met_by(ratio)) {
                Some(true) => "yes",
                Some(false) => "NO",
                None => "",
            };
            let ratio = ratio.map(|ratio| format!("{ratio:.2}")).unwrap_or_default();
            let bound = bound.to_string();
            writeln!(f, "{what:width$}  {first:>10}  {second:>10}  {ratio:>8}  {bound:>10}  {met}")?;
        }
        self.failures.iter().try_for_each(|failure| writeln!(f, "not measured: {failure}"))
    }
}

#[cfg(test)]
mod tests {
    use super::{Bound, Row, Table};

    #[test]
    fn a_missed_target_is_seen() {
        let mut table = Table::default();
        table.push(Row::seconds("twice", 2.0, 1.0, Bound::Between(1.7, 2.3)));
        assert!(table.all_met());
        table.push(Row::seconds("slow", 2.0, 1.0, Bound::AtMost(1.5)));
        assert!(!table.all_met());
        assert!(table.to_string().contains("2.00       ≤ 1.5  NO"), "{table}");
    }

    #[test]
    fn what_is_left_out_is_said_and_misses_nothing() {
        let mut table = Table::default();
        table.push(Row::left_out("beside another", "it is not there"));
        assert!(table.all_met());
        assert!(table.to_string().contains("beside another  left out: it is not there\n"), "{table}");
    }
}
