//! The declared fields of a record.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, OnceLock};

use serde_json::{Map, Value};

use crate::json_text::{self, Member};

/// A map from field names to values, in the order in which they were set.
///
/// Shared until it is written: a record is handed on far more often than it is changed, and most of a table is its
/// columns. What was read from the store stays the text that it was until somebody asks for values; most answers need none.
#[derive(Clone)]
pub struct Body(Arc<Forms>);

/// One body as values and as text. One of the two is there; the other is made when it is wanted.
#[derive(Default)]
struct Forms {
    fields: OnceLock<Map<String, Value>>,
    text: OnceLock<Text>,
}

struct Text {
    json: Box<str>,
    members: Box<[Member]>,
    /// How many values there are.
    values: usize,
}

/// About how much room one value takes beside its text.
const VALUE_BYTES: usize = 96;

impl Body {
    pub fn new() -> Body {
        Body::default()
    }

    /// What was kept as this text.
    ///
    /// Errors: it is no object.
    pub fn stored(json: &str) -> serde_json::Result<Body> {
        match json_text::outline(json) {
            Some(outline) => {
                Ok(Body::of_text(Text { json: json.into(), members: outline.members, values: outline.values }))
            }
            None => serde_json::from_str::<Map<String, Value>>(json).map(Body::from),
        }
    }

    fn of_text(text: Text) -> Body {
        Body(Arc::new(Forms { fields: OnceLock::new(), text: OnceLock::from(text) }))
    }

    /// All of it as JSON.
    pub fn json(&self) -> &str {
        &self.0.text().json
    }

    /// The value of a field as JSON.
    pub fn json_of(&self, field: &str) -> Option<&str> {
        let Text { json, members, .. } = self.0.text();
        // Where a name stands twice, the last one counts.
        let member = members.iter().rfind(|member| &json[member.name.clone()] == field)?;
        Some(&json[member.value.clone()])
    }

    /// Whether the field has a value. Asks for none.
    pub fn has(&self, field: &str) -> bool {
        match self.0.fields.get() {
            Some(fields) => fields.contains_key(field),
            None => self.json_of(field).is_some(),
        }
    }

    /// The text of a field. Asks for no other value.
    pub fn text(&self, field: &str) -> Option<String> {
        match self.0.fields.get() {
            Some(fields) => fields.get(field).and_then(Value::as_str).map(str::to_owned),
            None => serde_json::from_str(self.json_of(field).filter(|value| value.starts_with('"'))?).ok(),
        }
    }

    /// About how much room it takes, in both its forms.
    pub fn weight(&self) -> usize {
        let Text { json, values, .. } = self.0.text();
        2 * json.len() + values * VALUE_BYTES
    }

    /// The map itself; copied where others hold it, too.
    pub fn into_map(self) -> Map<String, Value> {
        match Arc::try_unwrap(self.0) {
            Ok(mut forms) => {
                forms.fields();
                forms.fields.take().unwrap_or_default()
            }
            Err(shared) => shared.fields().clone(),
        }
    }
}

impl Forms {
    fn fields(&self) -> &Map<String, Value> {
        let read = |text: &Text| serde_json::from_str(&text.json).expect("it was looked through when it was taken");
        self.fields.get_or_init(|| self.text.get().map(read).unwrap_or_default())
    }

    fn text(&self) -> &Text {
        self.text.get_or_init(|| Text::of(self.fields()))
    }
}

impl Text {
    fn of(fields: &Map<String, Value>) -> Text {
        let mut json = Vec::with_capacity(128);
        let mut members = Vec::with_capacity(fields.len());
        json.push(b'{');
        for (name, value) in fields {
            if json.len() > 1 {
                json.push(b',');
            }
            let start = json.len();
            json_text::write_text(&mut json, name);
            let name = start + 1..json.len() - 1;
            json.push(b':');
            let start = json.len();
            match value {
                Value::String(text) => json_text::write_text(&mut json, text),
                _ => serde_json::to_writer(&mut json, value).expect("a JSON value can always be printed"),
            }
            members.push(Member { name, value: start..json.len() });
        }
        json.push(b'}');
        let json = String::from_utf8(json).expect("JSON is text").into();
        Text { json, members: members.into(), values: 1 + fields.values().map(values).sum::<usize>() }
    }
}

fn values(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(values).sum(),
        Value::Object(members) => members.values().map(values).sum(),
        _ => 0,
    }
}

impl Default for Body {
    fn default() -> Body {
        Map::new().into()
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fields().fmt(f)
    }
}

impl Deref for Body {
    type Target = Map<String, Value>;

    fn deref(&self) -> &Map<String, Value> {
        self.0.fields()
    }
}

impl DerefMut for Body {
    fn deref_mut(&mut self) -> &mut Map<String, Value> {
        self.0.fields();
        if Arc::get_mut(&mut self.0).is_none() {
            *self = self.0.fields().clone().into();
        }
        let forms = Arc::get_mut(&mut self.0).expect("nobody else holds what was just made");
        forms.text.take();
        forms.fields.get_mut().expect("the values are there")
    }
}

impl PartialEq for Body {
    fn eq(&self, other: &Body) -> bool {
        let same_text = || match (self.0.text.get(), other.0.text.get()) {
            (Some(one), Some(other)) => one.json == other.json,
            _ => false,
        };
        Arc::ptr_eq(&self.0, &other.0) || same_text() || self.0.fields() == other.0.fields()
    }
}

impl From<Map<String, Value>> for Body {
    fn from(fields: Map<String, Value>) -> Body {
        Body(Arc::new(Forms { fields: OnceLock::from(fields), text: OnceLock::new() }))
    }
}

impl From<Body> for Value {
    fn from(body: Body) -> Value {
        Value::Object(body.into_map())
    }
}

impl FromIterator<(String, Value)> for Body {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(fields: I) -> Body {
        fields.into_iter().collect::<Map<_, _>>().into()
    }
}

impl IntoIterator for Body {
    type Item = (String, Value);
    type IntoIter = serde_json::map::IntoIter;

    fn into_iter(self) -> Self::IntoIter {
        self.into_map().into_iter()
    }
}

impl<'a> IntoIterator for &'a Body {
    type Item = (&'a String, &'a Value);
    type IntoIter = serde_json::map::Iter<'a>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.fields().iter()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_copy_that_is_written_leaves_the_others_as_they_were() {
        let first: Body = [("a".to_owned(), json!(1))].into_iter().collect();
        let mut second = first.clone();
        assert_eq!(first, second);
        second.insert("a".to_owned(), json!(2));
        assert_eq!((first["a"].clone(), second["a"].clone()), (json!(1), json!(2)));
        assert_ne!(first, second);
    }

    #[test]
    fn what_was_stored_is_text_and_values_and_the_same_body() {
        let json = r#"{"name":"a \"b\"","list":[1,{"x":null}],"empty":{}}"#;
        let stored = Body::stored(json).expect("an object");
        assert_eq!((stored.json(), stored.json_of("list")), (json, Some(r#"[1,{"x":null}]"#)));
        assert!(stored.has("empty") && !stored.has("x") && stored.json_of("nothing").is_none());
        assert_eq!((stored.text("name").as_deref(), stored.text("list")), (Some("a \"b\""), None));
        assert_eq!(stored["list"], json!([1, {"x": null}]));
        let made: Body = stored.clone().into_map().into();
        assert_eq!((made.json(), made.json_of("empty"), &made), (json, Some("{}"), &stored));
        assert_eq!(made.weight(), stored.weight());
    }

    #[test]
    fn what_is_written_is_told_as_it_is_now() {
        let stored = Body::stored(r#"{"a":1}"#).expect("an object");
        let mut written = stored.clone();
        written.insert("b".to_owned(), json!("x"));
        assert_eq!((written.json(), written.json_of("b")), (r#"{"a":1,"b":"x"}"#, Some(r#""x""#)));
        written.insert("a".to_owned(), json!(2));
        assert_eq!(written.json(), r#"{"a":2,"b":"x"}"#);
        assert_eq!((stored.json(), stored.len()), (r#"{"a":1}"#, 1));
        assert_ne!(stored, written);
    }

    #[test]
    fn blanks_are_read_and_broken_text_is_not() {
        let spaced = Body::stored(r#" {"a": [1, 2]} "#).expect("an object");
        assert_eq!((spaced.json(), spaced.json_of("a")), (r#"{"a":[1,2]}"#, Some("[1,2]")));
        for broken in ["", "[]", "{", r#"{"a":"\ud800"}"#] {
            assert!(Body::stored(broken).is_err(), "{broken}");
        }
    }
}
