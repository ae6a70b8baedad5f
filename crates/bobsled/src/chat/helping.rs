//! What is said to who does not know yet what there is: what can be asked, and when there are rows at all.

use emporion_semantic::chat::query::{Aggregate, Measure, Query};
use emporion_semantic::chat::reading::{Asked, Found, Reading, Reason, Thread};
use emporion_semantic::chat::{guide, plan, read};
use jiff::civil::Date;
use serde_json::Value;

use super::answer::Answer;
use super::conversation::{Conversation, LOOK_UP_TIME};
use super::memory::Read;
use super::wording::refused;
use crate::databases::Answered;

/// Questions that are proposed.
const PROPOSED: usize = 5;

impl Conversation<'_> {
    /// What can be asked, with questions that would be read.
    pub(super) fn guide(&self, read_so: Read) -> Answer {
        let ground = &self.ready.ground;
        let (text, questions) = guide::of(ground, &self.ready.verified, &|dataset| !self.is_closed(dataset));
        let would_be_read = |question: &String| {
            let (thread, found) = (Thread::default(), Found::default());
            let asked = Asked {
                text: question,
                today: read_so.today,
                locale: &read_so.locale,
                thread: &thread,
                found: &found,
                verified: &self.ready.verified,
            };
            let reading = read(ground, &self.ready.lexicon, &asked);
            matches!(reading, Reading::Query { .. } | Reading::Verified { .. })
        };
        let questions = questions.into_iter().filter(would_be_read).take(PROPOSED).collect();
        let mut answer = refused(Reason::OpenEnded, questions, read_so);
        answer.members.insert("text".into(), text.into());
        answer
    }

    /// Where a period holds nothing: from when to when there is something, under the same conditions.
    pub(super) async fn elsewhere(&self, query: &Query, answered: &Answered, today: Date) -> Option<String> {
        let is_nothing = match answered.rows.as_slice() {
            [] => true,
            [row] => row.iter().all(Value::is_null),
            _ => false,
        };
        let field = query.time.as_ref().filter(|_| is_nothing)?.field;
        let of = |aggregate| Measure::Of { aggregate, field };
        let ends = Query {
            measures: vec![of(Aggregate::Minimum), of(Aggregate::Maximum)],
            filters: query.filters.clone(),
            via: query.via.clone(),
            ..Query::default()
        };
        let ground = &self.ready.ground;
        let planned = plan(ground, &ends, today).ok()?;
        let decided = self.ready.sources.decide_in(planned.source, &planned.sql, &planned.parameters, 1).ok()?;
        let found = self.run(&decided, LOOK_UP_TIME).await.ok()?;
        let [row] = found.rows.as_slice() else { return None };
        let day = |at: usize| row.get(at)?.as_str()?.get(..10)?.parse::<Date>().ok();
        let (first, last) = (day(0)?, day(1)?);
        let label = ground.field(field).names.shown();
        Some(format!("{label} goes from {first} to {last}."))
    }
}
