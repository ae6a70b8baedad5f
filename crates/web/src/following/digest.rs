//! What is sent to somebody who follows: what has become of it since he was sent something last, read with his rights of the
//! moment at which it is sent.

use std::collections::BTreeSet;

use emporion_catalog::reading::Reading;
use emporion_catalog::reading::followed::Followed;

use super::changes::{self, Span};
use super::choices::topic_of;
use crate::fault::Fault;
use crate::records::{address, naming};
use crate::text::moment::Moment;
use crate::text::texts::Texts;

/// Things of which one message tells.
const MOST: usize = 40;

/// Characters of a name or of a line.
const LONGEST: usize = 200;

/// A message: its subject, and its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digest {
    pub subject: String,
    pub text: String,
}

/// Something else that somebody follows: what is told of it, where it is, and what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub text: String,
    pub address: String,
    pub lines: Vec<String>,
}

/// `None` where there is nothing to tell. `base` is what absolute addresses begin with.
///
/// What somebody does himself he is not told, nor what is no longer his to see.
pub async fn of(
    t: Texts,
    reading: &Reading<'_>,
    base: &str,
    topics: &BTreeSet<String>,
    span: Span,
    notices: &[Notice],
) -> Result<Option<Digest>, Fault> {
    let mut told = Vec::new();
    for Followed { record, since } in reading.followed().await? {
        let span = Span { since: span.since.max(since), ..span };
        if record.updated.at <= span.since || !topics.contains(topic_of(record.kind)) {
            continue;
        }
        let change = changes::of_record(t, reading, record, Some(span)).await?;
        told.extend(change.filter(|change| !change.is_own && change.says()));
    }
    if told.is_empty() && notices.is_empty() {
        return Ok(None);
    }
    let many = told.len() + notices.len();
    let more = told.split_off(told.len().min(MOST)).len();
    let subject = t.count("digest.subject", many);
    let mut text = format!("{subject}, {}\n", Moment::of(span.since, span.until, t).exact);
    for notice in notices {
        text.push_str(&format!("\n{}\n  {base}{}\n", one_line(&notice.text), notice.address));
        for line in &notice.lines {
            text.push_str(&format!("  - {}\n", one_line(line)));
        }
    }
    for change in told {
        let kind = t.say(&format!("kind.{}", change.record.kind.name()));
        let name = one_line(&naming::rendered_of(&change.record));
        text.push_str(&format!("\n{name} ({kind})\n"));
        let hand = one_line(&change.by);
        let by = [("by", &*hand), ("at", &Moment::of(change.at, span.until, t).exact)];
        text.push_str(&format!("  {}\n", t.with("digest.by", &by)));
        if change.record.state.is_alive() && address::folder(change.record.kind).is_some() {
            text.push_str(&format!("  {base}{}\n", address::of_record(&change.record)));
        }
        for line in change.lines(t) {
            text.push_str(&format!("  - {}\n", one_line(&line)));
        }
    }
    if more > 0 {
        text.push_str(&format!("\n{}\n", t.count("home.others", more)));
    }
    text.push_str(&format!("\n{}\n{base}/following\n", t.say("digest.why")));
    Ok(Some(Digest { subject, text }))
}

/// A text that somebody has written, so that it cannot pass for a line of the message, nor fill it.
fn one_line(text: &str) -> String {
    let mut line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((end, _)) = line.char_indices().nth(LONGEST) {
        line.truncate(end);
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_has_written_is_one_short_line() {
        assert_eq!(one_line("Sold\n\n  - given to you\tnow\u{2028}x"), "Sold - given to you now x");
        assert_eq!(one_line(&"ä".repeat(LONGEST)).chars().count(), LONGEST);
        assert_eq!(one_line(&"ä".repeat(4_096)).chars().count(), LONGEST + 1);
    }
}
