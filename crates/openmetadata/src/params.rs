//! Query parameters of lists and reads: `fields`, `include`, `limit`, cursors, filters.
//!
//! A filter that is silently ignored is a data-loss hazard (clients delete what a filtered list should not have shown), so
//! a parameter that is a filter of any collection is either applied or refused. Parameters that filter nothing anywhere
//! are ignored.

use emporion_edge::request::Request;

use crate::cursor::Cursor;
use crate::errors::{OmError, OmResult};
use crate::noun::{Fields, Filter, FilterBy, Noun};
use crate::nouns;
use crate::nouns::test_case::Tested;

pub const DEFAULT_LIMIT: u32 = 10;
pub const MAX_LIMIT: u32 = 1_000_000;

/// Filters of collections that this door does not serve, or not yet.
const OTHER_FILTERS: &[&str] = &[
    "apiCollection",
    "dataContractId",
    "entityFQN",
    "entityId",
    "hasEmailVerified",
    "parentId",
    "root",
    "serviceName",
    "testDefinitionId",
];

/// Which records a read sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Include {
    #[default]
    NonDeleted,
    Deleted,
    All,
}

/// Which page of a list is meant.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Page {
    #[default]
    First,
    After(Cursor),
    Before(Cursor),
}

/// The parameters of a read of one entity.
#[derive(Debug, Clone)]
pub struct ReadParams {
    pub fields: Fields,
    pub include: Include,
}

/// The parameters of a list.
#[derive(Debug, Clone)]
pub struct ListParams {
    pub fields: Fields,
    pub include: Include,
    /// 0 asks for the total only.
    pub limit: u32,
    pub page: Page,
    pub filters: Vec<(&'static Filter, FilterValue)>,
}

/// The value of a filter, in the form that it compares with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FilterValue {
    /// A canonical FQN. `None`: the text is no FQN, so nothing matches.
    Fqn(Option<String>),
    Text(String),
    Flag(bool),
    /// What tests are of, and whether those of its parts are meant as well.
    Link(Tested, bool),
}

/// Reads `fields` and `include`.
pub fn read(noun: &Noun, query: &[(String, String)]) -> OmResult<ReadParams> {
    Ok(ReadParams { fields: fields(noun, query)?, include: include(noun, query)? })
}

/// Reads every parameter of a list.
pub fn list(noun: &Noun, query: &[(String, String)]) -> OmResult<ListParams> {
    Ok(ListParams {
        fields: fields(noun, query)?,
        include: include(noun, query)?,
        limit: limit(query, DEFAULT_LIMIT, MAX_LIMIT)?,
        page: page(query)?,
        filters: filters(noun, query)?,
    })
}

/// The first parameter of that name that is not empty.
pub fn value<'a>(query: &'a [(String, String)], name: &str) -> Option<&'a str> {
    query.iter().find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.as_str())
}

/// `true` or `false`; absent is `default`.
pub fn flag(query: &[(String, String)], name: &str, default: bool) -> OmResult<bool> {
    match value(query, name) {
        None => Ok(default),
        Some(text) if text.eq_ignore_ascii_case("true") => Ok(true),
        Some(text) if text.eq_ignore_ascii_case("false") => Ok(false),
        Some(_) => Err(OmError::query_param(name, "must be true or false")),
    }
}

/// `limit` within its bounds.
pub fn limit(query: &[(String, String)], default: u32, max: u32) -> OmResult<u32> {
    limit_up_to(query, "limit", default, max)
}

/// A limit of another name.
pub fn limit_up_to(query: &[(String, String)], name: &str, default: u32, max: u32) -> OmResult<u32> {
    let limit = integer(query, name, i64::from(default))?;
    if limit < 0 {
        return Err(OmError::query_param(name, "must be greater than or equal to 0"));
    }
    u32::try_from(limit)
        .ok()
        .filter(|limit| *limit <= max)
        .ok_or_else(|| OmError::query_param(name, format_args!("must be less than or equal to {max}")))
}

/// `offset` of the lists that page by number.
pub fn offset(query: &[(String, String)]) -> OmResult<u32> {
    offset_of(query, "offset")
}

/// An offset of another name.
pub fn offset_of(query: &[(String, String)], name: &str) -> OmResult<u32> {
    u32::try_from(integer(query, name, 0)?)
        .map_err(|_| OmError::query_param(name, "must be greater than or equal to 0"))
}

/// A point in time in milliseconds; empty is absent.
pub fn instant(query: &[(String, String)], name: &str, default: i64) -> OmResult<i64> {
    if value(query, name).is_none() { Ok(default) } else { integer(query, name, default) }
}

fn integer(query: &[(String, String)], name: &str, default: i64) -> OmResult<i64> {
    // An empty number is a mistake, unlike an empty filter.
    match query.iter().find(|(key, _)| key == name).map(|(_, text)| text) {
        None => Ok(default),
        Some(text) => text.parse().map_err(|_| OmError::query_param(name, "must be a whole number")),
    }
}

/// `before` or `after`.
pub fn page(query: &[(String, String)]) -> OmResult<Page> {
    match (value(query, "before"), value(query, "after")) {
        (Some(_), Some(_)) => Err(OmError::both_cursors()),
        (Some(text), None) => Cursor::parse("before", text).map(Page::Before),
        (None, Some(text)) => Cursor::parse("after", text).map(Page::After),
        (None, None) => Ok(Page::First),
    }
}

/// `fields`: a list with commas, or `*`. Members that need not be asked for may be named as well.
pub fn fields(noun: &Noun, query: &[(String, String)]) -> OmResult<Fields> {
    let Some(text) = value(query, "fields") else { return Ok(Fields::NONE) };
    let (mut fields, mut all) = (Vec::new(), false);
    for field in text.split(',').map(str::trim).filter(|field| !field.is_empty()) {
        if field == "*" {
            all = true;
        } else if noun.fields.contains(&field) {
            fields.push(field.to_owned());
        } else if !noun.entity.members.iter().any(|member| member.name == field) {
            return Err(OmError::invalid_field(field));
        }
    }
    Ok(if all { Fields::All } else { Fields::These(fields) })
}

/// `include`; kinds that show no deleted records have only one.
pub fn include(noun: &Noun, query: &[(String, String)]) -> OmResult<Include> {
    let given = match value(query, "include") {
        None => Include::NonDeleted,
        Some(text) => include_of(text)
            .ok_or_else(|| OmError::query_param("include", "must be one of [all, deleted, non-deleted]"))?,
    };
    Ok(if noun.soft_delete { given } else { Include::NonDeleted })
}

fn include_of(text: &str) -> Option<Include> {
    match text {
        "non-deleted" => Some(Include::NonDeleted),
        "deleted" => Some(Include::Deleted),
        "all" => Some(Include::All),
        _ => None,
    }
}

fn filters(noun: &Noun, query: &[(String, String)]) -> OmResult<Vec<(&'static Filter, FilterValue)>> {
    let mut filters: Vec<(&'static Filter, FilterValue)> = Vec::new();
    for (name, text) in query.iter().filter(|(_, text)| !text.is_empty()) {
        let Some(filter) = noun.filter(name) else {
            if is_filter_somewhere(name) {
                return Err(OmError::query_param(name, format_args!("is not a filter of {}", noun.collection)));
            }
            continue;
        };
        if filters.iter().any(|(known, _)| known.name == filter.name) {
            return Err(OmError::query_param(name, "must be given once"));
        }
        let value = match filter.by {
            FilterBy::Nothing => continue,
            FilterBy::Flag(_) => FilterValue::Flag(flag(query, name, false)?),
            FilterBy::Text(_)
            | FilterBy::TextOr(..)
            | FilterBy::ParentType
            | FilterBy::Telling(_)
            | FilterBy::Unheld => FilterValue::Text(text.clone()),
            FilterBy::Link => FilterValue::Link(Tested::read(text)?, flag(query, "includeAllTests", false)?),
            FilterBy::Ancestor(_)
            | FilterBy::Parent(_)
            | FilterBy::Domain
            | FilterBy::Suite
            | FilterBy::Related { .. } => FilterValue::Fqn(crate::names::canonical(text)),
        };
        filters.push((filter, value));
    }
    Ok(filters)
}

fn is_filter_somewhere(name: &str) -> bool {
    OTHER_FILTERS.contains(&name) || nouns::all().any(|noun| noun.filter(name).is_some())
}

/// A name from a path, freed of the `&include=…` that the stock client glues to it where it should begin a query.
///
/// Only an ampersand that stands unescaped in the path is meant: one that belongs to the name arrives as `%26`.
pub fn name_in_path(request: &Request, param: &str) -> (String, Option<Include>) {
    let name = request.param(param);
    for (suffix, include) in [
        ("&include=all", Include::All),
        ("&include=deleted", Include::Deleted),
        ("&include=non-deleted", Include::NonDeleted),
    ] {
        if let Some(plain) = name.strip_suffix(suffix)
            && request.raw_path.ends_with(suffix)
        {
            return (plain.to_owned(), Some(include));
        }
    }
    (name.to_owned(), None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(text: &str) -> Vec<(String, String)> {
        let pair = |pair: &str| pair.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned()));
        text.split('&').filter_map(pair).collect()
    }

    fn noun(collection: &str) -> &'static Noun {
        nouns::of_collection(collection).expect("a known collection")
    }

    fn refused(collection: &str, text: &str) -> String {
        let error = list(noun(collection), &query(text)).expect_err("should be refused");
        assert_eq!(error.status, 400);
        error.message
    }

    #[test]
    fn defaults_are_ten_rows_of_the_living_without_fields() {
        let params = list(noun("tables"), &[]).expect("nothing is wrong");
        assert_eq!((params.limit, params.include, params.page), (10, Include::NonDeleted, Page::First));
        assert_eq!(params.fields, Fields::NONE);
        assert!(params.filters.is_empty());
    }

    #[test]
    fn limits_have_bounds() {
        assert_eq!(list(noun("tables"), &query("limit=0")).expect("0 is fine").limit, 0);
        assert_eq!(list(noun("tables"), &query("limit=1000000")).expect("fine").limit, 1_000_000);
        assert_eq!(refused("tables", "limit=-1"), "query param limit must be greater than or equal to 0");
        assert_eq!(refused("tables", "limit=1000001"), "query param limit must be less than or equal to 1000000");
        assert_eq!(refused("tables", "limit=ten"), "query param limit must be a whole number");
    }

    #[test]
    fn fields_are_checked_by_name() {
        let fields = list(noun("tables"), &query("fields=owners, tags")).expect("fine").fields;
        assert!(fields.wants("owners") && fields.wants("tags") && !fields.wants("domains"));
        assert_eq!(list(noun("tables"), &query("fields=*")).expect("fine").fields, Fields::All);
        let fields = list(noun("tables"), &query("fields=description,databaseSchema,tags")).expect("fine").fields;
        assert_eq!(fields, Fields::These(vec!["tags".into()]));
        for list in ["owners,nope", "*,nope", "nope,*"] {
            assert_eq!(refused("tables", &format!("fields={list}")), "Invalid field name nope");
        }
        assert_eq!(list(noun("tables"), &query("fields=owners,*")).expect("fine").fields, Fields::All);
    }

    #[test]
    fn a_filter_of_another_collection_is_refused_and_other_parameters_are_ignored() {
        let params = list(noun("tables"), &query("databaseSchema=s.d.sc&cacheBuster=1&async=true")).expect("fine");
        assert_eq!(params.filters[0].1, FilterValue::Fqn(Some("s.d.sc".into())));
        assert_eq!(
            refused("dataProducts", "databaseSchema=s.d.sc"),
            "query param databaseSchema is not a filter of dataProducts"
        );
        assert!(refused("tables", "testSuiteId=x").contains("testSuiteId"));
        assert!(refused("tables", "database=a&database=b").contains("once"));
        assert!(refused("users", "isBot=maybe").contains("isBot"));
        assert_eq!(
            list(noun("tables"), &query("service=a..b")).expect("fine").filters[0].1,
            FilterValue::Fqn(None),
            "what is no FQN matches nothing"
        );
    }

    #[test]
    fn include_is_checked_and_means_nothing_where_nothing_deleted_is_shown() {
        assert_eq!(list(noun("tables"), &query("include=all")).expect("fine").include, Include::All);
        assert_eq!(list(noun("dataProducts"), &query("include=all")).expect("fine").include, Include::NonDeleted);
        assert!(refused("tables", "include=some").contains("include"));
    }

    #[test]
    fn one_cursor_at_a_time() {
        let cursor = Cursor { name: "n".into(), id: uuid::Uuid::nil() };
        let text = cursor.print();
        assert_eq!(list(noun("tables"), &query(&format!("after={text}"))).expect("fine").page, Page::After(cursor));
        assert_eq!(
            refused("tables", &format!("after={text}&before={text}")),
            "Only one of before or after query parameter allowed"
        );
        assert!(refused("tables", "before=x").contains("before"));
    }

    #[test]
    fn an_include_glued_to_the_name_is_taken_off() {
        let request = |raw: &str, name: &str| Request {
            raw_path: raw.into(),
            params: vec![("fqn", name.into())],
            ..Request::new(http::Method::GET, "")
        };
        let glued = request("/v1/tables/name/a.b&include=all", "a.b&include=all");
        assert_eq!(name_in_path(&glued, "fqn"), ("a.b".into(), Some(Include::All)));
        let own = request("/v1/tables/name/a.b%26include%3Dall", "a.b&include=all");
        assert_eq!(name_in_path(&own, "fqn"), ("a.b&include=all".into(), None));
    }
}
