//! Composing a product of others: which ones, and which of their tables and metrics are taken in. What the product would be
//! then is shown before it is saved, as drafts: the next deploy makes it so.

use std::collections::BTreeSet;

use askama::Template;
use emporion_catalog::action::Action;
use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::name;
use emporion_catalog::query::States;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::{Record, View};
use emporion_catalog::relation;
use emporion_catalog::spelling::decode;
use emporion_edge::answer::Answer;
use emporion_products::content_state::ContentState;
use emporion_products::ids::ProductKey;
use emporion_products::page::PageRequest;
use emporion_products::parts::compositions::create::{self, Composed, CompositionDraft};
use emporion_products::parts::compositions::shapes::{MAX_ALIAS, is_alias};
use emporion_products::parts::semantic_models::read::SemanticModel;
use emporion_products::parts::spec::Fields;
use futures_util::future::try_join_all;
use serde_json::{Value, json};

use super::components;
use super::warned;
use crate::fault::Fault;
use crate::forms::checked;
use crate::forms::edit_menu::Group;
use crate::forms::form::Form;
use crate::layout::shell::Shell;
use crate::products::models;
use crate::records::link::Link;
use crate::records::naming::{self, PRODUCTS, Suggested, named_record};
use crate::records::record::{FormPage, Here, OwnForm, RecordPage};
use crate::records::{address, difference};
use crate::request::headers;
use crate::request::visit::{Shown, Visit};
use crate::text::plain::shown;

/// What its form calls itself.
const NAME: &str = "compose";
/// The member with the products, and that with the name of one more.
const SOURCE: &str = "source";
const ADD: &str = "add";
/// The member with a word of what its sender was shown.
const PREVIEWED: &str = "previewed";
/// As many as clients of the service take in at once.
const MOST_SOURCES: usize = 20;
/// Models of a product that are looked through, and tables or metrics of it that can be chosen one by one.
const MOST_MODELS: usize = 20;
const MOST_PARTS: usize = 300;

pub const FORM: OwnForm = OwnForm {
    name: NAME,
    save: |page, visit, reading, view, sent| {
        Box::pin(async move { save(page, visit, reading, view, sent).await.map(Some) })
    },
    page: Some(FormPage {
        offered: Some((|_| "compose.do", Group::Contents)),
        action: Action::EditAll,
        show: |here| Box::pin(form(here)),
    }),
};

#[derive(Template)]
#[template(path = "product/composing.html")]
struct Page {
    p: Shell,
    title: String,
    name: String,
    address: String,
    sources: Vec<Source>,
    /// The name of one more, as it was typed, and names for it.
    add: String,
    suggested: Suggested,
    preview: Option<Preview>,
    faults: Vec<String>,
}

/// A product that is taken in, and what of it.
struct Source {
    id: String,
    link: Link,
    alias: String,
    is_whole: bool,
    tables: Vec<Part>,
    metrics: Vec<Part>,
    /// There are more than can be chosen from one by one.
    is_cut: bool,
    /// The form without it.
    without: String,
}

struct Part {
    name: String,
    rendered: String,
    is_taken: bool,
}

/// What the product would be.
struct Preview {
    /// What is sent with it, which says that it was shown.
    word: String,
    own: String,
    /// Under which name what is taken in of each, in numbers and by name; those first that it is composed of already.
    taken: Vec<ComposedSource>,
    /// It is composed of products, too, that the visitor does not see.
    has_hidden: bool,
    all: String,
}

struct ComposedSource {
    link: Link,
    alias: String,
    counts: String,
    tables: String,
    metrics: String,
}

/// What a product has to take in, by the names that a composition calls it by.
#[derive(Default, Clone)]
struct Parts {
    tables: BTreeSet<String>,
    metrics: BTreeSet<String>,
}

/// The address of the form.
pub fn address_of(product: &str) -> String {
    address::with_query(product, &[("edit", NAME)])
}

/// What the address asks for: nothing is written by that.
async fn form(here: Here<'_>) -> Shown {
    let sent = Form::of_address(&here.visit.request);
    page(here, &sent, 200, None, Vec::new()).await
}

/// What is sent with a preview, and what would be made.
type Previewed = (String, Vec<Composed>);

async fn page(here: Here<'_>, sent: &Form, status: u16, previewed: Option<Previewed>, faults: Vec<String>) -> Shown {
    let Here { visit, reading, view, .. } = here;
    let (mut status, mut faults) = (status, faults);
    let mut ids = ids(sent, view.id());
    let mut add = sent.trimmed(ADD).to_owned();
    if !add.is_empty() {
        match named_record(reading, PRODUCTS, &add).await? {
            Ok((_, id)) if id == view.id() => faults.push(visit.t.say("compose.itself")),
            Ok((_, id)) => {
                if !ids.contains(&id) {
                    ids.push(id);
                }
                add.clear();
            }
            Err(unnamed) => faults.push(unnamed.rendered(visit.t)),
        }
    }
    if ids.len() > MOST_SOURCES {
        ids.truncate(MOST_SOURCES);
        faults.push(visit.t.with("compose.most", &[("n", &visit.t.number(MOST_SOURCES as u64))]));
    }
    if !faults.is_empty() && status == 200 {
        status = 400;
    }
    let at = here.address();
    let found = Parts::of_each(visit, reading, seen(reading, &ids).await?).await?;
    let preview = match &previewed {
        Some((word, composed)) => Some(preview(here, word, &found, composed).await?),
        None => None,
    };
    let sources = found.into_iter().map(|(record, parts)| source(&at, sent, &ids, &record, parts)).collect();
    let page = Page {
        p: here.shell(),
        title: visit.t.say("compose.do"),
        name: naming::rendered_of(&view.record),
        address: at,
        sources,
        add,
        suggested: Suggested::of(reading, PRODUCTS).await?.without(&view.record),
        preview,
        faults,
    };
    Ok(headers::page(status, &page))
}

/// Those that are named by their ids, each once; not the product itself.
fn ids(sent: &Form, product: RecordId) -> Vec<RecordId> {
    let mut ids = Vec::new();
    for id in sent.all(SOURCE).filter_map(|id| id.parse().ok()) {
        if id != product && !ids.contains(&id) {
            ids.push(id);
        }
    }
    ids
}

/// Those of them that are products and that the visitor sees, in this order.
async fn seen(reading: &Reading<'_>, ids: &[RecordId]) -> Result<Vec<Record>, Fault> {
    let mut found = reading.records(ids, States::Alive).await?;
    found.retain(|record| record.kind.is("data_product"));
    found.sort_by_key(|record| ids.iter().position(|id| *id == record.id));
    Ok(found)
}

/// How the fields of one product are called.
fn field(name: &str, id: RecordId) -> String {
    format!("{name}.{id}")
}

fn is_whole(sent: &Form, id: RecordId) -> bool {
    sent.text(&field("take", id)) != "some"
}

fn source(at: &str, sent: &Form, ids: &[RecordId], record: &Record, parts: Parts) -> Source {
    let id = record.id;
    let is_cut = parts.tables.len() > MOST_PARTS || parts.metrics.len() > MOST_PARTS;
    let listed = |names: BTreeSet<String>, of: &str| -> Vec<Part> {
        let field = field(of, id);
        let taken: BTreeSet<&str> = sent.all(&field).collect();
        let part = |name: String| Part { rendered: shown(&name), is_taken: taken.contains(name.as_str()), name };
        names.into_iter().take(MOST_PARTS).map(part).collect()
    };
    let others: Vec<String> = ids.iter().filter(|other| **other != id).map(ToString::to_string).collect();
    let mut pairs = vec![("edit", NAME)];
    pairs.extend(others.iter().map(|other| (SOURCE, other.as_str())));
    Source {
        id: id.to_string(),
        link: Link::of_record(record),
        alias: sent.trimmed(&field("alias", id)).to_owned(),
        is_whole: is_whole(sent, id),
        tables: listed(parts.tables, "table"),
        metrics: listed(parts.metrics, "metric"),
        is_cut,
        without: address::with_query(at, &pairs),
    }
}

impl Parts {
    /// Of what the visitor sees: the tables that each product holds, and the metrics of its live models.
    async fn of_each(
        visit: &Visit,
        reading: &Reading<'_>,
        products: Vec<Record>,
    ) -> Result<Vec<(Record, Parts)>, Fault> {
        let views = reading.views(products, &Depth::of(&[relation::HAS_ASSET], false)).await?;
        let metrics = views.iter().map(|view| Parts::metrics(visit, view.id(), ContentState::Live));
        let metrics = try_join_all(metrics).await?;
        let parts = views.into_iter().zip(metrics);
        Ok(parts
            .map(|(view, metrics)| (view.record.clone(), Parts { tables: Parts::tables(&view), metrics }))
            .collect())
    }

    fn tables(view: &View) -> BTreeSet<String> {
        let tables = view.targets(relation::HAS_ASSET).filter(|(_, card)| card.kind.is("table"));
        let names = tables.filter_map(|(_, card)| name::split(&card.fqn)?.pop());
        names.map(|name| decode(&name).into_owned()).collect()
    }

    async fn metrics(visit: &Visit, product: RecordId, state: ContentState) -> Result<BTreeSet<String>, Fault> {
        let listed = match models::list(visit, product, state, &PageRequest::at(MOST_MODELS, "")).await {
            Ok(listed) => listed.items,
            Err(refusal) if matches!(refusal.status, 403 | 404) => Vec::new(),
            Err(refusal) => return Err(refusal.into()),
        };
        let documents = listed.iter().map(|seen| SemanticModel::of(seen).document);
        let mut names = BTreeSet::new();
        for document in documents {
            let metrics = document["semantic_model"][0]["metrics"].as_array().into_iter().flatten();
            names.extend(metrics.filter_map(|metric| metric["name"].as_str().map(str::to_owned)));
        }
        Ok(names)
    }

    /// What of them a composition takes in.
    fn taken(&self, include: Option<&Value>) -> Parts {
        let taken = |own: &BTreeSet<String>, list: &str| -> BTreeSet<String> {
            let Some(names) = include.and_then(|include| include[list].as_array()) else { return own.clone() };
            let is_taken = |own: &&String| names.iter().any(|name| name == "*" || name == own.as_str());
            own.iter().filter(is_taken).cloned().collect()
        };
        Parts { tables: taken(&self.tables, "datasets"), metrics: taken(&self.metrics, "metrics") }
    }

    fn counts(visit: &Visit, tables: usize, metrics: usize) -> String {
        format!("{}, {}", visit.t.count("count.tables", tables), visit.t.count("count.metrics", metrics))
    }
}

/// What the form asks for; or what is wrong with it.
fn drafts(visit: &Visit, sent: &Form, sources: &[Record]) -> Result<Vec<CompositionDraft>, Vec<String>> {
    let (mut drafts, mut faults) = (Vec::new(), Vec::new());
    for record in sources {
        let named = |list: &str| -> Vec<String> { sent.all(&field(list, record.id)).map(str::to_owned).collect() };
        let alias = sent.trimmed(&field("alias", record.id)).to_owned();
        let of = naming::rendered_of(record);
        if !alias.is_empty() && !is_alias(&alias) {
            let most = visit.t.number(MAX_ALIAS as u64);
            faults.push(visit.t.with("compose.no_alias", &[("alias", &shown(&alias)), ("n", &most)]));
        }
        let include = match is_whole(sent, record.id) {
            true => None,
            false => {
                let (tables, metrics) = (named("table"), named("metric"));
                if tables.is_empty() {
                    faults.push(visit.t.with("compose.nothing", &[("name", &of)]));
                }
                Some(json!({"datasets": tables, "metrics": metrics}))
            }
        };
        let (pointer, source) = (String::new(), ProductKey::Id(record.id.uuid()));
        drafts.push(CompositionDraft {
            pointer,
            source,
            alias: Some(alias).filter(|alias| !alias.is_empty()),
            include,
        });
    }
    if faults.is_empty() { Ok(drafts) } else { Err(faults) }
}

/// Shows what the product would be, and stores what was shown.
async fn save(
    record_page: &'static RecordPage,
    visit: &Visit,
    reading: Reading<'_>,
    view: &View,
    sent: &Form,
) -> Result<Answer, Fault> {
    reading.require(Action::EditAll, &view.record).await?;
    let here = Here { page: record_page, visit, reading: &reading, view };
    let sources = seen(&reading, &ids(sent, view.id())).await?;
    if sources.is_empty() {
        return page(here, sent, 400, None, vec![visit.t.say("compose.none")]).await;
    }
    let drafts = match drafts(visit, sent, &sources) {
        Ok(drafts) => drafts,
        Err(faults) => return page(here, sent, 400, None, faults).await,
    };
    let (products, request) = (&visit.door.calls.products, visit.about(view.id()));
    let word = checked::word(&format!("{drafts:?}"));
    let refusal = if sent.text(PREVIEWED) == word {
        // Nothing is read while something is written.
        drop(reading);
        let creating = async { create::create(products, &request, &drafts, false, None).await?.fresh() };
        match visit.serve("compositions_create", creating).await {
            Ok(made) => return Ok(headers::see_other(&warned::address_after(visit, view, "saved", &made.warnings))),
            Err(refusal) => refusal,
        }
    } else {
        match visit.serve("compositions_create", create::dry_run(products, &request, &drafts)).await {
            Ok(composed) => return page(here, sent, 200, Some((word, composed)), Vec::new()).await,
            Err(refusal) => refusal,
        }
    };
    let (status, faults) = refusal.in_form(visit.t)?;
    let reading = visit.reading().await?;
    page(Here { page: record_page, visit, reading: &reading, view }, sent, status, None, faults).await
}

/// `sources`: what was composed of, in its order.
async fn preview(
    here: Here<'_>,
    word: &str,
    sources: &[(Record, Parts)],
    composed: &[Composed],
) -> Result<Preview, Fault> {
    let Here { visit, reading, view, .. } = here;
    let own_tables = view.targets(relation::HAS_ASSET).filter(|(_, card)| card.kind.is("table")).count();
    let own_metrics = Parts::metrics(visit, view.id(), ContentState::Drafted).await?.len();
    let staying = components::staying(here).await?;
    let ids: Vec<RecordId> = staying.iter().map(|one| one.source).collect();
    let known = Parts::of_each(visit, reading, seen(reading, &ids).await?).await?;
    let mut all: Vec<(&(Record, Parts), &Fields)> = Vec::new();
    for one in &staying {
        all.extend(known.iter().find(|(record, _)| record.id == one.source).map(|found| (found, &one.fields)));
    }
    let has_hidden = all.len() < staying.len();
    all.extend(sources.iter().zip(composed.iter().map(|one| &one.fields)));
    let (mut tables, mut metrics, mut taken) = (own_tables, own_metrics, Vec::new());
    for ((record, parts), fields) in all {
        let parts = parts.taken(fields.get("include"));
        tables += parts.tables.len();
        metrics += parts.metrics.len();
        let named = |names: &BTreeSet<String>| {
            difference::listed(visit.t, &names.iter().map(|name| shown(name)).collect::<Vec<_>>())
        };
        taken.push(ComposedSource {
            link: Link::of_record(record),
            alias: fields.get("alias").and_then(Value::as_str).unwrap_or_default().to_owned(),
            counts: Parts::counts(visit, parts.tables.len(), parts.metrics.len()),
            tables: named(&parts.tables),
            metrics: named(&parts.metrics),
        });
    }
    Ok(Preview {
        word: word.to_owned(),
        own: Parts::counts(visit, own_tables, own_metrics),
        taken,
        has_hidden,
        all: Parts::counts(visit, tables, metrics),
    })
}
