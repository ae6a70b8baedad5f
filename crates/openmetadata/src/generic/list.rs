//! `GET /{collection}`: pages in both directions, with filters that filter.

use emporion_catalog::caller::EVERYBODY;
use emporion_catalog::command::Ref;
use emporion_catalog::id::RecordId;
use emporion_catalog::kinds::test_case;
use emporion_catalog::load::Depth;
use emporion_catalog::query::{Keyset, KeysetKey, ListQuery, States};
use emporion_catalog::reading::Reading;
use emporion_catalog::record::{Record, View};
use emporion_catalog::relation;
use emporion_catalog::text::folded_words;
use emporion_edge::answer::Answer;
use emporion_edge::json_writer;
use serde_json::Value;

use super::states;
use crate::connection;
use crate::cursor::Cursor;
use crate::errors::{MEDIA_TYPE, OmResult};
use crate::noun::{Direction, Filter, FilterBy, Noun};
use crate::nouns;
use crate::operation::Call;
use crate::params::{self, FilterValue, ListParams, Page};
use crate::render;

/// Records read at once where all are looked at.
const PAGE: u32 = 1_000;

pub async fn list(call: Call, noun: &'static Noun) -> OmResult<Answer> {
    call.remembered(async || found(&call, noun, params::list(noun, &call.query())?).await).await
}

async fn found(call: &Call, noun: &'static Noun, params: ListParams) -> OmResult<Answer> {
    let reading = call.reading().await?;
    let Some(mut query) = query(call, &reading, noun, &params).await? else {
        return Ok(page(&[], 0, None, None));
    };
    let (descending, from) = match params.page {
        Page::First => (false, None),
        Page::After(cursor) => (false, Some(cursor)),
        Page::Before(cursor) => (true, Some(cursor)),
    };
    let is_first = from.is_none();
    query.descending = descending;
    query.after = from.map(|cursor| Keyset { key: KeysetKey::Name(cursor.name), id: RecordId::from_uuid(cursor.id) });
    query.limit = params.limit;
    let depth = render::depth(noun, call.kind(noun.kind_name), &params.fields);
    let mut found = reading.list(query, &depth).await?;
    drop(reading);
    if descending {
        found.views.reverse();
    }
    // In the direction of travel there is more where the list says so; behind lies what the cursor came from.
    let (more_before, more_after) = if descending { (found.more, true) } else { (!is_first, found.more) };
    let cursor =
        |view: Option<&View>| view.map(|view| Cursor { name: view.record.name.clone(), id: view.id().uuid() }.print());
    let before = cursor(found.views.first().filter(|_| more_before));
    let after = cursor(found.views.last().filter(|_| more_after));
    let rows = render::printed(&call.door, &call.caller, &call.base, noun, &found.views, &params.fields).await?;
    Ok(page(&rows, found.total, before, after))
}

/// The same list with pages that are found by their number.
pub async fn by_offset(call: Call, noun: &'static Noun) -> OmResult<Answer> {
    let (params, offset) = (params::list(noun, &call.query())?, params::offset(&call.query())?);
    let reading = call.reading().await?;
    let Some(mut query) = query(&call, &reading, noun, &params).await? else {
        return Ok(page(&[], 0, None, None));
    };
    if let Some(words) = params::value(&call.query(), "q") {
        query.containing = folded_words(&words.replace('*', " "));
    }
    query.limit = offset.saturating_add(params.limit);
    let depth = render::depth(noun, call.kind(noun.kind_name), &params.fields);
    let found = reading.list(query, &depth).await?;
    drop(reading);
    let views = found.views.get(offset as usize..).unwrap_or_default();
    let rows = render::printed(&call.door, &call.caller, &call.base, noun, views, &params.fields).await?;
    Ok(page(&rows, found.total, None, None))
}

/// The rows as they are printed, and where their neighbours are.
fn page(rows: &[Vec<u8>], total: u64, before: Option<String>, after: Option<String>) -> Answer {
    let length: usize = rows.iter().map(|row| row.len() + 1).sum();
    let mut body = Vec::with_capacity(length + 512);
    json_writer::object(&mut body, |page| {
        json_writer::list(page.name("data"), rows, |into, row| into.extend_from_slice(row));
        json_writer::object(page.name("paging"), |paging| {
            paging.member("total", &total);
            for (member, cursor) in [("before", before), ("after", after)] {
                if let Some(cursor) = cursor {
                    paging.member(member, &cursor);
                }
            }
        });
    });
    Answer::bytes(200, MEDIA_TYPE, body)
}

/// The query behind the parameters. `None` where a filter names nothing, so that nothing can match.
async fn query(
    call: &Call,
    reading: &Reading<'_>,
    noun: &'static Noun,
    params: &ListParams,
) -> OmResult<Option<ListQuery>> {
    let mut query = ListQuery::of(call.caller.account(), call.kind(noun.kind_name));
    query.states = states(params.include);
    for (filter, value) in &params.filters {
        if !narrow(reading, noun, &mut query, filter, value).await? {
            return Ok(None);
        }
    }
    Ok(Some(query))
}

/// Adds a filter to the query. False where nothing can match any more.
async fn narrow(
    reading: &Reading<'_>,
    noun: &'static Noun,
    query: &mut ListQuery,
    filter: &'static Filter,
    value: &FilterValue,
) -> OmResult<bool> {
    match (filter.by, value) {
        (FilterBy::Ancestor(kinds), FilterValue::Fqn(fqn)) => {
            let Some(above) = named(reading, kinds, fqn.as_deref()).await? else { return Ok(false) };
            let below = |inner: &str, outer: &str| inner == outer || inner.starts_with(&format!("{outer}."));
            match &query.within {
                Some(known) if below(known, &above.fqn) => {}
                Some(known) if !below(&above.fqn, known) => return Ok(false),
                _ => query.within = Some(above.fqn),
            }
        }
        (FilterBy::Parent(kinds), FilterValue::Fqn(fqn)) => {
            let Some(parent) = named(reading, kinds, fqn.as_deref()).await? else { return Ok(false) };
            query.parent = Some(parent.id);
        }
        (FilterBy::Domain, FilterValue::Fqn(fqn)) => {
            let Some(domain) = named(reading, &["domain"], fqn.as_deref()).await? else { return Ok(false) };
            query.linked.push((relation::IN_DOMAIN, vec![domain.id]));
        }
        (FilterBy::Related { relation: name, direction, kind }, FilterValue::Fqn(fqn)) => {
            let Some(other) = named(reading, &[kind], fqn.as_deref()).await? else { return Ok(false) };
            let Some(relation) = relation::by_name(name) else { return Ok(false) };
            // Nobody has to be made a member of the team of everybody.
            if relation == relation::MEMBER && other.parent.is_none() && other.fqn == EVERYBODY {
                return Ok(true);
            }
            match direction {
                Direction::Out => query.linked.push((relation, vec![other.id])),
                Direction::In => query.linked_from = Some((other.id, relation)),
            }
        }
        (FilterBy::Flag(field), FilterValue::Flag(flag)) => query.fields.push((field, Value::Bool(*flag))),
        (FilterBy::Text(field), FilterValue::Text(text)) => {
            let service = connection::of_kind(noun.kind_name).filter(|_| field == "service_type");
            let text = service.and_then(|service| service.canonical(text)).unwrap_or(text);
            query.fields.push((field, Value::from(text)));
        }
        (FilterBy::ParentType, FilterValue::Text(entity_type)) => {
            let Some(noun) = nouns::of_type(entity_type) else { return Ok(false) };
            let stands = |view: &View| view.parent().is_some_and(|above| above.kind.is(noun.kind_name));
            return only(reading, query, stands).await;
        }
        (FilterBy::Telling(is_meant), FilterValue::Text(text)) => {
            return only(reading, query, |view| is_meant(view, text)).await;
        }
        (FilterBy::Link, FilterValue::Link(tested, with_parts)) => {
            let Some(table) = named(reading, &["table"], Some(&tested.table)).await? else { return Ok(false) };
            query.parent = Some(table.id);
            query.within = tested.column.as_ref().map(|column| format!("{}.{column}", table.fqn));
            if !with_parts {
                let is_meant = |view: &View| test_case::column(&view.record.name) == tested.column;
                return only(reading, query, is_meant).await;
            }
        }
        (FilterBy::Suite, FilterValue::Fqn(fqn)) => {
            let Some(suite) = named(reading, &["test_suite"], fqn.as_deref()).await? else { return Ok(false) };
            match suite.parent {
                Some(table) if query.parent.is_none_or(|known| known == table) => query.parent = Some(table),
                Some(_) => return Ok(false),
                None => query.linked_from = Some((suite.id, relation::HAS_TEST)),
            }
        }
        (FilterBy::TextOr(field, default), FilterValue::Text(text)) if text == default => {
            return only(reading, query, |view| view.text(field).is_none_or(|known| known == text)).await;
        }
        (FilterBy::TextOr(field, _), FilterValue::Text(text)) => query.fields.push((field, Value::from(text.as_str()))),
        (FilterBy::Unheld, _) => return Ok(false),
        _ => {}
    }
    Ok(true)
}

/// Narrows the query to records that only a look at them tells. False where there are none.
///
/// Cost: all that the query finds so far are read, so it is for kinds of which there are few.
async fn only(reading: &Reading<'_>, query: &mut ListQuery, is_meant: impl Fn(&View) -> bool) -> OmResult<bool> {
    let all = ListQuery { limit: PAGE, ..query.clone() };
    let views = all_of(reading, all).await?;
    let ids: Vec<RecordId> = views.iter().filter(|view| is_meant(view)).map(View::id).collect();
    let is_any = !ids.is_empty();
    query.ids = Some(ids);
    Ok(is_any)
}

/// The record of one of the kinds that a filter names by FQN or id, deleted ones included, as far as the caller may know
/// of it.
async fn named(reading: &Reading<'_>, kinds: &[&'static str], fqn: Option<&str>) -> OmResult<Option<Record>> {
    let Some(fqn) = fqn else { return Ok(None) };
    for kind in kinds {
        let kind = reading.catalog().kind(kind);
        let target = match fqn.parse() {
            Ok(id) => Ref::Id(kind, id),
            Err(_) => Ref::Name(kind, fqn.to_owned()),
        };
        if let Some(record) = reading.find(&target).await? {
            return Ok(Some(record));
        }
    }
    Ok(None)
}

/// Every living record below an FQN, page by page.
pub async fn all_within(call: &Call, noun: &'static Noun, fqn: &str) -> OmResult<Vec<View>> {
    let mut query = ListQuery::of(call.caller.account(), call.kind(noun.kind_name));
    query.states = States::Alive;
    query.within = Some(fqn.to_owned());
    query.limit = PAGE;
    all_of(&call.reading().await?, query).await
}

async fn all_of(reading: &Reading<'_>, mut query: ListQuery) -> OmResult<Vec<View>> {
    let mut all: Vec<View> = Vec::new();
    loop {
        let page = reading.list(query.clone(), &Depth::bare()).await?;
        query.after = page.views.last().map(|view| query.keyset(&view.record));
        all.extend(page.views);
        if !page.more {
            return Ok(all);
        }
    }
}
