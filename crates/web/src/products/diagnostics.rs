//! What is wrong with a semantic model, said of the part that it is wrong with, and where that is mended.

use askama::Template;
use askama::filters::HtmlSafe;
use emporion_products::parts::semantic_models::entry::EntryRef;
use serde_json::Value;

use crate::products::model::form_at;
use crate::text::plain::{shown, shown_prose};
use crate::text::texts::Texts;

/// The lists of a model that have parts.
const LISTS: [&str; 3] = ["metrics", "datasets", "relationships"];
/// Of a text so much that is wrong is shown.
const MOST_SHOWN: usize = 50;

/// One thing that is wrong.
#[derive(Template)]
#[template(
    source = r#"{% if let Some(way) = way %}<a class="alone" href="{{ way }}"><bdi>{{ rendered }}</bdi></a>{% else %}<bdi>{{ rendered }}</bdi>{% endif %}"#,
    ext = "html"
)]
pub struct Diagnostic {
    pub rendered: String,
    /// The form of the part.
    pub way: Option<String>,
}

impl HtmlSafe for Diagnostic {}

/// A model of the product at an address, which things are wrong with.
pub struct ModelDiagnostics<'a> {
    pub t: Texts,
    pub product: &'a str,
    pub model: &'a str,
    pub document: &'a Value,
}

impl ModelDiagnostics<'_> {
    /// What a message says of a place in the document.
    pub fn diagnostic(&self, path: &str, message: &str) -> Diagnostic {
        let message = shown_prose(message);
        match part(self.document, path) {
            Some(part) => Diagnostic {
                rendered: named(self.t, &part, &message),
                way: Some(form_at(self.product, self.model, &part)),
            },
            None => Diagnostic { rendered: message, way: None },
        }
    }

    /// The same of what has its place before it.
    pub fn placed(&self, said: &str) -> Diagnostic {
        match placed(said) {
            Some((path, message)) => self.diagnostic(path, message),
            None => Diagnostic { rendered: shown_prose(said), way: None },
        }
    }
}

/// What is wrong with a text of a document, with the line that it is in: so much of it as is shown.
pub fn in_text(t: Texts, text: &str, mut faults: Vec<String>) -> Vec<String> {
    let others = faults.split_off(faults.len().min(MOST_SHOWN)).len();
    if faults.iter().any(|fault| placed(fault).is_some())
        && let Ok(document) = serde_json::from_str::<Value>(text)
    {
        let lines = NamedLines::of(text);
        for fault in &mut faults {
            let Some((part, message)) = placed(fault).and_then(|(path, said)| Some((part(&document, path)?, said)))
            else {
                continue;
            };
            let rendered = named(t, &part, message);
            *fault = match lines.line(&part) {
                Some(line) => t.with("model.in_line", &[("line", &t.number(line as u64)), ("said", &rendered)]),
                None => rendered,
            };
        }
    }
    faults.extend((others > 0).then(|| t.count("home.others", others)));
    faults
}

fn named(t: Texts, part: &EntryRef, message: &str) -> String {
    let kind = match part {
        EntryRef::Metric(_) => "metric",
        EntryRef::Table(_) => "table",
        EntryRef::Field { .. } => "field",
        EntryRef::Relationship(_) => "relationship",
    };
    let (kind, name) = (t.say(&format!("model.kind.{kind}")), shown(&part.called_as()));
    t.with("model.diagnostic", &[("kind", &kind), ("name", &name), ("said", message)])
}

/// `metrics/3/name: it is taken`, apart.
fn placed(said: &str) -> Option<(&str, &str)> {
    let (path, message) = said.split_once(": ")?;
    (path.contains('/') && !path.contains(' ') && LISTS.iter().any(|list| path.contains(list)))
        .then_some((path, message))
}

/// The part of a document that a path leads into.
fn part(document: &Value, path: &str) -> Option<EntryRef> {
    let mut steps = path.split('/').skip_while(|step| !LISTS.contains(step));
    let (list, at) = (steps.next()?, steps.next()?.parse::<usize>().ok()?);
    let name = |of: &Value| of["name"].as_str().map(str::to_owned);
    let model = document.get("semantic_model").map_or(document, |models| &models[0]);
    let one = model[list].get(at)?;
    let own = name(one)?;
    Some(match list {
        "metrics" => EntryRef::Metric(Some(own)),
        "relationships" => EntryRef::Relationship(Some(own)),
        _ => match (steps.next(), steps.next().and_then(|at| at.parse::<usize>().ok())) {
            (Some("fields"), Some(field)) => {
                EntryRef::Field { table: own, name: Some(name(one["fields"].get(field)?)?) }
            }
            _ => EntryRef::Table(own),
        },
    })
}

/// The lines of a text that name parts, and those in which its lists begin, from 0.
struct NamedLines<'a> {
    named: Vec<(usize, &'a str)>,
    lists: Vec<(usize, &'static str)>,
}

impl<'a> NamedLines<'a> {
    fn of(text: &'a str) -> NamedLines<'a> {
        let (mut named, mut lists) = (Vec::new(), Vec::new());
        for (at, line) in text.lines().enumerate() {
            let Some(rest) = line.trim_start().strip_prefix('"') else { continue };
            if let Some(name) = rest.strip_prefix("name\":") {
                named.push((at, name.trim().trim_end_matches(',')));
            }
            let list =
                LISTS.into_iter().find(|list| rest.strip_prefix(list).is_some_and(|rest| rest.starts_with("\":")));
            lists.extend(list.map(|list| (at, list)));
        }
        NamedLines { named, lists }
    }

    /// The line in which a part is named, from 1: that of a field behind that of its table.
    fn line(&self, part: &EntryRef) -> Option<usize> {
        let named = |name: &str, from: usize| {
            let name = Value::from(name).to_string();
            let mut behind = self.named.iter().filter(|(at, _)| *at >= from);
            behind.find(|(_, own)| *own == name).map(|(at, _)| at + 1)
        };
        let behind = |list: &str| self.lists.iter().find(|(_, own)| *own == list).map_or(0, |(at, _)| *at);
        match part {
            EntryRef::Metric(Some(name)) => named(name, behind("metrics")),
            EntryRef::Relationship(Some(name)) => named(name, behind("relationships")),
            EntryRef::Table(name) => named(name, behind("datasets")),
            EntryRef::Field { table, name: Some(name) } => named(name, named(table, behind("datasets"))?),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document() -> Value {
        json!({"semantic_model": [{
            "name": "shop",
            "datasets": [{"name": "orders", "fields": [{"name": "id"}, {"name": "state"}]}],
            "metrics": [{"name": "net"}, {"name": "gross"}],
        }]})
    }

    #[test]
    fn a_diagnostic_is_said_of_its_part_and_leads_there() {
        let (t, document) = (Texts::by_code("en").expect("English"), document());
        let judged = ModelDiagnostics { t, product: "/products/x", model: "m", document: &document };
        let diagnostic = judged.diagnostic("/metrics/1/expression/dialects/0", "no sum");
        assert_eq!(diagnostic.rendered, "Metric gross: no sum");
        assert!(diagnostic.way.is_some_and(|way| way.contains("part=metric%3Agross")));
        assert_eq!(
            judged.placed("semantic_model/0/datasets/0/fields/1/name: twice").rendered,
            "Field orders.state: twice"
        );
        for other in ["metrics/7/name: twice", "a sentence: with a colon"] {
            assert!(judged.placed(other).way.is_none(), "{other}");
        }
    }

    #[test]
    fn a_line_is_that_of_the_part() {
        let t = Texts::by_code("en").expect("English");
        let text = serde_json::to_string_pretty(&document()).expect("a text");
        let said = |text: &str, fault: &str| in_text(t, text, vec![fault.to_owned()]).join("\n");
        let line = text.lines().position(|line| line.contains("gross")).expect("a line") + 1;
        assert_eq!(said(&text, "metrics/1/name: twice"), format!("Line {line}: Metric gross: twice"));
        assert_eq!(said("no JSON", "metrics/1/name: twice"), "metrics/1/name: twice");
        assert_eq!(in_text(t, &text, vec!["metrics/1/name: twice".to_owned(); 1_000]).len(), MOST_SHOWN + 1);
    }
}
