//! Where a record is looked at. Addresses are a contract: scripts and bookmarks rely on them.

use emporion_catalog::id::RecordId;
use emporion_catalog::kind::Kind;
use emporion_catalog::name;
use emporion_catalog::record::Record;
use emporion_edge::request::Request;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What stays as it is in a segment.
const IN_SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Kinds that have a page, and are listed; and the folder that it lies in.
const FOLDERS: &[(&str, &str)] = &[
    ("data_product", "products"),
    ("domain", "domains"),
    ("database_service", "services"),
    ("pipeline_service", "services"),
    ("dashboard_service", "services"),
    ("database", "databases"),
    ("database_schema", "schemas"),
    ("table", "tables"),
    ("pipeline", "pipelines"),
    ("dashboard", "dashboards"),
    ("glossary", "glossary"),
    ("glossary_term", "terms"),
    ("user", "people"),
    ("team", "teams"),
];

/// Kinds that nothing lists: searches, labels and other records lead to what is known of one. `/metrics` is what programs
/// read of the server.
const UNLISTED: &[(&str, &str)] = &[
    ("metric", "measures"),
    ("asset", "assets"),
    ("stored_procedure", "procedures"),
    ("chart", "charts"),
    ("dashboard_data_model", "dashboard-models"),
    ("classification", "classifications"),
    ("tag", "classifications"),
    ("asset_type", "asset-types"),
    ("form_type", "form-types"),
    ("skill", "skills"),
    ("event_subscription", "subscriptions"),
    // These lead on to the page of another record.
    ("query", "queries"),
    ("bot", "bots"),
    ("ingestion_pipeline", "ingestions"),
];

/// Where what is listed of a kind lies.
pub fn folder(kind: Kind) -> Option<&'static str> {
    FOLDERS.iter().find(|(name, _)| kind.is(name)).map(|(_, folder)| *folder)
}

/// Where its page lies, be it listed or not.
pub fn folder_of(kind: Kind) -> Option<&'static str> {
    folders().find(|(name, _)| kind.is(name)).map(|(_, folder)| *folder)
}

fn folders() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    FOLDERS.iter().chain(UNLISTED)
}

/// The kinds whose pages lie in a folder.
pub fn kinds_in(folder: &str) -> impl Iterator<Item = &'static str> {
    folders().filter(move |(_, known)| *known == folder).map(|(kind, _)| *kind)
}

/// The page of a record; of one whose kind has none, the page that tells most of it.
pub fn of(kind: Kind, fqn: &str) -> Option<String> {
    let folder = folder_of(kind)?;
    // People are called by their names, which their FQNs only quote.
    let shown = if kind.is("user") { name::unquote(fqn) } else { fqn.to_owned() };
    Some(format!("/{folder}/{}", segment(&shown)))
}

/// Where it is looked up who came in, who read rows and who was refused.
pub const READS: &str = "/admin/audit/reads";

/// Where what is deleted is brought back: of everybody's for who administers the account, and of what is one's own.
pub const DELETED: &str = "/admin/deleted";
pub const OWN_DELETED: &str = "/deleted";

/// Where a label leads: to what a term means, and to what bears a tag.
pub fn of_label(kind: Kind, fqn: &str) -> Option<String> {
    if kind.is("tag") {
        return Some(with_query("/search", &[("q", &format!("tag:{}", quoted(fqn)))]));
    }
    of(kind, fqn)
}

/// A value as the language of searches has it exactly.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
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

/// The page of a request for access.
pub fn of_request(id: RecordId) -> String {
    format!("/requests/{id}")
}

#[cfg(test)]
mod tests {
    use emporion_catalog::registry::Registry;

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
    fn what_has_no_page_is_told_of_elsewhere() {
        let registry = Registry::standard();
        let of = |kind: &str, fqn: &str| of(registry.expect(kind), fqn).unwrap_or_default();
        assert_eq!(of("tag", "PII.\"a.b\""), "/classifications/PII.%22a.b%22");
        let label = of_label(registry.expect("tag"), "PII.\"a.b\"");
        assert_eq!(label.as_deref(), Some("/search?q=tag%3A%22PII.%5C%22a.b%5C%22%22"));
        assert_eq!(of("ingestion_pipeline", "\"w.h\".nightly"), "/ingestions/%22w.h%22.nightly");
        assert_eq!(of("metric", "Net sales"), "/measures/Net%20sales");
        assert_eq!((of("role", "R"), of("policy", "P")), (String::new(), String::new()), "not for everybody");
        for kind in registry.iter().filter(|kind| folders().any(|(known, _)| kind.is(known))) {
            let at = of(kind.name(), "a");
            assert!(kinds_in(at.split('/').nth(1).unwrap_or_default()).any(|known| kind.is(known)), "{at}");
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
