//! Who belongs to a project, and as what.

use std::sync::Arc;

use emporion_catalog::Problem;
use emporion_catalog::caller::Designation;
use emporion_catalog::command::{Command, DoorRules, Draft, Guard, How, Ref, Target};
use emporion_catalog::id::RecordId;
use emporion_catalog::kinds;
use emporion_catalog::load::Depth;
use emporion_catalog::record::{Card, Edge, View};
use emporion_catalog::relation::MEMBER;
use serde_json::{Value, json};

use crate::allowed::Allowed;
use crate::call::{Call, CallError, Reply};
use crate::error::ServiceError;
use crate::in_domain::InDomain;
use crate::members::Members;
use crate::messages::{self, PROJECT, USER_PROFILE};
use crate::page;
use crate::people;
use crate::shapes::project::PROJECT_MEMBER;

/// The edge's attribute for what rights follow.
const DESIGNATION: &str = "designation";
/// The edge's attribute for this API's own word, which says more.
const CLOUD_DESIGNATION: &str = "cloud_designation";

/// This API's words for places in a project, with the core's.
const WORDS: &[(&str, Designation)] = &[
    ("PROJECT_OWNER", Designation::Owner),
    ("PROJECT_CONTRIBUTOR", Designation::Contributor),
    ("PROJECT_CATALOG_STEWARD", Designation::Steward),
    ("PROJECT_CATALOG_VIEWER", Designation::Viewer),
    ("PROJECT_CATALOG_CONSUMER", Designation::Viewer),
];

/// A place in a project, as a request asks for it.
#[derive(Debug, Clone)]
pub struct Seat {
    pub user: RecordId,
    word: &'static str,
    designation: Designation,
}

impl Seat {
    pub fn owner(user: RecordId) -> Seat {
        Seat { user, word: "PROJECT_OWNER", designation: Designation::Owner }
    }

    pub fn target(&self) -> Target {
        Target::of(Ref::Id(kinds::USER, self.user))
            .with(DESIGNATION, self.designation.name())
            .with(CLOUD_DESIGNATION, self.word)
    }
}

/// Reads `{member, designation}`.
pub async fn requested(here: &Allowed<'_, '_>, assignment: &Value) -> Result<Seat, CallError> {
    let user = requested_user(here, assignment.get("member")).await?;
    let word = assignment.get("designation").and_then(Value::as_str).unwrap_or_default();
    match WORDS.iter().find(|(known, _)| *known == word) {
        Some((word, designation)) => Ok(Seat { user, word, designation: *designation }),
        None => Err(ServiceError::validation(format!("Designation {word} is not supported by this server")).into()),
    }
}

async fn requested_user(here: &Allowed<'_, '_>, member: Option<&Value>) -> Result<RecordId, CallError> {
    let Some(text) = member.and_then(|member| member.get("userIdentifier")).and_then(Value::as_str) else {
        return Err(ServiceError::validation("Groups as members are not supported by this server").into());
    };
    Ok(people::find(here, text).await?.ok_or_else(|| messages::does_not_exist(USER_PROFILE))?.id())
}

pub async fn create(call: Call) -> Result<Reply, CallError> {
    let here = call.enter().await?;
    let project = requested_project(&here).await?;
    let allowed = here.may_change(&project, &[MEMBER.name()]).await?;
    let project = project.id();
    let member = call.input.get("member").cloned();
    let seat = requested(&allowed, &json!({ "member": member, "designation": call.input.text("designation") })).await?;
    drop(here);
    let edit = move |view: &View| {
        if view.targets(MEMBER).any(|(edge, _)| edge.to == seat.user) {
            return Err(Problem::conflict("User is already in the project."));
        }
        let mut draft = Draft::default();
        draft.relate(MEMBER, How::Add, "member", vec![seat.target()]);
        Ok(draft)
    };
    change(&call, project, edit).await?;
    Ok(Reply::Json(json!({})))
}

pub async fn delete(call: Call) -> Result<Reply, CallError> {
    let here = call.enter().await?;
    let project = requested_project(&here).await?;
    let allowed = here.may_change(&project, &[MEMBER.name()]).await?;
    let project = project.id();
    let leaving = requested_user(&allowed, call.input.get("member")).await?;
    drop(here);
    let edit = move |view: &View| {
        if !view.targets(MEMBER).any(|(edge, _)| edge.to == leaving) {
            return Err(Problem::NotFound { kind: "user", what: leaving.to_string() });
        }
        let mut owners = view.targets(MEMBER).filter(|(edge, _)| designation(edge) == Designation::Owner).peekable();
        if owners.peek().is_some() && owners.all(|(edge, _)| edge.to == leaving) {
            return Err(Problem::conflict("The last owner can't leave the project"));
        }
        let mut draft = Draft::default();
        draft.relate(MEMBER, How::Remove, "member", vec![Target::of(Ref::Id(kinds::USER, leaving))]);
        Ok(draft)
    };
    change(&call, project, edit).await?;
    Ok(Reply::Empty)
}

/// Members by name.
pub async fn list(call: Call) -> Result<Reply, CallError> {
    let here = call.enter().await?;
    let page = call.page()?;
    let after: Option<(String, String)> = match &page.after {
        None => None,
        Some(value) => Some(serde_json::from_value(value.clone()).map_err(|_| page::invalid_token())?),
    };
    let project = requested_project(&here).await?;
    if !here.standing.in_project(project.id()) {
        return Err(messages::not_permitted(call.operation.name, Some("the caller is no member of the project")).into());
    }
    let mut rows: Vec<(&Edge, &Card)> = project.targets(MEMBER).map(|(edge, card)| (edge, &**card)).collect();
    let key = |card: &Card| (card.name.clone(), card.id.to_string());
    rows.sort_by_cached_key(|(_, card)| key(card));
    let is_descending = call.input.text("sortOrder") == Some("DESCENDING");
    if is_descending {
        rows.reverse();
    }
    if let Some(after) = after {
        rows.retain(|(_, card)| if is_descending { key(card) < after } else { key(card) > after });
    }
    let more = rows.len() > page.size;
    rows.truncate(page.size);
    let spelling = here.spelling(rows.iter().map(|(_, card)| card.id).collect()).await?;
    let mut answer = Members::new();
    if more && let Some((_, last)) = rows.last() {
        answer.set("nextToken", page.next_token(call.page_keys(), &json!(key(last))));
    }
    let printed = rows.into_iter().map(|(edge, card)| {
        let mut members = Members::new();
        members.set("memberDetails", json!({ "user": { "userId": spelling.id(card.id) } }));
        members.set("designation", word(edge));
        members.fit(&PROJECT_MEMBER)
    });
    answer.set("members", printed.collect::<Vec<Value>>());
    Ok(Reply::Json(answer.answer(call.shapes.output)))
}

async fn requested_project(here: &InDomain<'_>) -> Result<View, CallError> {
    let text = here.call.input.required_text("projectIdentifier");
    let project = here.project(text, &Depth::of(&[MEMBER], false)).await?;
    Ok(project.ok_or_else(|| messages::does_not_exist(PROJECT))?)
}

async fn change<E>(call: &Call, project: RecordId, edit: E) -> Result<(), Problem>
where
    E: Fn(&View) -> Result<Draft, Problem> + Send + Sync + 'static,
{
    let command = Command::Change {
        target: Ref::Id(kinds::TEAM, project),
        guard: Guard::None,
        edit: Arc::new(edit),
        rules: DoorRules::default(),
    };
    call.catalog().execute(&call.caller, &command).await.map(|_| ())
}

fn designation(edge: &Edge) -> Designation {
    Designation::parse(edge.attributes.get(DESIGNATION).and_then(Value::as_str))
}

/// The word that was asked for, as long as no other door has changed what it stands for.
fn word(edge: &Edge) -> &'static str {
    let held = designation(edge);
    let asked = edge.attributes.get(CLOUD_DESIGNATION).and_then(Value::as_str);
    let of_it = || WORDS.iter().filter(|(_, designation)| *designation == held).map(|(word, _)| *word);
    of_it().find(|word| Some(*word) == asked).or_else(|| of_it().next()).unwrap_or("PROJECT_CONTRIBUTOR")
}

#[cfg(test)]
mod tests {
    use emporion_catalog::id::{EdgeId, Revision};
    use serde_json::Map;

    use super::*;

    fn edge(attributes: &[(&str, &str)]) -> Edge {
        let attributes: Map<String, Value> = attributes.iter().map(|(k, v)| ((*k).to_owned(), json!(v))).collect();
        Edge {
            id: EdgeId::fresh(),
            from: RecordId::fresh(),
            relation: MEMBER,
            at: String::new(),
            ord: 0,
            to: RecordId::fresh(),
            attributes,
            since: Revision::FIRST,
            until: None,
        }
    }

    #[test]
    fn the_word_that_was_asked_for_is_shown_while_it_holds() {
        let steward = [(DESIGNATION, "steward"), (CLOUD_DESIGNATION, "PROJECT_CATALOG_STEWARD")];
        assert_eq!(word(&edge(&steward)), "PROJECT_CATALOG_STEWARD");
        let promoted = [(DESIGNATION, "owner"), (CLOUD_DESIGNATION, "PROJECT_CATALOG_STEWARD")];
        assert_eq!(word(&edge(&promoted)), "PROJECT_OWNER");
    }

    #[test]
    fn members_of_other_doors_contribute() {
        assert_eq!(word(&edge(&[])), "PROJECT_CONTRIBUTOR");
        assert_eq!(word(&edge(&[(DESIGNATION, "viewer")])), "PROJECT_CATALOG_VIEWER");
    }
}
