//! Ids that look like Slack's: readable for people and channels, never repeated for everything that is counted.

use aws_lc_rs::rand;

use crate::clock::Time;

/// The organisation that the workspaces may be a part of.
pub(crate) const ENTERPRISE: &str = "E0SIM0001";
/// The most workspaces: one digit tells their ids apart.
pub(crate) const MOST_TEAMS: usize = 9;
/// How far apart the counted ids of one workspace are: more than there are workspaces.
const STRIDE: u64 = 10;
pub(crate) const APP: &str = "A0SIM0001";
pub(crate) const SLACKBOT: &str = "USLACKBOT";
/// The deprecated token that Slack still puts into every payload.
pub(crate) const VERIFICATION_TOKEN: &str = "sim-verification-token";

/// The ids of one workspace. Its digit ends each of them, so that no two workspaces share one.
#[derive(Clone, Debug)]
pub(crate) struct TeamIds {
    digit: usize,
    /// The workspace's own.
    pub(crate) team: String,
    /// The app's bot in it.
    pub(crate) bot: String,
    /// The user that the bot is.
    pub(crate) bot_user: String,
}

impl TeamIds {
    /// Those of the workspace with this number, from 1 to [`MOST_TEAMS`].
    pub(crate) fn numbered(digit: usize) -> Self {
        Self {
            digit,
            team: format!("T0SIM000{digit}"),
            bot: format!("B0BOT000{digit}"),
            bot_user: format!("U0BOT000{digit}"),
        }
    }

    /// The id of the person, channel or conversation called `name`: `U0ALICE01`, `C0GENERAL1`, `D0ALICE01`.
    pub(crate) fn named(&self, prefix: char, name: &str) -> String {
        let word: String = name
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_ascii_uppercase();
        format!("{prefix}0{word:0<6}{}", self.digit)
    }
}

/// A message's timestamp, which is also its name within a channel.
pub(crate) fn ts(micros: u64) -> String {
    format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

/// Whether this is shaped like a timestamp.
pub(crate) fn is_ts(text: &str) -> bool {
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    text.split_once('.')
        .is_some_and(|(seconds, micros)| is_digits(seconds) && is_digits(micros))
}

/// Random letters and digits for whatever must not be guessed or repeated.
pub(crate) fn random(bytes: usize) -> String {
    let mut buffer = vec![0; bytes];
    rand::fill(&mut buffer).expect("the system gives random bytes");
    buffer.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// An id shaped like a UUID, as envelopes and client messages have.
pub(crate) fn uuid() -> String {
    let hex = random(16);
    format!(
        "{}-{}-{}-{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..]
    )
}

/// Counted ids. It starts at the time of day, so a workspace started again never repeats an id that an app remembers;
/// and each workspace counts in numbers that no other uses.
pub(crate) struct Sequence(u64);

impl Sequence {
    pub(crate) fn starting(now: Time, team: &TeamIds) -> Self {
        Self(now.micros() * STRIDE + team.digit as u64)
    }

    pub(crate) fn next(&mut self, prefix: &str) -> String {
        self.0 += STRIDE;
        format!("{prefix}{}", base36(self.0))
    }
}

fn base36(mut number: u64) -> String {
    let mut digits = Vec::new();
    while number > 0 {
        let digit = u32::try_from(number % 36).unwrap_or_default();
        digits.push(char::from_digit(digit, 36).unwrap_or('0'));
        number /= 36;
    }
    digits.iter().rev().collect::<String>().to_ascii_uppercase()
}

/// A random number below `count`, which is not zero.
pub(crate) fn pick(count: usize) -> usize {
    let mut buffer = [0; 4];
    rand::fill(&mut buffer).expect("the system gives random bytes");
    u32::from_le_bytes(buffer) as usize % count
}
