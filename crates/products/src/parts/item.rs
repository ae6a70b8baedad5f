//! One part of a product: what is live of it, overlaid with its draft.

use std::collections::HashMap;
use std::sync::LazyLock;

use emporion_catalog::command::{Effect, Outcome};
use emporion_catalog::id::RecordId;
use emporion_catalog::query::{ListQuery, Order, States};
use emporion_catalog::reading::{Reading, Seen, SeenId};
use emporion_catalog::record::Record;
use serde_json::Value;
use uuid::Uuid;

use super::spec::{Fields, Spec};
use crate::assets::pending::Intent;
use crate::content_state::ContentState;
use crate::failure::Failure;
use crate::ids;
use crate::message::Message;

/// One part. Its id is the live record's, before there is one, too.
#[derive(Debug, Clone)]
pub struct Item {
    pub id: Uuid,
    pub live: Option<Record>,
    pub pending: Option<Pending>,
}

/// A draft of a part.
#[derive(Debug, Clone)]
pub struct Pending {
    pub intent: Intent,
    pub fields: Fields,
    pub record: Record,
}

/// An item as its reader sees it.
#[derive(Debug, Clone)]
pub struct SeenItem {
    pub item: Item,
    pub product: RecordId,
    pub state: ContentState,
    /// It is the one that counts.
    pub leads: bool,
    /// What the part asked for besides the content.
    pub annotation: Option<Value>,
}

impl SeenItem {
    /// One that drafts are seen of.
    pub fn drafted(product: RecordId, item: Item) -> SeenItem {
        SeenItem { item, product, state: ContentState::Drafted, leads: false, annotation: None }
    }

    /// What is seen of it.
    pub fn fields(&self) -> &Fields {
        if self.state == ContentState::Live { self.item.live_fields() } else { self.item.fields() }
    }

    pub fn is_deployed(&self) -> bool {
        self.state == ContentState::Live || self.item.is_deployed()
    }
}

/// The id of the draft of an item: a record of its own, found without a look-up.
pub fn draft_id(item: Uuid) -> Uuid {
    // Among the random digits of an id, so that neighbours do not meet.
    const MASK: u128 = 0x1555_5555_5555_5555;
    Uuid::from_u128(item.as_u128() ^ MASK)
}

impl Pending {
    /// With the id of its item. `None` for a draft of something else.
    pub fn of(spec: &Spec, record: Record) -> Option<(Uuid, Pending)> {
        let text = |name: &str| record.body.get(name).and_then(Value::as_str);
        if text("part") != Some(spec.word) {
            return None;
        }
        let intent = Intent::parse(text("intent")?)?;
        let content = record.body.get("content")?;
        let id = Uuid::try_parse(content.get("of")?.as_str()?).ok()?;
        let fields = content.get("fields").and_then(Value::as_object).cloned().unwrap_or_default();
        Some((id, Pending { intent, fields, record }))
    }
}

impl Item {
    pub fn fresh(id: Uuid) -> Item {
        Item { id, live: None, pending: None }
    }

    /// What those who may see drafts see.
    pub fn fields(&self) -> &Fields {
        match &self.pending {
            Some(pending) if pending.intent != Intent::Delete => &pending.fields,
            _ => self.live_fields(),
        }
    }

    pub fn live_fields(&self) -> &Fields {
        static NOTHING: LazyLock<Fields> = LazyLock::new(Fields::new);
        self.live.as_ref().map_or(&NOTHING, |record| &record.body)
    }

    /// What one sees who looks that way: what is live, or what a deploy would leave.
    pub fn seen(&self, state: ContentState) -> Option<&Fields> {
        match state {
            ContentState::Live => self.live.as_ref().map(|_| self.live_fields()),
            ContentState::Drafted | ContentState::Undeployed => (!self.is_pending_delete()).then(|| self.fields()),
        }
    }

    /// Its content now, and what it will be.
    pub fn contents(&self) -> impl Iterator<Item = &Fields> {
        let drafted = self.pending.iter().filter(|pending| pending.intent != Intent::Delete);
        self.live.iter().map(|record| &*record.body).chain(drafted.map(|pending| &pending.fields))
    }

    pub fn is_pending_delete(&self) -> bool {
        self.pending.as_ref().is_some_and(|pending| pending.intent == Intent::Delete)
    }

    /// Whether what is seen is live.
    pub fn is_deployed(&self) -> bool {
        self.live.is_some() && self.pending.as_ref().is_none_or(|pending| pending.intent == Intent::Delete)
    }

    pub fn is_shown(&self, state: ContentState) -> bool {
        state.shows(self.live.is_some(), self.is_deployed())
    }

    fn records(&self) -> impl Iterator<Item = &Record> {
        self.live.iter().chain(self.pending.as_ref().map(|pending| &pending.record))
    }

    /// When it was made first: its id says so, before a deploy and after it.
    pub fn created_ms(&self) -> i64 {
        let of_id = self.id.get_timestamp().map(|at| {
            let (seconds, nanos) = at.to_unix();
            i64::try_from(seconds).unwrap_or(0) * 1_000 + i64::from(nanos / 1_000_000)
        });
        of_id.or_else(|| self.records().map(|record| record.created.at.0).min()).unwrap_or(0)
    }

    pub fn updated_ms(&self, state: ContentState) -> i64 {
        let seen = self
            .live
            .iter()
            .chain(self.pending.as_ref().filter(|_| state != ContentState::Live).map(|pending| &pending.record));
        seen.map(|record| record.updated.at.0).max().unwrap_or(0).max(self.created_ms())
    }

    pub fn created_by(&self) -> Option<String> {
        self.records().next().map(|record| record.created.by.id.to_string())
    }

    /// The name of who made it.
    pub fn maker(&self) -> Option<String> {
        self.records().next().map(|record| record.created.by.name.to_string())
    }

    /// The entity tag: the revision of what is live, and the one of the draft.
    pub fn tag(&self) -> String {
        let revision = |record: &Record| record.revision.0;
        let live = self.live.as_ref().map_or(0, revision);
        match &self.pending {
            None => live.to_string(),
            Some(pending) => format!("{live}.{}", revision(&pending.record)),
        }
    }

    /// The item after a change that touched it.
    pub fn after(mut self, spec: &Spec, outcome: &Outcome) -> Item {
        let draft = RecordId::from_uuid(draft_id(self.id));
        for part_outcome in outcome.parts.iter().chain([outcome]) {
            let record = &part_outcome.view.record;
            let is_gone = matches!(part_outcome.effect, Effect::Deleted | Effect::Purged);
            if record.id == draft {
                let pending = Pending::of(spec, record.clone()).map(|(_, pending)| pending);
                self.pending = pending.filter(|_| !is_gone);
            } else if record.id.uuid() == self.id {
                self.live = Some(record.clone()).filter(|_| !is_gone);
            }
        }
        self
    }
}

/// All items of a part, oldest first; drafts only for those who may see them.
pub async fn of_product(spec: &Spec, reading: &Reading<'_>, product: impl Seen) -> Result<Vec<Item>, Failure> {
    let product = SeenId::from(&product);
    let drafts = match spec.has_drafts() {
        true => drafts(Some(spec), reading, product).await?,
        false => Vec::new(),
    };
    overlaid(spec, reading, product, drafts).await
}

/// The drafts of one part or of all, of those who may see them.
pub async fn drafts(spec: Option<&Spec>, reading: &Reading<'_>, product: SeenId) -> Result<Vec<Record>, Failure> {
    let fields = spec.map(|spec| ("part", spec.word.into())).into_iter().collect();
    Ok(reading.all_parts(&product, ListQuery { fields, ..oldest_first("draft", reading) }).await?)
}

/// What is live, with drafts over it; those of other parts say nothing.
pub async fn overlaid(
    spec: &Spec,
    reading: &Reading<'_>,
    product: SeenId,
    drafts: Vec<Record>,
) -> Result<Vec<Item>, Failure> {
    let live = live(spec, reading, product, Vec::new()).await?;
    let item = |record: Record| Item { id: record.id.uuid(), live: Some(record), pending: None };
    let mut items: Vec<Item> = live.into_iter().map(item).collect();
    let places: HashMap<Uuid, usize> = items.iter().enumerate().map(|(at, item)| (item.id, at)).collect();
    for (id, pending) in drafts.into_iter().filter_map(|record| Pending::of(spec, record)) {
        match places.get(&id) {
            Some(at) => items[*at].pending = Some(pending),
            None => items.push(Item { pending: Some(pending), ..Item::fresh(id) }),
        }
    }
    items.sort_by_key(|item| (item.created_ms(), item.id));
    Ok(items)
}

pub fn oldest_first(kind: &str, reading: &Reading<'_>) -> ListQuery {
    ListQuery { order: Order::Created, ..ListQuery::of(reading.account(), reading.catalog().kind(kind)) }
}

/// One item.
///
/// Errors: 404 when the product has none of that id that the caller may see.
pub async fn find(spec: &Spec, reading: &Reading<'_>, product: impl Seen, id: Uuid) -> Result<Item, Failure> {
    let ids = [RecordId::from_uuid(id), RecordId::from_uuid(draft_id(id))];
    let mut found = reading
        .parts_by_id(&[product], &ids)
        .await?
        .into_iter()
        .map(|record| record.filter(|record| record.state.is_alive()));
    let live = found.next().flatten().filter(|record| record.kind.is(spec.kind));
    let draft = found.next().flatten().filter(|record| record.kind.is("draft"));
    let pending = draft.and_then(|draft| Pending::of(spec, draft)).map(|(_, pending)| pending);
    if live.is_none() && pending.is_none() {
        return Err(missing(spec, &id.to_string()));
    }
    Ok(Item { id, live, pending })
}

/// The id of an item in a request.
///
/// Errors: 404 for text that is none.
pub fn id_of(spec: &Spec, text: &str) -> Result<Uuid, Failure> {
    ids::parse_uuid(text).ok_or_else(|| missing(spec, text))
}

pub fn missing(spec: &Spec, id: &str) -> Failure {
    Failure::not_found(Message::with("there is no {} \"{}\" in the {product}", [spec.noun, id]))
}

/// The newest item of a part that counts its versions, deleted ones included: its id and its number.
///
/// Ids rise with time and numbers with ids, so it is the one with the greatest name. `None` where there is none, and
/// where versions have no numbers.
pub async fn newest(spec: &Spec, reading: &Reading<'_>, product: SeenId) -> Result<Option<(Uuid, i64)>, Failure> {
    if reading.catalog().kind(spec.kind).field("version").is_none() {
        return Ok(None);
    }
    let last = |query| ListQuery { states: States::All, order: Order::Name, descending: true, limit: 1, ..query };
    let number = |fields: &Fields| fields.get("version").and_then(Value::as_i64).unwrap_or(0);
    let of_live = |record: Record| Some((record.id.uuid(), number(&record.body)));
    let live = reading.last_part(&product, last(oldest_first(spec.kind, reading)), of_live).await?;
    let mut found: Vec<(Uuid, i64)> = live.into_iter().collect();
    if spec.has_drafts() {
        let drafts = ListQuery { fields: vec![("part", spec.word.into())], ..oldest_first("draft", reading) };
        let of_draft = |record: Record| Pending::of(spec, record).map(|(id, pending)| (id, number(&pending.fields)));
        found.extend(reading.last_part(&product, last(drafts), of_draft).await?);
    }
    Ok(found.into_iter().reduce(|one, other| (one.0.max(other.0), one.1.max(other.1))))
}

/// What is live of a part and meets the conditions.
pub async fn live(
    spec: &Spec,
    reading: &Reading<'_>,
    product: SeenId,
    fields: Vec<(&'static str, Value)>,
) -> Result<Vec<Record>, Failure> {
    Ok(reading.all_parts(&product, ListQuery { fields, ..oldest_first(spec.kind, reading) }).await?)
}
