//! The body of a request, with the parts of a multipart form told apart.

use axum::body::Bytes;
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};

/// What came with a request.
pub(crate) enum Body {
    /// As it was sent.
    Whole(Bytes),
    Parts(Vec<Part>),
}

/// One part of a multipart form.
pub(crate) struct Part {
    pub(crate) name: String,
    /// Set when the part is a file.
    pub(crate) file_name: Option<String>,
    pub(crate) content: Bytes,
}

impl Body {
    /// Reads a body up to the limit of its route; the error is the answer to one that cannot be read.
    pub(crate) async fn read(request: Request) -> Result<Self, Response> {
        if !content_type(request.headers()).starts_with("multipart/form-data") {
            let whole = Bytes::from_request(request, &()).await;
            return whole.map(Self::Whole).map_err(IntoResponse::into_response);
        }
        let mut form = Multipart::from_request(request, &())
            .await
            .map_err(IntoResponse::into_response)?;
        let mut parts = Vec::new();
        while let Some(field) = form
            .next_field()
            .await
            .map_err(IntoResponse::into_response)?
        {
            parts.push(Part {
                name: field.name().unwrap_or_default().to_owned(),
                file_name: field.file_name().map(str::to_owned),
                content: field.bytes().await.map_err(IntoResponse::into_response)?,
            });
        }
        Ok(Self::Parts(parts))
    }

    /// The file in it: the part that is one, else the first part, else everything.
    pub(crate) fn into_file(self) -> Bytes {
        match self {
            Self::Whole(bytes) => bytes,
            Self::Parts(mut parts) => {
                let at = parts.iter().position(|part| part.file_name.is_some());
                if parts.is_empty() {
                    return Bytes::new();
                }
                parts.swap_remove(at.unwrap_or(0)).content
            }
        }
    }
}

pub(crate) fn content_type(headers: &HeaderMap) -> &str {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

/// The token of `Authorization: Bearer`.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "))
}
