//! A plan as people read it.

use std::io::IsTerminal;

use serde_json::Value;

use crate::output::visible;

const GREEN: &str = "32";
const YELLOW: &str = "33";
const RED: &str = "31";

/// Colours are for terminals that want them.
pub fn in_colours() -> bool {
    std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|said| said.is_empty())
}

pub fn plan(plan: &Value, in_colours: bool) -> String {
    let mut shown = Shown { text: String::new(), in_colours };
    let changes = plan["changes"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut counts = [0_usize; 3];
    for change in changes {
        counts[shown.change(change)] += 1;
    }
    if !shown.text.is_empty() {
        shown.text.push('\n');
    }
    let [created, changed, deleted] = counts;
    shown.text.push_str(&match changes.is_empty() {
        true => "The catalogue is as the files say.\n".to_owned(),
        false => format!("{created} to create, {changed} to change, {deleted} to delete.\n"),
    });
    match plan["undocumented"].as_u64().unwrap_or(0).saturating_sub(deleted as u64) {
        0 => {}
        1 => shown.text.push_str("1 record is in no file; --prune deletes it.\n"),
        more => shown.text.push_str(&format!("{more} records are in no file; --prune deletes them.\n")),
    }
    shown.text
}

struct Shown {
    text: String,
    in_colours: bool,
}

impl Shown {
    fn line(&mut self, colour: &str, indent: usize, words: &str) {
        let (begin, end) = match self.in_colours {
            true => (format!("\x1b[{colour}m"), "\x1b[0m"),
            false => (String::new(), ""),
        };
        self.text.push_str(&format!("{}{begin}{}{end}\n", " ".repeat(indent), visible(words)));
    }

    /// Answers which sort of change it is.
    fn change(&mut self, change: &Value) -> usize {
        let text = |member: &str| change[member].as_str().unwrap_or_default();
        let title = format!("{} {} {}", text("action"), text("kind"), text("name"));
        let fields = change["fields"].as_array().map(Vec::as_slice).unwrap_or_default();
        match text("action") {
            "create" => {
                self.line(GREEN, 0, &format!("+ {title}"));
                for field in fields.iter().filter(|field| field["field"] != "parent") {
                    self.values(GREEN, field["field"].as_str().unwrap_or_default(), &field["after"]);
                }
                0
            }
            "delete" => {
                self.line(RED, 0, &format!("- {title}"));
                2
            }
            _ => {
                self.line(YELLOW, 0, &format!("~ {title}"));
                for field in fields {
                    self.field(field);
                }
                1
            }
        }
    }

    /// What is gone and what is new; what both have is left out.
    fn field(&mut self, field: &Value) {
        self.line(YELLOW, 4, field["field"].as_str().unwrap_or_default());
        let (before, after) = (lines(&field["before"]), lines(&field["after"]));
        let first = before.iter().zip(&after).take_while(|(a, b)| a == b).count();
        let most = before.len().min(after.len()) - first;
        let last = before.iter().rev().zip(after.iter().rev()).take(most).take_while(|(a, b)| a == b).count();
        for line in &before[first..before.len() - last] {
            self.line(RED, 6, &format!("- {line}"));
        }
        for line in &after[first..after.len() - last] {
            self.line(GREEN, 6, &format!("+ {line}"));
        }
    }

    fn values(&mut self, colour: &str, name: &str, value: &Value) {
        match lines(value).as_slice() {
            [] => {}
            [one] => self.line(colour, 4, &format!("{name}: {one}")),
            more => {
                self.line(colour, 4, &format!("{name}:"));
                more.iter().for_each(|line| self.line(colour, 6, line));
            }
        }
    }
}

/// A value line by line: those of a text, the items of a list.
fn lines(value: &Value) -> Vec<String> {
    match value {
        Value::Null => Vec::new(),
        Value::String(text) => text.split('\n').map(str::to_owned).collect(),
        Value::Array(items) => items.iter().map(item).collect(),
        other => vec![item(other)],
    }
}

fn item(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(members) if members.values().all(|value| !value.is_object() && !value.is_array()) => {
            let member = |(name, value): (&String, &Value)| format!("{name}: {}", item(value));
            members.iter().map(member).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_plan_says_what_is_gone_and_what_is_new() {
        let told = json!({"undocumented": 3, "changes": [
            {"action": "create", "kind": "domain", "name": "A", "fields": [{"field": "domain_type", "after": "Aggregate"}]},
            {"action": "change", "kind": "data_product", "name": "A.p", "fields": [
                {"field": "description", "before": "one\ntwo\nthree", "after": "one\n2\nthree"},
                {"field": "tags", "before": [{"tag": "a.b"}], "after": [{"tag": "a.b"}, {"tag": "c\u{1b}[2J.d"}]},
            ]},
            {"action": "delete", "kind": "domain", "name": "B", "fields": []},
        ]});
        let shown = "+ create domain A\n    domain_type: Aggregate\n~ change data_product A.p\n    description\n      - two\n      + 2\n    tags\n      + tag: c [2J.d\n- delete domain B\n\n1 to create, 1 to change, 1 to delete.\n2 records are in no file; --prune deletes them.\n";
        assert_eq!(plan(&told, false), shown);
        assert!(plan(&told, true).starts_with("\x1b[32m+ create domain A\x1b[0m\n"));
        assert_eq!(plan(&json!({"changes": [], "undocumented": 0}), true), "The catalogue is as the files say.\n");
    }
}
