//! What a file is, told by the end of its name, in Slack's words.

/// A kind of file.
pub(crate) struct Filetype {
    /// Slack's own word for it.
    pub(crate) name: &'static str,
    pub(crate) mimetype: &'static str,
    /// What people call it.
    pub(crate) label: &'static str,
    /// Whether it can be read as it is.
    pub(crate) is_text: bool,
}

/// The kind of a file with this name.
pub(crate) fn of(name: &str) -> Filetype {
    let end = name.rsplit_once('.').map_or("", |(_, end)| end);
    let (name, mimetype, label, is_text) = match end.to_ascii_lowercase().as_str() {
        "txt" | "log" | "text" => ("text", "text/plain", "Plain Text", true),
        "md" | "markdown" => ("markdown", "text/markdown", "Markdown (raw)", true),
        "csv" => ("csv", "text/csv", "CSV", true),
        "tsv" => ("tsv", "text/tab-separated-values", "TSV", true),
        "json" => ("json", "application/json", "JSON", true),
        "yaml" | "yml" => ("yaml", "text/plain", "YAML", true),
        "xml" => ("xml", "text/xml", "XML", true),
        "html" | "htm" => ("html", "text/html", "HTML", true),
        "css" => ("css", "text/css", "CSS", true),
        "js" | "mjs" => ("javascript", "text/javascript", "JavaScript", true),
        "py" => ("python", "text/plain", "Python", true),
        "rs" => ("rust", "text/plain", "Rust", true),
        "sql" => ("sql", "text/plain", "SQL", true),
        "sh" => ("shell", "text/plain", "Shell", true),
        "diff" | "patch" => ("diff", "text/plain", "Diff", true),
        "png" => ("png", "image/png", "PNG", false),
        "jpg" | "jpeg" => ("jpg", "image/jpeg", "JPEG", false),
        "gif" => ("gif", "image/gif", "GIF", false),
        "webp" => ("webp", "image/webp", "WebP", false),
        "svg" => ("svg", "image/svg+xml", "SVG", false),
        "pdf" => ("pdf", "application/pdf", "PDF", false),
        "zip" => ("zip", "application/zip", "Zip", false),
        "" | "bin" => ("binary", "application/octet-stream", "Binary", false),
        _ => ("auto", "application/octet-stream", "File", false),
    };
    Filetype {
        name,
        mimetype,
        label,
        is_text,
    }
}
