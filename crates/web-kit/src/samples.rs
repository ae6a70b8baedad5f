//! What the states of parts are made of: people, records and times that are nowhere but on the kit, which is where they
//! lead.

use emporion_catalog::id::{Millis, RecordId};
use emporion_web::access::who_may::WhoMay;
use emporion_web::forms::choice;
use emporion_web::forms::edit_menu::{Group, Offer};
use emporion_web::layout::icon::Icon;
use emporion_web::records::head::{Certification, Head, Label};
use emporion_web::records::link::Link;
use emporion_web::records::people::Person;
use emporion_web::request::visit::Visit;

pub const AT: &str = "/_kit";
pub const LONG: &str = "a_name_that_is_so_long_that_it_must_be_broken_somewhere_and_read_in_full_all_the_same";
pub const LINE: &str = "Every order of every shop, as it stands at the end of the day.";

/// So many minutes before the page was asked for.
pub fn ago(visit: &Visit, minutes: i64) -> Millis {
    Millis(visit.now.0 - minutes * 60_000)
}

pub fn person(name: &str) -> Person {
    let initials = name.chars().take(1).collect::<String>().to_uppercase();
    Person {
        name: name.to_owned(),
        initials,
        hue: (name.len() % 6) as u8,
        address: AT.to_owned(),
        is_team: false,
        is_in_name: false,
    }
}

pub fn team(name: &str) -> Person {
    Person { is_team: true, ..person(name) }
}

/// Who may change what the reader may not.
pub fn who_may(visit: &Visit) -> WhoMay {
    WhoMay {
        rule: visit.t.say("fault.editors_may"),
        people: vec![(visit.t.say("head.owners"), vec![person("Ann"), team("Sales"), person(LONG)])],
        asks: Some((visit.t.say("fault.ask"), AT.to_owned())),
    }
}

pub fn link(name: &str, icon: &'static str) -> Link {
    Link { icon: Icon(icon), name: name.to_owned(), address: Some(AT.to_owned()) }
}

pub fn label(name: &str) -> Label {
    Label {
        id: RecordId::fresh(),
        name: name.to_owned(),
        fqn: name.to_owned(),
        address: None,
        is_term: false,
        is_proposed: false,
    }
}

pub fn term(name: &str) -> Label {
    Label { is_term: true, address: Some(AT.to_owned()), ..label(name) }
}

pub fn offer(name: String) -> Offer {
    Offer { what: "", name, address: AT.to_owned(), group: Group::Words, is_gathered: false }
}

/// Of a product of which nothing is said but its name.
pub fn bare_head(visit: &Visit, name: &str) -> Head {
    Head {
        icon: Icon("product"),
        kind: visit.t.say("kind.data_product"),
        name: name.to_owned(),
        full_name: name.to_owned(),
        address: AT.to_owned(),
        line: String::new(),
        owners: Vec::new(),
        keeper: Some(team("Sales")),
        is_ownable: true,
        has_rows: true,
        experts: Vec::new(),
        domains: Vec::new(),
        tags: Vec::new(),
        terms: Vec::new(),
        status: None,
        certification: None,
        updated: visit.moment(ago(visit, 90)),
        updated_by: "ann".to_owned(),
        version: "0.1".to_owned(),
    }
}

/// Of one of which all is said.
pub fn full_head(visit: &Visit, name: &str) -> Head {
    Head {
        line: LINE.to_owned(),
        owners: vec![person("Ann"), team("Sales")],
        domains: vec![link("Sales", "domain")],
        tags: vec![label("PII.Sensitive")],
        terms: vec![term("Net sales")],
        status: Some(choice::rendered(visit.t, "Approved")),
        certification: Some(Certification { name: "Gold".to_owned(), is_over: false }),
        ..bare_head(visit, name)
    }
}
