//! Tags and glossary terms: what they are put on.

use std::sync::Arc;

use emporion_catalog::action::Action;
use emporion_catalog::command::{Draft, How, Ref, Target};
use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::problem::Problem;
use emporion_catalog::query::States;
use emporion_catalog::record::View;
use emporion_catalog::relation::TAGGED;
use emporion_edge::answer::Answer;
use emporion_edge::route::{Method, Route};
use emporion_edge::shape::{Member, Shape, Struct};
use serde_json::Value;

use crate::door::Door;
use crate::errors::{OmError, OmResult};
use crate::generic::assets::page::{self as asset_lists, REFERENCE_LIST, Window};
use crate::generic::assets::rows::{self as bulk, Plan, Rows};
use crate::list_of;
use crate::members::*;
use crate::operation::{Call, change, ok, row};
use crate::params;

/// A kind whose records are put on others as labels.
#[derive(Clone, Copy)]
struct Labels {
    kind: &'static str,
    entity_type: &'static str,
    collection: &'static str,
    tag: &'static str,
    /// First part of operation ids.
    noun: &'static str,
    one: &'static str,
}

const KINDS: [Labels; 2] = [
    Labels { kind: "tag", entity_type: "tag", collection: "tags", tag: "Tags", noun: "Tag", one: "a tag" },
    Labels {
        kind: "glossary_term",
        entity_type: "glossaryTerm",
        collection: "glossaryTerms",
        tag: "Glossary Terms",
        noun: "GlossaryTerm",
        one: "a glossary term",
    },
];

/// `glossaryTags` (tags that come along with a term) are derived at each read and need no request of their own.
static REQUEST: Struct = Struct {
    name: "AddGlossaryToAssets",
    open: false,
    members: &[
        bulk::ASSETS,
        boolean("dryRun"),
        Member::optional("operation", list(&emporion_edge::shape::TEXT)),
        Member::optional("glossaryTags", list_of!(TAG_LABEL_INPUT)),
    ],
};

pub fn routes() -> Vec<Route<Door>> {
    let mut routes = Vec::new();
    for labels in KINDS {
        let Labels { collection, noun, tag, one, .. } = labels;
        for (verb, how, summary) in [
            ("add", How::Add, format!("Put {one} on assets")),
            ("remove", How::Remove, format!("Take {one} off assets")),
        ] {
            routes.push(Route {
                path: format!("/v1/{collection}/{{name}}/assets/{verb}").into(),
                operation: format!("{verb}{noun}Assets").into(),
                summary: summary.into(),
                input: &REQUEST,
                output: bulk::OUTPUT,
                errors: &[404],
                ..row(Method::PUT, "", "", tag, move |call| edit(call, labels, how))
            });
        }
        for (address, suffix) in [("{id}", ""), ("name/{fqn}", "ByName")] {
            routes.push(Route {
                path: format!("/v1/{collection}/{address}/assets").into(),
                operation: format!("list{noun}Assets{suffix}").into(),
                summary: format!("List what {one} is put on").into(),
                output: Some(Shape::Struct(&REFERENCE_LIST)),
                errors: &[404],
                ..row(Method::GET, "", "", tag, move |call| list_assets(call, labels))
            });
        }
    }
    routes
}

/// An asset carries its labels, so each row is a change of the asset.
async fn edit(call: Call, labels: Labels, how: How) -> OmResult<Answer> {
    let rows = Rows::of(&call, &call.body(&REQUEST)?)?;
    let target = call.by_name_or_id("name", labels.kind);
    let view = call.door.catalog.get(&call.caller, &target, States::Alive, &Depth::bare()).await?;
    let label = Arc::new(Label::of(&call, labels, &view).await?);
    let command = Box::new(move |asset| {
        let label = label.clone();
        change(asset, move |view| label.draft(view, how))
    });
    let plan = Plan::Each { holder: target, action: Action::EditTags, command };
    rows.run(&call, plan, how == How::Remove).await
}

/// A tag or term with what decides where it may be put.
struct Label {
    target: Ref,
    id: RecordId,
    fqn: String,
    disabled: bool,
    /// The vocabulary of which a record bears one label at most.
    exclusive: Option<RecordId>,
}

impl Label {
    async fn of(call: &Call, labels: Labels, view: &View) -> OmResult<Label> {
        let flag = |view: &View, field: &str| view.field(field).and_then(Value::as_bool) == Some(true);
        let exclusive = match view.parent() {
            Some(parent) => {
                let parent = Ref::Id(parent.kind, parent.id);
                let parent = call.door.catalog.get(&call.caller, &parent, States::Alive, &Depth::bare()).await?;
                flag(&parent, "mutually_exclusive").then_some(parent.id())
            }
            None => None,
        };
        Ok(Label {
            target: Ref::Id(call.kind(labels.kind), view.id()),
            id: view.id(),
            fqn: view.record.fqn.clone(),
            disabled: flag(view, "disabled"),
            exclusive,
        })
    }

    fn draft(&self, asset: &View, how: How) -> Result<Draft, Problem> {
        let mut draft = Draft::default();
        let mut borne = asset.targets(TAGGED);
        if how == How::Add {
            if borne.any(|(edge, _)| edge.to == self.id) {
                return Ok(draft);
            }
            if self.disabled {
                return Err(Problem::conflict(OmError::tag_disabled(&self.fqn).message));
            }
            let rival =
                asset.targets(TAGGED).find(|(_, card)| self.exclusive.is_some() && card.parent == self.exclusive);
            if let Some((_, rival)) = rival {
                return Err(Problem::conflict(OmError::tags_exclusive(&rival.fqn, &self.fqn).message));
            }
        }
        let target = Target::of(self.target.clone()).with("label_type", "Manual").with("state", "Confirmed");
        draft.relate(TAGGED, how, "tags", vec![target]);
        Ok(draft)
    }
}

async fn list_assets(call: Call, labels: Labels) -> OmResult<Answer> {
    let window = Window::read(&call, params::DEFAULT_LIMIT)?;
    let target = call.target(labels.kind, labels.entity_type)?;
    let label = call.door.catalog.get(&call.caller, &target, States::Alive, &Depth::bare()).await?.id();
    let (cards, total) = asset_lists::sources(&call, TAGGED, label, &[], window).await?;
    ok(&window.page(asset_lists::references_to(&call, &cards), total))
}
