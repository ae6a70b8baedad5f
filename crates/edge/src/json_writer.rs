//! Writes JSON straight into bytes, where an answer needs no tree of values before it leaves.

use serde::Serialize;
use serde_json::Value;

/// Writes a value.
pub fn value(into: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) {
    serde_json::to_writer(into, value).expect("memory takes any value");
}

pub use emporion_catalog::json_text::write_text as text;

/// Writes a list, item by item.
pub fn list<T>(into: &mut Vec<u8>, items: impl IntoIterator<Item = T>, mut write: impl FnMut(&mut Vec<u8>, T)) {
    into.push(b'[');
    for (place, item) in items.into_iter().enumerate() {
        if place > 0 {
            into.push(b',');
        }
        write(into, item);
    }
    into.push(b']');
}

/// Writes an object, member by member.
pub fn object(into: &mut Vec<u8>, write: impl FnOnce(&mut Object<'_>)) {
    into.push(b'{');
    write(&mut Object { into, is_first: true });
    into.push(b'}');
}

/// The value of what is written, for those who look into it or change it.
pub fn tree(write: impl FnOnce(&mut Vec<u8>)) -> Value {
    let mut bytes = Vec::new();
    write(&mut bytes);
    read(&bytes)
}

/// The same of what has been written here.
pub fn read(written: &[u8]) -> Value {
    serde_json::from_slice(written).expect("what is written here is JSON")
}

/// An object that is being written.
pub struct Object<'o> {
    into: &'o mut Vec<u8>,
    is_first: bool,
}

impl Object<'_> {
    /// One more member, whose value is to be written next and by nobody else.
    pub fn name(&mut self, name: &str) -> &mut Vec<u8> {
        self.next();
        text(self.into, name);
        self.into.push(b':');
        self.into
    }

    /// The same of a name that stands in quotes already.
    pub fn name_as_written(&mut self, quoted: &str) -> &mut Vec<u8> {
        self.next();
        self.into.extend_from_slice(quoted.as_bytes());
        self.into.push(b':');
        self.into
    }

    fn next(&mut self) {
        if !self.is_first {
            self.into.push(b',');
        }
        self.is_first = false;
    }

    pub fn member(&mut self, name: &str, of: &(impl Serialize + ?Sized)) {
        value(self.name(name), of);
    }

    pub fn text(&mut self, name: &str, of: &str) {
        text(self.name(name), of);
    }

    /// A member that stays away where nothing is written of it: then `write` says so. Its name stands in quotes already.
    pub fn where_written(&mut self, quoted: &str, write: impl FnOnce(&mut Vec<u8>) -> bool) {
        let (before, was_first) = (self.into.len(), self.is_first);
        if !write(self.name_as_written(quoted)) {
            self.into.truncate(before);
            self.is_first = was_first;
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_written_is_read_in_its_order() {
        let mut bytes = Vec::new();
        object(&mut bytes, |all| {
            all.where_written(r#""no""#, |_| false);
            all.text("a\"b", "c\n");
            all.where_written(r#""never""#, |into| {
                value(into, &1);
                false
            });
            all.where_written(r#""yes""#, |into| {
                list(into, [1, 2], |into, item| value(into, &item));
                true
            });
            object(all.name("empty"), |_| {});
            list(all.name("none"), std::iter::empty::<u8>(), |into, item| value(into, &item));
        });
        assert_eq!(String::from_utf8_lossy(&bytes), r#"{"a\"b":"c\n","yes":[1,2],"empty":{},"none":[]}"#);
        assert_eq!(read(&bytes), json!({"a\"b": "c\n", "yes": [1, 2], "empty": {}, "none": []}));
        assert_eq!(tree(|into| value(into, "x")), json!("x"));
    }
}
