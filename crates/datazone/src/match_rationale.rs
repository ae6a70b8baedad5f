//! Why an item was found: the attributes in which its words stand, and where.

use serde_json::{Map, Value, json};

use crate::text_query::TextQuery;

/// What a request names to be told of it.
pub const WANTED: &str = "TEXT_MATCH_RATIONALE";

/// Adds to an item, which stands in the member of its union, where in these attributes the words are.
pub fn add(item: &mut Value, words: &TextQuery, attributes: &[(String, String)]) {
    let matches: Vec<Value> = attributes.iter().filter_map(|(name, text)| text_match(words, name, text)).collect();
    let Some(item) = item.as_object_mut().and_then(|union| union.values_mut().next()).and_then(Value::as_object_mut)
    else {
        return;
    };
    let more = item.entry("additionalAttributes").or_insert_with(|| Value::Object(Map::new()));
    if let Some(more) = more.as_object_mut() {
        more.insert("matchRationale".to_owned(), json!([{ "textMatches": matches }]));
    }
}

fn text_match(words: &TextQuery, attribute: &str, text: &str) -> Option<Value> {
    let offsets = words.offsets(attribute, text);
    if offsets.is_empty() {
        return None;
    }
    let offset = |(from, to): (usize, usize)| json!({ "startOffset": from, "endOffset": to });
    let offsets: Vec<Value> = offsets.into_iter().map(offset).collect();
    Some(json!({ "attribute": attribute, "text": text, "matchOffsets": offsets }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_without_a_word_are_left_out() {
        let mut item = json!({ "assetItem": { "name": "Sales", "additionalAttributes": { "formsOutput": [] } } });
        let attributes = [("name".to_owned(), "Sales".to_owned()), ("description".to_owned(), "of it".to_owned())];
        add(&mut item, &TextQuery::parse("sal"), &attributes);
        let told =
            json!({ "attribute": "name", "text": "Sales", "matchOffsets": [{ "startOffset": 0, "endOffset": 3 }] });
        let expected = json!({ "formsOutput": [], "matchRationale": [{ "textMatches": [told] }] });
        assert_eq!(item["assetItem"]["additionalAttributes"], expected);
    }
}
