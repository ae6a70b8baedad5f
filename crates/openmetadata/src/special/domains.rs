//! Domains: the tree that they form.

use std::collections::HashMap;

use emporion_catalog::id::RecordId;
use emporion_catalog::kinds;
use emporion_catalog::load::Depth;
use emporion_catalog::query::{ListQuery, States};
use emporion_catalog::record::Record;
use emporion_edge::answer::Answer;
use emporion_edge::route::{Method, Route};
use emporion_edge::shape::{Member, Shape, Struct};
use serde_json::{Value, json};

use crate::door::Door;
use crate::errors::OmResult;
use crate::generic::assets::page::Window;
use crate::members::*;
use crate::nouns;
use crate::operation::{Call, ok, row};
use crate::page_of;
use crate::params;

const TAG: &str = "Domains";
/// More domains than an account has.
const ALL: u32 = 100_000;
/// Deeper trees are cut off: an answer must stay readable for parsers that recurse.
const LEVELS: usize = 30;

static NODE: Struct = Struct {
    name: "EntityHierarchy",
    open: false,
    members: &[
        ID,
        ENTITY_NAME,
        DISPLAY_NAME,
        DESCRIPTION_REQUIRED,
        FQN,
        Member::optional("children", list(&Shape::Struct(&NODE))),
    ],
};
static TREE: Struct = page_of!("EntityHierarchyList", NODE);

pub fn routes() -> Vec<Route<Door>> {
    let tree = || Some(Shape::Struct(&TREE));
    vec![
        Route {
            summary: "List top domains with the tree below each".into(),
            output: tree(),
            ..row(Method::GET, "/v1/domains/hierarchy", "listDomainHierarchy", TAG, hierarchy)
        },
        Route {
            summary: "List the sub-domains of a domain with the tree below each".into(),
            output: tree(),
            errors: &[404],
            ..row(Method::GET, "/v1/domains/hierarchy/{fqn}", "getDomainHierarchy", TAG, hierarchy)
        },
    ]
}

async fn hierarchy(call: Call) -> OmResult<Answer> {
    let window = Window::read(&call, params::DEFAULT_LIMIT)?;
    let root = match call.request.param("fqn") {
        "" => None,
        _ => {
            let target = call.target(nouns::of(&nouns::domain::NOUN))?;
            Some(call.door.catalog.get(&call.caller, &target, States::Alive, &Depth::bare()).await?.record)
        }
    };
    let below = all(&call, root.as_ref().map(|root| root.fqn.clone())).await?;
    let known: std::collections::HashSet<RecordId> = below.iter().map(|record| record.id).collect();
    let top = root.map(|root| root.id);
    let mut children: HashMap<Option<RecordId>, Vec<&Record>> = HashMap::new();
    for record in &below {
        // Below a domain that the caller does not see, the tree begins anew.
        let parent = record.parent.filter(|parent| known.contains(parent)).or(top);
        children.entry(parent).or_default().push(record);
    }
    let roots = children.get(&top).cloned().unwrap_or_default();
    let total = roots.len() as u64;
    let data = window.of(roots).into_iter().map(|record| node(record, &children, LEVELS)).collect();
    ok(&window.page(data, total))
}

fn node(record: &Record, children: &HashMap<Option<RecordId>, Vec<&Record>>, levels: usize) -> Value {
    let text = |field: &str| record.body.get(field).and_then(Value::as_str);
    let below = children.get(&Some(record.id)).filter(|_| levels > 0).map(Vec::as_slice).unwrap_or_default();
    let mut printed = json!({
        "id": record.id.to_string(),
        "name": record.name,
        "description": text("description").unwrap_or(""),
        "fullyQualifiedName": record.fqn,
        "children": below.iter().map(|child| node(child, children, levels - 1)).collect::<Vec<_>>(),
    });
    if let (Some(name), Some(members)) = (text("display_name"), printed.as_object_mut()) {
        members.insert("displayName".into(), Value::from(name));
    }
    printed
}

/// Every domain that the caller sees, or every one below an FQN.
async fn all(call: &Call, within: Option<String>) -> OmResult<Vec<Record>> {
    let query = ListQuery { within, limit: ALL, ..ListQuery::of(call.caller.account(), kinds::DOMAIN) };
    let page = call.door.catalog.list(&call.caller, query, &Depth::bare()).await?;
    Ok(page.views.into_iter().map(|view| view.record).collect())
}
