//! What bodies weigh: how much memory they take once they are read.

/// What a value, an object or list of its own, and the name of a member take in memory beside their texts, as measured: lists
/// and objects are larger than what is in them, and doors change a copy.
const VALUE: usize = 150;
const OBJECT: usize = 350;
const NAME: usize = 80;

/// Tables with their columns take so many times their text; what takes more is made of little else than values.
pub const USUAL_DENSITY: usize = 16;

/// About how much memory a body takes with what it is read into: of JSON the values, which can take many times their text.
pub fn weight(body: &[u8]) -> usize {
    let is_json = matches!(body.trim_ascii_start().first(), Some(b'{' | b'['));
    if !is_json {
        return 2 * body.len();
    }
    let (mut weight, mut rest) = (body.len(), body);
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b',' | b'[' => weight += VALUE,
            b'{' => weight += OBJECT,
            b':' => weight += NAME,
            b'"' => rest = after_text(after),
            _ => {}
        }
    }
    weight
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
        let of_some = |count: usize| weight(&[b"[", column.repeat(count).as_slice()].concat());
        assert!((of_some(2) - of_some(1)) * columns < 384 << 20);
        assert!(of_some(2) - of_some(1) < USUAL_DENSITY * column.len());
    }

    #[test]
    fn values_weigh_more_than_their_text_and_texts_do_not() {
        let text = |inner: &str| weight(format!("[\"{inner}\"]").as_bytes());
        assert_eq!(text(",,,,[[[[{{{{::::"), text("................"));
        assert_eq!(text(r#"\",\",\",\\"#), text(r#"\".\".\".\\"#));
        assert!(weight(b"[0,0,0,0]") > 400);
        assert_eq!(weight(br#"{"a":[1,{}]}"#), 12 + 2 * OBJECT + NAME + 2 * VALUE);
        assert_eq!(weight(b"plain, [text]"), 26);
        assert_eq!(weight(br#"["broken off \"#), 14 + VALUE);
    }
}
