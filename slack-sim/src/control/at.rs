//! Which workspace a request is about: `?workspace=` with its name or id, and the first where none is named.

use axum::extract::{FromRequestParts, Query};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::Deserialize;

use super::Unserved;
use crate::sim::Sim;

/// The simulator, seen from the workspace that the request names.
pub(crate) struct At(pub(crate) Sim);

/// The workspace that a request names, for what is about all of them unless it does.
pub(super) struct Only(pub(super) Option<String>);

#[derive(Deserialize)]
struct Named {
    workspace: Option<String>,
}

impl FromRequestParts<Sim> for At {
    type Rejection = Unserved;

    async fn from_request_parts(parts: &mut Parts, sim: &Sim) -> Result<Self, Unserved> {
        match named(parts)? {
            Some(which) => Ok(Self(sim.workspace(&which)?)),
            None => Ok(Self(sim.clone())),
        }
    }
}

impl FromRequestParts<Sim> for Only {
    type Rejection = Unserved;

    async fn from_request_parts(parts: &mut Parts, sim: &Sim) -> Result<Self, Unserved> {
        let which = named(parts)?
            .map(|which| sim.workspace(&which))
            .transpose()?;
        Ok(Self(which.map(|sim| sim.team_id())))
    }
}

fn named(parts: &Parts) -> Result<Option<String>, Unserved> {
    let query = Query::<Named>::try_from_uri(&parts.uri);
    let Query(query) =
        query.map_err(|error| Unserved(StatusCode::BAD_REQUEST, error.body_text()))?;
    Ok(query.workspace.filter(|which| !which.is_empty()))
}
