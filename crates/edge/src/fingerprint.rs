//! When two requests are the same one: a hash of what they ask for, whatever the order of members and blanks.

use http::Method;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// Fingerprint of a request: equal for a repetition, different for anything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(pub [u8; 32]);

impl Fingerprint {
    /// Of a request with a JSON body in its canonical spelling, so that neither the order of members nor blanks count.
    ///
    /// `path` is the one that was asked for, or whatever else tells operations apart.
    pub fn of_json(method: &Method, path: &str, body: &Value) -> Fingerprint {
        let mut canonical = Vec::with_capacity(256);
        write_canonical(body, &mut canonical);
        Fingerprint::of_bytes(method, path, &canonical)
    }

    /// Of the members of an object but those named: what a request asks for beside how it is asked.
    pub fn of_members(members: &Map<String, Value>, left_out: &[&str]) -> Fingerprint {
        let mut canonical = Vec::with_capacity(256);
        let asked = members.iter().filter(|(name, _)| !left_out.contains(&name.as_str()));
        write_members(asked, &mut canonical);
        Fingerprint(Sha256::digest(&canonical).into())
    }

    pub fn of_bytes(method: &Method, path: &str, body: &[u8]) -> Fingerprint {
        let mut hash = Sha256::new();
        for part in [method.as_str().as_bytes(), path.as_bytes(), body] {
            // Lengths keep the parts apart: ("a", "bc") is not ("ab", "c").
            hash.update(u64::try_from(part.len()).expect("a length fits").to_be_bytes());
            hash.update(part);
        }
        Fingerprint(hash.finalize().into())
    }
}

fn write_canonical(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Object(members) => write_members(members.iter(), out),
        Value::Array(items) => {
            out.push(b'[');
            for item in items {
                write_canonical(item, out);
                out.push(b',');
            }
            out.push(b']');
        }
        plain => write_plain(plain, out),
    }
}

fn write_members<'a>(members: impl Iterator<Item = (&'a String, &'a Value)>, out: &mut Vec<u8>) {
    let mut sorted: Vec<(&String, &Value)> = members.collect();
    sorted.sort_unstable_by_key(|(name, _)| *name);
    out.push(b'{');
    for (name, inner) in sorted {
        write_text(name, out);
        out.push(b':');
        write_canonical(inner, out);
        out.push(b',');
    }
    out.push(b'}');
}

fn write_text(text: &str, out: &mut Vec<u8>) {
    serde_json::to_writer(out, text).expect("writing to memory does not fail");
}

fn write_plain(value: &Value, out: &mut Vec<u8>) {
    serde_json::to_writer(out, value).expect("writing to memory does not fail");
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(method: Method, path: &str, body: &str) -> Fingerprint {
        Fingerprint::of_json(&method, path, &serde_json::from_str(body).expect("JSON"))
    }

    #[test]
    fn the_order_of_members_does_not_count() {
        let one = of(Method::POST, "/p", r#"{"a":1,"b":{"c":[1,2],"d":null}}"#);
        assert_eq!(one, of(Method::POST, "/p", r#" { "b":{"d":null,"c":[1, 2]}, "a":1 } "#));
    }

    #[test]
    fn method_path_values_and_the_order_of_lists_count() {
        let one = of(Method::POST, "/p", r#"{"a":[1,2]}"#);
        for other in [
            of(Method::PATCH, "/p", r#"{"a":[1,2]}"#),
            of(Method::POST, "/q", r#"{"a":[1,2]}"#),
            of(Method::POST, "/p", r#"{"a":[2,1]}"#),
            of(Method::POST, "/p", r#"{"a":["1",2]}"#),
        ] {
            assert_ne!(one, other);
        }
    }

    #[test]
    fn text_that_looks_like_structure_stays_text() {
        let one = Fingerprint::of_json(&Method::POST, "/p", &json!({"a": "1,\"b\":2"}));
        assert_ne!(one, Fingerprint::of_json(&Method::POST, "/p", &json!({"a": 1, "b": 2})));
    }
}
