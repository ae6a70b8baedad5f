//! The commands that write parts: live records, and drafts of them.

use emporion_catalog::Catalog;
use emporion_catalog::command::{Command, Draft, Guard, How, Ref, Target};
use emporion_catalog::id::RecordId;
use serde_json::{Value, json};
use uuid::Uuid;

use super::item::{Item, draft_id};
use super::spec::{Fields, Spec};
use crate::assets::pending::{self, Intent};
use crate::{commands, refs};

/// Stores the content: live at once, or for the next deploy.
pub fn stored(
    spec: &Spec,
    catalog: &Catalog,
    product: RecordId,
    item: &Item,
    fields: &Fields,
    is_live: bool,
) -> Vec<Command> {
    let write = if is_live { live } else { drafted };
    write(spec, catalog, product, item, fields)
}

/// Makes the content live at once.
pub fn live(spec: &Spec, catalog: &Catalog, product: RecordId, item: &Item, fields: &Fields) -> Vec<Command> {
    let mut commands: Vec<Command> = item.pending.iter().map(|_| pending::purge(catalog, draft_id(item.id))).collect();
    let kind = catalog.kind(spec.kind);
    let id = RecordId::from_uuid(item.id);
    let mut wanted = content(spec, catalog, fields);
    if let Some(link) = &spec.link {
        let to = fields.get(link.field).and_then(|id| Uuid::try_parse(id.as_str()?).ok());
        let to = to.map(|id| Target::of(Ref::Id(catalog.kind(link.kind), RecordId::from_uuid(id))));
        wanted.relate(link.relation, How::Replace, link.pointer, to.into_iter().collect());
    }
    commands.push(match item.live {
        Some(_) => commands::change(Ref::Id(kind, id), Guard::None, wanted),
        None => {
            let draft = Draft { name: Some(item.id.to_string()), ..wanted };
            commands::create(kind, Some(refs::product_id(catalog, product)), id, draft)
        }
    });
    commands
}

/// Keeps the content for the next deploy. A draft that says what is live already is none.
pub fn drafted(spec: &Spec, catalog: &Catalog, product: RecordId, item: &Item, fields: &Fields) -> Vec<Command> {
    let intent = if item.live.is_some() { Intent::Edit } else { Intent::New };
    let is_as_live = item.live.is_some() && own(spec, catalog, item.live_fields()) == *fields;
    match (is_as_live, &item.pending) {
        (true, None) => Vec::new(),
        (true, Some(_)) => vec![pending::purge(catalog, draft_id(item.id))],
        (false, _) => vec![draft(spec, catalog, product, item, intent, Some(fields))],
    }
}

/// Removes an item with its draft, and for ever what belongs to it alone.
pub fn removed(spec: &Spec, catalog: &Catalog, item: &Item) -> Vec<Command> {
    let mut commands: Vec<Command> = item.pending.iter().map(|_| pending::purge(catalog, draft_id(item.id))).collect();
    for owned in spec.owns {
        let mut ids: Vec<RecordId> =
            item.contents().filter_map(|fields| fields.get(owned.field)?.as_str()?.parse().ok()).collect();
        ids.sort_unstable();
        ids.dedup();
        commands.extend(ids.into_iter().map(|id| commands::purge(Ref::Id(catalog.kind(owned.kind), id))));
    }
    let live = item.live.iter().map(|record| Ref::Id(catalog.kind(spec.kind), record.id));
    commands.extend(live.map(commands::delete));
    commands
}

/// Marks what is live for removal by the next deploy; a draft of what never was live goes at once.
pub fn marked(spec: &Spec, catalog: &Catalog, product: RecordId, item: &Item) -> Vec<Command> {
    match (&item.live, item.is_pending_delete()) {
        (None, _) => removed(spec, catalog, item),
        (Some(_), true) => Vec::new(),
        (Some(_), false) => vec![draft(spec, catalog, product, item, Intent::Delete, None)],
    }
}

/// Says on the product whether it has any of a part.
pub fn setting(catalog: &Catalog, product: RecordId, name: &'static str, has_any: bool) -> Command {
    let mut draft = Draft::default();
    draft.set(name, if has_any { Value::Bool(true) } else { Value::Null });
    commands::change(refs::product_id(catalog, product), Guard::None, draft)
}

fn draft(
    spec: &Spec,
    catalog: &Catalog,
    product: RecordId,
    item: &Item,
    intent: Intent,
    fields: Option<&Fields>,
) -> Command {
    let mut draft = Draft::default();
    draft.set("intent", intent.word());
    draft.set("content", json!({"of": item.id.to_string(), "fields": fields}));
    let id = draft_id(item.id);
    if item.pending.is_some() {
        return commands::change(refs::draft(catalog, id), Guard::None, draft);
    }
    draft.name = Some(item.id.to_string());
    draft.set("part", spec.word);
    let parent = Some(refs::product_id(catalog, product));
    commands::create(catalog.kind("draft"), parent, RecordId::from_uuid(id), draft)
}

/// Every field of the kind: what the content does not mention goes.
fn content(spec: &Spec, catalog: &Catalog, fields: &Fields) -> Draft {
    let mut draft = Draft::default();
    for field in catalog.kind(spec.kind).fields() {
        draft.set(field.name, fields.get(field.name).cloned().unwrap_or(Value::Null));
    }
    draft
}

/// The fields of a live record that are content.
pub fn own(spec: &Spec, catalog: &Catalog, body: &Fields) -> Fields {
    let kind = catalog.kind(spec.kind);
    body.iter().filter(|(name, _)| kind.field(name).is_some()).map(|(n, v)| (n.clone(), v.clone())).collect()
}

/// A new id of an item.
pub fn fresh_id() -> Uuid {
    Uuid::now_v7()
}

/// A new id that is greater than the newest one, also when the clock went back since that was given.
pub fn id_after(newest: Option<Uuid>) -> Uuid {
    let fresh = fresh_id();
    newest.filter(|newest| *newest >= fresh).map_or(fresh, |newest| Uuid::from_u128(newest.as_u128() + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_rise_although_the_clock_goes_back() {
        let fresh = id_after(None);
        assert!(id_after(Some(fresh)) > fresh);
        let ahead = Uuid::from_u128(fresh.as_u128() | 1 << 120);
        assert!(id_after(Some(ahead)) > ahead && id_after(Some(ahead)).get_version_num() == 7);
    }
}
