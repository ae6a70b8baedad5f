//! A query that is given: what it names is looked up as its giver sees it, and kept beside it.

use serde_json::{Map, Value, json};

use super::{language, unmet};
use crate::command::Ref;
use crate::context::Context;
use crate::finder::Condition;
use crate::id::{EdgeId, Millis, RecordId, Revision};
use crate::kind::Kind;
use crate::member_language::{Means, Named, Standing};
use crate::name::fold;
use crate::problem::Problem;
use crate::record::{Edge, Record, View};
use crate::relation::{BY_QUERY, HAS_ASSET, MEMBER_QUERY, MEMBERS_KEPT};
use crate::resolve;

/// How many namesakes a name may mean.
const NAMESAKES: u32 = 1_000;

/// Since when a product's query misses something, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missed {
    /// There are as many members as there may be.
    Full,
    /// Whoever gave the query may no longer edit the product.
    Giver,
    /// What keeps somebody from rows would have been taken off.
    HeldBack,
}

impl Missed {
    pub const ALL: [Missed; 3] = [Missed::Full, Missed::Giver, Missed::HeldBack];

    pub const fn name(self) -> &'static str {
        match self {
            Missed::Full => "full",
            Missed::Giver => "giver",
            Missed::HeldBack => "held_back",
        }
    }
}

/// What is kept of a query, for those who show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    pub query: String,
    pub by: RecordId,
    pub since: Millis,
    /// What it names. Whoever does not see all of it is not told what the query says.
    pub names: Vec<RecordId>,
    /// Since when something that matches is not let in, and why.
    pub missed: Option<(Missed, Millis)>,
}

impl Given {
    /// The query of a product.
    pub fn of(product: &Record) -> Option<Given> {
        let kept = product.body.get(MEMBERS_KEPT)?;
        let missed = kept.get("missed").and_then(|missed| {
            let why = missed.get("why")?.as_str()?;
            let why = Missed::ALL.into_iter().find(|known| known.name() == why)?;
            Some((why, Millis(missed.get("at")?.as_i64()?)))
        });
        Some(Given {
            query: product.body.get(MEMBER_QUERY)?.as_str()?.to_owned(),
            by: kept.get("by")?.as_str()?.parse().ok()?,
            since: Millis(kept.get("since")?.as_i64()?),
            names: {
                let mut names: Vec<RecordId> = kept.get("means").map(means)?.into_values().flatten().collect();
                names.sort_unstable();
                names.dedup();
                names
            },
            missed,
        })
    }
}

/// Notes that something was missed; what was noted first stays. Answers whether that is new.
pub(super) fn miss(product: &mut View, missed: Missed, now: Millis) -> bool {
    let body = &mut product.record.body;
    let Some(Value::Object(mut kept)) = body.get(MEMBERS_KEPT).cloned() else { return false };
    let is_new = !kept.contains_key("missed");
    if is_new {
        kept.insert("missed".to_owned(), json!({"why": missed.name(), "at": now.0}));
        body.insert(MEMBERS_KEPT.to_owned(), kept.into());
    }
    is_new
}

/// A query as the caller gives it, with what is kept of it.
///
/// Errors: what is wrong with it, as a rule.
pub(crate) async fn keep(
    cx: &Context<'_>,
    product: RecordId,
    query: &str,
) -> Result<Result<(Standing, Value), String>, Problem> {
    let Some(language) = language(cx) else {
        return Ok(Err("cannot be read by this program; give it to the server".to_owned()));
    };
    let named = match language.names(cx.registry, query) {
        Ok(named) => named,
        Err(fault) => return Ok(Err(fault)),
    };
    let mut means = Means::new();
    for name in named {
        let found = meant(cx, &name).await?;
        if found.is_empty() {
            return Ok(Err(format!("names a {} {:?}, which does not exist", name.field, name.text)));
        }
        means.insert(name.key(), found);
    }
    let condition = match language.condition(cx.registry, query, &means) {
        Ok(condition) => condition,
        Err(fault) => return Ok(Err(fault)),
    };
    let giver = cx.caller.principal.user;
    let standing = Standing::new(cx.registry, product, giver, condition);
    let mut properties = language.properties(query);
    let had: Vec<&Condition> = properties.iter().map(|property| &property.has).collect();
    if let Some(at) = unmet(cx, &standing.kinds, &had, &cx.caller.principal).await? {
        return Ok(Err(properties.swap_remove(at).missing));
    }
    let kept: Map<String, Value> = means
        .iter()
        .map(|(key, ids)| (key.clone(), ids.iter().map(RecordId::to_string).collect::<Vec<_>>().into()))
        .collect();
    let kept = json!({"by": giver.to_string(), "since": cx.now.0, "means": kept});
    Ok(Ok((standing, kept)))
}

/// What names were found to mean, as it is kept.
pub(super) fn means(kept: &Value) -> Means {
    let ids = |ids: &Value| ids.as_array().into_iter().flatten().filter_map(|id| id.as_str()?.parse().ok()).collect();
    kept.as_object().into_iter().flatten().map(|(key, found)| (key.clone(), ids(found))).collect()
}

/// The living records that a name means to the caller: by their ids, whole names, or names.
async fn meant(cx: &Context<'_>, name: &Named) -> Result<Vec<RecordId>, Problem> {
    let mut found: Vec<Record> = Vec::new();
    for kind in cx.registry.iter().filter(|kind| is_named(name.field, *kind)) {
        let references = match name.text.parse::<RecordId>() {
            Ok(id) => vec![Ref::Id(kind, id)],
            Err(_) => vec![Ref::Name(kind, name.text.clone())],
        };
        for reference in references {
            match resolve::find(cx.snapshot, cx.account(), &reference).await {
                Ok(record) => found.extend(record),
                Err(Problem::Ambiguous { .. }) => {
                    let folded = fold(&name.text);
                    found.extend(cx.snapshot.by_folded_name(cx.account(), kind, &folded, NAMESAKES).await?);
                }
                Err(problem) => return Err(problem),
            }
        }
    }
    found.retain(|record| record.state.is_alive());
    let asked: Vec<&Record> = found.iter().collect();
    let seen = cx.access.sees_each(cx.snapshot, &cx.caller.principal, &asked).await?;
    let mut ids: Vec<RecordId> =
        found.iter().zip(seen).filter_map(|(record, is_seen)| is_seen.then_some(record.id)).collect();
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}

/// The edge by which the query brings a record in.
pub(crate) fn brought(product: RecordId, member: RecordId, ord: u32) -> Edge {
    Edge {
        id: EdgeId::fresh(),
        from: product,
        relation: HAS_ASSET,
        at: String::new(),
        ord,
        to: member,
        attributes: Map::from_iter([(BY_QUERY.to_owned(), true.into())]),
        since: Revision(0),
        until: None,
    }
}

/// Whether what the field names can be of the kind.
fn is_named(field: &str, kind: Kind) -> bool {
    let name = kind.name();
    match field {
        "owner" => name == "user" || name == "team",
        "team" => name == "team",
        "domain" => name == "domain",
        "tag" | "certified" => name == "tag",
        "term" => name == "glossary_term",
        "source" => name.ends_with("_service"),
        _ => false,
    }
}
