//! Questions about a product's documents: which of them, and the passages that are quoted. What documents say is part of
//! what the product is: whoever sees it may ask, rows or not.

mod collection;
mod words;

use emporion_catalog::reading::Seen;
use std::collections::BTreeSet;
use std::sync::Arc;

use emporion_catalog::record::View;
use emporion_edge::timestamp;
use emporion_semantic::chat::quote::{self, About, Found, Indexed, Last, Titled, Topic};
use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::memory::Read;
use super::request::{Mode, Question};
use super::stamp::Stamp;
use crate::failure::Failure;
use crate::request::ProductRequest;
use crate::service::Products;
use crate::settings;
use collection::{Collection, Document, indexed};
use words::{headings, listed, named, print, shown};

pub use words::without_quotes;

/// What stands before a document's id in the id of an option.
const CHOICE: &str = "document:";
/// The method in the provenance of answers that quote.
const METHOD: &str = "document_quote";
/// Options and suggestions that are shown.
const SHOWN: usize = 5;
/// Passages that are searched for one question.
const MOST_PASSAGES: u64 = 50_000;
const CUT: &str = "It is composed of more products than were searched; ask one of them for its documents.";

/// A question about documents that the asker sees.
pub struct Asked {
    documents: Vec<Document>,
    /// There are more products than were looked at.
    is_cut: bool,
    about: About,
    /// What it may have gone on from.
    last: Option<Last>,
    text: String,
    today: Date,
    locale: String,
    choices: Vec<String>,
    version: u64,
}

/// What a question is about.
pub enum Sort {
    /// It is about figures, though it may have the form of one about documents and name none that there is.
    Figures(Option<Box<Asked>>),
    Documents(Box<Asked>),
}

/// Whether a question is about documents of the product.
///
/// Errors: 403 for drafts of those who may not change the product.
pub async fn sort(
    products: &Arc<Products>,
    request: &ProductRequest,
    view: &View,
    question: &Question,
    (text, today, choices): (&str, Date, &[String]),
    last: Option<&Last>,
) -> Result<Sort, Failure> {
    let lacks_llm = question.mode == Mode::Llm && (products.language.is_none() || !settings::may_ask_llm(view));
    if lacks_llm || !quote::may_be_about(text, last.is_some()) {
        return Ok(Sort::Figures(None));
    }
    let Collection { documents, is_cut } = collection::of_product(products, request, view, question.is_preview).await?;
    let titled: Vec<Titled> = documents.iter().map(|document| document.titled.clone()).collect();
    let is_there = |id: &&str| titled.iter().any(|document| document.id == **id);
    let chosen: Vec<&str> = choices.iter().filter_map(|id| id.strip_prefix(CHOICE)).filter(is_there).collect();
    let Some(about) = quote::about(text, &titled, last, &chosen) else { return Ok(Sort::Figures(None)) };
    let is_named = !matches!(about, About::Unnamed(_));
    let asked = Box::new(Asked {
        documents,
        is_cut,
        about,
        last: last.cloned(),
        text: text.to_owned(),
        today,
        locale: question.locale.clone(),
        choices: chosen.iter().map(|id| format!("{CHOICE}{id}")).collect(),
        version: view.record.revision.0,
    });
    Ok(if is_named { Sort::Documents(asked) } else { Sort::Figures(Some(asked)) })
}

/// Of the documents that there are for him.
///
/// Errors: 403 for drafts of those who may not change the product.
pub async fn stamp(
    products: &Arc<Products>,
    request: &ProductRequest,
    view: &View,
    is_preview: bool,
) -> Result<Stamp, Failure> {
    Ok(stamp_of(&collection::of_product(products, request, view, is_preview).await?.documents))
}

fn stamp_of(documents: &[Document]) -> Stamp {
    Stamp::of(documents.iter().map(|document| (document.product, &document.titled.id, document.passages)))
}

impl Asked {
    pub fn stamp(&self) -> Stamp {
        stamp_of(&self.documents)
    }

    pub async fn answer(&self, products: &Arc<Products>, request: &ProductRequest) -> Result<Answer, Failure> {
        match &self.about {
            About::Which { named, documents, topic } => Ok(self.which(named, documents, topic)),
            About::Documents { documents, topic, is_follow_up } => {
                let documents: Vec<&Document> = documents.iter().map(|at| &self.documents[*at]).collect();
                self.quoted(products, request, &documents, topic, *is_follow_up).await
            }
            About::Unnamed(_) => {
                let mut answer = self.none("unknown_terms", String::new(), Vec::new(), &[], &Topic::default());
                self.call_unnamed(&mut answer.members);
                Ok(answer)
            }
        }
    }

    async fn quoted(
        &self,
        products: &Arc<Products>,
        request: &ProductRequest,
        documents: &[&Document],
        topic: &Topic,
        is_follow_up: bool,
    ) -> Result<Answer, Failure> {
        let names = named(documents);
        if documents.iter().map(|document| document.count).sum::<u64>() > MOST_PASSAGES {
            let text = "The documents hold more than can be searched at once. Name one of them.";
            return Ok(self.none("outside_model", text.to_owned(), Vec::new(), documents, topic));
        }
        let mut collection = Vec::with_capacity(documents.len());
        for document in documents {
            collection.push(match document.passages {
                Some(passages) => indexed(products, request, document.product, passages).await?,
                None => Arc::default(),
            });
        }
        let collection: Vec<&Indexed> = collection.iter().map(|indexed| &**indexed).collect();
        if collection.iter().all(|indexed| indexed.passages().is_empty()) {
            let text = format!("{names} holds no text that could be read.");
            return Ok(self.none("outside_model", text, Vec::new(), documents, topic));
        }
        if topic.terms.is_empty() {
            let text = format!("Say what {names} should say something about.");
            let headings = headings(&collection);
            return Ok(self.none("open_ended", text, self.suggested(documents, &headings), documents, topic));
        }
        match quote::search(&collection, topic) {
            Found::Quotes(quotes) => {
                let quotes: Vec<Value> = quotes.iter().map(|one| print(documents, &collection, one)).collect();
                Ok(self.found(products, documents, quotes, topic, is_follow_up))
            }
            Found::Nothing { nowhere, headings } => {
                let words = listed(topic.terms.iter().map(|term| term.written.as_str()), "and");
                let text = match (nowhere.as_slice(), topic.terms.as_slice()) {
                    ([], _) => format!("No passage of {names} holds all of {words}."),
                    (nowhere, _) => {
                        format!("{} is not in {names}.", listed(nowhere.iter().map(String::as_str), "or"))
                    }
                };
                let reason = if nowhere.is_empty() { "outside_model" } else { "unknown_terms" };
                let mut answer = self.none(reason, text, self.suggested(documents, &headings), documents, topic);
                if !nowhere.is_empty() {
                    answer.members.insert("unknownTerms".into(), nowhere.into());
                }
                Ok(answer)
            }
        }
    }

    fn found(
        &self,
        products: &Products,
        documents: &[&Document],
        quotes: Vec<Value>,
        topic: &Topic,
        is_follow_up: bool,
    ) -> Answer {
        let is_used = |document: &&&Document| quotes.iter().any(|quote| quote["documentId"] == *document.titled.id);
        let used: Vec<&Document> = documents.iter().filter(is_used).copied().collect();
        let is_varied = quotes.iter().any(|quote| quote["isVaried"] == true);
        let mut members = Map::new();
        members.insert("text".into(), quotes.iter().map(shown).collect::<Vec<_>>().join("\n\n").into());
        let source = |one: &&Document| {
            json!({
                "documentId": one.titled.id, "name": one.titled.name,
                "dataProductId": one.product.record_id().to_string(), "alias": one.alias,
            })
        };
        let asked: BTreeSet<String> = used.iter().map(|one| one.product.record_id().to_string()).collect();
        members.insert("sources".into(), used.iter().map(source).collect());
        members.insert("quotes".into(), quotes.into());
        let before = is_follow_up.then(|| format!("asked of {}, as before", named(documents)));
        let cut = self.is_cut.then(|| CUT.to_owned());
        let assumptions: Vec<String> = before.into_iter().chain(cut).collect();
        members.insert(
            "interpretation".into(),
            json!({
                "documents": documents.iter().map(|one| one.titled.name.as_str()).collect::<Vec<_>>(),
                "topic": topic.terms.iter().map(|term| term.written.as_str()).collect::<Vec<_>>(),
                "assumptions": assumptions,
                "isFollowUp": is_follow_up,
            }),
        );
        members.insert(
            "provenance".into(),
            json!({
                "method": METHOD,
                "verifiedQueryId": null,
                "semanticModels": [],
                "dataAssets": [],
                "documents": used.iter().map(|one| one.titled.id.as_str()).collect::<Vec<_>>(),
                "dataProducts": asked,
                "dataProductVersion": self.version,
                "asOf": timestamp::print(products.now_ms()),
            }),
        );
        let confidence = match is_varied {
            false => json!({"level": "high", "score": 0.9, "reasons": [
                "Quoted word for word; each passage holds every word that was asked about."]}),
            true => json!({"level": "medium", "score": 0.7, "reasons": [
                "Quoted word for word; a word that was asked about stands there in another form."]}),
        };
        members.insert("confidence".into(), confidence);
        Answer { status: "answered", members, read: self.read(Some(documents), topic) }
    }

    fn none(
        &self,
        reason: &str,
        text: String,
        suggestions: Vec<String>,
        documents: &[&Document],
        topic: &Topic,
    ) -> Answer {
        let mut members = Map::new();
        let text = if self.is_cut { format!("{text} {CUT}") } else { text };
        members.insert("reason".into(), reason.into());
        members.insert("text".into(), text.into());
        members.insert("suggestions".into(), suggestions.into());
        members.insert("quotes".into(), json!([]));
        Answer { status: "not_answerable", members, read: self.read(Some(documents), topic) }
    }

    fn which(&self, named: &str, documents: &[usize], topic: &Topic) -> Answer {
        let options = documents.iter().take(SHOWN).map(|at| {
            let Document { titled, alias, .. } = &self.documents[*at];
            let label = match alias {
                Some(alias) => format!("{} ({alias})", titled.name),
                None => titled.name.clone(),
            };
            json!({"id": format!("{CHOICE}{}", titled.id), "label": label})
        });
        let question = format!("Several documents are \u{201c}{named}\u{201d}. Which one is meant?");
        super::wording::clarified("scope", &question, options.collect(), self.read(None, topic))
    }

    fn read(&self, documents: Option<&[&Document]>, topic: &Topic) -> Read {
        let about = match documents {
            Some(documents) => Some(Last {
                documents: documents.iter().map(|document| document.titled.id.clone()).collect(),
                topic: topic.text.clone(),
            }),
            None => self.last.clone(),
        };
        Read {
            text: self.text.clone(),
            today: self.today,
            locale: self.locale.clone(),
            choices: self.choices.clone(),
            found: Vec::new(),
            is_follow_up: false,
            about,
        }
    }

    /// Says that no document is called so, in the place of another refusal.
    pub fn call_unnamed(&self, members: &mut Map<String, Value>) {
        let About::Unnamed(phrase) = &self.about else { return };
        let mut text = format!("No document here is called \u{201c}{phrase}\u{201d}.");
        if !self.documents.is_empty() {
            let names = self.documents.iter().take(SHOWN).map(|document| document.titled.name.as_str());
            text.push_str(&format!(" There is {}.", listed(names, "and")));
        }
        members.insert("reason".into(), "unknown_terms".into());
        members.insert("unknownTerms".into(), json!([phrase]));
        members.insert("text".into(), text.into());
        members.insert("suggestions".into(), json!([]));
    }

    /// Questions about headings.
    fn suggested(&self, documents: &[&Document], headings: &[(usize, String)]) -> Vec<String> {
        let ask = |(at, heading): &(usize, String)| {
            let name = &documents[*at].titled.name;
            format!("What does \u{201c}{name}\u{201d} say about {heading}?")
        };
        headings.iter().take(SHOWN).map(ask).collect()
    }
}
