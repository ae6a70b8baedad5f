//! Rows, and who may read them: what a product holds, what of it is lent, how it is asked for. And what was counted of a
//! table.

use askama::Template;
use emporion_catalog::id::{Millis, RecordId};
use emporion_catalog::rows::grants::Grant;
use emporion_web::access::condition::Condition;
use emporion_web::access::loans::Loan;
use emporion_web::forms::expiry;
use emporion_web::layout::rest::Rest;
use emporion_web::layout::shell::Shell;
use emporion_web::layout::sparkline::Sparkline;
use emporion_web::pages::product::assets::{Held, Row};
use emporion_web::pages::product::following_query::FollowingQuery;
use emporion_web::pages::product::requesting::{self, Asking, Standing};
use emporion_web::records::column::ColumnLink;
use emporion_web::records::head::Head;
use emporion_web::records::joins::{Join, Joins};
use emporion_web::records::people::Person;
use emporion_web::records::profile::Profile;
use emporion_web::request::visit::Visit;
use emporion_web::text::moment::Moment;

use crate::part::{Part, State};
use crate::samples::{AT, LINE, LONG, ago, bare_head, full_head, link, person};

pub const PARTS: &[Part] = &[
    Part { name: "asking", states: asking },
    Part { name: "assets", states: assets },
    Part { name: "condition", states: condition },
    Part { name: "following_query", states: following_query },
    Part { name: "joins", states: joins },
    Part { name: "loan", states: loan },
    Part { name: "profile", states: profile },
];

/// A day to come.
const UNTIL: Millis = Millis(1_924_991_999_999);

#[derive(Template)]
#[template(path = "parts/asking.html")]
struct Asked<'a> {
    p: &'a Shell,
    asking: Asking,
}

fn asking(visit: &Visit) -> Vec<State> {
    let p = &visit.shell("");
    let standing = |queries| Standing { queries, keeps_querying: queries, keeps_editing: false, manages: false };
    let form = |queries, rows: &[Row]| {
        let asking = requesting::form(visit, AT, &standing(queries), (rows, &[]), requesting::Typed::default());
        asking.expect("editing can be asked for")
    };
    let (words, until) = ("For the report of the month.".to_owned(), expiry::day(UNTIL));
    let refused = Asking {
        reason: words,
        until,
        faults: vec![visit.t.say("request.past_day")],
        ..form(false, &[closed("orders"), closed(LONG)])
    };
    vec![
        State::of("a role", &Asked { p, asking: form(false, &[]) }),
        State::of("what is more than querying", &Asked { p, asking: form(true, &[closed("orders")]) }),
        State::of("typed, and not taken", &Asked { p, asking: refused }),
    ]
}

#[derive(Template)]
#[template(path = "parts/assets.html")]
struct Assets<'a> {
    p: &'a Shell,
    head: &'a Head,
    rows: Vec<Row>,
    may_query: bool,
    /// Whether rows are lent and taken back here.
    lends: bool,
    today: String,
}

fn closed(name: &str) -> Row {
    Row {
        id: RecordId::fresh(),
        fqn: name.to_owned(),
        is_open: true,
        link: link(name, "table"),
        path: "warehouse / shop / public".to_owned(),
        line: String::new(),
        is_by_query: false,
        columns: Some("12".to_owned()),
        is_lent: false,
        loan: None,
        until: None,
        has_rows: true,
        is_table: true,
        to_lend: None,
        held: Some(Held::ByNobody),
    }
}

fn lent(visit: &Visit, name: &str, is_outlived: bool) -> Row {
    let loan = Some(loaned(visit, Some(person("Ann")), is_outlived));
    Row { is_lent: true, loan, held: None, line: LINE.to_owned(), ..closed(name) }
}

fn assets(visit: &Visit) -> Vec<State> {
    let (p, head) = (&visit.shell(""), &bare_head(visit, "Orders"));
    let of = |rows, may_query, lends| Assets { p, head, rows, may_query, lends, today: expiry::day(visit.now) };
    let lent = |name, is_outlived| lent(visit, name, is_outlived);
    let his = |row: Row| Row { to_lend: Some(row.id.to_string()), held: None, ..row };
    let until = Some(expiry::rendered(visit.t, UNTIL));
    let read = || vec![lent("orders", false), Row { until: until.clone(), ..lent("returns", true) }];
    let hidden =
        Row { is_open: false, link: link("salaries", "table").closed(), held: Some(Held::Hidden), ..closed("") };
    let others = vec![
        closed("stock"),
        Row { held: Some(Held::By(vec![person("Ann"), person(LONG)])), line: LONG.to_owned(), ..closed(LONG) },
        hidden,
        Row { link: link("nightly", "pipeline"), columns: None, has_rows: false, held: None, ..closed("") },
    ];
    let lender = || vec![his(lent("orders", false)), his(lent("returns", true)), his(closed("stock"))];
    vec![
        State::of("lent, for who has a role", &of(read(), true, true)),
        State::of("lent, for who has none", &of(read(), false, true)),
        State::of("closed, and who holds them; and without rows", &of(others, true, true)),
        State::of("the reader's to lend", &of(lender(), true, true)),
        State::of("the same where nothing is lent from", &of(lender(), true, false)),
    ]
}

fn following_query(visit: &Visit) -> Vec<State> {
    let t = visit.t;
    let follows = || FollowingQuery {
        t,
        words: vec!["of the kind table".to_owned(), "with the tag PII.Sensitive".to_owned()],
        query: Some("kind:table tag:PII.Sensitive".to_owned()),
        count: t.count("members.count", 12),
        by: Some(person("Ann")),
        since: Moment::of(ago(visit, 3), visit.now, t),
        is_stopped: false,
        missed: None,
        edit: None,
    };
    let missed = Some((t.with("members.missed.full", &[("n", "1,000")]), Moment::of(ago(visit, 1), visit.now, t)));
    vec![
        State::of("followed", &follows()),
        State::of("of what is not open to its reader", &FollowingQuery { query: None, ..follows() }),
        State::of("by somebody who may no longer edit it", &FollowingQuery { is_stopped: true, ..follows() }),
        State::of("full, for who edits it", &FollowingQuery { missed, edit: Some(AT.to_owned()), ..follows() }),
    ]
}

#[derive(Template)]
#[template(path = "parts/joins.html")]
struct Joined<'a> {
    p: &'a Shell,
    joins: Joins,
}

fn joins(visit: &Visit) -> Vec<State> {
    let (p, t) = (&visit.shell(""), visit.t);
    let column = |name: &str| ColumnLink { name: name.to_owned(), address: Some(AT.to_owned()) };
    let row = |name: &str, columns: Option<(&str, &str)>| Join {
        table: link(name, "table"),
        path: format!("warehouse.shop.public.{name}"),
        columns: columns.map(|(own, other)| (column(own), column(other))),
        times: t.number(1_200),
    };
    let of = |rows: Vec<Join>, over, is_more| {
        let rest = Rest::of_more(t, rows.len(), is_more);
        Joined { p, joins: Joins { at: visit.moment(ago(visit, 90)), over, rows, rest } }
    };
    let days = Some(t.count("joins.over", 30_usize));
    let many = vec![row("customers", Some(("customer", "id"))), row("returns", None), row(LONG, Some((LONG, LONG)))];
    vec![
        State::of("one", &of(vec![row("customers", None)], None, false)),
        State::of("more than are shown, over some days", &of(many, days, true)),
    ]
}

fn loaned(visit: &Visit, by: Option<Person>, is_outlived: bool) -> Loan {
    let grant = Grant { by: RecordId::fresh(), at: ago(visit, 300), until: Some(UNTIL) };
    Loan::reported(visit, by, &grant, is_outlived)
}

fn loan(visit: &Visit) -> Vec<State> {
    vec![
        State::of("by somebody", &loaned(visit, Some(person("Ann")), false)),
        State::of("by somebody who holds them no more", &loaned(visit, Some(person(LONG)), true)),
        State::of("by somebody who is gone", &loaned(visit, None, false)),
    ]
}

#[derive(Template)]
#[template(path = "parts/profile.html")]
struct Profiled<'a> {
    p: &'a Shell,
    profile: Profile,
    head: &'a Head,
}

fn profile(visit: &Visit) -> Vec<State> {
    let (p, t) = (&visit.shell(""), visit.t);
    let (owned, ownerless) = (full_head(visit, "orders"), bare_head(visit, "orders"));
    let of = |head, profile| Profiled { p, profile, head };
    let rows = |number: usize| t.count("profile.rows", number);
    let counted = || {
        let mut profile = Profile::default();
        profile.at = Some(visit.moment(ago(visit, 90)));
        profile.rows = Some(rows(1_300));
        profile
    };
    let mut gone = counted();
    let runs = [(4_000, 900), (3_000, 1_000), (90, 1_300)];
    gone.line = Sparkline::of("From 900 rows to 1,300".to_owned(), &runs.map(|(at, rows)| (-at, f64::from(rows))));
    gone.runs = runs.into_iter().map(|(at, number)| (visit.moment(ago(visit, at)), rows(number as usize))).collect();
    let mut hides_values = counted();
    hides_values.hides_values = true;
    let mut hides_counts = Profile::default();
    hides_counts.hides_counts = true;
    let mut bare = counted();
    bare.rows = None;
    let mut aged = counted();
    aged.newest = Some(visit.moment(ago(visit, 60 * 24 * 40)));
    vec![
        State::of("never measured", &of(&owned, Profile::default())),
        State::of("measured once", &of(&owned, counted())),
        State::of("measured without its rows", &of(&owned, bare)),
        State::of("how old the data are", &of(&owned, aged)),
        State::of("how it has gone", &of(&owned, gone)),
        State::of("values are closed", &of(&owned, hides_values)),
        State::of("numbers are closed, and nobody can be asked", &of(&ownerless, hides_counts)),
    ]
}

fn condition(visit: &Visit) -> Vec<State> {
    let t = visit.t;
    let plain = "region IN ('EMEA', 'South America') AND amount >= 5000000";
    let other = "lower(region) = 'emea' AND id = 1";
    let long = format!("{LONG} = '{LONG}' OR region = 'true'");
    vec![
        State::of("in words", &Condition::of(t, "orders", plain)),
        State::of("without words", &Condition::of(t, "orders", other)),
        State::of("the reader's own, in words", &Condition::yours(t, "orders", plain)),
        State::of("the reader's own, without words", &Condition::yours(t, "orders", other)),
        State::of("long names and values", &Condition::of(t, LONG, &long)),
    ]
}
