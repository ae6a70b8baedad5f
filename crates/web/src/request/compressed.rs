//! Answers sent small, to browsers that can read them so.
//!
//! A page repeats what its address says, beside the token of its forms: by the sizes of many such pages somebody who
//! listens could guess a token that stays the same. So forms hold it under another mask each time ([`crate::sign_in::session`]).

use std::io::Write;

use bytes::Bytes;
use emporion_edge::answer::{Answer, Content};
use emporion_edge::apart::apart;
use emporion_edge::request::Request;
use flate2::Compression;
use flate2::write::GzEncoder;

/// Smaller ones go into one packet as they are.
const LEAST: usize = 1_200;
/// Larger ones are made small beside the workers that answer requests.
const LARGE: usize = 200_000;

/// A page says many of its words again and again, in addresses above all: who looks farther for them sends a quarter less.
const PAGES: Compression = Compression::new(6);

/// Whether a browser reads what is compressed with gzip.
pub fn is_read(request: &Request) -> bool {
    let Some(accepted) = request.header("accept-encoding") else { return false };
    accepted.split(',').any(|one| {
        let mut parts = one.split(';').map(str::trim);
        let is_gzip = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
        is_gzip && !parts.any(|weight| weight.strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0)))
    })
}

pub fn gzip(text: &[u8], level: Compression) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::with_capacity(text.len() / 3), level);
    encoder.write_all(text).and_then(|()| encoder.finish()).expect("writing into memory").into()
}

/// The answer as its reader wants it.
pub async fn for_reader(request: &Request, mut answer: Answer) -> Answer {
    let Content::Whole(body) = &answer.body else { return answer };
    if body.len() < LEAST || answer.headers.contains_key("content-encoding") {
        return answer;
    }
    if is_read(request) {
        let small = match body.len() <= LARGE {
            true => Ok(gzip(body, PAGES)),
            false => {
                let body = body.clone();
                apart(move |_| gzip(&body, PAGES)).await
            }
        };
        if let Ok(small) = small {
            answer.body = Content::Whole(small);
            answer = answer.with("content-encoding", "gzip");
        }
    }
    answer.headers.append("vary", http::HeaderValue::from_static("accept-encoding"));
    answer
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use emporion_edge::route::Method;
    use flate2::read::GzDecoder;

    use super::*;

    fn asking(accepted: &str) -> Request {
        let mut request = Request::new(Method::GET, "/");
        request.headers.insert("accept-encoding", accepted.parse().expect("a header"));
        request
    }

    #[tokio::test]
    async fn who_reads_it_gets_it_small() {
        for times in [200, 200_000] {
            is_small_for_who_reads_it("the same words ".repeat(times)).await;
        }
    }

    async fn is_small_for_who_reads_it(text: String) {
        let plain = || Answer::bytes(200, "text/html", text.clone());
        for accepted in ["gzip", "br, GZIP;q=0.5", "deflate,gzip , br"] {
            let sent = for_reader(&asking(accepted), plain()).await;
            assert_eq!(sent.headers["content-encoding"], "gzip");
            assert_eq!(sent.headers["vary"], "accept-encoding");
            let bytes = sent.whole().expect("a whole body");
            assert!(bytes.len() < text.len() / 10);
            let mut read = String::new();
            GzDecoder::new(&**bytes).read_to_string(&mut read).expect("gzip");
            assert_eq!(read, text);
        }
        for accepted in ["", "br", "gzip;q=0", "gzip;q=0.0", "x-gzip"] {
            let sent = for_reader(&asking(accepted), plain()).await;
            assert!(!sent.headers.contains_key("content-encoding"), "{accepted}");
            assert_eq!(sent.whole().expect("a whole body"), text.as_bytes());
            assert_eq!(sent.headers["vary"], "accept-encoding", "caches are told that others get it otherwise");
        }
        let short = for_reader(&asking("gzip"), Answer::bytes(200, "text/html", "short")).await;
        assert!(!short.headers.contains_key("content-encoding"));
    }
}
