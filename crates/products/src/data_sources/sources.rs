//! Which database service of the account is the default.

use emporion_catalog::Catalog;
use emporion_catalog::command::Ref;
use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::query::{ListQuery, Order, States};
use emporion_catalog::reading::Reading;
use emporion_catalog::record::Record;
use uuid::Uuid;

use crate::failure::Failure;
use crate::problems::RULE_EXISTS;
use crate::refs;

/// Which data source a product takes its tables from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataSourceKey {
    /// Whichever is the account's default when the request is carried out.
    Default,
    Id(Uuid),
}

/// The space in which a service is marked as the default. The mark with the latest time counts, so that marking one
/// need not touch another, and the mark of a deleted one means nothing.
pub const DEFAULT_SPACE: &str = "default_data_source";
const MARKED: &str = "since-";
const UNMARKED: &str = "not-";
/// Of the time in a mark, so that the latest mark is the greatest text.
const DIGITS: usize = 16;

/// What decides which service of an account is the default.
#[derive(Debug, Clone, Default)]
pub struct Marks {
    /// The service marked last, with its mark.
    latest: Option<(RecordId, String)>,
    /// The first of all, where none is marked.
    oldest: Option<RecordId>,
}

impl Marks {
    /// Cost: one look-up of the greatest mark, and one of the oldest service where there is none.
    pub async fn read(reading: &Reading<'_>) -> Result<Marks, Failure> {
        let kind = reading.catalog().kind("database_service");
        // A service that was unmarked has a mark too, and a lesser one than those that count.
        let greatest = reading.greatest_alias(kind, DEFAULT_SPACE).await?;
        let latest = greatest.filter(|(_, mark)| mark.starts_with(MARKED));
        let oldest = match latest {
            Some(_) => None,
            None => {
                let first = ListQuery { order: Order::Created, limit: 1, ..ListQuery::of(reading.account(), kind) };
                reading.places(&first).await?.first().map(|card| card.id)
            }
        };
        Ok(Marks { latest, oldest })
    }

    /// The account's default: the service marked last, else the oldest one.
    pub fn default(&self) -> Option<RecordId> {
        self.latest.as_ref().map(|(id, _)| *id).or(self.oldest)
    }

    /// The value that marks a service as the default from now on, whatever clock the present mark was made by.
    pub fn next(&self, id: RecordId, now_ms: i64) -> String {
        let present =
            self.latest.as_ref().and_then(|(_, mark)| mark.get(MARKED.len()..)?.get(..DIGITS)?.parse::<i64>().ok());
        let at = present.map_or(now_ms, |present| now_ms.max(present.saturating_add(1)));
        format!("{MARKED}{at:0DIGITS$}-{id}")
    }
}

/// The value that takes a mark away.
pub fn unmark(id: RecordId) -> String {
    format!("{UNMARKED}{id}")
}

/// The service that a request names.
///
/// Errors: 422, for an id that leads nowhere and for `default` in an account without services.
pub async fn resolve(reading: &Reading<'_>, key: DataSourceKey) -> Result<Record, Failure> {
    let id = match key {
        DataSourceKey::Default => {
            let marks = Marks::read(reading).await?;
            marks.default().ok_or_else(Failure::no_default_data_source)?
        }
        DataSourceKey::Id(id) => RecordId::from_uuid(id),
    };
    let target = Ref::Id(reading.catalog().kind("database_service"), id);
    match reading.get(&target, States::Alive, &Depth::bare()).await {
        Ok(view) => Ok(view.record),
        Err(problem) if problem == target.not_found() => {
            let message = crate::message::Message::with("there is no data source \"{}\"", [id.to_string()]);
            Err(Failure::invalid_field("/dataSourceId", RULE_EXISTS, message))
        }
        Err(problem) => Err(problem.into()),
    }
}

/// A target for the edge to the service.
pub fn target(catalog: &Catalog, service: RecordId) -> emporion_catalog::command::Target {
    emporion_catalog::command::Target::of(refs::data_source(catalog, service.uuid()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_mark_outdoes_every_other_one() {
        let [oldest, other] = [RecordId::fresh(), RecordId::fresh()];
        let marks = Marks { latest: None, oldest: Some(oldest) };
        assert_eq!(marks.default(), Some(oldest));
        let first = marks.next(other, 1_800_000_000_000);
        let marks = Marks { latest: Some((other, first.clone())), oldest: None };
        assert_eq!(marks.default(), Some(other));
        // Also when the clock stands still, or went back.
        assert!(marks.next(oldest, 999_999_999_999) > first);
        assert!(unmark(other) < first, "who is unmarked is not found in place of who is marked");
    }
}
