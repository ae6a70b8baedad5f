//! The criteria of a search: words, the attributes that they are looked for in, and a filter.

use emporion_catalog::finder::Condition;
use serde_json::Value;

use crate::error::ServiceError;
use crate::filter::{self, Attribute, Compare, Filter};
use crate::input::Input;
use crate::text_query::TextQuery;

pub struct Criteria {
    pub words: TextQuery,
    /// Attributes to look for the words in; empty means all texts.
    pub search_in: Vec<String>,
    pub filter: Option<Filter>,
    /// The attributes that are texts.
    texts: &'static [&'static str],
}

impl Criteria {
    /// Those of a request that follows its shape. Unless it says where, words are looked for in these texts.
    pub fn read(input: &Input, texts: &'static [&'static str]) -> Result<Criteria, ServiceError> {
        let attribute = |value: &Value| value.get("attribute").and_then(Value::as_str).map(str::to_owned);
        Ok(Criteria {
            words: TextQuery::parse(input.text("searchText").unwrap_or_default()),
            search_in: input.list("searchIn").iter().filter_map(attribute).collect(),
            filter: input.get("filters").map(filter::parse).transpose()?,
            texts,
        })
    }

    /// What the index says of them where it says this of the words, and `leaf` of a comparison.
    pub fn condition(&self, words: Condition, leaf: impl Fn(&Compare) -> Condition) -> Condition {
        let filter = self.filter.as_ref().map(|filter| filter.bounded(&|compare| (leaf(compare), false)).0);
        Condition::all(std::iter::once(words).chain(filter).collect())
    }

    /// Whether an item passes; `values_of` gives an attribute's values, none for an attribute it does not have.
    pub fn accept(&self, values_of: &impl Fn(&str) -> Vec<Attribute>) -> bool {
        (self.words.is_empty() || self.words.matches(&self.searched(values_of)))
            && self.filter.as_ref().is_none_or(|filter| filter.holds_by(&|compare| compare.accepts(values_of)))
    }

    /// The attributes that words are looked for in, with their texts.
    pub fn searched(&self, values_of: &impl Fn(&str) -> Vec<Attribute>) -> Vec<(String, String)> {
        let names: Vec<&str> = match self.search_in.as_slice() {
            [] => self.texts.to_vec(),
            names => names.iter().map(String::as_str).collect(),
        };
        let texts = |name: &str| {
            let texts = values_of(name).into_iter().map(|value| match value {
                Attribute::Text(text) => (name.to_owned(), text),
                Attribute::Integer(number) => (name.to_owned(), number.to_string()),
            });
            texts.collect::<Vec<_>>()
        };
        names.into_iter().flat_map(texts).collect()
    }
}
