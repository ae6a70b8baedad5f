//! Reads a request into one checked object: path, query and body members side by side, as the model names them.

use emporion_edge::check::check;
use emporion_edge::fingerprint::Fingerprint;
use emporion_edge::json::{self, JsonError};
use emporion_edge::params::{parse_headers, parse_path, parse_query};
use emporion_edge::request::Request;
use emporion_edge::shape::{Location, Shape, Struct};
use emporion_edge::violation::{PathPart, Rule, Violation};
use serde_json::{Map, Value};

use crate::error::{Code, ServiceError};
use crate::patterns;
use crate::violations;

/// The members of a request that the model knows; absent ones and nulls are not in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Input {
    members: Map<String, Value>,
    /// Broken limits of members that may only repeat what the record holds already.
    deferred: Vec<Violation>,
}

impl Input {
    /// Reads and checks everything that can be judged from the request alone; all faults in one error.
    pub fn read(input: &Struct, request: &Request) -> Result<Input, ServiceError> {
        let read = Input::read_change(input, request, &[])?;
        match read.broken_limits() {
            None => Ok(read),
            Some(error) => Err(error),
        }
    }

    /// The same for a change of a record that another door may have filled beyond the limits of this one: broken
    /// limits of the members named are kept for [`Input::hold_to`].
    pub fn read_change(input: &Struct, request: &Request, repeatable: &[&str]) -> Result<Input, ServiceError> {
        let mut members = Map::new();
        let mut found = Vec::new();
        let mut take = |parsed: Result<Map<String, Value>, Vec<Violation>>| match parsed {
            Ok(map) => members.extend(map),
            Err(violations) => found.extend(violations),
        };
        take(parse_path(input, &request.params));
        take(parse_query(input, &request.query()));
        take(parse_headers(input, &request.headers));
        if input.members.iter().any(|member| member.place == Location::Body) {
            let body = read_body(&request.body)?;
            found.extend(check(input, Location::Body, &body));
            found.extend(wrong_map_keys(input, &body));
            if let Value::Object(body) = body {
                // Unknown members stay out, so that no later code can come to rely on them.
                let known = |name: &str| input.members.iter().any(|m| m.place == Location::Body && m.name == name);
                members.extend(body.into_iter().filter(|(name, _)| known(name)));
            }
        }
        let (deferred, refused): (Vec<_>, Vec<_>) =
            found.into_iter().partition(|violation| is_limit_of(violation, repeatable));
        if !refused.is_empty() {
            return Err(violations::into_error(&refused));
        }
        for value in members.values_mut() {
            drop_nulls(value);
        }
        members.retain(|_, value| !value.is_null());
        Ok(Input { members, deferred })
    }

    /// Refuses what breaks a limit and is not what the record holds already: limits bind only what a call changes.
    pub fn hold_to(&self, present: &Value) -> Result<(), ServiceError> {
        let broken: Vec<Violation> = self
            .deferred
            .iter()
            .filter(|violation| match violation.path.first() {
                Some(PathPart::Key(member)) => self.get(member) != present.get(member),
                _ => true,
            })
            .cloned()
            .collect();
        if broken.is_empty() { Ok(()) } else { Err(violations::into_error(&broken)) }
    }

    /// What is wrong with the request unless its record is so already.
    pub fn broken_limits(&self) -> Option<ServiceError> {
        (!self.deferred.is_empty()).then(|| violations::into_error(&self.deferred))
    }

    pub fn get(&self, name: &str) -> Option<&Value> {
        self.members.get(name)
    }

    /// A text member; absent is `None`, `""` is `Some("")`.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str()
    }

    /// A text member that the shape requires.
    pub fn required_text(&self, name: &str) -> &str {
        self.text(name).unwrap_or_default()
    }

    pub fn flag(&self, name: &str) -> Option<bool> {
        self.get(name)?.as_bool()
    }

    pub fn integer(&self, name: &str) -> Option<i64> {
        self.get(name)?.as_i64()
    }

    /// The entries of a list member; none when it is absent.
    pub fn list(&self, name: &str) -> &[Value] {
        self.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// The texts of a list member.
    pub fn texts(&self, name: &str) -> Vec<String> {
        self.list(name).iter().filter_map(|value| value.as_str().map(str::to_owned)).collect()
    }

    pub fn object(&self, name: &str) -> Option<&Map<String, Value>> {
        self.get(name)?.as_object()
    }

    pub fn client_token(&self) -> Option<&str> {
        self.text(CLIENT_TOKEN)
    }

    /// A hash of all members but those named, whatever their order on the wire.
    pub fn fingerprint_without(&self, left_out: &[&str]) -> [u8; 32] {
        Fingerprint::of_members(&self.members, left_out).0
    }
}

pub const CLIENT_TOKEN: &str = "clientToken";

fn is_limit_of(violation: &Violation, members: &[&str]) -> bool {
    let is_limit = matches!(violation.rule, Rule::MaxLength(_) | Rule::MaxItems(_) | Rule::Pattern(_));
    is_limit && matches!(violation.path.first(), Some(PathPart::Key(member)) if members.contains(&member.as_str()))
}

/// No body stands for an empty object: `POST …/cancel` has `{}`, and some clients send nothing.
fn read_body(body: &[u8]) -> Result<Value, ServiceError> {
    match json::parse(body) {
        Ok(value) => Ok(value),
        Err(JsonError::Empty) => Ok(Value::Object(Map::new())),
        Err(error) => Err(ServiceError::new(Code::Serialization, format!("Could not parse the request: {error}"))),
    }
}

/// Keys of maps have rules of their own, which shapes do not hold.
fn wrong_map_keys(input: &Struct, body: &Value) -> Vec<Violation> {
    let mut found = Vec::new();
    for member in input.members.iter().filter(|member| matches!(member.shape, Shape::Map { .. })) {
        let (pattern, max) = match member.name {
            "formsInput" => (patterns::FORM_NAME, 128),
            _ => (patterns::TAG_KEY, 128),
        };
        for key in body.get(member.name).and_then(Value::as_object).into_iter().flat_map(Map::keys) {
            let mut add = |rule| {
                let path = vec![PathPart::Key(member.name.to_owned()), PathPart::Key("key".to_owned())];
                found.push(Violation { path, rule });
            };
            if key.chars().count() > max {
                add(Rule::MaxLength(max));
            }
            if !(pattern.matches)(key) {
                add(Rule::Pattern(pattern.source));
            }
            if found.len() >= emporion_edge::check::MOST_VIOLATIONS {
                return found;
            }
        }
    }
    found
}

/// Null is absence at every depth. Lists keep their entries: the check has already refused a null among them.
fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, value| !value.is_null());
            members.values_mut().for_each(drop_nulls);
        }
        Value::Array(entries) => entries.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use emporion_edge::route::Method;

    use super::*;
    use crate::shapes::{asset_type, data_product, domain, search};

    fn create(body: &str) -> Result<Input, ServiceError> {
        let mut request = Request::new(Method::POST, "/v2/domains/dzd-1/data-products");
        request.params = vec![("domainIdentifier", "dzd-1".into())];
        request.body = Bytes::copy_from_slice(body.as_bytes());
        Input::read(&data_product::CREATE_DATA_PRODUCT_INPUT, &request)
    }

    #[test]
    fn members_of_all_places_stand_side_by_side() {
        let mut request = Request::new(Method::PUT, "/v2/domains/dzd-1?clientToken=t&x=y");
        request.params = vec![("identifier", "dzd-1".into())];
        request.body = Bytes::from_static(br#"{"name": "Sales", "description": null, "later": 1}"#);
        let input = Input::read(&domain::UPDATE_DOMAIN_INPUT, &request).unwrap();
        assert_eq!(input.required_text("identifier"), "dzd-1");
        assert_eq!((input.client_token(), input.text("name")), (Some("t"), Some("Sales")));
        assert_eq!((input.get("description"), input.get("later")), (None, None));
    }

    #[test]
    fn all_faults_of_all_places_are_one_error() {
        let mut request = Request::new(Method::POST, "/v2/domains/BAD/data-products");
        request.params = vec![("domainIdentifier", "BAD".into())];
        let error = Input::read(&data_product::CREATE_DATA_PRODUCT_INPUT, &request).unwrap_err();
        assert!(
            error.message.starts_with("3 validation errors detected: Value at 'domainIdentifier'"),
            "{}",
            error.message
        );
    }

    #[test]
    fn broken_json_and_wrong_types_are_serialization_errors() {
        for body in ["{", "[]", "\"x\"", r#"{"name": 7, "owningProjectIdentifier": "p"}"#, "{\"name\":\"\u{0}\"}"] {
            assert_eq!(create(body).unwrap_err().code, Code::Serialization, "{body}");
        }
    }

    #[test]
    fn nulls_are_absent_at_every_depth() {
        let input = create(
            r#"{"name": "n", "owningProjectIdentifier": "p", "glossaryTerms": null,
                "items": [{"itemType": "ASSET", "identifier": "a", "revision": null}]}"#,
        )
        .unwrap();
        assert!(input.list("glossaryTerms").is_empty());
        assert_eq!(input.list("items")[0].as_object().unwrap().len(), 2);
    }

    #[test]
    fn the_fingerprint_knows_neither_order_nor_token() {
        let of = |body: &str| create(body).unwrap().fingerprint_without(&[CLIENT_TOKEN]);
        let a = of(r#"{"name": "n", "owningProjectIdentifier": "p", "clientToken": "1"}"#);
        let b = of(r#"{"clientToken": "2", "owningProjectIdentifier": "p", "name": "n", "later": 1}"#);
        assert_eq!(a, b);
        assert_ne!(a, of(r#"{"name": "n", "owningProjectIdentifier": "q"}"#));
        assert_ne!(a, of(r#"{"name": "n", "owningProjectIdentifier": "p", "formsInput": []}"#));
    }

    #[test]
    fn a_change_may_repeat_what_is_beyond_the_limits_but_not_make_it() {
        let mut request = Request::new(Method::POST, "/v2/domains/dzd-1/data-products/p/revisions");
        request.params = vec![("domainIdentifier", "dzd-1".into()), ("identifier", "p".into())];
        let name = "n".repeat(70);
        request.body = serde_json::to_vec(&serde_json::json!({ "name": name })).unwrap().into();
        let shape = &data_product::CREATE_DATA_PRODUCT_REVISION_INPUT;
        let input = Input::read_change(shape, &request, &["name"]).unwrap();
        assert!(input.hold_to(&serde_json::json!({ "name": name })).is_ok());
        assert!(input.hold_to(&serde_json::json!({ "name": "n" })).unwrap_err().message.contains("'name'"));
        assert!(Input::read_change(shape, &request, &[]).is_err());
        assert!(Input::read(shape, &request).is_err());
    }

    #[test]
    fn keys_of_maps_follow_their_pattern() {
        let mut request = Request::new(Method::POST, "/v2/domains/dzd-1/asset-types");
        request.params = vec![("domainIdentifier", "dzd-1".into())];
        request.body = Bytes::from_static(
            br#"{"name": "T", "owningProjectIdentifier": "p", "formsInput": {"1 form": {"typeIdentifier": "F", "typeRevision": "1"}}}"#,
        );
        let error = Input::read(&asset_type::CREATE_ASSET_TYPE_INPUT, &request).unwrap_err();
        assert!(error.message.contains("'formsInput.key'"), "{}", error.message);
        assert!(!error.message.contains("1 form"));
    }

    #[test]
    fn present_but_falsy_is_not_absent() {
        let mut request = Request::new(Method::POST, "/v2/domains/dzd-1/search");
        request.params = vec![("domainIdentifier", "dzd-1".into())];
        request.body = Bytes::from_static(br#"{"searchScope": "ASSET", "maxResults": 0}"#);
        let error = Input::read(&search::SEARCH_INPUT, &request).unwrap_err();
        assert!(error.message.contains("'maxResults'"), "{}", error.message);
    }
}
