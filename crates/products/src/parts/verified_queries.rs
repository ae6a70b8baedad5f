//! Verified queries: a question, and the query that a person says answers it.

mod parameters;
pub mod query;

use std::time::Duration;

use emporion_catalog::name;
use emporion_catalog::query::States;
use emporion_edge::shape::{Member, Shape, Struct, TEXT, Text, UUID};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use async_trait::async_trait;

use super::item::{Item, SeenItem};
use super::part::{Advice, Annotations, DeployFindings, DeployScope, Maker, Part, Tally, Wanted};
use super::spec::Unique;
use super::spec::{Fields, Life, PLAIN, Spec};
use crate::asking::{self, Decided, Sources};
use crate::assets::relations::Relation;
use crate::assets::row_counts::RowCounts;
use crate::content_state::ContentState;
use crate::databases::DatabaseError;
use crate::failure::{Failure, Violation};
use crate::limits::MAX_ROWS;
use crate::message::Message;
use crate::reach::literals::{self, Statement};
use crate::reach::{self, Group, Reached, Rows};
use crate::read_context::ReadContext;
use crate::refs;
use crate::shapes::{COUNT, DESCRIPTION, TEXT_OR_NULL, TIME, TIME_OR_NULL, UUID_OR_NULL};

const QUESTION: Shape = Shape::Text(Text::between(1, 500));
const SQL: Shape = Shape::Text(Text::between(1, 50_000));
const NAME_TEXT: Shape = Shape::Text(Text::between(0, 200));
const NAME: Shape = Shape::Nullable(&NAME_TEXT);
const PARAMETER_NAME: Shape = Shape::Text(Text::between(1, 50).matching("^[a-z][a-z0-9_]{0,49}$", parameters::is_name));
const PARAMETER_TYPES: &[&str] = &["string", "number", "date", "dateRange", "enum"];
const STATES: &[&str] = &["ok", "broken", "unchecked"];

static PARAMETER: Struct = Struct {
    name: "VerifiedQueryParameter",
    members: &[
        Member::required("name", PARAMETER_NAME),
        Member::required("type", Shape::Enumeration(PARAMETER_TYPES)),
        Member::optional("required", Shape::Boolean),
        Member::optional("default", Shape::Json),
        Member::optional("values", Shape::List { of: &Shape::Json, min: 0, max: 1_000 }),
        Member::optional("field", Shape::Text(Text::between(1, 255))),
    ],
    open: true,
};

const PARAMETERS: Shape = Shape::List { of: &Shape::Struct(&PARAMETER), min: 0, max: 20 };
const ALTERNATES: Shape = Shape::List { of: &QUESTION, min: 0, max: 20 };

static CREATE: Struct = Struct {
    name: "VerifiedQueryCreate",
    members: &[
        Member::required("question", QUESTION),
        Member::required("sql", SQL),
        Member::optional("name", NAME),
        Member::optional("description", DESCRIPTION),
        Member::optional("alternateQuestions", ALTERNATES),
        Member::optional("parameters", PARAMETERS),
        Member::optional("useAsOnboardingQuestion", Shape::Boolean),
        Member::optional("isDeployed", Shape::Boolean),
    ],
    open: true,
};

static RESULT_COLUMN: Struct = Struct {
    name: "ResultColumn",
    members: &[Member::required("name", TEXT), Member::required("type", TEXT)],
    open: true,
};

static OBJECT: Struct = Struct {
    name: "VerifiedQuery",
    members: &[
        Member::required("id", UUID),
        Member::required("dataProductId", UUID),
        Member::required("question", TEXT),
        Member::required("sql", TEXT),
        Member::required("name", TEXT_OR_NULL),
        Member::required("description", TEXT_OR_NULL),
        Member::required("alternateQuestions", ALTERNATES),
        Member::required("parameters", PARAMETERS),
        Member::required("useAsOnboardingQuestion", Shape::Boolean),
        Member::required("status", Shape::Enumeration(STATES)),
        Member::required("resultColumns", Shape::List { of: &Shape::Struct(&RESULT_COLUMN), min: 0, max: usize::MAX }),
        Member::required("lastRun", Shape::Nullable(&Shape::Object)),
        Member::required("usageCount", COUNT),
        Member::required("verifiedBy", UUID_OR_NULL),
        Member::required("verifiedAt", TIME_OR_NULL),
        Member::required("isDeployed", Shape::Boolean),
        Member::required("createdAt", TIME),
        Member::required("createdBy", TEXT_OR_NULL),
        Member::required("updatedAt", TIME),
    ],
    open: true,
};

pub static SPEC: Spec = Spec {
    kind: "verified_query",
    word: "verified_queries",
    one: "verifiedQuery",
    many: "verifiedQueries",
    noun: "verified query",
    nouns: "verified queries",
    life: Life::Drafted,
    create: &CREATE,
    object: &OBJECT,
    search: &["question", "display_name", "description"],
    unique: &[QUESTION_ONCE],
    ..PLAIN
};

/// Questions with the queries that answer them.
pub struct VerifiedQueries;

#[async_trait]
impl Part for VerifiedQueries {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    /// The guard looks at the query, and the source plans it where there is one that answers.
    ///
    /// Errors: 422 with the rule that it breaks, the guard's or the source's.
    async fn consult(&self, wanted: &Wanted<'_>) -> Result<Advice, Failure> {
        let products = wanted.products;
        let reading = products.catalog.reading(wanted.caller).await?;
        let cx = ReadContext { products, reading: &reading, product: wanted.product };
        let state = if wanted.is_live { ContentState::Live } else { ContentState::Drafted };
        let groups = groups(&cx, state).await?;
        let tables = tables(&groups);
        let mut warnings = parameters::unknown_fields(&cx, wanted.fields, state, &tables).await?;
        let sources = sources(&cx, groups).await?;
        let decided = decided(&sources, wanted.fields)?;
        warnings.extend(literals::of_statement(&cx, &tables, statement(wanted.fields), &decided, "/sql").await?);
        let Decided { source, plan, .. } = decided;
        let target = match &source.service {
            // A draft may name any table of the source; only what the catalogue knows is looked at.
            Some(service) if plan.tables.iter().all(|table| source.is_in_catalogue(table)) => {
                Some(asking::target_of(products, service).await?)
            }
            _ => None,
        };
        drop(reading);
        let described = match &target {
            Some(target) => products.databases.describe(target, &plan, TIMEOUT).await.map_err(Some),
            None => Err(None),
        };
        let mut reported = Fields::new();
        match described {
            Ok(columns) => {
                let columns = columns.iter().map(|(name, kind)| json!({"name": name, "type": kind}));
                reported.insert(RESULT_COLUMNS.to_owned(), columns.collect());
                reported.insert(STATUS.to_owned(), "ok".into());
            }
            Err(Some(error @ DatabaseError::Refused { .. })) => return Err(error.of_sql()),
            // With parameters, it may be the samples that cannot be computed with.
            Err(Some(error @ DatabaseError::Value { .. })) if plan.parameters.is_empty() => return Err(error.of_sql()),
            // A source that is not there says nothing against the query.
            Err(_) => drop(reported.insert(STATUS.to_owned(), "unchecked".into())),
        }
        // A draft was held against what those who see drafts see, which is where its state is printed from.
        let annotation = reported.get(STATUS).filter(|_| !wanted.is_live).cloned();
        Ok(Advice { fields: reported, annotation, warnings })
    }

    /// What has become of a query since it was stored: over tables that have changed it may be refused.
    async fn annotate(&self, cx: &ReadContext<'_>, contents: Vec<(Uuid, &Fields)>) -> Result<Annotations, Failure> {
        if contents.is_empty() {
            return Ok(Annotations::new());
        }
        let groups = groups(cx, ContentState::Drafted).await?;
        let sources = sources(cx, groups).await?;
        let status = |fields: &Fields| match decided(&sources, fields) {
            Ok(_) => fields.get(STATUS).cloned().unwrap_or_else(|| "unchecked".into()),
            Err(_) => "broken".into(),
        };
        Ok(contents.into_iter().map(|(id, fields)| (id, status(fields))).collect())
    }

    /// Queries read what a deploy would leave: those that it makes live, and those that it would take a table from.
    async fn check_deploy(
        &self,
        cx: &ReadContext<'_>,
        items: &[Item],
        scope: DeployScope,
    ) -> Result<DeployFindings, Failure> {
        let mut findings = DeployFindings::default();
        if items.is_empty() {
            return Ok(findings);
        }
        let after = groups(cx, ContentState::Drafted).await?;
        let before = if scope.moves_tables { groups(cx, ContentState::Live).await? } else { Vec::new() };
        let tables = tables(&after);
        let (after, before) = (sources(cx, after).await?, sources(cx, before).await?);
        for item in items {
            let is_new = item.pending.is_some();
            let concerns = is_new || scope.moves_tables && decided(&before, item.fields()).is_ok();
            if !concerns {
                continue;
            }
            match decided(&after, item.fields()) {
                Err(failure) => {
                    let broken = failure.violations.into_iter();
                    let entity = |broken: Violation| Violation::new("", broken.rule, broken.message);
                    findings.violations.extend(broken.map(|it| entity(it).of_entity(SPEC.one, item.id.to_string())));
                }
                Ok(decided) if is_new && !item.is_pending_delete() => {
                    let path = format!("/{}/{}/sql", SPEC.many, item.id);
                    let reported =
                        literals::of_statement(cx, &tables, statement(item.fields()), &decided, &path).await?;
                    findings.warnings.extend(reported);
                }
                Ok(_) => {}
            }
        }
        Ok(findings)
    }

    fn complete(&self, fields: &mut Fields, maker: &Maker<'_>) {
        fields.insert("verified_by".to_owned(), maker.user.to_string().into());
        fields.insert("verified_at".to_owned(), maker.now_ms.into());
        if let Some(form) = normalised(fields) {
            fields.insert(QUESTION_FORM.to_owned(), form.into());
        }
    }

    fn print(&self, shown: &SeenItem, member: &str) -> Option<Value> {
        match member {
            "status" => shown.annotation.clone(),
            "usageCount" => Some(0.into()),
            _ => None,
        }
    }

    fn count(&self, _: &[Item], tally: &Tally, counters: &mut Map<String, Value>) {
        counters.insert("verifiedQueries".to_owned(), json!({"promoted": tally.promoted}));
    }

    fn check_body(&self, body: &Map<String, Value>, broken: &mut Vec<Violation>) {
        parameters::check_body(body, broken);
    }
}

/// How long a source may think about a query that is to be stored: planning is quick, or the source is as good as
/// silent.
const TIMEOUT: Duration = Duration::from_secs(2);
/// Whether a source has planned the query.
const STATUS: &str = "status";
const RESULT_COLUMNS: &str = "result_columns";
/// The question as it is compared with others.
const QUESTION_FORM: &str = "question_words";

/// Errors: 422 `SQL_NOT_ALLOWED` with the rule that the query breaks over these sources.
pub fn decided<'s>(sources: &'s Sources, fields: &Fields) -> Result<Decided<'s>, Failure> {
    sources.decide(sql(fields), &parameters::samples(fields), MAX_ROWS.unsigned_abs())
}

fn sql(fields: &Fields) -> &str {
    fields.get("sql").and_then(Value::as_str).unwrap_or_default()
}

pub fn statement(fields: &Fields) -> Statement<'_> {
    Statement { sql: sql(fields), given: parameters::given(fields) }
}

/// The tables of all sources.
pub fn tables(groups: &[Group]) -> Vec<Relation> {
    groups.iter().flat_map(|group| &group.tables).map(|table| table.relation.clone()).collect()
}

/// The sources of statements that are kept for everybody.
pub async fn sources(cx: &ReadContext<'_>, groups: Vec<Group>) -> Result<Sources, Failure> {
    let counts = RowCounts::of_groups(cx, &groups).await?;
    Ok(Sources::of(cx.products, Reached { groups, ..Reached::default() }, &counts))
}

/// Everything that the product's queries may read.
pub async fn groups(cx: &ReadContext<'_>, state: ContentState) -> Result<Vec<Group>, Failure> {
    let target = refs::product_id(&cx.products.catalog, cx.product_id());
    let view = cx.reading.get(&target, States::Alive, &reach::depth()).await?;
    Ok(reach::of_product(cx, &view, state, Rows::All).await?.groups)
}

/// Two live queries that answer the same question leave open which one counts.
const QUESTION_ONCE: Unique = Unique {
    pointer: "/question",
    form: normalised,
    kept: Some(QUESTION_FORM),
    message: |question| Message::with("another verified query answers \"{}\" already", [question]),
};

/// The question of a query as words: without case, punctuation, and blanks that say nothing.
fn normalised(fields: &Fields) -> Option<String> {
    Some(words(fields.get("question")?.as_str()?))
}

/// A question as it is compared with others.
pub fn words(question: &str) -> String {
    let question = name::fold(question);
    let letters: Vec<char> = question.chars().collect();
    let mut words = String::new();
    for (at, c) in letters.iter().enumerate() {
        let before = at.checked_sub(1).map(|at| letters[at]);
        let is_number_next = letters.get(at + 1).is_some_and(char::is_ascii_digit);
        // 1.5 is not 15, 2026-01 not 202601, and -5 not 5.
        let is_of_a_number = is_number_next
            && match c {
                '.' | ',' | ':' | '/' => before.is_some_and(|before| before.is_ascii_digit()),
                '-' => !before.is_some_and(char::is_alphabetic),
                _ => false,
            };
        match c {
            // `customers` and `customer's` are spelled apart by nothing else.
            '\'' | '’' | '‘' => {}
            c if PUNCTUATION.contains(*c) && !is_of_a_number => words.push(' '),
            c => words.push(*c),
        }
    }
    let words: Vec<&str> = words.split_whitespace().collect();
    // A question of nothing else is compared as it is.
    if words.is_empty() { question.trim().to_owned() } else { words.join(" ") }
}

/// Signs that change no meaning. Those of sums, comparisons, currencies and parameters do.
const PUNCTUATION: &str = ".,;:!?¿¡\"“”„«»()[]-–—…/";

#[cfg(test)]
mod tests {
    use super::super::unique::Taken;
    use super::*;

    fn fields(value: Value) -> Fields {
        value.as_object().expect("an object").clone()
    }

    #[test]
    fn questions_are_the_same_without_case_and_punctuation() {
        let form = |question: &str| normalised(&fields(json!({ "question": question })));
        for (one, other) in [
            ("How many orders, by region?", "how many orders by region"),
            ("“Net sales” – by month!", "net sales by month."),
            ("Year-to-date sales", "year to date sales"),
            ("Each customer's orders", "each customers orders"),
            ("¿Sales (net)?", "SALES net"),
        ] {
            assert_eq!(form(one), form(other), "{one}");
        }
        for (one, other) in [
            ("sales > 100", "sales < 100"),
            ("sales of 1.5", "sales of 15"),
            ("sales of 1.5", "sales of 1 5"),
            ("below -5", "below 5"),
            ("in {period}", "in period"),
            ("share in %", "share in $"),
            ("?", "!"),
        ] {
            assert_ne!(form(one), form(other), "{one}");
        }
        let one = fields(json!({"question": "How many  orders?"}));
        let taken = |question: &str| Taken::by(&SPEC, [(&fields(json!({ "question": question })), ())]);
        assert!(taken("how many orders").clash(&one, |()| true).is_some());
        assert!(taken("how many orders").clash(&one, |()| false).is_none());
        assert!(taken("how many customers").clash(&one, |()| true).is_none());
    }
}
