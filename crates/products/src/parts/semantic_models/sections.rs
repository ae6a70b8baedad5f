//! The tables, relationships and metrics of a model, one by one. Each is named in the model; its id is its name.

use emporion_catalog::name;
use emporion_edge::etag::IfMatch;
use emporion_semantic::model;
use serde_json::Value;
use uuid::Uuid;

use super::body::{self, Taken};
use super::document::list;
use super::part::SemanticModels;
use super::write;
use crate::failure::{Code, Failure, Violation};
use crate::idempotency::{Idempotent, StoredAnswer};
use crate::message::Message;
use crate::parts::change::{self, Compose, Content, Stored, Writing};
use crate::parts::examination::Examine;
use crate::parts::spec::Fields;
use crate::request::ProductRequest;
use crate::service::Products;

/// One list of a model.
#[derive(Debug)]
pub struct Section {
    /// In documents.
    pub list: &'static str,
    /// What one of it is called, in answers, too.
    pub noun: &'static str,
    /// What is said of a name that the model has already: names of metrics are a rule of the whole product, 422; others
    /// are taken within the model, 409.
    taken: fn(Message) -> Failure,
}

pub static TABLES: Section = Section { list: "datasets", noun: "table", taken: taken_in_model };
pub static RELATIONSHIPS: Section = Section { list: "relationships", noun: "relationship", taken: taken_in_model };
pub static METRICS: Section = Section { list: "metrics", noun: "metric", taken: taken_in_product };

/// What becomes of something that a model has.
pub enum Change {
    Remove,
    /// A merge patch.
    Patch(Value),
}

fn taken_in_product(message: Message) -> Failure {
    Failure::semantic_model_invalid(vec![Violation::new("/name", "DUPLICATE_NAME", message)])
}

fn taken_in_model(message: Message) -> Failure {
    let violation = Violation::new("/name", "unique", message.clone());
    Failure::new(Code::CONFLICT, message).violating(vec![violation])
}

impl Section {
    /// Where something of this name stands in the list; by another case only where none has this one.
    pub fn position(&self, fields: &Fields, wanted: &str) -> Option<usize> {
        position(list(fields, self.list), wanted)
    }

    /// Something by its name.
    ///
    /// Errors: 404.
    pub fn find<'f>(&self, fields: &'f Fields, wanted: &str) -> Result<&'f Value, Failure> {
        let at = self.position(fields, wanted).ok_or_else(|| self.missing(wanted))?;
        Ok(&list(fields, self.list)[at])
    }

    fn missing(&self, wanted: &str) -> Failure {
        Failure::not_found(Message::with("there is no {} \"{}\" in the semantic model", [self.noun, wanted]))
    }

    /// The list in a document, made where there is none.
    fn of<'a>(&self, document: &'a mut Value) -> Option<&'a mut Vec<Value>> {
        let model = document.pointer_mut("/semantic_model/0")?.as_object_mut()?;
        model.entry(self.list).or_insert_with(|| Value::Array(Vec::new())).as_array_mut()
    }

    /// Findings about the part itself stand in the body, not in the document.
    fn within(&self, failure: Failure, at: usize) -> Failure {
        let prefix = format!("/{}/{at}", self.list);
        let placed = |violation: Violation| match violation.path.strip_prefix(&prefix) {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => Violation { path: rest.to_owned(), ..violation },
            _ => violation,
        };
        Failure { violations: failure.violations.into_iter().map(placed).collect(), ..failure }
    }

    /// The content after an edit of one part; what is found wrong with the part, now or later, stands in the body.
    fn placed(&'static self, edited: Result<Taken, Failure>, at: usize) -> Result<Content, Failure> {
        let Content { fields, examine } = edited.map(write::content).map_err(|failure| self.within(failure, at))?;
        let examine: Examine = Box::new(move |cx, written| {
            let examined = examine(cx, written);
            Box::pin(async move { examined.await.map_err(|failure| self.within(failure, at)) })
        });
        Ok(Content { fields, examine })
    }
}

fn position(parts: &[Value], wanted: &str) -> Option<usize> {
    let is = |same: &dyn Fn(&str) -> bool| parts.iter().position(|part| part["name"].as_str().is_some_and(same));
    is(&|own| own == wanted).or_else(|| is(&|own| name::fold(own) == name::fold(wanted)))
}

/// Adds something to a model.
///
/// Errors: 403, 404, 412 where the condition does not hold; 409 and 422 for a name that is taken, and for what does not
/// fit the model.
pub async fn add(
    products: &Products,
    request: &ProductRequest,
    (id, section): (Uuid, &'static Section),
    part: Value,
    is_live: bool,
    condition: Option<IfMatch>,
    stored: Option<StoredAnswer<Stored>>,
) -> Result<Idempotent<Stored>, Failure> {
    let name = part["name"].as_str().unwrap_or_default().to_owned();
    let content: Compose = Box::new(move |before| {
        let before = before.cloned().unwrap_or_default();
        if section.position(&before, &name).is_some() {
            let message = Message::with("the semantic model has a {} \"{}\" already", [section.noun, name.as_str()]);
            return Err((section.taken)(message));
        }
        let at = list(&before, section.list).len();
        let edited = body::edited(before, |document| {
            if let Some(parts) = section.of(document) {
                parts.push(part.clone());
            }
        });
        section.placed(edited, at)
    });
    let writing = Writing { is_live, condition, ..Writing::of(Some(id), content) };
    let prepare = |_| std::future::ready(Ok(writing));
    change::write(&SemanticModels, products, request, prepare, stored).await
}

/// Changes something that a model has, or takes it out.
///
/// Errors: 403, 404, 412 where the condition does not hold; 422 for what does not fit the model.
pub async fn change(
    products: &Products,
    request: &ProductRequest,
    (id, section, wanted): (Uuid, &'static Section, &str),
    wanted_change: Change,
    is_live: bool,
    condition: Option<IfMatch>,
) -> Result<Stored, Failure> {
    let wanted = wanted.to_owned();
    let content: Compose = Box::new(move |before| {
        let before = before.cloned().unwrap_or_default();
        let at = section.position(&before, &wanted).ok_or_else(|| section.missing(&wanted))?;
        let edited = body::edited(before, |document| {
            let Some(parts) = section.of(document) else { return };
            match &wanted_change {
                Change::Remove => drop(parts.remove(at)),
                Change::Patch(change) => model::patch(&mut parts[at], change),
            }
        });
        match wanted_change {
            // Where the part is gone, another one has taken its place in the list.
            Change::Remove => edited.map(write::content),
            Change::Patch(_) => section.placed(edited, at),
        }
    });
    let writing = Writing { is_live, condition, ..Writing::of(Some(id), content) };
    let prepare = |_| std::future::ready(Ok(writing));
    change::write(&SemanticModels, products, request, prepare, None).await?.fresh()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::parts::semantic_models::spec::DOCUMENT;

    #[test]
    fn what_is_wrong_with_the_part_stands_in_the_body() {
        let failure = Failure::semantic_model_invalid(vec![
            Violation::new("/metrics/1/expression", "EXPRESSION", "…"),
            Violation::new("/metrics/10/expression", "EXPRESSION", "…"),
            Violation::new("/relationships/0/to", "UNKNOWN_DATASET", "…"),
        ]);
        let placed = METRICS.within(failure, 1);
        let paths: Vec<&str> = placed.violations.iter().map(|violation| violation.path.as_str()).collect();
        assert_eq!(paths, ["/expression", "/metrics/10/expression", "/relationships/0/to"]);
    }

    #[test]
    fn a_list_is_made_where_the_document_has_none() {
        let mut document = json!({"semantic_model": [{"name": "m", "datasets": []}]});
        METRICS.of(&mut document).expect("a list").push(json!({"name": "net_sales"}));
        let fields = Fields::from_iter([(DOCUMENT.to_owned(), document)]);
        assert_eq!(METRICS.position(&fields, "Net_Sales"), Some(0));
    }
}
