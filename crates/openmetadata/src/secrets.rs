//! Secrets inside configurations: found, taken out, masked, put back.
//!
//! A configuration is stored as its public part, with a mask wherever a secret stood, and the secrets beside it, each
//! under the JSON pointer of its place in the record's body. A mask that comes back stands for the secret stored at the
//! same place and for nothing else.

use std::collections::{BTreeMap, BTreeSet};

use emporion_catalog::command::SecretEdit;
use emporion_catalog::field::BoundTo;
use emporion_catalog::kind::Kind;
use emporion_edge::secret_address::{names_secret, tells_secret};
use emporion_edge::violation::pointer_token;
use serde_json::Value;

use crate::case;
use crate::errors::{OmError, OmResult};

/// What readers get in place of a secret.
pub const MASK: &str = SecretEdit::MASK;

/// Places in a record's body (the core's spelling) that hold a configuration with secrets.
pub const PLACES: &[&str] =
    &["/connection/config", "/source_config/config", "/authentication_mechanism/config", "/destinations"];

/// Whether a field of the core holds a configuration with secrets.
pub fn holds_any(field: &str) -> bool {
    PLACES.iter().any(|place| place[1..].split('/').next() == Some(field))
}

/// Parameters of an address, each by the name that it has there.
const QUERY: &str = "queryParams";

/// What the secrets of a member are bound to, where it has any.
pub fn bound(kind: Kind, member: &str) -> Option<BoundTo> {
    kind.field(&case::core_key(member)).and_then(|field| field.secrets)
}

/// The place of a secret in the entity as it stands on the wire, for JSON Patch.
pub fn wire_pointer(body_pointer: &str) -> String {
    let mut tokens = body_pointer.splitn(3, '/');
    let (_, first, rest) = (tokens.next(), tokens.next().unwrap_or(""), tokens.next());
    let first = crate::case::wire_key(first);
    rest.map_or_else(|| format!("/{first}"), |rest| format!("/{first}/{rest}"))
}

/// Keys that are secret although no rule of [`is_secret_key`] finds them.
const SECRET_KEYS: &[&str] = &[
    "connectionstring",
    "sastoken",
    "pat",
    "keytab",
    "cacertificate",
    "cacertvalue",
    "clientcertvalue",
    "clientkeycertificatedata",
    "privatekeyvalue",
    "sslcertificate",
    "certificate",
    "authstring",
    "jwt",
    "proxyauthentication",
    "basic.auth.user.info",
    "basicauthuserinfo",
    "schemaregistrybasicauthuserinfo",
    "sasl.jaas.config",
    "sasljaasconfig",
    "authorization",
    "cookie",
    "dsn",
];

/// Keys that a rule finds although they are no secrets.
const PUBLIC_KEYS: &[&str] = &[
    "primarykey",
    "foreignkey",
    "partitionkey",
    "sortkey",
    "publickey",
    "hashkey",
    "rangekey",
    "groupkey",
    "secretsmanager",
    "secretmanager",
    "secretsmanagerprovider",
    "secretsmanagerloader",
    "pagetoken",
    "nexttoken",
];

/// Whether the value of a configuration member of that name is a secret.
pub fn is_secret_key(key: &str) -> bool {
    let key: String = key.chars().filter(|c| !matches!(c, '_' | '-')).flat_map(char::to_lowercase).collect();
    if PUBLIC_KEYS.contains(&key.as_str()) {
        return false;
    }
    SECRET_KEYS.contains(&key.as_str())
        || key.starts_with("secret")
        || ["password", "passwd", "pwd", "passphrase", "token", "secret", "key"].iter().any(|end| key.ends_with(end))
}

/// The same of a member of what stands under another name.
fn is_secret_member(of: &str, key: &str) -> bool {
    is_secret_key(key) || ([QUERY, "headers"].contains(&of) && names_secret(key))
}

/// A configuration taken apart.
#[derive(Debug, Clone, PartialEq)]
pub struct Split {
    /// The configuration with [`MASK`] in the place of each secret.
    pub public: Value,
    /// New secrets by their pointer in the body. A number becomes its text.
    pub set: BTreeMap<String, String>,
    /// Pointers whose stored secret stays.
    pub kept: BTreeSet<String>,
}

impl Split {
    /// Stored pointers that the new configuration has no place for.
    pub fn dropped<'a>(&'a self, stored: &'a BTreeSet<String>) -> impl Iterator<Item = &'a String> {
        stored.iter().filter(|pointer| !self.set.contains_key(*pointer) && !self.kept.contains(*pointer))
    }
}

/// Takes the secrets out of a configuration that stands at `base` in the body (one of [`PLACES`]).
///
/// `stored` are the pointers of the secrets that the record has now: a mask at one of them keeps it.
/// Errors: 400 for a mask anywhere else.
pub fn split(base: &str, config: Value, stored: &BTreeSet<String>) -> OmResult<Split> {
    let mut split = Split { public: Value::Null, set: BTreeMap::new(), kept: BTreeSet::new() };
    split.public = take(base.to_owned(), config, false, stored, &mut split)?;
    Ok(split)
}

fn take(pointer: String, value: Value, secret: bool, stored: &BTreeSet<String>, out: &mut Split) -> OmResult<Value> {
    Ok(match value {
        Value::String(text) if text == MASK => {
            if !stored.contains(&pointer) {
                return Err(OmError::mask_without_secret(&pointer));
            }
            out.kept.insert(pointer);
            Value::from(MASK)
        }
        Value::String(text) if !text.is_empty() && (secret || tells_secret(&text)) => {
            out.set.insert(pointer, text);
            Value::from(MASK)
        }
        Value::Number(number) if secret => {
            out.set.insert(pointer, number.to_string());
            Value::from(MASK)
        }
        Value::Array(items) => {
            let items = items.into_iter().enumerate();
            Value::Array(
                items
                    .map(|(index, item)| take(format!("{pointer}/{index}"), item, secret, stored, out))
                    .collect::<OmResult<_>>()?,
            )
        }
        Value::Object(members) => Value::Object(
            members
                .into_iter()
                .map(|(key, value)| {
                    let of = pointer.rsplit('/').next().unwrap_or_default();
                    let secret = secret || is_secret_member(of, &key);
                    let value = take(format!("{pointer}/{}", pointer_token(&key)), value, secret, stored, out)?;
                    Ok((key, value))
                })
                .collect::<OmResult<_>>()?,
        ),
        plain => plain,
    })
}

/// Puts secrets back into a body, for the few readers who may have them. A place that holds no mask is left alone.
pub fn reveal(body: &mut Value, secrets: &BTreeMap<String, String>) {
    for (pointer, secret) in secrets {
        if let Some(place) = body.pointer_mut(pointer)
            && place.as_str() == Some(MASK)
        {
            *place = Value::from(secret.as_str());
        }
    }
}

/// Masks whatever looks like a secret anywhere in a value: in the echo of a failed row, and in what was stored before a name
/// was known to be one of a secret.
pub fn mask_all(value: &mut Value) {
    mask(value, "", false);
}

fn mask(value: &mut Value, of: &str, secret: bool) {
    match value {
        Value::String(text) if !text.is_empty() && (secret || tells_secret(text)) => *text = MASK.into(),
        Value::Number(_) if secret => *value = Value::from(MASK),
        Value::Array(items) => items.iter_mut().for_each(|item| mask(item, of, secret)),
        Value::Object(members) => {
            members.iter_mut().for_each(|(key, value)| mask(value, key, secret || is_secret_member(of, key)));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use emporion_catalog::registry::Registry;
    use proptest::prelude::*;
    use serde_json::json;

    const BASE: &str = "/connection/config";

    fn stored(pointers: &[&str]) -> BTreeSet<String> {
        pointers.iter().map(|pointer| format!("{BASE}{pointer}")).collect()
    }

    #[test]
    fn whatever_holds_a_configuration_says_what_its_secrets_are_bound_to() {
        for kind in Registry::standard().iter() {
            for place in PLACES {
                let name = place.split('/').nth(1).unwrap();
                assert!(kind.field(name).is_none_or(|field| field.secrets.is_some()), "{kind}: {name}");
            }
        }
    }

    #[test]
    fn secrets_of_well_known_connectors_are_found_at_any_depth() {
        let config = json!({
            "type": "Postgres", "username": "u", "hostPort": "db:5432",
            "authType": {"password": "p"},
            "sslConfig": {"caCertificate": "c", "sslKey": "k"},
            "awsConfig": {"awsRegion": "r", "awsAccessKeyId": "AK", "awsSecretAccessKey": "s", "awsSessionToken": "t"},
            "gcpConfig": {"privateKeyId": "id", "privateKey": "pem"},
            "connectionArguments": {"http_path": "/x", "access_token": "a"},
            "list": [{"apiKey": "one"}, {"clientSecret": 42}]
        });
        let split = split(BASE, config, &BTreeSet::new()).expect("no masks");
        let found: Vec<_> = split.set.keys().map(|pointer| &pointer[BASE.len()..]).collect();
        assert_eq!(
            found,
            [
                "/authType/password",
                "/awsConfig/awsSecretAccessKey",
                "/awsConfig/awsSessionToken",
                "/connectionArguments/access_token",
                "/gcpConfig/privateKey",
                "/list/0/apiKey",
                "/list/1/clientSecret",
                "/sslConfig/caCertificate",
                "/sslConfig/sslKey",
            ]
        );
        assert_eq!(split.public["authType"]["password"], MASK);
        assert_eq!(split.public["awsConfig"]["awsAccessKeyId"], "AK");
        assert_eq!(split.public["list"][1]["clientSecret"], MASK);
    }

    #[test]
    fn ordinary_members_and_switches_stay_in_the_open() {
        let config = json!({
            "type": "Trino", "keyfile": "/k", "tokenUrl": "http://x", "useToken": true, "maxTokens": 3,
            "partitionKey": "id", "stripAssetKeyPrefixLength": 2, "password": "", "verify": null
        });
        let split = split(BASE, config.clone(), &BTreeSet::new()).expect("no masks");
        assert_eq!((split.public, split.set.len()), (config, 0));
    }

    #[test]
    fn an_address_with_a_password_is_a_secret_as_a_whole() {
        let config = json!({"uri": "postgresql://u:p@h/db", "hostPort": "http://u@h:80", "other": "a:b@c"});
        let split = split(BASE, config, &BTreeSet::new()).expect("no masks");
        assert_eq!(split.public, json!({"uri": MASK, "hostPort": "http://u@h:80", "other": "a:b@c"}));
    }

    #[test]
    fn an_address_that_lets_somebody_in_is_a_secret_as_a_whole() {
        let config = json!({
            "connectionOptions": {"url": "https://h/a?sig=abc", "path": "s3://b/user@example.com/a"},
            "databaseMode": "shop.db?password=pw", "other": "https://h/a?author=x"
        });
        let public = json!({
            "connectionOptions": {"url": MASK, "path": "s3://b/user@example.com/a"},
            "databaseMode": MASK, "other": "https://h/a?author=x"
        });
        let sealed = split(BASE, config.clone(), &BTreeSet::new()).expect("no masks");
        assert_eq!((&sealed.public, sealed.set.len()), (&public, 2));
        let mut echo = config;
        mask_all(&mut echo);
        assert_eq!(echo, public);
        let mut hook = json!({"endpoint": "https://h/hook", "queryParams": {"sig": "abc", "sv": "1"}});
        let sealed = json!({"endpoint": "https://h/hook", "queryParams": {"sig": MASK, "sv": "1"}});
        let split = split("/destinations/0/config", hook.clone(), &BTreeSet::new()).expect("no masks");
        assert_eq!(split.public, sealed);
        mask_all(&mut hook);
        assert_eq!(hook, sealed);
    }

    #[test]
    fn a_mask_keeps_the_secret_of_its_own_place_only() {
        let config = json!({"password": MASK, "token": "new"});
        let split_one = split(BASE, config, &stored(&["/password", "/token", "/apiKey"])).expect("its own place");
        assert_eq!(split_one.kept, stored(&["/password"]));
        assert_eq!(split_one.set.len(), 1);
        let before = stored(&["/password", "/token", "/apiKey"]);
        assert_eq!(split_one.dropped(&before).cloned().collect::<BTreeSet<_>>(), stored(&["/apiKey"]));

        let error = split(BASE, json!({"hostPort": MASK}), &stored(&["/password"])).unwrap_err();
        assert_eq!(error.status, 400);
        assert!(error.message.starts_with("/connection/config/hostPort"), "{}", error.message);
        assert!(split(BASE, json!({"password": MASK}), &BTreeSet::new()).is_err());
    }

    #[test]
    fn the_pointer_of_a_secret_is_spelled_for_the_wire() {
        assert_eq!(wire_pointer("/connection/config/a_b"), "/connection/config/a_b");
        assert_eq!(
            wire_pointer("/authentication_mechanism/config/JWTToken"),
            "/authenticationMechanism/config/JWTToken"
        );
    }

    #[test]
    fn revealing_fills_only_masks() {
        let mut body = json!({"connection": {"config": {"password": MASK, "token": "changed meanwhile"}}});
        let secrets =
            [("/connection/config/password", "p"), ("/connection/config/token", "t"), ("/connection/config/x", "y")];
        reveal(&mut body, &secrets.map(|(pointer, secret)| (pointer.to_owned(), secret.to_owned())).into());
        assert_eq!(body, json!({"connection": {"config": {"password": "p", "token": "changed meanwhile"}}}));
    }

    #[test]
    fn an_echo_shows_no_secret() {
        let mut request = json!({"name": "n", "password": "p", "connection": {"config": {"token": ["a", {"b": "c"}]}}});
        mask_all(&mut request);
        assert_eq!(
            request,
            json!({"name": "n", "password": MASK, "connection": {"config": {"token": [MASK, {"b": MASK}]}}})
        );
    }

    fn configs() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            "[a-z:/@]{0,6}".prop_map(Value::from)
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec(("password|token|hostPort|a/b|~|user", inner), 0..4)
                    .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_split_can_be_put_together_again_and_masks_sent_back_keep_all(config in configs()) {
            let split_once = split("/connection", config.clone(), &BTreeSet::new()).expect("no masks");
            let pointers: BTreeSet<String> = split_once.set.keys().cloned().collect();
            let again = split("/connection", split_once.public.clone(), &pointers).expect("masks at their own places");
            prop_assert_eq!(&again.kept, &pointers);
            prop_assert!(again.set.is_empty());
            let mut body = json!({"connection": split_once.public});
            reveal(&mut body, &split_once.set);
            prop_assert_eq!(body["connection"].to_string().replace('"', ""), config.to_string().replace('"', ""));
        }
    }
}
