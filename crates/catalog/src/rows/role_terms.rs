//! What the edge of a role bears for one table: a condition on its rows, masks of its columns, and the relations by which
//! its rows follow the filters of other tables.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::masks::{self, Masks};

/// A condition alone is a text; else its value is an object of these. What is followed stands in a list of that one object:
/// servers that know of no relations find a condition there that cannot be read, and let nothing be read under it.
const CONDITION: &str = "condition";
const COLUMNS: &str = "columns";
const FOLLOWS: &str = "follows";
const FOLLOWED: &str = "followed";
/// What a link is kept as.
const OWN: &str = "columns";
const TO: &str = "to";
const TO_COLUMNS: &str = "toColumns";
const DRAWN: &str = "drawn";

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RoleTerms {
    pub condition: Option<String>,
    pub masks: Masks,
    pub links: Vec<Link>,
    /// The condition is followed by the tables that refer to this one.
    pub is_followed: bool,
}

/// Of a table only those rows are seen whose columns refer to a row that is seen of another one: so a filter follows a
/// relation. It is kept as it was when the filter was given, so that nobody who edits the model takes it off.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Link {
    pub columns: Vec<String>,
    /// The other table, by a name as filters have them.
    pub to: String,
    pub to_columns: Vec<String>,
    /// Nobody gave it: whoever edits the models drew the relation after the filter was given. Over a masked column it is not
    /// followed, and without columns it only closes its table.
    pub is_drawn: bool,
}

/// Links by the tables that they are for, named as filters name them.
pub type Links = BTreeMap<String, Vec<Link>>;

impl RoleTerms {
    pub fn read(terms: &Value) -> RoleTerms {
        let followed =
            || if let Some([Value::Object(one)]) = terms.as_array().map(Vec::as_slice) { Some(one) } else { None };
        let Some(all) = terms.as_object().or_else(followed) else {
            // What is no text cannot be read as a condition, and nothing is.
            return RoleTerms {
                condition: Some(terms.as_str().unwrap_or_default().to_owned()),
                ..RoleTerms::default()
            };
        };
        let masks = all.get(COLUMNS).and_then(Value::as_object);
        let links = all.get(FOLLOWS).and_then(Value::as_array).into_iter().flatten();
        RoleTerms {
            condition: all.get(CONDITION).and_then(Value::as_str).map(str::to_owned),
            masks: masks.map(masks::of_object).unwrap_or_default(),
            links: links.map(Link::read).collect(),
            is_followed: all.get(FOLLOWED).and_then(Value::as_bool) == Some(true),
        }
    }

    /// As an edge bears it; `None` where there is nothing.
    pub fn value(&self) -> Option<Value> {
        if self.masks.is_empty() && !self.follows() {
            return self.condition.as_deref().map(Value::from);
        }
        let mut all = Map::new();
        all.extend(self.condition.as_deref().map(|condition| (CONDITION.to_owned(), condition.into())));
        if !self.masks.is_empty() {
            all.insert(COLUMNS.to_owned(), masks::printed(&self.masks));
        }
        if !self.links.is_empty() {
            all.insert(FOLLOWS.to_owned(), self.links.iter().map(Link::value).collect());
        }
        if self.is_followed && self.condition.is_some() {
            all.insert(FOLLOWED.to_owned(), true.into());
        }
        Some(if self.follows() { Value::Array(vec![all.into()]) } else { all.into() })
    }

    /// Whether relations matter to it: its condition is followed, or it follows others.
    pub fn follows(&self) -> bool {
        !self.links.is_empty() || (self.is_followed && self.condition.is_some())
    }

    /// Both at once.
    pub fn join(&mut self, more: RoleTerms) {
        self.condition = match (self.condition.take(), more.condition) {
            (Some(own), Some(other)) if own != other => Some(format!("({own}) AND ({other})")),
            (own, other) => own.or(other),
        };
        self.is_followed |= more.is_followed;
        masks::join(&mut self.masks, more.masks);
        for link in more.links {
            match self.links.iter_mut().find(|known| known.is_same(&link)) {
                Some(known) => known.is_drawn &= link.is_drawn,
                None => self.links.push(link),
            }
        }
    }
}

/// How many relations from one table to another models draw at most, and how many one table bears that lead to a filter. It is
/// read by nobody who follows so many, so that none more need be kept: one more than a guard follows.
pub const MOST_DRAWN: usize = 65;

/// Members of the field with the relations of models: those that hold from now on, and those that did before, of which
/// the catalogue may not know yet.
pub const NOW: &str = "now";
pub const PAST: &str = "past";

/// The links of a field.
pub fn read_links(kept: Option<&Value>) -> Links {
    let all = kept.and_then(Value::as_object).into_iter().flatten();
    all.map(|(table, links)| (table.clone(), links.as_array().into_iter().flatten().map(Link::read).collect()))
        .collect()
}

/// As a field has them.
pub fn links_value(links: &Links) -> Value {
    links
        .iter()
        .map(|(table, links)| (table.clone(), links.iter().map(Link::value).collect()))
        .collect::<Map<_, _>>()
        .into()
}

impl Link {
    /// Whether it is the same relation, whoever brought it.
    pub fn is_same(&self, other: &Link) -> bool {
        (&self.columns, &self.to, &self.to_columns) == (&other.columns, &other.to, &other.to_columns)
    }

    /// What cannot be read leads nowhere, and lets no row be seen.
    fn read(kept: &Value) -> Link {
        let names = |field: &str| -> Vec<String> {
            let names = kept.get(field).and_then(Value::as_array).into_iter().flatten();
            names.filter_map(|name| name.as_str().map(str::to_owned)).collect()
        };
        let to = kept.get(TO).and_then(Value::as_str).unwrap_or_default();
        let is_drawn = kept.get(DRAWN).and_then(Value::as_bool) == Some(true);
        Link { columns: names(OWN), to: to.to_owned(), to_columns: names(TO_COLUMNS), is_drawn }
    }

    fn value(&self) -> Value {
        let names = |names: &[String]| names.iter().map(|name| Value::from(name.as_str())).collect::<Value>();
        let mut kept = Map::new();
        kept.insert(OWN.to_owned(), names(&self.columns));
        kept.insert(TO.to_owned(), self.to.as_str().into());
        kept.insert(TO_COLUMNS.to_owned(), names(&self.to_columns));
        kept.extend(self.is_drawn.then(|| (DRAWN.to_owned(), true.into())));
        kept.into()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rows::masks::Mask;

    #[test]
    fn what_an_edge_bears_is_read_as_it_was_written() {
        let (columns, to_columns) = (vec!["customer".into()], vec!["id".into()]);
        let link = Link { columns, to: "shop.customers".into(), to_columns, is_drawn: true };
        let masks = Masks::from([("mail".to_owned(), Mask::Hashed)]);
        for condition in [None, Some("a = 1".to_owned())] {
            for masks in [Masks::new(), masks.clone()] {
                for links in [Vec::new(), vec![link.clone()]] {
                    let is_followed = condition.is_some() && !links.is_empty();
                    let terms = RoleTerms { condition: condition.clone(), masks: masks.clone(), links, is_followed };
                    assert_eq!(terms.value().map(|kept| RoleTerms::read(&kept)).unwrap_or_default(), terms);
                }
            }
        }
        // A word that nobody knows, what is no condition and what is no link open nothing.
        assert_eq!(RoleTerms::read(&json!({"columns": {"mail": "blurred"}})).masks["mail"], Mask::Hidden);
        assert_eq!(RoleTerms::read(&json!(7)).condition.as_deref(), Some(""));
        assert_eq!(RoleTerms::read(&json!({"follows": [7]})).links.len(), 1);
    }

    #[test]
    fn of_two_both_hold() {
        let mut one = RoleTerms::read(&json!("a = 1"));
        let link = json!({"columns": ["c"], "to": "t", "toColumns": ["id"]});
        one.join(RoleTerms::read(&json!({"condition": "b = 2", "follows": [link]})));
        one.join(RoleTerms::read(&json!({"follows": [link]})));
        assert_eq!(one.value(), Some(json!([{"condition": "(a = 1) AND (b = 2)", "follows": [link]}])));
    }

    /// They read a text as a condition, an object as a condition with masks, and in anything else a condition that is none.
    #[test]
    fn servers_that_know_no_relations_let_nothing_be_read_of_what_is_followed() {
        let is_known_to_them =
            |terms: RoleTerms| terms.value().is_some_and(|kept| kept.is_string() || kept.is_object());
        let condition = Some("a = 1".to_owned());
        let masks = Masks::from([("mail".to_owned(), Mask::Hashed)]);
        assert!(is_known_to_them(RoleTerms {
            condition: condition.clone(),
            masks: masks.clone(),
            ..RoleTerms::default()
        }));
        assert!(!is_known_to_them(RoleTerms { condition, is_followed: true, masks, ..RoleTerms::default() }));
        assert!(!is_known_to_them(RoleTerms::read(
            &json!({"follows": [{"columns": ["c"], "to": "t", "toColumns": ["id"]}]})
        )));
        let kept = json!({"condition": "a = 1", "followed": true});
        assert_eq!(RoleTerms::read(&kept), RoleTerms::read(&json!([kept])));
    }
}
