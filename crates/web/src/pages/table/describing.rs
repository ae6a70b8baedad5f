//! What people write of a column: its description, the name shown, its terms and tags.

use std::collections::BTreeSet;

use askama::Template;
use emporion_catalog::action::Action;
use emporion_catalog::command::{Draft, How, Ref, Target};
use emporion_catalog::id::RecordId;
use emporion_catalog::kinds::column::COLUMNS;
use emporion_catalog::problem::Problem;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::View;
use emporion_catalog::relation;
use serde_json::{Map, Value};

use crate::fault::Fault;
use crate::forms::conflict::Conflict;
use crate::forms::edit::command;
use crate::forms::form::Form;
use crate::forms::saving::{self, Notes, RecordForm};
use crate::forms::wrong::Wrong;
use crate::layout::shell::Shell;
use crate::records::head::Label;
use crate::records::naming::{self, LABELS, Suggested, named_record};
use crate::records::record::{FormPage, Here, OwnForm};
use crate::records::{address, column};
use crate::request::headers;
use crate::request::visit::Shown;
use crate::text::plain::{shown, shown_prose};

const EDIT: &str = "column";
/// The members of a column that the form changes.
const WORDS: [&str; 2] = ["display_name", "description"];

#[derive(Template)]
#[template(path = "edit_column.html")]
struct Page {
    p: Shell,
    table: String,
    title: String,
    path: String,
    display_name: String,
    description: String,
    kept: Vec<Entry>,
    add: String,
    suggested: Suggested,
    /// Whether the visitor may take off what says that data are personal.
    takes_off: bool,
    revision: u64,
    faults: Vec<String>,
    conflict: Option<Conflict>,
    address: String,
    back: String,
}

struct Entry {
    id: String,
    name: String,
    is_kept: bool,
}

pub const FORM: OwnForm = OwnForm {
    name: EDIT,
    save: |page, visit, reading, view, sent| Box::pin(saving::save::<ColumnForm>(page, visit, reading, view, sent)),
    page: Some(FormPage {
        // It is offered beside each column.
        offered: None,
        action: Action::EditDescription,
        show: |here| {
            Box::pin(
                async move { ColumnForm::shown(here, here.visit.query("column"))?.page(here, Notes::default()).await },
            )
        },
    }),
};

/// What somebody decides of a label that is proposed for a column: that it holds, or does not.
pub const PROPOSAL: OwnForm = OwnForm {
    name: "proposal",
    save: |_, _, reading, view, sent| Box::pin(async move { decide(reading, view, sent).await.map(Some) }),
    page: None,
};

/// Where the form of a column is, as the page of its table says it: a table can have thousands.
pub fn address_of(path: &str) -> String {
    address::with_query("", &[("edit", EDIT), ("column", path)])
}

/// A column by its path.
fn found(view: &View, path: &str) -> Option<Map<String, Value>> {
    let mut found = None;
    COLUMNS.walk(COLUMNS.of(|name| view.field(name)), &mut |at, column| {
        if at == path {
            found = Some(column.clone());
        }
    });
    found
}

fn text<'c>(column: &'c Map<String, Value>, member: &str) -> &'c str {
    column.get(member).and_then(Value::as_str).unwrap_or_default()
}

/// The form of a column, with what was typed.
struct ColumnForm {
    path: String,
    words: [String; 2],
    /// The labels that stay; all of them in a form that nobody has sent yet.
    kept: Option<BTreeSet<String>>,
    add: String,
}

impl ColumnForm {
    /// As the column is.
    fn shown(here: Here<'_>, path: String) -> Result<ColumnForm, Fault> {
        let column = found(here.view, &path).ok_or(Fault::NoSuchPage)?;
        let words = WORDS.map(|member| text(&column, member).to_owned());
        Ok(ColumnForm { path, words, kept: None, add: String::new() })
    }
}

impl RecordForm for ColumnForm {
    async fn of(here: Here<'_>, sent: &Form) -> Result<ColumnForm, Fault> {
        here.reading.require(Action::EditDescription, &here.view.record).await?;
        Ok(ColumnForm {
            words: WORDS.map(|member| sent.prose(member)),
            kept: Some(sent.all("keep").map(str::to_owned).collect()),
            add: sent.trimmed("add").to_owned(),
            ..ColumnForm::shown(here, sent.text("column").to_owned())?
        })
    }

    fn is_same(&self, old: &View, new: &View) -> bool {
        is_same(old, new, &self.path)
    }

    fn theirs(&self, view: &View) -> Option<String> {
        Some(shown_prose(text(&found(view, &self.path)?, "description")))
    }

    fn merge(&mut self, old: Option<&View>, now: &View) {
        // A label that others have added was not in the form: it stays unless it is unticked now.
        if let Some(kept) = &mut self.kept {
            let before = old.map(|old| labels(old, &self.path)).unwrap_or_default();
            kept.extend(labels(now, &self.path).difference(&before).map(RecordId::to_string));
        }
    }

    async fn draft(&self, here: Here<'_>, sent: &Form) -> Result<Result<Draft, Vec<Wrong>>, Fault> {
        Ok(draft(here, &self.path, sent).await?.map_err(|faults| faults.into_iter().map(Wrong::from).collect()))
    }

    async fn page(self, here: Here<'_>, notes: Notes) -> Shown {
        let Here { reading, view, .. } = here;
        let place = COLUMNS.place(&self.path);
        let entry = |id: String, name: String| {
            let is_kept = self.kept.as_ref().is_none_or(|kept| kept.contains(&id));
            Entry { id, name, is_kept }
        };
        let labels = view.targets_at(relation::TAGGED, &place).map(|(edge, card)| {
            let name = if card.display_name.is_some() { naming::rendered(card) } else { shown(&card.fqn) };
            let proposed = || format!("{name} ({})", here.visit.t.say("label.proposed"));
            entry(edge.to.to_string(), if Label::is_proposed(edge) { proposed() } else { name })
        });
        let kept = labels.collect();
        let record = &view.record;
        let at = address::of_record(record);
        let [display_name, description] = self.words;
        let page = Page {
            p: here.shell(),
            table: naming::rendered_of(record),
            title: shown(&self.path),
            display_name,
            description,
            kept,
            add: self.add,
            suggested: Suggested::of(reading, LABELS).await?,
            takes_off: reading.rows().loans(&[view.id()]).await?.contains_key(&view.id()),
            revision: record.revision.0,
            faults: notes.faults,
            conflict: notes.conflict,
            back: format!("{at}#{}", column::anchor(&self.path)),
            path: self.path,
            address: at,
        };
        Ok(headers::page(notes.status, &page))
    }

    fn saved(&self, _: &View, after: &View, done: &str) -> String {
        let at = address::with_query(&address::of_record(&after.record), &[("done", done)]);
        format!("{at}#{}", column::anchor(&self.path))
    }
}

/// What is confirmed is said by whoever confirms it; what is refused goes, and is not proposed again.
async fn decide(reading: Reading<'_>, view: &View, sent: &Form) -> Shown {
    reading.ask_change(&view.record, &[relation::TAGGED.name()]).await?;
    let path = sent.text("column");
    found(view, path).ok_or(Fault::NoSuchPage)?;
    let how = match sent.text("do") {
        "confirm" => How::Add,
        "refuse" => How::Remove,
        _ => return Err(Fault::NoSuchPage),
    };
    let place = COLUMNS.place(path);
    let mut labels = view.targets_at(relation::TAGGED, &place);
    let label = labels.find(|(edge, _)| edge.to.to_string() == sent.text("label") && Label::is_proposed(edge));
    // Somebody else may have decided meanwhile.
    let (_, card) = label.ok_or(Problem::NotFound { kind: "tag", what: String::new() })?;
    let target = Target::of(Ref::Id(card.kind, card.id)).at(place.as_str());
    let target = target.with("label_type", "Manual").with("state", "Confirmed");
    let mut draft = Draft::default();
    draft.relate(relation::TAGGED, how, "labels", vec![target]);
    reading.execute(&command::change(view, draft)).await?;
    let at = address::with_query(&address::of_record(&view.record), &[("done", "saved")]);
    Ok(headers::see_other(&format!("{at}#{}", column::anchor(path))))
}

/// Whether two states say the same of a column.
fn is_same(one: &View, other: &View, path: &str) -> bool {
    let words = |view: &View| found(view, path).map(|column| WORDS.map(|member| text(&column, member).to_owned()));
    words(one) == words(other) && labels(one, path) == labels(other, path)
}

fn labels(view: &View, path: &str) -> BTreeSet<RecordId> {
    view.targets_at(relation::TAGGED, &COLUMNS.place(path)).map(|(edge, _)| edge.to).collect()
}

/// The change that the form asks for; or what of it names nothing.
async fn draft(here: Here<'_>, path: &str, sent: &Form) -> Result<Result<Draft, Vec<String>>, Fault> {
    let Here { visit, reading, view, .. } = here;
    let mut draft = Draft::default();
    let present = COLUMNS.of(|name| view.field(name));
    let mut columns = present.to_vec();
    let words = [sent.trimmed("display_name").to_owned(), sent.prose("description")];
    COLUMNS.walk_mut(&mut columns, &mut |at, column| {
        for (member, typed) in WORDS.iter().zip(&words).filter(|_| at == path) {
            if typed.trim().is_empty() {
                column.shift_remove(*member);
            } else {
                column.insert((*member).to_owned(), typed.as_str().into());
            }
        }
    });
    if columns != present {
        draft.set(COLUMNS.field(), columns);
    }
    let place = COLUMNS.place(path);
    let kept: BTreeSet<&str> = sent.all("keep").collect();
    let gone =
        view.targets_at(relation::TAGGED, &place).filter(|(edge, _)| !kept.contains(edge.to.to_string().as_str()));
    let gone: Vec<Target> = gone.map(|(_, card)| Target::of(Ref::Id(card.kind, card.id)).at(place.clone())).collect();
    if !gone.is_empty() {
        draft.relate(relation::TAGGED, How::Remove, "labels", gone);
    }
    let wanted = sent.trimmed("add");
    if !wanted.is_empty() {
        match named_record(reading, LABELS, wanted).await? {
            Ok((kind, id)) => {
                let label = Target::of(Ref::Id(kind, id)).at(place);
                draft.relate(relation::TAGGED, How::Add, "labels", vec![label]);
            }
            Err(unnamed) => return Ok(Err(vec![unnamed.rendered(visit.t)])),
        }
    }
    Ok(Ok(draft))
}
