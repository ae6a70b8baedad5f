//! What is drawn as one box where much is around: records of one kind in one schema or service, upstream or downstream.

use std::collections::{BTreeMap, HashMap, HashSet};

use emporion_catalog::id::RecordId;
use emporion_catalog::kind::Kind;
use emporion_catalog::name;
use emporion_catalog::reading::{Reading, SeenCard};
use emporion_catalog::text;

use super::met::Met;
use crate::fault::Fault;
use crate::records::link::Link;
use crate::text::plain::shown;
use crate::text::texts::Texts;

/// Fewer are drawn by themselves.
const FEWEST: usize = 3;

/// The schemas and services that records lie in, as far as the visitor sees them.
pub type Places = HashMap<RecordId, Link>;

#[derive(Default)]
pub struct Groups {
    all: Vec<Group>,
    /// Which of them each record is in.
    of: HashMap<RecordId, usize>,
    /// Groups whose records are drawn by themselves, by the one that the address names.
    unfolded: HashMap<RecordId, String>,
    /// What the visitor's words stand in.
    sought: HashSet<RecordId>,
}

pub struct Group {
    /// The first of those that are in it.
    pub first: RecordId,
    /// The place that they lie in.
    pub link: Link,
    kind: Kind,
    size: usize,
}

/// What is near, and how it is asked for.
pub struct Near<'a> {
    pub met: &'a Met,
    /// Without what the page is about.
    pub ids: Vec<RecordId>,
    pub is_upstream: &'a dyn Fn(RecordId) -> bool,
    pub unfolded: &'a [RecordId],
    /// What is looked at alone stands by itself.
    pub focus: Option<RecordId>,
    pub words: &'a str,
}

/// The places of all that was met.
pub async fn places(reading: &Reading<'_>, met: &Met) -> Result<Places, Fault> {
    let parents: HashSet<RecordId> = met.cards.values().filter_map(|card| card.parent).collect();
    let parents: Vec<RecordId> = parents.into_iter().collect();
    Ok(reading.cards(&parents).await?.iter().map(|card| (card.id, Link::of(card))).collect())
}

impl Groups {
    pub fn of(near: &Near<'_>, places: &Places) -> Groups {
        let mut groups = Groups::default();
        let words = text::folded_words(near.words);
        let mut members: BTreeMap<(RecordId, &str, bool), Vec<&SeenCard>> = BTreeMap::new();
        for card in near.ids.iter().filter_map(|id| near.met.cards.get(id)) {
            if !words.is_empty() && bears(card, &words) {
                groups.sought.insert(card.id);
            } else if let Some(parent) = card.parent.filter(|_| near.focus != Some(card.id)) {
                let side = (near.is_upstream)(card.id);
                members.entry((parent, card.kind.name(), side)).or_default().push(card);
            }
        }
        members.retain(|_, cards| cards.len() >= FEWEST);
        let placed = members.into_iter().map(|((parent, ..), mut cards)| {
            cards.sort_by_key(|card| card.id);
            (parent, Place::of(cards[0]), cards)
        });
        let placed: Vec<(RecordId, Place, Vec<&SeenCard>)> = placed.collect();
        // What two places are called alike is told by all of its path.
        let mut called: HashMap<String, HashSet<RecordId>> = HashMap::new();
        for (parent, place, _) in &placed {
            called.entry(place.short.clone()).or_default().insert(*parent);
        }
        for (parent, place, cards) in placed {
            let first = cards[0];
            let is_alone = called[&place.short].len() == 1;
            let link = place.link(first, places.get(&parent), is_alone);
            if let Some(named) = near.unfolded.iter().find(|id| cards.iter().any(|card| card.id == **id)) {
                groups.unfolded.insert(*named, link.name);
                continue;
            }
            groups.of.extend(cards.iter().map(|card| (card.id, groups.all.len())));
            groups.all.push(Group { first: first.id, link, kind: first.kind, size: cards.len() });
        }
        groups
    }

    /// The one that a record is drawn in.
    pub fn group(&self, id: RecordId) -> Option<&Group> {
        self.of.get(&id).map(|at| &self.all[*at])
    }

    /// What an unfolded group is called, by the record that the address names.
    pub fn unfolded(&self, id: RecordId) -> Option<&String> {
        self.unfolded.get(&id)
    }

    pub fn is_sought(&self, id: RecordId) -> bool {
        self.sought.contains(&id)
    }

    /// How many the visitor's words stand in.
    pub fn sought(&self) -> usize {
        self.sought.len()
    }
}

impl Group {
    pub fn counted(&self, t: Texts) -> String {
        let key = match self.kind.name() {
            "table" => "count.tables",
            "pipeline" => "count.pipelines",
            "dashboard" => "count.dashboards",
            _ => "count.assets",
        };
        t.count(key, self.size)
    }
}

/// What a place is called, as the full name of a record in it says.
struct Place {
    short: String,
    whole: String,
    is_schema: bool,
}

impl Place {
    /// Schemas are called alike in many databases: they bear the name of theirs.
    fn of(card: &SeenCard) -> Place {
        let mut parts = name::split(&card.fqn).unwrap_or_default();
        parts.pop();
        let parts: Vec<String> = parts.iter().map(|part| shown(part)).collect();
        let is_schema = parts.len() > 2;
        let short = parts[parts.len().saturating_sub(if is_schema { 2 } else { 1 })..].join(".");
        Place { short, whole: parts.join("."), is_schema }
    }

    /// Of a place that the visitor does not see no more is said than what the full name of the record says.
    fn link(self, card: &SeenCard, seen: Option<&Link>, is_alone: bool) -> Link {
        let name = if is_alone { self.short } else { self.whole };
        match seen {
            Some(link) if is_alone && !self.is_schema => link.clone(),
            Some(link) => Link { name, ..link.clone() },
            None => Link { name, address: None, ..Link::of(card) },
        }
    }
}

/// Whether each of the words stands in a name of it, be it inside of another.
fn bears(card: &SeenCard, words: &[String]) -> bool {
    let names = [Some(card.fqn.as_str()), card.display_name.as_deref()];
    let folded: Vec<_> = names.into_iter().flatten().map(text::fold).collect();
    words.iter().all(|word| folded.iter().any(|name| name.contains(word.as_str())))
}
