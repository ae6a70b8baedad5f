//! What pages say of rows that are lent: by whom, when, and whether whoever lent them holds them still.

use std::collections::{HashMap, HashSet};

use askama::Template;
use askama::filters::HtmlSafe;
use emporion_catalog::id::RecordId;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::Edge;
use emporion_catalog::rows::grants::{self, Grant};

use crate::fault::Fault;
use crate::forms::expiry;
use crate::forms::regrant;
use crate::records::people::Person;
use crate::request::visit::Visit;
use crate::text::moment::Moment;
use crate::text::texts::Texts;

#[derive(Template)]
#[template(path = "parts/loan.html")]
pub struct Loan {
    t: Texts,
    /// `None` where he is gone.
    by: Option<Person>,
    at: Moment,
    /// Whoever lent them holds them no more, as far as the reader may know that.
    pub is_outlived: bool,
    /// The last day of the loan, as forms hold it; empty where it has none.
    pub day: String,
    /// What a form says of it that gives it anew.
    pub seen: String,
}

impl HtmlSafe for Loan {}

impl Loan {
    pub fn reported(visit: &Visit, by: Option<Person>, grant: &Grant, is_outlived: bool) -> Loan {
        let day = grant.until.map(expiry::day).unwrap_or_default();
        Loan { t: visit.t, by, at: visit.moment(grant.at), is_outlived, day, seen: regrant::seen_of(grant) }
    }
}

/// What the edges to assets, which the visitor knows of, say of rows that are lent; by the places of the edges.
/// `knows_owners` says of which assets he may know who holds the rows.
///
/// Who gave it is told with the loan, as the people with roles are to everybody who sees the product.
pub async fn of(
    visit: &Visit,
    reading: &Reading<'_>,
    edges: &[&Edge],
    knows_owners: impl Fn(RecordId) -> bool,
) -> Result<Vec<Option<Loan>>, Fault> {
    let given: Vec<(RecordId, Grant)> = edges.iter().filter_map(|edge| Some((edge.to, grants::of(edge)?))).collect();
    let known: Vec<(RecordId, Grant)> = given.iter().filter(|(asset, _)| knows_owners(*asset)).copied().collect();
    let outlived = reading.outlived(&known).await?;
    let givers: HashSet<RecordId> = given.iter().map(|(_, grant)| grant.by).collect();
    let givers: Vec<RecordId> = givers.into_iter().collect();
    let named = reading.names(&givers).await?.into_iter().flatten().filter(|card| card.state.is_alive());
    let people: HashMap<RecordId, Person> = named.map(|card| (card.id, Person::of(&card))).collect();
    let loan = |edge: &&Edge| {
        let grant = grants::of(edge)?;
        let by = people.get(&grant.by).cloned();
        Some(Loan::reported(visit, by, &grant, outlived.contains(&(edge.to, grant.by))))
    };
    Ok(edges.iter().map(loan).collect())
}
