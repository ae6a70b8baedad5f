//! Verified queries of a product: listed, changed and taken away. What is changed stays a draft until it is made live; what
//! is taken away goes at once.

use std::sync::Arc;

use askama::Template;
use emporion_catalog::action::Action;
use emporion_catalog::id::RecordId;
use emporion_catalog::record::View;
use emporion_edge::etag::{EntityTag, IfMatch};
use emporion_edge::route::Route;
use emporion_products::content_state::ContentState;
use emporion_products::page::{ListPage, PageRequest};
use emporion_products::parts::verified_queries::query::{self, QueryDraft, VerifiedQuery};

use super::taking::{self, Taking};
use super::warned;
use crate::door::Door;
use crate::fault::Fault;
use crate::forms::conflict::Conflict;
use crate::forms::form::Form;
use crate::forms::saving::{Notes, Seen, TextForm, save_text};
use crate::layout::shell::Shell;
use crate::records::address::{self, segment};
use crate::records::record::{Here, RecordPage, back, change};
use crate::request::headers;
use crate::request::internal_client::Refusal;
use crate::request::visit::{Shown, Visit};
use crate::text::plain::{shown, shown_prose};

const MOST: usize = 100;
/// Pages of the list in which one is looked for that is there already.
const MOST_PAGES: usize = 10;

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
#[derive(Default)]
struct Words {
    question: String,
    /// One in each line.
    alternates: String,
    sql: String,
}

pub fn routes(page: &'static RecordPage) -> Vec<Route<Door>> {
    vec![
        change(page, "verified-queries", "change_verified_query", move |visit, view| save(page, visit, view)),
        back(page, "verified-queries", "product_verified_queries", "model"),
    ]
}

/// So many of a product: the first ones, or those that begin at the cursor.
pub async fn page(
    visit: &Visit,
    product: RecordId,
    limit: usize,
    cursor: &str,
) -> Result<ListPage<VerifiedQuery>, Refusal> {
    let (request, page) = (visit.about(product), PageRequest::at(limit, cursor));
    let listing = query::list(&visit.door.calls.products, &request, ContentState::Drafted, &page);
    visit.serve("verifiedQueries_list", listing).await
}

/// Those of the page that the address asks for, and where the next one begins; none for who may not see them.
pub async fn listed(visit: &Visit, product: RecordId, at: &str) -> (Vec<Query>, Option<String>) {
    match page(visit, product, MOST, &visit.query("queries")).await {
        Ok(page) => (page.items.iter().map(|query| Query::of(visit, at, query)).collect(), page.pagination.next_cursor),
        Err(_) => (Vec::new(), None),
    }
}

/// The query of this question with this statement that the visitor has made of the product, where there is one.
pub async fn known(visit: &Visit, product: RecordId, wanted: &QueryDraft) -> Option<String> {
    let user = visit.caller().principal.user.to_string();
    let is_same = |query: &&VerifiedQuery| {
        let is_as = |text: &str, wanted: &str| text.trim() == wanted.trim();
        query.created_by.as_deref() == Some(&*user)
            && is_as(&query.content.question, &wanted.question)
            && is_as(&query.content.sql, &wanted.sql)
    };
    let mut cursor = String::new();
    for _ in 0..MOST_PAGES {
        // Who may not look at them is told so when he makes one.
        let page = page(visit, product, MOST, &cursor).await.ok()?;
        if let Some(known) = page.items.iter().find(is_same) {
            return Some(known.id.to_string());
        }
        cursor = page.pagination.next_cursor?;
    }
    None
}

impl Query {
    /// Below the product at this address.
    fn of(visit: &Visit, at: &str, query: &VerifiedQuery) -> Query {
        let (id, content) = (query.id.to_string(), &query.content);
        Query {
            anchor: anchor(&id),
            question: shown_prose(&content.question),
            alternates: content.alternate_questions.iter().map(|one| shown(one)).collect(),
            sql: shown_prose(&content.sql),
            status: query.status.word(),
            is_deployed: query.is_deployed,
            // Nothing counts them.
            used: visit.t.count("count.uses", 0_u64),
            ask: address::with_query(at, &[("tab", "ask"), ("question", &content.question)]),
            edit: form_at(at, &id),
            remove: address::with_query(at, &[("tab", "model"), ("remove", &id)]),
            id,
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

impl Words {
    fn of(content: &QueryDraft) -> Words {
        let text = |text: &str| text.replace("\r\n", "\n");
        let (question, sql) = (text(&content.question), text(&content.sql));
        Words { question, alternates: content.alternate_questions.join("\n"), sql }
    }

    fn sent(sent: &Form) -> Words {
        let question = sent.trimmed("question").to_owned();
        Words { question, alternates: sent.prose("alternates"), sql: sent.prose("sql") }
    }

    /// All of it as one text, by which two states are compared.
    fn text(&self) -> String {
        [&*self.question, &*self.alternates, &*self.sql].join("\n\n")
    }

    /// The same, with what else the query has.
    fn draft(&self, now: QueryDraft) -> QueryDraft {
        let alternates = self.alternates.lines().map(str::trim).filter(|line| !line.is_empty());
        QueryDraft {
            question: self.question.clone(),
            sql: self.sql.trim().to_owned(),
            alternate_questions: alternates.map(str::to_owned).collect(),
            ..now
        }
    }
}

async fn find(visit: &Visit, product: RecordId, id: &str) -> Result<VerifiedQuery, Refusal> {
    let request = visit.about(product);
    visit.serve("verifiedQueries_get", query::find(&visit.door.calls.products, &request, id)).await
}

/// The form that changes a query.
pub async fn edit(here: Here<'_>, id: &str) -> Shown {
    let Here { visit, reading, view, .. } = here;
    reading.require(Action::EditAll, &view.record).await?;
    let query = find(visit, view.id(), id).await?;
    let (seen, words) = (seen(&query), Words::of(&query.content));
    QueryForm { query: id.to_owned(), words }.page(here, seen, Some(Some(query)), Notes::default()).await
}

/// The form of a query, with what was typed.
struct QueryForm {
    /// Empty where it is to be made anew.
    query: String,
    words: Words,
}

impl TextForm for QueryForm {
    /// `None`: it is to be made anew.
    type Present = Option<VerifiedQuery>;

    fn part(&self) -> Option<&str> {
        Some(&self.query)
    }

    async fn present(&self, here: Here<'_>) -> Result<Result<(Seen, Option<VerifiedQuery>), String>, Fault> {
        if self.query.is_empty() {
            return Ok(Ok((Seen { tag: Some(String::new()), ..Seen::default() }, None)));
        }
        match find(here.visit, here.view.id(), &self.query).await {
            Ok(query) => Ok(Ok((seen(&query), Some(query)))),
            Err(refusal) if refusal.status == 404 => Ok(Err(here.visit.t.say("verified.gone"))),
            Err(refusal) => Err(refusal.into()),
        }
    }

    async fn store(&self, visit: &Visit, view: &View, present: &Option<VerifiedQuery>) -> Result<String, Refusal> {
        let (request, products) = (visit.about(view.id()), &visit.door.calls.products);
        let now = present.as_ref();
        let draft = self.words.draft(now.map(|query| query.content.clone()).unwrap_or_default());
        let operation = if now.is_some() { "verifiedQueries_revise" } else { "verifiedQueries_create" };
        let (target, condition) = now.map(|query| (query.id, of_state(&query.tag))).unzip();
        let saving = async { query::save(products, &request, target, &draft, condition, None).await?.fresh() };
        let stored = visit.serve(operation, saving).await?;
        Ok(format!("{}#verified", warned::address_after(visit, view, "saved", &stored.warnings)))
    }

    async fn page(self, here: Here<'_>, seen: Seen, present: Option<Option<VerifiedQuery>>, notes: Notes) -> Shown {
        let at = here.address();
        let page = Edit {
            p: here.shell(),
            form: format!("{at}/verified-queries"),
            back: address::with_query(&at, &[("tab", "model")]),
            // What has gone is made anew.
            query: present.map(|_| self.query).unwrap_or_default(),
            tag: seen.tag.unwrap_or_default(),
            seen: seen.text,
            words: self.words,
            faults: notes.faults,
            conflict: notes.conflict,
        };
        Ok(headers::page(notes.status, &page))
    }
}

fn seen(query: &VerifiedQuery) -> Seen {
    Seen { text: Words::of(&query.content).text(), tag: Some(query.tag.clone()) }
}

/// Holds for this state alone.
pub fn of_state(tag: &str) -> IfMatch {
    IfMatch::Tags(vec![EntityTag::strong(tag)])
}

async fn save(page: &'static RecordPage, visit: Arc<Visit>, view: Box<View>) -> Shown {
    visit.reading().await?.require(Action::EditAll, &view.record).await?;
    let sent = visit.form();
    match sent.text("do") {
        "save" => {
            let form = QueryForm { query: sent.text("query").to_owned(), words: Words::sent(&sent) };
            save_text(page, &visit, view, &sent, form).await
        }
        "remove" => remove(page, &visit, &view, &sent).await,
        _ => Err(Fault::NoSuchPage),
    }
}

/// The step before a query goes: what goes with it.
pub async fn removing(here: Here<'_>, query: &str) -> Shown {
    here.reading.require(Action::EditAll, &here.view.record).await?;
    asked(here, query, Vec::new(), 200).await
}

async fn asked(here: Here<'_>, query: &str, faults: Vec<String>, status: u16) -> Shown {
    let (visit, t, at) = (here.visit, here.visit.t, here.address());
    let found = find(visit, here.view.id(), query).await?;
    let Query { question, alternates, sql, is_deployed, .. } = Query::of(visit, &at, &found);
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
        fields: vec![("do", "remove".into()), ("query", query.to_owned()), ("tag", found.tag)],
        button: "verified.remove",
        obstacle: None,
    };
    taking::asked(here, taking, faults, status)
}

async fn remove(page: &'static RecordPage, visit: &Visit, view: &View, sent: &Form) -> Shown {
    let (request, query, condition) = (visit.about(view.id()), sent.text("query"), of_state(sent.text("tag")));
    let deleting = query::delete(&visit.door.calls.products, &request, query, &condition);
    match visit.serve("verifiedQueries_delete", deleting).await {
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
        let questions = ["A?", "B?"].map(str::to_owned).to_vec();
        let now = QueryDraft {
            question: "Q?".to_owned(),
            sql: "SELECT 1\r\nFROM t".to_owned(),
            alternate_questions: questions,
            description: Some("d".to_owned()),
            ..QueryDraft::default()
        };
        let words = Words::of(&now);
        assert_eq!(words.text(), "Q?\n\nA?\nB?\n\nSELECT 1\nFROM t");
        let wanted = QueryDraft { sql: "SELECT 1\nFROM t".to_owned(), ..now.clone() };
        assert_eq!(words.draft(now), wanted);
    }
}
