//! What a request asks for, beside its query.

use emporion_catalog::query::States;
use emporion_edge::shape::Struct;

use super::indexes::nouns;
use super::order::Sort;
use super::query::Query;
use crate::errors::{OmError, OmResult};
use crate::noun::Noun;
use crate::operation::Call;
use crate::params;

const SIZE: u32 = 10;
const MOST: u32 = 10_000;

pub struct SearchRequest {
    pub query: Query,
    /// What hits are to be like beside it; what is counted is not.
    pub post: Option<Query>,
    pub nouns: Vec<&'static Noun>,
    pub states: States,
    pub from: usize,
    pub size: usize,
    pub sort: Option<Sort>,
    /// The place behind which the page begins.
    pub after: Option<Vec<String>>,
    pub source: Source,
    /// Whether values are counted.
    pub is_counted: bool,
}

/// What hits show.
#[derive(Default)]
pub struct Source {
    pub is_left_out: bool,
    /// Members; all where empty.
    pub only: Vec<String>,
    pub without: Vec<String>,
}

impl SearchRequest {
    pub fn read(call: &Call, query: Query, params: &[(String, String)]) -> OmResult<SearchRequest> {
        let deleted = params::flag(params, "deleted", false)?;
        // Totals are exact in any case.
        params::flag(params, "track_total_hits", false)?;
        let number = |name: &str, default: u32, most: u32| match params::value(params, name) {
            None => Ok(default as usize),
            Some(text) => {
                let number = text.parse::<u32>().ok().filter(|number| *number <= most);
                let rule = || OmError::query_param(name, format_args!("must be a number from 0 to {most}"));
                number.map(|number| number as usize).ok_or_else(rule)
            }
        };
        let nouns = nouns(call, params::value(params, "index").unwrap_or("all"))?;
        let sort = Sort::read(params, &nouns)?;
        let fields = |name: &'static str| -> Vec<String> {
            let given = params.iter().filter(move |(known, _)| known == name);
            given
                .flat_map(|(_, text)| text.split(','))
                .map(root)
                .filter(|field| !field.is_empty())
                .map(str::to_owned)
                .collect()
        };
        Ok(SearchRequest {
            query,
            post: None,
            nouns,
            states: if deleted { States::Deleted } else { States::Alive },
            from: number("from", 0, u32::MAX)?,
            size: number("size", SIZE, MOST)?,
            after: after(sort.as_ref(), params)?,
            sort,
            source: Source {
                is_left_out: !params::flag(params, "fetch_source", true)?,
                only: fields("include_source_fields"),
                without: fields("exclude_source_fields"),
            },
            is_counted: params::flag(params, "include_aggregations", true)?,
        })
    }
}

/// Where the page begins: one value after the other, or all in one with commas between.
fn after(sort: Option<&Sort>, params: &[(String, String)]) -> OmResult<Option<Vec<String>>> {
    let given: Vec<&str> =
        params.iter().filter(|(name, _)| name == "search_after").map(|(_, text)| text.as_str()).collect();
    if given.iter().all(|text| text.is_empty()) {
        return Ok(None);
    }
    let Some(sort) = sort else {
        return Err(OmError::query_param("search_after", "needs a sort_field"));
    };
    let place = sort.place_of(&given);
    place.map(Some).ok_or_else(|| OmError::query_param("search_after", "must be what \"sort\" of a hit says"))
}

pub fn root(path: &str) -> &str {
    path.trim().split('.').next().unwrap_or("")
}

/// Errors: 400 for a parameter that the operation does not have: without it the answer would be one to something else.
pub fn only(params: &[(String, String)], known: &Struct) -> OmResult<()> {
    let is_known = |name: &str| known.members.iter().any(|member| member.name == name);
    match params.iter().find(|(name, _)| !is_known(name)) {
        Some((name, _)) => Err(OmError::query_param(name, "is not answered by this search")),
        None => Ok(()),
    }
}

/// Errors: 400 where one of these, which change what is answered, is wanted.
pub fn only_without(params: &[(String, String)], unanswered: &[&str]) -> OmResult<()> {
    for name in unanswered {
        if params::flag(params, name, false)? {
            return Err(OmError::query_param(name, "is not answered by this search"));
        }
    }
    Ok(())
}
