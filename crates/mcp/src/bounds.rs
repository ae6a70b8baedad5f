//! How much a tool answers. A model reads all of it, so it is kept short, and says where something was left off.

use serde_json::{Map, Value};

/// Characters of one text of the catalogue. Values of rows are never shortened.
const TEXT: usize = 4_000;

/// Shortens `value` to about so many bytes: long texts to their beginnings, lists to their first entries. Answers
/// whether anything was left off.
pub fn shorten(value: &mut Value, bytes: usize) -> bool {
    let mut room = bytes;
    let mut is_cut = shorten_texts(value);
    is_cut |= fit(value, &mut room);
    is_cut
}

fn shorten_texts(value: &mut Value) -> bool {
    match value {
        Value::String(text) => match text.char_indices().nth(TEXT) {
            Some((end, _)) => {
                text.truncate(end);
                text.push('…');
                true
            }
            None => false,
        },
        Value::Array(list) => list.iter_mut().fold(false, |is_cut, one| shorten_texts(one) | is_cut),
        Value::Object(members) => members.values_mut().fold(false, |is_cut, one| shorten_texts(one) | is_cut),
        _ => false,
    }
}

/// Entries of lists stay whole where they fit, in their order; the first that does not is shortened in turn, and is the
/// last one.
fn fit(value: &mut Value, room: &mut usize) -> bool {
    let size = printed(value);
    if size <= *room {
        *room -= size;
        return false;
    }
    match value {
        Value::Array(list) => {
            let mut kept = Vec::new();
            for mut one in std::mem::take(list) {
                let size = printed(&one);
                if size <= *room {
                    *room -= size;
                    kept.push(one);
                    continue;
                }
                if one.is_object() && *room > TEXT {
                    fit(&mut one, room);
                    kept.push(one);
                }
                break;
            }
            *list = kept;
        }
        Value::Object(members) => {
            // What is short first: a long list is not to cost what stands beside it.
            let mut values: Vec<&mut Value> = members.values_mut().collect();
            values.sort_by_key(|value| printed(value));
            for value in values {
                fit(value, room);
            }
        }
        _ => *room = room.saturating_sub(size),
    }
    true
}

/// Whole rows, as many as there is room for. Answers how many were left off.
pub fn keep_rows(rows: &mut Vec<Value>, bytes: usize) -> usize {
    let mut room = bytes;
    let all = rows.len();
    let fitting = rows.iter().take_while(|row| {
        let size = printed(row);
        let fits = size <= room;
        room = room.saturating_sub(size);
        fits
    });
    let kept = fitting.count();
    rows.truncate(kept);
    all - kept
}

fn printed(value: &Value) -> usize {
    /// Counts what is printed, and keeps nothing of it.
    struct Count(usize);
    impl std::io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(1);
    let _ = serde_json::to_writer(&mut count, value);
    count.0
}

/// The members of an object that are named, in that order; absent ones are null.
pub fn members(of: &Value, names: &[&str]) -> Map<String, Value> {
    names.iter().map(|name| ((*name).to_owned(), of.get(name).cloned().unwrap_or_default())).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_fits_stays_as_it_is() {
        let mut value = json!({"a": ["x", "y"], "b": 1});
        assert!(!shorten(&mut value, 100));
        assert_eq!(value, json!({"a": ["x", "y"], "b": 1}));
    }

    #[test]
    fn lists_keep_their_first_entries_whole() {
        let long = "x".repeat(1_000);
        let mut value =
            json!({"list": (0..50).map(|n| json!({"n": n, "text": long})).collect::<Vec<_>>(), "name": "n"});
        assert!(shorten(&mut value, 10_000));
        let kept = value["list"].as_array().expect("a list");
        assert!((5..15).contains(&kept.len()), "{}", kept.len());
        assert!(kept.iter().take(8).all(|one| one["text"] == long));
        assert_eq!(value["name"], "n");
        assert!(printed(&value) < 12_000);
    }

    #[test]
    fn a_long_list_does_not_cost_the_short_one_behind_it() {
        let long: Vec<Value> = (0..2_000).map(|n| json!({"name": format!("field {n}")})).collect();
        let mut value = json!([{"datasets": long, "metrics": [{"name": "net sales"}]}]);
        assert!(shorten(&mut value, 20_000));
        assert_eq!(value[0]["metrics"], json!([{"name": "net sales"}]));
        let kept = value[0]["datasets"].as_array().expect("a list").len();
        assert!((500..1_500).contains(&kept), "{kept}");
    }

    #[test]
    fn long_texts_keep_their_beginning() {
        let mut value = json!("é".repeat(5_000));
        assert!(shorten(&mut value, 100_000));
        assert_eq!(value.as_str().expect("a text").chars().count(), TEXT + 1);
    }

    #[test]
    fn rows_are_never_shortened() {
        let row = json!(["x".repeat(600), 1]);
        let mut rows = vec![row.clone(); 5];
        assert_eq!(keep_rows(&mut rows, 1_500), 3);
        assert_eq!(rows, vec![row.clone(); 2]);
        assert_eq!(keep_rows(&mut vec![row], 10), 1);
    }
}
