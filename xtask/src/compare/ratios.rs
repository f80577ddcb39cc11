//! What the figures say beside each other.

use super::results::{Measured, Results};
use super::rows::{self, Figure, Group, Row};
use super::units;

/// One line of the tables: a figure with so many CPUs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) row: &'static Row,
    pub(super) figure: &'static Figure,
    pub(super) procs: usize,
}

impl Place {
    /// The figure's name.
    pub(super) fn name(self) -> String {
        format!("{}{}", self.row.name, self.figure.suffix)
    }

    pub(super) fn of<'a>(self, results: &'a Results, contender: &str) -> Option<&'a Measured> {
        results.get(&self.name(), self.procs, contender)
    }

    /// How many times gmp's figure that of `other` is; where more is better, the other way
    /// round. More than 1 is always in gmp's favour.
    pub(super) fn over_gmp(self, results: &Results, other: &str) -> Option<f64> {
        let (ours, theirs) = (self.of(results, "gmp")?.median, self.of(results, other)?.median);
        units::advantage(ours, theirs, self.figure.unit)
    }

    /// Whether it is a time, not an amount of memory.
    pub(super) fn is_time(self) -> bool {
        !units::is_memory(self.figure.unit)
    }

    /// Whether it is one of its row's main figures: all are, but of the network's.
    pub(super) fn is_main(self) -> bool {
        self.row.group != Group::Network || self.figure.unit == units::RATE
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}P", self.name(), self.procs)
    }
}

/// Every figure somebody has a value of or a reason for, in the order of the rows.
pub(super) fn places(results: &Results) -> Vec<Place> {
    let mut places = Vec::new();
    for row in rows::ROWS {
        for figure in row.figures() {
            let procs = row.procs.on(results.cpus()).into_iter();
            places.extend(procs.map(|procs| Place { row, figure, procs }));
        }
    }
    places
}

/// Where `other` has a figure as well as gmp: how many times ours it is.
pub(super) fn against(results: &Results, other: &str) -> Vec<(Place, f64)> {
    let ratio = |place: Place| Some((place, place.over_gmp(results, other)?));
    places(results).into_iter().filter_map(ratio).collect()
}

/// The geometric mean of Go's times over ours in `groups`, and of how many rows. Of the
/// network only what is done in a second counts, of which all else is a part or the reverse.
pub(super) fn mean(results: &Results, groups: &[Group]) -> Option<(f64, usize)> {
    let ratios = against(results, "go").into_iter();
    let ratios: Vec<f64> = ratios
        .filter(|(place, _)| place.is_main() && groups.contains(&place.row.group))
        .map(|(_, ratio)| ratio)
        .collect();
    units::geometric_mean(&ratios).map(|mean| (mean, ratios.len()))
}

/// Where `other` is better, the worst first.
pub(super) fn lost(results: &Results, other: &str) -> Vec<(Place, f64)> {
    let mut lost = against(results, other);
    lost.retain(|(_, ratio)| *ratio < 1.0);
    lost.sort_by(|(_, a), (_, b)| a.total_cmp(b));
    lost
}

/// How many times as fast `contender` is in a row with each number of CPUs above 1.
pub(super) fn scaling(results: &Results, name: &str, contender: &str) -> Vec<(usize, f64)> {
    let Some(alone) = results.get(name, 1, contender) else { return Vec::new() };
    let procs = results.procs(name).into_iter().filter(|&procs| procs > 1);
    let gain = |procs| {
        let found = results.get(name, procs, contender)?;
        Some((procs, units::advantage(found.median, alone.median, &found.unit)?))
    };
    procs.filter_map(gain).collect()
}

#[cfg(test)]
mod tests {
    use super::super::results::tests::measured;
    use super::*;

    fn results() -> Results {
        let measured = vec![
            measured("yield", 1, "gmp", 10.0),
            measured("yield", 1, "go", 80.0),
            measured("spsc_0", 1, "gmp", 10.0),
            measured("spsc_0", 1, "go", 20.0),
            measured("spsc_0", 2, "gmp", 20.0),
            measured("spsc_0", 2, "go", 10.0),
            measured("spsc_0", 2, "may", 30.0),
            measured("parked_rss", 2, "gmp", 4.0),
            measured("parked_rss", 2, "go", 1.0),
            measured("http_64_rps", 2, "gmp", 300.0),
            measured("http_64_rps", 2, "go", 100.0),
            measured("http_64_p99", 2, "gmp", 80.0),
            measured("http_64_p99", 2, "go", 10.0),
        ];
        let facts = vec![("cpus".to_owned(), "2".to_owned())];
        Results { facts, measured, ..Results::default() }
    }

    #[test]
    fn means_and_losses_are_computed() {
        let results = results();
        let mean = |groups: &[Group]| mean(&results, groups);
        assert_eq!(mean(&[Group::Scheduler]).unwrap().1, 1);
        let (channels, rows) = mean(&[Group::Channels]).unwrap();
        assert!((channels - 1.0).abs() < 1e-12 && rows == 2, "{channels}");
        let (both, rows) = mean(&[Group::Scheduler, Group::Channels]).unwrap();
        assert!((both - 2.0).abs() < 1e-12 && rows == 3, "{both}");
        assert_eq!(mean(&[Group::Cpu]), None);
        let (network, rows) = mean(&[Group::Network]).unwrap();
        assert!((network - 3.0).abs() < 1e-12 && rows == 1, "{network}");
        let lost = lost(&results, "go").into_iter();
        let lost: Vec<_> = lost.map(|(place, ratio)| (place.to_string(), ratio)).collect();
        let lost: Vec<_> = lost.iter().map(|(name, ratio)| (name.as_str(), *ratio)).collect();
        let expected = [("http_64_p99/2P", 0.125), ("parked_rss/2P", 0.25), ("spsc_0/2P", 0.5)];
        assert_eq!(lost, expected);
        assert_eq!(against(&results, "may").len(), 1);
    }

    #[test]
    fn scaling_is_against_one_cpu() {
        assert_eq!(scaling(&results(), "spsc_0", "gmp"), [(2, 0.5)]);
        assert_eq!(scaling(&results(), "spsc_0", "go"), [(2, 2.0)]);
        assert_eq!(scaling(&results(), "spsc_0", "may"), []);
        assert_eq!(scaling(&results(), "yield", "gmp"), []);
    }
}
