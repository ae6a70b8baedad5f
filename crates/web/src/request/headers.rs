//! What every answer says beside its content, and what requests say of where they come from.

use askama::Template;
use emporion_edge::answer::Answer;
use emporion_edge::request::Request;

use crate::records::address::segment;

/// Everything from this origin, nothing inline, framed by nobody.
const POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// A page. What it shows is its reader's alone, so nobody keeps it.
pub fn page(status: u16, template: &impl Template) -> Answer {
    written(status, template.render())
}

fn written(status: u16, page: askama::Result<String>) -> Answer {
    match page {
        Ok(text) => secured(Answer::bytes(status, "text/html; charset=utf-8", text)).with("cache-control", "no-store"),
        Err(error) => {
            // Templates write into memory; what they call does not fail.
            tracing::error!(%error, "a page could not be written");
            secured(Answer::bytes(500, "text/plain; charset=utf-8", "something went wrong here"))
        }
    }
}

/// The `content-disposition` of a file to keep, called after a record: as every browser reads it, and as the name is.
pub fn attachment(name: &str, ending: &str) -> String {
    let plain: String = name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' }).collect();
    format!("attachment; filename=\"{plain}-{ending}\"; filename*=UTF-8''{}-{ending}", segment(name))
}

pub fn secured(answer: Answer) -> Answer {
    answer
        .with("content-security-policy", POLICY)
        .with("referrer-policy", "same-origin")
        .with("cross-origin-opener-policy", "same-origin")
        .with("cross-origin-resource-policy", "same-origin")
        .with("permissions-policy", "camera=(), geolocation=(), microphone=()")
}

/// To another address, to be asked for with GET.
pub fn see_other(address: &str) -> Answer {
    secured(Answer::empty(303)).with("location", address).with("cache-control", "no-store")
}

/// Whether a person is looking: programs do not ask for pages.
pub fn is_from_browser(request: &Request) -> bool {
    request.header("accept").is_some_and(|types| types.contains("text/html"))
}

/// Whether a program asks for JSON and takes no page. What names neither takes what there is.
pub fn names_only_json(request: &Request) -> bool {
    request.header("accept").is_some_and(|types| types.contains("application/json")) && !is_from_browser(request)
}

/// Whether somebody has come to a page by his own doing, as his browser says: he typed its address, or followed a link, of
/// another site too. What another site opens by itself, or puts into a page of its own, he has not asked for; nor, yet, what
/// a browser fetches ahead.
pub fn is_come_to(request: &Request) -> bool {
    let said = |name: &str| request.header(name).unwrap_or_default();
    let is_own_doing = matches!(said("sec-fetch-site"), "none" | "same-origin") || said("sec-fetch-user") == "?1";
    is_own_doing && said("sec-fetch-dest") == "document" && said("sec-purpose").is_empty()
}

/// Whether a request that changes something was made by a page of this origin, as far as the browser says. What says
/// nothing at all is no browser.
pub fn is_same_origin(request: &Request) -> bool {
    if let Some(site) = request.header("sec-fetch-site")
        && !matches!(site, "same-origin" | "none")
    {
        return false;
    }
    match request.header("origin") {
        None => true,
        Some(origin) => {
            let host = request.origin.host.as_deref().or_else(|| request.header("host")).unwrap_or("");
            origin.split_once("://").is_some_and(|(_, authority)| authority.eq_ignore_ascii_case(host))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_no_header() {
        let written = attachment("a\"; x=\r\nSet-Cookie: y/é", "lineage.svg");
        let wanted = "attachment; filename=\"a---x---Set-Cookie--y---lineage.svg\"; filename*=UTF-8''a%22%3B";
        assert!(written.starts_with(wanted), "{written}");
        assert!(written.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' '));
    }
    use emporion_edge::route::Method;

    fn sent(pairs: &[(&'static str, &str)]) -> Request {
        let mut request = Request::new(Method::POST, "/login");
        for (name, value) in pairs {
            request.headers.insert(*name, value.parse().expect("a header"));
        }
        request
    }

    #[test]
    fn what_another_site_opens_by_itself_nobody_has_come_to() {
        let document = ("sec-fetch-dest", "document");
        for good in [
            &[document, ("sec-fetch-site", "none")][..],
            &[document, ("sec-fetch-site", "same-origin")],
            &[document, ("sec-fetch-site", "cross-site"), ("sec-fetch-user", "?1")],
        ] {
            assert!(is_come_to(&sent(good)), "{good:?}");
        }
        for bad in [
            &[][..],
            &[document],
            &[document, ("sec-fetch-site", "cross-site")],
            &[document, ("sec-fetch-site", "same-site")],
            &[document, ("sec-fetch-site", "none"), ("sec-purpose", "prefetch;prerender")],
            &[("sec-fetch-dest", "image"), ("sec-fetch-site", "cross-site")],
            &[("sec-fetch-dest", "iframe"), ("sec-fetch-site", "cross-site"), ("sec-fetch-user", "?1")],
        ] {
            assert!(!is_come_to(&sent(bad)), "{bad:?}");
        }
    }

    #[test]
    fn what_another_site_sends_is_told_from_what_this_one_does() {
        let host = ("host", "catalogue.example.com");
        for good in [
            &[host][..],
            &[host, ("sec-fetch-site", "same-origin"), ("origin", "https://catalogue.example.com")],
            &[host, ("origin", "http://catalogue.example.com")],
        ] {
            assert!(is_same_origin(&sent(good)), "{good:?}");
        }
        for bad in [
            &[host, ("sec-fetch-site", "cross-site")][..],
            &[host, ("sec-fetch-site", "same-site")],
            &[host, ("origin", "null")],
            &[host, ("origin", "https://catalogue.example.com.evil.example")],
            &[host, ("sec-fetch-site", "same-origin"), ("origin", "https://evil.example")],
        ] {
            assert!(!is_same_origin(&sent(bad)), "{bad:?}");
        }
    }
}
