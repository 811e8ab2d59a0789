//! The guide `docs/write-a-card.md`, done as it says: each command, each answer, and the card in Slack.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use patchbay::slack::Transport;
use serde_json::json;

use crate::world::{Engine, World};

/// How the guide's service is started; here on any port.
const SERVES: &str = "HTTPServer((\"127.0.0.1\", 8765), Library).serve_forever()";
const SERVES_ANYWHERE: &str = "server = HTTPServer((\"127.0.0.1\", 0), Library)
print(server.server_port, flush=True)
server.serve_forever()";

/// What a reader is told to start and leave running.
const STARTED: [&str; 2] = [
    "python3 library.py",
    "PATCHBAY_CARDS__DIRECTORY=cards patchbay playground",
];

struct Guide(String);

impl Guide {
    fn read() -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/write-a-card.md");
        Self(std::fs::read_to_string(path).unwrap())
    }

    /// Its blocks in order: the language and the text of each.
    fn blocks(&self) -> Vec<(&str, &str)> {
        let parts = self.0.split("```").skip(1).step_by(2);
        parts.map(|part| part.split_once('\n').unwrap()).collect()
    }

    /// The one block in this language.
    fn block(&self, language: &str) -> &str {
        let blocks = self.blocks();
        let mut found = blocks.iter().filter(|(of, _)| *of == language);
        let (_, text) = found.next().unwrap();
        assert_eq!(found.next(), None, "which block in {language}?");
        text
    }

    /// The blocks that a reader types into Slack.
    fn typed(&self) -> Vec<&str> {
        let blocks = self.blocks().into_iter().map(|(_, text)| text.trim());
        blocks.filter(|text| text.starts_with(['@', '/'])).collect()
    }
}

/// The guide's service; it ends when dropped.
struct Library {
    process: Child,
    url: String,
    _output: BufReader<ChildStdout>,
}

impl Library {
    fn open(guide: &Guide, folder: &Path) -> Self {
        let program = guide.block("python");
        assert!(program.contains(SERVES));
        let file = folder.join("library.py");
        std::fs::write(&file, program.replace(SERVES, SERVES_ANYWHERE)).unwrap();
        let mut process = Command::new("python3")
            .arg(file)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut port = String::new();
        output.read_line(&mut port).unwrap();
        Self {
            process,
            url: format!("http://127.0.0.1:{}", port.trim()),
            _output: output,
        }
    }
}

impl Drop for Library {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What commands print in a folder, where `patchbay` is the one of these tests.
fn run(folder: &Path, commands: &str) -> String {
    let binary = Path::new(env!("CARGO_BIN_EXE_patchbay"));
    let output = Command::new("sh")
        .args(["-c", commands])
        .current_dir(folder)
        .env_clear()
        .env(
            "PATH",
            format!("{}:/usr/bin:/bin", binary.parent().unwrap().display()),
        )
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{commands}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_commands_of_the_guide_print_what_it_says() {
    let guide = Guide::read();
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let card = folder.join("cards/library.yaml");
    let (mut printed, mut compared) = (None, 0);
    for (language, text) in guide.blocks() {
        match language {
            "sh" if STARTED.contains(&text.trim()) => {}
            "sh" => printed = Some(run(folder, text)),
            "yaml" => std::fs::write(&card, text).unwrap(),
            "text" => {
                if let Some(printed) = printed.take() {
                    assert_eq!(printed, text);
                    compared += 1;
                }
            }
            other => assert_eq!(other, "python"),
        }
    }
    assert_eq!((printed, compared), (None, 2));
    // The mistake that a reader makes on purpose.
    let (good, bad) = ("title: /title", "title: /name");
    assert!(
        guide
            .0
            .contains(&format!("write `{bad}` in place of `{good}`"))
    );
    let text = guide.block("yaml");
    assert_eq!(text.matches(good).count(), 1);
    std::fs::write(&card, text.replace(good, bad)).unwrap();
    let printed = run(folder, "patchbay cards test cards/library.yaml");
    assert!(guide.blocks().contains(&("text", &*printed)), "{printed}");
    assert!(folder.join("cards/card.schema.json").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_card_of_the_guide_finds_books_and_lends_them() {
    let guide = Guide::read();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("library.yaml"), guide.block("yaml")).unwrap();
    let library = Library::open(&guide, folder.path());
    let world = World::start_with(Engine::Sqlite, Transport::Socket, |config| {
        config.cards.directory = Some(folder.path().to_owned());
    });
    let world = world.await;
    let alice = world.alice();
    let typed = guide.typed();
    let [connect, question, search, lend] = typed[..] else {
        panic!("{typed:?}");
    };
    assert_eq!(connect, "/mcp connect library");
    let fields = |key: &str| json!({ "base_url": library.url, "key": key });
    let told = alice.connects("library", fields("wrong-word")).await;
    let told = told.all_text();
    assert!(told.contains("does not accept this credential"), "{told}");
    assert!(guide.0.contains("`sesame`"));
    let told = alice.connects("library", fields("sesame")).await;
    let said = "Connected! 2 book tools now available";
    assert!(told.all_text().contains(said) && guide.0.contains(said));

    // The demo model has no rule for it, and says how else.
    let answer = alice.asks(question).await.all_text();
    assert!(answer.contains("library__search_books"), "{answer}");
    let answer = alice.asks(search).await.all_text();
    assert!(
        answer.contains("Bees in the City") && !answer.contains("SF 523"),
        "{answer}"
    );
    let ts = alice.says(lend).await;
    let asked = alice.is_asked_to_decide(&ts).await;
    let text = asked.all_text();
    assert!(
        text.contains("x-api-key: •••") && text.contains("/loans"),
        "{text}"
    );
    assert!(alice.clicks(&asked, "Approve").await.ok);
    let lent = alice.reply_when(&ts, |it| it.all_text().contains("lent_to"));
    let lent = lent.await.all_text();
    assert!(lent.contains("Ada"), "{lent}");
    world.stop().await;
}
