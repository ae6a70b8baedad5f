//! What a subscription asks for, and the message that tells of an event.

use emporion_catalog::Problem;
use emporion_catalog::caller::Caller;
use emporion_catalog::change_set::Event;
use emporion_catalog::id::Seq;
use emporion_catalog::record::Record;
use serde_json::Value;

use super::task;
use crate::door::Door;
use crate::noun::Noun;
use crate::nouns;
use crate::special::events;
use crate::subscriptions::body::{TASK, is_all, items, text_of};
use crate::subscriptions::chat::Form;

/// Which events a subscription asks for.
pub struct Selection {
    nouns: Vec<&'static Noun>,
    /// Requests for access, too.
    tasks: bool,
    filters: Vec<Filter>,
}

struct Filter {
    name: String,
    values: Vec<String>,
    includes: bool,
    is_alternative: bool,
}

impl Selection {
    pub fn of(subscription: &Record) -> Selection {
        let texts = |values: &[Value]| values.iter().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>();
        let resources =
            texts(subscription.body.get("resources").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default());
        let filters = items(subscription.body.get("input"), "filters").iter().map(|filter| Filter {
            name: text_of(filter, "name").unwrap_or_default().to_owned(),
            values: items(Some(filter), "arguments")
                .iter()
                .flat_map(|given| texts(items(Some(given), "input")))
                .collect(),
            includes: text_of(filter, "effect") != Some("exclude"),
            is_alternative: text_of(filter, "prefix_condition") == Some("OR"),
        });
        let has = |noun: &Noun| resources.iter().any(|name| is_all(name) || name == noun.entity_type);
        Selection {
            nouns: nouns::all().filter(|noun| has(noun)).collect(),
            tasks: resources.iter().any(|name| name == TASK),
            filters: filters.collect(),
        }
    }

    /// The kinds of the records whose events it asks for.
    pub fn kinds(&self) -> impl Iterator<Item = &'static str> {
        self.nouns.iter().map(|noun| noun.kind_name).chain(self.tasks.then_some(task::KIND))
    }

    fn wants(&self, of: &Facts<'_>) -> bool {
        let mut wanted = true;
        for (index, filter) in self.filters.iter().enumerate() {
            let holds = filter.matches(of) == filter.includes;
            wanted = if index > 0 && filter.is_alternative { wanted || holds } else { wanted && holds };
        }
        wanted
    }

    fn asks_for_facts(&self) -> bool {
        self.filters.iter().any(|filter| matches!(filter.name.as_str(), "filterByOwnerName" | "filterByDomain"))
    }
}

/// What filters look at.
struct Facts<'e> {
    event: &'e Event,
    event_type: &'static str,
    owners: Vec<String>,
    domains: Vec<String>,
}

impl Filter {
    fn matches(&self, of: &Facts<'_>) -> bool {
        let has = |text: &str| self.values.iter().any(|value| value == text);
        let holds = |fqn: &str| self.values.iter().any(|above| is_at_or_below(fqn, above));
        match self.name.as_str() {
            "filterByEventType" => has(of.event_type),
            "filterByFqn" => holds(&of.event.fqn),
            "filterByEntityId" => has(&of.event.id.to_string()),
            "filterByUpdaterName" => has(&of.event.by.name),
            "filterByOwnerName" => of.owners.iter().any(|owner| has(owner)),
            "filterByDomain" => of.domains.iter().any(|domain| holds(domain)),
            _ => false,
        }
    }
}

fn is_at_or_below(fqn: &str, above: &str) -> bool {
    fqn.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// The message that tells of an event in the form of a destination, with its id; `None` where the caller may not see what it
/// tells, or the subscription does not ask for it.
pub async fn message(
    door: &Door,
    base: &str,
    caller: &Caller,
    (selection, form): (&Selection, Form),
    record: Option<&Record>,
    (seq, event): (Seq, &Event),
) -> Result<Option<(String, Vec<u8>)>, Problem> {
    let is_task = selection.tasks && event.kind.is(task::KIND);
    let noun = selection.nouns.iter().copied().find(|noun| event.kind.is(noun.kind_name));
    if noun.is_none() && !is_task {
        return Ok(None);
    }
    let reading = door.catalog.reading(caller).await?;
    if !reading.may_know(event, record).await? {
        return Ok(None);
    }
    let request = match is_task {
        true => task::find(&reading, event).await?,
        false => None,
    };
    // What a request is about says whose it is, and where.
    let product = request.as_ref().and_then(|request| request.product.as_ref()).map(|product| product.id);
    let about = match product.filter(|_| selection.asks_for_facts()) {
        Some(product) => reading.record(product).await?,
        None => None,
    };
    let about = about.as_ref().or(record.filter(|_| !is_task));
    let (mut owners, mut domains) = (Vec::new(), Vec::new());
    if let Some(record) = about.filter(|_| selection.asks_for_facts()) {
        let cards;
        (cards, domains) = reading.owners_and_domains(record).await?;
        owners.extend(cards.iter().map(|card| card.name.clone()));
    }
    drop(reading);
    let event_type = match (noun, &request) {
        (Some(noun), _) => Some(events::event_type(noun, event.what)),
        (None, Some(request)) => task::event_type(request, event.what),
        (None, None) => None,
    };
    let Some(event_type) = event_type else { return Ok(None) };
    if !selection.wants(&Facts { event, event_type, owners, domains }) {
        return Ok(None);
    }
    let body = match (noun, &request) {
        (Some(noun), _) => {
            let printed = events::printed(door, caller, base, noun, seq, event).await;
            printed.map_err(|error| Problem::internal(error.message))?
        }
        (None, Some(request)) => task::printed(request, event_type, seq, event),
        (None, None) => return Ok(None),
    };
    let id = events::id_of(seq, event).to_string();
    Ok(Some((id, form.message(body).to_string().into_bytes())))
}
