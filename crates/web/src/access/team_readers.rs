//! Who reads rows by the role of a team, and who puts others into it: whoever gives a role to a team is told both.

use std::collections::BTreeSet;

use emporion_catalog::caller::Designation;
use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::query::{ListQuery, States};
use emporion_catalog::reading::Reading;
use emporion_catalog::record::View;
use emporion_catalog::relation::{MEMBER, OWNER};
use emporion_catalog::rows::roles;
use serde_json::Value;

use super::readers;
use crate::fault::Fault;
use crate::records::naming;
use crate::text::texts::Texts;

/// Teams that are looked at.
const MOST: u32 = 50;

/// What is said of each of the teams that the visitor sees.
pub async fn of(t: Texts, reading: &Reading<'_>, teams: Vec<RecordId>) -> Result<Vec<(RecordId, String)>, Fault> {
    if teams.is_empty() {
        return Ok(Vec::new());
    }
    let query = ListQuery {
        ids: Some(teams),
        states: States::Alive,
        limit: MOST,
        ..ListQuery::of(reading.account(), reading.catalog().kind("team"))
    };
    let found = reading.list(query, &Depth::of(&[MEMBER, OWNER], true)).await?.views;
    Ok(found.iter().map(|team| (team.id(), said(t, team))).collect())
}

fn said(t: Texts, team: &View) -> String {
    let read = team.targets(MEMBER).filter(|(edge, _)| roles::is_in_with_rows(edge)).count();
    let number = t.count("count.people", read);
    // Those bring rows whom leaders put into it, and contributors whom a policy lets change members. Whom others put there by
    // a policy reads nothing by it.
    let leads = |word: Option<&str>| Designation::parse(word) == Designation::Owner;
    let led = team.targets(MEMBER).filter(|(edge, _)| {
        roles::is_in_with_rows(edge) && leads(edge.attributes.get("designation").and_then(Value::as_str))
    });
    let owners = team.targets(OWNER).filter(|(edge, _)| !edge.is_nominal());
    let leaders: BTreeSet<String> = led.chain(owners).map(|(_, card)| naming::rendered(card)).collect();
    match readers::some_of(t, &leaders.into_iter().collect::<Vec<_>>()) {
        Some(names) => t.with("access.team_reads", &[("people", &number), ("names", &names)]),
        None => t.with("access.team_reads_led_by_none", &[("people", &number)]),
    }
}
