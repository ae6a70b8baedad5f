//! The users of a product: who has which role, and the edit of it.

use std::sync::Arc;

use emporion_catalog::action::Action;
use emporion_catalog::caller::Caller;
use emporion_catalog::command::{Command, DoorRules};
use emporion_catalog::id::{RecordId, Revision};
use emporion_catalog::load::Depth;
use emporion_catalog::name;
use emporion_catalog::query::States;
use emporion_catalog::reading::{Reading, SeenId};
use emporion_catalog::record::{Record, View};
use emporion_catalog::rows::roles::ROLES;
use emporion_edge::timestamp;
use emporion_products::failure::{Failure, Violation};
use emporion_products::message::Message;
use emporion_products::patch::Patch;
use emporion_products::problems::RULE_EXISTS;
use emporion_products::reach::unfiltered_views::{self, Names};
use emporion_products::read_context::ReadContext;
use emporion_products::refusal::Refusal;
use emporion_products::{refs, rights};
use serde_json::{Value, json};
use emporion_products::page::{PageRequest, Position, SortKey};

use crate::call::Call;
use crate::door::Door;
use crate::envelope::Reply;
use crate::products::product;
use crate::user_list::{self, UserOperation, Verb, Who};
use crate::users::filter_check::{self, Checked};
use crate::users::roles as users;
use crate::users::roles::{ADDED_AT, ADDED_BY, ALLOW_SQL, Entry, Giver, ROW_FILTERS, Resolved};
use crate::{guard, subject};

fn depth() -> Depth {
    Depth::of(&ROLES, false)
}

/// One line of the list, with what it is sorted by.
struct Row {
    key: String,
    user: RecordId,
    printed: Value,
}

/// `GET users`: admins first, then editors, then viewers, each by name.
pub async fn list(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let page = PageRequest::of(&call.query);
    let reading = door.products.catalog.reading(&call.caller).await?;
    let view = subject::find(&door, &call, &reading, &depth()).await?;
    let rows = rows(&reading, &view).await?;
    let listing = subject::listing(&call, &view, "users");
    let after = listing.after_text(&door.cursor_keys, &page)?;
    let total = rows.len();
    let is_after =
        |row: &Row| after.as_ref().is_none_or(|(key, id)| (row.key.as_str(), row.user.uuid()) > (key.as_str(), *id));
    let rest = rows.into_iter().filter(is_after);
    let position = |row: &Row| Position { key: SortKey::Text(row.key.clone()), id: row.user.uuid() };
    let (rows, pagination) = listing.cut(&door.cursor_keys, &page, rest, position);
    let count = rows.len();
    let printed: Vec<Value> = rows.into_iter().map(|row| row.printed).collect();
    let data = json!({"users": printed, "count": count});
    Ok(Reply::list(&page, data, total, pagination))
}

/// `PATCH users`, in either form: all of it or nothing.
pub async fn update(door: Arc<Door>, call: Call) -> Result<Reply, Failure> {
    let mut wanted = user_list::parse(call.body()?, call.is_strict())?;
    let guard = guard::guard(call.if_match()?.as_ref());
    let catalog = &door.products.catalog;
    let reading = catalog.reading(&call.caller).await?;
    let view = subject::find(&door, &call, &reading, &Depth::bare()).await?;
    if !is_leaving(&call.caller, &wanted.operations) {
        rights::require(&reading, Action::EditUsers, &view.record).await?;
    }
    guard::check(&guard, &view.record)?;
    let cx = ReadContext { products: &door.products, reading: &reading, product: SeenId::from(&view) };
    let Checked { broken: unfit, tables } = filter_check::check(&cx, &mut wanted.operations).await?;
    let operations = match resolved(&reading, wanted.operations).await {
        Ok(operations) if unfit.is_empty() => operations,
        Ok(_) => return Err(Failure::invalid(unfit)),
        Err(mut failure) => {
            failure.violations.extend(unfit);
            return Err(failure);
        }
    };
    drop(reading);
    let filtered: Vec<RecordId> =
        operations.iter().filter(|one| gives_filters(&one.verb)).map(|one| one.user).collect();
    let refusal = Refusal::default();
    let giver = Giver { user: call.caller.principal.user, now_ms: catalog.now().0 };
    let before = Arc::new(std::sync::Mutex::new(Vec::new()));
    let (told, said, planner) = (before.clone(), refusal.clone(), catalog.clone());
    let command = Command::Change {
        target: refs::product_id(catalog, view.id()),
        guard,
        edit: Arc::new(move |view| match users::plan(&planner, view, &operations, giver) {
            Ok((draft, warnings)) => {
                *told.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = warnings;
                Ok(draft)
            }
            Err(failure) => Err(said.say(failure)),
        }),
        rules: DoorRules::default(),
    };
    let outcome = catalog.execute(&call.caller, &command).await.map_err(|problem| refusal.failure(problem))?;
    let warnings = std::mem::take(&mut *before.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
    let reading = catalog.reading(&call.caller).await?;
    let printed = printed(&reading, &outcome.view).await?;
    let cx = ReadContext { products: &door.products, reading: &reading, product: SeenId::from(&view) };
    let entries = users::entries(&outcome.view);
    let given = filtered.iter().filter_map(|user| entries.get(user)?.edge.attributes.get(ROW_FILTERS));
    let given: Vec<Names> = given.filter_map(unfiltered_views::names).collect();
    let uncovered = unfiltered_views::warnings(&cx, &tables, &given).await?;
    let data = json!({"count": printed.len(), "users": printed});
    let reply = Reply::ok(data).etag(product::version(&outcome.view));
    Ok(reply.warn(wanted.warnings).warn(warnings).warn(uncovered))
}

fn gives_filters(verb: &Verb) -> bool {
    let (Verb::Set { terms, .. } | Verb::Change { terms, .. }) = verb else { return false };
    matches!(terms.row_filters, Patch::Set(_))
}

/// Whether the caller asks for nothing but to be taken off the product, which everybody may.
fn is_leaving(caller: &Caller, operations: &[UserOperation]) -> bool {
    let (id, email) = (caller.principal.user.to_string(), name::fold(&caller.principal.email));
    let is_own = |who: &Who| match who {
        Who::Id(text) => *text == id,
        Who::Email(text) => !email.is_empty() && name::fold(text) == email,
    };
    !operations.is_empty() && operations.iter().all(|one| one.verb == Verb::Remove && is_own(&one.who))
}

/// Everybody with a role on a product, printed.
pub async fn all(reading: &Reading<'_>, product: RecordId) -> Result<Vec<Value>, Failure> {
    let target = refs::product_id(reading.catalog(), product);
    let view = reading.get(&target, States::Alive, &depth()).await?;
    printed(reading, &view).await
}

async fn printed(reading: &Reading<'_>, view: &View) -> Result<Vec<Value>, Failure> {
    Ok(rows(reading, view).await?.into_iter().map(|row| row.printed).collect())
}

async fn rows(reading: &Reading<'_>, view: &View) -> Result<Vec<Row>, Failure> {
    let entries = users::entries(view);
    let people = reading.people_of(view, &ROLES).await?;
    // Conditions on rows say what they hide, so only admins and whoever they bind read them.
    let is_admin = rights::may(reading, Action::EditUsers, &view.record).await?;
    let mut rows = Vec::with_capacity(people.len());
    for user in people {
        let Some(entry) = entries.get(&user.id) else { continue };
        let shows_terms = is_admin || user.id == reading.caller().principal.user;
        let added = added(reading, view, entry).await?;
        rows.push(Row {
            key: format!("{} {}", entry.role as u8, name::fold(&user.name)),
            user: user.id,
            printed: print(&user, entry, added, shows_terms),
        });
    }
    rows.sort_by(|a, b| (&a.key, a.user).cmp(&(&b.key, b.user)));
    Ok(rows)
}

fn print(user: &Record, entry: &Entry, added: Option<(i64, String)>, shows_terms: bool) -> Value {
    let text = |name: &str| user.body.get(name).and_then(Value::as_str);
    let (added_at, added_by) = added.unzip();
    let mut printed = json!({
        "userId": user.id.to_string(),
        "email": text("email"),
        "name": user.name,
        "role": entry.role.word(),
        "addedAt": added_at.map(timestamp::print),
        "addedBy": added_by,
    });
    let attributes = &entry.edge.attributes;
    for (member, attribute) in [("allowSql", ALLOW_SQL), ("rowFilters", ROW_FILTERS)] {
        if let Some(value) = attributes.get(attribute).filter(|_| shows_terms) {
            printed[member] = value.clone();
        }
    }
    printed
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

/// Looks every user up.
///
/// Errors: 422 that lists all who are unknown, and those whom two entries name.
async fn resolved(reading: &Reading<'_>, operations: Vec<UserOperation>) -> Result<Vec<Resolved>, Failure> {
    let mut resolved: Vec<Resolved> = Vec::with_capacity(operations.len());
    let mut violations = Vec::new();
    let of_address = async |text: &str| match reading.id_of_address(text).await? {
        Some(id) => reading.in_any_state(&[id]).await,
        None => Ok(Vec::new()),
    };
    for UserOperation { who, beside, verb, path } in operations {
        let found = match &who {
            Who::Id(text) => match text.parse::<RecordId>() {
                Ok(id) => reading.in_any_state(&[id]).await?,
                Err(_) => Vec::new(),
            },
            Who::Email(email) => of_address(email).await?,
        };
        let Some(user) = found.into_iter().find(|user| user.kind.is("user") && user.state.is_alive()) else {
            let (member, text) = match who {
                Who::Id(text) => ("/userId", text),
                Who::Email(text) => ("/email", text),
            };
            // An entry that is a bare id has no members.
            let at = if path.starts_with("/remove/") { path } else { format!("{path}{member}") };
            let message = Message::with("there is no user \"{}\" in the account", [text]);
            violations.push(Violation::new(at, RULE_EXISTS, message));
            continue;
        };
        if resolved.iter().any(|other| other.user == user.id) {
            violations.push(Violation::new(path, "unique", "the user stands twice in the request"));
        } else if let Some(email) = &beside
            && of_address(email).await?.iter().any(|other| other.id != user.id)
        {
            let message = "is the address of another user than the one of userId";
            violations.push(Violation::new(format!("{path}/email"), "contradiction", message));
        } else {
            resolved.push(Resolved { user: user.id, verb, path });
        }
    }
    if violations.is_empty() { Ok(resolved) } else { Err(Failure::invalid(violations)) }
}
