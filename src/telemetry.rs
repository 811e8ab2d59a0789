//! Logging: one line per thing that happened, for people or for machines.

use std::io::{IsTerminal as _, Write};
use std::sync::OnceLock;

use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::filter::{EnvFilter, filter_fn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer, Registry, fmt, reload};

use crate::config::{LogConfig, LogFormat};
use crate::error::{Error, Kind, Result};
use crate::signals::masks;

/// What decides which lines there are. A process has one log.
static FILTER: OnceLock<reload::Handle<EnvFilter, Registry>> = OnceLock::new();

/// Starts logging to standard error; once per process.
pub fn start(config: &LogConfig) -> Result<()> {
    let (filter, handle) = reload::Layer::new(filter(&config.level)?);
    let ansi = std::io::stderr().is_terminal();
    let started = tracing_subscriber::registry()
        .with(filter)
        .with(filter_fn(is_ours_or_important))
        .with(lines(config.format, ansi, std::io::stderr))
        .try_init();
    started.map_err(|error| Error::internal(anyhow::anyhow!("{error}")))?;
    // Nobody else can have set it: starting twice has failed above.
    let _ = FILTER.set(handle);
    Ok(())
}

/// Logs by another level from now on; the format stays.
pub fn change_level(config: &LogConfig) -> Result<()> {
    if let Some(problem) = config.validate().into_iter().next() {
        return Err(Error::new(Kind::Invalid, problem));
    }
    let filter = filter(&config.level)?;
    match FILTER.get() {
        Some(handle) => handle.reload(filter).map_err(Error::internal),
        None => Ok(()),
    }
}

/// What is to be logged by a level, or levels per module.
fn filter(level: &str) -> Result<EnvFilter> {
    let filter = EnvFilter::try_new(level).map_err(|error| {
        Error::new(Kind::Invalid, "`log.level` cannot be read.")
            .hint("Use error, warn, info, debug or trace, or `info,patchbay::agent=debug`.")
            .source(error)
    })?;
    // These log whole frames, socket tickets, bodies or bound values.
    let silenced = [
        "slack_morphism=off",
        "genai=off",
        "sqlx=warn",
        "tungstenite=off",
        "tokio_tungstenite=off",
        "hyper=warn",
        "rustls=warn",
    ];
    let silenced = silenced
        .iter()
        .filter_map(|directive| directive.parse().ok());
    Ok(silenced.fold(filter, EnvFilter::add_directive))
}

/// A library's finer levels may hold whatever passes through it, and those that do are not all known:
/// whichever level is chosen, they are not logged.
fn is_ours_or_important(line: &Metadata<'_>) -> bool {
    let target = line.target();
    let ours = ["patchbay", "slack_sim"].iter().any(|name| {
        let rest = target.strip_prefix(name);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    });
    ours || *line.level() <= Level::INFO
}

fn lines<S, W>(format: LogFormat, ansi: bool, writer: W) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'s> LookupSpan<'s>,
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let lines = fmt::layer().with_writer(Masking(writer)).with_ansi(ansi);
    match format {
        LogFormat::Text => lines.with_target(false).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    }
}

/// Passes lines on without anything secret in them.
struct Masking<W>(W);

impl<'w, W: MakeWriter<'w>> MakeWriter<'w> for Masking<W> {
    type Writer = Masking<W::Writer>;

    fn make_writer(&'w self) -> Self::Writer {
        Masking(self.0.make_writer())
    }
}

impl<W: Write> Write for Masking<W> {
    /// Whoever formats lines writes each at once.
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        let masked = masks::masked(&String::from_utf8_lossy(line));
        self.0.write_all(masked.as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn logged(format: LogFormat, log: impl FnOnce()) -> String {
        let written = Written::default();
        let writer = written.clone();
        let (filter, _handle) = reload::Layer::new(filter("trace").unwrap());
        let subscriber = tracing_subscriber::registry()
            .with(filter)
            .with(filter_fn(is_ours_or_important))
            .with(lines(format, false, move || writer.clone()));
        tracing::subscriber::with_default(subscriber, log);
        let bytes = written.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn each_line_is_one_json_object_whatever_is_in_it() {
        let hostile = "a\n{\"level\":\"ERROR\"}\r\n\u{1b}[31mred\u{2028}\u{0}\"\\";
        let text = logged(LogFormat::Json, || {
            tracing::info!(value = hostile, "said {hostile}");
            tracing::warn!(value = ?hostile, "again");
        });
        let lines: Vec<serde_json::Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(lines.len(), 2, "{text}");
        assert_eq!(lines[0]["level"], "INFO");
        assert_eq!(lines[0]["value"], hostile);
        assert!(!text.contains('\u{1b}'), "{text}");
    }

    #[test]
    fn what_looks_like_a_secret_reaches_no_line() {
        for format in [LogFormat::Text, LogFormat::Json] {
            let text = logged(format, || {
                let cause = anyhow::anyhow!("refused: Bearer abcdefghijklmnop");
                tracing::info!(cause = ?cause, "no answer from xoxb-12-ab");
            });
            assert!(!text.contains("abcdefghijklmnop"), "{text}");
            assert!(!text.contains("xoxb-12-ab"), "{text}");
            assert!(text.contains("no answer from •••"), "{text}");
        }
    }

    #[test]
    fn a_librarys_finer_words_are_in_no_log() {
        let text = logged(LogFormat::Text, || {
            tracing::debug!(target: "h2::codec", "frame");
            tracing::warn!(target: "h2::codec", "closed");
            tracing::info!(target: "patchbay_of_others", "theirs");
        });
        assert!(!text.contains("frame") && text.contains("closed"), "{text}");
    }

    #[test]
    fn a_level_that_cannot_be_read_is_refused_and_libraries_stay_silent() {
        assert!(filter("patchbay=loud").is_err());
        let loud = filter("trace").unwrap().to_string();
        assert!(loud.contains("genai=off") && loud.contains("slack_morphism=off"));
    }
}
