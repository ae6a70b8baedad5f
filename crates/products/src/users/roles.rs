//! Roles on a product: admins are its owners; editors and viewers are edges of their own.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use emporion_catalog::Catalog;
use emporion_catalog::command::{Draft, How, Target};
use emporion_catalog::id::RecordId;
use emporion_catalog::record::{Edge, View};
use emporion_catalog::relation::{AFTERWARDS, EDITOR, OWNER, ROLE_MASKS, Relation, UNTIL, VIEWER};
use emporion_catalog::rows::filters::{self, Held};
use emporion_catalog::rows::link_retention;
use emporion_catalog::rows::masks::Masks;
use emporion_catalog::rows::role_terms::{Link, Links, RoleTerms};
use emporion_catalog::rows::roles::ROLES;
use serde_json::{Map, Value};

use super::filter_check::{self, Related};
use super::operation::{Role, RoleMasks, Terms, Verb, masks_printed};
use crate::failure::{Failure, Violation};
use crate::patch::Patch;
use crate::problems::RULE_EXISTS;
use crate::refs;
use crate::warning::Warning;

/// Attributes of a role's edge.
pub use emporion_catalog::relation::{ADDED_AT, ADDED_BY, ROW_FILTERS};
pub use emporion_catalog::rows::roles::ALLOW_SQL;

/// An operation on a user who was looked up, or on a team.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolved {
    pub user: RecordId,
    /// What he is.
    pub kind: &'static str,
    pub verb: Verb,
    pub path: String,
}

/// The role that one user has, or one team; of several the highest.
#[derive(Debug, Clone)]
pub struct Entry {
    pub user: RecordId,
    pub role: Role,
    pub edge: Edge,
}

/// What somebody is given: the role that he has then, what its edge says, and which of his present roles it takes the
/// place of.
struct Given {
    role: Role,
    attributes: Map<String, Value>,
    instead_of: Vec<Role>,
}

/// Who gives the roles, and when.
#[derive(Debug, Clone, Copy)]
pub struct Giver {
    pub user: RecordId,
    pub now_ms: i64,
}

pub(super) fn relation(role: Role) -> Relation {
    match role {
        Role::Admin => OWNER,
        Role::Editor => EDITOR,
        Role::Viewer => VIEWER,
    }
}

/// Everybody with a role of his own, teams among them, and all his row filters; what comes with a team or a domain is not listed.
pub fn entries(view: &View) -> BTreeMap<RecordId, Entry> {
    let mut entries = BTreeMap::new();
    for role in Role::ALL {
        for (edge, card) in view.targets(relation(role)) {
            entries.entry(card.id).or_insert_with(|| {
                let mut edge = edge.clone();
                keep_all(&mut edge.attributes, filters::restrictions(view, card.id));
                Entry { user: card.id, role, edge }
            });
        }
    }
    entries
}

/// The filters and masks of all roles together: of one table all that were given hold.
fn keep_all(attributes: &mut Map<String, Value>, held: Vec<(String, Held)>) {
    let mut kept: BTreeMap<String, RoleTerms> = BTreeMap::new();
    for (table, held) in held {
        let more = match held {
            Held::Mask(column, mask) => RoleTerms { masks: Masks::from([(column, mask)]), ..RoleTerms::default() },
            Held::Condition(condition) => RoleTerms { condition: Some(condition), ..RoleTerms::default() },
            Held::Link(link) => RoleTerms { links: vec![link], ..RoleTerms::default() },
            Held::Followed => RoleTerms { is_followed: true, ..RoleTerms::default() },
        };
        kept.entry(table).or_default().join(more);
    }
    let kept = stored(kept);
    if !kept.is_empty() {
        attributes.insert(ROW_FILTERS.to_owned(), Value::Object(kept));
    }
}

fn stored(terms: BTreeMap<String, RoleTerms>) -> Map<String, Value> {
    terms.into_iter().filter_map(|(table, terms)| Some((table, terms.value()?))).collect()
}

/// The conditions that a role bears; nothing where there are none.
pub(super) fn conditions(role: &Edge) -> Option<Value> {
    let all = filters::of_edge(role)
        .filter_map(|(table, terms)| Some((table.clone(), RoleTerms::read(terms).condition?.into())));
    Some(all.collect::<Map<String, Value>>()).filter(|all| !all.is_empty()).map(Value::Object)
}

/// The masks that it bears.
pub(super) fn masks(role: &Edge) -> Option<Value> {
    let all = filters::of_edge(role).map(|(table, terms)| (table, RoleTerms::read(terms).masks));
    let all: BTreeMap<&String, Masks> = all.filter(|(_, masks)| !masks.is_empty()).collect();
    (!all.is_empty()).then(|| masks_printed(all.iter().map(|(table, masks)| (*table, masks))))
}

/// What is said anew of the conditions of a role: that others follow them, or not, is said of those that there are where no
/// others are given.
fn conditions_said(entry: Option<&Entry>, terms: &Terms) -> Patch<Map<String, Value>> {
    match &terms.row_filters {
        Patch::Keep if terms.follows.is_some() => match entry.and_then(|entry| conditions(&entry.edge)) {
            Some(Value::Object(present)) => Patch::Set(present),
            _ => Patch::Keep,
        },
        said => said.clone(),
    }
}

/// What a role bears, with what is said anew of its conditions and its masks; and the relations that conditions are followed
/// by no more although they were. Relations that are kept stay while they lead to a condition, whatever models say by now.
fn restricted(
    present: Option<&Value>,
    terms: &Terms,
    row_filters: &Patch<Map<String, Value>>,
    related: &Related,
) -> (Map<String, Value>, Vec<(String, Link)>) {
    let mut all: BTreeMap<String, RoleTerms> = BTreeMap::new();
    let (mut followed, mut known) = (false, Links::new());
    for (table, kept) in present.and_then(Value::as_object).into_iter().flatten() {
        let mut kept = RoleTerms::read(kept);
        if !row_filters.is_keep() {
            followed |= kept.follows();
            (kept.condition, kept.is_followed) = (None, false);
            let links = std::mem::take(&mut kept.links);
            known.extend((!links.is_empty()).then(|| (table.clone(), links)));
        }
        if !terms.column_masks.is_keep() {
            kept.masks = Masks::new();
        }
        all.insert(table.clone(), kept);
    }
    let follows = terms.follows.unwrap_or(followed);
    let mut lost = Vec::new();
    if let Some(given) = row_filters.as_set() {
        for (table, condition) in given {
            let kept = all.entry(table.clone()).or_default();
            kept.condition = condition.as_str().map(str::to_owned);
            kept.is_followed = follows;
        }
        let filtered: Vec<&String> = given.keys().filter(|_| follows).collect();
        let (stay, gone) = link_retention::parted_as_given(known, &filtered);
        let now = related.links(given.keys());
        lost = gone;
        // Of what the models name by now is told with all that they name.
        lost.retain(|(table, link)| !now.get(table).is_some_and(|links| links.iter().any(|one| one.is_same(link))));
        for (table, links) in stay.into_iter().chain(now).filter(|_| follows) {
            all.entry(table).or_default().join(RoleTerms { links, ..RoleTerms::default() });
        }
    }
    for (table, masks) in terms.column_masks.as_set().into_iter().flatten() {
        all.entry(table.clone()).or_default().masks = masks.clone();
    }
    (stored(all), lost)
}

/// The draft that the operations come to, with warnings for those that ask for nothing.
///
/// Errors: 422 for a change of somebody who has no role, and for conditions that are to be followed where there are none; 409
/// when no admin would be left.
pub fn plan(
    catalog: &Arc<Catalog>,
    view: &View,
    operations: &[Resolved],
    role_masks: &RoleMasks,
    related: &Related,
    giver: Giver,
) -> Result<(Draft, Vec<Warning>), Failure> {
    let present = entries(view);
    let mut violations = Vec::new();
    let mut warnings = Vec::new();
    let mut changed: BTreeMap<RecordId, Given> = BTreeMap::new();
    let mut removed: Vec<RecordId> = Vec::new();
    for operation in operations {
        let user = operation.user;
        let entry = present.get(&user);
        let said = Said { related, path: &operation.path };
        if let Verb::Set { terms, .. } | Verb::Change { terms, .. } = &operation.verb
            && terms.follows == Some(true)
            && conditions_said(entry, terms).is_keep()
        {
            let message = "there are no row filters that tables could follow";
            violations.push(Violation::new(format!("{}/rowFiltersFollow", operation.path), RULE_EXISTS, message));
        }
        if let Some(fault) = unfit_end(&operation.verb, entry, giver) {
            violations.push(Violation::new(format!("{}/until", operation.path), RULE_EXISTS, fault));
            continue;
        }
        match (&operation.verb, entry) {
            (Verb::Set { role, terms }, _) => {
                // To list whom one was shown is not to give him anything.
                let is_listed = operation.path.starts_with("/users") && entry.is_some_and(|entry| entry.role == *role);
                let attributes = said.attributes(entry, *role, terms, giver, !is_listed, &mut warnings);
                let instead_of = Role::ALL.into_iter().filter(|other| other != role).collect();
                changed.insert(user, Given { role: *role, attributes, instead_of });
            }
            (Verb::Change { role, terms }, Some(entry)) => {
                let is_other = role.is_some_and(|role| role != entry.role);
                let role = role.unwrap_or(entry.role);
                let attributes = said.attributes(Some(entry), role, terms, giver, is_other, &mut warnings);
                // Nothing stays that is more than he is to be.
                let goes = |other: &Role| is_other && (*other == entry.role || *other < role);
                let instead_of = Role::ALL.into_iter().filter(goes).collect();
                changed.insert(user, Given { role, attributes, instead_of });
            }
            (Verb::Change { .. }, None) => {
                let message = "the user has no role on the {product} that could be changed";
                violations.push(Violation::new(operation.path.clone(), RULE_EXISTS, message));
            }
            (Verb::Remove, Some(_)) => {
                changed.remove(&user);
                removed.push(user);
            }
            // What leads to a team that is deleted would come back with it.
            (Verb::Remove, None) if view.edges.iter().any(|edge| edge.to == user && ROLES.contains(&edge.relation)) => {
                removed.push(user);
            }
            (Verb::Remove, None) => {
                let message = "the user has no role on the {product}";
                warnings.push(Warning::new("NO_ROLE", message, Some(operation.path.clone())));
            }
        }
    }
    if !violations.is_empty() {
        return Err(Failure::invalid(violations));
    }
    removed.retain(|user| !changed.contains_key(user));
    let admins_left = present
        .values()
        .filter(|entry| !removed.contains(&entry.user) && !changed.contains_key(&entry.user))
        .map(|entry| entry.role)
        .chain(changed.values().map(|given| given.role))
        .any(|role| role == Role::Admin);
    let had_admin = present.values().any(|entry| entry.role == Role::Admin);
    if had_admin && !admins_left {
        return Err(Failure::last_admin());
    }
    let teams = operations.iter().filter(|one| one.kind == "team").map(|one| one.user).collect();
    let mut draft = draft(catalog, view, &teams, &changed, &removed);
    if !role_masks.is_empty() {
        draft.set(ROLE_MASKS, masked(view, role_masks));
    }
    Ok((draft, warnings))
}

/// What keeps a role from ending: it is one that does not, or the end has come. Of somebody with a role it is not known which
/// of both would stay.
fn unfit_end(verb: &Verb, entry: Option<&Entry>, giver: Giver) -> Option<&'static str> {
    let (Verb::Set { terms, .. } | Verb::Change { terms, .. }) = verb else { return None };
    let until = terms.until?;
    match (verb, entry) {
        (Verb::Set { role: Role::Admin, .. }, _) => Some("the role admin has no end"),
        (Verb::Change { .. }, _) | (_, Some(_)) => Some("the user has a role already"),
        _ => (until.0 <= giver.now_ms).then_some("must lie in the future"),
    }
}

/// What the product masks by role then.
fn masked(view: &View, role_masks: &RoleMasks) -> Value {
    let mut all = view.record.body.get(ROLE_MASKS).and_then(Value::as_object).cloned().unwrap_or_default();
    for (role, tables) in role_masks {
        match tables.is_empty() {
            true => drop(all.shift_remove(role.word())),
            false => drop(all.insert(role.word().to_owned(), masks_printed(tables))),
        }
    }
    if all.is_empty() { Value::Null } else { Value::Object(all) }
}

fn draft(
    catalog: &Arc<Catalog>,
    view: &View,
    teams: &BTreeSet<RecordId>,
    changed: &BTreeMap<RecordId, Given>,
    removed: &[RecordId],
) -> Draft {
    let mut draft = Draft::default();
    let named = |holder: RecordId| match teams.contains(&holder) {
        true => refs::team(catalog, holder),
        false => refs::user(catalog, holder),
    };
    for role in Role::ALL {
        let relation = relation(role);
        let edge = |user: &RecordId| view.edges.iter().find(|edge| edge.relation == relation && edge.to == *user);
        let leaving = changed.iter().filter(|(_, given)| given.instead_of.contains(&role)).map(|(user, _)| user);
        let gone: Vec<Target> =
            leaving.chain(removed).filter(|user| edge(user).is_some()).map(|user| Target::of(named(*user))).collect();
        if !gone.is_empty() {
            draft.relate(relation, How::Remove, "/users", gone);
        }
        let saying = |user: &RecordId, attributes: &Map<String, Value>| Target {
            attributes: attributes.clone(),
            ..Target::of(named(*user))
        };
        let given = changed.iter().filter(|(_, given)| given.role == role);
        let mut come: Vec<Target> = given.map(|(user, given)| saying(user, &given.attributes)).collect();
        // His filters stand on every role that he has: whichever is taken away, those that stay bear them.
        let beside = changed.iter().filter(|(_, given)| given.role != role && !given.instead_of.contains(&role));
        for (user, given) in beside {
            let (Some(edge), Some(filters)) = (edge(user), given.attributes.get(ROW_FILTERS)) else { continue };
            if edge.attributes.get(ROW_FILTERS).unwrap_or(&Value::Null) != filters {
                let mut attributes = edge.attributes.clone();
                attributes.insert(ROW_FILTERS.to_owned(), filters.clone());
                come.push(saying(user, &attributes));
            }
        }
        if !come.is_empty() {
            draft.relate(relation, How::Add, "/users", come);
        }
    }
    draft
}

/// An operation that says what somebody bears: where it stands in the request, and how the tables refer to each other.
struct Said<'a> {
    related: &'a Related,
    path: &'a str,
}

impl Said<'_> {
    /// What the edge shall say besides the role.
    fn attributes(
        &self,
        entry: Option<&Entry>,
        role: Role,
        terms: &Terms,
        giver: Giver,
        is_given_anew: bool,
        warnings: &mut Vec<Warning>,
    ) -> Map<String, Value> {
        let mut attributes = entry.map(|entry| entry.edge.attributes.clone()).unwrap_or_default();
        if is_given_anew {
            // Given by hand, a role has the end that is said. One that is not would stay if it were only left out.
            attributes.insert(UNTIL.to_owned(), terms.until.map_or(Value::Null, |until| until.0.into()));
            attributes.insert(AFTERWARDS.to_owned(), Value::Null);
        }
        match &terms.allow_sql {
            Patch::Keep => {}
            Patch::Clear => drop(attributes.shift_remove(ALLOW_SQL)),
            Patch::Set(allowed) => drop(attributes.insert(ALLOW_SQL.to_owned(), (*allowed).into())),
        }
        let row_filters = conditions_said(entry, terms);
        if !row_filters.is_keep() || !terms.column_masks.is_keep() {
            let (all, lost) = restricted(attributes.get(ROW_FILTERS), terms, &row_filters, self.related);
            warnings.extend(filter_check::follow_no_more(self.path, &lost));
            // It would stay if it were only left out.
            let all = if all.is_empty() { Value::Null } else { Value::Object(all) };
            attributes.insert(ROW_FILTERS.to_owned(), all);
        }
        if role == Role::Admin {
            // Owners are other doors' business as well, and there an edge that says more is another one. When an owner
            // came is told by the history.
            attributes.shift_remove(ADDED_AT);
            attributes.shift_remove(ADDED_BY);
            attributes.shift_remove(UNTIL);
            attributes.shift_remove(AFTERWARDS);
        } else if entry.is_none_or(|entry| entry.role != role) {
            attributes.insert(ADDED_AT.to_owned(), giver.now_ms.into());
            attributes.insert(ADDED_BY.to_owned(), giver.user.to_string().into());
        }
        attributes
    }
}
