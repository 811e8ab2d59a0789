//! From a card's templates, a connection's fields and a call's arguments to one request.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use anyhow::anyhow;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use minijinja::ErrorKind;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Request};
use secrecy::ExposeSecret;
use serde_json::{Map, Value};
use url::Url;

use crate::cards::template::{Templates, only_variable};
use crate::domain::card::{Auth, HttpMethod, HttpRequest, HttpService, Keep, Query};
use crate::domain::text::Text;
use crate::error::{Error, Kind, Result, quotable};
use crate::text;
use crate::tools::Target;

/// What templates may use.
pub(in crate::tools::sources) struct Inputs {
    /// Arguments and open fields; what is optional and absent is an empty text.
    open: Map<String, Value>,
    /// All fields, the secret ones too: for authentication and headers alone.
    fields: Map<String, Value>,
    /// The arguments that a body holds also where they are empty.
    sent_empty: BTreeSet<String>,
}

impl Inputs {
    /// Gathers what templates may use. `schema` names the optional arguments and their defaults.
    pub(in crate::tools::sources) fn new(
        target: &Target,
        schema: Option<&Value>,
        arguments: &Map<String, Value>,
    ) -> Result<Self> {
        let mut open = Map::new();
        let mut secret = Map::new();
        for field in &target.card.fields {
            let value = match field.secret {
                true => target.secrets.get(&field.name).map(|s| s.expose_secret()),
                false => target.config.get(&field.name).map(String::as_str),
            };
            let value = match (value, field.optional) {
                (Some(value), _) => value,
                (None, true) => field.default.as_deref().unwrap_or_default(),
                (None, false) => return Err(missing(target, &field.label)),
            };
            let names = if field.secret { &mut secret } else { &mut open };
            names.insert(field.name.clone(), value.into());
        }
        let mut fields = open.clone();
        fields.extend(secret);
        let mut sent_empty = BTreeSet::new();
        let declared = schema.and_then(|schema| schema["properties"].as_object());
        for (name, schema) in declared.into_iter().flatten() {
            let given = arguments.get(name).filter(|value| !value.is_null());
            let default = schema.get("default");
            if default.is_some_and(|default| default == "") {
                sent_empty.insert(name.clone());
            }
            let value = given.or(default);
            open.insert(name.clone(), value.cloned().unwrap_or_else(|| "".into()));
        }
        Ok(Self {
            open,
            fields,
            sent_empty,
        })
    }

    /// How many items of a list are wanted: the argument `limit`, if there is one.
    pub(super) fn limit(&self) -> usize {
        let limit = self.open.get("limit").and_then(Value::as_u64);
        limit
            .and_then(|limit| usize::try_from(limit).ok())
            .unwrap_or(usize::MAX)
    }

    /// One of the card's templates over the fields that are not secret.
    pub(in crate::tools::sources) fn text(
        &self,
        templates: &Templates,
        source: &str,
    ) -> Result<String> {
        templates.text(source, &self.open).map_err(unfit)
    }

    /// The same where it is an address.
    pub(in crate::tools::sources) fn url(
        &self,
        templates: &Templates,
        source: &str,
    ) -> Result<Url> {
        self.text(templates, source)?.parse().map_err(no_url)
    }

    fn render<'a>(&'a self, templates: &'a Templates) -> Render<'a> {
        Render {
            templates,
            values: &self.open,
            sent_empty: &self.sent_empty,
        }
    }

    /// What of an answer is kept, as the arguments say.
    pub(in crate::tools::sources) fn keep<'a>(
        &self,
        templates: &Templates,
        keep: Option<&'a Keep>,
    ) -> Result<Option<Cow<'a, Keep>>> {
        let pointer = |source: &str| templates.pointer(source, &self.open).map_err(unfit);
        let text = |source: &str| templates.text(source, &self.open).map_err(unfit);
        keep.map(|keep| keep.rendered(pointer, text)).transpose()
    }

    /// A JSON value whose texts are templates; nothing when it renders empty.
    pub(in crate::tools::sources) fn json(
        &self,
        templates: &Templates,
        template: &Value,
    ) -> Result<Option<Value>> {
        self.render(templates).json(template)
    }

    /// The headers of every request, those of one, and the one that shows whose it is.
    pub(in crate::tools::sources) fn headers(
        &self,
        templates: &Templates,
        auth: &Auth,
        always: &BTreeMap<String, String>,
        of_request: &BTreeMap<String, String>,
    ) -> Result<HeaderMap> {
        let render = |source: &str| templates.text(source, &self.fields).map_err(unfit);
        let mut headers = HeaderMap::new();
        put_headers(&mut headers, always, true, render)?;
        let open = |source: &str| templates.text(source, &self.open).map_err(unfit);
        put_headers(&mut headers, of_request, false, open)?;
        let auth = match auth {
            Auth::None | Auth::Oauth(_) => None,
            Auth::Header { name, value } => {
                let name = render(name)?;
                let name = HeaderName::try_from(name).map_err(Error::internal)?;
                Some((name, render(value)?)).filter(|(_, value)| !value.is_empty())
            }
            Auth::Bearer(token) => Some(render(token)?)
                .filter(|token| !token.is_empty())
                .map(|token| (AUTHORIZATION, format!("Bearer {token}"))),
            Auth::Basic { user, password } => Some((render(user)?, render(password)?))
                .filter(|(user, password)| !user.is_empty() || !password.is_empty())
                .map(|(user, password)| {
                    let pair = STANDARD.encode(format!("{user}:{password}"));
                    (AUTHORIZATION, format!("Basic {pair}"))
                }),
        };
        if let Some((name, value)) = auth {
            let mut value = header_value(value)?;
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        Ok(headers)
    }
}

/// What was filled in as an address is none.
fn no_url(_: url::ParseError) -> Error {
    Error::new(
        Kind::Invalid,
        text!("The connection's address is not a URL."),
    )
    .hint(text!(
        "Connect again with an address like `https://api.example.com`."
    ))
}

/// Builds one request.
pub(super) fn build(
    templates: &Templates,
    service: &HttpService,
    request: &HttpRequest,
    inputs: &Inputs,
) -> Result<Request> {
    let render = inputs.render(templates);
    let mut built = Request::new(method(request.method), render.url(service, request)?);
    *built.headers_mut() =
        inputs.headers(templates, &service.auth, &service.headers, &request.headers)?;
    let json = |body: Value| ("application/json".to_owned(), body.to_string());
    let body = match (&request.body, &request.text) {
        (Some(whole @ Value::String(_)), _) => render.json(whole)?.map(json),
        (Some(parts), _) => {
            let body = render.json(parts)?.unwrap_or_else(|| Map::new().into());
            Some(json(body))
        }
        (None, Some(text)) => Some((render.text(&text.media_type)?, render.text(&text.content)?)),
        (None, None) => None,
    };
    if let Some((media_type, body)) = body {
        let media_type = header_value(media_type)?;
        let headers = built.headers_mut();
        headers.entry(CONTENT_TYPE).or_insert(media_type);
        *built.body_mut() = Some(body.into());
    }
    Ok(built)
}

/// The verb as it is sent.
pub(in crate::tools::sources) fn method(method: HttpMethod) -> Method {
    match method {
        HttpMethod::Get => Method::GET,
        HttpMethod::Head => Method::HEAD,
        HttpMethod::Post => Method::POST,
        HttpMethod::Put => Method::PUT,
        HttpMethod::Patch => Method::PATCH,
        HttpMethod::Delete => Method::DELETE,
    }
}

/// Adds what makes a request known to the service should it come a second time.
pub(super) fn put_key(request: &mut Request, header: &str, key: &str) -> Result<()> {
    let name = HeaderName::try_from(header).map_err(Error::internal)?;
    request
        .headers_mut()
        .insert(name, header_value(key.to_owned())?);
    Ok(())
}

struct Render<'a> {
    templates: &'a Templates,
    values: &'a Map<String, Value>,
    sent_empty: &'a BTreeSet<String>,
}

impl Render<'_> {
    fn text(&self, source: &str) -> Result<String> {
        self.templates.text(source, self.values).map_err(unfit)
    }

    fn url(&self, service: &HttpService, request: &HttpRequest) -> Result<Url> {
        let base = self.text(&service.base_url)?;
        let path = self.templates.path(&request.path, self.values);
        let path = path.map_err(unfit)?;
        let base = base.trim_end_matches('/');
        let mut url: Url = format!("{base}{path}").parse().map_err(no_url)?;
        stays_below(&base.parse().map_err(no_url)?, &url)?;
        let pairs = self.pairs(&request.query)?;
        if !pairs.is_empty() {
            url.query_pairs_mut().extend_pairs(pairs);
        }
        Ok(url)
    }

    /// The parameters of a query, in the order of their names.
    fn pairs(&self, query: &Query) -> Result<Vec<(String, String)>> {
        let mut pairs = Vec::new();
        match query {
            Query::Named(parameters) => {
                for (name, source) in parameters {
                    let value = self.text(source)?;
                    if !value.is_empty() {
                        pairs.push((name.clone(), value));
                    }
                }
            }
            Query::Whole(source) => {
                if let Some(Value::Object(members)) = self.json(&source.as_str().into())? {
                    for (name, value) in &members {
                        for value in plain_values(value).ok_or_else(|| no_parameter(name))? {
                            pairs.push((name.clone(), value));
                        }
                    }
                    pairs.sort_by(|(one, _), (other, _)| one.cmp(other));
                }
            }
        }
        Ok(pairs)
    }

    /// A part of the body; nothing when it renders empty.
    fn json(&self, template: &Value) -> Result<Option<Value>> {
        Ok(match template {
            Value::String(source) => {
                let name = only_variable(source);
                let value = match name.and_then(|name| self.values.get(name)) {
                    Some(value) => value.clone(),
                    None => self.text(source)?.into(),
                };
                let may_be_empty = name.is_some_and(|name| self.sent_empty.contains(name));
                Some(value).filter(|value| value != "" || may_be_empty)
            }
            Value::Array(items) => {
                let items = items.iter().filter_map(|item| self.json(item).transpose());
                Some(items.collect::<Result<Vec<_>>>()?.into())
            }
            Value::Object(members) => {
                let mut rendered = Map::new();
                for (name, member) in members {
                    if let Some(value) = self.json(member)? {
                        rendered.insert(name.clone(), value);
                    }
                }
                (!rendered.is_empty()).then(|| rendered.into())
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => Some(template.clone()),
        })
    }
}

/// What a parameter's value is sent as: each item of a list by itself, and nothing for nothing.
/// `None` for what a query cannot hold.
fn plain_values(value: &Value) -> Option<Vec<String>> {
    let plain = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    };
    match value {
        Value::Null => Some(Vec::new()),
        Value::Array(items) => items.iter().map(plain).collect(),
        single => Some(vec![plain(single)?]),
    }
}

fn no_parameter(name: &str) -> Error {
    let name = quotable(name);
    Error::new(
        Kind::Invalid,
        text!(
            "The query parameter `{name}` is no text, number or boolean, and no list of these.",
            name
        ),
    )
    .hint(text!("Send it as one of these."))
}

/// The last word on where a request goes, whatever the parts of its address were: to the same server
/// as `base`, and not above it.
pub(in crate::tools::sources) fn stays_below(base: &Url, url: &Url) -> Result<()> {
    let above = base.path().trim_end_matches('/');
    let rest = url.path().strip_prefix(above);
    if url.origin() == base.origin() && rest.is_some_and(|r| r.is_empty() || r.starts_with('/')) {
        return Ok(());
    }
    Err(Error::new(
        Kind::Denied("path"),
        text!("That call cannot be made: its path leads away from the connection's address."),
    )
    .hint(text!("Give the plain name or path that is meant.")))
}

/// Adds those that do not render empty. What comes from a field may be secret.
fn put_headers(
    headers: &mut HeaderMap,
    sources: &BTreeMap<String, String>,
    secret: bool,
    render: impl Fn(&str) -> Result<String>,
) -> Result<()> {
    for (name, source) in sources {
        let text = render(source)?;
        if text.is_empty() {
            continue;
        }
        let name = HeaderName::try_from(name).map_err(Error::internal)?;
        let mut value = header_value(text)?;
        value.set_sensitive(secret && source.contains('{'));
        headers.insert(name, value);
    }
    Ok(())
}

/// This is where a line break in a value ends: it would begin a header of its own.
pub(in crate::tools::sources) fn header_value(text: String) -> Result<HeaderValue> {
    HeaderValue::try_from(text).map_err(|_| {
        Error::new(
            Kind::Invalid,
            text!("A value of this connection holds characters that cannot be sent, such as a line break."),
        )
        .hint(text!("Connect again and paste the value in one line."))
    })
}

/// Our own templates and filters complain about values; all else is a fault of the card.
fn unfit(error: minijinja::Error) -> Error {
    match (error.kind(), error.detail()) {
        (ErrorKind::InvalidOperation, Some(reason)) => Error::new(
            Kind::Denied("path"),
            text!("That call cannot be made: {reason}.", reason),
        )
        .hint(text!("Give the plain name or path that is meant.")),
        _ => Error::internal(anyhow!("rendering a card's template: {error}")),
    }
}

fn missing(target: &Target, label: &str) -> Error {
    let card = &target.card;
    Error::new(
        Kind::Unauthenticated,
        text!(
            "This {service} connection has lost its “{label}”.",
            service = &card.title,
            label = Text::of_card(label)
        ),
    )
    .hint(text!(
        "Connect again with `/mcp connect {card}`.",
        card = &card.name
    ))
}
