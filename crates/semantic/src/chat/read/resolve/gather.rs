//! Frame filling: sorts the items of a question into the slots of its frame.

use super::super::frame::{Belonging, SemanticFrame};
use super::super::items::{Grouped, Item, Noun, Phrase, Rank, Target};
use super::beside;
use super::shares;
use crate::chat::ground::DatasetId;
use crate::chat::query::{Filter, Measure, Op};

/// `None`: something is said twice that can be said once.
pub(in crate::chat::read) fn gather(items: &[(usize, usize, Item)]) -> Option<SemanticFrame> {
    let mut all = SemanticFrame::default();
    let (mut is_after_figure, mut is_after_copula) = (false, false);
    let mut is_behind_groups = false;
    let (mut per_things, mut by_others) = (false, false);
    // Behind "in all", the whole comes; what was named before it.
    let mut has_filter_before = false;
    let (mut is_of_all, mut whole) = (false, None::<Phrase>);
    // With a share: conditions behind the figure without a copula between.
    let mut behind: Vec<Filter> = Vec::new();
    let mut subject = None;
    let mut is_open = false;
    for (place, (at, _, item)) in items.iter().cloned().enumerate() {
        let item = match item {
            Item::Each(filter) if !is_open => Item::Filter(filter),
            other => other,
        };
        let item = match item {
            Item::Lacking(filter) => {
                all.is_lacking = true;
                Item::Filter(filter)
            }
            other => other,
        };
        let item = match item {
            Item::Someone(phrase) => {
                // "who farms Hill End": what somebody does, and no things.
                if matches!(items.get(place + 1), Some((_, _, Item::Noun(Phrase { noun: Noun::Entity(_), .. })))) {
                    return None;
                }
                (all.is_which, all.is_someone) = (true, true);
                Item::Noun(phrase)
            }
            other => other,
        };
        let goes_on =
            matches!(item, Item::Unit(_) | Item::Skip | Item::And | Item::Copula | Item::Which | Item::NotThat(_));
        let is_condition = matches!(
            item,
            Item::Filter(_) | Item::Each(_) | Item::Condition { .. } | Item::Time { .. } | Item::Happened(_)
        );
        if is_open
            && is_condition
            && let Some(open) = all.belongs.last_mut()
        {
            open.behind.push((at, item));
            continue;
        }
        is_open &= goes_on;
        match &item {
            Item::Noun(Phrase { noun: Noun::Entity(id), .. })
            | Item::Rank(Rank::Top { what: Some(Phrase { noun: Noun::Entity(id), .. }), .. })
            | Item::Rank(Rank::Recent { what: Phrase { noun: Noun::Entity(id), .. }, .. })
            | Item::Rank(Rank::Best { measure: Measure::CountOf(id), .. })
            | Item::Measure { of: Some(id), .. } => subject = Some(*id),
            Item::Measure { .. } | Item::Noun(_) | Item::Group { .. } => subject = None,
            _ => {}
        }
        match (&item, place.checked_sub(1).map(|before| &items[before].2)) {
            (Item::Noun(Phrase { noun: Noun::Entity(id), filters, .. }), _) => {
                all.said_of.extend(filters.iter().map(|filter| (*id, filter.clone())));
            }
            (Item::Filter(filter), Some(Item::Noun(Phrase { noun: Noun::Entity(id), .. }))) => {
                all.said_of.push((*id, filter.clone()));
            }
            _ => {}
        }
        if let Item::Noun(Phrase { role: Some(join), .. })
        | Item::Rank(Rank::Top { what: Some(Phrase { role: Some(join), .. }), .. })
        | Item::Rank(Rank::Recent { what: Phrase { role: Some(join), .. }, .. }) = &item
        {
            all.named_roles.push(*join);
        }
        has_filter_before |= matches!(item, Item::Filter(_)) && (!all.measures.is_empty() || !all.nouns.is_empty());
        match item {
            Item::Skip | Item::And | Item::Each(_) | Item::Lacking(_) | Item::Someone(_) => {}
            // Whether it is so, the proof looks at.
            Item::NotThat(_) | Item::InUnit(_) => {}
            Item::InForce(filters) => all.filters.extend(filters),
            Item::OnAverage => all.is_on_average = true,
            // "plans and their monthly fee": columns of theirs.
            Item::Their
                if (all.nouns.len() == 1 || all.rank.is_some())
                    && all.measures.is_empty()
                    && items[place + 1..].iter().all(|(_, _, item)| {
                        matches!(item, Item::And | Item::Theirs(_) | Item::Noun(Phrase { noun: Noun::Field(_), .. }))
                    }) => {}
            Item::Their if all.theirs.is_some() => {}
            Item::Their if all.nouns.len() + all.each.len() == 1 && all.measures.is_empty() => all.theirs = Some(at),
            Item::Their => return None,
            Item::Theirs(field) => all.nouns.push(Phrase { noun: Noun::Field(field), ..Phrase::one(DatasetId(0)) }),
            Item::Copula => is_after_copula |= all.is_share && is_after_figure,
            Item::Which => {
                // "average grade of students who were admitted in 2022": said of them, and none of them is asked for.
                let before = place.checked_sub(1).map(|before| &items[before].2);
                let is_of_them = matches!(before, Some(Item::Noun(Phrase { noun: Noun::Entity(_), .. })));
                all.is_which |= !is_of_them || all.measures.is_empty();
            }
            Item::Person => {
                let next = items.get(place + 1).map(|(_, _, item)| item);
                // "who farms Hill End": what somebody does, and no things.
                let is_next = items.get(place + 1).is_some_and(|(from, ..)| *from == at + 1);
                if is_next && matches!(next, Some(Item::Noun(Phrase { noun: Noun::Entity(_), .. }))) {
                    return None;
                }
                all.is_person = true;
                (all.is_which, all.is_who) = (true, !matches!(next, Some(Item::Copula)));
            }
            Item::List => all.is_list = true,
            Item::Counted => all.is_counted = true,
            Item::Stop => all.stop = Some(all.nouns.len()),
            Item::IfAny => all.is_if_any = true,
            Item::Own(word) => all.own.push(word),
            Item::Light => {
                let before = place.checked_sub(1).map(|before| &items[before].2);
                let is_subject = matches!(before, Some(Item::Noun(_) | Item::Group { .. } | Item::Filter(_)));
                if all.measures.is_empty() || !is_subject {
                    return None;
                }
            }
            Item::Measure { measure, .. } if !all.nouns.is_empty() && super::super::resolver::is_extreme(&measure) => {
                return None;
            }
            Item::Filter(_) if beside::is_second_of_two(items, place) || beside::is_column_too(items, place) => {
                return None;
            }
            // "except the ICU and Surgery", by a code and by a name: whether both, is not said.
            Item::Filter(Filter { op: Op::Is, .. }) if beside::is_excluded_too(items, place) => return None,
            // "how many plays did the longest episode have": of that one.
            Item::Measure { ref measure, .. }
                if place > 0
                    && items[place - 1].1 != at
                    && items[place - 1].2 != Item::And
                    && all
                        .measures
                        .iter()
                        .map(|(known, _)| known)
                        .chain([measure])
                        .any(super::super::resolver::is_extreme)
                    && !all.measures.is_empty() =>
            {
                return None;
            }
            // "orders in Germany and revenue in France": each has its own.
            Item::Measure { .. } if has_filter_before && place > 0 && items[place - 1].2 == Item::And => return None,
            Item::Measure { measure, filters, of } => {
                // "orders and revenue": both are asked for.
                let says_nothing = |item: &Item| matches!(item, Item::Noun(_) | Item::And | Item::Copula | Item::Which);
                let (first, before) = (items[..place].iter(), place.checked_sub(1).map(|before| &items[before].2));
                if before == Some(&Item::And)
                    && !all.nouns.is_empty()
                    && first.clone().all(|(_, _, item)| says_nothing(item))
                {
                    all.has_own_filters |= all.nouns.iter().any(|phrase| !phrase.filters.is_empty());
                    all.beside.append(&mut all.nouns);
                    (all.is_which, all.is_which_noun) = (false, false);
                }
                all.is_unclear |= all.is_share && !filters.is_empty();
                all.has_own_filters |= !filters.is_empty();
                if all.measures.iter().any(|(other, _)| *other == measure) {
                    return None;
                }
                all.is_noun_first |= all.measures.is_empty() && all.nouns.len() == 1;
                all.measures.push((measure, of));
                all.filters.extend(filters);
                is_after_figure = true;
            }
            Item::Noun(Phrase { noun: Noun::Field(field), .. })
                if !all.is_who && beside::is_of_another(items, place, field) =>
            {
                return None;
            }
            // "products are discontinued": said of them, and no column.
            Item::Noun(Phrase { noun: Noun::Field(_), .. }) if beside::is_said_of(items, place) => return None,
            // "bought products of the brand Orion"
            Item::Noun(Phrase {
                noun: Noun::Entity(id),
                number: None,
                is_plural: true,
                is_keyed: false,
                is_distinct: false,
                filters,
                ..
            }) if beside::is_done(items, place) => {
                let open = all.belongs.last_mut()?;
                open.things.push(id);
                open.behind.extend(filters.into_iter().map(|filter| (at, Item::Filter(filter))));
                is_open = true;
            }
            Item::HowMuch => all.is_how_much = true,
            Item::HowMany => match (all.nouns.as_slice(), all.measures.is_empty() && all.rank.is_none()) {
                // What else was named is what they are of.
                ([Phrase { noun: Noun::Entity(id), number: None, is_keyed: false, .. }], true)
                    if is_first_named(items, *id) =>
                {
                    all.measures.push((Measure::CountOf(*id), Some(*id)));
                    all.nouns.clear();
                }
                _ => return None,
            },
            // "of cancelled orders among all orders"
            Item::Noun(phrase) if is_of_all => {
                if !phrase.is_plain() || whole.take().is_some_and(|whole| whole.noun != phrase.noun) {
                    return None;
                }
                all.filters.extend(phrase.filters.iter().cloned());
                all.nouns.push(phrase);
                (is_of_all, is_behind_groups) = (false, true);
            }
            Item::Noun(phrase) => {
                let before = place.checked_sub(1).map(|before| &items[before].2);
                let first = place.checked_sub(2).map(|first| &items[first].2);
                // "with orders and tickets"
                if let (Some(Item::And), Some(Item::Has { is_without: false, via: None, .. }), Noun::Entity(dataset)) =
                    (before, first, &phrase.noun)
                    && phrase.is_plain()
                {
                    let subject = all.belongs.last().and_then(|belongs| belongs.subject);
                    let (dataset, filters) = (*dataset, phrase.filters);
                    all.belong(
                        Belonging::Has { dataset, filters, via: None, is_named: true, is_without: false },
                        subject,
                    );
                    is_open = true;
                    continue;
                }
                if beside::is_beside_figure(items, place) {
                    all.has_own_filters |= !phrase.filters.is_empty();
                    all.filters.extend(phrase.filters.iter().cloned());
                    all.beside.push(phrase);
                    continue;
                }
                if let (Some(Item::Through(join, ..)), Noun::Entity(id)) = (before, &phrase.noun)
                    && phrase.is_plain()
                    && phrase.filters.is_empty()
                {
                    all.by_verb.push((*join, *id));
                }
                all.is_which_noun |= before == Some(&Item::Which) && all.measures.is_empty();
                let own = phrase.filters.iter().cloned();
                match all.is_share {
                    true if is_after_copula => all.part.extend(own),
                    true if is_after_figure => behind.extend(own),
                    is_share => {
                        all.is_unclear |= is_share && !phrase.filters.is_empty();
                        all.filters.extend(own);
                    }
                }
                all.nouns.push(phrase);
                is_after_figure = true;
            }
            // "percentage of orders by channel that were cancelled"
            Item::Filter(filter) if all.is_share && is_after_copula && all.part.is_empty() => all.part.push(filter),
            // Behind the groups they hold for the whole.
            Item::Filter(filter) if all.is_share && is_behind_groups => all.filters.push(filter),
            Item::Filter(filter) if all.is_share && is_after_copula => all.part.push(filter),
            Item::Filter(filter) if all.is_share && is_after_figure => behind.push(filter),
            Item::Filter(filter) => {
                all.is_unclear |= all.is_share;
                all.filters.push(filter);
            }
            Item::Condition { target, op, values } => match target {
                Target::Field(field) if all.is_share && is_after_copula => all.part.push(Filter { field, op, values }),
                Target::Field(field) if all.is_share && is_after_figure => behind.push(Filter { field, op, values }),
                _ if all.is_share => return None,
                Target::Measure(measure) if !all.measures.is_empty() || matches!(all.rank, Some(Rank::Best { .. })) => {
                    all.belong(Belonging::Condition { measure, op, values }, subject);
                    is_open = true;
                }
                target => {
                    all.has_condition_behind |= matches!(target, Target::Measure(_)) && !all.groups.is_empty();
                    all.conditions.push((target, op, values));
                }
            },
            Item::Many { measure, filters, op, values } => {
                if all.is_share {
                    return None;
                }
                if all.measures.is_empty() && !matches!(all.rank, Some(Rank::Best { .. })) {
                    all.has_own_filters = true;
                    all.filters.extend(filters);
                    all.has_condition_behind |= !all.groups.is_empty();
                    all.conditions.push((Target::Measure(measure), op, values));
                } else {
                    all.belong(Belonging::Condition { measure, op, values }, subject);
                    let behind = filters.into_iter().map(|filter| (at, Item::Filter(filter)));
                    let belongs = all.belongs.last_mut()?;
                    belongs.behind.extend(behind);
                    belongs.is_described = true;
                    is_open = true;
                }
            }
            Item::Has { dataset, filters, via, happened, is_named, is_without } => {
                if all.is_share {
                    return None;
                }
                all.belong(Belonging::Has { dataset, filters, via, is_named, is_without }, subject);
                let behind = happened.map(|field| (at, Item::Happened(field)));
                all.belongs.last_mut()?.behind.extend(behind);
                is_open = true;
            }
            Item::ButNot => {
                let last = all.belongs.last()?;
                let Belonging::Has { dataset, filters, via, is_named, is_without: false } = &last.what else {
                    return None;
                };
                let (dataset, filters, via, is_named) = (*dataset, filters.clone(), *via, *is_named);
                // What was said of them there holds here, but for the period.
                // "bought shoes but never hats": the other value takes the place of the first.
                let other = items.get(place + 1).and_then(|(_, _, item)| match item {
                    Item::Filter(filter) | Item::Each(filter) => Some(filter.field),
                    _ => None,
                });
                let is_kept = |item: &Item| match item {
                    Item::Time { .. } => false,
                    Item::Filter(filter) | Item::Each(filter) => Some(filter.field) != other,
                    _ => true,
                };
                let behind: Vec<_> = last.behind.iter().filter(|(_, item)| is_kept(item)).cloned().collect();
                let subject = last.subject;
                all.belong(Belonging::Has { dataset, filters, via, is_named, is_without: true }, subject);
                all.belongs.last_mut()?.behind = behind;
                is_open = true;
            }
            Item::Through(join, happened, alone) => {
                all.done_at.extend(happened);
                let done_by = match place.checked_sub(1).map(|before| &items[before].2) {
                    Some(Item::Group { by, .. }) => match by.last() {
                        Some(Grouped::Entity(id)) => Some(*id),
                        _ => None,
                    },
                    _ => None,
                };
                all.through.push((join, done_by, alone));
            }
            Item::Happened(field) => all.happened.push(field),
            Item::Deed(deed) => set(&mut all.deed, deed)?,
            Item::Deeds(field) => {
                all.deeds.push(field);
                is_after_figure = true;
            }
            Item::Kin(kin, filter) => all.kin.push((kin, filter)),
            Item::Kindred(kin, is_without) => all.kindred.push((kin, is_without)),
            Item::Who(join) => set(&mut all.who, join)?,
            Item::RoleOf(join) => all.roles.push(join),
            // "most expensive room by list price": what it is ranked by.
            Item::Group { by, .. } if matches!((&all.rank, by.as_slice()), (Some(Rank::Top { own: Some(own), .. }), [Grouped::Field(field)]) if own == field) =>
                {}
            Item::Group { by, is_per } => {
                if by.iter().any(|by| all.groups.contains(by)) {
                    return None;
                }
                all.before_groups = all.nouns.len();
                let before = place.checked_sub(1).map(|before| &items[before]);
                all.is_verb_before_by |= !is_per && matches!(before, Some((_, end, Item::Through(..))) if *end == at);
                // "share of each device" has the devices as its parts, not as its wholes.
                let are_parts = place.checked_sub(1).is_some_and(|before| items[before].2 == Item::Share);
                if is_per && !are_parts {
                    all.is_each_first |= all.measures.is_empty() && all.nouns.is_empty() && all.each.is_empty();
                    all.each.extend(by.iter().cloned());
                }
                let is_thing = by.iter().any(|by| matches!(by, Grouped::Entity(_)));
                per_things |= is_per && is_thing;
                by_others |= !is_per;
                all.is_per_beside_by = per_things && by_others;
                all.groups.extend(by);
                is_behind_groups |= is_after_figure;
                all.is_per |= is_per;
            }
            Item::Trend => all.is_trend = true,
            // "excluding Germany and 2025": not in 2025, either.
            Item::Time { .. } if beside::is_excluded_too(items, place) => return None,
            Item::Time { stated, field } => {
                let before = place.checked_sub(1).map(|before| &items[before].2);
                all.are_both_within |= field.is_none() && is_behind_both(&items[..place]);
                if let (Some(Item::Filter(filter)), None) = (before, field) {
                    all.done_in.push((all.times.len(), filter.clone()));
                }
                all.times.push((at, stated, field));
            }
            Item::Versus(against) => all.versus.push(against),
            Item::VersusRange(stated) => all.versus_ranges.push(stated),
            Item::VersusValues { field, first, second } => {
                all.versus_values.is_none().then_some(())?;
                all.versus_values = Some((field, first, second));
            }
            Item::Over(over) => {
                all.over.is_none().then_some(())?;
                all.over = Some(over);
            }
            Item::Change => all.is_change = true,
            Item::CompareWord => all.is_compared = true,
            Item::Rank(rank) => {
                if let Rank::Top { what: Some(what), .. } | Rank::Recent { what, .. } = &rank {
                    all.filters.extend(what.filters.iter().cloned());
                }
                if let Rank::Top { own: Some(field), .. } = &rank {
                    all.groups.push(Grouped::Field(*field));
                }
                all.before_rank = all.nouns.len();
                set(&mut all.rank, rank)?;
            }
            Item::Grew(is_descending) => set(&mut all.grew, is_descending)?,
            Item::Per(dataset) => set(&mut all.per, dataset)?,
            Item::PerFigure(metric) => set(&mut all.per_figure, metric)?,
            Item::Averaged(measure) => set(&mut all.averaged, measure)?,
            Item::When { dataset, is_last, filters } => {
                all.filters.extend(filters);
                set(&mut all.when, (dataset, is_last))?;
            }
            Item::WhenDid if place == 0 => all.is_when_did = true,
            Item::WhenDid => return None,
            Item::By(measure) => set(&mut all.by, measure)?,
            Item::Order { target, is_descending } => set(&mut all.order, (target, is_descending))?,
            Item::Direction(is_descending) => set(&mut all.direction, is_descending)?,
            Item::Age(is_descending) => set(&mut all.age, is_descending)?,
            Item::Alphabetical => all.is_alphabetical = true,
            // Which figure is in days, the words do not say.
            Item::Unit(_) if matches!(all.conditions.last(), Some((Target::Open, ..))) => return None,
            Item::Unit(_) => {}
            Item::Share => {
                if all.is_share {
                    return None;
                }
                all.is_share = true;
                (is_after_figure, is_behind_groups) = (false, false);
            }
            Item::OfTotal => {
                all.is_share = true;
                all.is_of_total = true;
            }
            Item::OfAll => {
                let is_part = all.is_share && all.part.is_empty() && !all.filters.is_empty() && all.measures.is_empty();
                if !is_part || all.nouns.len() > 1 {
                    return None;
                }
                all.part = std::mem::take(&mut all.filters);
                all.is_unclear = false;
                whole = all.nouns.pop();
                (is_after_figure, is_of_all) = (false, true);
            }
            Item::Cumulative => all.is_cumulative = true,
            Item::Limit(rows) => set(&mut all.limit, rows)?,
            Item::Remove => all.is_removal = true,
            Item::Also => all.is_also = true,
            Item::Marker => {}
            Item::Edit(edit) => all.edits.push(edit),
        }
    }
    if is_of_all || whole.is_some() {
        return None;
    }
    shares::gathered(all, behind)
}

fn set<T>(place: &mut Option<T>, value: T) -> Option<()> {
    match place {
        Some(_) => None,
        None => {
            *place = Some(value);
            Some(())
        }
    }
}

/// Before all that says something else: "paid orders of Acme, how many".
fn is_first_named(items: &[(usize, usize, Item)], of: DatasetId) -> bool {
    let says_nothing = |item: &Item| matches!(item, Item::Skip | Item::Which | Item::Person | Item::List | Item::And);
    let first =
        items.iter().map(|(_, _, item)| item).find(|item| !says_nothing(item) && !matches!(item, Item::Filter(_)));
    matches!(first, Some(Item::Noun(phrase)) if phrase.noun == Noun::Entity(of))
}

/// "opened and closed", right before it: two things that happened, joined by "and".
fn is_behind_both(before: &[(usize, usize, Item)]) -> bool {
    let mut said =
        before.iter().rev().map(|(_, _, item)| item).filter(|item| !matches!(item, Item::Skip | Item::Copula));
    matches!(
        (said.next(), said.next(), said.next()),
        (Some(Item::Happened(_)), Some(Item::And), Some(Item::Happened(_)))
    )
}
