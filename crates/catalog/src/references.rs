//! What readers are told of the records that others refer to: who sees a record need not see what it leads to.
//!
//! By relations that say so ([`RelationDef::left_out`](crate::relation::RelationDef)) an edge to what its reader does not
//! see is not there for him, neither among the edges nor in what has changed; nor is it in what an edit is made of, and
//! what that did not know of stays. By all others the end of the edge is named: people and teams by what they may, places,
//! what a product holds. So is what a record stands below, whose name is a part of its own. How those that are hidden are
//! described is told nowhere. A certification by a hidden tag is none for him.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};
use serde_json::Value;

use crate::access::Access;
use crate::boxed::Boxed;
use crate::caller::Principal;
use crate::command::{Draft, How, Outcome, Ref, RelationEdit, Target};
use crate::id::RecordId;
use crate::kind::{Kind, Visibility};
use crate::kinds::shared::CERTIFICATION;
use crate::kinds::{self, TAG};
use crate::name;
use crate::parts::PartList;
use crate::ports::{Snapshot, Verdict};
use crate::problem::Problem;
use crate::record::{Card, Change, Edge, FieldChange, Record, View};
use crate::relation::{self, CERTIFIED_BY, DERIVED_FROM};

/// What views refer to and their reader does not see.
#[derive(Debug, Default)]
pub(crate) struct Hidden {
    records: HashSet<RecordId>,
    /// The names that certifications give to tags, each with the record that is certified.
    certifying: HashSet<(RecordId, String)>,
}

/// Of what is asked whether the reader sees it. Of the rest nothing is told of which that is not certain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ReferenceScope {
    /// What edges lead to that are there for him or not.
    LeftOut,
    /// What any edge leads to.
    Edges,
    /// What records stand below, and what has changed, as well.
    All,
}

impl Access {
    /// Takes out of views what is hidden from the principal.
    ///
    /// Cost: as [`Access::hidden`].
    pub(crate) fn show<'a>(
        &'a self,
        snapshot: &'a dyn Snapshot,
        principal: &'a Principal,
        mut views: Vec<View>,
        scope: ReferenceScope,
    ) -> Boxed<'a, Result<Vec<View>, Problem>> {
        Box::pin(async move {
            let hidden = self.hidden(snapshot, principal, &views.iter().collect::<Vec<_>>(), scope).await?;
            views.iter_mut().for_each(|view| hidden.leave_out(view));
            Ok(views)
        })
    }

    /// The same of what came of commands that are about to be stored.
    pub(crate) async fn show_outcomes(
        &self,
        snapshot: &dyn Snapshot,
        principal: &Principal,
        outcomes: &mut [&mut Outcome],
    ) -> Result<(), Problem> {
        let views: Vec<&View> = outcomes.iter().flat_map(|outcome| views_of(outcome)).collect();
        let hidden = self.hidden(snapshot, principal, &views, ReferenceScope::All).await?;
        outcomes.iter_mut().for_each(|outcome| hidden.leave_out_of(outcome));
        Ok(())
    }

    /// What of that which the views refer to is hidden from the principal.
    ///
    /// Cost: none where kinds and visibilities say that he sees all; else a read for all views together, and what rights
    /// turn on where they turn on more.
    pub(crate) async fn hidden(
        &self,
        snapshot: &dyn Snapshot,
        principal: &Principal,
        views: &[&View],
        scope: ReferenceScope,
    ) -> Result<Hidden, Problem> {
        let mut certain = CertainVisibility { access: self, principal, known: HashMap::new() };
        // With whether it is there, or about to be.
        let mut doubtful: BTreeMap<RecordId, bool> = BTreeMap::new();
        let mut told: Vec<RecordId> = Vec::new();
        let mut is_asked = false;
        let certifying = self.hidden_tags(snapshot, principal, views, &mut certain).await?;
        for view in views {
            let edges = || view.edges.iter().chain(&view.inherited);
            let left_out: HashSet<RecordId> = edges().filter(|edge| is_left_out(edge)).map(|edge| edge.to).collect();
            let uncertain: HashMap<RecordId, bool> = (view.cards.values().chain(&view.ancestors))
                // Of what has nothing but its name, there is nothing that could be told.
                .filter(|card| may_tell(card) || left_out.contains(&card.id))
                .filter(|card| !certain.of(card.kind, card.visibility))
                .map(|card| (card.id, card.state.is_alive()))
                .collect();
            let is_unknown = |id: &RecordId| !view.cards.contains_key(id);
            for id in left_out.into_iter().filter(|id| uncertain.contains_key(id) || is_unknown(id)) {
                is_asked = true;
                doubtful.entry(id).or_insert(false);
            }
            is_asked |= scope >= ReferenceScope::Edges && edges().any(|edge| uncertain.contains_key(&edge.to));
            is_asked |= scope == ReferenceScope::All && !uncertain.is_empty();
            doubtful.extend(uncertain);
            for (id, kind) in view.record.change.iter().flat_map(|change| told_of(change)) {
                let is_open = view.cards.get(&id).is_some_and(|card| certain.of(card.kind, card.visibility));
                if !is_open && !doubtful.contains_key(&id) && !certain.of_all(kind) {
                    is_asked |= scope == ReferenceScope::All;
                    doubtful.entry(id).or_insert(false);
                    told.push(id);
                }
            }
        }
        // Of whom a change tells that another of the views names, there is no doubt where that one may.
        for id in told {
            let mut named = views.iter().filter_map(|view| view.cards.get(&id));
            if named.any(|card| certain.of(card.kind, card.visibility)) {
                doubtful.remove(&id);
            }
        }
        if !is_asked {
            return Ok(Hidden { records: doubtful.into_keys().collect(), certifying });
        }
        let ids: Vec<RecordId> = doubtful.keys().copied().collect();
        let mut found = Vec::with_capacity(ids.len());
        for (id, record) in ids.iter().zip(snapshot.by_id(principal.account, &ids).await?) {
            match record {
                Some(record) => found.push(record),
                // Whoever makes it sees it. Of what is gone for ever administrators alone are told.
                None if doubtful[id] || principal.is_admin => {
                    doubtful.remove(id);
                }
                None => {}
            }
        }
        for seen in self.seen(snapshot, principal, found).await? {
            doubtful.remove(&seen.id);
        }
        Ok(Hidden { records: doubtful.into_keys().collect(), certifying })
    }

    /// The names of tags in certifications that the principal does not see, as they stand there.
    ///
    /// Cost: none for who sees all tags, and where nothing is certified; else a read.
    async fn hidden_tags(
        &self,
        snapshot: &dyn Snapshot,
        principal: &Principal,
        views: &[&View],
        certain: &mut CertainVisibility<'_>,
    ) -> Result<HashSet<(RecordId, String)>, Problem> {
        // By what it is called now, where it is known what it leads to.
        let mut named: BTreeMap<String, Vec<(RecordId, String)>> = BTreeMap::new();
        for view in views {
            for tag in certifications(view) {
                let present = view.certified_by().filter(|_| tag_of(view.field(CERTIFICATION.name)) == Some(tag));
                if present.is_none_or(|tag| !certain.of(tag.kind, tag.visibility)) {
                    let now = present.map_or(tag, |tag| &tag.fqn).to_owned();
                    named.entry(now).or_default().push((view.record.id, tag.to_owned()));
                }
            }
        }
        if named.is_empty() || certain.of_all(TAG.name()) {
            return Ok(HashSet::new());
        }
        let names: Vec<&str> = named.keys().map(String::as_str).collect();
        let found = snapshot.by_fqn(principal.account, TAG, &names).await?;
        let there: Vec<&Record> = found.iter().flatten().collect();
        let mut seen = self.sees_each(snapshot, principal, &there).await?.into_iter();
        let is_seen: Vec<bool> = found.iter().map(|tag| tag.is_some() && seen.next().unwrap_or(false)).collect();
        let hidden = named.into_values().zip(is_seen).filter(|(_, is_seen)| !is_seen);
        // Of what is gone for ever administrators alone are told.
        Ok(if principal.is_admin { HashSet::new() } else { hidden.flat_map(|(said, _)| said).collect() })
    }
}

/// What certifies a record, and what has done so before its last change, by the names that were said then.
fn certifications(view: &View) -> impl Iterator<Item = &str> {
    let changed = view.record.change.iter().flat_map(|change| {
        let fields = change.added.iter().chain(&change.updated).chain(&change.deleted);
        fields.filter(|field| field.field == CERTIFICATION.name).flat_map(|field| [&field.old, &field.new])
    });
    let own = view.record.body.has(CERTIFICATION.name).then(|| view.field(CERTIFICATION.name)).flatten();
    changed.filter_map(Option::as_ref).chain(own).filter_map(|said| tag_of(Some(said)))
}

fn tag_of(certification: Option<&Value>) -> Option<&str> {
    certification?.pointer("/tag_label/tag_fqn")?.as_str()
}

/// Whether an edge to what its reader does not see is not there for him.
fn is_left_out(edge: &Edge) -> bool {
    edge.relation.0.left_out || edge.relation == CERTIFIED_BY
}

fn may_tell(card: &Card) -> bool {
    card.display_name.is_some() || card.description.is_some()
}

/// What is seen by its kind and visibility alone.
struct CertainVisibility<'a> {
    access: &'a Access,
    principal: &'a Principal,
    known: HashMap<(Kind, Visibility), bool>,
}

impl CertainVisibility<'_> {
    fn of(&mut self, kind: Kind, visibility: Visibility) -> bool {
        let CertainVisibility { access, principal, known } = self;
        // What a part shows, its whole decides.
        let look = || !kind.0.part && access.list_verdict(principal, kind, visibility) == Verdict::Always;
        *known.entry((kind, visibility)).or_insert_with(look)
    }

    fn of_all(&mut self, kind: &str) -> bool {
        let kind = kinds::ALL.iter().find(|known| known.name == kind).map(|known| Kind(known));
        kind.is_some_and(|kind| self.of(kind, Visibility::Open) && self.of(kind, Visibility::Granted))
    }
}

impl Hidden {
    /// The view as its reader is shown it.
    fn shown<'v>(&self, view: &'v View) -> Cow<'v, View> {
        if self.is_empty() {
            return Cow::Borrowed(view);
        }
        let mut shown = view.clone();
        self.leave_out(&mut shown);
        Cow::Owned(shown)
    }

    fn is_empty(&self) -> bool {
        self.records.is_empty() && self.certifying.is_empty()
    }

    fn has(&self, id: RecordId) -> bool {
        self.records.contains(&id)
    }

    fn certifies(&self, record: RecordId, certification: Option<&Value>) -> bool {
        tag_of(certification).is_some_and(|tag| self.certifying.contains(&(record, tag.to_owned())))
    }

    /// The draft that an edit makes of what its caller is shown.
    ///
    /// Errors: the edit's; `UnknownReference` for what he is not shown and names all the same.
    pub(crate) fn edited(
        &self,
        before: &View,
        edit: impl FnOnce(&View) -> Result<Draft, Problem>,
    ) -> Result<Draft, Problem> {
        let mut draft = edit(&self.shown(before))?;
        self.keep(&mut draft, before)?;
        Ok(draft)
    }

    /// Keeps what an edit was not shown, in its place, where the draft says which edges there are to be. What hangs on what
    /// it takes away goes with that.
    fn keep(&self, draft: &mut Draft, before: &View) -> Result<(), Problem> {
        if self.is_empty() {
            return Ok(());
        }
        for edit in draft.relations.iter_mut().filter(|edit| edit.relation.0.left_out) {
            let is_hidden = |target: &Target| target.to.id().is_some_and(|id| self.has(id));
            if edit.how == How::Remove {
                edit.targets.retain(|target| !is_hidden(target));
            } else if let Some(hidden) = edit.targets.iter().find(|target| is_hidden(target)) {
                return Err(edit.unknown(hidden));
            }
        }
        let certification = CERTIFICATION.name;
        let is_untold = self.certifies(before.record.id, before.field(certification));
        if is_untold && draft.fields.get(certification).is_some_and(Value::is_null) {
            draft.fields.shift_remove(certification);
        }
        self.drop_makers(draft, before);
        let hidden: Vec<&Edge> =
            before.edges.iter().filter(|edge| edge.relation.0.left_out && self.has(edge.to)).collect();
        let places = PartPlaces::of(draft, before, &hidden);
        for edit in draft.relations.iter_mut().filter(|edit| edit.relation.0.left_out) {
            let is_meant = |edge: &&Edge| match edit.how {
                How::Replace => edge.relation == edit.relation,
                How::ReplaceAt => edge.relation == edit.relation && edge.at.is_empty(),
                How::Add | How::Remove => false,
            };
            let mut there: Vec<&Edge> = before.edges.iter().filter(is_meant).collect();
            if edit.relation.0.single && !edit.targets.is_empty() {
                continue;
            }
            there.sort_by_key(|edge| edge.ord);
            for (place, edge) in there.into_iter().enumerate().filter(|(_, edge)| self.has(edge.to)) {
                let Some(at) = places.new_place(&edge.at) else { continue };
                edit.targets.insert(place.min(edit.targets.len()), kept_at(edge, at));
            }
        }
        follow_parts(draft, &hidden, &places);
        Ok(())
    }

    /// Hidden pipelines go with the edges of lineage that they make, and where others make these.
    fn drop_makers(&self, draft: &mut Draft, before: &View) {
        let mut gone = Vec::new();
        for edit in draft.relations.iter().filter(|edit| edit.relation == DERIVED_FROM) {
            for target in &edit.targets {
                let place = match (edit.how, target.at.is_empty(), target.to.id()) {
                    (How::Remove, true, Some(origin)) => relation::made_by(origin),
                    (How::Add, false, _) => target.at.clone(),
                    _ => continue,
                };
                let makers = before.edges.iter().filter(|edge| edge.relation == DERIVED_FROM && edge.at == place);
                let hidden = makers.filter(|edge| self.has(edge.to) && Some(edge.to) != target.to.id());
                gone.extend(hidden.map(|edge| Target::of(Ref::AnyOf(&[], edge.to)).at(&edge.at)));
            }
        }
        if !gone.is_empty() {
            draft.relate(DERIVED_FROM, How::Remove, "lineage", gone);
        }
    }

    fn leave_out_of(&self, outcome: &mut Outcome) {
        self.leave_out(&mut outcome.view);
        outcome.parts.iter_mut().for_each(|part| self.leave_out_of(part));
    }

    fn leave_out(&self, view: &mut View) {
        if self.is_empty() {
            return;
        }
        view.edges.retain(|edge| !is_left_out(edge) || !self.has(edge.to));
        if view.record.body.has(CERTIFICATION.name) && self.certifies(view.record.id, view.field(CERTIFICATION.name)) {
            view.record.body.shift_remove(CERTIFICATION.name);
            view.edges.retain(|edge| edge.relation != CERTIFIED_BY);
        }
        let named: HashSet<RecordId> = view
            .edges
            .iter()
            .chain(&view.inherited)
            .map(|edge| edge.to)
            .chain(view.ancestors.iter().map(|card| card.id))
            .collect();
        view.cards.retain(|id, _| named.contains(id) || !self.has(*id));
        let cards = view.cards.values_mut().chain(&mut view.ancestors);
        for card in cards.filter(|card| self.has(card.id)) {
            *card = Arc::new(Card { display_name: None, description: None, ..(**card).clone() });
        }
        let id = view.record.id;
        if let Some(change) = view.record.change.as_ref().filter(|change| self.concerns(id, change)) {
            view.record.change = Some(Arc::new(self.of_change(id, change)));
        }
    }

    fn concerns(&self, record: RecordId, change: &Change) -> bool {
        let fields = change.added.iter().chain(&change.updated).chain(&change.deleted);
        let mut sides =
            fields.filter(|field| field.field == CERTIFICATION.name).flat_map(|field| [&field.old, &field.new]);
        told_of(change).any(|(id, _)| self.has(id)) || sides.any(|side| self.certifies(record, side.as_ref()))
    }

    fn of_change(&self, record: RecordId, change: &Change) -> Change {
        let of = |fields: &[FieldChange]| fields.iter().filter_map(|field| self.of_field(record, field)).collect();
        let Change { previous_version, added, updated, deleted } = change;
        Change { previous_version: *previous_version, added: of(added), updated: of(updated), deleted: of(deleted) }
    }

    /// `None` where what has changed is hidden altogether.
    fn of_field(&self, record: RecordId, field: &FieldChange) -> Option<FieldChange> {
        if field.field == CERTIFICATION.name {
            let side = |value: &Option<Value>| value.clone().filter(|value| !self.certifies(record, Some(value)));
            let (old, new) = (side(&field.old), side(&field.new));
            return (old.is_some() || new.is_some()).then(|| FieldChange { field: field.field.clone(), old, new });
        }
        let Some(relation) = relation_of(field) else { return Some(field.clone()) };
        let side = |value: &Option<Value>| {
            let mut value = value.clone();
            if let Some(Value::Array(ends)) = &mut value {
                ends.retain(|end| !relation.0.left_out || end_of(end).is_none_or(|(id, _)| !self.has(id)));
                for end in ends.iter_mut().filter(|end| end_of(end).is_some_and(|(id, _)| self.has(id))) {
                    end.as_object_mut().into_iter().for_each(|end| drop(end.shift_remove("display_name")));
                }
            }
            value.filter(|value| value.as_array().is_none_or(|ends| !ends.is_empty()))
        };
        let (old, new) = (side(&field.old), side(&field.new));
        (old.is_some() || new.is_some()).then(|| FieldChange { field: field.field.clone(), old, new })
    }
}

/// What is kept of an edge, at a place that can be another than its own.
fn kept_at(edge: &Edge, at: &str) -> Target {
    Target { attributes: edge.attributes.clone(), ..Target::of(Ref::AnyOf(&[], edge.to)).at(at) }
}

/// What hangs on parts goes with them, and where they go, also where the draft says nothing of it.
fn follow_parts(draft: &mut Draft, hidden: &[&Edge], places: &PartPlaces<'_>) {
    let mut stray: BTreeMap<&str, (relation::Relation, Vec<Target>, Vec<Target>)> = BTreeMap::new();
    for edge in hidden.iter().filter(|edge| places.new_place(&edge.at) != Some(edge.at.as_str())) {
        let is_said = |edit: &RelationEdit| edit.relation == edge.relation && edit.how == How::Replace;
        if draft.relations.iter().any(is_said) {
            continue;
        }
        let entry = stray.entry(edge.relation.name()).or_insert((edge.relation, Vec::new(), Vec::new()));
        entry.1.extend(places.new_place(&edge.at).map(|at| kept_at(edge, at)));
        entry.2.push(kept_at(edge, &edge.at));
    }
    for (name, (relation, come, gone)) in stray {
        // What leads there already may do so at another place.
        if !come.is_empty() {
            draft.relate(relation, How::Add, name, come);
        }
        draft.relate(relation, How::Remove, name, gone);
    }
}

/// Where the parts of a record are by its new fields, by the lists of which these say something.
struct PartPlaces<'v>(Vec<(&'v PartList, HashMap<String, String>)>);

impl PartPlaces<'_> {
    fn of<'v>(draft: &Draft, before: &'v View, edges: &[&Edge]) -> PartPlaces<'v> {
        let mut lists = Vec::new();
        for list in before.record.kind.0.parts {
            let Some(new) = draft.fields.get(list.field()) else { continue };
            if edges.iter().any(|edge| list.path(&edge.at).is_some()) {
                let mut places = HashMap::new();
                let (old, new) = (list.of(|field| before.field(field)), list.of(|_| Some(new)));
                pair_parts(list, (None, old), (None, new), &mut places);
                lists.push((list, places));
            }
        }
        PartPlaces(lists)
    }

    /// `None` where the part is gone.
    fn new_place<'p>(&'p self, at: &'p str) -> Option<&'p str> {
        let found = self.0.iter().find(|(list, _)| list.path(at).is_some());
        found.map_or(Some(at), |(_, places)| places.get(at).map(String::as_str))
    }
}

/// Finds the places of old parts among new ones: by their names, by these without regard to case, and where a single one
/// has another name than before, by where it stands.
fn pair_parts(
    list: &PartList,
    (old_above, old): (Option<&str>, &[Value]),
    (new_above, new): (Option<&str>, &[Value]),
    places: &mut HashMap<String, String>,
) {
    fn name_of(part: &Value) -> &str {
        part.get("name").and_then(Value::as_str).unwrap_or_default()
    }
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    let (mut gone, mut come): (Vec<usize>, Vec<usize>) = ((0..old.len()).collect(), (0..new.len()).collect());
    let by_name: [fn(&str) -> String; 2] = [str::to_owned, name::fold];
    for key in by_name {
        let mut there: HashMap<String, usize> = come.iter().rev().map(|at| (key(name_of(&new[*at])), *at)).collect();
        gone.retain(|at| {
            let found = there.remove(&key(name_of(&old[*at])));
            pairs.extend(found.map(|new| (*at, new)));
            found.is_none()
        });
        let taken: HashSet<usize> = pairs.iter().map(|(_, new)| *new).collect();
        come.retain(|at| !taken.contains(at));
    }
    if let ([was], [is]) = (gone.as_slice(), come.as_slice())
        && was == is
    {
        pairs.push((*was, *is));
    }
    for (was, is) in pairs {
        let (was, is) = (&old[was], &new[is]);
        let (old_path, new_path) = (name::join(old_above, name_of(was)), name::join(new_above, name_of(is)));
        let (old, new) = (parts_within(list, was), parts_within(list, is));
        pair_parts(list, (Some(&old_path), old), (Some(&new_path), new), places);
        places.insert(list.place(&old_path), list.place(&new_path));
    }
}

fn parts_within<'v>(list: &PartList, part: &'v Value) -> &'v [Value] {
    list.within.and_then(|within| part.get(within)?.as_array()).map_or(&[], Vec::as_slice)
}

fn views_of(outcome: &Outcome) -> Vec<&View> {
    let parts = outcome.parts.iter().flat_map(views_of);
    [&outcome.view].into_iter().chain(parts).collect()
}

/// The relation whose edges a change of a field tells of.
fn relation_of(field: &FieldChange) -> Option<relation::Relation> {
    relation::by_name(field.field.rsplit('.').next().unwrap_or_default())
}

/// What a change tells of by its edges, with its kind.
fn told_of(change: &Change) -> impl Iterator<Item = (RecordId, &str)> {
    let fields = change.added.iter().chain(&change.updated).chain(&change.deleted);
    let sides = fields.filter(|field| relation_of(field).is_some()).flat_map(|field| [&field.old, &field.new]);
    sides.flatten().filter_map(Value::as_array).flatten().filter_map(end_of)
}

fn end_of(told: &Value) -> Option<(RecordId, &str)> {
    let text = |member: &str| told.get(member).and_then(Value::as_str);
    Some((text("id")?.parse().ok()?, text("kind").unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::id::{EdgeId, Revision};
    use crate::testing;

    fn certified_by(tag: RecordId) -> View {
        let Value::Object(body) = json!({"certification": {"tag_label": {"tag_fqn": "Certification.Gold"}}}) else {
            panic!("an object")
        };
        let id = RecordId::fresh();
        let edge = Edge {
            id: EdgeId::fresh(),
            from: id,
            relation: CERTIFIED_BY,
            at: String::new(),
            ord: 0,
            to: tag,
            attributes: Default::default(),
            since: Revision::FIRST,
            until: None,
        };
        View {
            record: Record { id, body: body.into(), ..testing::record("table", None, "t") },
            edges: vec![edge],
            cards: Default::default(),
            ancestors: Vec::new(),
            inherited: Vec::new(),
        }
    }

    #[test]
    fn a_certification_is_hidden_in_the_record_that_it_is_hidden_of() {
        let (untold, told) = (certified_by(RecordId::fresh()), certified_by(RecordId::fresh()));
        let certifying = [(untold.record.id, "Certification.Gold".to_owned())].into_iter().collect();
        let hidden = Hidden { records: [untold.edges[0].to].into_iter().collect(), certifying };
        let is_shown = |view: &View| (view.field(CERTIFICATION.name).is_some(), hidden.shown(view).edges.len());
        assert_eq!(is_shown(&hidden.shown(&untold)), (false, 0));
        assert_eq!(is_shown(&hidden.shown(&told)), (true, 1));
        // The edge goes also where only that was read.
        let mut unread = untold;
        unread.record.body.shift_remove(CERTIFICATION.name);
        assert_eq!(hidden.shown(&unread).edges.len(), 0);
    }

    const COLUMNS: PartList = PartList { list: "columns", one: "column", within: Some("children") };

    #[test]
    fn a_part_is_found_again_by_its_name_its_folded_name_or_its_place() {
        let old = json!([{"name": "a", "children": [{"name": "x"}, {"name": "y"}]}, {"name": "b"}, {"name": "c"}]);
        let found = |new: Value| {
            let mut places = HashMap::new();
            let lists = (old.as_array().unwrap(), new.as_array().unwrap());
            pair_parts(&COLUMNS, (None, lists.0), (None, lists.1), &mut places);
            let of = |path: &str| places.get(&COLUMNS.place(path)).map_or("", |at| &at["columns/".len()..]).to_owned();
            ["a", "a.x", "a.y", "b", "c"].map(of).join(" ")
        };
        assert_eq!(found(json!([{"name": "c"}, {"name": "B"}])), "   B c");
        let renamed = json!([{"name": "n", "children": [{"name": "x"}, {"name": "z"}]}, {"name": "b"}, {"name": "c"}]);
        assert_eq!(found(renamed), "n n.x n.z b c");
        // Two at once, or one elsewhere, are others.
        assert_eq!(found(json!([{"name": "a"}, {"name": "n"}, {"name": "m"}])), "a    ");
        assert_eq!(found(json!([{"name": "b"}, {"name": "c"}, {"name": "n"}])), "   b c");
    }
}
