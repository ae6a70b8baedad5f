//! Records that a filter names by an id that they were imported under.

use std::collections::{BTreeSet, HashMap};

use emporion_catalog::Problem;
use emporion_catalog::alias::CLOUD_ID;
use emporion_catalog::id::RecordId;

use crate::filter::{Attribute, Comparison, Filter};
use crate::ids::Reference;
use crate::in_domain::InDomain;

/// Each with that id.
pub struct Imported(HashMap<RecordId, String>);

impl Imported {
    pub async fn of(here: &InDomain<'_>, filter: Option<&Filter>) -> Result<Imported, Problem> {
        let texts = filter.into_iter().flat_map(Filter::tests).filter_map(|compare| match &compare.comparison {
            Comparison::Text(text) => Some(text.as_str()),
            _ => None,
        });
        let texts: BTreeSet<&str> = texts.collect();
        let mut found = HashMap::new();
        for text in texts {
            if let Reference::Alias(alias) = Reference::to_entity(text) {
                let id = here.reading.id_of_alias(CLOUD_ID.name, alias).await?;
                found.extend(id.map(|id| (id, alias.to_owned())));
            }
        }
        Ok(Imported(found))
    }

    /// Which records a text can mean.
    pub fn meant(&self, text: &str) -> Vec<RecordId> {
        let imported = self.0.iter().filter(|(_, alias)| *alias == text).map(|(id, _)| *id);
        text.parse().ok().into_iter().chain(imported).collect()
    }

    /// Ids in each spelling that the filter may mean.
    pub fn spelled(&self, ids: impl IntoIterator<Item = RecordId>) -> Vec<Attribute> {
        let spellings = |id: RecordId| std::iter::once(id.to_string()).chain(self.0.get(&id).cloned());
        ids.into_iter().flat_map(spellings).map(Attribute::Text).collect()
    }
}
