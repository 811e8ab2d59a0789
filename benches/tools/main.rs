//! What one call through the executor costs beside a bare request, what a listing and a search cost by
//! how many tools there are, and what a lookup costs by how many connections everybody has.

mod cost;
mod house;
mod instructions;

use std::time::Duration;

use anyhow::Context as _;
use clap::{Parser, Subcommand};

use cost::{Cost, Spread};
use house::{House, Server, bare};
use instructions::What;

/// A machine on which it takes longer says nothing.
const LIMIT: Duration = Duration::from_secs(400);

/// Rounds of each comparison, and calls in each.
const ROUNDS: usize = 9;
const CALLS: usize = 100;

/// Tools of one person, and connections of all people.
const TOOLS: [usize; 4] = [1, 20, 200, 2_000];
const CONNECTIONS: [usize; 3] = [1, 100, 10_000];

#[derive(Debug, Parser)]
struct Arguments {
    /// Given by `cargo bench`.
    #[arg(long, hide = true)]
    bench: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Do something so often at that server: this program starts itself so, below valgrind.
    Counted {
        what: What,
        times: usize,
        url: String,
        folder: std::path::PathBuf,
    },
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    if let Some(Command::Counted {
        what,
        times,
        url,
        folder,
    }) = Arguments::parse().command
    {
        return instructions::run(what, times, &url, &folder).await;
    }
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let measured = tokio::time::timeout(LIMIT, measure(folder.path()));
    measured.await.context("it took too long")?
}

async fn measure(folder: &std::path::Path) -> anyhow::Result<()> {
    let mut bars = Bars::default();
    calls(folder, &mut bars).await?;
    listings(folder, &mut bars).await?;
    connections(folder, &mut bars).await?;
    bars.print();
    Ok(())
}

/// A call through everything that stands before and after it, and the same request alone.
async fn calls(folder: &std::path::Path, bars: &mut Bars) -> anyhow::Result<()> {
    let mut house = House::build(&folder.join("calls"), Server::start()?).await?;
    let alice = house.person("alice");
    house.connect(&alice, 1, 20).await?;
    let client = bare();
    house.call(&alice).await?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push(Cost::of(&house.server, CALLS, async || house.call(&alice).await).await?);
        theirs.push(Cost::of(&house.server, CALLS, async || house.request(&client).await).await?);
    }
    line(&format!(
        "One call, in \u{b5}s of CPU without the server's, {ROUNDS} rounds of {CALLS} calls"
    ));
    let (ours, theirs) = (cost::micros(&ours), cost::micros(&theirs));
    line(&format!(
        "executor: checked, limited, recorded in SQLite   {}",
        Spread::of(&ours)
    ));
    line(&format!(
        "a bare request with reqwest                      {}",
        Spread::of(&theirs)
    ));
    let ratio = Spread::ratio(&ours, &theirs);
    line(&format!(
        "ratio                                            {ratio}"
    ));
    let count = |what| instructions::of(what, &house.server, folder);
    match (count(What::Call)?, count(What::Request)?) {
        (Some(call), Some(request)) => line(&format!(
            "instructions: {call:.0} a call, {request:.0} a bare request, ratio {:.2}",
            call / request
        )),
        _ => line("instructions: not counted, valgrind is not here"),
    }
    let spent = Spread::of(&ours).median - Spread::of(&theirs).median;
    bars.bar(
        format!("executor: {spent:.0} \u{b5}s of CPU more than a bare request, at most 1,000"),
        spent <= 1_000.0,
    );
    Ok(())
}

/// By how many tools a person has.
async fn listings(folder: &std::path::Path, bars: &mut Bars) -> anyhow::Result<()> {
    line(
        "\nOne person's tools, in \u{b5}s of CPU     listed anew (range)      listed again (range)     searched (range)",
    );
    let mut anew_by_tool = Vec::new();
    for tools in TOOLS {
        let mut house =
            House::build(&folder.join(format!("tools-{tools}")), Server::start()?).await?;
        let alice = house.person("alice");
        house
            .connect(&alice, tools.div_ceil(50), tools.min(50))
            .await?;
        let (mut anew, mut again, mut searched) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            anew.push(
                Cost::of(&house.server, 3, async || {
                    house.list_anew(&alice, tools).await
                })
                .await?,
            );
            again.push(
                Cost::of(&house.server, CALLS, async || {
                    house.list(&alice, tools).await
                })
                .await?,
            );
            searched
                .push(Cost::of(&house.server, CALLS, async || house.search(&alice).await).await?);
        }
        let (anew, again, searched) = (
            cost::micros(&anew),
            cost::micros(&again),
            cost::micros(&searched),
        );
        let (anew, again, searched) =
            (Spread::of(&anew), Spread::of(&again), Spread::of(&searched));
        line(&format!(
            "{tools:>6} tools                    {anew:>28} {again:>25} {searched:>20}"
        ));
        anew_by_tool.push(anew.median / tools as f64);
        bars.bar(
            format!(
                "{tools} tools: listed again in {:.0} \u{b5}s, at most 50",
                again.median
            ),
            again.median <= 50.0,
        );
    }
    if let [.., some, many] = anew_by_tool[..] {
        let growth = many / some;
        bars.bar(format!("listing anew is linear: a tool of 2,000 takes {growth:.2} of one of 200, at most 1.3"), growth <= 1.3);
    }
    Ok(())
}

/// By how many connections other people have.
async fn connections(folder: &std::path::Path, bars: &mut Bars) -> anyhow::Result<()> {
    line("\nWhat a turn asks of the database, in \u{b5}s of CPU: tools listed anew, one call");
    let mut houses = Vec::new();
    for connections in CONNECTIONS {
        let mut house = House::build(
            &folder.join(format!("connections-{connections}")),
            Server::start()?,
        )
        .await?;
        let alice = house.person("alice");
        house.connect(&alice, 1, 20).await?;
        house.crowd(connections - 1).await?;
        houses.push((connections, house, alice, Vec::new()));
    }
    for _ in 0..ROUNDS {
        for (_, house, alice, costs) in &mut houses {
            let turn = async || {
                house.list_anew(alice, 20).await?;
                house.call(alice).await
            };
            costs.push(Cost::of(&house.server, 30, turn).await?);
        }
    }
    let first = cost::micros(&houses[0].3);
    for (connections, _, _, costs) in &houses {
        let costs = cost::micros(costs);
        let ratio = Spread::ratio(&costs, &first);
        line(&format!(
            "{connections:>6} connections                {:>28}   ratio {ratio}",
            Spread::of(&costs)
        ));
        if *connections == CONNECTIONS[2] {
            bars.bar(
                format!(
                    "a turn at 10,000 connections is {:.2} of one at 1, at most 1.1",
                    ratio.median
                ),
                ratio.median <= 1.1,
            );
        }
    }
    Ok(())
}

/// What was promised, and whether it was kept.
#[derive(Default)]
struct Bars(Vec<(String, bool)>);

impl Bars {
    fn bar(&mut self, what: String, met: bool) {
        self.0.push((what, met));
    }

    fn print(&self) {
        line("");
        for (what, met) in &self.0 {
            line(&format!(
                "{}  {what}",
                if *met { "met   " } else { "MISSED" }
            ));
        }
    }
}

#[expect(
    clippy::print_stdout,
    reason = "the tables are what this program is for"
)]
fn line(text: &str) {
    println!("{text}");
}
