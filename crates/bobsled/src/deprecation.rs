//! How answers under `/workspaces` say that they are the past: `Deprecation`, `Link`, and `Sunset` once there is a date.

use emporion_edge::timestamp;

use crate::mount::Mount;
use crate::times;

/// 2026-03-02T00:00:00Z, the day the data-products paths were announced.
const SINCE_S: i64 = 1_772_409_600;

/// Headers that a browser script may read of such an answer.
const EXPOSED: &str = "Deprecation, Sunset, Link, ETag, X-Request-Id";

/// What the operator decided about the old paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deprecation {
    docs: String,
    sunset_ms: Option<i64>,
    enforce: bool,
}

impl Deprecation {
    /// `docs` is the address below which `bobsled-migration` stands. After `sunset_ms` the old paths answer 410 if
    /// `enforce` is set; without a date nothing is promised.
    ///
    /// Errors: a sunset before the deprecation (RFC 8594 and RFC 9745 would contradict each other).
    pub fn new(docs: impl Into<String>, sunset_ms: Option<i64>, enforce: bool) -> Result<Deprecation, String> {
        if let Some(sunset) = sunset_ms.filter(|ms| *ms < SINCE_S * 1_000) {
            let (sunset, since) = (timestamp::print(sunset), timestamp::print(SINCE_S * 1_000));
            return Err(format!("the sunset date {sunset} lies before the deprecation date {since}"));
        }
        let docs: String = docs.into();
        Ok(Deprecation { docs: docs.trim_end_matches('/').to_owned(), sunset_ms, enforce })
    }

    /// Whether the old paths have been switched off.
    pub fn is_over(&self, now_ms: i64) -> bool {
        self.enforce && self.sunset_ms.is_some_and(|sunset| now_ms >= sunset)
    }

    /// The headers of an answer to a request for `raw_path`; none unless that path is deprecated.
    pub fn headers(&self, raw_path: &str) -> Vec<(&'static str, String)> {
        let Some(successor) = successor(raw_path) else {
            return Vec::new();
        };
        let link = format!(
            "<{}>; rel=\"successor-version\", <{}/bobsled-migration>; rel=\"deprecation\"; type=\"text/html\"",
            successor, self.docs
        );
        let mut headers = vec![
            ("deprecation", format!("@{SINCE_S}")),
            ("link", link),
            ("access-control-expose-headers", EXPOSED.to_owned()),
        ];
        if let Some(sunset) = self.sunset_ms {
            headers.push(("sunset", times::print_http_date(sunset)));
        }
        headers
    }
}

impl Default for Deprecation {
    fn default() -> Deprecation {
        Deprecation { docs: "/docs".to_owned(), sunset_ms: None, enforce: false }
    }
}

/// The same place under `/data-products`, still percent-encoded as it came; `None` unless the path is deprecated.
pub fn successor(raw_path: &str) -> Option<String> {
    if Mount::of_path(raw_path) != Some(Mount::Workspaces) {
        return None;
    }
    let segments: Vec<&str> = raw_path
        .split('/')
        .enumerate()
        .map(|(index, part)| if index == 5 { Mount::DataProducts.segment() } else { part })
        .collect();
    let path = segments.join("/");
    let mut address = String::with_capacity(path.len());
    for byte in path.bytes() {
        // What could end the address or the header early is escaped; an escape of the client's stays one.
        if matches!(byte, b'<' | b'>' | b'"' | b'\\') || !byte.is_ascii_graphic() {
            address.push_str(&format!("%{byte:02X}"));
        } else {
            address.push(char::from(byte));
        }
    }
    Some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "/api/v1/accounts/a%2F1/workspaces/d001/users";

    fn value(headers: &[(&'static str, String)], name: &str) -> Option<String> {
        headers.iter().find(|(key, _)| *key == name).map(|(_, value)| value.clone())
    }

    #[test]
    fn old_paths_name_their_successor() {
        let headers = Deprecation::default().headers(OLD);
        assert_eq!(value(&headers, "deprecation").as_deref(), Some("@1772409600"));
        let link = value(&headers, "link").expect("a link");
        assert!(
            link.starts_with("</api/v1/accounts/a%2F1/data-products/d001/users>; rel=\"successor-version\""),
            "{link}"
        );
        assert!(link.contains("</docs/bobsled-migration>; rel=\"deprecation\"; type=\"text/html\""), "{link}");
        assert_eq!(value(&headers, "sunset"), None);
    }

    #[test]
    fn only_the_segment_after_the_account_is_replaced() {
        assert_eq!(
            successor("/api/v1/accounts/workspaces/workspaces/workspaces").as_deref(),
            Some("/api/v1/accounts/workspaces/data-products/workspaces")
        );
        assert_eq!(successor("/api/v1/accounts/a/data-products/workspaces"), None);
    }

    #[test]
    fn a_path_cannot_break_out_of_the_header() {
        assert_eq!(
            successor("/api/v1/accounts/a/workspaces/x>; rel=evil\r\n").as_deref(),
            Some("/api/v1/accounts/a/data-products/x%3E;%20rel=evil%0D%0A")
        );
    }

    #[test]
    fn sunset_stands_only_with_a_date_and_never_before_the_deprecation() {
        let date = timestamp::parse("2027-03-02T00:00:00Z");
        let deprecation = Deprecation::new("https://docs.example.com/", date, true).expect("a later date");
        assert_eq!(value(&deprecation.headers(OLD), "sunset").as_deref(), Some("Tue, 02 Mar 2027 00:00:00 GMT"));
        assert!(deprecation.is_over(date.expect("a date")));
        assert!(!deprecation.is_over(date.expect("a date") - 1));
        assert!(Deprecation::new("", timestamp::parse("2026-03-01T00:00:00Z"), false).is_err());
    }

    #[test]
    fn current_paths_carry_nothing() {
        assert!(Deprecation::default().headers("/api/v1/accounts/a/data-products").is_empty());
        assert!(Deprecation::default().headers("/api/v1/accounts/a/data-sources").is_empty());
    }
}
