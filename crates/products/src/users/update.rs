//! Giving, changing and taking roles on a product: all of it or nothing.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use emporion_catalog::action::Action;
use emporion_catalog::caller::Caller;
use emporion_catalog::command::{Command, DoorRules, Guard};
use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::name;
use emporion_catalog::plan::write::check_guard;
use emporion_catalog::reading::{Reading, SeenId};
use emporion_catalog::record::{Record, View};
use emporion_catalog::rows::filters;
use emporion_catalog::rows::roles::may_bear;
use serde_json::Value;

use super::filter_check::{self, Checked};
use super::list::{self, ProductUser};
use super::operation::{self, Role, RoleMasks, UserOperation, Verb, Who};
use super::roles::{self, Giver, ROW_FILTERS, Resolved};
use crate::failure::{Failure, Violation};
use crate::message::Message;
use crate::patch::Patch;
use crate::problems::RULE_EXISTS;
use crate::reach::unfiltered_views::{self, Names};
use crate::read_context::ReadContext;
use crate::refusal::Refusal;
use crate::request::ProductRequest;
use crate::service::Products;
use crate::warning::Warning;
use crate::{refs, rights, subject};

/// What became of the users of a product.
pub struct Updated {
    pub product: View,
    pub users: Vec<ProductUser>,
    /// What is masked from everybody with a role.
    pub role_masks: BTreeMap<Role, Value>,
    pub warnings: Vec<Warning>,
}

/// Carries the operations out, and masks for roles what is said of them.
///
/// Errors: 403 for who may not give rights on the product, unless he only leaves it; 404; 409 where no admin would be
/// left; 412 where the guard does not hold; 422 for users who are not there, and for row filters that do not fit.
pub async fn update(
    products: &Products,
    request: &ProductRequest,
    mut operations: Vec<UserOperation>,
    mut role_masks: RoleMasks,
    guard: Guard,
) -> Result<Updated, Failure> {
    operation::check(&operations)?;
    let (catalog, caller) = (&products.catalog, &request.caller);
    let reading = catalog.reading(caller).await?;
    let view = subject::find(products, request, &reading, &Depth::bare()).await?;
    if !role_masks.is_empty() || !is_leaving(caller, &operations) {
        rights::require(&reading, Action::EditUsers, &view.record).await?;
    }
    check_guard(&guard, &view.record)?;
    let cx = ReadContext { products, reading: &reading, product: SeenId::from(&view) };
    let Checked { broken: unfit, tables, related } = filter_check::check(&cx, &mut operations, &mut role_masks).await?;
    let operations = match resolved(&reading, operations).await {
        Ok(operations) if unfit.is_empty() => operations,
        Ok(_) => return Err(Failure::invalid(unfit)),
        Err(mut failure) => {
            failure.violations.extend(unfit);
            return Err(failure);
        }
    };
    drop(reading);
    let related = Arc::new(related);
    let filtered: Vec<(RecordId, String)> =
        operations.iter().filter(|one| gives_filters(&one.verb)).map(|one| (one.user, one.path.clone())).collect();
    let masked: Vec<Names> = role_masks
        .values()
        .map(|tables| tables.keys().cloned().collect())
        .filter(|names: &Names| !names.is_empty())
        .collect();
    let refusal = Refusal::default();
    let giver = Giver { user: caller.principal.user, now_ms: catalog.now().0 };
    let idle = Arc::new(Mutex::new(Vec::new()));
    let (warned, refused, planner, known) = (idle.clone(), refusal.clone(), catalog.clone(), related.clone());
    let command = Command::Change {
        target: refs::product_id(catalog, view.id()),
        guard,
        edit: Arc::new(move |view| match roles::plan(&planner, view, &operations, &role_masks, &known, giver) {
            Ok((draft, warnings)) => {
                *warned.lock().unwrap_or_else(PoisonError::into_inner) = warnings;
                Ok(draft)
            }
            Err(failure) => Err(refused.say(failure)),
        }),
        rules: DoorRules::default(),
    };
    let outcome = catalog.execute(caller, &command).await.map_err(|problem| refusal.failure(problem))?;
    let mut warnings = std::mem::take(&mut *idle.lock().unwrap_or_else(PoisonError::into_inner));
    let reading = catalog.reading(caller).await?;
    let users = list::all(&reading, &outcome.view).await?;
    let role_masks = list::role_masks(&reading, &outcome.view).await?;
    let cx = ReadContext { products, reading: &reading, product: SeenId::from(&view) };
    let entries = roles::entries(&outcome.view);
    for (user, path) in &filtered {
        let conditions = entries.get(user).and_then(|entry| roles::conditions(&entry.edge));
        if let Some(Value::Object(conditions)) = conditions
            && filters::are_followed(&outcome.view, *user) == Some(false)
        {
            warnings.extend(filter_check::not_followed(&related, path, &conditions));
        }
    }
    let given = filtered.iter().filter_map(|(user, _)| entries.get(user)?.edge.attributes.get(ROW_FILTERS));
    let given: Vec<Names> = given.filter_map(unfiltered_views::names).chain(masked).collect();
    warnings.extend(unfiltered_views::warnings(&cx, &tables, &given).await?);
    Ok(Updated { product: outcome.view, users, role_masks, warnings })
}

fn gives_filters(verb: &Verb) -> bool {
    let (Verb::Set { terms, .. } | Verb::Change { terms, .. }) = verb else { return false };
    let says_follows = terms.follows.is_some() && terms.row_filters.is_keep();
    says_follows || matches!(terms.row_filters, Patch::Set(_)) || matches!(terms.column_masks, Patch::Set(_))
}

/// Whether the caller asks for nothing but to be taken off the product, which everybody may.
fn is_leaving(caller: &Caller, operations: &[UserOperation]) -> bool {
    let (id, email) = (caller.principal.user.to_string(), name::fold(&caller.principal.email));
    let is_own = |who: &Who| match who {
        Who::Team(_) => false,
        Who::Id(text) => *text == id,
        Who::Email(text) => !email.is_empty() && name::fold(text) == email,
    };
    !operations.is_empty() && operations.iter().all(|one| one.verb == Verb::Remove && is_own(&one.who))
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
            Who::Team(id) => reading.in_any_state(&[*id]).await?,
        };
        let kind = if matches!(who, Who::Team(_)) { "team" } else { "user" };
        // Of one that has come to an end, a role is taken all the same.
        let is_there = |one: &Record| may_bear(one) || verb == Verb::Remove && kind == "team";
        let Some(user) = found.into_iter().find(|user| user.kind.is(kind) && is_there(user)) else {
            let (member, text) = match who {
                Who::Id(text) => ("/userId", text),
                Who::Email(text) => ("/email", text),
                Who::Team(team) => {
                    let message = Message::with("there is no team \"{}\" that could have a role", [team.to_string()]);
                    violations.push(Violation::new(path, RULE_EXISTS, message));
                    continue;
                }
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
            resolved.push(Resolved { user: user.id, kind, verb, path });
        }
    }
    if violations.is_empty() { Ok(resolved) } else { Err(Failure::invalid(violations)) }
}
