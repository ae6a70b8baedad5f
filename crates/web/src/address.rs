//! Where a record is looked at. Addresses are a contract: scripts and bookmarks rely on them.

use emporion_catalog::kind::Kind;
use emporion_catalog::name;
use emporion_catalog::record::Record;
use emporion_edge::request::Request;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What stays as it is in a segment.
const IN_SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Kinds that have a page, and the folder that it lies in.
const FOLDERS: &[(&str, &str)] = &[
    ("data_product", "products"),
    ("domain", "domains"),
    ("database_service", "services"),
    ("pipeline_service", "services"),
    ("database", "databases"),
    ("database_schema", "schemas"),
    ("table", "tables"),
    ("pipeline", "pipelines"),
    ("glossary", "glossary"),
    ("glossary_term", "terms"),
    ("user", "people"),
    ("team", "teams"),
];

pub fn folder(kind: Kind) -> Option<&'static str> {
    FOLDERS.iter().find(|(name, _)| kind.is(name)).map(|(_, folder)| *folder)
}

/// The kinds whose pages lie in a folder.
pub fn kinds_in(folder: &str) -> impl Iterator<Item = &'static str> {
    FOLDERS.iter().filter(move |(_, known)| *known == folder).map(|(kind, _)| *kind)
}

/// The page of a record, where its kind has one.
pub fn of(kind: Kind, fqn: &str) -> Option<String> {
    let folder = folder(kind)?;
    // People are called by their names, which their FQNs only quote.
    let shown = if kind.is("user") { name::unquote(fqn) } else { fqn.to_owned() };
    Some(format!("/{folder}/{}", segment(&shown)))
}

/// The page of a record of such a kind; nothing where it has none.
pub fn of_record(record: &Record) -> String {
    of(record.kind, &record.fqn).unwrap_or_default()
}

pub fn segment(text: &str) -> String {
    // Two segments mean something else to whoever resolves the address.
    match text {
        "." => "%2E".into(),
        ".." => "%2E%2E".into(),
        text => utf8_percent_encode(text, IN_SEGMENT).to_string(),
    }
}

/// What a request asks for: its path, with its query.
pub fn asked_for(request: &Request) -> String {
    match request.raw_query.as_str() {
        "" => request.raw_path.clone(),
        query => format!("{}?{query}", request.raw_path),
    }
}

/// An address with a query; empty values are left out.
pub fn with_query(path: &str, pairs: &[(&str, &str)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    let mut is_bare = true;
    for (key, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
        query.append_pair(key, value);
        is_bare = false;
    }
    if is_bare { path.to_owned() } else { format!("{path}?{}", query.finish()) }
}

/// An address of this origin, as somebody else wrote it: `None` for one that leads elsewhere.
pub fn of_this_origin(text: &str) -> Option<&str> {
    let is_path = text.starts_with('/') && !text.starts_with("//");
    let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    (is_path && is_plain).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_path_stays_with_this_origin() {
        for good in ["/", "/products/a%2Fb?tab=use", "/search?q=%22a%22"] {
            assert_eq!(of_this_origin(good), Some(good));
        }
        for bad in [
            "",
            "products",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/a\nb",
            "/a b",
            "javascript:x",
        ] {
            assert_eq!(of_this_origin(bad), None, "{bad}");
        }
    }

    #[test]
    fn names_are_one_segment_whatever_they_hold() {
        assert_eq!(segment("Sales.Net sales/\"a\"?"), "Sales.Net%20sales%2F%22a%22%3F");
        assert_eq!(segment(".."), "%2E%2E");
        assert_eq!(with_query("/products", &[("q", "a b&c"), ("sort", "")]), "/products?q=a+b%26c");
        assert_eq!(with_query("/products", &[("q", "")]), "/products");
    }
}
