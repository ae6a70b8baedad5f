//! Who came, made of what a provider says of him.

use serde_json::{Map, Value};

use crate::failure::Failure;
use crate::settings::Claims;

/// Groups that are looked at of one person.
const MOST_GROUPS: usize = 10_000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    pub issuer: String,
    /// What the issuer knows him by, for ever. Everything else can change hands.
    pub subject: String,
    pub name: Option<String>,
    pub display_name: Option<String>,
    /// An address that the issuer says is his.
    pub verified_email: Option<String>,
    /// `None` where nothing is said of groups.
    pub groups: Option<Vec<String>>,
}

/// A claim by name, or by JSON pointer.
pub fn claim<'a>(said: &'a Value, name: &str) -> Option<&'a Value> {
    let found = if name.starts_with('/') { said.pointer(name) } else { said.get(name) };
    found.filter(|value| !value.is_null())
}

/// Whether something that is looked for is missing, so that the provider is asked for more.
pub fn is_missing_some(said: &Value, wanted: &Claims) -> bool {
    let named = [Some(&wanted.name), Some(&wanted.email), wanted.groups.as_ref()];
    named.into_iter().flatten().any(|name| claim(said, name).is_none())
}

/// `said`: the claims of the token, then those that were asked for. What the earlier one says counts.
pub fn of(issuer: &str, subject: &str, said: &[Map<String, Value>], wanted: &Claims) -> Result<Identity, Failure> {
    let said: Vec<Value> = said.iter().cloned().map(Value::Object).collect();
    let first = |name: &str| said.iter().find_map(|said| claim(said, name));
    let text = |name: &str| first(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
    // That an address is his is said beside the address, and of no other.
    let verified_email = said.iter().find(|said| claim(said, &wanted.email).is_some()).and_then(|said| {
        let address = claim(said, &wanted.email)?.as_str()?.trim();
        let is_standard = said.get("email").and_then(Value::as_str).map(str::trim) == Some(address);
        let is_verified = match said.get("email_verified") {
            Some(Value::Bool(verified)) => *verified,
            Some(Value::String(verified)) => verified == "true",
            _ => false,
        };
        (is_standard && is_verified && !address.is_empty()).then(|| address.to_owned())
    });
    let groups = match &wanted.groups {
        None => None,
        Some(name) => match first(name) {
            Some(groups) => Some(names(groups)?),
            // The groups of somebody who has very many are only pointed at.
            None if said
                .iter()
                .any(|said| said.pointer("/_claim_names").and_then(|names| names.get(name)).is_some()) =>
            {
                return Err(Failure::Unusable("the groups are more than it says"));
            }
            None => None,
        },
    };
    Ok(Identity {
        issuer: issuer.to_owned(),
        subject: subject.to_owned(),
        name: text(&wanted.name).map(str::to_owned),
        display_name: text("name").map(str::to_owned),
        verified_email,
        groups,
    })
}

fn names(groups: &Value) -> Result<Vec<String>, Failure> {
    let unusable = Failure::Unusable("the groups are no list of names");
    match groups {
        Value::String(one) => Ok(vec![one.clone()]),
        Value::Array(all) if all.len() > MOST_GROUPS => Err(Failure::Unusable("the groups are too many")),
        Value::Array(all) => {
            all.iter().map(|one| one.as_str().map(str::to_owned).ok_or_else(|| unusable.clone())).collect()
        }
        _ => Err(unusable),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn wanted() -> Claims {
        Claims { name: "preferred_username".into(), email: "email".into(), groups: Some("groups".into()) }
    }

    fn read(said: &[Value]) -> Result<Identity, Failure> {
        let said: Vec<_> = said.iter().map(|said| said.as_object().expect("claims").clone()).collect();
        of("i", "s", &said, &wanted())
    }

    #[test]
    fn an_address_counts_only_where_it_is_said_to_be_his() {
        let of = |said: &[Value]| read(said).unwrap().verified_email;
        assert_eq!(of(&[json!({"email": "a@x", "email_verified": true})]).as_deref(), Some("a@x"));
        assert_eq!(of(&[json!({"email": "a@x", "email_verified": "true"})]).as_deref(), Some("a@x"));
        for unverified in [json!({"email": "a@x"}), json!({"email": "a@x", "email_verified": false})] {
            assert_eq!(of(std::slice::from_ref(&unverified)), None);
            // What is verified elsewhere is another address.
            assert_eq!(of(&[unverified, json!({"email": "b@x", "email_verified": true})]), None);
        }
        assert_eq!(of(&[json!({}), json!({"email": "b@x", "email_verified": true})]).as_deref(), Some("b@x"));
        assert_eq!(of(&[json!({"email": ["a@x"], "email_verified": true})]), None);
    }

    #[test]
    fn groups_are_a_list_of_names_or_nothing() {
        let of = |groups: Value| read(&[json!({"groups": groups})]).map(|identity| identity.groups);
        assert_eq!(of(json!(["a", "b"])).unwrap(), Some(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(of(json!("a")).unwrap(), Some(vec!["a".to_owned()]));
        assert_eq!(of(json!(null)).unwrap(), None);
        for hostile in [json!({"a": true}), json!(7), json!(["a", {"b": 1}]), json!(vec!["a"; MOST_GROUPS + 1])] {
            assert!(of(hostile).is_err());
        }
        assert!(read(&[json!({"_claim_names": {"groups": "src1"}})]).is_err());
    }

    #[test]
    fn claims_are_found_by_name_and_by_pointer() {
        let said = json!({"https://a.example/groups": ["x"], "realm_access": {"roles": ["y"]}, "nothing": null});
        assert_eq!(claim(&said, "https://a.example/groups"), Some(&json!(["x"])));
        assert_eq!(claim(&said, "/realm_access/roles"), Some(&json!(["y"])));
        assert_eq!(claim(&said, "nothing"), None);
    }
}
