//! What somebody reads through a product: whether rows at all, and of which tables which ones. And what the door is told
//! of it where that changes.

use std::collections::{BTreeMap, BTreeSet};

use emporion_catalog::id::RecordId;
use emporion_catalog::record::View;
use emporion_catalog::relation;
use emporion_catalog::rows::{filters, grants, roles};
use serde_json::{Map, Value, json};

use super::tables::{means, place};
use crate::forms::form::Form;

/// What somebody reads.
#[derive(Debug, Clone, PartialEq)]
pub struct Terms {
    /// Whether he reads rows at all, where his role leaves that open.
    pub reads: Option<bool>,
    /// Tables by the names that filters have for them, and conditions; an empty one is none.
    pub filters: BTreeMap<String, String>,
}

impl Terms {
    pub fn of(view: &View, user: RecordId) -> Terms {
        let role = |role| view.targets(role).find(|(edge, _)| edge.to == user).map(|(edge, _)| edge);
        // Whoever edits reads them anyway.
        let is_higher = [relation::OWNER, relation::EDITOR].into_iter().any(|higher| role(higher).is_some());
        Terms {
            reads: role(relation::VIEWER).filter(|_| !is_higher).map(|viewed| !roles::is_denied_rows(viewed)),
            filters: joined(filters::of_user(view, user)),
        }
    }

    pub fn sent(form: &Form, view: &View, user: RecordId) -> Terms {
        let conditions = form.all("condition").map(cleaned);
        Terms {
            reads: Terms::of(view, user).reads.map(|_| form.text("reads") == "yes"),
            filters: form.all("table").map(str::to_owned).zip(conditions).collect(),
        }
    }

    /// One line for each filter, for whoever compares.
    pub fn text(&self) -> String {
        let reads = self.reads.map(|reads| format!("rows: {}\n", if reads { "yes" } else { "no" }));
        let filters = self.filters.iter().filter(|(_, condition)| !condition.is_empty());
        reads.into_iter().chain(filters.map(|(table, condition)| format!("{table}: {condition}\n"))).collect()
    }

    /// Where the tables stand that are lent to the product and that no filter is for yet.
    pub fn open_tables(&self, view: &View) -> Vec<Vec<String>> {
        let assets = view.targets(relation::HAS_ASSET).filter(|(_, card)| card.kind.is("table"));
        let lent = assets.filter(|(edge, _)| grants::is_granted(edge)).filter_map(|(_, card)| place(card));
        let is_filtered = |place: &[String]| self.filters.keys().any(|given| means(given, place));
        lent.filter(|place| !is_filtered(place)).collect()
    }

    /// The filters that there are, without those that are left empty.
    pub fn said(&self) -> BTreeMap<&str, String> {
        let all = self.filters.iter().map(|(table, condition)| (table.as_str(), cleaned(condition)));
        all.filter(|(_, condition)| !condition.is_empty()).collect()
    }

    /// What the door is to change. It takes all filters of a person or none: where others than they are now were typed,
    /// those of tables that have left the product go, which it would refuse.
    pub fn body(&self, user: RecordId, now: &Terms, gone: &BTreeSet<String>) -> Value {
        let mut update = json!({"userId": user.to_string()});
        if let Some(reads) = self.reads {
            update["allowSql"] = reads.into();
        }
        let (said, before) = (self.said(), now.said());
        if said != before {
            let goes = |table: &str, condition: &String| gone.contains(table) && before.get(table) == Some(condition);
            let kept = said.iter().filter(|(table, condition)| !goes(table, condition));
            let kept: Map<String, Value> = kept.map(|(table, said)| ((*table).to_owned(), json!(said))).collect();
            update["rowFilters"] = if kept.is_empty() { Value::Null } else { kept.into() };
        }
        json!({"update": [update]})
    }
}

/// A condition as it is kept: browsers send every line's end as two characters.
fn cleaned(condition: &str) -> String {
    condition.replace("\r\n", "\n").trim().to_owned()
}

/// All conditions of a table hold.
fn joined(filters: Vec<(String, String)>) -> BTreeMap<String, String> {
    let mut joined: BTreeMap<String, String> = BTreeMap::new();
    for (table, condition) in filters {
        let all = joined.remove(&table).map(|before| format!("({before}) AND ({condition})"));
        joined.insert(table, all.unwrap_or(condition));
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_conditions_for_a_table_none_is_lost() {
        let two = [("orders", "a = 1"), ("lines", "b = 2"), ("orders", "c = 3")];
        let all = joined(two.map(|(table, said)| (table.to_owned(), said.to_owned())).to_vec());
        assert_eq!((all["orders"].as_str(), all["lines"].as_str()), ("(a = 1) AND (c = 3)", "b = 2"));
    }

    #[test]
    fn what_is_left_empty_is_no_filter() {
        let user = RecordId::fresh();
        let filters = [("orders", "region = 'EU'"), ("lines", "")].map(|(table, said)| (table.into(), said.into()));
        let terms = Terms { reads: Some(false), filters: filters.into() };
        assert_eq!(terms.text(), "rows: no\norders: region = 'EU'\n");
        let none = Terms { reads: None, filters: BTreeMap::new() };
        let update = &terms.body(user, &none, &BTreeSet::new())["update"][0];
        assert_eq!((&update["rowFilters"], &update["allowSql"]), (&json!({"orders": "region = 'EU'"}), &json!(false)));
        let lifted = none.body(user, &terms, &BTreeSet::new());
        assert_eq!(lifted["update"][0], json!({"userId": user.to_string(), "rowFilters": null}));
    }

    #[test]
    fn a_filter_whose_table_has_left_goes_with_the_next_change_of_filters_alone() {
        let (user, gone) = (RecordId::fresh(), BTreeSet::from(["orders".to_owned()]));
        let terms = |reads: bool, filters: &[(&str, &str)]| {
            let filters = filters.iter().map(|(table, said)| ((*table).to_owned(), (*said).to_owned()));
            Terms { reads: Some(reads), filters: filters.collect() }
        };
        let now = terms(true, &[("orders", "a = 1"), ("lines", "b = 2")]);
        let update = |sent: Terms| sent.body(user, &now, &gone)["update"][0]["rowFilters"].clone();
        let same = terms(false, &[("orders", "a = 1\r\n"), ("lines", "b = 2"), ("other", "")]);
        assert!(same.body(user, &now, &gone)["update"][0].get("rowFilters").is_none());
        assert_eq!(update(terms(true, &[("orders", "a = 1"), ("lines", "b = 3")])), json!({"lines": "b = 3"}));
        assert_eq!(update(terms(true, &[("orders", ""), ("lines", "b = 2")])), json!({"lines": "b = 2"}));
        let changed = json!({"orders": "a = 2", "lines": "b = 2"});
        assert_eq!(
            update(terms(true, &[("orders", "a = 2"), ("lines", "b = 2")])),
            changed,
            "the door says what is wrong"
        );
    }
}
