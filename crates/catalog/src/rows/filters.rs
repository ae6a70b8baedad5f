//! Row filters: which rows of a table somebody sees in a product. They stand on the edges of his roles, with the masks of
//! columns; after these the product keeps them.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::masks::{self, Mask, Masks};
use super::role_terms::{Link, RoleTerms};
use super::roles::{ROLES, of_holder};
use crate::caller::Principal;
use crate::id::RecordId;
use crate::kinds::TABLE;
use crate::name;
use crate::record::{Card, Edge, Record, View};
use crate::relation::{self, EDITOR, HELD_BACK, KEPT_FILTERS, OWNER, ROW_FILTERS, Relation, VIEWER};
use crate::spelling::{decode, encode};

/// What an edge bears: names of tables, and for each a condition, masks, and what it follows ([`RoleTerms`]).
pub fn of_edge(edge: &Edge) -> impl Iterator<Item = (&String, &Value)> {
    edge.attributes.get(ROW_FILTERS).and_then(Value::as_object).into_iter().flat_map(Map::iter)
}

/// Relations whose edges bear filters.
pub const BEARING: [Relation; 4] = [OWNER, EDITOR, VIEWER, HELD_BACK];

/// All filters that a user has on a product, or a team, through whichever of his own roles, and after them: a filter stays
/// until it is taken off.
pub fn of_user(product: &View, user: RecordId) -> Vec<(String, String)> {
    conditions(restrictions(product, user))
}

/// All filters under which somebody reads a product: his own, and those of the teams that bring him rows. They all hold, so
/// that no role lifts the filter of another one, whoever has which.
pub fn of_principal(product: &View, principal: &Principal) -> Vec<(String, String)> {
    conditions(all_restrictions(product, principal))
}

/// By which relations tables follow filters under which somebody reads a product, each under a name of its table.
pub fn links_of_principal(product: &View, principal: &Principal) -> Vec<(String, Link)> {
    let all = all_restrictions(product, principal).into_iter();
    let links = all.filter_map(|(table, held)| match held {
        Held::Link(link) => Some((table, link)),
        Held::Condition(_) | Held::Mask(..) | Held::Followed => None,
    });
    links.collect()
}

/// The tables whose filters others are to follow.
pub fn followed_of_principal(product: &View, principal: &Principal) -> Vec<String> {
    let terms = principal.rows_holders().flat_map(|holder| terms_for(product, holder));
    terms.filter(|(_, terms)| RoleTerms::read(terms).is_followed).map(|(table, _)| table.clone()).collect()
}

/// Whether the filters of a user, or of a team, are followed by the tables that refer to theirs. Of one who has none that is
/// not said.
pub fn are_followed(product: &View, holder: RecordId) -> Option<bool> {
    let all: Vec<RoleTerms> = terms_for(product, holder).map(|(_, terms)| RoleTerms::read(terms)).collect();
    let is_filtered = all.iter().any(|terms| terms.condition.is_some());
    is_filtered.then(|| all.iter().any(|terms| terms.is_followed))
}

fn conditions(all: Vec<(String, Held)>) -> Vec<(String, String)> {
    let filters = all.into_iter().filter_map(|(table, held)| match held {
        Held::Condition(condition) => Some((table, condition)),
        Held::Mask(..) | Held::Link(_) | Held::Followed => None,
    });
    filters.collect()
}

/// All masks that a user has on a product in person, or a team, in the same way, each once for each name of its table.
pub fn masks_of_user(product: &View, user: RecordId) -> Vec<(String, Masks)> {
    joined(terms_for(product, user))
}

/// All masks of the same sort under which somebody reads a product, as with filters.
pub fn masks_of_principal(product: &View, principal: &Principal) -> Vec<(String, Masks)> {
    joined(principal.rows_holders().flat_map(|holder| terms_for(product, holder)))
}

/// What is masked by a product, from whomever: the masks of each by themselves.
pub fn all_masks(product: &View) -> Vec<(String, Masks)> {
    let bearing = product.edges.iter().filter(|edge| BEARING.contains(&edge.relation));
    let kept = product.field(KEPT_FILTERS).and_then(Value::as_object).into_iter().flatten();
    let kept = kept.filter_map(|(_, terms)| terms.as_object()).flatten();
    let borne = bearing.flat_map(of_edge).chain(kept).map(|(table, terms)| (table, RoleTerms::read(terms).masks));
    let of_roles = ROLES.into_iter().flat_map(|role| masks::of_role(&product.record, role));
    borne.chain(of_roles).map(|(table, masks)| (table.clone(), masks)).collect()
}

fn joined<'f>(terms: impl Iterator<Item = (&'f String, &'f Value)>) -> Vec<(String, Masks)> {
    let mut all: Vec<(String, Masks)> = Vec::new();
    for (table, terms) in terms {
        let masks = RoleTerms::read(terms).masks;
        match all.iter_mut().find(|(known, _)| known == table) {
            Some((_, known)) => masks::join(known, masks),
            None if masks.is_empty() => {}
            None => all.push((table.clone(), masks)),
        }
    }
    all
}

/// One thing that keeps somebody from rows, or from values, of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Held {
    Condition(String),
    Mask(String, Mask),
    /// Rows that refer to none that is seen are not there.
    Link(Link),
    /// Tables that refer to this one follow its condition, also by relations that are yet to come.
    Followed,
}

impl Held {
    fn all_of(terms: &Value) -> Vec<Held> {
        let RoleTerms { condition, masks, links, is_followed } = RoleTerms::read(terms);
        let followed = is_followed.then_some(Held::Followed);
        let masks = masks.into_iter().map(|(column, mask)| Held::Mask(column, mask));
        let own = condition.map(Held::Condition).into_iter().chain(followed);
        own.chain(masks).chain(links.into_iter().map(Held::Link)).collect()
    }

    /// Whether it holds back as much as the other, or more.
    fn covers(&self, other: &Held) -> bool {
        match (self, other) {
            (Held::Mask(column, mask), Held::Mask(of, other)) => column == of && mask.covers(*other),
            (Held::Link(link), Held::Link(other)) => link.is_same(other),
            _ => self == other,
        }
    }
}

/// All that a user has on a product in person, and after his roles; the same of a team.
pub fn restrictions(product: &View, user: RecordId) -> Vec<(String, Held)> {
    told(terms_for(product, user))
}

/// The same of somebody, with what the teams have that bring him rows.
pub fn all_restrictions(product: &View, principal: &Principal) -> Vec<(String, Held)> {
    told(principal.rows_holders().flat_map(|holder| terms_for(product, holder)))
}

/// What his roles bear, in person and for everybody who has them; the same of a team.
pub fn on_roles(product: &View, holder: RecordId) -> Vec<(String, Held)> {
    let mut all = told(of_roles(product, holder));
    for role in of_holder(product, holder) {
        let of_role = masks::of_role(&product.record, role);
        all.extend(of_role.flat_map(|(table, masks)| {
            masks.into_iter().map(|(column, mask)| (table.clone(), Held::Mask(column, mask)))
        }));
    }
    all
}

/// The same of somebody, with what the teams have that bring him rows.
pub fn all_on_roles(product: &View, principal: &Principal) -> Vec<(String, Held)> {
    let mut all = all_restrictions(product, principal);
    all.extend(principal.rows_holders().flat_map(|holder| on_roles(product, holder)));
    all
}

/// Whether of what held somebody back something is left out.
pub fn lifts(before: &[(String, Held)], after: &[(String, Held)]) -> bool {
    let stays = |(table, held): &(String, Held)| after.iter().any(|(of, other)| of == table && other.covers(held));
    !before.iter().all(stays)
}

/// Whether of two states of a role's edge the later one says the same and bears other relations of models besides: that is
/// nothing that anybody gives, and who bears it sees less.
pub fn gains_drawn_alone(before: &Edge, after: &Edge) -> bool {
    let rest = |edge: &Edge| {
        let mut rest = edge.attributes.clone();
        rest.shift_remove(ROW_FILTERS);
        rest
    };
    let terms = |edge: &Edge| -> HashMap<String, RoleTerms> {
        of_edge(edge).map(|(table, terms)| (table.clone(), RoleTerms::read(terms))).collect()
    };
    let (old, new) = (terms(before), terms(after));
    let grows = |(table, now): (&String, &RoleTerms)| {
        let was = old.get(table).cloned().unwrap_or_default();
        let has = |all: &[Link], link: &Link| all.contains(link);
        now.links.iter().all(|link| link.is_drawn || has(&was.links, link))
            && was.links.iter().all(|link| has(&now.links, link))
            && *now == RoleTerms { links: now.links.clone(), ..was }
    };
    let ends = |edge: &Edge| (edge.id, edge.from, edge.relation, edge.to);
    ends(before) == ends(after)
        && before.at == after.at
        && rest(before) == rest(after)
        && old.keys().all(|table| new.contains_key(table))
        && new.iter().all(grows)
}

fn terms_for(product: &View, user: RecordId) -> impl Iterator<Item = (&String, &Value)> {
    of_roles(product, user).chain(kept_for(&product.record, user).into_iter().flatten())
}

fn of_roles(product: &View, user: RecordId) -> impl Iterator<Item = (&String, &Value)> {
    let roles = product.edges.iter().filter(move |edge| ROLES.contains(&edge.relation) && edge.to == user);
    roles.flat_map(of_edge)
}

/// What the product keeps of his filters.
fn kept_for(product: &Record, user: RecordId) -> Option<&Map<String, Value>> {
    product.body.get(KEPT_FILTERS)?.get(user.to_string())?.as_object()
}

/// Each once.
fn told<'f>(all: impl Iterator<Item = (&'f String, &'f Value)>) -> Vec<(String, Held)> {
    let mut told: Vec<(String, Held)> = Vec::new();
    for (table, terms) in all {
        for held in Held::all_of(terms) {
            let one = (table.clone(), held);
            if !told.contains(&one) {
                told.push(one);
            }
        }
    }
    told
}

/// Whether a filter under this name is for the table of these names: `table`, `schema.table` or `database.schema.table`.
pub fn means(given: &str, database: Option<&str>, schema: Option<&str>, table: &str) -> bool {
    let given = name::fold(&decode(given));
    let is = |form: &str| name::fold(form) == given;
    is(table)
        || schema.is_some_and(|schema| {
            is(&format!("{schema}.{table}"))
                || database.is_some_and(|database| is(&format!("{database}.{schema}.{table}")))
        })
}

/// The same for a record, by its FQN.
pub fn means_record(given: &str, fqn: &str) -> bool {
    if ends_otherwise(given, fqn) {
        return false;
    }
    let parts = name::split(fqn).unwrap_or_default();
    let real = |part: &String| decode(part).into_owned();
    match parts.as_slice() {
        [.., database, schema, table] => means(given, Some(&real(database)), Some(&real(schema)), &real(table)),
        [schema, table] => means(given, None, Some(&real(schema)), &real(table)),
        [table] => means(given, None, None, &real(table)),
        [] => false,
    }
}

/// Whether that cannot be, told by the ends of the two alone: the filters of a thousand people are held against as many
/// tables. Of names that are spelled in a way of their own it says nothing.
fn ends_otherwise(given: &str, fqn: &str) -> bool {
    let own = fqn.rsplit('.').next().unwrap_or(fqn).as_bytes();
    let end = given.len().checked_sub(own.len()).map(|at| &given.as_bytes()[at..]);
    if end.is_some_and(|end| end.eq_ignore_ascii_case(own)) {
        return false;
    }
    let is_of_names = |byte: u8| byte.is_ascii_alphanumeric() || b"._- ".contains(&byte);
    let is_plain = |text: &str| text.bytes().all(is_of_names) && !text.contains("__reserved__");
    is_plain(given) && is_plain(fqn)
}

/// Whether a filter of a product is for this asset. Statements read tables: what else bears the name is none.
pub(super) fn means_asset(given: &str, card: &Card) -> bool {
    card.kind == TABLE && means_record(given, &card.fqn)
}

/// The names under which a table may stand that a filter is for: whatever bears dots may be the name alone.
pub fn names(given: &str) -> Vec<String> {
    let given = decode(given);
    let after_dots = given.match_indices('.').map(|(at, dot)| &given[at + dot.len()..]);
    std::iter::once(&*given).chain(after_dots).map(|own| name::fold(&encode(own))).collect()
}

/// The tables that a product has as its assets, also those that may yet be restored.
pub fn tables(product: &View) -> impl Iterator<Item = &Card> {
    let assets = product.edges.iter().filter(|edge| edge.relation == relation::HAS_ASSET);
    assets.filter_map(|edge| product.cards.get(&edge.to)).map(|card| &**card).filter(|card| card.kind == TABLE)
}

fn meant<'v>(product: &'v View, given: &str) -> impl Iterator<Item = &'v Card> {
    tables(product).filter(move |card| means_asset(given, card))
}

/// Those of a user's filters that are for none of the product's tables, as they are named. What follows another table closes
/// its own alone.
pub fn lost(product: &View, user: RecordId) -> Vec<String> {
    let closing = restrictions(product, user).into_iter().filter(|(_, held)| !matches!(held, Held::Link(_)));
    let given = closing.map(|(given, _)| given);
    given.filter(|given| meant(product, given).next().is_none()).collect()
}

/// Those of them that a change gives tables to be for: they close nothing else any more.
pub fn found(before: &View, after: &View, user: RecordId) -> Vec<String> {
    let added = beyond(after, before);
    if added.is_empty() {
        return Vec::new();
    }
    let given = restrictions(before, user).into_iter().map(|(given, _)| given);
    let is_found = |given: &String| added.iter().any(|card| means_asset(given, card));
    given.filter(|given| is_found(given) && meant(before, given).next().is_none()).collect()
}

/// The tables of a product that another state of it has not.
fn beyond<'v>(product: &'v View, other: &View) -> Vec<&'v Card> {
    fn assets(product: &View) -> impl Iterator<Item = RecordId> + '_ {
        product.edges.iter().filter(|edge| edge.relation == relation::HAS_ASSET).map(|edge| edge.to)
    }
    // Most changes leave them as they are.
    if assets(product).eq(assets(other)) {
        return Vec::new();
    }
    let known: HashSet<RecordId> = tables(other).map(|card| card.id).collect();
    tables(product).filter(|card| !known.contains(&card.id)).collect()
}

/// Whether tables are taken from a product although filters of the user close them, which would hold him back from them no
/// more: they mean others alone, or were for none of the product's tables, and closed these as they close them all.
pub fn freed(before: &View, after: &View, user: RecordId) -> bool {
    let gone = beyond(before, after);
    if gone.is_empty() {
        return false;
    }
    let filters = restrictions(before, user);
    let lost = lost(before, user);
    gone.iter().any(|card| {
        let closing = |given: &&String| means_asset(given, card) || lost.contains(given);
        let mut closing = filters.iter().map(|(given, _)| given).filter(closing).peekable();
        // A filter that is for nothing any more closes whatever bears its name.
        let goes_on = |given: &String| means_asset(given, card) && meant(after, given).next().is_none();
        closing.peek().is_some() && !closing.any(goes_on)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_edge_that_gains_relations_of_models_and_nothing_else_is_nobodys_gift() {
        let edge = |terms: serde_json::Value| Edge {
            id: crate::id::EdgeId::fresh(),
            from: RecordId::fresh(),
            relation: VIEWER,
            at: String::new(),
            ord: 0,
            to: RecordId::fresh(),
            attributes: Map::from_iter([(ROW_FILTERS.to_owned(), terms)]),
            since: crate::id::Revision::FIRST,
            until: None,
        };
        let filter = |condition: &str| json!([{"condition": condition, "followed": true}]);
        let link =
            |drawn: bool| json!([{"follows": [{"columns": ["c"], "to": "a", "toColumns": ["id"], "drawn": drawn}]}]);
        let before = edge(json!({"a": filter("x = 1")}));
        let gains = |terms| gains_drawn_alone(&before, &Edge { attributes: edge(terms).attributes, ..before.clone() });
        assert!(gains(json!({"a": filter("x = 1"), "b": link(true)})));
        for other in [
            json!({"a": filter("x = 1"), "b": link(false)}),
            json!({"a": filter("x = 2"), "b": link(true)}),
            json!({"a": "x = 1", "b": link(true)}),
            json!({"a": filter("x = 1"), "b": "y = 1"}),
            json!({"b": link(true)}),
        ] {
            assert!(!gains(other.clone()), "{other}");
        }
        let mut more =
            Edge { attributes: edge(json!({"a": filter("x = 1"), "b": link(true)})).attributes, ..before.clone() };
        more.attributes.insert("allow_sql".to_owned(), true.into());
        assert!(!gains_drawn_alone(&before, &more));
        let kept = edge(json!({"a": filter("x = 1"), "b": link(true)}));
        let lost = Edge { attributes: before.attributes.clone(), ..kept.clone() };
        assert!(!gains_drawn_alone(&kept, &lost), "to lose one is to see more");
    }

    #[test]
    fn a_filter_means_a_table_under_every_form_of_its_name() {
        for given in ["orders", "Orders", "sales.ORDERS", "shop.sales.orders"] {
            assert!(means(given, Some("shop"), Some("sales"), "orders"), "{given}");
            assert!(means_record(given, "pg.shop.sales.orders"), "{given}");
        }
        for given in ["order", "hr.orders", "other.sales.orders", ""] {
            assert!(!means(given, Some("shop"), Some("sales"), "orders"), "{given}");
            assert!(!means_record(given, "pg.shop.sales.orders"), "{given}");
        }
    }

    #[test]
    fn a_filter_is_for_a_table_however_the_two_are_spelled() {
        for (given, fqn, is_for) in [
            ("orders", "pg.shop.sales.Orders", true),
            ("SALES.orders", "pg.shop.sales.orders", true),
            ("shop.sales.orders", "pg.shop.sales.orders", true),
            ("pg.shop.sales.orders", "pg.shop.sales.orders", false),
            ("other.orders", "pg.shop.sales.orders", false),
            ("orders", "pg.shop.sales.order", false),
            ("order", "pg.shop.sales.orders", false),
            ("rs", "pg.shop.sales.orders", false),
            ("a.b", "pg.shop.sales.\"a.b\"", true),
            ("b", "pg.shop.sales.\"a.b\"", false),
            ("a::b", "pg.shop.sales.a__reserved__colon__b", true),
            ("a__reserved__colon__b", "pg.shop.sales.a__reserved__colon__b", true),
            ("GRÖSSE", "pg.shop.sales.größe", false),
            ("GRÖẞE", "pg.shop.sales.größe", true),
            // The sign of kelvin is folded to a letter.
            ("\u{212a}m", "pg.shop.sales.km", true),
            ("km", "pg.shop.sales.\u{212a}m", true),
        ] {
            assert_eq!(means_record(given, fqn), is_for, "{given} {fqn}");
        }
    }

    #[test]
    fn a_filter_is_looked_for_under_each_name_that_its_table_may_have() {
        assert_eq!(names("Orders"), ["orders"]);
        assert_eq!(names("shop.Sales.orders"), ["shop.sales.orders", "sales.orders", "orders"]);
        assert_eq!(names("s.a::b"), ["s.a__reserved__colon__b", "a__reserved__colon__b"]);
    }
}
