//! What pages of records have in common: the head, the forms that it leads to, tabs, labels, and what is said where there is
//! nothing.

use askama::Template;
use emporion_catalog::id::RecordId;
use emporion_web::access::no_rows::NoRows;
use emporion_web::access::who_may::WhoMay;
use emporion_web::following::mark::Following;
use emporion_web::forms::edit::listed::{Entry, Fields};
use emporion_web::forms::edit_menu::{Group, Offer};
use emporion_web::layout::shell::Shell;
use emporion_web::layout::tabs::Tab;
use emporion_web::records::head::{Certification, Head, Label};
use emporion_web::records::naming::Suggested;
use emporion_web::records::record::{Primary, Top};
use emporion_web::request::visit::Visit;
use emporion_web::text::markdown;

use crate::part::{Part, State};
use crate::samples::{AT, LONG, bare_head, full_head, label, offer, term, who_may};

pub const PARTS: &[Part] = &[
    Part { name: "about", states: about },
    Part { name: "certification", states: certification },
    Part { name: "edits", states: edits },
    Part { name: "empty", states: empty },
    Part { name: "head", states: head },
    Part { name: "labels", states: labels },
    Part { name: "listed", states: listed },
    Part { name: "new", states: new },
    Part { name: "no_rows", states: no_rows },
    Part { name: "tabs", states: tabs },
];

#[derive(Template)]
#[template(path = "parts/about.html")]
struct About<'a> {
    p: &'a Shell,
    description: Option<String>,
}

fn about(visit: &Visit) -> Vec<State> {
    let p = &visit.shell("");
    let text = "All **in full**.\n\n- one\n- and [two](/_kit) of them\n\n| column | is |\n|---|---|\n| `id` | a key |";
    let described = |text: &str| About { p, description: Some(markdown::of_ours(text)) };
    vec![
        State::of("nothing is said", &About { p, description: None }),
        State::of("described", &described(text)),
        State::of("a long word", &described(LONG)),
    ]
}

#[derive(Template)]
#[template(path = "parts/certification.html")]
struct Certified<'a> {
    p: &'a Shell,
    certification: Certification,
}

fn certification(visit: &Visit) -> Vec<State> {
    let p = &visit.shell("");
    let of = |name: &str, is_over| Certified { p, certification: Certification { name: name.to_owned(), is_over } };
    vec![
        State::of("it holds", &of("Gold", false)),
        State::of("it is over", &of("Gold", true)),
        State::of("a long name", &of("Certified for every report of the company", false)),
        State::of("a very long name", &of(&format!("Certified for {LONG} and {LONG}"), false)),
        State::of("a very long name, and over", &of(&format!("Certified for {LONG} and {LONG}"), true)),
    ]
}

#[derive(Template)]
#[template(path = "parts/edits.html")]
struct Edits<'a> {
    p: &'a Shell,
    offers: Vec<Offer>,
    others: Option<WhoMay>,
}

/// What may be changed of a record, at last that it goes.
fn offers(visit: &Visit) -> Vec<Offer> {
    let offer = |name: &str| offer(visit.t.say(&format!("edit.{name}")));
    vec![offer("description"), offer("owners"), Offer { group: Group::Removal, ..offer("certification") }]
}

/// So many that they stand in groups.
fn many_offers(visit: &Visit) -> Vec<Offer> {
    let those: [(Group, &'static [&'static str]); 5] = [
        (Group::Words, &["description", "display_name", "labels"]),
        (Group::People, &["owners", "experts", "visibility"]),
        (Group::State, &["status", "stage", "contract"]),
        (Group::Contents, &["assets", "input_ports"]),
        (Group::Removal, &["certification"]),
    ];
    let of = |(group, names): (Group, &'static [&'static str])| {
        names.iter().map(move |name| Offer { group, ..offer(visit.t.say(&format!("edit.{name}"))) })
    };
    those.into_iter().flat_map(of).collect()
}

fn edits(visit: &Visit) -> Vec<State> {
    let p = &visit.shell("");
    vec![
        State::of("nothing may be changed", &Edits { p, offers: Vec::new(), others: None }),
        State::of("others may", &Edits { p, offers: Vec::new(), others: Some(who_may(visit)) }),
        State::of(
            "some of it may, and one thing does not come back",
            &Edits { p, offers: offers(visit), others: None },
        ),
        State::of(
            "some of it may, and others change more",
            &Edits { p, offers: offers(visit), others: Some(who_may(visit)) },
        ),
        State::of("much of it may", &Edits { p, offers: many_offers(visit), others: None }),
    ]
}

#[derive(Template)]
#[template(source = "<form class=\"stack form\">{{ p.listed(fields) }}</form>", ext = "html")]
struct Listed<'a> {
    p: &'a Shell,
    fields: &'a Fields,
}

fn listed(visit: &Visit) -> Vec<State> {
    let p = &visit.shell("");
    let fields = |within: &str, names: &[&str]| {
        let entry = |name: &&str| Entry {
            id: RecordId::fresh().to_string(),
            name: (*name).to_owned(),
            is_kept: true,
            is_inherited: false,
        };
        Fields {
            within: within.to_owned(),
            hint: visit.t.say("edit.owners_hint"),
            kept: names.iter().map(entry).collect(),
            add: String::new(),
            more: vec![String::new()],
            suggested: Some(Suggested::default()),
            suggested_id: format!("suggested-{within}"),
            others: None,
            has_focus: false,
            is_wrong: false,
        }
    };
    let of = |fields: &Fields| Listed { p, fields }.render().unwrap_or_default();
    let state = |name, fields: Fields| State { name, html: of(&fields) };
    let mut unticked = fields("experts.", &["Ann", "Bo"]);
    unticked.kept[1].is_kept = false;
    let wrong = Fields {
        add: LONG.to_owned(),
        more: vec!["Cy".to_owned()],
        others: Some(AT.to_owned()),
        is_wrong: true,
        ..fields("reviewers.", &[LONG])
    };
    vec![
        state("nothing is there", fields("", &[])),
        state("some of it is there", fields("owners.", &["Ann", "Sales"])),
        state("one is taken away", unticked),
        state("several are added, and one of them is nobody", wrong),
    ]
}

#[derive(Template)]
#[template(source = r#"{% let rendered = key %}{% include "parts/empty.html" %}"#, ext = "html")]
struct Empty<'a> {
    p: &'a Shell,
    /// Of the text, as the pages say it.
    key: &'static str,
    offer: Option<&'a Offer>,
}

fn empty(visit: &Visit) -> Vec<State> {
    let p = &visit.shell("");
    let offer = &offer(String::new());
    let keys = ["product.no_description", "product.no_assets", "domain.no_products", "glossary.empty"];
    let one = |(key, offer): (_, Option<&Offer>)| {
        let name = if offer.is_some() { "the next step is the reader's" } else { "it is somebody else's" };
        State::of(name, &Empty { p, key, offer })
    };
    keys.into_iter().flat_map(|key| [(key, None), (key, Some(offer))]).map(one).collect()
}

fn head(visit: &Visit) -> Vec<State> {
    let p = &visit.shell("");
    let of = |head: Head, offers| Top {
        head,
        offers,
        others: None,
        primary: None,
        following: None,
        in_name: None,
        reads: None,
        tabs: Vec::new(),
    };
    let followed = |is_on| Some(Following { address: AT.to_owned(), is_on });
    let state = |name, top: Top| State::of(name, &p.record_header(&top));
    let first = Primary { name: visit.t.say("product.ask"), address: AT.to_owned() };
    let asked = of(bare_head(visit, "Orders"), offers(visit));
    let over = Some(Certification { name: "Gold".to_owned(), is_over: true });
    vec![
        state("nothing is said", of(bare_head(visit, "Orders"), Vec::new())),
        state("all is said, and some may be changed", of(full_head(visit, "Orders"), offers(visit))),
        state("long names", of(Head { line: LONG.to_owned(), ..full_head(visit, LONG) }, offers(visit))),
        state("it leads somewhere before all else", Top { primary: Some(first), ..asked }),
        state("others change it", Top { others: Some(who_may(visit)), ..of(bare_head(visit, "Orders"), Vec::new()) }),
        state(
            "others change more of it",
            Top { others: Some(who_may(visit)), ..of(full_head(visit, "Orders"), offers(visit)) },
        ),
        state("it may be followed", Top { following: followed(false), ..of(bare_head(visit, "Orders"), Vec::new()) }),
        state(
            "who administers the account sees who read it",
            Top { reads: Some(AT.to_owned()), ..of(bare_head(visit, "Orders"), Vec::new()) },
        ),
        state("it is followed", Top { following: followed(true), ..of(full_head(visit, "Orders"), offers(visit)) }),
        state("certified once", of(Head { certification: over, ..bare_head(visit, "Orders") }, Vec::new())),
    ]
}

fn labels(visit: &Visit) -> Vec<State> {
    let p = &visit.shell("");
    let state = |name, labels: &[Label]| State::of(name, &p.labels(labels));
    let proposed = |label| Label { is_proposed: true, ..label };
    vec![
        state("none", &[]),
        state("a tag", &[label("PII.Sensitive")]),
        state("terms and tags", &[term("Net sales"), term(LONG), label("PII"), label(LONG)]),
        state("proposed", &[proposed(term("Net sales")), proposed(label("PII"))]),
    ]
}

#[derive(Template)]
#[template(path = "parts/new.html")]
struct New<'a> {
    p: &'a Shell,
    new: Option<Offer>,
    others: Option<WhoMay>,
}

fn new(visit: &Visit) -> Vec<State> {
    let p = &visit.shell("");
    vec![
        State::of("the reader makes none", &New { p, new: None, others: None }),
        State::of("others make some", &New { p, new: None, others: Some(who_may(visit)) }),
        State::of("he may", &New { p, new: Some(offer(visit.t.say("new.product"))), others: None }),
    ]
}

fn no_rows(visit: &Visit) -> Vec<State> {
    let of = |said: &str, owners| NoRows { t: visit.t, said: visit.t.say(said), owners, at: AT.to_owned() };
    vec![
        State::of("nobody gives it", &of("product.no_role", Vec::new())),
        State::of("somebody does", &of("product.no_role", full_head(visit, "Orders").owners)),
    ]
}

fn tabs(visit: &Visit) -> Vec<State> {
    let p = &visit.shell("");
    let of = |names: &[&str]| {
        let tab = |name: &&str| Tab {
            name: visit.t.say(&format!("tab.product.{name}")),
            address: AT.to_owned(),
            is_chosen: *name == "overview",
        };
        names.iter().map(tab).collect::<Vec<_>>()
    };
    let all = ["overview", "assets", "lineage", "model", "ask", "access", "activity", "use"];
    let state = |name, names| State::of(name, &p.tabs(&of(names)));
    vec![state("two", &all[..2]), state("more than a phone is wide", &all)]
}
