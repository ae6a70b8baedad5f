//! A page that is the same for everybody for as long as the process lasts. It is made when it is first asked for: what
//! describes a door is megabytes, which most servers are never asked for.

use std::sync::LazyLock;

use http::{HeaderMap, header};
use sha2::{Digest, Sha256};

use crate::answer::Answer;
use crate::etag::{EntityTag, IfMatch};

type Tagged = (Answer, EntityTag);

pub struct FixedPage(LazyLock<Tagged, Box<dyn FnOnce() -> Tagged + Send>>);

impl FixedPage {
    pub fn new(make: impl FnOnce() -> Answer + Send + 'static) -> FixedPage {
        FixedPage(LazyLock::new(Box::new(|| tagged(make()))))
    }

    /// Who has it already is told so.
    pub fn answer(&self, headers: &HeaderMap) -> Answer {
        let (answer, tag) = &*self.0;
        match is_known(headers, tag) {
            true => Answer { headers: answer.headers.clone(), ..Answer::empty(304) },
            false => answer.clone(),
        }
    }
}

fn tagged(answer: Answer) -> Tagged {
    let digest = answer.whole().map(Sha256::digest);
    let opaque = digest.iter().flatten().take(16).map(|byte| format!("{byte:02x}")).collect::<String>();
    let tag = EntityTag::strong(opaque);
    (answer.with("etag", &tag.to_string()).with("cache-control", "no-cache"), tag)
}

/// Whether whoever asks has what bears this tag (RFC 9110 §13.1.2).
fn is_known(headers: &HeaderMap, tag: &EntityTag) -> bool {
    let given = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    match given.and_then(IfMatch::parse) {
        Some(IfMatch::Any) => true,
        Some(IfMatch::Tags(tags)) => tags.iter().any(|known| known.matches_weakly(tag)),
        None => false,
    }
}
