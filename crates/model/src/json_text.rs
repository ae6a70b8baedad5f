//! JSON that stays the text that it is kept as: where the members of an object stand in it.
//!
//! Only texts without blanks are taken, as everything here prints them. What is taken is JSON that `serde_json` reads, too:
//! whoever needs the values can have them later.

use std::ops::Range;

/// As many containers inside one another as `serde_json` reads.
const DEEPEST: usize = 127;

/// Where the members of an object stand, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    pub members: Box<[Member]>,
    /// How many values there are in all, those inside others too.
    pub values: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Without its quotes, as it is written.
    pub name: Range<usize>,
    pub value: Range<usize>,
}

/// `None` where the text is not one object, or not written as it is written here.
pub fn outline(text: &str) -> Option<Outline> {
    let bytes = text.as_bytes();
    let (mut members, mut values) = (Vec::new(), 1);
    let mut at = expect(bytes, 0, b'{')?;
    if bytes.get(at) != Some(&b'}') {
        loop {
            let name_end = string_end(bytes, at)?;
            let value = expect(bytes, name_end, b':')?;
            let end = value_end(bytes, value, DEEPEST - 1, &mut values)?;
            members.push(Member { name: at + 1..name_end - 1, value: value..end });
            match bytes.get(end)? {
                b',' => at = end + 1,
                b'}' => {
                    at = end;
                    break;
                }
                _ => return None,
            }
        }
    }
    (at + 1 == bytes.len()).then(|| Outline { members: members.into(), values })
}

/// Writes a text as `serde_json` does: in one piece where nothing in it has to be escaped, as in nearly every text.
pub fn write_text(into: &mut Vec<u8>, text: &str) {
    // Without an early end, so that many bytes are looked at together.
    let has_escapes = text.bytes().fold(false, |found, byte| found | (byte < b' ') | (byte == b'"') | (byte == b'\\'));
    if has_escapes {
        serde_json::to_writer(into, text).expect("a text can always be printed");
        return;
    }
    into.reserve(text.len() + 2);
    into.push(b'"');
    into.extend_from_slice(text.as_bytes());
    into.push(b'"');
}

/// What stands in an array or an object of a text that is known to be good, one after the other.
pub struct Items<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Items<'t> {
    /// `None` where the text is neither.
    pub fn of(text: &'t str) -> Option<Items<'t>> {
        matches!(text.as_bytes().first()?, b'[' | b'{').then_some(Items { text, at: 1 })
    }
}

impl<'t> Iterator for Items<'t> {
    /// The name with its quotes, in an object; and the value.
    type Item = (Option<&'t str>, &'t str);

    fn next(&mut self) -> Option<Self::Item> {
        let bytes = self.text.as_bytes();
        let is_object = bytes.first() == Some(&b'{');
        if matches!(bytes.get(self.at)?, b']' | b'}') {
            return None;
        }
        let name_end = if is_object { Some(string_end(bytes, self.at)?) } else { None };
        let value = name_end.map_or(self.at, |end| end + 1);
        let end = value_end(bytes, value, DEEPEST, &mut 0)?;
        let name = name_end.map(|end| &self.text[self.at..end]);
        self.at = if bytes.get(end) == Some(&b',') { end + 1 } else { end };
        Some((name, &self.text[value..end]))
    }
}

fn expect(bytes: &[u8], at: usize, byte: u8) -> Option<usize> {
    (bytes.get(at) == Some(&byte)).then_some(at + 1)
}

/// Behind the value that begins there. `levels` more containers may stand inside one another.
fn value_end(bytes: &[u8], at: usize, levels: usize, values: &mut usize) -> Option<usize> {
    *values += 1;
    match bytes.get(at)? {
        b'"' => string_end(bytes, at),
        b'{' => container_end(bytes, at, true, levels, values),
        b'[' => container_end(bytes, at, false, levels, values),
        b't' => word_end(bytes, at, b"true"),
        b'f' => word_end(bytes, at, b"false"),
        b'n' => word_end(bytes, at, b"null"),
        _ => number_end(bytes, at),
    }
}

fn container_end(bytes: &[u8], at: usize, is_object: bool, levels: usize, values: &mut usize) -> Option<usize> {
    let levels = levels.checked_sub(1)?;
    let close = if is_object { b'}' } else { b']' };
    let mut at = at + 1;
    if bytes.get(at) == Some(&close) {
        return Some(at + 1);
    }
    loop {
        if is_object {
            at = expect(bytes, string_end(bytes, at)?, b':')?;
        }
        at = value_end(bytes, at, levels, values)?;
        match *bytes.get(at)? {
            b',' => at += 1,
            byte if byte == close => return Some(at + 1),
            _ => return None,
        }
    }
}

fn word_end(bytes: &[u8], at: usize, word: &[u8]) -> Option<usize> {
    bytes[at..].starts_with(word).then_some(at + word.len())
}

fn number_end(bytes: &[u8], at: usize) -> Option<usize> {
    let is_of_number = |byte: &u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
    let length = bytes[at..].iter().take_while(|byte| is_of_number(byte)).count();
    let text = std::str::from_utf8(&bytes[at..at + length]).ok()?;
    let is_plain =
        length < 18 && text.bytes().all(|byte| byte.is_ascii_digit()) && (length == 1 || !text.starts_with('0'));
    ((is_plain && length > 0) || serde_json::from_str::<serde_json::Number>(text).is_ok()).then_some(at + length)
}

/// Behind the string that begins there. What stands in `\u` beside the control characters is left to others.
fn string_end(bytes: &[u8], at: usize) -> Option<usize> {
    let mut at = expect(bytes, at, b'"')?;
    loop {
        at += plain_run(&bytes[at..]);
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => match bytes.get(at + 1)? {
                b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => at += 2,
                b'u' => match bytes.get(at + 2..at + 6)? {
                    [b'0', b'0', high, low] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => at += 6,
                    _ => return None,
                },
                _ => return None,
            },
            _ => return None,
        }
    }
}

/// How many bytes come before the next quote, backslash or control character. Eight at a time: most of a record is prose.
fn plain_run(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH: u64 = ONES * 0x80;
    // The lowest byte that is marked is below the bound; bytes above it may be marked for what was borrowed.
    let below = |word: u64, bound: u64| word.wrapping_sub(ONES * bound) & !word & HIGH;
    let mut run = 0;
    let (eights, rest) = bytes.as_chunks::<8>();
    for eight in eights {
        let word = u64::from_le_bytes(*eight);
        let quote = below(word ^ (ONES * u64::from(b'"')), 1);
        let backslash = below(word ^ (ONES * u64::from(b'\\')), 1);
        let found = below(word, 0x20) | quote | backslash;
        if found != 0 {
            return run + found.trailing_zeros() as usize / 8;
        }
        run += 8;
    }
    run + rest.iter().take_while(|byte| !matches!(byte, b'"' | b'\\' | 0..0x20)).count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, Value, json};

    use super::*;

    fn told(text: &str) -> Option<Vec<(&str, &str)>> {
        let outline = outline(text)?;
        Some(outline.members.iter().map(|member| (&text[member.name.clone()], &text[member.value.clone()])).collect())
    }

    #[test]
    fn members_are_told_with_their_texts() {
        let text = r#"{"a":"x\"y\\","b":{"c":[1,-2.5,{}],"d":null},"e":[],"f":true}"#;
        let expected = vec![("a", r#""x\"y\\""#), ("b", r#"{"c":[1,-2.5,{}],"d":null}"#), ("e", "[]"), ("f", "true")];
        assert_eq!(told(text), Some(expected));
        assert_eq!(told("{}"), Some(Vec::new()));
        assert_eq!(outline(text).expect("an object").values, 10);
    }

    #[test]
    fn items_are_told_one_after_the_other() {
        let items = |text: &'static str| Items::of(text).expect("a container").collect::<Vec<_>>();
        assert_eq!(items(r#"[1,"a,]",{"b":[]}]"#), [(None, "1"), (None, r#""a,]""#), (None, r#"{"b":[]}"#)]);
        assert_eq!(items(r#"{"a":1,"b":"}"}"#), [(Some("\"a\""), "1"), (Some("\"b\""), r#""}""#)]);
        assert_eq!((items("[]"), items("{}")), (Vec::new(), Vec::new()));
        assert!(Items::of("1").is_none());
    }

    #[test]
    fn what_is_not_written_as_here_is_not_taken() {
        for text in [
            "",
            "[]",
            "1",
            "{",
            "{}}",
            "{} ",
            r#"{"a" :1}"#,
            r#"{"a":1,}"#,
            r#"{"a"}"#,
            r#"{"a":01}"#,
            r#"{"a":1e999}"#,
            r#"{"a":-}"#,
            r#"{"a":}"#,
            r#"{"a":tru}"#,
            r#"{"a":"\x"}"#,
            r#"{"a":"\ud800"}"#,
            "{\"a\":\"\n\"}",
            r#"{a:1}"#,
            r#"{"a":"}"#,
            r#"{"a":[1}}"#,
            r#"{"a":[1 ,2]}"#,
        ] {
            assert_eq!(outline(text), None, "{text}");
        }
    }

    #[test]
    fn as_deep_as_it_can_be_read() {
        let nested = |levels: usize| format!("{}{}{}", r#"{"a":"#.repeat(levels), "1", "}".repeat(levels));
        for levels in [1, 2, 126, 127, 128, 200] {
            let text = nested(levels);
            assert_eq!(outline(&text).is_some(), serde_json::from_str::<Value>(&text).is_ok(), "{levels}");
        }
    }

    #[test]
    fn a_run_ends_at_the_first_special_byte_wherever_it_stands() {
        for special in [b'"', b'\\', 0, 0x1f] {
            for place in 0..40 {
                let mut bytes = vec![b' '; 40];
                bytes[place] = special;
                bytes[39] = b'"';
                assert_eq!(plain_run(&bytes), place.min(39), "{special} at {place}");
            }
        }
        let plain: Vec<u8> = (0x20..=0xff).filter(|byte| !b"\"\\".contains(byte)).collect();
        assert_eq!(plain_run(&plain), plain.len());
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::vec((any::<String>(), inner), 0..5)
                    .prop_map(|all| json!(all.into_iter().collect::<Map<_, _>>())),
            ]
        })
    }

    proptest! {
        #[test]
        fn texts_are_written_as_serde_json_writes_them(text in "\\PC{0,40}|[ -~]{0,40}|[\u{0}-\u{21}a\"\\\\\u{7f}é]{0,20}") {
            let mut written = Vec::new();
            write_text(&mut written, &text);
            prop_assert_eq!(written, serde_json::to_vec(&text).unwrap());
        }

        #[test]
        fn whatever_is_printed_here_is_taken_and_told_as_it_is(
            members in prop::collection::vec(("[a-z_]{0,9}", any_value()), 0..6)
        ) {
            let object: Map<String, Value> = members.into_iter().collect();
            let text = serde_json::to_string(&object).expect("it prints");
            let told = told(&text).expect("an object");
            let values: Vec<(&str, Value)> =
                told.iter().map(|(name, value)| (*name, serde_json::from_str(value).expect("a value"))).collect();
            let expected: Vec<(&str, Value)> = object.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
            prop_assert_eq!(values, expected);
        }

        #[test]
        fn what_is_taken_can_be_read(text in r#"[\{\}\[\]:,"\\0-9a-u\. eE\-]{0,24}"#) {
            if outline(&text).is_some() {
                prop_assert!(serde_json::from_str::<Map<String, Value>>(&text).is_ok(), "{}", text);
            }
        }
    }
}
