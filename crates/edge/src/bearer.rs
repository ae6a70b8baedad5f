//! The token that a request bears.

use crate::request::Request;

/// The token of `Authorization: Bearer …`; the word compares without regard to case (RFC 9110, section 11.1).
pub fn bearer(request: &Request) -> Option<&str> {
    let (scheme, token) = request.header("authorization")?.trim().split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

#[cfg(test)]
mod tests {
    use http::{HeaderValue, Method, header};

    use super::*;

    fn token(value: &str) -> Option<String> {
        let mut request = Request::new(Method::GET, "/");
        request.headers.insert(header::AUTHORIZATION, HeaderValue::from_str(value).expect("a header value"));
        bearer(&request).map(str::to_owned)
    }

    #[test]
    fn the_scheme_compares_without_case_and_blanks_are_trimmed() {
        assert_eq!(token("Bearer abc").as_deref(), Some("abc"));
        assert_eq!(token("bearer  abc ").as_deref(), Some("abc"));
        for other in ["abc", "Basic abc", "Bearer", "Bearer ", "Bearerabc"] {
            assert_eq!(token(other), None, "{other}");
        }
        assert_eq!(bearer(&Request::new(Method::GET, "/")), None);
    }
}
