//! Rules of policies in words.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::access::action_labels;
use crate::text::plain::shown_prose;
use crate::text::texts::Texts;

pub fn is_allowing(rule: &Value) -> bool {
    rule["effect"].as_str().is_none_or(|effect| effect.eq_ignore_ascii_case("allow"))
}

/// Whether two of them say the same, in whatever order they name it.
pub fn are_same(one: &Value, other: &Value) -> bool {
    let words = |rule: &Value, name: &str| -> BTreeSet<String> {
        let all = rule[name].as_array().into_iter().flatten().filter_map(Value::as_str);
        all.map(|word| if word.eq_ignore_ascii_case("all") { "all".to_owned() } else { word.to_owned() }).collect()
    };
    let condition = |rule: &Value| rule["condition"].as_str().unwrap_or_default().trim().to_owned();
    // What no form speaks of differs as it stands.
    let rest = |rule: &Value| {
        let mut rest = rule.as_object().cloned().unwrap_or_default();
        rest.retain(|name, _| !["effect", "operations", "resources", "condition"].contains(&name.as_str()));
        rest
    };
    is_allowing(one) == is_allowing(other)
        && ["operations", "resources"].iter().all(|name| words(one, name) == words(other, name))
        && condition(one) == condition(other)
        && rest(one) == rest(other)
}

/// What it lets do, or forbids, and to what.
pub fn lets(t: Texts, rule: &Value) -> String {
    let words = |name: &str, rendered: fn(Texts, &str) -> String| {
        let all = rule[name].as_array().into_iter().flatten().filter_map(Value::as_str);
        all.map(|word| if matches!(word, "all" | "All") { t.say("admin.everything") } else { rendered(t, word) })
            .collect::<Vec<_>>()
            .join(", ")
    };
    let key = if is_allowing(rule) { "admin.allows" } else { "admin.denies" };
    let (operations, resources) =
        (words("operations", action_labels::rendered), words("resources", action_labels::kind));
    t.with(key, &[("operations", &operations), ("resources", &resources)])
}

/// The same with its condition.
pub fn rendered(t: Texts, rule: &Value) -> String {
    let lets = lets(t, rule);
    match rule["condition"].as_str().map(str::trim).filter(|condition| !condition.is_empty()) {
        Some(condition) => t.with("diff.rule_where", &[("rule", &lets), ("condition", &shown_prose(condition))]),
        None => lets,
    }
}
