//! Pages of lists: how many, from where, and the signed cursor that leads to the next one.

use emporion_catalog::id::{AccountId, Millis, RecordId};
use emporion_catalog::purpose_keys::PurposeKeys;
use emporion_catalog::query::{Keyset, KeysetKey, ListQuery, Order};
use emporion_catalog::read::Page;
use emporion_catalog::record::View;
use emporion_edge::cursor;
use emporion_edge::fingerprint::Fingerprint;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::failure::{Code, Failure};

/// Both the most a client may ask for and what it gets when it asks for nothing: a client that knows no pages sees
/// everything while everything is at most this much.
pub const MAX_LIMIT: usize = 100;

/// Parameters that say which part of a list is wanted, not which list.
const PAGING: &[&str] = &["limit", "cursor", "includeTotal", "strict"];

/// What the client asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    pub limit: usize,
    pub cursor: Option<String>,
    pub include_total: bool,
    /// What else the list is asked for by: a cursor counts for the same alone.
    pub filters: Map<String, Value>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pagination {
    /// `None` on the last page.
    pub next_cursor: Option<String>,
    pub limit: usize,
}

/// One page of a list.
pub struct ListPage<T> {
    pub items: Vec<T>,
    /// Of all pages together.
    pub total: u64,
    pub pagination: Pagination,
}

/// A place in the order of a list: the sort key of the last item that was given out, and its id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    pub key: SortKey,
    pub id: Uuid,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum SortKey {
    Millis(i64),
    Text(String),
}

/// One list of one account under certain filters: what a cursor is bound to.
#[derive(Debug, Clone)]
pub struct CursorScope {
    purpose: String,
}

impl PageRequest {
    /// From a query that has been checked against the shapes.
    pub fn of(query: &Map<String, Value>) -> PageRequest {
        let limit = query.get("limit").and_then(Value::as_u64).and_then(|limit| usize::try_from(limit).ok());
        let filters = query.iter().filter(|(key, _)| !PAGING.contains(&key.as_str()));
        PageRequest {
            limit: limit.unwrap_or(MAX_LIMIT).clamp(1, MAX_LIMIT),
            cursor: query.get("cursor").and_then(Value::as_str).map(str::to_owned),
            include_total: query.get("includeTotal").and_then(Value::as_bool).unwrap_or(false),
            filters: filters.map(|(key, value)| (key.clone(), value.clone())).collect(),
        }
    }

    /// A page of so many of an unfiltered list: the first one, or the one that begins at a cursor.
    pub fn at(limit: usize, cursor: &str) -> PageRequest {
        let cursor = Some(cursor.to_owned()).filter(|cursor| !cursor.is_empty());
        PageRequest { limit, cursor, include_total: false, filters: Map::new() }
    }
}

impl CursorScope {
    /// `name` tells lists apart (and the product that a sub-list belongs to).
    ///
    /// By which path a list is asked for is not part of it: a client that moves to another one keeps its place.
    pub fn of(account: AccountId, name: &str, page: &PageRequest) -> CursorScope {
        let hash = Fingerprint::of_json(&http::Method::GET, name, &Value::Object(page.filters.clone()));
        let hash: String = hash.0[..16].iter().map(|byte| format!("{byte:02x}")).collect();
        CursorScope { purpose: format!("bobsled/{account}/{name}/{hash}") }
    }

    pub fn seal(&self, keys: &PurposeKeys, position: &Position) -> String {
        let key = match &position.key {
            SortKey::Millis(millis) => Value::from(*millis),
            SortKey::Text(text) => Value::from(text.as_str()),
        };
        cursor::seal(keys, &self.purpose, &json!({"v": 1, "k": [key, position.id.to_string()]}))
    }

    /// Errors: `INVALID_CURSOR` for a cursor that was changed, or made for another list, account or filter.
    pub fn open(&self, keys: &PurposeKeys, cursor: &str) -> Result<Position, Failure> {
        cursor::open(keys, &self.purpose, cursor).as_ref().and_then(read).ok_or_else(invalid_cursor)
    }

    /// Where a page begins, in a list that is sorted by times or numbers.
    ///
    /// Errors: `INVALID_CURSOR`, also for a place in a list that is sorted otherwise.
    pub fn after_millis(&self, keys: &PurposeKeys, page: &PageRequest) -> Result<Option<(i64, Uuid)>, Failure> {
        let Some(cursor) = &page.cursor else { return Ok(None) };
        match self.open(keys, cursor)? {
            Position { key: SortKey::Millis(millis), id } => Ok(Some((millis, id))),
            Position { key: SortKey::Text(_), .. } => Err(invalid_cursor()),
        }
    }

    /// The same for a query whose order is one of times.
    pub fn after(&self, keys: &PurposeKeys, page: &PageRequest) -> Result<Option<Keyset>, Failure> {
        let keyset = |(millis, id)| Keyset { key: KeysetKey::At(Millis(millis)), id: RecordId::from_uuid(id) };
        Ok(self.after_millis(keys, page)?.map(keyset))
    }

    /// The query for a page of records, oldest first.
    pub fn query(&self, keys: &PurposeKeys, page: &PageRequest, records: ListQuery) -> Result<ListQuery, Failure> {
        let limit = u32::try_from(page.limit).unwrap_or(u32::MAX);
        Ok(ListQuery { order: Order::Created, limit, after: self.after(keys, page)?, ..records })
    }

    /// How to go on after what such a query found.
    pub fn pagination_after(&self, keys: &PurposeKeys, page: &PageRequest, found: &Page) -> Pagination {
        let last = found.views.last().filter(|_| found.more);
        let position = |view: &View| Position { key: SortKey::Millis(view.record.created.at.0), id: view.id().uuid() };
        self.pagination(keys, page, last.map(position))
    }

    /// How to go on after the last item of a page, where there is more.
    pub fn pagination(&self, keys: &PurposeKeys, page: &PageRequest, more_after: Option<Position>) -> Pagination {
        Pagination { next_cursor: more_after.map(|position| self.seal(keys, &position)), limit: page.limit }
    }

    /// A page of a list that is there as a whole, in its order; `is_after` says of two places whether the first one comes
    /// later in it.
    pub fn page<T>(
        &self,
        keys: &PurposeKeys,
        page: &PageRequest,
        items: Vec<T>,
        place: impl Fn(&T) -> Position,
        is_after: fn(&Position, &Position) -> bool,
    ) -> Result<ListPage<T>, Failure> {
        let after = page.cursor.as_deref().map(|cursor| self.open(keys, cursor)).transpose()?;
        let total = items.len() as u64;
        let rest = items.into_iter().filter(|item| after.as_ref().is_none_or(|after| is_after(&place(item), after)));
        let (items, pagination) = self.cut(keys, page, rest, &place);
        Ok(ListPage { items, total, pagination })
    }

    /// The first of the items, as many as a page holds, and how to go on where there are more.
    pub fn cut<T>(
        &self,
        keys: &PurposeKeys,
        page: &PageRequest,
        items: impl IntoIterator<Item = T>,
        position: impl FnOnce(&T) -> Position,
    ) -> (Vec<T>, Pagination) {
        let mut fetched: Vec<T> = items.into_iter().take(page.limit + 1).collect();
        let has_more = fetched.len() > page.limit;
        fetched.truncate(page.limit);
        let last = if has_more { fetched.last() } else { None };
        let pagination = self.pagination(keys, page, last.map(position));
        (fetched, pagination)
    }
}

fn invalid_cursor() -> Failure {
    Failure::new(Code::INVALID_CURSOR, "the cursor was not made by this server for this list and these filters")
}

fn read(payload: &Value) -> Option<Position> {
    if payload.get("v")?.as_i64()? != 1 {
        return None;
    }
    let [key, id] = payload.get("k")?.as_array()?.as_slice() else {
        return None;
    };
    let key = match key {
        Value::String(text) => SortKey::Text(text.clone()),
        number => SortKey::Millis(number.as_i64()?),
    };
    Some(Position { key, id: Uuid::try_parse(id.as_str()?).ok()? })
}

#[cfg(test)]
mod tests {
    use emporion_catalog::purpose_keys::DerivedKeys;

    use super::*;

    fn keys(byte: u8) -> PurposeKeys {
        PurposeKeys::new(move || DerivedKeys { newest: [byte; 32], older: Vec::new() })
    }

    fn request(query: Value) -> PageRequest {
        PageRequest::of(query.as_object().expect("an object"))
    }

    fn position(millis: i64) -> Position {
        Position { key: SortKey::Millis(millis), id: Uuid::from_u128(7) }
    }

    #[test]
    fn without_a_limit_one_page_holds_a_hundred() {
        assert_eq!(PageRequest::of(&Map::new()), PageRequest::at(100, ""));
        let asked = request(json!({"limit": 3, "cursor": "c", "includeTotal": true}));
        assert_eq!(asked, PageRequest { include_total: true, ..PageRequest::at(3, "c") });
    }

    #[test]
    fn a_cursor_leads_back_to_its_position() {
        let list = CursorScope::of(AccountId::fresh(), "dataProducts", &request(json!({"search": "x"})));
        for key in [SortKey::Millis(-5), SortKey::Text("Élan".to_owned())] {
            let position = Position { key, id: Uuid::from_u128(42) };
            assert_eq!(list.open(&keys(7), &list.seal(&keys(7), &position)), Ok(position));
        }
    }

    #[test]
    fn a_cursor_is_bound_to_list_account_and_filters_but_not_to_the_limit() {
        let [one, other] = [AccountId::fresh(), AccountId::fresh()];
        let asked = request(json!({"search": "x", "limit": 3}));
        let sealed = CursorScope::of(one, "dataProducts", &asked).seal(&keys(7), &position(1));
        let open = |account: AccountId, name: &str, query: Value| {
            CursorScope::of(account, name, &request(query)).open(&keys(7), &sealed).map_err(|failure| failure.code)
        };
        assert_eq!(open(one, "dataProducts", json!({"limit": 50, "search": "x", "cursor": "c"})), Ok(position(1)));
        assert_eq!(open(other, "dataProducts", json!({"search": "x"})), Err(Code::INVALID_CURSOR));
        assert_eq!(open(one, "dataSources", json!({"search": "x"})), Err(Code::INVALID_CURSOR));
        assert_eq!(open(one, "dataProducts", json!({"search": "y"})), Err(Code::INVALID_CURSOR));
    }

    #[test]
    fn a_tampered_cursor_is_refused() {
        let list = CursorScope::of(AccountId::fresh(), "dataProducts", &PageRequest::at(2, ""));
        let sealed = list.seal(&keys(7), &position(1));
        assert!(list.open(&keys(8), &sealed).is_err());
        assert!(list.open(&keys(7), &sealed[1..]).is_err());
        assert!(list.open(&keys(7), "").is_err());
        let unsigned = cursor::encode(&json!({"v": 1, "k": [1, Uuid::from_u128(7).to_string()]}));
        assert!(list.open(&keys(7), &unsigned).is_err());
    }

    #[test]
    fn only_a_page_with_more_behind_it_has_a_cursor() {
        let list = CursorScope::of(AccountId::fresh(), "dataProducts", &PageRequest::at(2, ""));
        let page = PageRequest::at(2, "");
        let (items, pagination) = list.cut(&keys(7), &page, vec![1, 2, 3], |millis| position(*millis));
        assert_eq!(items, [1, 2]);
        assert_eq!(list.open(&keys(7), &pagination.next_cursor.expect("a cursor")), Ok(position(2)));
        let (items, pagination) = list.cut(&keys(7), &page, vec![1, 2], |millis| position(*millis));
        assert_eq!((items, pagination), (vec![1, 2], Pagination { next_cursor: None, limit: 2 }));
    }
}
