//! Ownership line of a search result: its domains and its owners.

use askama::Template;
use askama::filters::HtmlSafe;
use emporion_catalog::finder::Hit;

use crate::records::link::Link;
use crate::records::people::Person;

/// Owners that are named; the others are counted.
const MOST_OWNERS: usize = 2;

#[derive(Template)]
#[template(
    source = r#"{% if !domains.is_empty() || !owners.is_empty() %}<div class="whose">{% for domain in domains %}{{ domain }}{% endfor %}{% for owner in owners %}{{ owner }}{% endfor %}{% if more > 0 %}<span class="quiet">+{{ more }}</span>{% endif %}</div>{% endif %}"#,
    ext = "html"
)]
pub struct OwnershipLine {
    domains: Vec<Link>,
    owners: Vec<Person>,
    /// Owners that are not named.
    more: usize,
}

impl HtmlSafe for OwnershipLine {}

impl OwnershipLine {
    pub fn of(hit: &Hit) -> OwnershipLine {
        OwnershipLine {
            domains: hit.domains.iter().map(|card| Link::of(card)).collect(),
            owners: hit.owners.iter().take(MOST_OWNERS).map(|card| Person::of(card)).collect(),
            more: hit.owners.len().saturating_sub(MOST_OWNERS),
        }
    }

    /// The same in words.
    pub fn rendered(&self) -> String {
        let more = (self.more > 0).then(|| format!("+{}", self.more));
        let domains = self.domains.iter().map(|domain| domain.name.clone());
        domains.chain(self.owners.iter().map(|owner| owner.name.clone())).chain(more).collect::<Vec<_>>().join(" · ")
    }
}
