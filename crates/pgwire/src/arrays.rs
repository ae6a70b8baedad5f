//! Arrays of one dimension, in text and in binary.

use bytes::{Buf, BufMut, Bytes};

/// The elements of `{a,"b,c",NULL}`; `None` for what is no such array.
pub fn of_text(text: &str) -> Option<Vec<Option<Bytes>>> {
    let inner = text.trim().strip_prefix('{')?.strip_suffix('}')?;
    let mut elements = Vec::new();
    let mut chars = inner.chars().peekable();
    while chars.peek().is_some() {
        let (mut element, mut is_quoted, mut was_quoted) = (String::new(), false, false);
        loop {
            match chars.next() {
                Some('"') => (is_quoted, was_quoted) = (!is_quoted, true),
                Some('\\') => element.push(chars.next()?),
                Some(',') if !is_quoted => break,
                // Another dimension.
                Some('{' | '}') if !is_quoted => return None,
                Some(c) => element.push(c),
                None if is_quoted => return None,
                None => break,
            }
        }
        let is_null = !was_quoted && element.trim().eq_ignore_ascii_case("null");
        elements.push((!is_null).then(|| Bytes::from(element)));
    }
    Some(elements)
}

/// An element of an array in braces.
pub fn quoted(element: &str) -> String {
    let is_plain = !element.is_empty()
        && !element.eq_ignore_ascii_case("null")
        && !element.contains([',', '"', '{', '}', ' ', '\\', '\t', '\n']);
    match is_plain {
        true => element.to_owned(),
        false => format!("\"{}\"", element.replace('\\', "\\\\").replace('"', "\\\"")),
    }
}

/// The elements of an array in binary, and the id of their type.
pub fn of_binary(mut bytes: &[u8]) -> Option<(Vec<Option<Bytes>>, u32)> {
    let dimensions = bytes.try_get_i32().ok()?;
    bytes.try_get_i32().ok()?;
    let oid = bytes.try_get_u32().ok()?;
    if dimensions == 0 {
        return Some((Vec::new(), oid));
    }
    let count = bytes.try_get_i32().ok().filter(|_| dimensions == 1)?;
    bytes.try_get_i32().ok()?;
    let mut elements = Vec::new();
    for _ in 0..count {
        let element = match bytes.try_get_i32().ok()? {
            -1 => None,
            length => {
                let (element, rest) = bytes.split_at_checked(usize::try_from(length).ok()?)?;
                bytes = rest;
                Some(Bytes::copy_from_slice(element))
            }
        };
        elements.push(element);
    }
    Some((elements, oid))
}

/// The same back. `None` where an element is none of its type.
pub fn binary(elements: Vec<Option<Bytes>>, oid: u32, encoded: impl Fn(Bytes) -> Option<Vec<u8>>) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    bytes.put_i32(i32::from(!elements.is_empty()));
    bytes.put_i32(i32::from(elements.iter().any(Option::is_none)));
    bytes.put_u32(oid);
    if !elements.is_empty() {
        bytes.put_i32(i32::try_from(elements.len()).ok()?);
        bytes.put_i32(1);
    }
    for element in elements {
        let Some(element) = element else {
            bytes.put_i32(-1);
            continue;
        };
        let element = encoded(element)?;
        bytes.put_i32(i32::try_from(element.len()).ok()?);
        bytes.put_slice(&element);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_are_read_and_written() {
        let text = |text: &str| {
            let elements = of_text(text)?.into_iter();
            Some(elements.map(|one| one.map(|one| String::from_utf8_lossy(&one).into_owned())).collect::<Vec<_>>())
        };
        let some = |text: &str| Some(text.to_owned());
        let mixed = r#"{a,"b,c",NULL,"null","q\"{"}"#;
        assert_eq!(text(mixed), Some(vec![some("a"), some("b,c"), None, some("null"), some("q\"{")]));
        assert_eq!((text("{}"), text("{{1}}"), text("1"), text("{\"a}")), (Some(Vec::new()), None, None, None));
        for element in ["a", "", "b,c", "null", "q\"{\\", "a b"] {
            assert_eq!(text(&format!("{{{}}}", quoted(element))), Some(vec![some(element)]));
        }
        let elements = vec![Some(Bytes::from_static(b"a")), None];
        let written = binary(elements.clone(), 25, |bytes| Some(bytes.to_vec())).expect("a text is one");
        assert_eq!(of_binary(&written), Some((elements, 25)));
        assert_eq!(of_binary(&written[..written.len() - 1]), None);
        let empty = binary(Vec::new(), 25, |bytes| Some(bytes.to_vec())).expect("nothing is wrong");
        assert_eq!(of_binary(&empty), Some((Vec::new(), 25)));
        let endless = [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 25, 0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 1];
        assert_eq!(of_binary(&endless), None);
    }
}
