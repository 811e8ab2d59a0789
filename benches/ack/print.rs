//! The tables, and the bars that were met or missed.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::commits::Commits;
use crate::load::Outcome;
use crate::numbers::{Spread, milliseconds, percentile};
use crate::requests::KINDS;
use crate::rounds::{self, Measured, Report, Who, slowest};
use crate::servers::Launcher;
use crate::sockets::Side;
use crate::startup::Starts;
use crate::streams::{self, PIECES, PerPiece};

/// Prints as results come, and remembers which bars were met.
#[derive(Default)]
pub struct Printer {
    bars: Vec<(String, bool)>,
}

impl Printer {
    pub fn conditions(&self, launcher: &Launcher) {
        let build = if cfg!(debug_assertions) {
            "DEBUG build: these numbers say nothing about a release"
        } else {
            "release build"
        };
        let cores = match &launcher.core {
            Some(core) => format!("servers on core {core}, load on another"),
            None => "servers and load share the cores".to_owned(),
        };
        line(&format!(
            "{build}; {cores}; load average {}\n",
            load_average()
        ));
    }

    pub fn starts(&mut self, serve: &Starts, playground: &[Starts; 2]) {
        line(
            "Start-up, from starting the program        median ms (range)   first start, makes the database",
        );
        for starts in std::iter::once(serve).chain(playground) {
            let times = Spread::of(starts.later.iter().map(|time| milliseconds(*time)));
            let (what, first) = (starts.what, milliseconds(starts.first));
            line(&format!(
                "{what:<49}{:>14} {first:>8.0} ms",
                range(times, 0)
            ));
            let met = times.median < 1000.0;
            self.bar(format!("{what}: {:.0} ms, under 1,000", times.median), met);
        }
    }

    pub fn rounds(&mut self, report: &Report) {
        use rounds::{CONNECTIONS, COUNT, RATE, ROUNDS};
        line(&format!(
            "\nAcknowledging over HTTP: commands, mentions and clicks in turn, {ROUNDS} rounds\n\
             CPU and acks/s: {COUNT} requests a round over {CONNECTIONS} connections; \
             latency: {RATE} a second, open loop"
        ));
        line(&format!(
            "{:<36}{:>24}{:>9}{:>9}{:>9}{:>9}{:>8}{:>8}",
            "", "CPU µs/request (range)", "p50 ms", "p99 ms", "max ms", "acks/s", "MiB", "errors"
        ));
        for measured in &report.servers {
            line(&row(measured));
        }
        self.ratios(report);
        self.busy(report);
        let (acknowledged, stored) = (report.acknowledged, report.stored);
        self.bar(
            format!(
                "Patchbay acknowledged {acknowledged} and has {stored} in its database: none lost"
            ),
            stored >= acknowledged,
        );
        for measured in &report.servers {
            if measured.unseen_cpu > Duration::from_millis(50) {
                let (name, unseen) = (measured.who.name(), measured.unseen_cpu);
                line(&format!(
                    "{name}: {unseen:?} of CPU, of threads that ended, is not in the table"
                ));
            }
        }
    }

    fn ratios(&mut self, report: &Report) {
        let of = |who: Who| report.servers.iter().find(|measured| measured.who == who);
        let Some(patchbay) = of(Who::Patchbay) else {
            return;
        };
        line("\nRatios, taken in each round                     CPU (range)           p50 (range)");
        let ratio = |name: &str, ours: &Measured, theirs: &Measured| {
            let cpu = Spread::ratio(&ours.cpu, &theirs.cpu);
            let p50 = Spread::ratio(&ours.p50, &theirs.p50);
            line(&format!(
                "{name:<40}{:>20}{:>22}",
                range(cpu, 2),
                range(p50, 2)
            ));
            (cpu.median, p50.median)
        };
        for who in [
            Who::Empty,
            Who::Hmac,
            Who::Insert,
            Who::Bolt,
            Who::BoltAnswers,
        ] {
            let Some(theirs) = of(who) else { continue };
            let (cpu, p50) = ratio(&format!("Patchbay : {}", who.name()), patchbay, theirs);
            match who {
                Who::Insert => self.bars.push((
                    format!("p50 is {p50:.2} of a committed insert's, at most 1.5"),
                    p50 <= 1.5,
                )),
                Who::Bolt => self.bars.push((
                    format!("CPU is {cpu:.2} of Bolt Python's, which stores and answers nothing, at most 0.33"),
                    cpu <= 1.0 / 3.0,
                )),
                Who::BoltAnswers => self.bars.push((
                    format!("CPU is {cpu:.2} of Bolt Python's that answers, at most 0.33"),
                    cpu <= 1.0 / 3.0,
                )),
                Who::Empty | Who::Hmac | Who::InsertAgain | Who::Patchbay => {}
            }
        }
        if let (Some(one), Some(again)) = (of(Who::Insert), of(Who::InsertAgain)) {
            let (cpu, p50) = ratio("A/A, the same program twice", again, one);
            let calm = |ratio: f64| (0.97..=1.03).contains(&ratio);
            self.bars.push((
                format!("A/A control is {cpu:.2} and {p50:.2}, within 0.97 and 1.03; else differences of that size are noise"),
                calm(cpu) && calm(p50),
            ));
        }
    }

    fn busy(&mut self, report: &Report) {
        line(&format!("\n{} a second, open loop", rounds::BUSY_RATE));
        for measured in &report.servers {
            let Some(busy) = &measured.busy else { continue };
            line(&format!("{:<36}{}", measured.who.name(), summary(busy)));
            if measured.who == Who::Patchbay {
                let (p99, slowest) = (percentile(&busy.latencies, 99), slowest(busy));
                let met = p99 < 250.0 && slowest <= 3000.0 && busy.errors.is_empty();
                self.bar(
                    format!(
                        "at {} a second: p99 {p99:.0} ms, under 250, and none over 3,000",
                        rounds::BUSY_RATE
                    ),
                    met,
                );
            }
        }
    }

    pub fn commits(&mut self, commits: &[Commits]) {
        line("\nCommits for one delivery          when acknowledged   when answered and finished");
        for Commits {
            kind,
            acknowledged,
            finished,
        } in commits
        {
            let kind = format!("{kind:?}");
            line(&format!("{kind:<40}{acknowledged:>13.2}{finished:>20.2}"));
        }
        let one = commits.iter().all(|commits| commits.acknowledged == 1.0);
        self.bar("one commit for each acknowledgement".to_owned(), one);
    }

    pub fn sockets(&mut self, [patchbay, bolt]: &[Side; 2]) {
        line(
            "\nSocket Mode, one at a time: envelope to acknowledgement, and CPU of all it took, µs (range)",
        );
        for (index, kind) in KINDS.into_iter().enumerate() {
            for (who, taken) in [
                (Who::Patchbay, &patchbay[index]),
                (Who::BoltAnswers, &bolt[index]),
            ] {
                line(&format!(
                    "{:<8}{:<36}{:>20}  {}",
                    format!("{kind:?}"),
                    who.name(),
                    range(Spread::of(taken.cpu.iter().copied()), 0),
                    summary(&taken.acknowledged)
                ));
            }
            let ratio = Spread::ratio(&patchbay[index].cpu, &bolt[index].cpu);
            line(&format!("{:<44}{:>20} of Bolt's CPU", "", range(ratio, 2)));
        }
        let failed = |side: &Side| {
            side.iter()
                .any(|taken| !taken.acknowledged.errors.is_empty())
        };
        let what = "Socket Mode: every command, mention and click acknowledged".to_owned();
        self.bar(what, !failed(patchbay));
    }

    pub fn streams(&mut self, measured: &PerPiece) {
        let [short, long] = PIECES;
        line(&format!(
            "\nAn answer that grows: what each piece costs while a model writes it, in \u{b5}s of CPU\n\
             (an answer of {long} pieces less one of {short}, {} rounds)",
            streams::ROUNDS
        ));
        let ours = Spread::of(measured.patchbay.iter().copied());
        let theirs = Spread::of(measured.reader.iter().copied());
        line(&format!(
            "Patchbay: read, journaled, shown in Slack   {}",
            range(ours, 1)
        ));
        line(&format!(
            "a reader that does nothing with it          {}",
            range(theirs, 1)
        ));
        let ratio = Spread::ratio(&measured.patchbay, &measured.reader);
        line(&format!(
            "ratio                                       {}",
            range(ratio, 2)
        ));
    }

    pub fn bars(&self, took: Duration) {
        line("");
        for (what, met) in &self.bars {
            line(&format!(
                "{}  {what}",
                if *met { "met   " } else { "MISSED" }
            ));
        }
        line(&format!(
            "took {:.0} s; load average {}",
            took.as_secs_f64(),
            load_average()
        ));
    }

    fn bar(&mut self, what: String, met: bool) {
        self.bars.push((what, met));
    }
}

fn row(measured: &Measured) -> String {
    let steady = &measured.steady;
    format!(
        "{:<36}{:>24}{:>9.2}{:>9.2}{:>9.1}{:>9.0}{:>8.0}  {}",
        measured.who.name(),
        range(Spread::of(measured.cpu.iter().copied()), 0),
        percentile(&steady.latencies, 50),
        percentile(&steady.latencies, 99),
        slowest(steady),
        Spread::of(measured.acks.iter().copied()).median,
        measured.memory,
        errors(&measured.errors.errors),
    )
}

fn summary(outcome: &Outcome) -> String {
    format!(
        "{} sent, p50 {:.2} ms, p99 {:.2} ms, max {:.1} ms, errors: {}",
        outcome.sent,
        percentile(&outcome.latencies, 50),
        percentile(&outcome.latencies, 99),
        slowest(outcome),
        errors(&outcome.errors),
    )
}

fn errors(errors: &BTreeMap<String, usize>) -> String {
    if errors.is_empty() {
        return "none".to_owned();
    }
    let each = errors
        .iter()
        .map(|(what, count)| format!("{count} × {what}"));
    each.collect::<Vec<_>>().join(", ")
}

fn range(spread: Spread, digits: usize) -> String {
    let Spread {
        median,
        least,
        most,
    } = spread;
    format!("{median:.digits$} ({least:.digits$}–{most:.digits$})")
}

fn load_average() -> String {
    let all = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    all.split(' ').next().unwrap_or("unknown").to_owned()
}

#[expect(
    clippy::print_stdout,
    reason = "the tables are what this program is for"
)]
fn line(text: &str) {
    println!("{text}");
}
