//! A project's stored files: buckets, uploads, listings by folder, and links that expire.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::{Asked, said};

const WHEN: &str = "2026-11-20T09:30:00Z";
const LINK: &str = "eyJsaW5rIjoxfQ";

/// A bucket: whether anybody may read it, and its files with their media types.
#[derive(Default)]
pub struct Bucket {
    public: bool,
    files: BTreeMap<String, (String, Vec<u8>)>,
}

pub fn answer(buckets: &mut BTreeMap<String, Bucket>, path: &[&str], asked: &Asked) -> Response {
    match (&asked.method, path) {
        (&Method::GET, ["bucket"]) => {
            let all = buckets.iter().map(|(name, bucket)| described(name, bucket));
            said(StatusCode::OK, all.collect())
        }
        (&Method::POST, ["bucket"]) => {
            let given = asked.json();
            let name = given["name"].as_str().unwrap_or_default().to_owned();
            if buckets.contains_key(&name) {
                return refused("409", "Duplicate", "The resource already exists");
            }
            let public = given["public"] == true;
            let files = BTreeMap::new();
            buckets.insert(name.clone(), Bucket { public, files });
            said(StatusCode::OK, json!({ "name": name }))
        }
        (&Method::DELETE, ["bucket", name]) => match buckets.get(*name) {
            None => refused("404", "Bucket not found", "Bucket not found"),
            Some(bucket) if !bucket.files.is_empty() => {
                let message = "The bucket you tried to delete is not empty";
                refused("409", "InvalidRequest", message)
            }
            Some(_) => {
                buckets.remove(*name);
                said(StatusCode::OK, json!({ "message": "Successfully deleted" }))
            }
        },
        (_, ["object", rest @ ..]) => of_objects(buckets, rest, asked),
        _ => said(
            StatusCode::NOT_FOUND,
            json!({ "message": "Route not found" }),
        ),
    }
}

fn of_objects(buckets: &mut BTreeMap<String, Bucket>, path: &[&str], asked: &Asked) -> Response {
    let (verb, name, file) = match path {
        [verb @ ("list" | "sign"), name, file @ ..] => (*verb, *name, file.join("/")),
        [name, file @ ..] => ("", *name, file.join("/")),
        [] => return refused("404", "not_found", "Object not found"),
    };
    let Some(bucket) = buckets.get_mut(name) else {
        return refused("404", "Bucket not found", "Bucket not found");
    };
    match (&asked.method, verb) {
        (&Method::POST, "list") => list(bucket, &asked.json()),
        (&Method::POST, "sign") if bucket.files.contains_key(&file) => {
            // As it is stored: whoever makes an address of it writes it as one.
            let link = format!("/object/sign/{name}/{file}?token={LINK}");
            said(StatusCode::OK, json!({ "signedURL": link }))
        }
        (&Method::POST, "") => {
            if bucket.files.contains_key(&file) && asked.header("x-upsert") != "true" {
                return refused("409", "Duplicate", "The resource already exists");
            }
            let stored = (asked.header("content-type").to_owned(), asked.body.to_vec());
            bucket.files.insert(file.clone(), stored);
            said(
                StatusCode::OK,
                json!({ "Id": "1", "Key": format!("{name}/{file}") }),
            )
        }
        (&Method::GET, "") => match bucket.files.get(&file) {
            Some((kind, content)) => {
                ([(header::CONTENT_TYPE, kind.clone())], content.clone()).into_response()
            }
            None => refused("404", "not_found", "Object not found"),
        },
        (&Method::DELETE, "") if file.is_empty() => {
            let given = asked.json();
            let paths = given["prefixes"].as_array().into_iter().flatten();
            let gone = paths
                .filter_map(Value::as_str)
                .filter(|path| bucket.files.remove(*path).is_some())
                .map(|path| json!({ "name": path, "bucket_id": name }));
            said(StatusCode::OK, gone.collect())
        }
        _ => refused("404", "not_found", "Object not found"),
    }
}

/// A file for whoever has a link to it.
pub fn linked(buckets: &BTreeMap<String, Bucket>, path: &[&str], asked: &Asked) -> Response {
    let file = match path {
        [bucket, file @ ..] => buckets
            .get(*bucket)
            .and_then(|b| b.files.get(&file.join("/"))),
        [] => None,
    };
    match file.filter(|_| asked.text("token") == Some(LINK)) {
        Some((kind, content)) => {
            ([(header::CONTENT_TYPE, kind.clone())], content.clone()).into_response()
        }
        None => refused("400", "InvalidJWT", "Invalid token"),
    }
}

/// What is directly in a folder: its files, and the folders in it once each.
fn list(bucket: &Bucket, given: &Value) -> Response {
    let Some(folder) = given["prefix"].as_str() else {
        return refused("400", "Error", "body must have required property 'prefix'");
    };
    let folder = match folder.trim_end_matches('/') {
        "" => String::new(),
        folder => format!("{folder}/"),
    };
    let search = given["search"].as_str().unwrap_or_default();
    let mut folders = BTreeSet::new();
    let mut entries = Vec::new();
    for (path, (kind, content)) in &bucket.files {
        let Some(name) = path
            .strip_prefix(&folder)
            .filter(|name| name.contains(search))
        else {
            continue;
        };
        match name.split_once('/') {
            Some((inner, _)) => {
                if folders.insert(inner) {
                    entries.push(
                        json!({ "name": inner, "id": null, "updated_at": null, "metadata": null }),
                    );
                }
            }
            None => entries.push(json!({
                "name": name, "id": "1", "updated_at": WHEN, "created_at": WHEN,
                "metadata": { "size": content.len(), "mimetype": kind },
            })),
        }
    }
    entries.truncate(given["limit"].as_u64().unwrap_or(100) as usize);
    said(StatusCode::OK, entries.into())
}

fn described(name: &str, bucket: &Bucket) -> Value {
    json!({
        "id": name, "name": name, "owner": "", "public": bucket.public, "file_size_limit": null,
        "allowed_mime_types": null, "created_at": WHEN, "updated_at": WHEN,
    })
}

/// The status is 400 whatever is wrong; the body knows better.
fn refused(status: &str, error: &str, message: &str) -> Response {
    let body = json!({ "statusCode": status, "error": error, "message": message });
    said(StatusCode::BAD_REQUEST, body)
}
