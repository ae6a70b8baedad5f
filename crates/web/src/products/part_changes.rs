//! What has become of the semantic models and the verified queries of a product, in words, for its past. Drafts are no
//! part of it: what is told was live.
//!
//! Those who change the product are told all of it. To others nothing is shown that is no more: a name or a value may have
//! been taken out because not everybody should read it.

use std::collections::BTreeSet;

use emporion_catalog::id::{Millis, RecordId, Revision};
use emporion_catalog::ports::StatePlace;
use emporion_catalog::reading::PartChange;
use emporion_catalog::record::Record;
use serde_json::Value;
use uuid::Uuid;

use crate::products::model_difference;
use crate::records::difference::{self, Difference};
use crate::text::plain::shown;
use crate::text::texts::Texts;

/// The parts that are told of.
pub const KINDS: &[&str] = &["semantic_model", "verified_query"];
/// What changes although nobody changes a part.
const SILENT: &[&str] = &["sampled", "status", "result_columns", "question_words", "question_form"];
/// Who last found a query right, and when.
const CHECKED: &[&str] = &["verified_by", "verified_at"];

/// What of a part is told field by field.
fn fields(kind: &str) -> &'static [&'static str] {
    match kind {
        "verified_query" => &["question", "alternate_questions", "parameters", "display_name", "description", "sql"],
        _ => &["display_name", "description", "vouched"],
    }
}

/// What a change did; nothing where it left everything as it was.
pub fn reported(t: Texts, change: &PartChange, may_edit: bool) -> Vec<Difference> {
    let telling = Telling { t, change, may_edit };
    let before = change.before.as_ref();
    let what = match (before.map(|before| before.state.is_alive()), change.after.state.is_alive()) {
        (None, true) => "added",
        (Some(false), true) => "restored",
        (Some(true), false) => "removed",
        (Some(true), true) => return before.map(|before| telling.changed(before)).unwrap_or_default(),
        (_, false) => return Vec::new(),
    };
    vec![telling.rendered(what, "")]
}

struct Telling<'a> {
    t: Texts,
    change: &'a PartChange,
    may_edit: bool,
}

impl Telling<'_> {
    fn rendered(&self, what: &str, change: &str) -> Difference {
        let kind = self.change.after.kind.name();
        let rendered = match self.name() {
            Some(name) => self.t.with(&format!("part.{kind}.{what}"), &[("name", &name), ("change", change)]),
            None => self.t.with(&format!("part.{kind}.nameless.{what}"), &[("change", change)]),
        };
        Difference { rendered, words: Vec::new() }
    }

    /// What the part is called: as it was then to those who change it, to others as it is today.
    fn name(&self) -> Option<String> {
        let PartChange { after, now, .. } = self.change;
        let part = if self.may_edit { after } else { Some(now).filter(|now| now.state.is_alive())? };
        let field = if part.kind.is("verified_query") { "question" } else { "display_name" };
        let own = part.body.get(field).and_then(Value::as_str).filter(|name| !name.is_empty());
        let of_document = || part.body.get("document")?["semantic_model"][0]["name"].as_str();
        own.or_else(of_document).map(shown).filter(|name| !name.is_empty())
    }

    fn changed(&self, old: &Record) -> Vec<Difference> {
        let (t, new) = (self.t, &self.change.after);
        let mut found = Vec::new();
        if new.kind.is("semantic_model") {
            let differences = self.of_models(old);
            found.extend((!differences.is_empty()).then(|| self.rendered("changed", &differences.join("; "))));
        }
        for one in difference::of_fields(t, old, new, fields(new.kind.name())) {
            let words = if self.may_edit { one.words } else { Vec::new() };
            found.push(Difference { words, ..self.rendered("changed", &one.rendered) });
        }
        let untold = if found.is_empty() { differing(old, new) } else { BTreeSet::new() };
        if untold.iter().any(|field| !CHECKED.contains(field)) {
            found.push(self.rendered("changed", &t.say("part.details")));
        } else if !untold.is_empty() {
            found.push(self.rendered("changed", &t.say("part.checked")));
        }
        found
    }

    fn of_models(&self, old: &Record) -> Vec<String> {
        let PartChange { after, now, .. } = self.change;
        let document = |part: &Record| part.body.get("document").cloned().unwrap_or_default();
        let today = match (self.may_edit, now.state.is_alive()) {
            (true, _) => None,
            (false, true) => Some(document(now)),
            (false, false) => Some(Value::Null),
        };
        model_difference::between(self.t, &document(old), &document(after), today.as_ref())
    }
}

/// The fields that differ, without those that are silent.
fn differing<'a>(old: &'a Record, new: &'a Record) -> BTreeSet<&'a str> {
    let is_same = |name: &str| match (old.body.get(name), new.body.get(name)) {
        (Some(old), Some(new)) if name == "document" => model_difference::is_same_document(old, new),
        (old, new) => old == new,
    };
    let names = old.body.keys().chain(new.body.keys()).map(String::as_str);
    names.filter(|name| !SILENT.contains(name) && !is_same(name)).collect()
}

/// A place among the changes of parts, for an address.
pub fn written(place: StatePlace) -> String {
    format!("{}.{}.{}", place.at.0, place.id, place.revision.0)
}

/// The place before all that was changed at a time, or earlier.
pub fn place_at(at: Millis) -> StatePlace {
    let later = Millis(at.0.saturating_add(1));
    StatePlace { at: later, id: RecordId::from_uuid(Uuid::nil()), revision: Revision(0) }
}

pub fn place(text: &str) -> Option<StatePlace> {
    let mut parts = text.splitn(3, '.');
    let at = Millis(parts.next()?.parse().ok()?);
    let id = parts.next()?.parse().ok()?;
    Some(StatePlace { at, id, revision: Revision(parts.next()?.parse().ok()?) })
}

#[cfg(test)]
mod tests {
    use emporion_catalog::id::AccountId;
    use emporion_catalog::kind::Visibility;
    use emporion_catalog::record::{Actor, Stamp, State};
    use emporion_catalog::registry::Registry;
    use serde_json::json;

    use super::*;

    fn part(kind: &str, body: Value) -> Record {
        let by = Actor { id: RecordId::fresh(), name: "Ada".into(), through: None, door: None };
        let stamp = Stamp { at: Millis(0), by };
        Record {
            id: RecordId::fresh(),
            account: AccountId::GLOBAL,
            kind: Registry::standard().expect(kind),
            name: "part".to_owned(),
            fqn: "part".to_owned(),
            parent: None,
            revision: Revision::FIRST,
            version: 1,
            content_revision: 1,
            created: stamp.clone(),
            updated: stamp,
            state: State::Alive,
            visibility: Visibility::Open,
            body: body.as_object().cloned().unwrap_or_default().into(),
            change: None,
        }
    }

    fn of(before: Option<Record>, after: Record) -> Vec<String> {
        let now = after.clone();
        rendered(true, before, after, now)
    }

    fn change(before: Option<Record>, after: Record, now: Record) -> PartChange {
        let place = StatePlace { at: after.updated.at, id: after.id, revision: after.revision };
        PartChange { place, before, after, now }
    }

    fn rendered(may_edit: bool, before: Option<Record>, after: Record, now: Record) -> Vec<String> {
        let t = Texts::by_code("en").expect("English");
        reported(t, &change(before, after, now), may_edit).into_iter().map(|one| one.rendered).collect()
    }

    fn gone(part: Record) -> Record {
        Record { state: State::Deleted { holds_name: false }, ..part }
    }

    fn query(question: &str, sql: &str) -> Record {
        part("verified_query", json!({"question": question, "sql": sql}))
    }

    fn model(body: Value, metrics: Value) -> Record {
        let mut body = body;
        body["document"] = json!({"semantic_model": [{"name": "shop", "metrics": metrics}]});
        part("semantic_model", body)
    }

    #[test]
    fn a_query_comes_changes_and_goes() {
        let query = |sql: &str| query("Revenue?", sql);
        assert_eq!(of(None, query("SELECT 1")), ["made the verified query “Revenue?” live"]);
        let changed = of(Some(query("SELECT 1")), query("SELECT 2"));
        assert_eq!(changed, ["verified query “Revenue?”: changed the statement"]);
        let (one, other) = (query("SELECT 1"), query("SELECT 1"));
        assert_eq!(of(Some(one.clone()), gone(other.clone())), ["removed the verified query “Revenue?”"]);
        assert_eq!(of(Some(gone(one.clone())), other.clone()), ["brought back the verified query “Revenue?”"]);
        assert!(of(Some(one.clone()), other.clone()).is_empty());
        assert!(of(Some(gone(one)), gone(other)).is_empty());
    }

    #[test]
    fn what_nobody_changes_is_not_told_and_a_check_by_itself() {
        let with = |members: Value| {
            let mut body = json!({"question": "Revenue?", "sql": "SELECT 1"});
            body.as_object_mut().unwrap().extend(members.as_object().cloned().unwrap_or_default());
            part("verified_query", body)
        };
        let old = || Some(with(json!({"status": "unchecked", "verified_at": 0})));
        let silent = json!({"status": "ok", "result_columns": [], "question_words": "revenue", "verified_at": 0});
        assert!(of(old(), with(silent)).is_empty());
        let checked = json!({"status": "ok", "verified_at": 1, "verified_by": "x"});
        assert_eq!(of(old(), with(checked)), ["verified query “Revenue?”: checked again"]);
        let other = json!({"verified_at": 1, "use_as_onboarding_question": true});
        assert_eq!(of(old(), with(other)), ["verified query “Revenue?”: changed other details"]);
    }

    #[test]
    fn what_is_no_more_is_shown_to_those_alone_who_change_it() {
        let asked = |sql: &str| query("How much does Anna Schmidt earn?", sql);
        let now = query("How much does who earn?", "SELECT 2");
        let t = Texts::by_code("en").expect("English");
        let changes = [(asked("SELECT 1"), asked("SELECT 2")), (asked("SELECT 2"), now.clone())];
        for (may_edit, marked) in [(true, true), (false, false)] {
            for (old, new) in &changes {
                let found = reported(t, &change(Some(old.clone()), new.clone(), now.clone()), may_edit);
                assert_eq!(found.iter().any(|one| !one.words.is_empty()), marked);
                assert!(may_edit || found.iter().all(|one| !one.rendered.contains("Anna")));
            }
        }
        let [one, other] = [asked("SELECT 1"), asked("SELECT 2")];
        let reported = |before, after| rendered(false, before, after, now.clone());
        assert_eq!(reported(None, one.clone()), ["made the verified query “How much does who earn?” live"]);
        let changed = ["verified query “How much does who earn?”: changed the statement"];
        assert_eq!(reported(Some(one.clone()), other.clone()), changed);
        // Of what is gone today, nothing is called by its name.
        let reported = |before, after| rendered(false, before, after, gone(now.clone()));
        assert_eq!(reported(None, one.clone()), ["made a verified query live"]);
        assert_eq!(reported(Some(one.clone()), other.clone()), ["a verified query: changed the statement"]);
        assert_eq!(reported(Some(other), gone(one)), ["removed a verified query"]);
    }

    #[test]
    fn of_a_model_one_sentence_tells_what_its_document_changed() {
        let model = |metrics: Value| model(json!({"display_name": "retail"}), metrics);
        let old = model(json!([{"name": "net"}, {"name": "old"}, {"name": "older"}]));
        let new = model(json!([{"name": "net", "unit": "EUR"}, {"name": "new"}]));
        assert_eq!(
            of(Some(old.clone()), new.clone()),
            ["semantic model “retail”: added the metric new; removed the metrics old, older; changed the metric net"]
        );
        let now = model(json!([{"name": "new"}, {"name": "older"}]));
        let others = "added the metric new; removed the metric older; removed a metric; changed a metric";
        let reported = rendered(false, Some(old.clone()), new.clone(), now.clone());
        assert_eq!(reported, [format!("semantic model “retail”: {others}")]);
        assert_eq!(
            rendered(false, Some(old), new, gone(now)),
            ["a semantic model: added a metric; removed 2 metrics; changed a metric"]
        );
    }

    #[test]
    fn a_model_is_called_by_its_document_where_nobody_calls_it_otherwise() {
        assert_eq!(of(None, model(json!({}), json!([]))), ["made the semantic model “shop” live"]);
        assert_eq!(of(None, model(json!({"display_name": ""}), json!([]))), ["made the semantic model “shop” live"]);
        assert_eq!(of(None, part("semantic_model", json!({}))), ["made a semantic model live"]);
    }

    #[test]
    fn what_is_read_of_rows_is_no_change_and_what_somebody_says_of_columns_is_one() {
        let sampled = |samples: Value| {
            let data = json!([{"vendor_name": "EMPORION", "data": json!({"sampleValues": samples}).to_string()}]);
            json!([{"name": "net", "custom_extensions": data}])
        };
        let [old, new] = [json!(["a"]), json!(["b"])].map(|samples| model(json!({}), sampled(samples)));
        assert!(of(Some(old.clone()), new).is_empty());
        let vouched = model(json!({"vouched": [{"table": "t", "column": "c"}]}), sampled(json!(["c"])));
        let rendered = "semantic model “shop”: changed which columns are marked as not personal";
        assert_eq!(of(Some(old.clone()), vouched), [rendered]);
        let format = model(json!({"source_format": "cube"}), sampled(json!(["c"])));
        assert_eq!(of(Some(old), format), ["semantic model “shop”: changed other details"]);
    }

    #[test]
    fn a_place_is_read_as_it_was_written() {
        let of = StatePlace { at: Millis(-5), id: RecordId::fresh(), revision: Revision(7) };
        assert_eq!(place(&written(of)), Some(of));
        let (at, before) = (|at: i64| StatePlace { at: Millis(at), ..of }, place_at(Millis(-5)));
        assert!(at(-5) < before && at(-4) >= before);
        for wrong in ["", "1", "1.2.3", "x.y.z", "1.."] {
            assert_eq!(place(wrong), None, "{wrong}");
        }
    }
}
