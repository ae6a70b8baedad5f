//! The canonical request: one spelling of a request that signer and verifier agree on.

use http::HeaderMap;
use sha2::{Digest, Sha256};

use emporion_edge::request::Request;

/// The hash of the canonical request, with `host` in place of the received `Host` header where one is given.
pub fn hash(request: &Request, signed_headers: &[String], payload_hash: &str, host: Option<&str>) -> [u8; 32] {
    Sha256::digest(text(request, signed_headers, payload_hash, host)).into()
}

fn text(request: &Request, signed_headers: &[String], payload_hash: &str, host: Option<&str>) -> Vec<u8> {
    let mut out = Vec::with_capacity(512 + request.raw_path.len() + request.raw_query.len());
    out.extend_from_slice(request.method.as_str().as_bytes());
    out.push(b'\n');
    push_path(&mut out, &request.raw_path);
    out.push(b'\n');
    push_query(&mut out, &request.raw_query);
    out.push(b'\n');
    for name in signed_headers {
        out.extend_from_slice(name.as_bytes());
        out.push(b':');
        match host.filter(|_| name == "host") {
            Some(host) => out.extend_from_slice(host.as_bytes()),
            None => push_header(&mut out, &request.headers, name),
        }
        out.push(b'\n');
    }
    out.push(b'\n');
    for (index, name) in signed_headers.iter().enumerate() {
        if index > 0 {
            out.push(b';');
        }
        out.extend_from_slice(name.as_bytes());
    }
    out.push(b'\n');
    out.extend_from_slice(payload_hash.as_bytes());
    out
}

/// The path as received, without dot and empty segments, percent-encoded once more: a wire `%3A` becomes `%253A`.
fn push_path(out: &mut Vec<u8>, raw: &str) {
    if !raw.contains("//") && !raw.contains("/.") {
        if !raw.starts_with('/') {
            out.push(b'/');
        }
        return push_encoded(out, raw.as_bytes(), b'/');
    }
    let mut segments: Vec<&str> = Vec::new();
    for segment in raw.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            segment => segments.push(segment),
        }
    }
    for segment in &segments {
        out.push(b'/');
        push_encoded(out, segment.as_bytes(), b'/');
    }
    let ends_with_slash = ["/", "/.", "/.."].iter().any(|end| raw.ends_with(end));
    if segments.is_empty() || ends_with_slash {
        out.push(b'/');
    }
}

/// Parameters decoded, strictly encoded again and sorted by their encoded names, then values.
fn push_query(out: &mut Vec<u8>, raw: &str) {
    let strictly = |text: &str| {
        let blanks = text.replace('+', " ");
        let decoded: Vec<u8> = percent_encoding::percent_decode_str(&blanks).collect();
        let mut encoded = Vec::with_capacity(decoded.len());
        push_encoded(&mut encoded, &decoded, b'-');
        encoded
    };
    let mut pairs: Vec<(Vec<u8>, Vec<u8>)> = raw
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (strictly(name), strictly(value))
        })
        .collect();
    pairs.sort();
    for (index, (name, value)) in pairs.iter().enumerate() {
        if index > 0 {
            out.push(b'&');
        }
        out.extend_from_slice(name);
        out.push(b'=');
        out.extend_from_slice(value);
    }
}

/// All values of one header, each trimmed and with single blanks inside, joined by commas.
fn push_header(out: &mut Vec<u8>, headers: &HeaderMap, name: &str) {
    for (index, value) in headers.get_all(name).iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        let words = value.as_bytes().split(|byte| matches!(byte, b' ' | b'\t')).filter(|word| !word.is_empty());
        for (index, word) in words.enumerate() {
            if index > 0 {
                out.push(b' ');
            }
            out.extend_from_slice(word);
        }
    }
}

/// Percent-encodes everything but the unreserved characters and `also`.
fn push_encoded(out: &mut Vec<u8>, bytes: &[u8], also: u8) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') || byte == also {
            out.push(byte);
        } else {
            out.extend_from_slice(&[b'%', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(raw: &str) -> String {
        let mut out = Vec::new();
        push_path(&mut out, raw);
        String::from_utf8(out).unwrap()
    }

    fn query(raw: &str) -> String {
        let mut out = Vec::new();
        push_query(&mut out, raw);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn an_encoded_segment_is_encoded_once_more() {
        assert_eq!(path("/tags/arn%3Aaws%3Adomain%2Fdzd_x"), "/tags/arn%253Aaws%253Adomain%252Fdzd_x");
        assert_eq!(path("/a%20b"), "/a%2520b");
        assert_eq!(path("/a~b:c"), "/a~b%3Ac");
    }

    #[test]
    fn dot_and_empty_segments_go() {
        assert_eq!(path(""), "/");
        assert_eq!(path("//a///b"), "/a/b");
        assert_eq!(path("/a/./b/../c"), "/a/c");
        assert_eq!(path("/../.."), "/");
        assert_eq!(path("/a/b/"), "/a/b/");
        assert_eq!(path("/a/.hidden"), "/a/.hidden");
    }

    #[test]
    fn query_lists_are_sorted_by_name_then_value_whatever_the_wire_order() {
        assert_eq!(query("tagKeys=c%2Bd&tagKeys=a%20b&a"), "a=&tagKeys=a%20b&tagKeys=c%2Bd");
        assert_eq!(query("b=/&a=%7e"), "a=~&b=%2F");
        assert_eq!(query(""), "");
    }

    #[test]
    fn header_values_are_trimmed_collapsed_and_joined() {
        let mut headers = HeaderMap::new();
        headers.append("x-amz-note", "  a   b\t c ".parse().unwrap());
        headers.append("x-amz-note", "d".parse().unwrap());
        let mut out = Vec::new();
        push_header(&mut out, &headers, "x-amz-note");
        assert_eq!(out, b"a b c,d");
    }
}
