//! An OpenAPI document: read within limits, and asked by its inner references.

use serde_json::Value;
use url::Url;

use super::super::schema::Definitions;
use crate::error::{Error, Kind, Result};
use crate::text;

/// The most of a document in YAML, which is slower to read and may say things many times over.
const LARGEST_YAML: usize = 4 * 1024 * 1024;

/// A document that was read.
#[derive(Debug)]
pub(super) struct Document {
    root: Value,
    /// Where it came from.
    pub url: Url,
    /// Whether its schemas are those of OpenAPI 3.0, and not plain JSON Schema.
    pub old_schemas: bool,
}

impl Document {
    /// Reads a document, which takes a while for a large one.
    pub fn read(url: Url, text: &str) -> Result<Self> {
        let is_json = text.trim_start().starts_with('{');
        let root: Option<Value> = match is_json {
            true => serde_json::from_str(text).ok(),
            false if text.len() > LARGEST_YAML => None,
            false => serde_saphyr::from_str(text).ok(),
        };
        let Some(root) = root.filter(Value::is_object) else {
            return Err(Error::new(
                Kind::Invalid,
                text!(
                    "There is no OpenAPI document at that address that I can read."
                ),
            )
            .hint(text!(
                "Give the address of the document itself, in JSON or YAML, not of a page that shows it."
            )));
        };
        let version = root["openapi"].as_str().unwrap_or_default();
        if !version.starts_with("3.") {
            let found = match (version, root["swagger"].as_str()) {
                ("", Some(swagger)) => format!("Swagger {swagger}"),
                ("", None) => "none".to_owned(),
                (version, _) => version.to_owned(),
            };
            return Err(Error::new(
                Kind::Invalid,
                text!(
                    "I read OpenAPI documents of version 3, and this one is of another: {version}.",
                    version = crate::error::quotable(&found)
                ),
            )
            .hint(text!("Look whether the service has a newer document.")));
        }
        Ok(Self {
            old_schemas: version.starts_with("3.0"),
            root,
            url,
        })
    }

    /// A part of it by its name.
    pub fn get(&self, name: &str) -> &Value {
        &self.root[name]
    }

    /// The value itself, or what it refers to within this document. `None` for what refers to
    /// nothing, to another document, or in circles: nothing is fetched.
    pub fn resolve<'a>(&'a self, value: &'a Value) -> Option<&'a Value> {
        self.definitions().resolve(value)
    }

    /// Where the parts of its schemas are.
    pub fn definitions(&self) -> Definitions<'_> {
        Definitions {
            root: &self.root,
            old_schemas: self.old_schemas,
        }
    }
}
