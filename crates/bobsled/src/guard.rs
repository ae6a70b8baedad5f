//! `If-Match` as the core's guard: entity tags of this door are revisions.

use emporion_catalog::command::Guard;
use emporion_catalog::record::Record;
use emporion_edge::etag::IfMatch;
use emporion_products::failure::Failure;

/// The revisions that the header allows. A tag that this door never printed allows none.
pub fn guard(condition: Option<&IfMatch>) -> Guard {
    match condition {
        None | Some(IfMatch::Any) => Guard::None,
        Some(IfMatch::Tags(tags)) => {
            Guard::Revisions(tags.iter().filter(|tag| !tag.weak).filter_map(|tag| tag.opaque.parse().ok()).collect())
        }
    }
}

/// Checks a guard against a record that was read.
///
/// Errors: 412 with the present version.
pub fn check(guard: &Guard, record: &Record) -> Result<(), Failure> {
    Ok(emporion_catalog::plan::write::check_guard(guard, record)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strong_tags_are_revisions_and_others_match_nothing() {
        let of = |header: &str| guard(IfMatch::parse(header).as_ref());
        assert_eq!(of(r#""7", "9""#), Guard::Revisions(vec![7, 9]));
        assert_eq!(of(r#"W/"7""#), Guard::Revisions(vec![]));
        assert_eq!(of(r#""abc""#), Guard::Revisions(vec![]));
        assert_eq!(of("*"), Guard::None);
        assert_eq!(guard(None), Guard::None);
    }
}
