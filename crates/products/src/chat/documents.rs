//! Questions about a product's documents: which of them, and the passages that are quoted. What documents say is part of
//! what the product is: whoever sees it may ask, rows or not.

mod collection;
mod words;

use emporion_catalog::load::Depth;
use emporion_catalog::reading::Seen;
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use emporion_catalog::record::View;
use emporion_semantic::chat::quote::{self, About, Found, Indexed, Last, Titled, Topic};
use jiff::civil::Date;

use super::answer::{
    Answer, ClarificationKind, ClarificationOption, Confidence, ConfidenceLevel, Interpretation, Method, Moment,
    Origin, Provenance, Quote, Refusal, RefusalReason, Source, Status,
};
use super::memory::Read;
use super::outcome::Outcome;
use super::request::{Mode, Question};
use super::stamp::Stamp;
use crate::failure::Failure;
use crate::request::ProductRequest;
use crate::service::Products;
use crate::{settings, subject};
use collection::{Collection, Document};
use words::{headings, listed, named, quoted};

/// What stands before a document's id in the id of an option.
const CHOICE: &str = "document:";
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
    /// It names no document, and may be about figures as well.
    is_everyday: bool,
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
    let everyday = quote::everyday(text);
    if lacks_llm || everyday.is_none() && !quote::may_be_about(text, last.is_some()) {
        return Ok(Sort::Figures(None));
    }
    let Collection { documents, is_cut } = collection::of_product(products, request, view, question.is_preview).await?;
    let titled: Vec<Titled> = documents.iter().map(|document| document.titled.clone()).collect();
    let is_there = |id: &&str| titled.iter().any(|document| document.id == **id);
    let chosen: Vec<&str> = choices.iter().filter_map(|id| id.strip_prefix(CHOICE)).filter(is_there).collect();
    let named = quote::about(text, &titled, last, &chosen);
    let is_everyday = named.is_none();
    let any = everyday.filter(|_| !titled.is_empty()).map(|topic| About::Documents {
        documents: (0..titled.len()).collect(),
        topic,
        is_follow_up: false,
    });
    let Some(about) = named.or(any) else { return Ok(Sort::Figures(None)) };
    let is_named = !is_everyday && !matches!(about, About::Unnamed(_));
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
        is_everyday,
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

/// The ids of the documents that there are for him.
///
/// Errors: the same.
pub async fn ids(
    products: &Arc<Products>,
    request: &ProductRequest,
    view: &View,
    is_preview: bool,
) -> Result<HashSet<String>, Failure> {
    let documents = collection::of_product(products, request, view, is_preview).await?.documents;
    Ok(documents.into_iter().map(|document| document.titled.id).collect())
}

fn stamp_of(documents: &[Document]) -> Stamp {
    Stamp::of(documents.iter().map(|document| (document.product, &document.titled.id, document.passages)))
}

/// Where nothing is called as a question says: suggests to ask the documents, where they say something with its words, or with
/// those that nothing is called by.
///
/// Errors: what is missing by now to search them.
/// Cost: a read of the documents, and the passages of those that nobody has asked lately.
pub async fn point_to(
    products: &Arc<Products>,
    request: &ProductRequest,
    (text, is_preview): (&str, bool),
    outcome: &mut Outcome,
) -> Result<(), Failure> {
    let unknown = |refusal: &&Refusal| refusal.reason == RefusalReason::UnknownTerms;
    let Some(refusal) = outcome.answer.refusal.as_ref().filter(unknown) else { return Ok(()) };
    let reading = products.catalog.reading(&request.caller).await?;
    let view = subject::find(products, request, &reading, &Depth::bare()).await?;
    drop(reading);
    let documents = collection::of_product(products, request, &view, is_preview).await?.documents;
    if documents.is_empty() || documents.iter().map(|document| document.count).sum::<u64>() > MOST_PASSAGES {
        return Ok(());
    }
    let passages = collection::passages(products, request, &documents.iter().collect::<Vec<_>>()).await?;
    let passages: Vec<&Indexed> = passages.iter().map(|indexed| &**indexed).collect();
    for words in [text, &refusal.unknown_terms.join(" ")] {
        let topic = Topic::of(words);
        if topic.terms.is_empty() {
            continue;
        }
        if let Found::Quotes(quotes) = quote::search(&passages, &topic) {
            let said = topic.terms.iter().map(|term| term.written.as_str()).collect::<Vec<_>>().join(" ");
            outcome.answer.suggestions.insert(0, format!("What do the documents say about {said}?"));
            let ids: BTreeSet<&String> = quotes.iter().map(|one| &documents[one.document].titled.id).collect();
            outcome.documents = ids.into_iter().cloned().collect();
            return Ok(());
        }
    }
    Ok(())
}

impl Asked {
    pub fn stamp(&self) -> Stamp {
        stamp_of(&self.documents)
    }

    /// The documents that its answer names.
    pub fn named(&self) -> Vec<&str> {
        let all: Vec<usize> = match &self.about {
            About::Which { documents, .. } | About::Documents { documents, .. } => documents.clone(),
            About::Unnamed(_) => (0..self.documents.len().min(SHOWN)).collect(),
        };
        all.into_iter().map(|at| self.documents[at].titled.id.as_str()).collect()
    }

    pub async fn answer(&self, products: &Arc<Products>, request: &ProductRequest) -> Result<Outcome, Failure> {
        match &self.about {
            About::Which { named, documents, topic } => Ok(self.which(named, documents, topic)),
            About::Documents { documents, topic, is_follow_up } => {
                let documents: Vec<&Document> = documents.iter().map(|at| &self.documents[*at]).collect();
                self.quoted(products, request, &documents, topic, *is_follow_up).await
            }
            About::Unnamed(_) => {
                let refusal = Refusal::new(RefusalReason::UnknownTerms, Vec::new());
                let mut outcome = self.none(refusal, String::new(), Vec::new(), &[], &Topic::default());
                self.call_unnamed(&mut outcome.answer);
                Ok(outcome)
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
    ) -> Result<Outcome, Failure> {
        let outside = || Refusal::new(RefusalReason::OutsideModel, Vec::new());
        let names = named(documents);
        if documents.iter().map(|document| document.count).sum::<u64>() > MOST_PASSAGES {
            let text = "The documents hold more than can be searched at once. Name one of them.";
            return Ok(self.none(outside(), text.to_owned(), Vec::new(), documents, topic));
        }
        let collection = collection::passages(products, request, documents).await?;
        let collection: Vec<&Indexed> = collection.iter().map(|indexed| &**indexed).collect();
        if collection.iter().all(|indexed| indexed.passages().is_empty()) {
            let text = format!("{names} holds no text that could be read.");
            return Ok(self.none(outside(), text, Vec::new(), documents, topic));
        }
        if topic.terms.is_empty() {
            let text = format!("Say what {names} should say something about.");
            let headings = headings(&collection);
            let refusal = Refusal::new(RefusalReason::OpenEnded, Vec::new());
            return Ok(self.none(refusal, text, self.suggested(documents, &headings), documents, topic));
        }
        match quote::search(&collection, topic) {
            Found::Quotes(quotes) => {
                let quotes: Vec<Quote> = quotes.iter().map(|one| quoted(documents, &collection, one)).collect();
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
                let refusal = match nowhere.is_empty() {
                    true => outside(),
                    false => Refusal::new(RefusalReason::UnknownTerms, nowhere),
                };
                Ok(self.none(refusal, text, self.suggested(documents, &headings), documents, topic))
            }
        }
    }

    fn found(
        &self,
        products: &Products,
        documents: &[&Document],
        quotes: Vec<Quote>,
        topic: &Topic,
        is_follow_up: bool,
    ) -> Outcome {
        let is_used = |document: &&&Document| quotes.iter().any(|quote| quote.document_id == document.titled.id);
        let used: Vec<&Document> = documents.iter().filter(is_used).copied().collect();
        let source = |one: &&Document| Source {
            document_id: one.titled.id.clone(),
            name: one.titled.name.clone(),
            data_product_id: one.product.record_id().to_string(),
            alias: one.alias.clone(),
        };
        let asked: BTreeSet<String> = used.iter().map(|one| one.product.record_id().to_string()).collect();
        let before = is_follow_up.then(|| format!("asked of {}, as before", named(documents)));
        let cut = self.is_cut.then(|| CUT.to_owned());
        let interpretation = Interpretation {
            documents: Some(documents.iter().map(|one| one.titled.name.clone()).collect()),
            topic: Some(topic.terms.iter().map(|term| term.written.clone()).collect()),
            assumptions: before.into_iter().chain(cut).collect(),
            is_follow_up: Some(is_follow_up),
            ..Interpretation::default()
        };
        let origin = Origin {
            documents: Some(used.iter().map(|one| one.titled.id.clone()).collect()),
            data_products: Some(asked.into_iter().collect()),
            data_product_version: self.version,
            as_of: Some(Moment(products.now_ms())),
            ..Origin::default()
        };
        let text = quotes.iter().map(Quote::shown).collect::<Vec<_>>().join("\n\n");
        let answer = Answer {
            sources: used.iter().map(source).collect(),
            confidence: Some(confidence(&quotes, self.is_everyday)),
            quotes: Some(quotes),
            interpretation: Some(interpretation),
            provenance: Some(Provenance { method: Some(Method::DocumentQuote), origin: Some(origin), timings: None }),
            ..Answer::new(Status::Answered, text)
        };
        Outcome::new(answer, self.read(Some(documents), topic))
    }

    fn none(
        &self,
        refusal: Refusal,
        text: String,
        suggestions: Vec<String>,
        documents: &[&Document],
        topic: &Topic,
    ) -> Outcome {
        let text = if self.is_cut { format!("{text} {CUT}") } else { text };
        let (refusal, quotes) = (Some(refusal), Some(Vec::new()));
        let answer = Answer { refusal, quotes, suggestions, ..Answer::new(Status::NotAnswerable, text) };
        Outcome::new(answer, self.read(Some(documents), topic))
    }

    fn which(&self, named: &str, documents: &[usize], topic: &Topic) -> Outcome {
        let options = documents.iter().take(SHOWN).map(|at| {
            let Document { titled, alias, .. } = &self.documents[*at];
            let label = match alias {
                Some(alias) => format!("{} ({alias})", titled.name),
                None => titled.name.clone(),
            };
            ClarificationOption::new(format!("{CHOICE}{}", titled.id), label)
        });
        let question = format!("Several documents are \u{201c}{named}\u{201d}. Which one is meant?");
        super::wording::clarified(ClarificationKind::Scope, &question, options.collect(), self.read(None, topic))
    }

    fn read(&self, documents: Option<&[&Document]>, topic: &Topic) -> Read {
        let about = match documents {
            Some(documents) => Some(Last {
                documents: documents.iter().map(|document| document.titled.id.clone()).collect(),
                topic: topic.text.clone(),
            }),
            None => self.last.clone(),
        };
        let read = Read::of(self.text.clone(), self.today, self.locale.clone());
        Read { choices: self.choices.clone(), about, ..read }
    }

    /// The passages that answer a question which names no document and is none about figures.
    ///
    /// Errors: what is missing by now to search them.
    pub async fn in_any(&self, products: &Arc<Products>, request: &ProductRequest) -> Result<Option<Outcome>, Failure> {
        if !self.is_everyday {
            return Ok(None);
        }
        let outcome = self.answer(products, request).await?;
        Ok(Some(outcome).filter(|outcome| outcome.answer.status == Status::Answered))
    }

    /// Says that no document is called so, in the place of another refusal, where one was named. Tells whether it was.
    pub fn call_unnamed(&self, answer: &mut Answer) -> bool {
        let About::Unnamed(phrase) = &self.about else { return false };
        let mut text = format!("No document here is called \u{201c}{phrase}\u{201d}.");
        if !self.documents.is_empty() {
            let names = self.documents.iter().take(SHOWN).map(|document| document.titled.name.as_str());
            text.push_str(&format!(" There is {}.", listed(names, "and")));
        }
        let instead_of = answer.refusal.take().map(|refusal| refusal.reason);
        answer.refusal =
            Some(Refusal { instead_of, ..Refusal::new(RefusalReason::UnknownTerms, vec![phrase.clone()]) });
        answer.text = text;
        answer.suggestions.clear();
        true
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

/// How sure passages answer.
fn confidence(quotes: &[Quote], is_everyday: bool) -> Confidence {
    let (level, score, reason) = match quotes.iter().any(|quote| quote.is_varied) {
        _ if is_everyday => {
            let reason = "The question names no document; each passage holds every word that was asked about.";
            (ConfidenceLevel::Medium, 0.7, reason)
        }
        false => {
            let reason = "Quoted word for word; each passage holds every word that was asked about.";
            (ConfidenceLevel::High, 0.9, reason)
        }
        true => {
            let reason = "Quoted word for word; a word that was asked about stands there in another form.";
            (ConfidenceLevel::Medium, 0.7, reason)
        }
    };
    Confidence { level, score, reasons: vec![reason.to_owned()] }
}
