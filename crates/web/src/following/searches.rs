//! Saved searches that somebody follows: what they find by now that was made since he was told last.

use emporion_catalog::finder::{Finder, Refusal, Search};
use emporion_catalog::kinds::saved_search::{FOLLOWED, QUERY, TITLE};
use emporion_catalog::problem::Problem;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::Record;
use emporion_catalog::timestamp;
use serde_json::Value;

use super::changes::Span;
use super::digest::Notice;
use super::own_parts;
use crate::records::kind_names;
use crate::search::query;
use crate::text::plain::shown;
use crate::text::texts::Texts;

/// As many as one person keeps, and twice that, if he saved several at one moment.
pub const MOST: u32 = 100;
/// Of what was found, so many are named.
const MOST_NAMED: u32 = 5;

/// The caller's own saved searches.
pub async fn own(reading: &Reading<'_>) -> Result<Vec<Record>, Problem> {
    own_parts(reading, "saved_search", MOST).await
}

pub fn is_followed(record: &Record) -> bool {
    record.body.get(FOLLOWED) == Some(&Value::Bool(true))
}

/// What those that the caller follows find that was made within the span, as far as he sees it.
pub async fn news(t: Texts, reading: &Reading<'_>, finder: &dyn Finder, span: Span) -> Result<Vec<Notice>, Problem> {
    let mut news = Vec::new();
    let head = reading.catalog().log_head().await?;
    for record in own(reading).await?.iter().filter(|record| is_followed(record)) {
        let text = |field: &str| record.body.get(field).and_then(Value::as_str).unwrap_or_default();
        let (since, until) = (timestamp::print(span.since.0), timestamp::print(span.until.0));
        // What he made himself is no news.
        let Ok(clauses) = finder.clauses(text(QUERY)) else { continue };
        let of_then = format!("{} created>{since} created<={until} -by:me", clauses.all.join(" "));
        let search = Search { limit: MOST_NAMED, at_least: Some(head), ..Search::of(&of_then) };
        let found = match finder.find(reading.caller(), &search).await {
            Ok(found) if found.total > 0 && found.corrected.is_none() => found,
            // The language may have changed since it was kept.
            Ok(_) | Err(Refusal::Broken { .. }) => continue,
            Err(Refusal::Problem(problem)) => return Err(problem),
        };
        let many = t.count("searches.news", usize::try_from(found.total).unwrap_or(usize::MAX));
        let named = found.hits.iter().map(|hit| {
            let name = hit.display_name.as_deref().unwrap_or(&hit.fqn);
            format!("{} ({})", shown(name), kind_names::one(t, hit.kind.name()))
        });
        let mut lines: Vec<String> = named.collect();
        if found.total > lines.len() as u64 {
            lines.push("…".to_owned());
        }
        news.push(Notice {
            text: t.with("searches.found", &[("name", &shown(text(TITLE))), ("many", &many)]),
            address: query::address_of(&of_then),
            lines,
        });
    }
    Ok(news)
}
