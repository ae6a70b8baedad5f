//! Adding a source, and giving one another connection: a form per system. Secrets go in and never come back.

use std::sync::Arc;

use askama::Template;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::View;
use emporion_edge::answer::Answer;
use emporion_edge::route::Route;
use http::Method;

use super::system::{Field, SYSTEMS, System};
use crate::door::Door;
use crate::fault::{self, Fault};
use crate::layout::shell::Shell;
use crate::layout::tabs::Tab;
use crate::records::address;
use crate::records::record::{Here, RecordPage};
use crate::request::handlers::change;
use crate::request::headers;
use crate::request::internal_client::Refusal;
use crate::request::visit::{Shown, Visit};
use crate::text::plain::shown;

#[derive(Template)]
#[template(path = "source/form.html")]
struct Page {
    p: Shell,
    title: String,
    text: String,
    /// Of the systems; none, where the source has one.
    tabs: Vec<Tab>,
    system: &'static str,
    /// The name that a new source gets.
    name: Option<Field>,
    fields: Vec<Field>,
    faults: Vec<String>,
    action: String,
    submit: String,
    back: String,
}

pub fn routes() -> Vec<Route<Door>> {
    vec![change("/sources", "add_source", add)]
}

/// Whether the visitor may add one.
pub async fn may(reading: &Reading<'_>) -> Result<bool, Fault> {
    fault::is_allowed(reading.ask_create_at_top(reading.catalog().kind("database_service")).await)
}

/// The form of a new source, where the address asks for it.
pub async fn asked(visit: &Visit, reading: &Reading<'_>) -> Result<Option<Answer>, Fault> {
    let wanted = visit.query("add");
    if wanted.is_empty() {
        return Ok(None);
    }
    reading.ask_create_at_top(reading.catalog().kind("database_service")).await?;
    let system = System::named(&wanted).filter(|system| is_offered(visit, system)).ok_or(Fault::NoSuchPage)?;
    Ok(Some(new(visit, system, 200, &[])))
}

/// Which file is read, an administrator says.
pub fn is_offered(visit: &Visit, system: &System) -> bool {
    visit.caller().principal.is_admin || !system.reads_files
}

fn new(visit: &Visit, system: &'static System, status: u16, faults: &[(String, String)]) -> Answer {
    let (t, sent) = (visit.t, visit.form());
    let typed = |name: &str| sent.fields().find(|(field, _)| *field == name).map(|(_, value)| value.to_owned());
    let tab = |one: &'static System| Tab {
        name: one.title.to_owned(),
        address: address::with_query("/sources", &[("add", one.name)]),
        is_chosen: one.name == system.name,
    };
    let name = Field {
        name: "service",
        label: t.say("source.service"),
        hint: Some(t.say("source.hint.service")),
        value: sent.text("service").to_owned(),
        kind: "text",
        choices: Vec::new(),
        is_needed: true,
        fault: faults.iter().find(|(field, _)| field == "service").map(|(_, fault)| fault.clone()),
    };
    let page = Page {
        p: visit
            .shell("sources")
            .below(t.say("place.sources"), Some("/sources".into()))
            .below(t.say("source.add"), None),
        title: t.say("source.add"),
        text: t.say("source.add_text"),
        tabs: SYSTEMS.iter().filter(|one| is_offered(visit, one)).map(tab).collect(),
        system: system.name,
        name: Some(name),
        fields: system.fields(t, typed, faults),
        faults: describe_faults(visit, faults),
        action: "/sources".into(),
        submit: t.say("source.keep"),
        back: "/sources".into(),
    };
    headers::page(status, &page)
}

/// What is wrong, each with the label of its field.
fn describe_faults(visit: &Visit, faults: &[(String, String)]) -> Vec<String> {
    let one = |(field, fault): &(String, String)| match visit.t.find(&format!("source.{field}")) {
        Some(label) => format!("{label}: {fault}"),
        None => fault.clone(),
    };
    faults.iter().map(one).collect()
}

async fn add(visit: Arc<Visit>) -> Shown {
    let sent = visit.form();
    let reading = visit.reading().await?;
    reading.ask_create_at_top(reading.catalog().kind("database_service")).await?;
    drop(reading);
    let system = System::named(sent.text("system")).ok_or(Fault::NoSuchPage)?;
    let name = sent.trimmed("service").to_owned();
    let lacks = name.is_empty().then(|| ("service".to_owned(), visit.t.say("source.missing")));
    let mut request = match (lacks, system.request(visit.t, &sent)) {
        (None, Ok(request)) => request,
        (lacks, asked) => {
            let faults: Vec<_> = lacks.into_iter().chain(asked.err().into_iter().flatten()).collect();
            return Ok(new(&visit, system, 400, &faults));
        }
    };
    request.insert("service".into(), name.as_str().into());
    match visit.of_management(Method::POST, "/sources", Some(&request.into())).await? {
        Ok(made) => {
            let fqn = made["fullyQualifiedName"].as_str().unwrap_or_default();
            let at = format!("/services/{}", address::segment(fqn));
            Ok(headers::see_other(&address::with_query(&at, &[("tab", "connection"), ("done", "created")])))
        }
        Err(refusal) => {
            let (status, faults) = faults(&visit, &name, refusal)?;
            Ok(new(&visit, system, status, &faults))
        }
    }
}

/// What a form says of a source that was refused for what was typed.
///
/// Errors: what has nothing to do with it.
fn faults(visit: &Visit, name: &str, refusal: Refusal) -> Result<(u16, Vec<(String, String)>), Fault> {
    match refusal.status {
        400 if !refusal.faults.is_empty() => {
            Ok((400, refusal.faults.into_iter().map(|(field, rule)| (field, shown(&rule))).collect()))
        }
        400 => Ok((400, vec![(String::new(), shown(&refusal.message))])),
        409 => Ok((409, vec![("service".into(), visit.t.with("fault.name_taken", &[("name", &shown(name))]))])),
        _ => Err(refusal.into()),
    }
}

/// The form of another connection for a source that is there.
pub fn another(
    here: Here<'_>,
    system: &'static System,
    status: u16,
    faults: &[(String, String)],
    is_sent: bool,
) -> Answer {
    let Here { visit, view, .. } = here;
    let (t, sent, at) = (visit.t, visit.form(), here.address());
    let value = |name: &str| match is_sent {
        true => sent.fields().find(|(field, _)| *field == name).map(|(_, value)| value.to_owned()),
        false => system.kept(view, name),
    };
    let page = Page {
        p: here.shell(),
        title: t.with("source.another", &[("name", &shown(&view.record.name))]),
        text: t.say(if system.reads_files { "source.another_file_text" } else { "source.another_text" }),
        tabs: Vec::new(),
        system: system.name,
        name: None,
        fields: system.fields(t, value, faults),
        faults: describe_faults(visit, faults),
        action: format!("{at}/connection"),
        submit: t.say("source.keep"),
        back: address::with_query(&at, &[("tab", "connection")]),
    };
    headers::page(status, &page)
}

/// Takes another connection.
pub async fn replace(record_page: &'static RecordPage, visit: &Visit, view: &View, system: &'static System) -> Shown {
    let name = view.record.name.as_str();
    let (status, faults) = match system.request(visit.t, &visit.form()) {
        Ok(mut request) => {
            request.insert("service".into(), name.into());
            request.insert("replace".into(), true.into());
            match visit.of_management(Method::POST, "/sources", Some(&request.into())).await? {
                Ok(_) => {
                    let at = address::of_record(&view.record);
                    let at = address::with_query(&at, &[("tab", "connection"), ("done", "saved")]);
                    return Ok(headers::see_other(&at));
                }
                Err(refusal) => faults(visit, name, refusal)?,
            }
        }
        Err(faults) => (400, faults),
    };
    let reading = visit.reading().await?;
    Ok(another(Here { page: record_page, visit, reading: &reading, view }, system, status, &faults, true))
}
