//! Asking a product in words. A thread has an address; its answers are those of the door that programs ask, which keeps no
//! rows in them: of the one that is looked at, they are read again.

use std::collections::{HashMap, HashSet};

use askama::Template;
use emporion_catalog::action::Action;
use emporion_catalog::id::RecordId;
use emporion_catalog::problem::Problem;
use emporion_catalog::query::ListQuery;
use emporion_catalog::reading::{Reading, SeenCard};
use emporion_catalog::record::{Card, View};
use emporion_catalog::relation;
use emporion_catalog::rows::composed::COMPOSITION;
use emporion_catalog::rows::filters;
use emporion_products::assets;
use emporion_products::chat;
use emporion_products::chat::question_idempotency::AnswerRef;
use emporion_products::chat::request::{MAX_BEFORE, MAX_CHOICES, Question};
use emporion_products::chat::restated::Restated;
use emporion_products::content_state::ContentState;
use emporion_products::failure::Failure;
use emporion_products::limits::DEFAULT_ROWS;
use emporion_products::page::PageRequest;
use emporion_products::rows_file::RowsFile;
use emporion_products::threads::Role;
use emporion_products::threads::thread::{self, ThreadMessage};

use super::turn::{RefusedBound, Threads, Turn};
use super::{model, requesting};
use crate::access::condition::Condition;
use crate::access::no_rows;
use crate::answers::answer::{self, Answer};
use crate::fault::Fault;
use crate::layout::shell::Shell;
use crate::products::askable;
use crate::records::address::{self, segment};
use crate::records::data_age::{self, Newest};
use crate::records::link::Link;
use crate::records::record::{Here, RecordPage, Top};
use crate::request::headers;
use crate::request::internal_client::Refusal;
use crate::request::visit::{Shown, Visit};
use crate::search::query;
use crate::text::plain::shown_prose;

/// Messages that one request to the door answers, and requests for one page.
const AT_ONCE: usize = 100;
const MOST_PAGES: usize = 10;
const EXAMPLES: usize = 4;
/// In the address of a question: it asks, where `question` alone only puts it into the box.
pub const ASKS: &str = "asks";
/// Beside a question: those that it refines, and the options that were chosen.
pub const BEFORE: &str = "before";
pub const PICKED: &str = "picked";
/// Servers and mail programs cut what is longer.
const LONGEST_ADDRESS: usize = 6_000;
/// Products that are named to be asked instead.
const MOST_INSTEAD: usize = 3;
/// Answers of a thread that are none and whose questions are searched for.
const MOST_SEARCHED: usize = 3;
/// What the door answers with what can be asked.
const HELP: &str = "What can I ask?";

#[derive(Template)]
#[template(path = "product/ask.html")]
struct Ask {
    p: Shell,
    top: Top,
    /// Where questions go.
    form: String,
    thread: String,
    turns: Vec<Turn>,
    /// `None`: he may not ask at all.
    threads: Option<Threads>,
    examples: Vec<String>,
    question: String,
    before: Vec<String>,
    picked: Vec<String>,
    /// The question came by a link that asks it.
    is_linked: bool,
    /// It is asked as soon as the page is there.
    asks: bool,
    /// The link itself, to be copied by who has no script.
    link: Option<String>,
    /// Where another product is chosen for the first question, which may have come here by itself.
    others: Option<String>,
    faults: Vec<String>,
    may_query: bool,
    /// The visitor's own row filters: answers to him are computed of these rows.
    filters: Vec<Condition>,
    /// Tables that refer to filtered ones follow these.
    are_followed: bool,
    /// Nothing says yet what its tables mean: where that begins.
    no_model: Option<String>,
    /// He may give it one.
    may_model: bool,
    /// Products that it is made of, where it has no model: they may answer instead.
    instead: Vec<Link>,
    /// It answers him nothing: he may not query it, and it has no documents.
    is_closed: bool,
    /// Why.
    closed: String,
    /// Where he has asked for access already.
    asked: Option<String>,
}

/// A question that came to nothing, with what was wrong.
#[derive(Default)]
pub struct Typed {
    pub question: String,
    /// Those that it refines, and what was chosen, where it begins a thread.
    pub before: Vec<String>,
    pub picked: Vec<String>,
    pub thread: String,
    pub faults: Vec<String>,
    /// A form below one of the answers, which was refused.
    pub refused: Option<RefusedBound>,
}

/// Whether the address asks for a thread, of which answers are read again.
pub fn has_thread(visit: &Visit) -> bool {
    !visit.query("thread").is_empty()
}

pub async fn tab(here: Here<'_>) -> Shown {
    shown(here, asked(here.visit), Vec::new(), 200).await
}

pub async fn thread(page: &'static RecordPage, visit: &Visit, view: &View) -> Shown {
    self::page((page, visit, view), asked(visit), 200).await
}

/// What the address asks.
fn asked(visit: &Visit) -> Typed {
    let (thread, question) = (visit.query("thread"), visit.query("question"));
    let cut = |text: &str, most: usize| text.chars().take(most).collect::<String>();
    let sent = visit.request.query();
    let all = |name: &str, most: usize| {
        let values = sent.iter().filter(|(key, _)| key == name && thread.is_empty());
        values.take(most).map(|(_, value)| cut(value, askable::LONGEST)).collect::<Vec<_>>()
    };
    let (before, picked) = (all(BEFORE, MAX_BEFORE), all(PICKED, MAX_CHOICES));
    let question = cut(&question, askable::LONGEST);
    Typed { thread, question, before, picked, ..Typed::default() }
}

/// No reading is held while answers are read again.
pub async fn page((page, visit, view): (&'static RecordPage, &Visit, &View), typed: Typed, status: u16) -> Shown {
    let (mut typed, mut status) = (typed, status);
    let mut answers = Vec::new();
    if !typed.thread.is_empty() {
        // Of the answer below which a form was refused, too: it is shown with what is wrong.
        let wanted = match &typed.refused {
            Some(refused) => refused.message.clone(),
            None => visit.query("at"),
        };
        match read(visit, view.id(), &address::of_record(&view.record), (&typed.thread, &wanted)).await {
            Ok(read) => answers = read,
            // Whoever was sent its address can ask the same himself.
            Err(Fault::Problem(Problem::NotFound { kind: "thread", .. })) => {
                typed.thread.clear();
                typed.faults.push(visit.t.say("ask.not_yours"));
                status = 404;
            }
            Err(fault) => return Err(fault),
        }
        try_searches(visit, &mut answers).await;
    }
    let reading = visit.reading().await?;
    shown(Here { page, visit, reading: &reading, view }, typed, answers, status).await
}

async fn shown(at: Here<'_>, typed: Typed, mut answers: Vec<Answer>, status: u16) -> Shown {
    let Here { visit, reading, view, .. } = at;
    name_sources(visit, reading, view, &mut answers).await?;
    let top = at.top_of("ask").await?;
    let threads = match Threads::of(visit, view.id(), &top.head.address, &typed.thread).await {
        Ok(threads) => Some(threads),
        Err(refusal) if matches!(refusal.status, 403 | 404) => None,
        Err(refusal) => return Err(refusal.into()),
    };
    let may_query = reading.rows().may_query(view).await?.is_some();
    let examples = match threads.is_none() || !answers.is_empty() || !may_query {
        true => Vec::new(),
        false => examples(visit, view.id()).await?,
    };
    let is_answered = threads.is_none() || is_composed(reading, view).await? || has_model(visit, view.id()).await;
    let no_model = match is_answered {
        true => None,
        false => Some(address::with_query(&top.head.address, &[("tab", "model")])),
    };
    let instead = if no_model.is_some() { instead(reading, view, &typed.question).await? } else { Vec::new() };
    let is_closed = threads.is_none() || !may_query && !has_documents(reading, view).await?;
    let asked = if is_closed { requesting::own(visit, reading, view).await? } else { Vec::new() };
    let first: &str = match (typed.thread.is_empty(), answers.as_slice()) {
        (true, _) => &typed.question,
        (false, [only]) => &only.question,
        _ => "",
    };
    let others = (!first.is_empty()).then(|| askable::choosing(first));
    // Looking asks nothing: the page sends its form, or its reader does.
    let is_linked = !visit.query(ASKS).is_empty() && !typed.question.is_empty() && typed.thread.is_empty();
    let is_linked = is_linked && status == 200 && typed.faults.is_empty();
    let restated =
        || Restated { before: typed.before.clone(), question: typed.question.clone(), choices: typed.picked.clone() };
    let asked_by =
        asking_at(&top.head.address, &restated()).map(|at| format!("{}{at}", visit.door.base_url(&visit.request)));
    let may_verify = reading.may(Action::EditAll, &view.record).await?;
    let yours = || if may_query { Condition::all_yours(visit.t, view, &visit.caller().principal) } else { Vec::new() };
    let mut refused = typed.refused;
    let turn = |answer: Answer| {
        let refused = refused.take_if(|refused| refused.message == answer.message);
        let mut turn = Turn::of(visit, (&top.head.address, view.id()), &typed.thread, may_verify, answer);
        (turn.filters, turn.refused) = (yours(), refused);
        turn
    };
    let mut turns: Vec<Turn> = answers.into_iter().map(turn).collect();
    let formless = turns.iter_mut().filter(|turn| !turn.is_followable());
    let unshown: Vec<String> =
        formless.filter_map(|turn| turn.refused.take()).chain(refused).flat_map(|refused| refused.faults).collect();
    let page = Ask {
        p: at.shell(),
        form: format!("{}/ask", top.head.address),
        turns,
        thread: typed.thread,
        threads,
        examples,
        others,
        question: typed.question,
        before: typed.before,
        picked: typed.picked,
        is_linked,
        asks: is_linked && headers::is_come_to(&visit.request),
        link: asked_by.filter(|_| is_linked),
        // Where the answer is no figure any more, its form is not there to show what was wrong.
        faults: typed.faults.into_iter().chain(unshown).collect(),
        may_query,
        filters: yours(),
        are_followed: !filters::followed_of_principal(view, &visit.caller().principal).is_empty(),
        no_model,
        may_model: may_verify,
        instead,
        is_closed,
        closed: no_rows::why(visit, view).filter(|_| !may_query).unwrap_or_else(|| visit.t.say("ask.closed")),
        asked: asked.into_iter().next().map(|own| own.row.address),
        top,
    };
    Ok(headers::page(status, &page))
}

/// Where an answer is found.
pub fn answer_at(product: &str, thread: &str, message: &str) -> String {
    let at = address::with_query(product, &[("tab", "ask"), ("thread", thread)]);
    format!("{at}#m-{}", segment(message))
}

/// Where others find a question, to ask it by their own rights; `None` where it is too long for an address.
pub fn asking_at(product: &str, Restated { before, question, choices }: &Restated) -> Option<String> {
    let before = before.iter().map(|words| (BEFORE, words.as_str()));
    let picked = choices.iter().map(|id| (PICKED, id.as_str()));
    let asked = [("tab", "ask"), ("question", question), (ASKS, "yes")];
    let at = address::with_query(product, &before.chain(asked).chain(picked).collect::<Vec<_>>());
    (at.len() <= LONGEST_ADDRESS).then_some(at)
}

/// The messages of a thread, oldest first.
///
/// Errors: not found where it is none of the visitor's with this product.
pub async fn messages(visit: &Visit, product: RecordId, thread: &str) -> Result<Vec<ThreadMessage>, Fault> {
    let missing = || Fault::from(Problem::NotFound { kind: "thread", what: thread.to_owned() });
    let id: RecordId = thread.parse().map_err(|_| missing())?;
    let request = visit.about(product);
    let mut messages: Vec<ThreadMessage> = Vec::new();
    for _ in 0..MOST_PAGES {
        let after = messages.last().map(|last| last.id);
        let reading = thread::read(&visit.door.calls.products, &request, id, after, AT_ONCE);
        let read = visit.serve("chatThreads_get", reading).await.map_err(|refusal| match refusal.status {
            403 | 404 => missing(),
            _ => Fault::from(refusal),
        })?;
        messages.extend(read.messages);
        if !read.has_more {
            break;
        }
    }
    Ok(messages)
}

/// An answer with its rows, so many at most, as the visitor may read them now; for a file of this format, where one is named.
pub async fn again(
    visit: &Visit,
    product: RecordId,
    thread: &str,
    message: RecordId,
    (rows, format): (i64, Option<&'static str>),
) -> Result<chat::answer::Answer, Refusal> {
    let request = visit.about(product);
    let reading = async {
        // What is no id is that of nothing.
        let missing = |_| Failure::not_found("there is no such thread");
        let kept = AnswerRef { thread: thread.parse().map_err(missing)?, message };
        let file = format.map(|format| RowsFile { format, door: None });
        let question = Question { file, ..Question::again(rows.unsigned_abs()) };
        chat::ask::answer_again(&visit.door.calls.products, &request, kept, question).await
    };
    Ok(visit.serve("chatThreads_answerAgain", reading).await?.into_answer())
}

/// The answers of a thread. Of one, the last unless another is asked for, the rows are read again.
async fn read(visit: &Visit, product: RecordId, at: &str, (thread, asked): (&str, &str)) -> Result<Vec<Answer>, Fault> {
    let messages = messages(visit, product, thread).await?;
    let is_answer = |message: &&ThreadMessage| message.role == Role::Assistant;
    let wanted = messages.iter().filter(is_answer).find(|message| message.id.to_string() == asked);
    // What was asked back last has no rows by which it is found out what may still be told.
    let has_rows = |message: &&ThreadMessage| {
        let kept = message.kept_answer();
        matches!(kept.status, chat::answer::Status::Answered | chat::answer::Status::ExecutedEmpty)
            || kept.quotes.is_some_and(|quotes| !quotes.is_empty())
    };
    let last = || messages.iter().rfind(|message| is_answer(message) && has_rows(message));
    let wanted = wanted.or_else(last).map(|message| message.id);
    let mut questions: Vec<String> = Vec::new();
    let mut answers = Vec::new();
    let mut is_allowed = true;
    for (place, message) in messages.iter().enumerate() {
        if message.role == Role::User {
            questions.push(message.text.clone());
            continue;
        }
        let message_id = message.id.to_string();
        let mut answer = Answer::of(visit, &message_id, &message.kept_answer(), &questions);
        if message.is_withheld {
            answer.withhold(visit.t);
        }
        let has_rows = answer.is_answered() || !answer.quotes.is_empty();
        if has_rows && Some(message.id) == wanted {
            match again(visit, product, thread, message.id, (DEFAULT_ROWS, None)).await {
                Ok(again) => answer = Answer::of(visit, &message_id, &again, &questions),
                Err(refusal) => {
                    is_allowed = refusal.status != 403;
                    answer.trouble = Some(shown_prose(&refusal.message));
                }
            }
        } else if has_rows {
            answer.rows_at = Some(answer::rows_at(at, thread, &message_id));
        }
        answer.restate(&messages[..=place]);
        answer.rating = message.feedback.as_ref().map(|feedback| feedback.rating.clone());
        answers.push(answer);
    }
    // What he may not be told any more is not told out of the thread either.
    if !is_allowed {
        answers.iter_mut().filter(|answer| answer.is_answered() || !answer.quotes.is_empty()).for_each(Answer::forget);
    }
    // Only what was asked back last can be answered.
    let last = answers.len().saturating_sub(1);
    answers.iter_mut().take(last).for_each(|answer| answer.options.clear());
    Ok(answers)
}

/// Leads from an answer that is none to a search where that finds something, of the last ones.
pub async fn try_searches(visit: &Visit, answers: &mut [Answer]) {
    let unanswered = answers.iter_mut().rev().filter(|answer| answer.search.is_some());
    for (place, answer) in unanswered.enumerate() {
        answer.search = match place < MOST_SEARCHED {
            true => query::finding(visit, &answer.question).await.ok().flatten(),
            false => None,
        };
    }
}

/// Which tables answers were read from. Answers call the tables of a product by ids that are the product's own.
pub async fn name_sources(
    visit: &Visit,
    reading: &Reading<'_>,
    view: &View,
    answers: &mut [Answer],
) -> Result<(), Fault> {
    if answers.iter().all(|answer| answer.tables.is_empty()) {
        return Ok(());
    }
    let (request, page) = (visit.about(view.id()), PageRequest::at(AT_ONCE, ""));
    let listing = assets::list::list(&visit.door.calls.products, &request, ContentState::Drafted, &page);
    // Who may not see them misses no more than their names.
    let listed = visit.serve("dataAssets_list", listing).await.map_or_else(|_| Vec::new(), |list| list.assets.items);
    let held: Vec<&Card> = view.targets(relation::HAS_ASSET).map(|(_, card)| &**card).collect();
    let ids: Vec<RecordId> = held.iter().map(|card| card.id).collect();
    let cards = reading.cards(&ids).await?;
    let open: HashSet<RecordId> = cards.iter().map(|card| card.id).collect();
    let mut ages: HashMap<Vec<RecordId>, Newest> = HashMap::new();
    for answer in answers {
        let mut read_of: Vec<RecordId> = Vec::new();
        for asset in &listed {
            let id = asset.id.to_string();
            if !answer.tables.contains(&id) {
                continue;
            }
            let names = asset.fields.schema_name.iter().chain([&asset.fields.table_name]);
            let names = names.map(|name| emporion_catalog::name::quote(name)).collect::<Vec<_>>().join(".");
            let card = held.iter().find(|card| card.fqn == names || card.fqn.ends_with(&format!(".{names}")));
            read_of.extend(card.map(|card| card.id));
            answer.sources.extend(card.map(|card| match open.contains(&card.id) {
                true => Link::of(card),
                false => Link::of(card).closed(),
            }));
        }
        let newest = match ages.get(&read_of) {
            Some(known) => *known,
            None => {
                let tables: Vec<SeenCard> = cards.iter().filter(|card| read_of.contains(&card.id)).cloned().collect();
                let newest = data_age::newest(reading, &[view], &tables, visit.now).await?;
                ages.insert(read_of, newest);
                newest
            }
        };
        answer.newest = newest.seen().map(|at| visit.moment(at));
    }
    Ok(())
}

/// Whether it has documents, or is composed of others that may have some.
async fn has_documents(reading: &Reading<'_>, view: &View) -> Result<bool, Fault> {
    Ok(has_part(reading, view, "unstructured_asset").await? || is_composed(reading, view).await?)
}

/// Whether what it is composed of answers, too.
async fn is_composed(reading: &Reading<'_>, view: &View) -> Result<bool, Fault> {
    has_part(reading, view, COMPOSITION).await
}

async fn has_part(reading: &Reading<'_>, view: &View, kind: &'static str) -> Result<bool, Fault> {
    let one = ListQuery { limit: 1, ..ListQuery::of(reading.account(), reading.catalog().kind(kind)) };
    Ok(!reading.parts(&view.record, one).await?.is_empty())
}

/// The products that it is made of, as far as the visitor sees them, each with the question.
async fn instead(reading: &Reading<'_>, view: &View, question: &str) -> Result<Vec<Link>, Fault> {
    let edges = reading.edges_from(&[view], Some(&[relation::INPUT_PORT])).await?;
    let ids: Vec<RecordId> = edges.iter().map(|edge| edge.to).collect();
    let cards = if ids.is_empty() { Vec::new() } else { reading.cards(&ids).await? };
    let products = cards.iter().filter(|card| card.kind.is("data_product"));
    let link = |card: &SeenCard| {
        let at = address::of(card.kind, &card.fqn)?;
        let asked = address::with_query(&at, &[("tab", "ask"), ("question", question)]);
        Some(Link { address: Some(asked), ..Link::of(card) })
    };
    Ok(products.filter_map(link).take(MOST_INSTEAD).collect())
}

/// Whether a model says what the tables of the product mean: without one it is not asked for figures.
async fn has_model(visit: &Visit, product: RecordId) -> bool {
    // Who may not look at models is told nothing of them.
    let listed = model::list(visit, product, ContentState::Live, &PageRequest::at(1, "")).await;
    listed.map_or(true, |listed| !listed.items.is_empty())
}

/// Questions that would be answered, and the one for what can be asked.
async fn examples(visit: &Visit, product: RecordId) -> Result<Vec<String>, Fault> {
    let questions = askable::examples(visit, product).await?;
    Ok([HELP.to_owned()].into_iter().chain(questions.into_iter().take(EXAMPLES)).collect())
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Fault {
        match refusal.status {
            401 => Problem::Unauthenticated { reason: refusal.message }.into(),
            404 => Problem::NotFound { kind: "record", what: String::new() }.into(),
            _ => Fault::Refused(refusal),
        }
    }
}
