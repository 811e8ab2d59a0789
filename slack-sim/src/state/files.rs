//! Files: announced, uploaded, shared in messages, deleted; and who may see them.

use axum::body::Bytes;
use serde_json::{Value, json};

use super::{Change, ChannelKind, Workspace};
use crate::clock::Time;
use crate::error::{ApiError, Refused};
use crate::filetypes;
use crate::ids;
use crate::payloads;

/// The most that one file may hold, and the most that all of them may.
pub(crate) const LARGEST: usize = 64 * 1024 * 1024;
const STORAGE: usize = 256 * 1024 * 1024;
/// Above this a text is shown as a file and not as a snippet.
const SNIPPET: usize = 1024 * 1024;
/// What the page and the API show of a snippet.
const PREVIEW_LINES: usize = 5;
const PREVIEW: usize = 400;

/// A file as the workspace keeps it.
#[derive(Clone, Debug)]
pub(crate) struct File {
    pub(crate) id: String,
    pub(crate) name: String,
    title: String,
    alt_text: Option<String>,
    /// Whoever uploaded it.
    owner: String,
    created: Time,
    /// What its upload has to weigh, in bytes.
    length: usize,
    pub(crate) content: Bytes,
    stage: Stage,
    /// Whether somebody has given it to the app in a form.
    handed_over: bool,
    /// The messages it is in, by channel and timestamp.
    shares: Vec<(String, String)>,
}

/// How far a file is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Stage {
    /// Its bytes may be sent to the address with this ticket.
    Announced(String),
    /// Its bytes are there; nobody sees it yet.
    Uploaded,
    Complete,
    Deleted,
}

/// What an app or a person says about a file before its bytes come.
pub(crate) struct Announcement {
    pub(crate) name: String,
    pub(crate) length: usize,
    pub(crate) alt_text: Option<String>,
    pub(crate) owner: String,
}

impl File {
    /// What kind of thing it is, by its name.
    pub(crate) fn mimetype(&self) -> &'static str {
        filetypes::of(&self.name).mimetype
    }

    fn preview(&self) -> Option<Value> {
        if !filetypes::of(&self.name).is_text || self.content.len() > SNIPPET {
            return None;
        }
        let text = String::from_utf8_lossy(&self.content);
        let lines = text.lines().count();
        let shown: Vec<_> = text.lines().take(PREVIEW_LINES).collect();
        let preview: String = shown.join("\n").chars().take(PREVIEW).collect();
        let more = lines.saturating_sub(PREVIEW_LINES);
        Some(json!({"preview": preview, "lines": lines, "lines_more": more}))
    }
}

impl Workspace {
    /// Takes note of a file that is to come; gives its id and the ticket for its bytes.
    pub(crate) fn announce_file(
        &mut self,
        now: Time,
        it: Announcement,
    ) -> Result<(String, String), ApiError> {
        if it.length > LARGEST {
            return Err("file_upload_size_restricted".into());
        }
        let stored: usize = self.files.iter().map(|file| file.length).sum();
        if stored + it.length > STORAGE {
            return Err("storage_limit_reached".into());
        }
        let (id, ticket) = (self.ids.next("F"), ids::random(16));
        self.files.push(File {
            id: id.clone(),
            title: it.name.clone(),
            name: it.name,
            alt_text: it.alt_text,
            owner: it.owner,
            created: now,
            length: it.length,
            content: Bytes::new(),
            stage: Stage::Announced(ticket.clone()),
            handed_over: false,
            shares: Vec::new(),
        });
        Ok((id, ticket))
    }

    /// Whether the bytes of a file are to come with this ticket.
    pub(crate) fn expects_upload(&self, ticket: &str) -> bool {
        let wanted = Stage::Announced(ticket.to_owned());
        self.files.iter().any(|file| file.stage == wanted)
    }

    /// Takes the bytes of an announced file, once; the error is a sentence.
    pub(crate) fn store_file(&mut self, ticket: &str, content: Bytes) -> Result<(), String> {
        let wanted = Stage::Announced(ticket.to_owned());
        let file = self.files.iter_mut().find(|file| file.stage == wanted);
        let file = file.ok_or_else(|| "There is no such upload.".to_owned())?;
        if content.len() != file.length {
            return Err(format!(
                "The file was announced with {} bytes and came with {}.",
                file.length,
                content.len()
            ));
        }
        file.content = content;
        file.stage = Stage::Uploaded;
        Ok(())
    }

    /// Whether these bytes have come and nobody has finished the upload yet, for every file.
    pub(crate) fn are_uploaded(&self, files: &[String], owner: &str) -> bool {
        files.iter().all(|id| {
            self.files
                .iter()
                .any(|file| file.id == *id && file.stage == Stage::Uploaded && file.owner == owner)
        })
    }

    /// Makes an uploaded file a file of the workspace.
    pub(crate) fn complete_file(&mut self, now: Time, id: &str, title: Option<&str>) {
        let Some(file) = self.files.iter_mut().find(|file| file.id == id) else {
            return;
        };
        file.stage = Stage::Complete;
        if let Some(title) = title {
            title.clone_into(&mut file.title);
        }
        let owner = file.owner.clone();
        let at = self.next_ts(now);
        self.emit(now, payloads::file_event("file_created", id, &owner, &at));
    }

    /// Remembers that files are in a message that has just been posted, and tells the app.
    pub(super) fn share_files(&mut self, now: Time, channel: &str, ts: &str, files: &[String]) {
        for id in files {
            let Some(file) = self.files.iter_mut().find(|file| file.id == *id) else {
                continue;
            };
            file.shares.push((channel.to_owned(), ts.to_owned()));
            let owner = file.owner.clone();
            let at = self.next_ts(now);
            let mut event = payloads::file_event("file_shared", id, &owner, &at);
            event["channel_id"] = json!(channel);
            self.emit(now, event);
        }
    }

    /// Lets the app see files that a person chose in a form, given by id or as objects; gives them as the app gets them.
    pub(crate) fn hand_over(&mut self, user: &str, files: &Value) -> Result<Vec<Value>, Refused> {
        let mut given = Vec::new();
        for file in files.as_array().into_iter().flatten() {
            let id = file.as_str().or(file["id"].as_str()).unwrap_or_default();
            let mut own = self.files.iter_mut();
            let own = own.find(|file| file.id == id && file.owner == user);
            let own =
                own.ok_or_else(|| Refused(format!("There is no file {id} of this person.")))?;
            own.handed_over = true;
            given.extend(self.files_in_message(&[id.to_owned()]));
        }
        Ok(given)
    }

    /// Deletes a file of this owner; messages keep a mark in its place.
    pub(crate) fn delete_file(&mut self, now: Time, id: &str, owner: &str) -> Result<(), ApiError> {
        let file = self.file_for_app(id)?;
        if file.owner != owner {
            return Err("cant_delete_file".into());
        }
        let shares = file.shares.clone();
        for file in self.files.iter_mut().filter(|file| file.id == id) {
            file.stage = Stage::Deleted;
            file.content = Bytes::new();
            file.length = 0;
        }
        for (channel, ts) in shares {
            let thread_ts = self.find_post(&channel, &ts);
            let thread_ts = thread_ts.and_then(|post| post.thread_ts.clone());
            self.changed(Change::Messages { channel, thread_ts });
        }
        let at = self.next_ts(now);
        self.emit(now, payloads::file_event("file_deleted", id, owner, &at));
        Ok(())
    }

    /// A file that the bot can see.
    pub(crate) fn file_for_app(&self, id: &str) -> Result<&File, ApiError> {
        let known = self.files.iter().find(|file| file.id == id);
        let file = known.ok_or_else(|| ApiError::from("file_not_found"))?;
        match file.stage {
            Stage::Deleted => Err("file_deleted".into()),
            Stage::Announced(_) | Stage::Uploaded => Err("file_not_found".into()),
            Stage::Complete if self.sees_file(file, &self.own.bot_user) => Ok(file),
            Stage::Complete => Err("file_not_found".into()),
        }
    }

    /// A file that this person can see.
    pub(crate) fn file_for(&self, id: &str, user: &str) -> Option<&File> {
        self.files
            .iter()
            .find(|file| file.id == id && file.stage == Stage::Complete)
            .filter(|file| self.sees_file(file, user))
    }

    /// Whoever uploaded a file sees it, whoever was given it, and everybody in a channel where it was shared.
    fn sees_file(&self, file: &File, user: &str) -> bool {
        let shared_with = |(channel, ts): &(String, String)| {
            let place = self.channel(channel);
            place.is_some_and(|place| place.members.contains(user))
                && self.find_post(channel, ts).is_some()
        };
        let given = file.handed_over && user == self.own.bot_user;
        file.owner == user || given || file.shares.iter().any(shared_with)
    }

    /// The files that the bot can see, the newest first.
    pub(crate) fn files_for_app(&self) -> impl Iterator<Item = &File> {
        self.files.iter().rev().filter(|file| {
            file.stage == Stage::Complete && self.sees_file(file, &self.own.bot_user)
        })
    }

    /// A file as `files.info` shows it.
    pub(crate) fn file_json(&self, file: &File) -> Value {
        let mut object = self.file_in_message(file);
        let (mut public, mut private) = (json!({}), json!({}));
        let (mut channels, mut groups, mut ims) = (Vec::new(), Vec::new(), Vec::new());
        for (channel, ts) in &file.shares {
            let Some(place) = self.channel(channel) else {
                continue;
            };
            let mut share = json!({"ts": ts, "channel_name": place.name, "team_id": self.own.team});
            if let Some(root) = self
                .find_post(channel, ts)
                .and_then(|it| it.thread_ts.as_ref())
            {
                share["thread_ts"] = json!(root);
            }
            let (list, ids) = match place.kind {
                ChannelKind::Public => (&mut public, &mut channels),
                ChannelKind::Private | ChannelKind::Mpim => (&mut private, &mut groups),
                ChannelKind::Im(_) => (&mut private, &mut ims),
            };
            match list.get_mut(channel).and_then(Value::as_array_mut) {
                Some(shares) => shares.push(share),
                None => list[channel] = json!([share]),
            }
            if !ids.contains(channel) {
                ids.push(channel.clone());
            }
        }
        object["is_public"] = json!(!channels.is_empty());
        object["shares"] = json!({});
        for (name, list) in [("public", public), ("private", private)] {
            if list.as_object().is_some_and(|list| !list.is_empty()) {
                object["shares"][name] = list;
            }
        }
        object["channels"] = json!(channels);
        object["groups"] = json!(groups);
        object["ims"] = json!(ims);
        object["comments_count"] = json!(0);
        object
    }

    /// The files of a message as the message shows them.
    pub(crate) fn files_in_message(&self, ids: &[String]) -> Vec<Value> {
        ids.iter()
            .filter_map(|id| self.files.iter().find(|file| file.id == *id))
            .map(|file| self.file_in_message(file))
            .collect()
    }

    fn file_in_message(&self, file: &File) -> Value {
        if file.stage == Stage::Deleted {
            return json!({"id": file.id, "mode": "tombstone", "file_access": "file_not_found"});
        }
        let kind = filetypes::of(&file.name);
        let place = format!("{}/files-pri/{}-{}", self.base_url, self.own.team, file.id);
        let name = address_name(&file.name);
        let preview = file.preview();
        let link = format!("{}/files/{}/{}/{name}", self.base_url, file.owner, file.id);
        let mut object = json!({
            "id": file.id,
            "created": file.created.seconds(),
            "timestamp": file.created.seconds(),
            "name": file.name,
            "title": file.title,
            "mimetype": kind.mimetype,
            "filetype": kind.name,
            "pretty_type": kind.label,
            "user": file.owner,
            "user_team": self.team_of(&file.owner),
            "editable": preview.is_some(),
            "size": file.content.len(),
            "mode": if preview.is_some() { "snippet" } else { "hosted" },
            "is_external": false,
            "external_type": "",
            "is_public": !file.shares.is_empty(),
            "public_url_shared": false,
            "display_as_bot": false,
            "username": "",
            "url_private": format!("{place}/{name}"),
            "url_private_download": format!("{place}/download/{name}"),
            "permalink": link,
            "has_rich_preview": false,
            "file_access": "visible",
        });
        if let Some(text) = &file.alt_text {
            object["alt_txt"] = json!(text);
        }
        for (field, value) in preview.iter().filter_map(Value::as_object).flatten() {
            object[field] = value.clone();
        }
        object
    }
}

/// A file's name as Slack puts it into addresses.
fn address_name(name: &str) -> String {
    name.to_lowercase()
        .chars()
        .map(|letter| match letter {
            'a'..='z' | '0'..='9' | '.' | '-' | '_' => letter,
            _ => '_',
        })
        .collect()
}
