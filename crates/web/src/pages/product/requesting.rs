//! Asking for access to a product: the form, and what becomes of what it sends.

use std::collections::BTreeSet;

use emporion_catalog::command::Ref;
use emporion_catalog::id::RecordId;
use emporion_catalog::problem::Problem;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::View;
use emporion_catalog::requests::{AccessRequest, Ask, Asked, MOST_ASSETS, Wanted, Which, edits};

use super::access;
use super::assets::Row;
use crate::fault::{Fault, wording};
use crate::forms::expiry;
use crate::forms::form::Form;
use crate::pages::requests;
use crate::records::address;
use crate::records::record::{Here, OwnForm, RecordPage};
use crate::request::headers;
use crate::request::visit::{Shown, Visit};

/// The form, with what can be asked for.
pub struct Asking {
    pub address: String,
    pub wishes: Vec<Wish>,
    /// Assets whose rows can be asked for, where that can be wished for.
    pub closed: Vec<Closed>,
    /// It is what the visitor needs first.
    pub is_first: bool,
    pub reason: String,
    pub until: String,
    pub today: String,
    pub faults: Vec<String>,
}

pub struct Wish {
    pub value: &'static str,
    pub name: String,
    pub is_chosen: bool,
}

pub struct Closed {
    pub id: String,
    pub name: String,
    pub path: String,
    pub is_chosen: bool,
}

pub const FORM: OwnForm = OwnForm {
    name: "access",
    save: |page, visit, reading, view, sent| {
        Box::pin(async move { save(page, visit, reading, view, sent).await.map(Some) })
    },
    page: None,
};

/// What was typed, and what is wrong with it.
#[derive(Default)]
pub struct Typed {
    wants: String,
    assets: BTreeSet<String>,
    reason: String,
    until: String,
    faults: Vec<String>,
}

impl Typed {
    /// What a link to the form says that is needed.
    pub fn wanting(wants: String) -> Typed {
        Typed { wants, ..Typed::default() }
    }
}

/// An open request of the visitor's, to be taken back.
pub struct Own {
    pub row: requests::Row,
    pub revision: u64,
    wanted: Wanted,
}

impl Own {
    /// Whether some of that was asked for with it.
    fn is_for(&self, wanted: &Wanted) -> bool {
        match (&self.wanted, wanted) {
            (Wanted::Rows(asked), Wanted::Rows(wanted)) => wanted.iter().any(|asset| asked.contains(asset)),
            (asked, wanted) => asked == wanted,
        }
    }
}

/// What the visitor may do with the product.
pub struct Standing {
    pub queries: bool,
    /// The same, without an end.
    pub keeps_querying: bool,
    pub keeps_editing: bool,
    pub manages: bool,
}

impl Standing {
    pub async fn of(here: Here<'_>, queries: bool, manages: bool) -> Result<Standing, Fault> {
        let Here { visit, reading, view, .. } = here;
        let principal = &visit.caller().principal;
        let ends = view.edges.iter().any(|edge| edge.to == principal.user && edge.ends_at().is_some());
        let mut lasting = view.clone();
        lasting.edges.retain(|edge| edge.ends_at().is_none());
        let keeps_querying = queries && (!ends || reading.rows().may_query(&lasting).await?.is_some());
        let keeps_editing = lasting.edges.iter().any(|edge| edits(principal, edge));
        Ok(Standing { queries, keeps_querying, keeps_editing, manages })
    }
}

/// The form for who can ask for something. Who gives roles gives himself none that opens rows; who holds rows lends them.
pub fn form(
    visit: &Visit,
    at: &str,
    standing: &Standing,
    (rows, own): (&[Row], &[Own]),
    typed: Typed,
) -> Option<Asking> {
    let t = visit.t;
    // What was asked for once waits; it is not asked for again.
    let asked = |wanted: &Wanted| own.iter().any(|own| own.is_for(wanted));
    let is_closed = |row: &&Row| row.has_rows && !row.is_lent && row.to_lend.is_none();
    let is_closed = |row: &&Row| is_closed(row) && !asked(&Wanted::Rows(vec![row.id]));
    let closed: Vec<Closed> = rows
        .iter()
        .filter(is_closed)
        .take(MOST_ASSETS)
        .map(|row| Closed {
            id: row.id.to_string(),
            name: row.link.name.clone(),
            path: row.path.clone(),
            is_chosen: typed.assets.contains(&row.id.to_string()),
        })
        .collect();
    let offered = [
        ("viewer", !standing.keeps_querying && !asked(&Wanted::Viewer)),
        ("editor", !standing.keeps_editing && !standing.manages && !asked(&Wanted::Editor)),
        ("rows", !closed.is_empty()),
    ];
    let mut wishes: Vec<Wish> = offered
        .into_iter()
        .filter(|(_, is_offered)| *is_offered)
        .map(|(value, _)| Wish { value, name: t.say(&format!("asking.{value}")), is_chosen: typed.wants == value })
        .collect();
    let is_sought = wishes.iter().any(|wish| wish.is_chosen);
    if !is_sought {
        wishes.first_mut()?.is_chosen = true;
    }
    Some(Asking {
        address: at.to_owned(),
        wishes,
        closed,
        is_first: (!standing.queries && own.is_empty()) || is_sought || !typed.faults.is_empty(),
        reason: typed.reason,
        until: typed.until,
        today: expiry::day(visit.now),
        faults: typed.faults,
    })
}

/// The visitor's open requests for the product.
pub async fn own(visit: &Visit, reading: &Reading<'_>, view: &View) -> Result<Vec<Own>, Fault> {
    let asked =
        Asked { which: Which::Mine, product: Some(view.id()), state: Some("open"), after: None, limit: MOST_ASSETS };
    let found = reading.access_requests(&asked).await?.requests;
    let rows = requests::rows(visit, reading, &found).await?;
    let own = |(row, request): (_, AccessRequest)| Own { row, revision: request.revision.0, wanted: request.wanted };
    Ok(rows.into_iter().zip(found).map(own).collect())
}

/// Makes the request that the form asks for.
async fn save(page: &'static RecordPage, visit: &Visit, reading: Reading<'_>, view: &View, sent: &Form) -> Shown {
    let t = visit.t;
    let mut typed = Typed {
        wants: sent.text("wants").to_owned(),
        assets: sent.all("asset").map(str::to_owned).collect(),
        reason: sent.prose("reason"),
        until: sent.trimmed("until").to_owned(),
        faults: Vec::new(),
    };
    let wanted = match sent.text("wants") {
        "viewer" => Some(Wanted::Viewer),
        "editor" => Some(Wanted::Editor),
        "rows" => {
            let assets: Result<Vec<RecordId>, _> = typed.assets.iter().map(|id| id.parse()).collect();
            Some(Wanted::Rows(assets.map_err(|_| Fault::Malformed("asset".into()))?))
        }
        _ => None,
    };
    if matches!(&wanted, Some(Wanted::Rows(assets)) if assets.is_empty()) {
        typed.faults.push(t.say("asking.no_asset"));
    }
    if wanted.is_none() {
        typed.faults.push(t.say("asking.no_wish"));
    }
    if typed.reason.trim().is_empty() {
        typed.faults.push(t.say("asking.no_reason"));
    }
    let until = expiry::typed(t, &typed.until, visit.now).unwrap_or_else(|fault| {
        typed.faults.push(fault);
        None
    });
    let Some(wanted) = wanted.filter(|_| typed.faults.is_empty()) else {
        return again(page, visit, &reading, view, typed, 400).await;
    };
    if own(visit, &reading, view).await?.iter().any(|own| own.is_for(&wanted)) {
        typed.faults.push(t.say("asking.twice"));
        return again(page, visit, &reading, view, typed, 409).await;
    }
    let ask = Ask { product: Ref::Id(view.record.kind, view.id()), wanted, reason: typed.reason.clone(), until };
    drop(reading);
    match visit.catalog().ask_for_access(visit.caller(), &ask).await {
        Ok(_) => {
            let at = address::of_record(&view.record);
            Ok(headers::see_other(&address::with_query(&at, &[("tab", "access"), ("done", "asked")])))
        }
        Err(problem) => {
            let (status, faults) = refused(visit, problem)?;
            typed.faults = faults;
            let reading = visit.reading().await?;
            again(page, visit, &reading, view, typed, status).await
        }
    }
}

async fn again(
    page: &'static RecordPage,
    visit: &Visit,
    reading: &Reading<'_>,
    view: &View,
    asking: Typed,
    status: u16,
) -> Shown {
    let here = Here { page, visit, reading, view };
    access::page(here, access::Typed { asking, ..Default::default() }, status).await
}

fn refused(visit: &Visit, problem: Problem) -> Result<(u16, Vec<String>), Fault> {
    match problem {
        // Two at once for the same thing.
        Problem::AliasTaken { .. } => Ok((409, vec![visit.t.say("asking.twice")])),
        problem => wording::in_form(visit.t, problem),
    }
}
