//! The list of the users of a product.

use std::collections::BTreeMap;

use emporion_catalog::action::Action;
use emporion_catalog::id::{RecordId, Revision};
use emporion_catalog::load::Depth;
use emporion_catalog::name;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::{Record, View};
use emporion_catalog::relation::{EDITOR, OWNER, OWNING_TEAM, VIEWER};
use emporion_catalog::rows::role_terms::RoleTerms;
use emporion_catalog::rows::roles::{ROLES, of_principal};
use emporion_catalog::rows::{filters, masks};
use serde_json::Value;

use super::operation::{self, Role};
use super::roles::{self, ADDED_AT, ADDED_BY, ALLOW_SQL, Entry};
use crate::failure::Failure;
use crate::page::{CursorScope, ListPage, PageRequest, Position, SortKey};
use crate::request::ProductRequest;
use crate::service::Products;
use crate::{rights, subject};

/// Somebody with a role on a product.
#[derive(Debug, Clone, PartialEq)]
pub struct ProductUser {
    pub id: RecordId,
    pub name: String,
    pub email: Option<String>,
    pub role: Role,
    pub added_ms: Option<i64>,
    pub added_by: Option<String>,
    /// Where it is said, and the reader may know.
    pub allow_sql: Option<Value>,
    /// Conditions by table; where there are any, and the reader may know.
    pub row_filters: Option<Value>,
    /// Whether tables that refer to those of the conditions follow them, in the same way.
    pub follows: bool,
    /// Masks by table and column, in the same way.
    pub column_masks: Option<Value>,
    /// What the list is sorted by.
    key: String,
}

/// What the list needs of a product's edges.
pub fn depth() -> Depth {
    Depth::of(&[OWNER, EDITOR, VIEWER, OWNING_TEAM], false)
}

/// Those of a product: admins first, then editors, then viewers, each by name. And what is masked by role.
///
/// Errors: 404.
pub async fn list(
    products: &Products,
    request: &ProductRequest,
    page: &PageRequest,
) -> Result<(ListPage<ProductUser>, BTreeMap<Role, Value>), Failure> {
    let reading = products.catalog.reading(&request.caller).await?;
    let view = subject::find(products, request, &reading, &depth()).await?;
    let users = all(&reading, &view).await?;
    let scope = CursorScope::of(request.caller.account(), &format!("users/{}", view.id()), page);
    let place = |user: &ProductUser| Position { key: SortKey::Text(user.key.clone()), id: user.id.uuid() };
    let page = scope.page(&products.cursor_keys, page, users, place, Position::gt)?;
    Ok((page, role_masks(&reading, &view).await?))
}

/// All of them. Shape: the view has the edges of `depth`.
pub async fn all(reading: &Reading<'_>, view: &View) -> Result<Vec<ProductUser>, Failure> {
    let entries = roles::entries(view);
    let people = reading.people_of(view, &ROLES).await?;
    // Conditions on rows say what they hide, so only admins and whoever they bind read them.
    let is_admin = rights::may(reading, Action::EditUsers, &view.record).await?;
    let mut users = Vec::with_capacity(people.len());
    // The dialect knows no teams here; pages show them.
    for user in people.into_iter().filter(|one| one.kind.is("user")) {
        let Some(entry) = entries.get(&user.id) else { continue };
        let shows_terms = is_admin || user.id == reading.caller().principal.user;
        let added = added(reading, view, entry).await?;
        users.push(ProductUser::of(&user, entry, added, shows_terms));
    }
    users.sort_by(|a, b| (&a.key, a.id).cmp(&(&b.key, b.id)));
    Ok(users)
}

/// What is masked from everybody with a role, for who gives roles; of each role for those who have it.
pub async fn role_masks(reading: &Reading<'_>, view: &View) -> Result<BTreeMap<Role, Value>, Failure> {
    let is_admin = rights::may(reading, Action::EditUsers, &view.record).await?;
    let own = of_principal(view, &reading.caller().principal);
    let mut shown = BTreeMap::new();
    for role in Role::ALL {
        let relation = roles::relation(role);
        let masks: BTreeMap<_, _> = masks::of_role(&view.record, relation).collect();
        if !masks.is_empty() && (is_admin || own.contains(&relation)) {
            shown.insert(role, operation::masks_printed(masks.iter().map(|(table, masks)| (*table, masks))));
        }
    }
    Ok(shown)
}

impl ProductUser {
    fn of(user: &Record, entry: &Entry, added: Option<(i64, String)>, shows_terms: bool) -> ProductUser {
        let (added_ms, added_by) = added.unzip();
        let term = |name: &str| entry.edge.attributes.get(name).filter(|_| shows_terms).cloned();
        ProductUser {
            id: user.id,
            name: user.name.clone(),
            email: user.body.get("email").and_then(Value::as_str).map(str::to_owned),
            role: entry.role,
            added_ms,
            added_by,
            allow_sql: term(ALLOW_SQL),
            row_filters: shows_terms.then(|| roles::conditions(&entry.edge)).flatten(),
            follows: shows_terms && filters::of_edge(&entry.edge).any(|(_, borne)| RoleTerms::read(borne).is_followed),
            column_masks: shows_terms.then(|| roles::masks(&entry.edge)).flatten(),
            key: format!("{} {}", entry.role as u8, name::fold(&user.name)),
        }
    }
}

/// When the role was given and by whom: the edge says so, or the revision that began it.
async fn added(reading: &Reading<'_>, view: &View, entry: &Entry) -> Result<Option<(i64, String)>, Failure> {
    let attributes = &entry.edge.attributes;
    let at = attributes.get(ADDED_AT).and_then(Value::as_i64);
    let by = attributes.get(ADDED_BY).and_then(Value::as_str);
    if let (Some(at), Some(by)) = (at, by) {
        return Ok(Some((at, by.to_owned())));
    }
    let since = entry.edge.since;
    if since <= Revision::FIRST {
        let created = &view.record.created;
        return Ok(Some((created.at.0, created.by.id.to_string())));
    }
    let begun = reading.history(view, Some(since.next()), 1).await?;
    let begun = begun.into_iter().find(|record| record.revision == since);
    Ok(begun.map(|record| (record.updated.at.0, record.updated.by.id.to_string())))
}
