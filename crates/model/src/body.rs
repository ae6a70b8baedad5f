//! The declared fields of a record.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use serde_json::{Map, Value};

/// A map from field names to values, in the order in which they were set.
///
/// Shared until it is written: a record is handed on far more often than it is changed, and most of a table is its
/// columns.
#[derive(Debug, Clone, Default)]
pub struct Body(Arc<Map<String, Value>>);

impl Body {
    pub fn new() -> Body {
        Body::default()
    }

    /// The map itself; copied where others hold it, too.
    pub fn into_map(self) -> Map<String, Value> {
        Arc::unwrap_or_clone(self.0)
    }
}

impl Deref for Body {
    type Target = Map<String, Value>;

    fn deref(&self) -> &Map<String, Value> {
        &self.0
    }
}

impl DerefMut for Body {
    fn deref_mut(&mut self) -> &mut Map<String, Value> {
        Arc::make_mut(&mut self.0)
    }
}

impl PartialEq for Body {
    fn eq(&self, other: &Body) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}

impl From<Map<String, Value>> for Body {
    fn from(fields: Map<String, Value>) -> Body {
        Body(Arc::new(fields))
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
        self.0.iter()
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
}
