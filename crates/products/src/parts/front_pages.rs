//! Front pages: what greets the readers of a product. The newest live one is shown; without any, one is made up.

use async_trait::async_trait;
use emporion_catalog::load::Depth;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::View;
use emporion_edge::shape::{Member, Shape, Struct, TEXT, Text, UUID};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::item::{self, Item, SeenItem};
use super::part::{Advice, Maker, Part, Tally, Wanted};
use super::semantic_models::{self, names};
use super::spec::{Fields, Life, PLAIN, Spec};
use super::{markdown, verified_queries};
use crate::content_state::ContentState;
use crate::failure::{Code, Failure, Violation};
use crate::ids;
use crate::message::Message;
use crate::problems::RULE_EXISTS;
use crate::read_context::ReadContext;
use crate::request::ProductRequest;
use crate::service::Products;
use crate::shapes::{COUNT, ID, TEXT_OR_NULL, TIME_OR_NULL, UUID_OR_NULL};
use crate::subject;
use crate::warning::Warning;

/// How many questions and figures a page may hold.
const MAX_QUESTIONS: usize = 12;
const MAX_KPIS: usize = 6;
/// How many figures a page shows that nobody has made.
const MADE_UP_KPIS: usize = 3;
/// The longest picture that stands in the page itself, as text.
const MAX_DATA_URI: usize = 64 * 1024;

const TITLE: Shape = Shape::Text(Text::between(1, 200));
const SUBTITLE_TEXT: Shape = Shape::Text(Text::between(0, 1_000));
const MARKDOWN_TEXT: Shape = Shape::Text(Text::between(0, 20_000));
const ACCENT: Shape = Shape::Text(Text::between(1, 64));
const ACCENT_OR_NULL: Shape = Shape::Nullable(&ACCENT);
const LOGO: Shape = Shape::Text(Text::between(1, 2 * MAX_DATA_URI));
const LOGO_OR_NULL: Shape = Shape::Nullable(&LOGO);
const ID_OR_NULL: Shape = Shape::Nullable(&ID);

static QUESTION: Struct = Struct {
    name: "SuggestedQuestion",
    members: &[
        Member::required("text", Shape::Text(Text::between(1, 500))),
        Member::optional("verifiedQueryId", ID_OR_NULL),
    ],
    open: true,
};

static KPI: Struct = Struct {
    name: "Kpi",
    members: &[
        Member::required("metric", Shape::Text(Text::between(1, 255))),
        Member::optional("label", Shape::Text(Text::between(0, 255))),
        Member::optional("format", Shape::Text(Text::between(0, 64))),
    ],
    open: true,
};

static THEME: Struct = Struct {
    name: "FrontPageTheme",
    members: &[Member::optional("accent", ACCENT_OR_NULL), Member::optional("logoUrl", LOGO_OR_NULL)],
    open: true,
};

const QUESTIONS: Shape = Shape::List { of: &Shape::Struct(&QUESTION), min: 0, max: MAX_QUESTIONS };
const KPIS: Shape = Shape::List { of: &Shape::Struct(&KPI), min: 0, max: MAX_KPIS };
const THEME_OR_NULL: Shape = Shape::Nullable(&Shape::Struct(&THEME));

static CREATE: Struct = Struct {
    name: "FrontPageConfigCreate",
    members: &[
        Member::required("title", TITLE),
        Member::optional("subtitle", Shape::Nullable(&SUBTITLE_TEXT)),
        Member::optional("markdown", Shape::Nullable(&MARKDOWN_TEXT)),
        Member::optional("suggestedQuestions", QUESTIONS),
        Member::optional("kpis", KPIS),
        Member::optional("theme", THEME_OR_NULL),
        Member::optional("isDeployed", Shape::Boolean),
    ],
    open: true,
};

pub static OBJECT: Struct = Struct {
    name: "FrontPageConfig",
    members: &[
        // Null in a page that is made up, like its times.
        Member::required("id", UUID_OR_NULL),
        Member::required("dataProductId", UUID),
        Member::required("title", TEXT),
        Member::required("subtitle", TEXT_OR_NULL),
        Member::required("markdown", TEXT_OR_NULL),
        Member::required("suggestedQuestions", QUESTIONS),
        Member::required("kpis", KPIS),
        Member::required("theme", THEME_OR_NULL),
        Member::required("isDeployed", Shape::Boolean),
        Member::required("version", COUNT),
        Member::required("createdAt", TIME_OR_NULL),
        Member::required("createdBy", TEXT_OR_NULL),
        Member::required("updatedAt", TIME_OR_NULL),
    ],
    open: true,
};

pub static SPEC: Spec = Spec {
    kind: "front_page",
    word: "front_pages",
    one: "frontPageConfig",
    many: "frontPageConfigs",
    noun: "front page configuration",
    nouns: "front page configurations",
    life: Life::NewestDraft,
    create: &CREATE,
    object: &OBJECT,
    ..PLAIN
};

/// What greets the readers of a product.
pub struct FrontPages;

#[async_trait]
impl Part for FrontPages {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn check_body(&self, body: &Map<String, Value>, broken: &mut Vec<Violation>) {
        let logo = body.get("theme").and_then(|theme| theme.get("logoUrl")).and_then(Value::as_str);
        let Some(logo) = logo else { return };
        let is_picture = logo.starts_with("data:image/") && logo.contains(',');
        let is_safe = is_picture || logo.strip_prefix("https://").is_some_and(|rest| !rest.is_empty());
        if !is_safe || logo.contains(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '"' | '<' | '>')) {
            let message = "must be an https address or a picture as a data URI";
            broken.push(Violation::new("/theme/logoUrl", "format", message));
        } else if is_picture && logo.len() > MAX_DATA_URI {
            broken.push(Violation::new("/theme/logoUrl", "maxLength", "must be at most 64 kB long"));
        }
    }

    /// Adds nothing; warns of metrics that no model has yet.
    ///
    /// Errors: 422 for questions that name a verified query which the product does not have, live or drafted.
    async fn consult(&self, wanted: &Wanted<'_>) -> Result<Advice, Failure> {
        let (queries, metrics) =
            (named(wanted, "suggested_questions", "verifiedQueryId"), named(wanted, "kpis", "metric"));
        if queries.is_empty() && metrics.is_empty() {
            return Ok(Advice::default());
        }
        let catalog = &wanted.products.catalog;
        let reading = catalog.reading(wanted.caller).await?;
        let mut broken = Vec::new();
        for (index, text) in queries {
            if !is_known(wanted, &reading, text).await? {
                let path = format!("/suggestedQuestions/{index}/verifiedQueryId");
                broken.push(Violation::new(path, RULE_EXISTS, "there is no such verified query in the {product}"));
            }
        }
        if !broken.is_empty() {
            return Err(Failure::invalid(broken));
        }
        let mut reported = Advice::default();
        if !metrics.is_empty() {
            let cx = ReadContext { products: wanted.products, reading: &reading, product: wanted.product };
            let known = names::of(&cx, if wanted.is_live { ContentState::Live } else { ContentState::Drafted }).await?;
            reported.warnings = metrics
                .into_iter()
                .filter(|(_, metric)| !known.has_metric(metric))
                .map(|(index, metric)| {
                    let message = Message::with("no semantic model of the {product} has the metric \"{}\"", [metric]);
                    Warning::new("UNKNOWN_METRIC", message, Some(format!("/kpis/{index}/metric")))
                })
                .collect();
        }
        Ok(reported)
    }

    fn complete(&self, fields: &mut Fields, maker: &Maker<'_>) {
        let version = maker.before.and_then(|before| before.get("version").cloned()).unwrap_or(maker.next.into());
        fields.insert("version".to_owned(), version);
        if let Some(text) = fields.get("markdown").and_then(Value::as_str) {
            let safe = markdown::sanitised(text);
            fields.insert("markdown".to_owned(), safe.into());
        }
    }

    /// The newest live one.
    fn lead(&self, items: &[Item]) -> Option<Uuid> {
        let version = |item: &&Item| item.live_fields().get("version").and_then(Value::as_i64);
        items.iter().filter(|item| item.live.is_some()).max_by_key(version).map(|item| item.id)
    }

    fn count(&self, _: &[Item], tally: &Tally, counters: &mut Map<String, Value>) {
        counters.insert("frontPageConfigs".to_owned(), json!({"draftsRemoved": tally.removed}));
    }
}

/// What the items of a list say under a name, with their places.
fn named<'a>(wanted: &Wanted<'a>, list: &str, member: &str) -> Vec<(usize, &'a str)> {
    let items = wanted.fields.get(list).and_then(Value::as_array).into_iter().flatten().enumerate();
    items.filter_map(|(index, item)| Some((index, item.get(member)?.as_str()?))).collect()
}

async fn is_known(wanted: &Wanted<'_>, reading: &Reading<'_>, text: &str) -> Result<bool, Failure> {
    let Some(id) = ids::parse_uuid(text) else { return Ok(false) };
    match item::find(&verified_queries::SPEC, reading, wanted.product, id).await {
        Ok(_) => Ok(true),
        Err(failure) if failure.code == Code::NOT_FOUND => Ok(false),
        Err(other) => Err(other),
    }
}

/// The page that greets readers.
pub enum Greeting {
    /// The newest live one.
    Stored(Box<SeenItem>),
    /// Where there is none: the questions meant for newcomers, and the first metrics of what is live.
    MadeUp { questions: Vec<Value>, kpis: Vec<Value> },
}

impl Greeting {
    /// Questions with a text, and, where it is one, the id of the verified query that answers it.
    pub fn questions(&self) -> &[Value] {
        match self {
            Greeting::Stored(page) => listed(page, "suggested_questions"),
            Greeting::MadeUp { questions, .. } => questions,
        }
    }

    /// Metrics by name, with a label where they have one.
    pub fn kpis(&self) -> &[Value] {
        match self {
            Greeting::Stored(page) => listed(page, "kpis"),
            Greeting::MadeUp { kpis, .. } => kpis,
        }
    }
}

fn listed<'a>(page: &'a SeenItem, list: &str) -> &'a [Value] {
    page.fields().get(list).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The page that greets the readers of a product.
///
/// Errors: 404.
pub async fn current(products: &Products, request: &ProductRequest) -> Result<(View, Greeting), Failure> {
    let reading = products.catalog.reading(&request.caller).await?;
    let view = subject::find(products, request, &reading, &Depth::bare()).await?;
    let mut pages = item::of_product(&SPEC, &reading, &view).await?;
    let lead = FrontPages.lead(&pages);
    if let Some(at) = pages.iter().position(|page| lead == Some(page.id)) {
        let page = SeenItem::drafted(view.id(), pages.swap_remove(at));
        let page = SeenItem { state: ContentState::Live, leads: true, ..page };
        return Ok((view, Greeting::Stored(Box::new(page))));
    }
    let queries = item::of_product(&verified_queries::SPEC, &reading, &view).await?;
    let models = item::of_product(&semantic_models::spec::SPEC, &reading, &view).await?;
    Ok((view, made_up(&queries, &models)))
}

fn made_up(queries: &[Item], models: &[Item]) -> Greeting {
    let live = models.iter().filter(|model| model.live.is_some());
    let kpis = live.flat_map(|model| semantic_models::document::kpis(model.live_fields())).take(MADE_UP_KPIS).collect();
    let is_meant =
        |item: &&Item| item.live_fields().get("use_as_onboarding_question").and_then(Value::as_bool).unwrap_or(false);
    let questions = queries
        .iter()
        .filter(is_meant)
        .take(MAX_QUESTIONS)
        .map(|item| json!({"text": item.live_fields().get("question"), "verifiedQueryId": item.id.to_string()}))
        .collect();
    Greeting::MadeUp { questions, kpis }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(logo: &str) -> Option<String> {
        let mut broken = Vec::new();
        FrontPages.check_body(json!({"theme": {"logoUrl": logo}}).as_object().expect("an object"), &mut broken);
        broken.pop().map(|violation| violation.rule)
    }

    #[test]
    fn a_logo_is_an_https_address_or_a_small_picture() {
        assert_eq!(rule("https://example.com/logo.png"), None);
        assert_eq!(rule("data:image/png;base64,AAAA"), None);
        for bad in ["http://example.com/a.png", "javascript:alert(1)", "data:text/html,x", "https://", "/logo.png"] {
            assert_eq!(rule(bad).as_deref(), Some("format"), "{bad}");
        }
        let long = format!("data:image/png;base64,{}", "A".repeat(MAX_DATA_URI));
        assert_eq!(rule(&long).as_deref(), Some("maxLength"));
    }
}
