//! The products that a product is composed of: what it shows beside its own is theirs. Who may change it takes one out, with
//! the next deploy where it is live.

use std::collections::HashMap;

use askama::Template;
use askama::filters::HtmlSafe;
use emporion_catalog::action::Action;
use emporion_catalog::id::RecordId;
use emporion_products::content_state::ContentState;
use emporion_products::page::{ListPage, PageRequest};
use emporion_products::parts::change;
use emporion_products::parts::compositions::part::Compositions;
use emporion_products::parts::compositions::spec::{SOURCE, SPEC};
use emporion_products::parts::item::{self, SeenItem};
use emporion_products::parts::read;
use emporion_products::parts::spec::Fields;

use super::composing;
use crate::fault::Fault;
use crate::layout::shell::Shell;
use crate::lineage::Lineage;
use crate::records::address;
use crate::records::link::Link;
use crate::records::record::Here;
use crate::request::internal_client::Refusal;
use crate::request::visit::{Shown, Visit};
use crate::text::plain::shown;

/// More are not listed; a product is composed of few.
const MOST: usize = 50;
/// What the form that takes one out says that it does.
pub const REMOVE: &str = "remove_composition";

#[derive(Template)]
#[template(path = "product/components.html")]
pub struct Components {
    p: Shell,
    products: Vec<Part>,
    /// Where one is taken out, by who may.
    form: Option<String>,
    /// Where more is taken in, by who may.
    compose: Option<String>,
    is_cut: bool,
}

impl HtmlSafe for Components {}

struct Part {
    id: String,
    /// `None`: it is none that the visitor sees.
    link: Option<Link>,
    alias: String,
    is_live: bool,
    is_leaving: bool,
}

/// A product that one is composed of, and stays so with the next deploy.
pub struct Staying {
    pub source: RecordId,
    pub fields: Fields,
}

/// Those of a product; none for who may not know of them.
pub async fn staying(here: Here<'_>) -> Result<Vec<Staying>, Fault> {
    let listed = listed(here).await?.map(|list| list.items).unwrap_or_default();
    let staying = listed.iter().filter(|seen| !seen.item.is_pending_delete());
    Ok(staying.filter_map(|seen| Some(Staying { source: source(seen)?, fields: seen.fields().clone() })).collect())
}

async fn listed(here: Here<'_>) -> Result<Option<ListPage<SeenItem>>, Fault> {
    let Here { visit, view, .. } = here;
    let (request, page) = (visit.about(view.id()), PageRequest::at(MOST, ""));
    let products = &visit.door.calls.products;
    let listing = read::list(&Compositions, products, &request, (ContentState::Drafted, None), &page);
    match visit.serve("compositions_list", listing).await {
        Ok(list) => Ok(Some(list.page)),
        Err(refusal) if matches!(refusal.status, 403 | 404) => Ok(None),
        Err(refusal) => Err(refusal.into()),
    }
}

fn source(seen: &SeenItem) -> Option<RecordId> {
    seen.fields().get(SOURCE)?.as_str()?.parse().ok()
}

impl Components {
    /// `None` of a product that is composed of none, as far as the visitor may know.
    pub async fn of(here: Here<'_>) -> Result<Option<Components>, Fault> {
        let Here { reading, view, .. } = here;
        let Some(page) = listed(here).await?.filter(|page| !page.items.is_empty()) else { return Ok(None) };
        let ids: Vec<RecordId> = page.items.iter().filter_map(source).collect();
        let cards = reading.cards(&ids).await?;
        let links: HashMap<RecordId, Link> = cards.iter().map(|card| (card.id, Link::of(card))).collect();
        let part = |seen: &SeenItem| Part {
            id: seen.item.id.to_string(),
            link: source(seen).and_then(|source| links.get(&source).cloned()),
            alias: shown(seen.fields().get("alias").and_then(|alias| alias.as_str()).unwrap_or_default()),
            is_live: seen.item.live.is_some(),
            is_leaving: seen.item.is_pending_delete(),
        };
        let may_change = reading.may(Action::EditAll, &view.record).await?;
        Ok(Some(Components {
            p: here.shell(),
            products: page.items.iter().map(part).collect(),
            compose: may_change.then(|| composing::address_of(&here.address())),
            form: may_change.then(|| format!("{}/model", here.address())),
            is_cut: page.pagination.next_cursor.is_some(),
        }))
    }

    /// Whether the next deploy changes what it is composed of.
    pub fn has_drafts(&self) -> bool {
        self.products.iter().any(|part| !part.is_live || part.is_leaving)
    }
}

/// The tab of where a product comes from: from what it is composed of, before all else.
pub async fn lineage(here: Here<'_>) -> Shown {
    let lineage = Lineage::of_record(here.visit, here.reading, here.view).await?;
    match Components::of(here).await? {
        Some(composed) => here.shown(WithLineage { composed, lineage }).await,
        None => here.shown(lineage).await,
    }
}

#[derive(Template)]
#[template(source = "{{ composed }}{{ lineage }}", ext = "html")]
struct WithLineage {
    composed: Components,
    lineage: Lineage,
}

impl HtmlSafe for WithLineage {}

/// Takes one out.
pub async fn remove(visit: &Visit, product: RecordId, id: &str) -> Result<(), Refusal> {
    let request = visit.about(product);
    let removing = async {
        change::delete(&Compositions, &visit.door.calls.products, &request, item::id_of(&SPEC, id)?, None).await
    };
    visit.serve("compositions_delete", removing).await.map(drop)
}

/// The part of a page of a product that lists them.
pub fn address_of(product: &str) -> String {
    format!("{}#composed-of", address::with_query(product, &[("tab", "assets")]))
}
