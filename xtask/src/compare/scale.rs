//! The logarithmic scale of the picture.

/// From ratios to places on the ground.
#[derive(Debug)]
pub(super) struct Scale {
    /// Decimal logarithms.
    least: f64,
    greatest: f64,
    left: f64,
    right: f64,
}

impl Scale {
    /// Wide enough for all `ratios`: a whole number of tenths of the logarithm.
    pub(super) fn of(ratios: &[f64], left: f64, right: f64) -> Self {
        let (mut least, mut greatest) = (0.5_f64.log10(), 2.0_f64.log10());
        for ratio in ratios {
            least = least.min(ratio.log10());
            greatest = greatest.max(ratio.log10());
        }
        // A whole power of ten may be computed to lie a little beside itself.
        let floor = |log: f64| (log * 10.0 + 1e-9).floor() / 10.0;
        Self { least: floor(least), greatest: -floor(-greatest), left, right }
    }

    /// Where `ratio` lies.
    pub(super) fn x(&self, ratio: f64) -> f64 {
        self.left
            + (ratio.log10() - self.least) / (self.greatest - self.least) * (self.right - self.left)
    }

    /// The ratios that get a line, with their labels.
    pub(super) fn ticks(&self) -> Vec<(f64, String)> {
        const NAMED: [&str; 6] = ["0.01x", "0.1x", "1x = Go", "10x", "100x", "1000x"];
        let wide = self.greatest - self.least > 2.5;
        let mut ticks = Vec::new();
        for (decade, name) in (-2..).zip(NAMED) {
            for step in [1.0, 2.0, 5.0] {
                let ratio = step * 10.0_f64.powi(decade);
                let label = match step {
                    1.0 => name.to_owned(),
                    _ if wide => String::new(),
                    _ => format!("{ratio}x"),
                };
                ticks.push((ratio, label));
            }
        }
        ticks.retain(|(ratio, _)| (self.least..=self.greatest).contains(&ratio.log10()));
        ticks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_reaches_from_edge_to_edge() {
        let scale = Scale::of(&[0.01, 3.0, 10.0], 100.0, 400.0);
        for (ratio, x) in [(0.01, 100.0), (0.1, 200.0), (1.0, 300.0), (10.0, 400.0)] {
            assert!((scale.x(ratio) - x).abs() < 1e-9, "{ratio} at {}", scale.x(ratio));
        }
        let labels = |scale: &Scale| {
            let ticks = scale.ticks().into_iter();
            ticks.map(|(_, label)| label).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(labels(&scale), "0.01x   0.1x   1x = Go   10x");
        let narrow = Scale::of(&[0.9, 1.1], 0.0, 1.0);
        assert_eq!(labels(&narrow), "0.5x 1x = Go 2x");
    }
}
