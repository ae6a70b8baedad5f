//! Questions that somebody follows: asked again for him, as he may ask them then, and told when their answer crosses a threshold.
//! What the answer was is kept nowhere: who is told of it is told what it is when it is told.

use std::sync::Arc;

use emporion_catalog::command::{Command, Deletion, DoorRules, Draft, Guard, Ref};
use emporion_catalog::denials::Denials;
use emporion_catalog::id::{Millis, RecordId};
use emporion_catalog::kind::Kind;
use emporion_catalog::kinds::followed_question::{
    ABOVE, ASKED_AT, BELOW, CROSSED_AT, FORMAT, MESSAGE, PRODUCT, QUESTION, TELLS, THREAD, THRESHOLD, UNIT,
};
use emporion_catalog::load::Depth;
use emporion_catalog::problem::Problem;
use emporion_catalog::query::States;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::{Record, View};
use emporion_products::chat;
use emporion_products::chat::answer::Answer;
use emporion_products::chat::question_idempotency::AnswerRef;
use emporion_semantic::chat::numbers::{self, fixed, formatted};
use serde_json::{Value, json};

use super::digest::Notice;
use super::own_parts;
use crate::answers::figures;
use crate::fault::Fault;
use crate::forms::form::Form;
use crate::records::address;
use crate::records::link::Link;
use crate::request::visit::Visit;
use crate::text::moment::Moment;
use crate::text::plain::{shown, shown_prose};
use crate::text::texts::Texts;
use crate::text::typed_number::TypedNumber;

/// As many as one person follows.
const MOST: usize = 20;

/// A question, where it was answered, and what is waited for.
#[derive(Debug, Clone, PartialEq)]
pub struct FollowedQuestion {
    pub id: RecordId,
    pub product: RecordId,
    pub answer: (RecordId, RecordId),
    pub question: String,
    pub is_above: bool,
    pub threshold: f64,
    /// `%` of a share.
    pub unit: Option<String>,
    pub format: Option<String>,
    pub asked_at: Option<Millis>,
    pub crossed_at: Option<Millis>,
}

impl FollowedQuestion {
    /// `None` for what no form has made.
    pub fn of_record(record: &Record) -> Option<FollowedQuestion> {
        let text = |field: &str| record.body.get(field).and_then(Value::as_str);
        let id = |field: &str| text(field)?.parse().ok();
        let at = |field: &str| record.body.get(field).and_then(Value::as_i64).map(Millis);
        Some(FollowedQuestion {
            id: record.id,
            product: id(PRODUCT)?,
            answer: (id(THREAD)?, id(MESSAGE)?),
            question: text(QUESTION)?.to_owned(),
            is_above: text(TELLS) == Some(ABOVE),
            threshold: record.body.get(THRESHOLD)?.as_f64()?,
            unit: text(UNIT).map(str::to_owned),
            format: text(FORMAT).map(str::to_owned),
            asked_at: at(ASKED_AT),
            crossed_at: at(CROSSED_AT),
        })
    }

    pub fn answered(&self) -> AnswerRef {
        AnswerRef { thread: self.answer.0, message: self.answer.1 }
    }

    pub fn is_crossed_by(&self, value: f64) -> bool {
        if self.is_above { value > self.threshold } else { value < self.threshold }
    }

    /// Where it was answered, below the page of its product.
    pub fn in_its_thread(&self, product: &str) -> String {
        let (thread, message) = (self.answer.0.to_string(), self.answer.1);
        format!("{}#m-{message}", address::with_query(product, &[("tab", "ask"), ("thread", &thread)]))
    }

    /// A figure of its answer, as that is written, with its unit.
    fn rendered(&self, t: Texts, figure: f64) -> String {
        if let Some(format) = &self.format {
            return self.with_unit(t.figure(&formatted(figure, format)));
        }
        match self.unit.as_deref() {
            Some("%") => format!("{} %", grouped(t, figure * 100.0)),
            Some(_) => self.with_unit(grouped(t, figure)),
            None => figure_rendered(t, figure),
        }
    }

    fn with_unit(&self, figure: String) -> String {
        match self.unit.as_deref() {
            Some(unit) if unit != "%" => format!("{figure} {}", shown(unit)),
            _ => figure,
        }
    }

    /// The threshold as figures of the answer are written, unless it has digits that they have not.
    fn threshold_rendered(&self, t: Texts) -> String {
        let decimals =
            |format: &str| format.split_once('.').map_or(0, |(_, digits)| digits.matches(['0', '#']).count());
        let is_told = |format: &String| {
            let scale = if format.contains('%') { 100.0 } else { 1.0 };
            fixed(self.threshold * scale, decimals(format)).parse::<f64>().is_ok_and(|told| {
                let exact = self.threshold * scale;
                (told - exact).abs() <= 1e-9 * exact.abs().max(1.0)
            })
        };
        match self.format.as_ref().is_none_or(is_told) {
            true => self.rendered(t, self.threshold),
            false => FollowedQuestion { format: None, ..self.clone() }.rendered(t, self.threshold),
        }
    }

    /// What is waited for: `above 500 EUR`.
    pub fn condition(&self, t: Texts) -> String {
        let threshold = self.threshold_rendered(t);
        t.with(if self.is_above { "question.above" } else { "question.below" }, &[("threshold", &threshold)])
    }

    /// What its answer is now, beside what is waited for; `None` where it has none now.
    pub async fn said_now(&self, visit: &Visit) -> Option<String> {
        let request = visit.about(self.product);
        let asking = chat::ask::answer_anew(&visit.door.calls.products, &request, self.answered());
        let answer = visit.serve("chatThreads_answerAgain", asking).await.ok()?.into_answer();
        let value = figure(&answer)?;
        let key = if self.is_crossed_by(value) { "question.is_now" } else { "question.is_no_more" };
        let (rendered, condition) = (self.rendered(visit.t, value), self.condition(visit.t));
        Some(visit.t.with(key, &[("value", &rendered), ("condition", &condition)]))
    }

    /// What is kept once it was asked at a time: since when its answer is beyond the threshold, which it is from `told` on if it was
    /// not before. `None`: it has no answer any more.
    pub fn asked(&self, kind: Kind, (at, told): (Millis, Millis), value: Option<f64>) -> Command {
        let crossed = value.is_some_and(|value| self.is_crossed_by(value)).then(|| self.crossed_at.unwrap_or(told));
        let edit = Arc::new(move |_: &View| {
            let mut draft = Draft::default();
            draft.set(ASKED_AT, at.0);
            draft.set(CROSSED_AT, crossed.map_or(Value::Null, |at| at.0.into()));
            Ok(draft)
        });
        Command::Change { target: Ref::Id(kind, self.id), guard: Guard::None, edit, rules: DoorRules::default() }
    }
}

/// The figure that an answer is; `None` where it is none, or several.
pub fn figure(answer: &Answer) -> Option<f64> {
    let table = answer.table.as_ref()?;
    let [row] = table.rows.as_slice() else { return None };
    let columns = figures::exported(table);
    let mut found = columns.iter().zip(row).filter(|(column, _)| column.is_figure);
    let (_, value) = found.next()?;
    if found.next().is_some() { None } else { numbers::of(value) }
}

/// What the figure of an answer is counted in: its unit, or `%` where it is a share.
pub fn unit(answer: &Answer) -> Option<String> {
    let figure = figures::exported(answer.table.as_ref()?).into_iter().find(|column| column.is_figure)?;
    let is_share = figure.format.as_deref().is_some_and(|format| format.contains('%'));
    if is_share { Some("%".to_owned()) } else { figure.unit }
}

/// How figures of an answer are written.
pub fn format(answer: &Answer) -> Option<String> {
    figures::exported(answer.table.as_ref()?).into_iter().find(|column| column.is_figure)?.format
}

/// A figure that has neither format nor unit. What may be a year is not grouped.
fn figure_rendered(t: Texts, figure: f64) -> String {
    let may_be_a_year = figure.fract() == 0.0 && (1_900.0..2_100.0).contains(&figure);
    if may_be_a_year { figures::of(&json!(figure)).unwrap_or_default() } else { grouped(t, figure) }
}

/// A figure that has no format, in the notation in which its reader types it.
fn grouped(t: Texts, figure: f64) -> String {
    figures::of(&json!(figure)).map(|digits| t.decimal(&digits)).unwrap_or_default()
}

/// The caller's own, the newest first.
pub async fn own(reading: &Reading<'_>) -> Result<Vec<FollowedQuestion>, Problem> {
    // More than he may follow, if he followed several at one moment: so he can end them.
    let found = own_parts(reading, "followed_question", 2 * MOST as u32).await?;
    let mut own: Vec<FollowedQuestion> = found.iter().filter_map(FollowedQuestion::of_record).collect();
    own.sort_by_key(|one| std::cmp::Reverse(one.id));
    Ok(own)
}

/// The product of a question, where the caller may ask it still.
pub async fn askable(reading: &Reading<'_>, one: &FollowedQuestion) -> Result<Option<View>, Problem> {
    let product = Ref::Id(reading.catalog().kind("data_product"), one.product);
    let view = match reading.get(&product, States::Alive, &Depth::full()).await {
        Ok(view) => view,
        Err(Problem::NotFound { .. }) => return Ok(None),
        Err(problem) => return Err(problem),
    };
    Ok(reading.rows().may_query(&view).await?.map(|_| view))
}

/// Those of the caller's own whose answer has crossed its threshold since then, as far as is known, with their products, and
/// that he may still ask.
pub async fn crossed_since(
    reading: &Reading<'_>,
    since: Millis,
) -> Result<Vec<(FollowedQuestion, Millis, Record)>, Problem> {
    let mut crossed = Vec::new();
    for one in own(reading).await? {
        if let Some(at) = one.crossed_at.filter(|at| *at > since)
            && let Some(view) = Denials::aside(askable(reading, &one)).await?
        {
            crossed.push((one, at, view.record));
        }
    }
    Ok(crossed)
}

/// A question as pages list it.
pub struct Listed {
    pub id: String,
    pub question: String,
    pub address: Option<String>,
    pub product: Option<Link>,
    pub condition: String,
    pub crossed: Option<Moment>,
    pub asked: Option<Moment>,
}

/// All of the visitor's. Of one that he may no longer ask he is told that alone.
pub async fn listed(visit: &Visit, reading: &Reading<'_>) -> Result<Vec<Listed>, Fault> {
    let mut listed = Vec::new();
    for one in own(reading).await? {
        let product = askable(reading, &one).await?;
        let at = product.as_ref().map(|view| address::of_record(&view.record));
        listed.push(Listed {
            id: one.id.to_string(),
            question: shown_prose(&one.question),
            address: at.map(|at| one.in_its_thread(&at)),
            condition: one.condition(visit.t),
            crossed: one.crossed_at.filter(|_| product.is_some()).map(|at| visit.moment(at)),
            asked: one.asked_at.filter(|_| product.is_some()).map(|at| visit.moment(at)),
            product: product.map(|view| Link::of_record(&view.record)),
        });
    }
    Ok(listed)
}

/// Which side of the bound a form names.
pub fn is_below(sent: &Form) -> bool {
    sent.text("tells") == BELOW
}

/// Whether a figure is beyond the bound that a form names.
pub fn is_crossed_already(visit: &Visit, figure: f64, sent: &Form) -> bool {
    match TypedNumber::read(visit.t, sent.trimmed("threshold")) {
        TypedNumber::Is(threshold) if is_below(sent) => figure < threshold,
        TypedNumber::Is(threshold) => figure > threshold,
        TypedNumber::Unsure | TypedNumber::IsNone => false,
    }
}

/// A question that is to be followed: of which product, what its figure is counted in and how it is written, and whether it is
/// followed already.
pub struct Wanted<'a> {
    pub product: RecordId,
    pub question: &'a str,
    pub unit: Option<String>,
    pub format: Option<String>,
    pub known: Option<&'a FollowedQuestion>,
}

/// Follows the question of an answer, one that is followed by its new threshold; or says what is wrong with that.
pub async fn follow(visit: &Visit, wanted: Wanted<'_>, sent: &Form) -> Result<Vec<String>, Fault> {
    let typed = sent.trimmed("threshold");
    if typed.ends_with('%') && wanted.unit.as_deref() != Some("%") {
        let unit = wanted.unit.map_or_else(String::new, |unit| format!(" ({})", shown(&unit)));
        return Ok(vec![visit.t.with("question.no_share", &[("unit", &unit)])]);
    }
    let threshold = match TypedNumber::read(visit.t, typed) {
        TypedNumber::Is(threshold) => threshold,
        TypedNumber::Unsure => return Ok(vec![visit.t.say("question.unsure_threshold")]),
        TypedNumber::IsNone => return Ok(vec![visit.t.say("question.no_threshold")]),
    };
    let reading = visit.reading().await?;
    let kind = reading.catalog().kind("followed_question");
    let mut draft = Draft::default();
    draft.set(PRODUCT, wanted.product.to_string());
    draft.set(THREAD, sent.text("thread"));
    draft.set(MESSAGE, sent.text("message"));
    draft.set(QUESTION, wanted.question);
    draft.set(TELLS, if is_below(sent) { BELOW } else { ABOVE });
    draft.set(THRESHOLD, threshold);
    draft.set(UNIT, wanted.unit.map_or(Value::Null, Value::from));
    draft.set(FORMAT, wanted.format.map_or(Value::Null, Value::from));
    if let Some(known) = wanted.known {
        if known.threshold != threshold {
            draft.set(ASKED_AT, Value::Null);
            draft.set(CROSSED_AT, Value::Null);
        }
        let edit = Arc::new(move |_: &View| Ok(draft.clone()));
        let (target, rules) = (Ref::Id(kind, known.id), DoorRules::default());
        reading.execute(&Command::Change { target, guard: Guard::None, edit, rules }).await?;
        return Ok(Vec::new());
    }
    if own(&reading).await?.len() >= MOST {
        return Ok(vec![visit.t.count("question.too_many", MOST)]);
    }
    let id = RecordId::fresh();
    draft.name = Some(id.to_string());
    let user = Ref::Id(reading.catalog().kind("user"), visit.caller().principal.user);
    let command = Command::Create { kind, parent: Some(user), draft, id: Some(id), rules: DoorRules::default() };
    reading.execute(&command).await?;
    Ok(Vec::new())
}

/// Follows one of his questions no more. One that is gone already stays so.
pub async fn stop(visit: &Visit, id: &str) -> Result<(), Fault> {
    let reading = visit.reading().await?;
    let Some(one) = own(&reading).await?.into_iter().find(|one| one.id.to_string() == id) else { return Ok(()) };
    let target = Ref::Id(reading.catalog().kind("followed_question"), one.id);
    let how = Deletion { hard: true, ..Deletion::SOFT };
    reading.execute(&Command::Delete { target, guard: Guard::None, how }).await?;
    Ok(())
}

/// What a digest says of one whose answer is beyond its threshold now.
pub struct Crossed {
    pub question: FollowedQuestion,
    pub product: Record,
    pub value: f64,
}

impl Crossed {
    /// `“turnover” of Retail is 600, above 500`.
    pub fn notice(&self, t: Texts) -> Notice {
        let value = self.question.rendered(t, self.value);
        let (asked, condition) = (&*self.question.question, self.question.condition(t));
        let (question, product) = (shortened(asked), crate::records::naming::rendered_of(&self.product));
        let named = [("question", &*question), ("product", &*product), ("value", &*value), ("condition", &*condition)];
        let address = self.question.in_its_thread(&address::of_record(&self.product));
        Notice { text: t.with("question.crossed", &named), address, lines: Vec::new() }
    }
}

/// The beginning of a long question: what it is answered with stands behind it.
fn shortened(question: &str) -> String {
    const MOST: usize = 100;
    match question.char_indices().nth(MOST) {
        Some((end, _)) => shown(&question[..end]) + "…",
        None => shown(question),
    }
}

#[cfg(test)]
mod tests {
    use emporion_products::chat::answer::{Status, Table};

    use super::*;

    #[test]
    fn what_may_be_a_year_is_not_grouped() {
        let t = Texts::by_code("en").expect("English");
        for (figure, wanted) in [(2_026.0, "2026"), (1_899.0, "1,899"), (2_100.0, "2,100"), (2_026.5, "2,026.5")] {
            assert_eq!(figure_rendered(t, figure), wanted);
        }
    }

    #[test]
    fn a_threshold_is_written_as_the_figures_are() {
        let id = RecordId::fresh();
        let question = |threshold, format: Option<&str>, unit: Option<&str>| FollowedQuestion {
            id,
            product: id,
            answer: (id, id),
            question: String::new(),
            is_above: true,
            threshold,
            unit: unit.map(str::to_owned),
            format: format.map(str::to_owned),
            asked_at: None,
            crossed_at: None,
        };
        let german = Texts::by_code("de").expect("German");
        for (threshold, format, unit, wanted) in [
            (2_000.0, Some("#,##0.00"), Some("EUR"), "über 2.000,00 EUR"),
            (2_000.5, Some("#,##0"), Some("EUR"), "über 2.000,5 EUR"),
            (2_000.0, None, Some("EUR"), "über 2.000 EUR"),
            (2_000.0, None, None, "über 2000"),
            (0.25, Some("0.0%"), Some("%"), "über 25,0 %"),
            (0.255, Some("0%"), Some("%"), "über 25,5 %"),
        ] {
            assert_eq!(question(threshold, format, unit).condition(german), wanted);
        }
    }

    #[test]
    fn the_figure_of_an_answer_is_the_only_one() {
        let of = |columns: Value, rows: Value| {
            let table: Table = serde_json::from_value(json!({"columns": columns, "rows": rows})).expect("a table");
            figure(&Answer { table: Some(table), ..Answer::new(Status::Answered, "") })
        };
        let (figures, text) = (json!({"name": "n", "type": "NUMBER"}), json!({"name": "t", "type": "TEXT"}));
        assert_eq!(of(json!([figures]), json!([[5]])), Some(5.0));
        assert_eq!(of(json!([text, figures]), json!([["EU", "2.5"]])), Some(2.5));
        assert_eq!(of(json!([figures, figures]), json!([[5, 6]])), None);
        assert_eq!(of(json!([figures]), json!([[5], [6]])), None);
        assert_eq!(of(json!([figures]), json!([])), None);
        assert_eq!(of(json!([text]), json!([["x"]])), None);
    }
}
