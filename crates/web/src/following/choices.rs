//! What somebody has chosen to be told of, and by which way.

use std::collections::BTreeSet;

use emporion_catalog::id::RecordId;
use emporion_catalog::kind::Kind;
use emporion_catalog::kinds::notice_choice::{CHAT, CHATTED, LANGUAGE, MAILED, NOTICE_CHOICE, TIME_ZONE, UNTOLD};
use emporion_catalog::problem::Problem;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::Record;
use serde_json::Value;

use super::own_parts;
use crate::text::texts::Texts;
use crate::text::time_zone::TimeZoneChoice;

/// Topics, in the order in which they stand.
pub const TOPICS: [&str; 5] = ["products", "data", "terms", QUESTIONS, "searches"];
pub const QUESTIONS: &str = "questions";
/// Chat services, as their addresses are kept.
pub const SERVICES: [&str; 2] = ["slack", "teams"];

/// The choices of one person: without a record of them, all stands in his inbox and nothing is sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choices {
    pub id: Option<RecordId>,
    pub untold: BTreeSet<String>,
    pub mailed: BTreeSet<String>,
    pub chatted: BTreeSet<String>,
    pub language: Option<String>,
    pub clocks: TimeZoneChoice,
    /// The chat service of which an address is kept.
    pub service: Option<String>,
}

/// What a change of a record belongs to.
pub fn topic_of(kind: Kind) -> &'static str {
    match kind.name() {
        "data_product" => "products",
        "glossary" | "glossary_term" | "domain" | "classification" | "tag" | "metric" => "terms",
        _ => "data",
    }
}

impl Choices {
    pub fn of_record(record: &Record) -> Choices {
        let texts = |field: &str| -> BTreeSet<String> {
            let list = record.body.get(field).and_then(Value::as_array).into_iter().flatten();
            list.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
        Choices {
            id: Some(record.id),
            untold: texts(UNTOLD),
            mailed: texts(MAILED),
            chatted: texts(CHATTED),
            language: text(record.body.get(LANGUAGE)),
            clocks: record.body.text(TIME_ZONE).and_then(|name| TimeZoneChoice::by_name(&name)).unwrap_or_default(),
            service: text(record.body.get(CHAT).and_then(|chat| chat.get("service"))),
        }
    }

    /// The caller's own.
    pub async fn own(reading: &Reading<'_>) -> Result<Choices, Problem> {
        Ok(Choices::own_record(reading).await?.as_ref().map(Choices::of_record).unwrap_or_default())
    }

    /// The record of the caller's own, where he has made any.
    pub async fn own_record(reading: &Reading<'_>) -> Result<Option<Record>, Problem> {
        let mine = own_parts(reading, NOTICE_CHOICE.name, 2).await?;
        Ok(mine.into_iter().min_by_key(|record| record.id))
    }

    /// In which language he is told what is sent to him, and by which clocks.
    pub fn texts(&self) -> Texts {
        self.language.as_deref().and_then(Texts::by_code).unwrap_or_default().by_clocks(self.clocks)
    }
}
