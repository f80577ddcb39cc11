//! One row: the contenders in turn, round after round, each a process of its own.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::contenders::Contender;
use super::failure::what_happened;
use super::line::{self, Line};
use super::results::{Measured, Missing};
use super::rows::Row;
use super::units;
use crate::Outcome;
use crate::site::Site;
use crate::step;

/// How rows are measured.
#[derive(Debug)]
pub(super) struct Rounds<'a> {
    pub(super) site: &'a Site,
    /// A folder to write to.
    pub(super) home: &'a Path,
    pub(super) quick: bool,
    pub(super) text: Option<&'a Path>,
    /// The clients of the network's rows.
    pub(super) load: Option<&'a Path>,
    /// How many count; one more comes before them, to warm up.
    pub(super) count: usize,
    /// For one process.
    pub(super) limit: Duration,
}

/// What a row came to.
#[derive(Debug, Default)]
pub(super) struct Outcomes {
    pub(super) measured: Vec<Measured>,
    pub(super) missing: Vec<Missing>,
    /// Those that were started and failed.
    pub(super) died: Vec<&'static str>,
}

/// What one contender printed, the round that warms up aside, or why it takes no part.
type Turns = Result<Vec<Vec<Line>>, String>;

impl Rounds<'_> {
    /// Runs `row` with `procs` CPUs.
    pub(super) fn run(
        &self,
        row: &Row,
        procs: usize,
        contenders: &[Contender],
    ) -> Outcome<Outcomes> {
        let mut outcomes = Outcomes::default();
        let mut turns: Vec<Turns> = contenders
            .iter()
            .map(|contender| contender.refuses(row.name).map_or(Ok(vec![]), |r| Err(r.to_owned())))
            .collect();
        for round in 0..=self.count {
            for (contender, turns) in contenders.iter().zip(&mut turns) {
                let Ok(lines) = turns else { continue };
                match self.turn(contender, row, procs)? {
                    Ok(_) if round == 0 => self.notes(contender)?,
                    Ok(new) => lines.push(new),
                    Err(why) => {
                        outcomes.died.push(contender.name);
                        *turns = Err(why);
                    }
                }
            }
        }
        for (contender, turns) in contenders.iter().zip(turns) {
            let contender = contender.name.to_owned();
            match turns {
                Ok(lines) => outcomes.measured.extend(middle(row, procs, &contender, &lines)),
                Err(why) => {
                    let row = Some(row.name.to_owned());
                    outcomes.missing.push(Missing { row, procs, contender, why });
                }
            }
        }
        Ok(outcomes)
    }

    /// Runs one program once.
    fn turn(
        &self,
        contender: &Contender,
        row: &Row,
        procs: usize,
    ) -> Outcome<Result<Vec<Line>, String>> {
        let path = self.said();
        let failed = |error| format!("cannot write {}: {error}", path.display());
        let (mut command, served) = match self.load.filter(|_| row.is_served()) {
            Some(load) => {
                let (command, program) = contender.under(self.site, load)?;
                (command, Some(program))
            }
            None => (contender.command(self.site)?, None),
        };
        command.args([row.name, "--procs", &procs.to_string()]);
        if self.quick {
            command.arg("--quick");
        }
        command.args(served);
        if let Some(text) = self.text.filter(|_| row.reads_text()) {
            command.arg("--text").arg(text);
        }
        command.stderr(File::create(&path).map_err(failed)?);
        let limit = self.site.limit(self.limit);
        let printed = match step::capture(contender.name, &mut command, limit) {
            Ok(printed) => printed,
            Err(error) => {
                let said = read(&path)?;
                return Ok(Err(what_happened(contender.name, &error, &said)));
            }
        };
        Ok(figures(&printed, contender.name, row, procs))
    }

    /// Where what a program says besides its figures goes.
    fn said(&self) -> PathBuf {
        self.home.join("stderr.txt")
    }

    /// Passes on what the last program had to remark on its figures.
    fn notes(&self, contender: &Contender) -> Outcome {
        let said = read(&self.said())?;
        for note in said.lines().filter_map(|line| line.strip_prefix("note: ")) {
            self.site.say(&format!("    {}: {note}", contender.name));
        }
        Ok(())
    }
}

fn read(path: &Path) -> Outcome<String> {
    let said =
        fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    Ok(String::from_utf8_lossy(&said).into_owned())
}

/// The lines of `printed`, if they are `row`'s figures.
fn figures(printed: &str, contender: &str, row: &Row, procs: usize) -> Result<Vec<Line>, String> {
    let lines = printed.lines().map(line::parse).collect::<Result<Vec<_>, _>>()?;
    for line in &lines {
        if line.contender != contender || line.procs != procs {
            return Err(format!("prints a figure of {}, {} P", line.contender, line.procs));
        }
    }
    let expected: Vec<_> =
        row.names().zip(row.figures().iter().map(|figure| figure.unit)).collect();
    let printed: Vec<_> =
        lines.iter().map(|line| (line.name.clone(), line.unit.as_str())).collect();
    if printed != expected {
        return Err(format!("prints the figures {printed:?}, not {expected:?}"));
    }
    Ok(lines)
}

/// The middle of the rounds of each figure, and how far they lie apart.
fn middle(row: &Row, procs: usize, contender: &str, rounds: &[Vec<Line>]) -> Vec<Measured> {
    let one = |(index, name): (usize, String)| {
        let lines: Vec<&Line> = rounds.iter().map(|lines| &lines[index]).collect();
        let medians: Vec<f64> = lines.iter().map(|line| line.median).collect();
        Measured {
            name,
            procs,
            contender: contender.to_owned(),
            median: units::median(&medians),
            min: medians.iter().copied().fold(f64::INFINITY, f64::min),
            max: medians.iter().copied().fold(0.0, f64::max),
            unit: row.figures()[index].unit.to_owned(),
            n: format!("{}x{}", lines.len(), lines[0].samples),
        }
    };
    row.names().enumerate().map(one).collect()
}

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::{env, process};

    use super::*;
    use crate::compare::rows;

    /// Scripts that stand for contenders, in a folder that goes when this does.
    struct Fakes(PathBuf);

    impl Fakes {
        fn new(test: &str) -> Self {
            let home = env::temp_dir().join(format!("gmp-compare-{test}-{}", process::id()));
            fs::create_dir_all(&home).unwrap();
            Self(home)
        }

        fn contender(&self, name: &'static str, script: &str) -> Contender {
            let program = self.0.join(name);
            let script = format!("#!/bin/sh\ncd '{}'\n{script}\n", self.0.display());
            // Another process writes it: a child that another test starts could hold the
            // file open for writing when it is to run, which the kernel refuses.
            let mut sh = Command::new("sh");
            sh.args(["-c", "printf %s \"$1\" >\"$2\" && chmod +x \"$2\"", "sh", &script]);
            assert!(sh.arg(&program).status().unwrap().success());
            let rows = ["yield", "wake", "tcp_64"].map(|row| (row.to_owned(), None));
            Contender::new(name, program, rows.into())
        }

        fn run(&self, row: &str, limit: Duration, contenders: &[Contender]) -> Outcomes {
            let site = Site::fixture(&self.0.join("site"), None);
            fs::create_dir_all(site.root()).unwrap();
            let (home, load) = (&self.0, self.0.join("load"));
            let load = load.exists().then_some(&*load);
            let rounds =
                Rounds { site: &site, home, quick: true, text: None, load, count: 3, limit };
            let row = rows::ROWS.iter().find(|r| r.name == row).unwrap();
            rounds.run(row, 1, contenders).unwrap()
        }
    }

    impl Drop for Fakes {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn contenders_take_turns_and_the_first_round_does_not_count() {
        let fakes = Fakes::new("turns");
        // Prints 100, then 1, 2, 3.
        let script = |name: &str| {
            format!(
                "echo {name} $* >>log; n=$(grep -c ^{name} log); m=$((n - 1)); \
                 [ $n = 1 ] && m=100; echo yield/1P {name} $m.0 $m.0 $m.0 ns 3x16000"
            )
        };
        let contenders =
            [fakes.contender("gmp", &script("gmp")), fakes.contender("go", &script("go"))];
        let outcomes = fakes.run("yield", LONG, &contenders);
        assert_eq!((outcomes.missing, outcomes.died), (vec![], vec![]));
        let [gmp, go] = &outcomes.measured[..] else { panic!("{:?}", outcomes.measured) };
        assert_eq!((gmp.median, gmp.min, gmp.max, gmp.n.as_str()), (2.0, 1.0, 3.0, "3x3"));
        assert_eq!((go.contender.as_str(), go.median), ("go", 2.0));
        let log = fs::read_to_string(fakes.0.join("log")).unwrap();
        let turn = |name| format!("{name} yield --procs 1 --quick\n");
        assert_eq!(log, format!("{}{}", turn("gmp"), turn("go")).repeat(4));
    }

    #[test]
    fn who_fails_is_not_started_again() {
        let fakes = Fakes::new("fails");
        let line = |name: &str| format!("echo yield/1P {name} 1.0 1.0 1.0 ns 3x1");
        let contenders = [
            fakes.contender("gmp", &line("gmp")),
            fakes.contender("go", "echo go >>log; echo 'panic: /there/x.go is wrong' >&2; exit 2"),
            fakes.contender("may", "echo may >>log; kill -s SEGV $$"),
            fakes.contender("tokio", "echo tokio >>log; echo no >&2; sleep 300"),
            fakes.contender("threads", "echo hello"),
        ];
        let outcomes = fakes.run("yield", Duration::from_secs(2), &contenders);
        assert_eq!(outcomes.measured.len(), 1);
        assert_eq!(outcomes.died, ["go", "may", "tokio", "threads"]);
        let why: Vec<_> = outcomes.missing.iter().map(|missing| missing.why.as_str()).collect();
        let expected = [
            "exit status: 2: panic: x.go is wrong",
            "signal: 11 (SIGSEGV)",
            "still running after 2 s",
            "prints what is no figure: `hello`",
        ];
        assert_eq!(why, expected);
        assert_eq!(fs::read_to_string(fakes.0.join("log")).unwrap(), "go\nmay\ntokio\n");
    }

    #[test]
    fn a_server_is_measured_by_others() {
        let fakes = Fakes::new("served");
        // Prints what the server at the end of its command line does.
        fakes.contender("load", "echo load $1 $2 $3 $4 >>log; exec \"$5\"");
        let figure = |suffix: &str, unit: &str| {
            format!("echo tcp_64_{suffix}/1P gmp 7.0 7.0 7.0 {unit} 1x500\n")
        };
        let figures = [("rps", "/s"), ("p50", "us"), ("p99", "us"), ("p999", "us"), ("cpu", "us")];
        let script: String = figures.iter().map(|(suffix, unit)| figure(suffix, unit)).collect();
        let contenders = [fakes.contender("gmp", &script)];
        let outcomes = fakes.run("tcp_64", LONG, &contenders);
        assert_eq!((outcomes.measured.len(), outcomes.missing), (5, vec![]));
        assert_eq!(
            (outcomes.measured[0].name.as_str(), outcomes.measured[0].median),
            ("tcp_64_rps", 7.0)
        );
        let log = fs::read_to_string(fakes.0.join("log")).unwrap();
        assert_eq!(log, "load tcp_64 --procs 1 --quick\n".repeat(4));
    }

    #[test]
    fn figures_are_those_of_the_row() {
        let fakes = Fakes::new("figures");
        let both = "echo wake_p50/1P gmp 5.0 1.0 9.0 us 500x1; \
                    echo wake_p99/1P gmp 8.0 1.0 9.0 us 500x1";
        let one = "echo wake_p50/1P go 5.0 1.0 9.0 us 500x1";
        let contenders = [
            fakes.contender("gmp", both),
            fakes.contender("go", one),
            fakes.contender("may", "echo wake_p50/2P may 5.0 1.0 9.0 us 500x1"),
        ];
        let outcomes = fakes.run("wake", LONG, &contenders);
        let names: Vec<_> = outcomes.measured.iter().map(|m| (m.name.as_str(), m.median)).collect();
        assert_eq!(names, [("wake_p50", 5.0), ("wake_p99", 8.0)]);
        let why = |index: usize| outcomes.missing[index].why.as_str();
        assert!(why(0).starts_with("prints the figures [(\"wake_p50\""), "{}", why(0));
        assert_eq!(why(1), "prints a figure of may, 2 P");
    }
}
