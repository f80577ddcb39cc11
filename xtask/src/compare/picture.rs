//! `compare/results.svg`: how many times as fast as Go, on a logarithmic scale.

use svg::node::element::{Circle, Line, Polygon, Rectangle, Text, Title};
use svg::{Document, Node};

use super::ratios::{self, Place};
use super::results::Results;
use super::rows::Group;
use super::scale::Scale;
use super::units;

const WIDTH: f64 = 860.0;
/// Where the bars' ground begins and ends.
const LEFT: f64 = 170.0;
const RIGHT: f64 = 790.0;
const TOP: f64 = 84.0;
const LINE: f64 = 15.0;
const HEADING: f64 = 26.0;

/// Dark on light, with a ground of its own: the page may be dark.
const GROUND: &str = "#fbfbf8";
const INK: &str = "#1f2328";
const FAINT: &str = "#d5d8dc";
const FASTER: &str = "#0b7285";
const SLOWER: &str = "#c2410c";

/// Beyond these the marks lie on the edge.
const LEAST: f64 = 0.01;
const GREATEST: f64 = 1000.0;

/// Whose marks lie on top of the bars: name, title, colour.
const MARKS: [(&str, &str, &str); 4] = [
    ("tokio", "tokio", "#7048e8"),
    ("may", "may", "#d6336c"),
    ("crossbeam", "crossbeam", "#e8890c"),
    ("threads", "threads", "#495057"),
];

/// `None` where there is no figure of Go to compare with.
pub(super) fn render(results: &Results) -> Option<String> {
    let places = ratios::against(results, "go").into_iter().map(|(place, _)| place);
    let places: Vec<Place> = places.filter(|place| is_drawn(*place)).collect();
    if places.is_empty() {
        return None;
    }
    let scale = Scale::of(&speeds(results, &places), LEFT, RIGHT);
    let groups: Vec<(Group, Vec<Place>)> = Group::ALL
        .into_iter()
        .map(|group| (group, of_group(&places, group)))
        .filter(|(_, places)| !places.is_empty())
        .collect();
    let bottom = TOP + HEADING * groups.len() as f64 + LINE * places.len() as f64;
    let height = bottom + 24.0;
    let mut drawing = Drawing::new(height);
    drawing.title("How many times as fast as Go (memory: how many times as small)");
    drawing.legend(results);
    drawing.ground(&scale, bottom);
    let mut y = TOP;
    for (group, places) in groups {
        drawing.heading(group.title(), y);
        y += HEADING;
        for place in places {
            drawing.place(results, place, &scale, y);
            y += LINE;
        }
    }
    // Over the bars, which begin at it.
    drawing.line(scale.x(1.0), TOP, bottom, INK, 1.5);
    Some(format!("{}\n", drawing.0))
}

/// Of the network's many figures not all.
fn is_drawn(place: Place) -> bool {
    place.is_main() || !place.is_time() || place.figure.suffix == "_p99"
}

fn of_group(places: &[Place], group: Group) -> Vec<Place> {
    places.iter().copied().filter(|place| place.row.group == group).collect()
}

/// All that is to be seen.
fn speeds(results: &Results, places: &[Place]) -> Vec<f64> {
    let names: Vec<&str> = MARKS.iter().map(|(name, ..)| *name).chain(["gmp"]).collect();
    let of = |place: &Place| {
        let place = *place;
        names.iter().filter_map(move |name| speed(results, place, name))
    };
    places.iter().flat_map(of).collect()
}

/// How many times as fast as Go `contender` is.
fn speed(results: &Results, place: Place, contender: &str) -> Option<f64> {
    let (go, other) = (place.of(results, "go")?.median, place.of(results, contender)?.median);
    let speed = units::advantage(other, go, place.figure.unit)?;
    Some(speed.clamp(LEAST, GREATEST))
}

/// The picture as it grows.
#[derive(Debug)]
struct Drawing(Document);

impl Drawing {
    fn new(height: f64) -> Self {
        let document = Document::new()
            .set("viewBox", format!("0 0 {WIDTH:.0} {height:.0}"))
            .set("width", format!("{WIDTH:.0}"))
            .set("height", format!("{height:.0}"))
            .set("font-family", "Helvetica, Arial, sans-serif")
            .set("font-size", "11")
            .set("fill", INK);
        let ground = Rectangle::new().set("width", "100%").set("height", "100%").set("rx", 8);
        Self(document.add(ground.set("fill", GROUND).set("stroke", FAINT)))
    }

    fn add(&mut self, node: impl Into<Box<dyn Node>>) {
        self.0.append(node);
    }

    fn text(&mut self, x: f64, y: f64, anchor: &str, text: &str) {
        self.add(written(x, y, text).set("text-anchor", anchor));
    }

    fn line(&mut self, x: f64, from: f64, to: f64, colour: &str, width: f64) {
        let line = Line::new().set("x1", tenths(x)).set("x2", tenths(x));
        let line = line.set("y1", tenths(from)).set("y2", tenths(to));
        self.add(line.set("stroke", colour).set("stroke-width", width));
    }

    fn title(&mut self, text: &str) {
        self.add(Title::new(text));
        let title = written(16.0, 26.0, text).set("font-size", "15").set("font-weight", "bold");
        self.add(title);
    }

    fn legend(&mut self, results: &Results) {
        self.bar(LEFT, LEFT + 24.0, 41.0, FASTER);
        self.text(LEFT + 30.0, 50.0, "start", "gmp");
        let mut x = LEFT + 74.0;
        for (name, title, colour) in MARKS {
            if results.has(name) {
                self.mark(name, x, 46.0, colour);
                self.text(x + 9.0, 50.0, "start", title);
                x += 84.0;
            }
        }
        self.text(RIGHT, 50.0, "end", "logarithmic; right is faster than Go");
    }

    /// The lines behind the bars.
    fn ground(&mut self, scale: &Scale, bottom: f64) {
        for (ratio, label) in scale.ticks() {
            let x = scale.x(ratio);
            self.line(x, TOP, bottom, FAINT, if label.is_empty() { 0.5 } else { 1.0 });
            if !label.is_empty() {
                self.text(x, TOP - 6.0, "middle", &label);
                self.text(x, bottom + 14.0, "middle", &label);
            }
        }
        self.text(WIDTH - 16.0, TOP - 6.0, "end", "gmp");
    }

    fn heading(&mut self, title: &str, y: f64) {
        self.add(written(16.0, y + HEADING - 6.0, title).set("font-weight", "bold"));
    }

    /// One line: the name, gmp's bar, the others' marks, gmp's ratio.
    fn place(&mut self, results: &Results, place: Place, scale: &Scale, y: f64) {
        self.text(LEFT - 8.0, y + 11.0, "end", &place.to_string());
        if let Some(ratio) = speed(results, place, "gmp") {
            let colour = if ratio < 1.0 { SLOWER } else { FASTER };
            let (x, one) = (scale.x(ratio), scale.x(1.0));
            self.bar(x.min(one), x.max(one), y + 3.0, colour);
            self.text(WIDTH - 16.0, y + 11.0, "end", &units::times(ratio));
        }
        for (name, _, colour) in MARKS {
            if let Some(ratio) = speed(results, place, name) {
                self.mark(name, scale.x(ratio), y + 7.5, colour);
            }
        }
    }

    fn bar(&mut self, from: f64, to: f64, y: f64, colour: &str) {
        let bar = Rectangle::new().set("x", tenths(from)).set("y", tenths(y));
        // One that is as fast is to be seen, too.
        let width = tenths((to - from).max(1.0));
        self.add(bar.set("width", width).set("height", 10).set("fill", colour));
    }

    /// A shape of `name`'s own, for those who do not see its colour.
    fn mark(&mut self, name: &str, x: f64, y: f64, colour: &str) {
        let points: &[(f64, f64)] = match name {
            "tokio" => &[(0.0, -5.0), (5.0, 0.0), (0.0, 5.0), (-5.0, 0.0)],
            "crossbeam" => &[(-3.5, -3.5), (3.5, -3.5), (3.5, 3.5), (-3.5, 3.5)],
            "threads" => &[(0.0, -4.5), (4.5, 3.5), (-4.5, 3.5)],
            _ => {
                let circle = Circle::new().set("cx", tenths(x)).set("cy", tenths(y)).set("r", 4);
                self.add(circle.set("fill", colour).set("stroke", GROUND));
                return;
            }
        };
        let points: Vec<String> = points
            .iter()
            .map(|(right, down)| format!("{},{}", tenths(x + right), tenths(y + down)))
            .collect();
        let mark = Polygon::new().set("points", points.join(" "));
        self.add(mark.set("fill", colour).set("stroke", GROUND));
    }
}

fn written(x: f64, y: f64, text: &str) -> Text {
    Text::new(text).set("x", tenths(x)).set("y", tenths(y))
}

fn tenths(value: f64) -> String {
    format!("{value:.1}")
}

#[cfg(test)]
mod tests {
    use super::super::results::tests::measured;
    use super::*;

    fn results(gmp: f64) -> Results {
        let measured = vec![
            measured("yield", 1, "gmp", gmp),
            measured("yield", 1, "go", 100.0),
            measured("yield", 1, "may", 100_000_000.0),
        ];
        Results { measured, ..Results::default() }
    }

    #[test]
    fn bars_begin_at_go() {
        let results = results(10.0);
        // From 0.01, the slowest there is, to 10.
        let text = render(&results).unwrap();
        let width = (RIGHT - LEFT) / 3.0;
        let bar = format!(
            "<rect fill=\"{FASTER}\" height=\"10\" width=\"{width:.1}\" x=\"{:.1}\" y=\"113.0\"/>",
            RIGHT - width
        );
        assert!(text.contains(&bar), "no {bar} in:\n{text}");
        for part in ["\nyield/1P\n", "\n10x\n</text>", "\nScheduler\n", "<circle "] {
            assert!(text.contains(part), "no {part} in:\n{text}");
        }
        assert!(!text.contains("<polygon"), "{text}");
        assert_eq!(text, render(&results).unwrap(), "not twice the same");
    }

    #[test]
    fn the_network_has_some_of_its_figures() {
        let mut results = results(10.0);
        for (suffix, gmp, go) in [("rps", 300.0, 100.0), ("p50", 1.0, 2.0), ("p99", 9.0, 9.0)] {
            let name = format!("tcp_64_{suffix}");
            results.measured.push(measured(&name, 1, "gmp", gmp));
            results.measured.push(measured(&name, 1, "go", go));
        }
        let text = render(&results).unwrap();
        for part in ["\nNetwork\n", "\ntcp_64_rps/1P\n", "\n3.0x\n</text>", "\ntcp_64_p99/1P\n"] {
            assert!(text.contains(part), "no {part} in:\n{text}");
        }
        assert!(!text.contains("tcp_64_p50"), "{text}");
    }

    #[test]
    fn a_loss_is_red_and_without_go_there_is_no_picture() {
        let text = render(&results(200.0)).unwrap();
        assert!(text.contains(SLOWER) && text.contains("\n0.50x\n"), "{text}");
        let mut without = results(10.0);
        without.measured.retain(|measured| measured.contender != "go");
        assert_eq!(render(&without), None);
    }
}
