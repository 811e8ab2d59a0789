//! What people do in a repository beyond opening things: comments, labels, branches, files, merges.

use axum::http::Method;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{Asked, Repo, WHEN, created, invalid, ok, refusal};

/// The commit that `main` stands at.
pub const HEAD: &str = "aa218f56b14c9653891f9e74264a383fa43fefbd";

/// A name for what a file holds.
pub fn sha(content: &[u8]) -> String {
    let hash = content
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        });
    format!("{hash:040x}")
}

impl Repo {
    pub(super) fn change(
        &mut self,
        url: &str,
        name: &str,
        rest: &[&str],
        asked: &Asked,
    ) -> Response {
        match (&asked.method, rest) {
            (method, ["issues", number, "comments"]) => match number.parse() {
                Ok(number) if method == Method::POST => self.comment(name, number, &asked.body),
                Ok(number) => ok(self.comments.entry(number).or_default().clone().into()),
                Err(_) => refusal(404, "Not Found"),
            },
            (&Method::PATCH, ["issues", number]) => match self.thread(number) {
                Some(thread) => ok(changed(thread, &asked.body)),
                None => refusal(404, "Not Found"),
            },
            (&Method::POST, ["issues", number, "labels"]) => match self.thread(number) {
                Some(thread) => {
                    let new = labels(&asked.body["labels"]);
                    let all = thread["labels"].as_array_mut().unwrap();
                    all.extend(new);
                    ok(all.clone().into())
                }
                None => refusal(404, "Not Found"),
            },
            (&Method::PUT, ["pulls", number, "merge"]) => match self.thread(number) {
                Some(pull) if pull["merged_at"].is_null() => {
                    let newest = pull["head"]["sha"].clone();
                    if asked.body["sha"].is_string() && asked.body["sha"] != newest {
                        return refusal(
                            409,
                            "Head branch was modified. Review and try the merge again.",
                        );
                    }
                    pull["merged_at"] = json!(WHEN);
                    pull["state"] = json!("closed");
                    let message = "Pull Request successfully merged";
                    ok(json!({ "sha": HEAD, "merged": true, "message": message }))
                }
                Some(_) => refusal(405, "Pull Request is not mergeable"),
                None => refusal(404, "Not Found"),
            },
            (&Method::GET, ["branches"]) => ok(self.all_branches(url, name)),
            (&Method::POST, ["git", "refs"]) => self.add_branch(&asked.body),
            (&Method::PUT, ["contents", path @ ..]) => self.write(&path.join("/"), &asked.body),
            _ => refusal(404, "Not Found"),
        }
    }

    fn thread(&mut self, number: &str) -> Option<&mut Value> {
        let number = number.parse::<u64>().ok()?;
        self.threads
            .iter_mut()
            .find(|thread| thread["number"] == number)
    }

    fn comment(&mut self, name: &str, number: u64, given: &Value) -> Response {
        let all = self.comments.entry(number).or_default();
        let id = all.len() + 1;
        let comment = json!({
            "id": id, "user": { "login": "octocat", "id": 1 }, "body": given["body"],
            "created_at": WHEN, "updated_at": WHEN,
            "html_url": format!("https://github.com/{name}/issues/{number}#issuecomment-{id}"),
        });
        all.push(comment.clone());
        created(comment)
    }

    fn all_branches(&self, url: &str, name: &str) -> Value {
        let own = self
            .branches
            .iter()
            .map(|(branch, sha)| (branch.as_str(), sha.as_str()));
        let all = [("main", HEAD)].into_iter().chain(own);
        let shown = all.map(|(branch, sha)| {
            let commit = json!({ "sha": sha, "url": format!("{url}/repos/{name}/commits/{sha}") });
            json!({ "name": branch, "commit": commit, "protected": branch == "main" })
        });
        shown.collect()
    }

    fn add_branch(&mut self, given: &Value) -> Response {
        let name = given["ref"]
            .as_str()
            .unwrap_or_default()
            .strip_prefix("refs/heads/");
        let known = given["sha"] == HEAD;
        match name {
            Some(name) if known && !self.branches.contains_key(name) => {
                self.branches.insert(name.to_owned(), HEAD.to_owned());
                created(json!({ "ref": given["ref"], "object": { "type": "commit", "sha": HEAD } }))
            }
            Some(_) if known => refusal(422, "Reference already exists"),
            _ => refusal(422, "Object does not exist"),
        }
    }

    fn write(&mut self, path: &str, given: &Value) -> Response {
        let there = self.files.get(path).map(|content| sha(content));
        match (&there, given["sha"].as_str()) {
            (Some(_), None) => {
                return invalid(json!({ "message": "\"sha\" wasn't supplied." }));
            }
            (Some(there), Some(given)) if given != there => {
                return refusal(409, &format!("{path} does not match {given}"));
            }
            _ => {}
        }
        let Ok(content) = STANDARD.decode(given["content"].as_str().unwrap_or_default()) else {
            return refusal(422, "content is not valid Base64");
        };
        let answer = json!({
            "content": { "path": path, "sha": sha(&content), "size": content.len() },
            "commit": { "sha": HEAD, "message": given["message"] },
        });
        self.files.insert(path.to_owned(), content);
        ok(answer)
    }
}

fn labels(names: &Value) -> Vec<Value> {
    let names = names.as_array().into_iter().flatten();
    names
        .map(|name| json!({ "id": 1, "name": name, "color": "ededed", "default": false }))
        .collect()
}

fn changed(thread: &mut Value, given: &Value) -> Value {
    for member in ["title", "body", "state", "state_reason"] {
        if given[member].is_string() {
            thread[member] = given[member].clone();
        }
    }
    if given["labels"].is_array() {
        thread["labels"] = labels(&given["labels"]).into();
    }
    thread.clone()
}
