//! What bodies weigh: how much memory they take once they are read.

/// What a value, an object or list of its own, and the name of a member take in memory beside their texts, as measured: lists
/// and objects are larger than what is in them, and doors change a copy.
const VALUE: usize = 150;
const OBJECT: usize = 350;
const NAME: usize = 80;

/// Tables with their columns take so many times their text; what takes more is made of little else than values.
pub const USUAL_DENSITY: usize = 16;

/// Longer texts may be documents that are read in their turn. Shorter ones take little, whatever they are.
const LONG_TEXT: usize = 64 << 10;

/// About how much memory a body takes with what it is read into.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Weight {
    /// Its text and, of JSON, the values, which can take many times their text.
    pub values: usize,
    /// What its long texts would be read into beside, were they documents of their own: models in JSON or YAML, and forms.
    /// Only some of them are.
    pub texts: usize,
}

pub fn weight(body: &[u8]) -> Weight {
    let is_json = matches!(body.trim_ascii_start().first(), Some(b'{' | b'['));
    if !is_json {
        return Weight { values: 2 * body.len(), texts: 0 };
    }
    let (mut weight, mut rest) = (Weight { values: body.len(), texts: 0 }, body);
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b',' | b'[' => weight.values += VALUE,
            b'{' => weight.values += OBJECT,
            b':' => weight.values += NAME,
            b'"' => {
                rest = after_text(after);
                let text = &after[..after.len() - rest.len()];
                if text.len() > LONG_TEXT {
                    weight.texts += of_document(text);
                }
            }
            _ => {}
        }
    }
    weight
}

/// What the values of a document take that a text holds, JSON or YAML: a value stands on each line of the latter.
fn of_document(text: &[u8]) -> usize {
    let lines = memchr::memmem::find_iter(text, br"\n").count();
    let marks = text.iter().map(|byte| match byte {
        b',' | b'[' => VALUE,
        b'{' => OBJECT,
        b':' => NAME,
        _ => 0,
    });
    VALUE * lines + marks.sum::<usize>()
}

/// What stands behind the end of a text that has begun.
fn after_text(mut rest: &[u8]) -> &[u8] {
    loop {
        match memchr::memchr2(b'"', b'\\', rest) {
            Some(at) if rest[at] == b'"' => return &rest[at + 1..],
            Some(at) => rest = rest.get(at + 2..).unwrap_or_default(),
            None => return &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_body_of_usual_columns_is_not_too_much() {
        let column = br#"{"name":"column_00001","dataType":"VARCHAR","dataLength":255,"description":"dddddddddd"},"#;
        let columns = (25 << 20) / column.len();
        let of_some = |count: usize| weight(&[b"[", column.repeat(count).as_slice()].concat()).values;
        assert!((of_some(2) - of_some(1)) * columns < 384 << 20);
        assert!(of_some(2) - of_some(1) < USUAL_DENSITY * column.len());
    }

    #[test]
    fn values_weigh_more_than_their_text_and_texts_do_not() {
        let text = |inner: &str| weight(format!("[\"{inner}\"]").as_bytes());
        assert_eq!(text(",,,,[[[[{{{{::::"), text("................"));
        assert_eq!(text(r#"\",\",\",\\"#), text(r#"\".\".\".\\"#));
        let values = |body: &[u8]| weight(body).values;
        assert!(values(b"[0,0,0,0]") > 400);
        assert_eq!(values(br#"{"a":[1,{}]}"#), 12 + 2 * OBJECT + NAME + 2 * VALUE);
        assert_eq!(values(b"plain, [text]"), 26);
        assert_eq!(values(br#"["broken off \"#), 14 + VALUE);
    }

    #[test]
    fn long_texts_may_be_documents() {
        let texts = |inner: &str| weight(format!("[\"{inner}\"]").as_bytes()).texts;
        let document = r#"{\"a\":[0,0]}\n"#;
        let count = LONG_TEXT / document.len();
        assert_eq!(texts(&document.repeat(count)), 0);
        assert_eq!(texts(&document.repeat(count + 1)), (count + 1) * (OBJECT + NAME + 3 * VALUE));
        assert_eq!(texts(&"x".repeat(10 * LONG_TEXT)), 0, "there is nothing in it");
    }
}
