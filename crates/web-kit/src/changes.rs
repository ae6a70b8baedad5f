//! What has changed: since somebody looked, in a record's past, while a form was filled in; and what a change takes away.

use askama::Template;
use emporion_web::following::choices::Choices;
use emporion_web::following::choosing::Choosing;
use emporion_web::following::told::{self, Told};
use emporion_web::forms::conflict::Conflict;
use emporion_web::layout::shell::Shell;
use emporion_web::lineage::impact::{Affected, Affecting, Impact, Parts, ReadBy};
use emporion_web::pages::home::changes::{self, Changes, News, Single};
use emporion_web::records::column::ColumnLink;
use emporion_web::records::difference::{Difference, Piece};
use emporion_web::records::history::{Compared, Entry, History};
use emporion_web::request::visit::Visit;
use emporion_web::text::texts::Texts;

use crate::part::{Part, State};
use crate::samples::{AT, LINE, LONG, ago, link};

pub const PARTS: &[Part] = &[
    Part { name: "changes", states: changes },
    Part { name: "choosing", states: choosing },
    Part { name: "conflict", states: conflict },
    Part { name: "difference", states: difference },
    Part { name: "feed", states: feed },
    Part { name: "followed", states: followed },
    Part { name: "goes", states: goes },
    Part { name: "history", states: history },
    Part { name: "losses", states: losses },
];

#[derive(Template)]
#[template(path = "parts/choosing.html")]
struct Chosen<'a> {
    p: &'a Shell,
    choosing: Choosing,
}

fn choosing(visit: &Visit) -> Vec<State> {
    let p = &visit.shell("");
    let some = Choices {
        mailed: ["products".to_owned()].into(),
        chatted: ["data".to_owned()].into(),
        service: Some("slack".to_owned()),
        ..Choices::default()
    };
    let of = |choices, email: Option<&str>, faults| Chosen {
        p,
        choosing: Choosing::with(visit.t, choices, email.map(str::to_owned), faults),
    };
    vec![
        State::of("a server that sends no mail", &of(&Choices::default(), None, Vec::new())),
        State::of("some is sent", &of(&some, Some("ann@example.com"), Vec::new())),
        State::of(
            "something is wrong",
            &of(&some, Some("ann@example.com"), vec![visit.t.say("following.wrong_address")]),
        ),
    ]
}

/// What has become of what somebody follows.
fn followed(visit: &Visit) -> Vec<State> {
    let entry = |name: &str, is_new, lines: &[&str]| told::Entry {
        link: link(name, "product"),
        by: "Ann".to_owned(),
        at: visit.moment(ago(visit, 90)),
        is_new,
        lines: lines.iter().map(|line| (*line).to_owned()).collect(),
        question: None,
    };
    let of = |entries, more| Told { t: visit.t, entries, more };
    vec![
        State::of("one thing that is not new", &of(vec![entry("Orders", false, &[LINE])], None)),
        State::of(
            "several, and more than are told",
            &of(
                vec![entry(LONG, true, &[LINE, LONG]), entry("Orders", true, &[LINE])],
                Some(visit.t.count("home.others", 7_usize)),
            ),
        ),
    ]
}

/// A single change of a table; of several together, as many as are told.
fn entry(visit: &Visit, name: &str, each: usize) -> changes::Entry {
    let at = || visit.moment(ago(visit, 90));
    let single = |at| Single { link: link(name, "table"), at };
    changes::Entry {
        link: link(name, "table"),
        done: (each == 0).then(|| (visit.t.say("event.updated"), "Ann".to_owned())),
        at: at(),
        each: (0..each).map(|_| single(at())).collect(),
        others: (each > 2).then(|| visit.t.count("home.others", 7_usize)),
    }
}

fn changes(visit: &Visit) -> Vec<State> {
    let t = visit.t;
    let news = |entries: Vec<changes::Entry>, left_out: Option<(String, Vec<Single>, Option<String>)>| News {
        rendered: if entries.is_empty() { t.say("home.new_none") } else { t.count("home.news_since", 12_usize) },
        since: visit.moment(ago(visit, 600)),
        entries,
        left_out,
    };
    let unfolded = vec![Single { link: link("refunds", "table"), at: visit.moment(ago(visit, 90)) }];
    let left_out = Some((t.count("home.others", 10_usize), unfolded, Some(t.count("home.others", 9_usize))));
    let some = || vec![entry(visit, "orders", 0), entry(visit, LONG, 3)];
    let of = |whose, news, earlier| Changes::reported(t, whose, news, earlier);
    vec![
        State::of("nothing, and there are no domains", &of((false, false), None, (Vec::new(), false))),
        State::of("nothing in the reader's own", &of((true, true), None, (Vec::new(), false))),
        State::of("he has never looked", &of((false, true), None, (some(), false))),
        State::of("nothing is new", &of((true, true), Some(news(Vec::new(), None)), (some(), false))),
        State::of("some is, and some of that his own", &of((true, true), Some(news(some(), left_out)), (some(), true))),
        State::of("all is new", &of((true, true), Some(news(some(), None)), (Vec::new(), false))),
    ]
}

#[derive(Template)]
#[template(path = "parts/feed.html")]
struct Feed {
    t: Texts,
    entries: Vec<changes::Entry>,
    is_new: bool,
}

fn feed(visit: &Visit) -> Vec<State> {
    let of = |entries, is_new| Feed { t: visit.t, entries, is_new };
    vec![
        State::of("one", &of(vec![entry(visit, "orders", 0)], false)),
        State::of("new", &of(vec![entry(visit, "orders", 0)], true)),
        State::of(
            "several together, told and counted",
            &of(vec![entry(visit, "orders", 2), entry(visit, LONG, 3)], true),
        ),
    ]
}

#[derive(Template)]
#[template(path = "parts/conflict.html")]
struct Conflicting<'a> {
    p: &'a Shell,
    conflict: Conflict,
}

fn conflict(visit: &Visit) -> Vec<State> {
    let p = &visit.shell("");
    let by = Some(("Ann".to_owned(), visit.moment(ago(visit, 5))));
    let of = |by, differences, theirs| Conflicting { p, conflict: Conflict { by, differences, theirs } };
    vec![
        State::of("nobody knows who", &of(None, Vec::new(), None)),
        State::of("a text", &of(by.clone(), differences(visit), Some(LINE.to_owned()))),
        State::of("a long text", &of(by, differences(visit), Some(LONG.to_owned()))),
    ]
}

fn differing(rendered: String, words: &[(&'static str, &str)]) -> Difference {
    let piece = |(mark, text): &(&'static str, &str)| Piece { text: (*text).to_owned(), mark };
    Difference { rendered, words: words.iter().map(piece).collect() }
}

fn differences(visit: &Visit) -> Vec<Difference> {
    let changed = |field: &str| visit.t.with("diff.field", &[("field", field)]);
    vec![
        differing(visit.t.say("diff.opened"), &[]),
        differing(changed("description"), &[("", "all "), ("ins", "paid "), ("", "orders of a "), ("del", "day")]),
        differing(changed(LONG), &[("del", LONG), ("ins", LONG)]),
    ]
}

fn difference(visit: &Visit) -> Vec<State> {
    let names = ["a sentence", "a text, with its words marked", "long words"];
    let one = |(name, difference): (_, Difference)| State::of(name, &difference);
    names.into_iter().zip(differences(visit)).map(one).collect()
}

#[derive(Template)]
#[template(path = "parts/goes.html")]
struct Goes<'a> {
    p: &'a Shell,
    goes: Vec<String>,
    goes_title: &'static str,
}

fn goes(visit: &Visit) -> Vec<State> {
    let (p, goes_title) = (&visit.shell(""), "deleting.goes");
    let one = visit.t.with("leaving.lent", &[("name", "orders")]);
    vec![
        State::of("one", &Goes { p, goes: vec![one.clone()], goes_title }),
        State::of(
            "several",
            &Goes { p, goes: vec![one, visit.t.with("leaving.asset", &[("name", LONG)])], goes_title },
        ),
    ]
}

/// A change by somebody, as who may neither compare nor restore sees it.
fn past(visit: &Visit, differences: Vec<Difference>) -> Entry {
    Entry {
        is_signed: true,
        by: "Ann".to_owned(),
        who: None,
        through: None,
        door: None,
        at: visit.moment(ago(visit, 90)),
        version: Some("0.2".to_owned()),
        revision: "1,200".to_owned(),
        clock: visit.moment(ago(visit, 90)).exact,
        differences,
        is_first: false,
        compare: None,
        restore: None,
    }
}

fn history(visit: &Visit) -> Vec<State> {
    let t = visit.t;
    let at = || Some(AT.to_owned());
    let entry = |differences| past(visit, differences);
    let door = Some(t.with("history.door", &[("door", &t.door("bobsled"))]));
    let every = vec![
        Entry {
            through: Some("a program".to_owned()),
            door,
            compare: at(),
            restore: at(),
            ..entry(differences(visit))
        },
        Entry { by: LONG.to_owned(), ..entry(Vec::new()) },
        Entry { is_signed: false, compare: at(), ..entry(differences(visit)) },
        Entry { version: None, ..entry(differences(visit)) },
        Entry { is_first: true, ..entry(Vec::new()) },
    ];
    let first = Entry { is_first: true, ..entry(Vec::new()) };
    let compared = |differences, losses, restore| Compared {
        rendered: t.with("history.compared", &[("old", "0.1"), ("new", "0.2")]),
        differences,
        losses,
        restore,
        back: AT.to_owned(),
    };
    let lost = Impact::reported(t, Affecting { dropped: vec!["on".to_owned()], ..Affecting::default() });
    vec![
        State::of("it was made", &History::of_all(t, vec![first], None)),
        State::of("all that happens, and more before", &History::of_all(t, every, at())),
        State::of("two that are the same", &History::of_two(t, compared(Vec::new(), None, None))),
        State::of("two that differ", &History::of_two(t, compared(differences(visit), Some(lost), at()))),
    ]
}

fn losses(visit: &Visit) -> Vec<State> {
    let t = visit.t;
    let names = |many: usize| (0..many).map(|at| format!("column_{at}")).collect::<Vec<_>>();
    let links = |many: usize, icon| (0..many).map(|at| link(&format!("Number {at}"), icon)).collect::<Vec<_>>();
    let columns = |many: usize| {
        let place = || Some(AT.to_owned());
        names(many).into_iter().map(|name| ColumnLink { name, address: place() }).collect::<Vec<_>>()
    };
    let of = |lost| Impact::reported(t, lost);
    let long = || ColumnLink { name: LONG.to_owned(), address: None };
    let reads = |parts, is_cut| ReadBy::reported(t, link("Orders", "product"), parts, is_cut);
    let some = vec![Parts::reported(t, "count.fields", columns(2)), Parts::reported(t, "count.verified", vec![long()])];
    let made = vec![Affected::reported(t, link("orders_by_region", "table"), columns(2))];
    let read = Affecting { narrowed: names(1), downstream: 3, products: links(1, "product"), ..Affecting::default() };
    let by_name = Affecting {
        dropped: names(1),
        downstream: 3,
        hit: made,
        products: links(1, "product"),
        read: vec![reads(some, false)],
        views: links(1, "table"),
        ..Affecting::default()
    };
    let many = Affecting {
        dropped: names(30).into_iter().chain([LONG.to_owned()]).rev().collect(),
        narrowed: vec![LONG.to_owned()],
        downstream: 200,
        hit: links(14, "table").into_iter().map(|link| Affected::reported(t, link, columns(14))).collect(),
        products: links(14, "product"),
        is_cut: true,
        read: vec![reads(vec![Parts::reported(t, "count.metrics", columns(14))], true), reads(Vec::new(), true)],
        views: links(14, "table"),
        are_views_cut: true,
    };
    vec![
        State::of("nobody is known to read it", &of(Affecting { dropped: names(1), ..Affecting::default() })),
        State::of("it is read, and nobody knows by which columns", &of(read)),
        State::of("it is known by which columns, and by what of a product", &of(by_name)),
        State::of("more than is told", &of(many)),
    ]
}
