//! A person shares files with a few words, or opens one.

use axum::body::Bytes;

use super::{place, typed};
use crate::clock::Time;
use crate::error::Refused;
use crate::sim::Sim;
use crate::state::{Announcement, Author, Draft, Workspace};

/// The most files of one message.
const FILES: usize = 10;

impl Sim {
    /// A person shares files, given as names with contents, in a channel or a thread; gives the message's timestamp.
    pub fn share(
        &self,
        user: &str,
        channel: &str,
        thread_ts: Option<&str>,
        text: &str,
        files: Vec<(String, Bytes)>,
    ) -> Result<String, Refused> {
        if files.is_empty() || files.len() > FILES {
            return Err(Refused(format!("Share between 1 and {FILES} files.")));
        }
        self.team().act(|ws, now| {
            let (user, channel) = place(ws, user, channel)?;
            let text = typed::message(ws, text.trim());
            let ids = store(ws, now, &user, files)?;
            let said = (!text.is_empty()).then(|| typed::rich_text(&text));
            let draft = Draft {
                blocks: said.into_iter().collect(),
                thread_ts: thread_ts.map(str::to_owned),
                files: ids,
                ..Draft::new(&channel, Author::Person(user), &text)
            };
            Ok(ws.post(now, draft)?)
        })
    }

    /// A person uploads files without sharing them, as for a field of a modal; gives their ids.
    pub fn upload(&self, user: &str, files: Vec<(String, Bytes)>) -> Result<Vec<String>, Refused> {
        self.team().act(|ws, now| {
            let user = ws.person(user)?.id.clone();
            store(ws, now, &user, files)
        })
    }

    /// What a person gets who opens a file that they can see.
    pub fn open_file(&self, user: &str, id: &str) -> Result<Bytes, Refused> {
        self.team().look(|ws| {
            let user = ws.person(user)?.id.clone();
            let file = ws.file_for(id, &user);
            let file = file.ok_or_else(|| Refused(format!("There is no file {id} for {user}.")))?;
            Ok(file.content.clone())
        })
    }
}

/// Makes files of this person; gives their ids.
fn store(
    ws: &mut Workspace,
    now: Time,
    user: &str,
    files: Vec<(String, Bytes)>,
) -> Result<Vec<String>, Refused> {
    let mut ids = Vec::new();
    for (name, content) in files {
        let announcement = Announcement {
            name,
            length: content.len(),
            alt_text: None,
            owner: user.to_owned(),
        };
        let (id, ticket) = ws.announce_file(now, announcement)?;
        ws.store_file(&ticket, content).map_err(Refused)?;
        ws.complete_file(now, &id, None);
        ids.push(id);
    }
    Ok(ids)
}
