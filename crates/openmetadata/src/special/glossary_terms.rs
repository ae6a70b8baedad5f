//! Glossary terms: moving one below another term or glossary.

use emporion_catalog::action::Action;
use emporion_catalog::command::{Draft, Ref};
use emporion_catalog::kind::Kind;
use emporion_catalog::kinds;
use emporion_edge::answer::Answer;
use emporion_edge::route::{Method, Route};
use emporion_edge::shape::{Member, Shape, Struct, TEXT};
use serde_json::Value;

use crate::door::Door;
use crate::errors::{OmError, OmResult};
use crate::generic::job_answer;
use crate::members::*;
use crate::nouns;
use crate::nouns::glossary_term::NOUN;
use crate::operation::{Call, carry_out, change, row};
use crate::reference::named;

/// What a term can stand under, as references call it, and the core's kind.
const PARENTS: [(&str, Kind); 2] = [("glossary", kinds::GLOSSARY), ("glossaryTerm", kinds::GLOSSARY_TERM)];

static REQUEST: Struct = Struct {
    name: "MoveGlossaryTermRequest",
    open: false,
    members: &[Member { required: true, ..reference_input("parent") }],
};
static JOB: Struct = Struct {
    name: "MoveGlossaryTermResponse",
    open: false,
    members: &[Member::required("jobId", TEXT), text("message"), text("entityName")],
};

pub fn routes() -> Vec<Route<Door>> {
    vec![Route {
        summary: "Move a glossary term below another term or glossary".into(),
        input: &REQUEST,
        output: Some(Shape::Struct(&JOB)),
        ok: &[202],
        errors: &[404],
        ..row(Method::PUT, "/v1/glossaryTerms/{id}/moveAsync", "moveGlossaryTerm", "Glossary Terms", move_async)
    }]
}

/// A move is one commit, so it is done when the job is announced, and whoever may not ask for it is told at once.
async fn move_async(call: Call) -> OmResult<Answer> {
    let target = call.target(nouns::of(&NOUN))?;
    let body = call.body(&REQUEST)?;
    let parent = parent(&body["parent"])?;
    let draft = move |_: &_| Ok(Draft { parent: Some(parent.clone()), ..Draft::default() });
    let outcome = carry_out(&call, &change(target, draft), Action::EditAll).await?;
    let name = outcome.view.record.name;
    Ok(job_answer(&format!("Move operation initiated for {name}"), &[("entityName", Value::from(name))]))
}

fn parent(given: &Value) -> OmResult<Ref> {
    let of_type = given.get("type").and_then(Value::as_str).filter(|text| !text.is_empty());
    let of_type = of_type.ok_or_else(|| OmError::missing("parent.type"))?;
    let Some((_, kind)) = PARENTS.iter().find(|(known, _)| *known == of_type) else {
        return Err(OmError::bad_request(format!("Invalid parent type: {of_type}")));
    };
    named(*kind, "parent", given)
}
