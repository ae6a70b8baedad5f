//! Making compositions: the sources are looked at, and one request may make several.

use emporion_catalog::caller::Caller;
use emporion_catalog::command::{Command, Outcome};
use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::query::States;
use emporion_catalog::reading::{Reading, Seen, SeenId};
use emporion_catalog::{Catalog, Problem};
use serde_json::Value;

use super::graph::{self, Reach};
use super::part::Compositions;
use super::shapes::MAX_ALIAS;
use super::spec::{COMPOSITE, SOURCE, SPEC};
use super::stale;
use crate::decision::{self, Decision};
use crate::failure::{Failure, Violation};
use crate::idempotency::{self, Idempotent, StoredAnswer};
use crate::ids::ProductKey;
use crate::message::Message;
use crate::parts::item::{self, Item, SeenItem};
use crate::parts::part::Part;
use crate::parts::spec::Fields;
use crate::parts::unique::Taken;
use crate::parts::writes;
use crate::problems::RULE_EXISTS;
use crate::read_context::ReadContext;
use crate::request::ProductRequest;
use crate::service::Products;
use crate::warning::Warning;
use crate::{commands, refs, subject};

/// A composition that somebody wants to make.
#[derive(Debug, Clone)]
pub struct CompositionDraft {
    /// Where its source stands in the request.
    pub pointer: String,
    pub source: ProductKey,
    /// `None`: one is made of the name of the source.
    pub alias: Option<String>,
    /// What is taken over; `None`: everything.
    pub include: Option<Value>,
}

/// One composition that can be stored.
#[derive(Debug, Clone)]
pub struct Composed {
    pub item: Item,
    pub fields: Fields,
}

/// Compositions that were made.
#[derive(Debug, Clone)]
pub struct Created {
    pub product: RecordId,
    pub items: Vec<SeenItem>,
    pub warnings: Vec<Warning>,
}

/// Composes the product of others, once for the key where the request has one; `is_live` ones skip the draft.
///
/// Errors: 403, 404; 422 with every source that the caller cannot see; 409 for what is taken; 422 for cycles and depth.
pub async fn create(
    products: &Products,
    request: &ProductRequest,
    drafts: &[CompositionDraft],
    is_live: bool,
    stored: Option<StoredAnswer<Created>>,
) -> Result<Idempotent<Created>, Failure> {
    let caller = &request.caller;
    let product = subject::editable(products, request).await?.seen();
    idempotency::once(&products.catalog, caller, stored.as_ref(), async {
        let _turn = products.turn(product.record_id()).await;
        let decide = |decision| decide(products, caller, product, drafts, is_live, stored.clone(), decision);
        decision::until_it_stands(decide).await
    })
    .await
}

/// What [`create`] would make of these, without making it.
///
/// Errors: those of [`create`].
pub async fn dry_run(
    products: &Products,
    request: &ProductRequest,
    drafts: &[CompositionDraft],
) -> Result<Vec<Composed>, Failure> {
    let product = subject::editable(products, request).await?.seen();
    let reading = products.catalog.reading(&request.caller).await?;
    let items = item::of_product(&SPEC, &reading, product).await?;
    compose(&reading, product.record_id(), &items, drafts).await
}

async fn decide(
    products: &Products,
    caller: &Caller,
    product: SeenId,
    drafts: &[CompositionDraft],
    is_live: bool,
    stored: Option<StoredAnswer<Created>>,
    decision: Decision,
) -> Result<Idempotent<Created>, Failure> {
    let catalog = &products.catalog;
    let reading = catalog.reading(caller).await?;
    let items = item::of_product(&SPEC, &reading, product).await?;
    let cx = ReadContext { products, reading: &reading, product };
    let composed = compose(&reading, product.record_id(), &items, drafts).await?;
    if is_live {
        let live = items.iter().filter(|item| item.live.is_some());
        let taken = Taken::by(&SPEC, live.map(|item| (item.live_fields(), ())));
        if let Some(clash) = composed.iter().find_map(|one| taken.clash(&one.fields, |()| true)) {
            return Err(Failure::taken(clash));
        }
    }
    let annotations =
        Compositions.annotate(&cx, composed.iter().map(|one| (one.item.id, &one.fields)).collect()).await?;
    let is_stale =
        |one: &&Composed| annotations.get(&one.item.id).is_some_and(|annotation| annotation["status"] == "stale");
    let mut warnings = Vec::new();
    for one in composed.iter().filter(is_stale) {
        warnings.extend(stale::warning(&cx, &one.fields).await?);
    }
    drop(reading);
    let product = product.record_id();
    let mut commands = commands_for(catalog, product, &composed, is_live);
    if items.is_empty() {
        commands.push(writes::setting(catalog, product, COMPOSITE, true));
    }
    let make = move |outcome: &Outcome| {
        let seen = |one: &Composed| SeenItem {
            annotation: annotations.get(&one.item.id).cloned(),
            ..SeenItem::drafted(product, one.item.clone().after(&SPEC, outcome))
        };
        Created { product, items: composed.iter().map(seen).collect(), warnings: warnings.clone() }
    };
    decision.commit(products, caller, &commands::together(commands), stored, make).await
}

/// Looks the sources up, gives aliases, and holds everything against what the product is composed of already.
///
/// Errors: 422 with every source that the caller cannot see; 409 for what is taken; 422 for cycles and depth.
pub async fn compose(
    reading: &Reading<'_>,
    product: RecordId,
    items: &[Item],
    drafts: &[CompositionDraft],
) -> Result<Vec<Composed>, Failure> {
    let catalog = reading.catalog();
    let mut sources = Vec::with_capacity(drafts.len());
    let mut broken = Vec::new();
    for draft in drafts {
        let target = refs::product(catalog, &draft.source);
        match reading.get(&target, States::Alive, &Depth::bare()).await {
            Ok(view) => sources.push(view),
            Err(Problem::NotFound { what, .. }) => {
                let message = Message::with("there is no {product} \"{}\"", [what]);
                broken.push(Violation::new(draft.pointer.clone(), RULE_EXISTS, message));
            }
            Err(other) => return Err(other.into()),
        }
    }
    if !broken.is_empty() {
        return Err(Failure::invalid(broken));
    }
    let above = graph::above(reading, product, Reach::Drafted).await?;
    let staying = items.iter().filter(|item| !item.is_pending_delete());
    let mut taken = Taken::by(&SPEC, staying.map(|item| (item.fields(), ())));
    let mut composed = Vec::with_capacity(drafts.len());
    for (draft, source) in drafts.iter().zip(sources) {
        if let Some(failure) = graph::wrong(reading, product, source.id(), above, Reach::Drafted).await? {
            return Err(failure);
        }
        let alias = draft.alias.clone().unwrap_or_else(|| free_alias(&source.record.name, &taken));
        let mut fields = Fields::new();
        fields.insert(SOURCE.to_owned(), source.id().to_string().into());
        fields.insert("alias".to_owned(), alias.into());
        fields.extend(draft.include.clone().map(|include| ("include".to_owned(), include)));
        if let Some(clash) = taken.clash(&fields, |()| true) {
            return Err(Failure::taken(clash));
        }
        taken.take(&fields, ());
        composed.push(Composed { item: Item::fresh(writes::fresh_id()), fields });
    }
    Ok(composed)
}

/// The commands that store compositions.
pub fn commands_for(catalog: &Catalog, product: RecordId, composed: &[Composed], is_live: bool) -> Vec<Command> {
    let stored = |one: &Composed| writes::stored(&SPEC, catalog, product, &one.item, &one.fields, is_live);
    composed.iter().flat_map(stored).collect()
}

/// The name in lower case, with underscores for all else, and a number where that is taken.
fn free_alias(name: &str, taken: &Taken<()>) -> String {
    let mut slug = String::new();
    for letter in name.chars().flat_map(char::to_lowercase) {
        if letter.is_ascii_alphanumeric() {
            slug.push(letter);
        } else if !slug.is_empty() && !slug.ends_with('_') {
            slug.push('_');
        }
    }
    let slug = slug.trim_end_matches('_');
    let starts_well = slug.starts_with(|c: char| c.is_ascii_lowercase());
    let mut slug = if starts_well { slug.to_owned() } else { format!("p_{slug}") };
    // Room for a number.
    slug.truncate(MAX_ALIAS - 4);
    let slug = slug.trim_end_matches('_');
    let is_free = |alias: &str| {
        let fields = Fields::from_iter([("alias".to_owned(), alias.into())]);
        taken.clash(&fields, |()| true).is_none()
    };
    let numbered = (2..).map(|number| format!("{slug}_{number}"));
    std::iter::once(slug.to_owned()).chain(numbered).find(|alias| is_free(alias)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::parts::compositions::shapes::is_alias;

    #[test]
    fn an_alias_is_made_of_the_name_and_kept_apart_from_others() {
        let mut taken = Taken::nothing(&SPEC);
        assert_eq!(free_alias("Sales – EMEA 2026!", &taken), "sales_emea_2026");
        assert_eq!(free_alias("2026", &taken), "p_2026");
        assert_eq!(free_alias("Ümsatz", &taken), "msatz");
        assert!(is_alias(&free_alias(&"x y".repeat(80), &taken)) && is_alias(&free_alias("!!!", &taken)));
        taken.take(json!({"alias": "sales"}).as_object().expect("an object"), ());
        assert_eq!(free_alias("Sales", &taken), "sales_2");
    }
}
