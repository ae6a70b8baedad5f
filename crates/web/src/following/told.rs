//! What the visitor is told of what he follows, as pages show it.

use std::time::Duration;

use askama::Template;
use askama::filters::HtmlSafe;
use emporion_catalog::held;
use emporion_catalog::id::{Millis, RecordId};
use emporion_catalog::reading::Reading;
use emporion_catalog::reading::followed::Followed;
use emporion_catalog::record::Record;

use super::changes::{self, Change, Span};
use super::choices::{Choices, QUESTIONS, topic_of};
use super::questions::{self, FollowedQuestion};
use crate::access::notifications;
use crate::fault::Fault;
use crate::records::link::Link;
use crate::request::visit::Visit;
use crate::text::moment::Moment;
use crate::text::plain::shown_prose;
use crate::text::texts::Texts;

/// Questions that are asked anew when news of them is looked at, and how long that may take.
const MOST_ASKED: usize = 5;
const ASKING: Duration = Duration::from_secs(2);

/// The newest first.
#[derive(Template)]
#[template(path = "parts/followed.html")]
pub struct Told {
    pub t: Texts,
    pub entries: Vec<Entry>,
    /// How many things are not among them.
    pub more: Option<String>,
}

impl HtmlSafe for Told {}

pub struct Entry {
    pub link: Link,
    pub by: String,
    pub at: Moment,
    pub is_new: bool,
    pub lines: Vec<String>,
    /// One whose answer has crossed its threshold.
    pub question: Option<FollowedQuestion>,
}

impl Entry {
    fn of(visit: &Visit, change: Change, is_new: bool) -> Entry {
        let link = Link::of_record(&change.record);
        Entry {
            link: if change.record.state.is_alive() { link } else { link.closed() },
            by: change.by.clone(),
            at: visit.moment(change.at),
            is_new,
            lines: change.lines(visit.t),
            question: None,
        }
    }
}

impl Entry {
    /// What the answer is was told nowhere: it is asked when he looks.
    fn of_question(visit: &Visit, one: &FollowedQuestion, at: Millis, product: &Record) -> Entry {
        let of_product = Link::of_record(product);
        let address = of_product.address.as_ref().map(|product| one.in_its_thread(product));
        let line = visit.t.with("question.is_crossed", &[("condition", &one.condition(visit.t))]);
        Entry {
            by: of_product.name.clone(),
            link: Link { name: shown_prose(&one.question), address, ..of_product },
            at: visit.moment(at),
            is_new: true,
            lines: vec![line],
            question: Some(one.clone()),
        }
    }
}

/// Whether somebody else has changed a record since its follower looked, or since he follows it.
pub fn is_new(one: &Followed, user: RecordId, looked: Millis) -> bool {
    one.record.updated.at > looked.max(one.since) && one.record.updated.by.id != user
}

impl Told {
    /// What has become of each of these since the visitor looked, of so many at most, or else its last change; `None` where
    /// there is none.
    pub async fn of(
        visit: &Visit,
        reading: &Reading<'_>,
        followed: &[Followed],
        most: usize,
    ) -> Result<Option<Told>, Fault> {
        let (looked, user) = (notifications::since(visit), visit.caller().principal.user);
        let mut entries = Vec::new();
        for one in followed.iter().take(most) {
            let since = looked.max(one.since);
            let unseen = (one.record.updated.at > since).then_some(Span { since, until: one.record.updated.at });
            let change = changes::of_record(visit.t, reading, one.record.clone(), unseen).await?;
            entries.extend(change.map(|change| Entry::of(visit, change, is_new(one, user, looked))));
        }
        let more = followed.len().saturating_sub(most);
        let more = (more > 0).then(|| visit.t.count("home.others", more));
        Ok((!entries.is_empty()).then_some(Told { t: visit.t, entries, more }))
    }

    /// The same with the figures that the questions are answered with now, as far as they are in a moment: what they were is
    /// kept nowhere.
    pub async fn with_figures(mut self, visit: &Visit) -> Told {
        let asked = self.entries.iter_mut().filter_map(|entry| Some((entry.question.clone()?, &mut entry.lines)));
        let asking = asked.take(MOST_ASKED).map(|(question, lines)| {
            held::apart(async move {
                if let Some(line) = question.said_now(visit).await {
                    *lines = vec![line];
                }
            })
        });
        let all = futures_util::future::join_all(asking);
        // What has not answered by then is told without its figure.
        let _ = tokio::time::timeout(ASKING, all).await;
        self
    }

    /// What is new to him, alone: questions whose answer has crossed its threshold first.
    pub async fn news(visit: &Visit, reading: &Reading<'_>, most: usize) -> Result<Option<Told>, Fault> {
        let (looked, user) = (notifications::since(visit), visit.caller().principal.user);
        let mut followed = reading.followed().await?;
        let untold = Choices::own(reading).await?.untold;
        followed.retain(|one| is_new(one, user, looked) && !untold.contains(topic_of(one.record.kind)));
        let told = Told::of(visit, reading, &followed, most).await?;
        if untold.contains(QUESTIONS) {
            return Ok(told);
        }
        let crossed = questions::crossed_since(reading, looked).await?;
        let entries: Vec<Entry> =
            crossed.iter().map(|(one, at, product)| Entry::of_question(visit, one, *at, product)).collect();
        if entries.is_empty() {
            return Ok(told);
        }
        let (changed, more) = told.map_or_else(Default::default, |told| (told.entries, told.more));
        Ok(Some(Told { t: visit.t, entries: entries.into_iter().chain(changed).collect(), more }))
    }
}
