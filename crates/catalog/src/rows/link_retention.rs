//! Which of the relations that were kept with row filters stay when filters are said anew: those by which tables still refer
//! to a filtered one, whatever the models say by now. Else whoever edits a model would lift filters with the next change.

use std::collections::BTreeMap;

use super::filters;
use super::role_terms::{Link, Links};

/// Those of the links that lead towards one of the filtered tables, and those that do not.
pub fn parted(links: Links, filtered: &[&String]) -> (Links, Vec<(String, Link)>) {
    let steps: Vec<BTreeMap<String, usize>> = filtered.iter().map(|table| steps(&links, table)).collect();
    let is_nearer = |table: &String, link: &Link| {
        let to = |steps: &BTreeMap<String, usize>| Some((place(steps, &link.to)?, *steps.get(table)?));
        // What cannot be read leads nowhere, and stays.
        link.to.is_empty() || steps.iter().filter_map(to).any(|(to, from)| to < from)
    };
    let (mut kept, mut lost) = (Links::new(), Vec::new());
    for (table, link) in links.into_iter().flat_map(|(table, own)| own.into_iter().map(move |one| (table.clone(), one)))
    {
        match is_nearer(&table, &link) {
            true => kept.entry(table).or_default().push(link),
            false => lost.push((table, link)),
        }
    }
    (kept, lost)
}

/// The same, where no relation that models drew makes the way of one that was given a longer one: else who edits a model would
/// take it off with a short cut.
pub fn parted_as_given(links: Links, filtered: &[&String]) -> (Links, Vec<(String, Link)>) {
    let of = |is_drawn: bool, links: &Links| -> Links {
        let own = |own: &Vec<Link>| own.iter().filter(|link| link.is_drawn == is_drawn).cloned().collect::<Vec<_>>();
        links.iter().map(|(table, all)| (table.clone(), own(all))).filter(|(_, own)| !own.is_empty()).collect()
    };
    let (mut kept, mut lost) = parted(of(false, &links), filtered);
    let (near, far) = parted(links, filtered);
    for (table, own) in of(true, &near) {
        kept.entry(table).or_default().extend(own);
    }
    lost.extend(far.into_iter().filter(|(_, link)| link.is_drawn));
    (kept, lost)
}

/// The tables from which links lead to one, each with by how many.
fn steps(links: &Links, filtered: &str) -> BTreeMap<String, usize> {
    let mut steps = BTreeMap::from([(filtered.to_owned(), 0)]);
    steps.extend(links.keys().filter(|table| is_called(table, filtered)).map(|table| (table.clone(), 0)));
    for step in 1..=links.len() {
        let leads = |link: &Link| place(&steps, &link.to).is_some();
        let next = links.iter().filter(|(table, own)| !steps.contains_key(*table) && own.iter().any(leads));
        let next: Vec<String> = next.map(|(table, _)| table.clone()).collect();
        if next.is_empty() {
            break;
        }
        steps.extend(next.into_iter().map(|table| (table, step)));
    }
    steps
}

fn place(steps: &BTreeMap<String, usize>, to: &str) -> Option<usize> {
    steps.iter().filter(|(table, _)| is_called(to, table)).map(|(_, step)| *step).min()
}

/// Whether the table of a full name may be meant by another of its names.
fn is_called(full: &str, given: &str) -> bool {
    filters::names(given).first().is_some_and(|given| filters::names(full).contains(given))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(all: &[(&str, &str)]) -> Links {
        let mut links = Links::new();
        for (from, to) in all {
            let (columns, to_columns) = (vec!["of".into()], vec!["id".into()]);
            let link = Link { columns, to: (*to).into(), to_columns, is_drawn: false };
            links.entry((*from).to_owned()).or_default().push(link);
        }
        links
    }

    #[test]
    fn links_stay_that_lead_to_a_filtered_table_and_no_others() {
        let all = [("d.s.lines", "d.s.orders"), ("d.s.orders", "d.s.customers"), ("d.s.stock", "d.s.places")];
        let kept = |filtered: &[&str]| {
            let filtered: Vec<String> = filtered.iter().map(|table| (*table).to_owned()).collect();
            parted(links(&all), &filtered.iter().collect::<Vec<_>>()).0
        };
        for name in ["customers", "S.Customers", "d.s.customers"] {
            assert_eq!(kept(&[name]), links(&all[..2]), "{name}");
        }
        assert_eq!(kept(&["orders"]), links(&all[..1]), "what a filtered one refers to stays whole");
        assert_eq!(kept(&["orders", "places"]), links(&[all[0], all[2]]));
        assert_eq!((kept(&["lines"]), kept(&[])), (Links::new(), Links::new()));
        let filtered = "customers".to_owned();
        let (_, lost) = parted(links(&all), &[&filtered]);
        assert_eq!(lost.into_iter().map(|(table, _)| table).collect::<Vec<_>>(), ["d.s.stock"]);
    }

    #[test]
    fn a_short_cut_that_a_model_drew_takes_off_nothing_that_was_given() {
        let mut all = links(&[("d.s.lines", "d.s.orders"), ("d.s.orders", "d.s.customers")]);
        let short = Link { is_drawn: true, ..links(&[("d.s.lines", "d.s.customers")])["d.s.lines"][0].clone() };
        all.get_mut("d.s.lines").unwrap().push(short);
        let filtered = "customers".to_owned();
        assert_eq!(parted_as_given(all.clone(), &[&filtered]), (all.clone(), Vec::new()));
        assert_ne!(parted(all.clone(), &[&filtered]).0, all);
    }

    #[test]
    fn of_a_circle_those_stay_that_lead_nearer_and_what_cannot_be_read_stays() {
        let all = links(&[("d.s.people", "d.s.teams"), ("d.s.teams", "d.s.people"), ("d.s.other", "")]);
        let (kept, _) = parted(all, &[&"people".to_owned()]);
        assert_eq!(kept.into_keys().collect::<Vec<_>>(), ["d.s.other", "d.s.teams"]);
    }
}
