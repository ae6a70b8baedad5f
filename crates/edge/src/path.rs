//! Reads raw paths: which ones are refused outright, and how a matched segment is decoded.

/// Whether a path may be matched at all: absolute, without empty and without dot segments in any spelling.
///
/// Proxies and clients disagree on what `//`, `/./` and `/%2e%2e/` mean, so a path that holds one names nothing here.
pub fn is_plain(path: &str) -> bool {
    let Some(rest) = path.strip_prefix('/') else { return false };
    rest.is_empty() || rest.split('/').all(|segment| !segment.is_empty() && !is_dots(segment))
}

/// `.`, `..` and their percent-encoded spellings.
fn is_dots(segment: &str) -> bool {
    if segment.len() > "%2e%2e".len() {
        return false;
    }
    let mut rest = segment;
    let mut dots = 0;
    while !rest.is_empty() {
        let encoded = rest.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("%2e"));
        rest = match rest.strip_prefix('.') {
            Some(after) => after,
            None if encoded => &rest[3..],
            None => return false,
        };
        dots += 1;
    }
    matches!(dots, 1 | 2)
}

/// Decodes one segment. `None` for a `%` without two hex digits and for bytes that are not UTF-8.
pub fn decode(segment: &str) -> Option<String> {
    let Some(first) = segment.find('%') else { return Some(segment.to_owned()) };
    let mut bytes = Vec::with_capacity(segment.len());
    bytes.extend_from_slice(&segment.as_bytes()[..first]);
    let mut rest = segment.as_bytes()[first..].iter();
    while let Some(&byte) = rest.next() {
        if byte == b'%' {
            let high = hex(*rest.next()?)?;
            let low = hex(*rest.next()?)?;
            bytes.push(high << 4 | low);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|value| value as u8)
}

/// Whether a path lies below `prefix` by whole segments: `/v1` holds `/v1` and `/v1/x`, not `/v10`.
pub fn is_below(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || prefix.ends_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tricky_paths_are_not_plain() {
        for path in [
            "",
            "a",
            "*",
            "//",
            "/a//b",
            "/a/",
            "//a",
            "/./a",
            "/a/.",
            "/a/../b",
            "/a/%2e/b",
            "/a/%2E%2e/b",
            "/a/.%2e",
            "/a/%2E./b",
        ] {
            assert!(!is_plain(path), "{path}");
        }
    }

    #[test]
    fn odd_but_honest_paths_are_plain() {
        for path in ["/", "/a", "/a/...", "/a/.b", "/a/%2eb", "/a/a%2Fb", "/a/b;c", "/a/%2e%2e%2e", "/a/é", "/a/%e"] {
            assert!(is_plain(path), "{path}");
        }
    }

    #[test]
    fn segments_are_decoded_once() {
        assert_eq!(decode("plain").as_deref(), Some("plain"));
        assert_eq!(decode("a%2Fb%3ac+d").as_deref(), Some("a/b:c+d"));
        assert_eq!(decode("%252F").as_deref(), Some("%2F"));
        assert_eq!(decode("%C3%A9é").as_deref(), Some("éé"));
    }

    #[test]
    fn broken_escapes_are_refused() {
        for segment in ["%", "%2", "a%zz", "%+1", "%ff", "%C3", "%é"] {
            assert_eq!(decode(segment), None, "{segment}");
        }
    }

    #[test]
    fn prefixes_end_at_segments() {
        assert!(is_below("/v1", "/v1"));
        assert!(is_below("/v1/x", "/v1"));
        assert!(is_below("/x", "/"));
        assert!(is_below("/x", ""));
        assert!(!is_below("/v10/x", "/v1"));
        assert!(!is_below("/v", "/v1"));
    }
}
