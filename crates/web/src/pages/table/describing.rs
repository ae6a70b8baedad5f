//! What people write of a column: its description, the name shown, its terms and tags.

use std::collections::BTreeSet;

use askama::Template;
use emporion_catalog::action::Action;
use emporion_catalog::command::{Draft, How, Ref, Target};
use emporion_catalog::id::{RecordId, Revision};
use emporion_catalog::kinds::column::COLUMNS;
use emporion_catalog::problem::Problem;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::View;
use emporion_catalog::relation;
use serde_json::{Map, Value};

use crate::fault::Fault;
use crate::fault::wording;
use crate::forms::conflict::Conflict;
use crate::forms::edit::command;
use crate::forms::form::Form;
use crate::layout::shell::Shell;
use crate::records::head::Label;
use crate::records::naming::{self, LABELS, Suggested, named_record};
use crate::records::record::{FormPage, Here, OwnForm, RecordPage};
use crate::records::{address, column};
use crate::request::headers;
use crate::request::visit::{Shown, Visit};
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
    save: |page, visit, reading, view, sent| Box::pin(save(page, visit, reading, view, sent)),
    page: Some(FormPage {
        // It is offered beside each column.
        offered: None,
        action: Action::EditDescription,
        show: |here| {
            Box::pin(async move { page(here, &here.visit.query("column"), None, 200, Vec::new(), None).await })
        },
    }),
};

/// What somebody decides of a label that is proposed for a column: that it holds, or does not.
pub const PROPOSAL: OwnForm = OwnForm {
    name: "proposal",
    save: |_, visit, reading, view, sent| Box::pin(decide(visit, reading, view, sent)),
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

async fn page(
    here: Here<'_>,
    path: &str,
    sent: Option<&Form>,
    status: u16,
    faults: Vec<String>,
    conflict: Option<Conflict>,
) -> Shown {
    let Here { reading, view, .. } = here;
    let column = found(view, path).ok_or(Fault::NoSuchPage)?;
    let kept: Option<BTreeSet<&str>> = sent.map(|sent| sent.all("keep").collect());
    let place = COLUMNS.place(path);
    let entry = |id: String, name: String| {
        let is_kept = kept.as_ref().is_none_or(|kept| kept.contains(id.as_str()));
        Entry { id, name, is_kept }
    };
    let labels = view.targets_at(relation::TAGGED, &place).map(|(edge, card)| {
        let name = if card.display_name.is_some() { naming::said(card) } else { shown(&card.fqn) };
        let proposed = || format!("{name} ({})", here.visit.t.say("label.proposed"));
        entry(edge.to.to_string(), if Label::is_proposed(edge) { proposed() } else { name })
    });
    let typed = |member: &str| match sent {
        Some(sent) => sent.prose(member),
        None => text(&column, member).to_owned(),
    };
    let record = &view.record;
    let at = address::of_record(record);
    let page = Page {
        p: here.shell(),
        table: naming::said_of(record),
        title: shown(path),
        path: path.to_owned(),
        display_name: typed("display_name"),
        description: typed("description"),
        kept: labels.collect(),
        add: sent.map(|sent| sent.trimmed("add").to_owned()).unwrap_or_default(),
        suggested: Suggested::of(reading, LABELS).await?,
        revision: record.revision.0,
        faults,
        conflict,
        back: format!("{at}#{}", column::anchor(path)),
        address: at,
    };
    Ok(headers::page(status, &page))
}

async fn save(
    record_page: &'static RecordPage,
    visit: &Visit,
    reading: Reading<'_>,
    view: &View,
    sent: &Form,
) -> Shown {
    let here = Here { page: record_page, visit, reading: &reading, view };
    let path = sent.text("column");
    let present = found(view, path).ok_or(Fault::NoSuchPage)?;
    let seen =
        sent.text("revision").parse().map(Revision).map_err(|_| Fault::Malformed(visit.t.say("edit.no_revision")))?;
    if seen != view.record.revision {
        let old = reading.states(&[(view.id(), seen)]).await?.pop().flatten();
        if !old.as_ref().is_some_and(|old| is_same(old, view, path)) {
            let theirs = Some(shown_prose(text(&present, "description")));
            let conflict = Conflict { theirs, ..Conflict::between(visit, old.as_ref(), view).await? };
            return page(here, path, Some(sent), 409, Vec::new(), Some(conflict)).await;
        }
    }
    let draft = match draft(visit, &reading, view, path, sent).await? {
        Ok(draft) => draft,
        Err(faults) => return page(here, path, Some(sent), 400, faults, None).await,
    };
    match reading.execute(&command::change(view, draft)).await {
        Ok(outcome) => {
            let done = if outcome.changed() { "saved" } else { "unchanged" };
            let at = address::with_query(&address::of_record(&outcome.view.record), &[("done", done)]);
            Ok(headers::see_other(&format!("{at}#{}", column::anchor(path))))
        }
        Err(problem) => {
            let (status, faults) = wording::in_form(visit.t, problem)?;
            let reading = visit.reading().await?;
            page(Here { page: record_page, visit, reading: &reading, view }, path, Some(sent), status, faults, None)
                .await
        }
    }
}

/// What is confirmed is said by whoever confirms it; what is refused goes, and is not proposed again.
async fn decide(_: &Visit, reading: Reading<'_>, view: &View, sent: &Form) -> Shown {
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
    let place = COLUMNS.place(path);
    let labels = |view: &View| -> BTreeSet<RecordId> {
        view.targets_at(relation::TAGGED, &place).map(|(edge, _)| edge.to).collect()
    };
    words(one) == words(other) && labels(one) == labels(other)
}

/// The change that the form asks for; or what of it names nothing.
async fn draft(
    visit: &Visit,
    reading: &Reading<'_>,
    view: &View,
    path: &str,
    sent: &Form,
) -> Result<Result<Draft, Vec<String>>, Fault> {
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
            Err(unnamed) => return Ok(Err(vec![unnamed.said(visit.t)])),
        }
    }
    Ok(Ok(draft))
}
