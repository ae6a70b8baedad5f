//! Pages of lists: how many entries, and a token that is good for this list, these filters and this server only.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use emporion_catalog::purpose_keys::PurposeKeys;
use emporion_edge::cursor;
use emporion_edge::shape::{Shape, Struct};
use serde_json::Value;

use crate::error::ServiceError;
use crate::input::Input;

/// What `page` needs of a request.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    pub size: usize,
    /// Where the previous page ended, in whatever form the list chose; None for the first page.
    pub after: Option<Value>,
    purpose: String,
}

impl Page {
    /// Reads `maxResults` and `nextToken`. Without `maxResults` a page is as long as the operation allows.
    ///
    /// `keys` are the server's own; a token of another operation, account, domain or filter is a ValidationException.
    pub fn read(
        operation: &'static str,
        shape: &Struct,
        account: &str,
        input: &Input,
        keys: &PurposeKeys,
    ) -> Result<Page, ServiceError> {
        let most = max_results(shape);
        let size = input.integer("maxResults").and_then(|size| usize::try_from(size).ok()).unwrap_or(most);
        let purpose = purpose(operation, account, input);
        let after = match input.text("nextToken") {
            None => None,
            Some(token) => Some(cursor::open(keys, &purpose, token).ok_or_else(invalid_token)?),
        };
        Ok(Page { size: size.clamp(1, most), after, purpose })
    }

    /// The token under which the next page begins after `position`.
    pub fn next_token(&self, keys: &PurposeKeys, position: &Value) -> String {
        cursor::seal(keys, &self.purpose, position)
    }
}

pub fn invalid_token() -> ServiceError {
    ServiceError::validation("The nextToken is not valid for this operation and these parameters.")
}

/// The upper end of the operation's range: 50, for four lists 25.
fn max_results(shape: &Struct) -> usize {
    match shape.member("maxResults").map(|member| member.shape) {
        Some(Shape::Integer { max, .. }) => usize::try_from(max).unwrap_or(50),
        _ => 50,
    }
}

/// Everything that selects the list: all members but the position and the length of the page.
fn purpose(operation: &str, account: &str, input: &Input) -> String {
    let filters = input.fingerprint_without(&["maxResults", "nextToken"]);
    format!("{operation}\n{account}\n{}", URL_SAFE_NO_PAD.encode(filters))
}

#[cfg(test)]
mod tests {
    use emporion_catalog::purpose_keys::DerivedKeys;
    use emporion_edge::request::Request;
    use emporion_edge::route::Method;
    use serde_json::json;

    use super::*;
    use crate::shapes::{domain, project};

    fn keys(byte: u8) -> PurposeKeys {
        PurposeKeys::new(move || DerivedKeys { newest: [byte; 32], older: Vec::new() })
    }

    fn projects(domain: &str, query: &str) -> Input {
        let mut request = Request::new(Method::GET, &format!("/v2/domains/{domain}/projects?{query}"));
        request.params = vec![("domainIdentifier", domain.into())];
        Input::read(&project::LIST_PROJECTS_INPUT, &request).unwrap()
    }

    fn page(account: &str, domain: &str, query: &str) -> Result<Page, ServiceError> {
        Page::read("ListProjects", &project::LIST_PROJECTS_INPUT, account, &projects(domain, query), &keys(7))
    }

    #[test]
    fn a_token_opens_its_own_list_whatever_the_page_size() {
        let first = page("a", "dzd-1", "maxResults=2").unwrap();
        assert_eq!((first.size, first.after.clone()), (2, None));
        let token = first.next_token(&keys(7), &json!(["name", "id"]));
        let next = page("a", "dzd-1", &format!("maxResults=5&nextToken={token}")).unwrap();
        assert_eq!((next.size, next.after), (5, Some(json!(["name", "id"]))));
    }

    #[test]
    fn a_token_of_another_list_is_refused() {
        let token = page("a", "dzd-1", "").unwrap().next_token(&keys(7), &json!(1));
        for (account, domain, query) in [("a", "dzd-2", ""), ("a", "dzd-1", "name=x&"), ("b", "dzd-1", "")] {
            let error = page(account, domain, &format!("{query}nextToken={token}")).unwrap_err();
            assert_eq!(error.status, 400);
        }
        assert!(page("a", "dzd-1", "nextToken=rubbish").is_err());
        let input = projects("dzd-1", &format!("nextToken={token}"));
        assert!(Page::read("ListDomains", &project::LIST_PROJECTS_INPUT, "a", &input, &keys(7)).is_err());
        assert!(Page::read("ListProjects", &project::LIST_PROJECTS_INPUT, "a", &input, &keys(8)).is_err());
    }

    #[test]
    fn without_max_results_a_page_is_as_long_as_allowed() {
        assert_eq!(page("a", "dzd-1", "").unwrap().size, 50);
        let input = Input::read(&domain::LIST_DOMAINS_INPUT, &Request::new(Method::GET, "/v2/domains")).unwrap();
        assert_eq!(Page::read("ListDomains", &domain::LIST_DOMAINS_INPUT, "a", &input, &keys(7)).unwrap().size, 25);
    }
}
