//! What sort of answer a request asks for.

use http::{HeaderMap, header};

/// What an answer turns on that is a page for some and JSON for others.
pub const VARY: &str = "accept, authorization, cookie";

/// Whether the request would rather have a page than JSON. One that names neither is a browser's where it has a cookie and no
/// token.
pub fn wants_page(headers: &HeaderMap) -> bool {
    let (mut page, mut json) = (None, None);
    for value in headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok()) {
        for range in value.split(',') {
            let mut parts = range.split(';').map(str::trim);
            let (kind, weight) = (parts.next().unwrap_or_default(), weight(parts));
            match kind.to_ascii_lowercase().as_str() {
                "text/html" | "text/*" | "application/xhtml+xml" => page = page.max(Some(weight)),
                "application/json" | "application/*" => json = json.max(Some(weight)),
                _ => {}
            }
        }
    }
    match (page, json) {
        (None, None) => headers.contains_key(header::COOKIE) && !headers.contains_key(header::AUTHORIZATION),
        (page, json) => page.unwrap_or(0) > json.unwrap_or(0),
    }
}

/// In thousandths; what cannot be read counts in full.
fn weight<'a>(mut parameters: impl Iterator<Item = &'a str>) -> u32 {
    let said = parameters.find_map(|parameter| parameter.strip_prefix("q=")?.trim().parse::<f64>().ok());
    said.map_or(1_000, |q| (q.clamp(0.0, 1.0) * 1_000.0) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_want_pages_and_programs_do_not() {
        for (accept, wants) in [
            ("application/json", false),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", true),
            ("text/html;q=0.5, application/json", false),
            ("application/json;q=0.5, text/html", true),
            ("TEXT/HTML", true),
            ("text/html;q=0", false),
            ("text/*", true),
            ("application/*", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, accept.parse().expect("a header value"));
            assert_eq!(wants_page(&headers), wants, "{accept}");
        }
    }

    #[test]
    fn what_names_neither_is_a_browsers_where_it_has_a_cookie_and_no_token() {
        for accept in [None, Some(""), Some("*/*"), Some("image/png")] {
            let mut headers = HeaderMap::new();
            headers.extend(accept.map(|accept| (header::ACCEPT, accept.parse().expect("a header value"))));
            assert!(!wants_page(&headers), "{accept:?}");
            headers.insert(header::COOKIE, "emporion_session=x".parse().expect("a header value"));
            assert!(wants_page(&headers), "{accept:?}");
            headers.insert(header::AUTHORIZATION, "Bearer x".parse().expect("a header value"));
            assert!(!wants_page(&headers), "{accept:?}");
        }
    }
}
