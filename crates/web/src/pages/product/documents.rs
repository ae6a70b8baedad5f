//! The documents of a product, which questions in words are answered from: listed, added and taken away. What is added stays
//! a draft until it is made live; what is live goes with the next deploy.

use std::sync::Arc;

use emporion_catalog::action::Action;
use emporion_catalog::id::RecordId;
use emporion_catalog::record::View;
use emporion_edge::answer::Answer;
use emporion_edge::route::Route;
use emporion_products::page::PageRequest;
use emporion_products::parts::change;
use emporion_products::parts::item;
use emporion_products::parts::unstructured_assets::document::{Document as File, DocumentError};
use emporion_products::parts::unstructured_assets::part::{SPEC, UnstructuredAssets};
use emporion_products::parts::unstructured_assets::read::{self, DocumentFile, ListedDocument};
use emporion_products::parts::unstructured_assets::write;
use serde_json::{Map, Value};

use super::model;
use super::taking::{self, Taking};
use super::verified::of_state;
use crate::door::Door;
use crate::fault::Fault;
use crate::forms::form::Form;
use crate::layout::rest::Rest;
use crate::records::address::{self, segment};
use crate::records::record::{Here, RecordPage, back, below, change};
use crate::request::headers;
use crate::request::internal_client::Refusal;
use crate::request::uploaded::{MOST_SENT, UploadedFile};
use crate::request::visit::{Shown, Visit};
use crate::text::moment::Moment;
use crate::text::plain::{shown, shown_prose};
use crate::text::size::size;
use crate::text::texts::Texts;

const MOST: usize = 50;

/// A document as the list shows it.
pub struct Document {
    pub name: String,
    pub line: String,
    pub size: String,
    /// What was read of it; or why nothing was.
    pub reading: String,
    pub is_read: bool,
    pub is_deployed: bool,
    pub is_leaving: bool,
    pub by: String,
    pub at: Moment,
    /// The file itself.
    pub address: String,
    /// Where it is taken away.
    pub remove: String,
}

pub fn routes(page: &'static RecordPage) -> Vec<Route<Door>> {
    let sent = change(page, "documents", "change_documents", move |visit, view| save(page, visit, view));
    vec![
        Route { body_limit: Some(MOST_SENT), ..sent },
        back(page, "documents", "product_documents", "model"),
        below(page, "documents/{document}", "product_document", file),
    ]
}

/// Those of a product at this address that the address asks for; none for who may not see them.
pub async fn listed(visit: &Visit, product: RecordId, at: &str) -> (Vec<Document>, Option<Rest>) {
    let (request, page) = (visit.about(product), PageRequest::at(MOST, &visit.query("documents")));
    let listing = read::list(&visit.door.calls.products, &request, &page);
    let Ok(found) = visit.serve("unstructuredAssets_list", listing).await else { return (Vec::new(), None) };
    let documents: Vec<Document> = found.items.iter().map(|one| Document::of(visit, at, one)).collect();
    let rest = Rest::of_list(visit.t, at, ("model", "documents"), documents.len(), found.pagination.next_cursor);
    (documents, rest)
}

impl Document {
    fn of(visit: &Visit, at: &str, one: &ListedDocument) -> Document {
        let (t, id) = (visit.t, one.id.to_string());
        Document {
            name: shown(&one.name),
            line: shown_prose(&one.description),
            size: size(t, one.size_bytes),
            reading: match &one.fault {
                Some(why) => shown_prose(&t.translated(why)),
                None => t.count("count.passages", one.passages),
            },
            is_read: one.fault.is_none(),
            is_deployed: one.is_deployed,
            is_leaving: one.is_leaving,
            by: shown(&one.created_by),
            at: visit.moment(one.created),
            address: format!("{at}/documents/{}", segment(&id)),
            remove: address::with_query(at, &[("tab", "model"), ("document", &id)]),
        }
    }
}

/// The file as it came. Browsers keep it, whatever it is.
async fn file(visit: Arc<Visit>, view: Box<View>) -> Shown {
    let request = visit.about(view.id());
    let reading = read::file(&visit.door.calls.products, &request, visit.param("document"));
    let DocumentFile { name, media_type, bytes, .. } = visit.serve("unstructuredAssets_content", reading).await?;
    Ok(headers::secured(Answer::bytes(200, media_type, bytes)).saved_as(&name).with("cache-control", "no-store"))
}

async fn save(page: &'static RecordPage, visit: Arc<Visit>, view: Box<View>) -> Shown {
    visit.reading().await?.require(Action::EditAll, &view.record).await?;
    let sent = visit.form();
    match sent.text("do") {
        "add" => add(page, &visit, &view, &sent).await,
        "remove" => remove(page, &visit, &view, &sent).await,
        _ => Err(Fault::NoSuchPage),
    }
}

async fn add(page: &'static RecordPage, visit: &Visit, view: &View, sent: &Form) -> Shown {
    let (status, faults) = match document(visit.t, visit.file.as_ref()) {
        Ok((name, document)) => {
            let name = if sent.trimmed("name").is_empty() { name } else { sent.trimmed("name") };
            let said = [("name", name), ("description", sent.trimmed("description"))];
            let said = said.into_iter().filter(|(_, text)| !text.is_empty());
            let said: Map<String, Value> = said.map(|(member, text)| (member.to_owned(), text.into())).collect();
            let request = visit.about(view.id());
            let adding = write::add(&visit.door.calls.products, &request, said, document);
            match visit.serve("unstructuredAssets_create", adding).await {
                Ok(_) => return Ok(done(view, "saved")),
                Err(refusal) => refusal.in_form(visit.t)?,
            }
        }
        Err(fault) => (400, vec![fault]),
    };
    let reading = visit.reading().await?;
    model::page(Here { page, visit, reading: &reading, view }, faults, status).await
}

/// The file that was sent, and what it is called; or what is wrong with it.
fn document(t: Texts, file: Option<&UploadedFile>) -> Result<(&str, File), String> {
    let UploadedFile { name, media_type, bytes } = file.ok_or_else(|| t.say("documents.no_file"))?;
    match File::of_upload(media_type.as_deref(), name, bytes.clone()) {
        Ok(document) => Ok((name, document)),
        Err(DocumentError::Unread) => Err(t.with("documents.unread", &[("name", &shown(name))])),
        Err(DocumentError::Otherwise(_, why)) => {
            Err(t.with("documents.otherwise", &[("name", &shown(name)), ("why", &t.translated(why))]))
        }
    }
}

fn done(view: &View, done: &str) -> Answer {
    let at = address::with_query(&address::of_record(&view.record), &[("tab", "model"), ("done", done)]);
    headers::see_other(&format!("{at}#documents"))
}

/// The step before a document goes.
pub async fn removing(here: Here<'_>, document: &str) -> Shown {
    here.reading.require(Action::EditAll, &here.view.record).await?;
    asked(here, document, Vec::new(), 200).await
}

async fn asked(here: Here<'_>, document: &str, faults: Vec<String>, status: u16) -> Shown {
    let (t, request) = (here.visit.t, here.visit.about(here.view.id()));
    let finding = read::find(&here.visit.door.calls.products, &request, document);
    let found = here.visit.serve("unstructuredAssets_get", finding).await?;
    let name = shown(&found.name);
    let when = if found.is_deployed { "documents.goes_live" } else { "documents.goes_draft" };
    let taking = Taking {
        tab: "model",
        title: t.with("documents.remove_title", &[("name", &name)]),
        goes: vec![t.with("documents.goes", &[("name", &name), ("size", &size(t, found.size_bytes))]), t.say(when)],
        action: format!("{}/documents", here.address()),
        fields: vec![("do", "remove".into()), ("document", document.to_owned()), ("tag", found.tag)],
        button: "verified.remove",
        obstacle: None,
    };
    taking::asked(here, taking, faults, status)
}

async fn remove(page: &'static RecordPage, visit: &Visit, view: &View, sent: &Form) -> Shown {
    let (request, condition) = (visit.about(view.id()), of_state(sent.text("tag")));
    let document = sent.text("document");
    let deleting = async {
        let (products, id) = (&visit.door.calls.products, item::id_of(&SPEC, document)?);
        change::delete(&UnstructuredAssets, products, &request, id, Some(&condition)).await
    };
    match visit.serve("unstructuredAssets_delete", deleting).await {
        Ok(is_marked) => Ok(done(view, if is_marked { "saved" } else { "deleted" })),
        Err(Refusal { status: 412, .. }) => {
            let reading = visit.reading().await?;
            let here = Here { page, visit, reading: &reading, view };
            asked(here, document, vec![visit.t.say("documents.changed")], 409).await
        }
        Err(refusal) => Err(refusal.into()),
    }
}
