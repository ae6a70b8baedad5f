//! Verified queries of a product: listed, changed and taken away. What is changed stays a draft until it is made live; what
//! is taken away goes at once.

use std::sync::Arc;

use askama::Template;
use emporion_catalog::action::Action;
use emporion_catalog::problem::Problem;
use emporion_catalog::record::View;
use emporion_edge::route::Route;
use http::Method;
use serde_json::{Value, json};

use super::taking::{self, Taking};
use super::{model, warned};
use crate::door::Door;
use crate::fault::Fault;
use crate::forms::conflict::Conflict;
use crate::forms::form::Form;
use crate::layout::shell::Shell;
use crate::records::address::{self, segment};
use crate::records::record::{Here, RecordPage, back, change};
use crate::request::headers;
use crate::request::internal_client::{Refusal, ToProduct};
use crate::request::visit::{Shown, Visit};
use crate::text::plain::{shown, shown_prose};

const MOST: usize = 100;
/// Pages of the list in which one is looked for that is there already.
const MOST_PAGES: usize = 10;
/// How often a query is stored again because its state keeps changing, and its text does not.
const TRIES: usize = 4;
/// Members that the form does not show, which stay as they are.
const KEPT: &[&str] = &["name", "description", "parameters", "useAsOnboardingQuestion"];

/// A query as the list shows it.
pub struct Query {
    pub id: String,
    pub anchor: String,
    pub question: String,
    pub alternates: Vec<String>,
    pub sql: String,
    /// `ok`, `broken` or `unchecked`.
    pub status: &'static str,
    pub is_deployed: bool,
    pub used: String,
    /// Where it is asked.
    pub ask: String,
    /// Where it is changed, and where it is taken away.
    pub edit: String,
    pub remove: String,
}

#[derive(Template)]
#[template(path = "product/verified_edit.html")]
struct Edit {
    p: Shell,
    form: String,
    back: String,
    /// Empty where it is to be made anew: somebody has taken it away while it was changed.
    query: String,
    tag: String,
    /// What the form was made of.
    seen: String,
    words: Words,
    faults: Vec<String>,
    conflict: Option<Conflict>,
}

/// What of a query is changed here.
struct Words {
    question: String,
    /// One in each line.
    alternates: String,
    sql: String,
}

/// A query as it is, and the state that this is of.
struct State {
    told: Value,
    tag: String,
}

pub fn routes(page: &'static RecordPage) -> Vec<Route<Door>> {
    vec![
        change(page, "verified-queries", "change_verified_query", move |visit, view| save(page, visit, view)),
        back(page, "verified-queries", "product_verified_queries", "model"),
    ]
}

/// Those of the page that the address asks for, and where the next one begins.
pub async fn listed(visit: &Visit, product: &str, at: &str) -> Result<(Vec<Query>, Option<String>), Fault> {
    let path = format!("/verified-queries?limit={MOST}");
    let page = visit.page_of_product(product, &path, &visit.query("queries")).await?;
    let (listed, next) = page.unwrap_or_default();
    let queries = listed["verifiedQueries"].as_array().into_iter().flatten();
    Ok((queries.map(|told| Query::of(visit, at, told)).collect(), next))
}

/// The query of this question with this statement that the visitor has made of the product, where there is one.
pub async fn known(visit: &Visit, product: &str, body: &Value) -> Result<Option<String>, Fault> {
    let (user, path) = (visit.caller().principal.user.to_string(), format!("/verified-queries?limit={MOST}"));
    let is_same = |told: &&Value| {
        let is_as = |member: &str| told[member].as_str().map(str::trim) == body[member].as_str().map(str::trim);
        told["createdBy"] == user.as_str() && is_as("question") && is_as("sql")
    };
    let mut cursor = String::new();
    for _ in 0..MOST_PAGES {
        // Who may not look at them is told so when he makes one.
        let Ok((listed, next)) = visit.page_of_product(product, &path, &cursor).await? else { break };
        if let Some(known) = listed["verifiedQueries"].as_array().into_iter().flatten().find(is_same) {
            return Ok(known["id"].as_str().map(str::to_owned));
        }
        match next {
            Some(next) => cursor = next,
            None => break,
        }
    }
    Ok(None)
}

impl Query {
    /// Of what the door tells of it, below the product at this address.
    fn of(visit: &Visit, at: &str, told: &Value) -> Query {
        let text = |name: &str| shown_prose(told[name].as_str().unwrap_or_default());
        let id = told["id"].as_str().unwrap_or_default();
        let asked = [("tab", "ask"), ("question", told["question"].as_str().unwrap_or_default())];
        Query {
            id: id.to_owned(),
            anchor: anchor(id),
            question: text("question"),
            alternates: alternates(told).map(shown).collect(),
            sql: text("sql"),
            status: ["ok", "broken"].into_iter().find(|one| told["status"] == *one).unwrap_or("unchecked"),
            is_deployed: told["isDeployed"] == true,
            used: visit.t.count("count.uses", told["usageCount"].as_u64().unwrap_or(0)),
            ask: address::with_query(at, &asked),
            edit: form_at(at, id),
            remove: address::with_query(at, &[("tab", "model"), ("remove", id)]),
        }
    }
}

/// The place of a query in the page of its product's model.
pub fn anchor(id: &str) -> String {
    format!("query-{}", segment(id))
}

/// Where the query of this id is changed.
pub fn form_at(product: &str, id: &str) -> String {
    address::with_query(product, &[("tab", "model"), ("verified", id)])
}

fn alternates(told: &Value) -> impl Iterator<Item = &str> {
    told["alternateQuestions"].as_array().into_iter().flatten().filter_map(Value::as_str)
}

impl Words {
    fn of(told: &Value) -> Words {
        let text = |name: &str| told[name].as_str().unwrap_or_default().replace("\r\n", "\n");
        let alternates: Vec<&str> = alternates(told).collect();
        Words { question: text("question"), alternates: alternates.join("\n"), sql: text("sql") }
    }

    fn sent(sent: &Form) -> Words {
        let question = sent.trimmed("question").to_owned();
        Words { question, alternates: sent.prose("alternates"), sql: sent.prose("sql") }
    }

    /// All of it as one text, by which two states are compared.
    fn text(&self) -> String {
        [&*self.question, &*self.alternates, &*self.sql].join("\n\n")
    }

    /// The same as the door takes it, with what else the query has.
    fn body(&self, told: &Value) -> Value {
        let alternates = self.alternates.lines().map(str::trim).filter(|line| !line.is_empty());
        let mut body = json!({
            "question": self.question,
            "sql": self.sql.trim(),
            "alternateQuestions": alternates.collect::<Vec<_>>(),
            "isDeployed": false,
        });
        for member in KEPT.iter().filter(|member| !told[**member].is_null()) {
            body[*member] = told[*member].clone();
        }
        body
    }
}

fn path_of(query: &str) -> String {
    format!("/verified-queries/{}", segment(query))
}

async fn state(visit: &Visit, product: &str, query: &str) -> Result<Result<State, Refusal>, Fault> {
    let told = visit.told_of_product(product, ToProduct::get(&path_of(query))).await?;
    Ok(told.map(|mut told| State { told: told.data["verifiedQuery"].take(), tag: told.tag }))
}

/// The form that changes a query.
pub async fn edit(here: Here<'_>, query: &str) -> Shown {
    let Here { visit, reading, view, .. } = here;
    reading.require(Action::EditAll, &view.record).await?;
    let State { told, tag } = state(visit, &view.id().to_string(), query).await??;
    let words = Words::of(&told);
    let (query, seen) = (query.to_owned(), words.text());
    Ok(headers::page(200, &Edit { query, tag, seen, words, ..Edit::empty(here) }))
}

impl Edit {
    fn empty(here: Here<'_>) -> Edit {
        let at = here.address();
        Edit {
            p: here.shell(),
            form: format!("{at}/verified-queries"),
            back: address::with_query(&at, &[("tab", "model")]),
            query: String::new(),
            tag: String::new(),
            seen: String::new(),
            words: Words { question: String::new(), alternates: String::new(), sql: String::new() },
            faults: Vec::new(),
            conflict: None,
        }
    }
}

async fn save(page: &'static RecordPage, visit: Arc<Visit>, view: Box<View>) -> Shown {
    visit.reading().await?.require(Action::EditAll, &view.record).await?;
    let sent = visit.form();
    match sent.text("do") {
        "save" => store(page, &visit, &view, &sent).await,
        "remove" => remove(page, &visit, &view, &sent).await,
        _ => Err(Fault::NoSuchPage),
    }
}

/// Stores what was typed, unless somebody else has changed the query since the form was made.
async fn store(record_page: &'static RecordPage, visit: &Visit, view: &View, sent: &Form) -> Shown {
    let (product, query) = (view.id().to_string(), sent.text("query"));
    let (words, seen) = (Words::sent(sent), sent.prose("seen"));
    let reading = visit.reading().await?;
    let empty = Edit::empty(Here { page: record_page, visit, reading: &reading, view });
    drop(reading);
    let tag = sent.text("tag").to_owned();
    for _ in 0..TRIES {
        let (path, body, state_of) = match query {
            "" => ("/verified-queries".to_owned(), words.body(&Value::Null), None),
            query => {
                let now = match state(visit, &product, query).await? {
                    Ok(now) => now,
                    Err(refusal) if refusal.status == 404 => {
                        let faults = vec![visit.t.say("verified.gone")];
                        return Ok(headers::page(409, &Edit { words, faults, ..empty }));
                    }
                    Err(refusal) => return Err(refusal.into()),
                };
                let theirs = Words::of(&now.told).text();
                // Where it was made live meanwhile, say, the text is the one that he saw.
                if now.tag != tag && theirs != seen {
                    let conflict = Some(model::conflict(visit, view, query, &seen, &theirs).await?);
                    let page = Edit { query: query.to_owned(), tag: now.tag, seen: theirs, words, conflict, ..empty };
                    return Ok(headers::page(409, &page));
                }
                (path_of(query), words.body(&now.told), Some(now.tag))
            }
        };
        let stored = ToProduct { if_match: state_of.as_deref(), ..ToProduct::post(&path, &body) };
        let (status, faults) = match visit.told_of_product(&product, stored).await? {
            Ok(told) => {
                let at = warned::address_after(visit, view, "saved", &told.warnings);
                return Ok(headers::see_other(&format!("{at}#verified")));
            }
            Err(refusal) if refusal.status == 412 => continue,
            Err(refusal) => refusal.in_form(visit.t)?,
        };
        // What he saw stays what the form is of: whoever changes it meanwhile is noticed when it is sent again.
        return Ok(headers::page(status, &Edit { query: query.to_owned(), tag, seen, words, faults, ..empty }));
    }
    Err(Problem::Overtaken.into())
}

/// The step before a query goes: what goes with it.
pub async fn removing(here: Here<'_>, query: &str) -> Shown {
    here.reading.require(Action::EditAll, &here.view.record).await?;
    asked(here, query, Vec::new(), 200).await
}

async fn asked(here: Here<'_>, query: &str, faults: Vec<String>, status: u16) -> Shown {
    let (visit, t, at) = (here.visit, here.visit.t, here.address());
    let State { told, tag } = state(visit, &here.view.id().to_string(), query).await??;
    let Query { question, alternates, sql, is_deployed, .. } = Query::of(visit, &at, &told);
    let mut goes = vec![t.with("verified.goes", &[("question", &question)])];
    if !alternates.is_empty() {
        goes.push(t.with("verified.goes_alternates", &[("questions", &alternates.join(" · "))]));
    }
    goes.push(t.with("verified.goes_statement", &[("sql", &sql)]));
    goes.push(t.say(if is_deployed { "verified.goes_live" } else { "verified.goes_draft" }));
    let taking = Taking {
        tab: "model",
        title: t.say("verified.remove_title"),
        goes,
        action: format!("{at}/verified-queries"),
        fields: vec![("do", "remove".into()), ("query", query.to_owned()), ("tag", tag)],
        button: "verified.remove",
        obstacle: None,
    };
    taking::asked(here, taking, faults, status)
}

async fn remove(page: &'static RecordPage, visit: &Visit, view: &View, sent: &Form) -> Shown {
    let (product, query) = (view.id().to_string(), sent.text("query"));
    let path = path_of(query);
    let gone = ToProduct { method: Method::DELETE, if_match: Some(sent.text("tag")), ..ToProduct::get(&path) };
    match visit.told_of_product(&product, gone).await? {
        Ok(_) => {
            let done = [("tab", "model"), ("done", "deleted")];
            Ok(headers::see_other(&address::with_query(&address::of_record(&view.record), &done)))
        }
        Err(refusal) if refusal.status == 412 => {
            let reading = visit.reading().await?;
            let here = Here { page, visit, reading: &reading, view };
            asked(here, query, vec![visit.t.say("verified.changed")], 409).await
        }
        Err(refusal) => Err(refusal.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_form_does_not_show_stays() {
        let told = json!({"question": "Q?", "alternateQuestions": ["A?", "B?"], "sql": "SELECT 1\r\nFROM t",
            "name": null, "description": "d", "parameters": [], "status": "ok", "usageCount": 3});
        let words = Words::of(&told);
        assert_eq!(words.text(), "Q?\n\nA?\nB?\n\nSELECT 1\nFROM t");
        let wanted = json!({"question": "Q?", "alternateQuestions": ["A?", "B?"], "sql": "SELECT 1\nFROM t",
            "description": "d", "parameters": [], "isDeployed": false});
        assert_eq!(words.body(&told), wanted);
    }
}
