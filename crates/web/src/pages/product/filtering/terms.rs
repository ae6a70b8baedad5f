//! What somebody reads through a product: whether rows at all, and of which tables which ones. And the operation that
//! changes it.

use std::collections::{BTreeMap, BTreeSet};

use emporion_catalog::id::RecordId;
use emporion_catalog::record::View;
use emporion_catalog::relation;
use emporion_catalog::rows::masks::{self, Mask, Masks};
use emporion_catalog::rows::{filters, grants, roles};
use emporion_products::patch::Patch;
use emporion_products::users::operation::{self, UserOperation, Verb, Who};
use serde_json::{Map, Value, json};

use super::grantee::Grantee;
use super::tables::{means, place};
use crate::access::role;
use crate::forms::form::Form;

/// Where the change stands in what the service is asked.
pub const CHANGE: &str = "/update/0";

/// What somebody reads.
#[derive(Debug, Clone, PartialEq)]
pub struct Terms {
    /// Whether he reads rows at all, where his role leaves that open.
    pub reads: Option<bool>,
    /// Tables by the names that filters have for them, and conditions; an empty one is none.
    pub filters: BTreeMap<String, String>,
    /// Tables that refer to those of the conditions follow them.
    pub follows: bool,
    /// Masks of columns, by the same names.
    pub masks: BTreeMap<String, Masks>,
}

impl Terms {
    pub fn of(view: &View, grantee: Grantee) -> Terms {
        match grantee {
            Grantee::One(user) => Terms::of_user(view, user),
            Grantee::Role(role) => {
                let masks = masks::of_role(&view.record, role::relation(role));
                let masks = masks.map(|(table, masks)| (table.clone(), masks)).collect();
                Terms { reads: None, filters: BTreeMap::new(), follows: true, masks }.with_all_tables()
            }
        }
    }

    fn of_user(view: &View, user: RecordId) -> Terms {
        let role = |role| view.targets(role).find(|(edge, _)| edge.to == user).map(|(edge, _)| edge);
        // Whoever edits reads them anyway.
        let is_higher = [relation::OWNER, relation::EDITOR].into_iter().any(|higher| role(higher).is_some());
        Terms {
            reads: role(relation::VIEWER).filter(|_| !is_higher).map(|viewed| !roles::is_denied_rows(viewed)),
            filters: joined(filters::of_user(view, user)),
            // New ones do, where nobody says otherwise.
            follows: filters::are_followed(view, user).unwrap_or(true),
            masks: filters::masks_of_user(view, user).into_iter().collect(),
        }
        .with_all_tables()
    }

    pub fn sent(form: &Form, view: &View, grantee: Grantee) -> Terms {
        let conditions = form.all("condition").map(cleaned);
        let filters = form.all("table").map(str::to_owned).zip(conditions);
        Terms {
            reads: Terms::of(view, grantee).reads.map(|_| form.text("reads") == "yes"),
            // Of a role there are masks alone.
            filters: filters.filter(|_| !grantee.is_role()).collect(),
            follows: grantee.is_role() || form.text("follows") == "yes",
            masks: masks_sent(form.all("mask")),
        }
        .with_all_tables()
    }

    /// What has masks alone has an empty condition.
    fn with_all_tables(mut self) -> Terms {
        for table in self.masks.keys() {
            self.filters.entry(table.clone()).or_default();
        }
        self
    }

    /// One line for each filter, and for each mask, for whoever compares.
    pub fn text(&self) -> String {
        let reads = self.reads.map(|reads| format!("rows: {}\n", if reads { "yes" } else { "no" }));
        let filters = self.filters.iter().filter(|(_, condition)| !condition.is_empty());
        let filters = filters.map(|(table, condition)| format!("{table}: {condition}\n"));
        let of_table = |(table, masks): (&String, &Masks)| {
            let lines = masks.iter().map(|(column, mask)| format!("{table}, {column}: {}\n", mask.word()));
            lines.collect::<String>()
        };
        let filters: Vec<String> = filters.collect();
        let follows = (!filters.is_empty() && !self.follows).then(|| "related tables: whole\n".to_owned());
        reads.into_iter().chain(filters).chain(follows).chain(self.masks.iter().map(of_table)).collect()
    }

    /// Where the tables stand that are lent to the product and that no filter is for yet.
    pub fn open_tables(&self, view: &View) -> Vec<Vec<String>> {
        let assets = view.targets(relation::HAS_ASSET).filter(|(_, card)| card.kind.is("table"));
        let lent = assets.filter(|(edge, _)| grants::is_granted(edge)).filter_map(|(_, card)| place(card));
        let is_filtered = |place: &[String]| self.filters.keys().any(|given| means(given, place));
        lent.filter(|place| !is_filtered(place)).collect()
    }

    /// The filters that there are, without those that are left empty.
    pub fn rendered(&self) -> BTreeMap<&str, String> {
        let all = self.filters.iter().map(|(table, condition)| (table.as_str(), cleaned(condition)));
        all.filter(|(_, condition)| !condition.is_empty()).collect()
    }

    /// The conditions and masks that would be kept: what is for tables that have left the product goes, unless it was typed
    /// anew.
    pub fn kept(&self, now: &Terms, gone: &BTreeSet<String>) -> (BTreeMap<String, String>, BTreeMap<String, Masks>) {
        let before = now.rendered();
        let goes = |table: &str, condition: &String| gone.contains(table) && before.get(table) == Some(condition);
        let conditions = self.rendered().into_iter().filter(|(table, condition)| !goes(table, condition));
        let masks = self.masks.iter().filter(|(table, _)| !gone.contains(*table));
        (
            conditions.map(|(table, condition)| (table.to_owned(), condition)).collect(),
            masks.map(|(table, masks)| (table.clone(), masks.clone())).collect(),
        )
    }

    /// The change from what there is now. All filters of a person are given or none: where others than they are now were
    /// typed, those of tables that have left the product go, which would be refused.
    pub fn change(&self, who: Who, now: &Terms, gone: &BTreeSet<String>) -> UserOperation {
        let (rendered, before) = (self.rendered(), now.rendered());
        let (conditions, masks) = self.kept(now, gone);
        let kept: Map<String, Value> = conditions.into_iter().map(|(table, text)| (table, text.into())).collect();
        let is_same = rendered == before && (self.follows == now.follows || before.is_empty());
        let row_filters = match (is_same, kept.is_empty()) {
            (true, _) => Patch::Keep,
            (false, true) => Patch::Clear,
            (false, false) => Patch::Set(kept),
        };
        let allow_sql = self.reads.map_or(Patch::Keep, Patch::Set);
        let column_masks = match (self.masks == now.masks, masks.is_empty()) {
            (true, _) => Patch::Keep,
            (false, true) => Patch::Clear,
            (false, false) => Patch::Set(masks),
        };
        let follows = Some(self.follows).filter(|_| matches!(row_filters, Patch::Set(_)));
        let terms = operation::Terms { allow_sql, row_filters, column_masks, follows, until: None };
        let verb = Verb::Change { role: None, terms };
        UserOperation { who, beside: None, verb, path: CHANGE.to_owned() }
    }
}

/// A choice of a mask as the form sends it: a table, one of its columns, and what is shown of it.
pub fn choice(table: &str, column: &str, mask: Mask) -> String {
    json!([table, column, mask.word()]).to_string()
}

fn masks_sent<'f>(choices: impl Iterator<Item = &'f str>) -> BTreeMap<String, Masks> {
    let mut sent: BTreeMap<String, Masks> = BTreeMap::new();
    for choice in choices {
        let Ok((table, column, word)) = serde_json::from_str::<(String, String, String)>(choice) else { continue };
        let Some(mask) = Mask::parse(&word) else { continue };
        sent.entry(table).or_default().insert(column, mask);
    }
    sent
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

    fn changed(change: UserOperation) -> operation::Terms {
        let Verb::Change { terms, .. } = change.verb else { panic!("a change") };
        terms
    }

    fn set(reported: Value) -> Patch<Map<String, Value>> {
        Patch::Set(reported.as_object().expect("an object").clone())
    }

    #[test]
    fn of_two_conditions_for_a_table_none_is_lost() {
        let two = [("orders", "a = 1"), ("lines", "b = 2"), ("orders", "c = 3")];
        let all = joined(two.map(|(table, rendered)| (table.to_owned(), rendered.to_owned())).to_vec());
        assert_eq!((all["orders"].as_str(), all["lines"].as_str()), ("(a = 1) AND (c = 3)", "b = 2"));
    }

    #[test]
    fn what_is_left_empty_is_no_filter() {
        let user = || Who::Team(RecordId::fresh());
        let filters =
            [("orders", "region = 'EU'"), ("lines", "")].map(|(table, rendered)| (table.into(), rendered.into()));
        let terms = Terms { reads: Some(false), filters: filters.into(), follows: true, masks: BTreeMap::new() };
        assert_eq!(terms.text(), "rows: no\norders: region = 'EU'\n");
        let none = Terms { reads: None, filters: BTreeMap::new(), follows: true, masks: BTreeMap::new() };
        let change = |terms: &Terms, now: &Terms| changed(terms.change(user(), now, &BTreeSet::new()));
        let row_filters = set(json!({"orders": "region = 'EU'"}));
        let column_masks = Patch::Keep;
        let allow_sql = Patch::Set(false);
        let given = operation::Terms { allow_sql, row_filters, column_masks, follows: Some(true), until: None };
        assert_eq!(change(&terms, &none), given);
        let row_filters = Patch::Clear;
        let taken = operation::Terms { row_filters, ..Default::default() };
        assert_eq!(change(&none, &terms), taken);
    }

    #[test]
    fn masks_are_chosen_column_by_column() {
        let chosen = [choice("orders", "mail", Mask::Hashed), String::new(), "[1]".to_owned()];
        let masks = masks_sent(chosen.iter().map(String::as_str));
        assert_eq!(masks, BTreeMap::from([("orders".into(), Masks::from([("mail".into(), Mask::Hashed)]))]));
        let none = Terms { reads: None, filters: BTreeMap::new(), follows: true, masks: BTreeMap::new() };
        let terms = Terms { masks: masks.clone(), ..none.clone() }.with_all_tables();
        assert_eq!((terms.filters["orders"].as_str(), terms.text()), ("", "orders, mail: hashed\n".to_owned()));
        let change = |sent: &Terms, now: &Terms, gone: &[&str]| {
            let gone = gone.iter().map(|table| (*table).to_owned()).collect();
            changed(sent.change(Who::Team(RecordId::fresh()), now, &gone)).column_masks
        };
        assert_eq!(change(&terms, &none, &[]), Patch::Set(masks));
        assert_eq!((change(&terms, &terms, &[]), change(&none, &terms, &[])), (Patch::Keep, Patch::Clear));
    }

    #[test]
    fn a_filter_whose_table_has_left_goes_with_the_next_change_of_filters_alone() {
        let (user, gone) = (Who::Team(RecordId::fresh()), BTreeSet::from(["orders".to_owned()]));
        let terms = |reads: bool, filters: &[(&str, &str)]| {
            let filters = filters.iter().map(|(table, rendered)| ((*table).to_owned(), (*rendered).to_owned()));
            Terms { reads: Some(reads), filters: filters.collect(), follows: true, masks: BTreeMap::new() }
        };
        let now = terms(true, &[("orders", "a = 1"), ("lines", "b = 2")]);
        let update = |sent: Terms| changed(sent.change(user.clone(), &now, &gone)).row_filters;
        let same = terms(false, &[("orders", "a = 1\r\n"), ("lines", "b = 2"), ("other", "")]);
        assert_eq!(update(same), Patch::Keep);
        assert_eq!(update(terms(true, &[("orders", "a = 1"), ("lines", "b = 3")])), set(json!({"lines": "b = 3"})));
        assert_eq!(update(terms(true, &[("orders", ""), ("lines", "b = 2")])), set(json!({"lines": "b = 2"})));
        let both = set(json!({"orders": "a = 2", "lines": "b = 2"}));
        assert_eq!(
            update(terms(true, &[("orders", "a = 2"), ("lines", "b = 2")])),
            both,
            "the service says what is wrong"
        );
    }
}
