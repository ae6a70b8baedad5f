//! Messages that change the query that was answered last: each says what to replace, and must say it with all its words.

use super::compare;
use super::gather::{Gathered, gather};
use super::items::{Grouped, Item, Noun, Rank};
use super::scan::Reader;
use super::settle::{Outcome, Settled, Settler};
use crate::chat::query::{By, Dimension, Filter, Limit, Measure, Order, Query, Share};
use crate::chat::reading::{About, Choice, Clarification, Offer};

/// Words of messages that go on from what was said, and whether a message that begins with them does.
const MARKERS: [(&str, bool); 38] = [
    ("and", true),
    ("what about", true),
    ("how about", true),
    ("now", true),
    ("same for", true),
    ("the same for", true),
    ("only", true),
    ("just", true),
    ("but", true),
    ("instead", true),
    ("then", true),
    ("ok", true),
    ("okay", true),
    ("do the same for", true),
    ("same", true),
    ("the same", true),
    ("make it", true),
    ("break it down", true),
    ("break that down", true),
    ("break this down", true),
    ("break down", false),
    ("split it", true),
    ("group it", true),
    ("group that", true),
    ("sort it", true),
    ("show it", false),
    ("show that", false),
    ("change it to", true),
    ("change to", true),
    ("switch to", true),
    ("it", false),
    ("this", false),
    ("that", false),
    ("them", false),
    ("those", false),
    ("filter by", false),
    ("filter to", false),
    ("filter on", false),
];
const ALSO: [&str; 7] = ["also", "as well", "in addition", "additionally", "too", "and also", "add"];

impl Reader<'_> {
    pub fn is_continued(&self) -> bool {
        self.is(0, "also").is_some() || MARKERS.iter().any(|(words, begins)| *begins && self.is(0, words).is_some())
    }

    pub fn edits(&self, at: usize, steps: &mut Vec<(usize, Item)>) {
        if let Some(end) = self.any(at, &ALSO) {
            steps.push((end, Item::Also));
        }
        let all = [
            "remove the filter",
            "remove the filters",
            "remove all filters",
            "without filters",
            "clear the filters",
            "clear filters",
            "remove filters",
            "without the filter",
            "without any filter",
        ];
        if let Some(end) = self.any(at, &all) {
            steps.push((end, Item::Remove));
        }
        if let Some(end) = MARKERS.iter().filter_map(|(words, _)| self.is(at, words)).max() {
            steps.push((end, Item::Marker));
        }
    }
}

/// The last query, changed as the items say.
pub(super) fn settle(reader: &Reader<'_>, last: &Query, choices: &[Choice], items: &[(usize, usize, Item)]) -> Settled {
    let begins_and_by = matches!(items, [(_, _, Item::Marker | Item::And), (_, _, Item::Group { .. }), ..])
        && reader.is(0, "and by").is_some();
    let mut settler = Settler::new(reader.ground, choices, reader.context);
    settler.query = last.clone();
    let Some(all) = gather(items) else { return Settled::Nothing };
    match edit(&mut settler, last, all, begins_and_by) {
        Ok(()) => {
            settler.notes.insert(0, "Changed the question before.".to_owned());
            Settled::Query(Box::new(settler.query), settler.notes)
        }
        Err(other) => other,
    }
}

fn edit(settler: &mut Settler<'_>, last: &Query, mut all: Gathered, begins_and_by: bool) -> Outcome<()> {
    let is_refused =
        all.is_which || all.when.is_some() || all.by.is_some() || !all.through.is_empty() || !all.part.is_empty();
    let is_refused =
        is_refused || all.grew.is_some() || all.per.is_some() || all.averaged.is_some() || !all.beside.is_empty();
    // Of the thing or of what belongs to it: the words do not say.
    let is_refused = is_refused || !last.members.is_empty() && !all.times.is_empty();
    if is_refused {
        return Err(Settled::Nothing);
    }
    figures(settler, &mut all)?;
    if all.is_removal {
        settler.query.filters.clear();
        settler.query.having.clear();
        settler.query.members.clear();
    }
    let home = settler.query.listed;
    // Conditions are made as in any question, then each replaces those of its field.
    settler.conditions(&mut all, home)?;
    for filter in std::mem::take(&mut all.filters) {
        replace(&mut settler.query, filter);
    }
    groups(settler, last, &all, begins_and_by)?;
    ranks(settler, &mut all)?;
    times(settler, last, &all)?;
    if all.is_share {
        if settler.query.dimensions.is_empty() || settler.query.measures.len() != 1 {
            return Err(Settled::Nothing);
        }
        settler.query.share = Some(Share::OfTotal);
    }
    if all.order.is_some() || all.limit.is_some() || all.direction.is_some() {
        if all.order.is_some() {
            settler.query.order.clear();
        }
        if all.limit.is_some() {
            settler.query.limit = None;
        }
        settler.orders(&all)?;
    }
    settler.check(home)
}

/// Other figures take the place of those before; "also" adds them.
fn figures(settler: &mut Settler<'_>, all: &mut Gathered) -> Outcome<()> {
    let mut measures: Vec<Measure> = all.measures.iter().map(|(measure, _)| measure.clone()).collect();
    for phrase in &all.nouns {
        match (&phrase.noun, settler.query.measures.as_slice()) {
            // "what about customers" after "how many orders".
            (Noun::Entity(id), [Measure::CountOf(_)]) if phrase.number.is_none() && measures.is_empty() => {
                measures.push(Measure::CountOf(*id));
            }
            _ => return Err(Settled::Nothing),
        }
    }
    if measures.is_empty() {
        return Ok(());
    }
    if settler.query.listed.is_some() {
        return Err(Settled::Nothing);
    }
    match all.is_also {
        true => {
            measures.retain(|measure| !settler.query.measures.contains(measure));
            settler.query.measures.extend(measures);
        }
        false => {
            let is_ordered_by_other =
                |order: &Order| matches!(order.by, By::Measure(at) | By::Change(at) if at >= measures.len());
            if settler.query.order.iter().any(is_ordered_by_other) {
                return Err(Settled::Nothing);
            }
            settler.query.measures = measures;
        }
    }
    Ok(())
}

/// A condition takes the place of those of its field.
fn replace(query: &mut Query, filter: Filter) {
    let is_same = |other: &Filter| other.field == filter.field;
    if query.part.iter().any(is_same) {
        query.part.retain(|other| other.field != filter.field);
        query.part.push(filter);
        return;
    }
    query.filters.retain(|other| other.field != filter.field);
    query.filters.push(filter);
}

/// Other groups take the place of those before, and what was ranked among those is ranked no more.
fn groups(settler: &mut Settler<'_>, last: &Query, all: &Gathered, begins_and_by: bool) -> Outcome<()> {
    if all.groups.is_empty() && !all.is_trend && !all.is_cumulative {
        return Ok(());
    }
    if last.listed.is_some() {
        return Err(Settled::Nothing);
    }
    // "by week" of what is by month changes the period alone.
    if let [Grouped::Grain(grain)] = all.groups.as_slice()
        && !all.is_also
        && let Some(time) = settler.query.dimensions.iter_mut().find(|dimension| dimension.grain.is_some())
    {
        time.grain = Some(*grain);
        return Ok(());
    }
    let adds = match all.is_also || last.dimensions.is_empty() {
        true => all.is_also,
        false if begins_and_by => adds(settler)?,
        false => false,
    };
    let before = if adds { std::mem::take(&mut settler.query.dimensions) } else { Vec::new() };
    settler.query.dimensions.clear();
    settler.query.order.clear();
    settler.query.limit = None;
    settler.groups(all, None)?;
    let mut dimensions: Vec<Dimension> = before;
    dimensions.append(&mut settler.query.dimensions);
    settler.query.dimensions = dimensions;
    Ok(())
}

/// "and by region": beside the groups before, or instead of them.
fn adds(settler: &Settler<'_>) -> Outcome<bool> {
    let ids = ["and by|adds", "and by|replaces"];
    let is_chosen = |id: &str| settler.choices.iter().any(|choice| choice.id == id);
    match (is_chosen(ids[0]), is_chosen(ids[1])) {
        (true, _) => Ok(true),
        (_, true) => Ok(false),
        _ => {
            let offer = |id: &str, label: &str| Offer { id: id.to_owned(), label: label.to_owned() };
            let options =
                vec![offer(ids[0], "Beside the groups before"), offer(ids[1], "Instead of the groups before")];
            let question = "Group by it beside what was grouped by before, or instead?".to_owned();
            Err(Settled::Ask(Clarification { about: About::Scope, question, options }))
        }
    }
}

fn ranks(settler: &mut Settler<'_>, all: &mut Gathered) -> Outcome<()> {
    let (n, is_descending, what) = match all.rank.take() {
        None => return Ok(()),
        Some(Rank::Top { n, is_descending, what, .. }) => (n, is_descending, what),
        Some(_) => return Err(Settled::Nothing),
    };
    if settler.query.measures.len() != 1 {
        return Err(Settled::Nothing);
    }
    if let Some(what) = what {
        settler.ranked(&what, None)?;
    }
    if settler.query.dimensions.is_empty() {
        return Err(Settled::Nothing);
    }
    settler.query.order = vec![Order { by: By::Measure(0), is_descending }];
    settler.query.limit = Some(Limit { rows: n.unwrap_or(10), is_per_group: false });
    Ok(())
}

/// Another period takes the place of the one before; a comparison stays unless another is named.
fn times(settler: &mut Settler<'_>, last: &Query, all: &Gathered) -> Outcome<()> {
    let says_compare = all.is_change
        || all.over.is_some()
        || !all.versus.is_empty()
        || !all.versus_ranges.is_empty()
        || all.versus_values.is_some()
        || all.is_compared;
    if all.times.is_empty() && !says_compare {
        return Ok(());
    }
    // What "2023 vs 2024" becomes with another year, the words do not say.
    let is_of_ranges = |query: &Query| {
        matches!(query.compare.as_ref().map(|compare| &compare.to), Some(crate::chat::query::CompareTo::Range(_)))
    };
    if is_of_ranges(last) && !says_compare {
        return Err(Settled::Nothing);
    }
    let before = settler.query.compare.take();
    compare::settle(settler, all, settler.query.listed)?;
    if settler.query.compare.is_none() {
        settler.query.compare = before;
    }
    Ok(())
}
