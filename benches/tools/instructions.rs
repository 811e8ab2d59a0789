//! How many instructions something takes, which are the same however busy the machine is: counted by
//! valgrind in a process of its own, the difference between few times and many.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, bail};

use crate::house::{House, Server, bare};

/// How often it is done, twice.
const TIMES: [usize; 2] = [20, 120];

/// What is counted.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum What {
    Call,
    Request,
}

/// Instructions of one time, with everything that it makes this process do; none without valgrind.
pub fn of(what: What, server: &Server, folder: &Path) -> anyhow::Result<Option<f64>> {
    let [few, many] = TIMES;
    let count = |times| counted(what, times, server, folder);
    let (Some(less), Some(more)) = (count(few)?, count(many)?) else {
        return Ok(None);
    };
    Ok(Some((more - less) / (many - few) as f64))
}

/// Does it so often: what the process of its own is for.
pub async fn run(what: What, times: usize, url: &str, folder: &Path) -> anyhow::Result<()> {
    let mut house = House::build(folder, Server::at(url)).await?;
    let alice = house.person("alice");
    house.connect(&alice, 1, 20).await?;
    let client = bare();
    for _ in 0..times {
        match what {
            What::Call => house.call(&alice).await?,
            What::Request => house.request(&client).await?,
        }
    }
    Ok(())
}

fn counted(
    what: What,
    times: usize,
    server: &Server,
    folder: &Path,
) -> anyhow::Result<Option<f64>> {
    let name = format!("{what:?}").to_lowercase();
    let folder = folder.join(format!("{name}-{times}"));
    let program = std::env::current_exe()?;
    let ran = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .args(["counted", &name, &times.to_string(), &server.url])
        .arg(folder)
        .output();
    let Ok(ran) = ran else {
        return Ok(None);
    };
    let told = String::from_utf8_lossy(&ran.stderr);
    if !ran.status.success() {
        bail!("counting instructions: {told}");
    }
    let counted = told
        .split("Collected : ")
        .nth(1)
        .and_then(|rest| rest.split_whitespace().next());
    let counted = counted.context("valgrind counted nothing")?;
    Ok(Some(counted.parse()?))
}
