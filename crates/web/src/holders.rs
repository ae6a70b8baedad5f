//! The products that hold a table: whether its rows are lent to them, by which of them the visitor may query it, and on which
//! he may give others a role to do so.

use std::collections::{BTreeMap, HashSet};

use emporion_catalog::action::Action;
use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::query::{ListQuery, States};
use emporion_catalog::reading::Reading;
use emporion_catalog::record::{Edge, View};
use emporion_catalog::relation;
use emporion_catalog::rows::{grants, lenders, nominal};

use crate::fault::Fault;
use crate::link::Link;
use crate::loans::{self, Loan};
use crate::pages::table::lending;
use crate::visit::Visit;
use crate::{address, borrowers};

/// Products that are named.
const MOST: u32 = 200;
/// Of those that rows are lent to, as many are asked what the visitor may do there.
const MOST_ASKED: usize = 20;

pub struct Holder {
    pub link: Link,
    pub is_lent: bool,
    /// The visitor may query the rows that are lent to it.
    pub queries: bool,
    /// Where he asks for that, where he may not and that is known.
    pub asking: Option<String>,
    /// Where he lets others in, where he may.
    pub giving: Option<String>,
    /// It is not open to him; as a borrower of rows that he holds, he is told its name.
    pub is_restricted: bool,
    /// Who lent the rows to it, and when, where it is open to him.
    pub loan: Option<Loan>,
    /// Where he takes the rows back, which he holds; and what the loan is called there.
    pub to_take: Option<(String, String)>,
}

/// Those of a table, by name. `loans` are those of its rows, as they are told to who holds them.
pub async fn of(
    visit: &Visit,
    reading: &Reading<'_>,
    view: &View,
    loans: &[lenders::Loan],
) -> Result<Vec<Holder>, Fault> {
    let sources = reading.sources(&[view], &[relation::HAS_ASSET], MOST).await?;
    let lent = sources.edges.iter().filter(|edge| grants::is_granted(edge)).map(|edge| edge.from);
    let asked: Vec<RecordId> = lent.take(MOST_ASKED).collect();
    let Rights { queried, given } = rights(reading, &asked).await?;
    let hidden: Vec<_> = loans.iter().filter(|loan| !sources.records.contains_key(&loan.product.id)).collect();
    let edges: Vec<&Edge> = sources.edges.iter().chain(hidden.iter().map(|loan| &loan.edge)).collect();
    // Who sees a table sees its owners.
    let mut said = loans::of(visit, reading, &edges, |_| true).await?;
    let of_hidden = said.split_off(sources.edges.len());
    let to_take = |edge: &Edge| {
        let is_taken = grants::is_granted(edge) && loans.iter().any(|loan| loan.edge.id == edge.id);
        is_taken.then(|| (lending::address_of(view, edge), edge.id.to_string()))
    };
    let mut holders: BTreeMap<String, Holder> = BTreeMap::new();
    for (edge, loan) in sources.edges.iter().zip(said) {
        let Some(product) = sources.records.get(&edge.from) else { continue };
        let queries = queried.contains(&product.id);
        let asks = !queries && asked.contains(&product.id);
        let form = address::with_query(&address::of_record(product), &[("tab", "access")]);
        let holder = Holder {
            link: Link::of_record(product),
            is_lent: loan.is_some(),
            queries,
            giving: given.contains(&product.id).then(|| form.clone()),
            asking: asks.then_some(form),
            is_restricted: false,
            loan,
            to_take: to_take(edge),
        };
        holders.insert(product.fqn.clone(), holder);
    }
    let hidden = hidden.into_iter().zip(of_hidden).map(|(hidden, loan)| Holder {
        link: borrowers::named(&hidden.product),
        is_lent: grants::is_granted(&hidden.edge),
        queries: false,
        asking: None,
        giving: None,
        is_restricted: true,
        loan,
        to_take: to_take(&hidden.edge),
    });
    let mut hidden: Vec<Holder> = hidden.collect();
    hidden.sort_by(|a, b| a.link.name.cmp(&b.link.name));
    Ok(holders.into_values().chain(hidden).collect())
}

/// What the visitor may do with products.
#[derive(Default)]
struct Rights {
    /// He has a role with which rows are read.
    queried: HashSet<RecordId>,
    /// He may give roles with which rows are read.
    given: HashSet<RecordId>,
}

async fn rights(reading: &Reading<'_>, products: &[RecordId]) -> Result<Rights, Fault> {
    let mut rights = Rights::default();
    if products.is_empty() {
        return Ok(rights);
    }
    let roles = [relation::OWNER, relation::EDITOR, relation::VIEWER, relation::OWNING_TEAM];
    let query = ListQuery {
        ids: Some(products.to_vec()),
        states: States::Alive,
        limit: MOST_ASKED as u32,
        ..ListQuery::of(reading.account(), reading.catalog().kind("data_product"))
    };
    for product in reading.list(query, &Depth::of(&roles, true)).await?.views {
        if reading.rows().may_query(&product).await?.is_some() {
            rights.queried.insert(product.id());
        }
        let may_give = reading.may(Action::for_field(relation::VIEWER.name()), &product.record).await?;
        if may_give && nominal::reads_all(&reading.rows(), &product).await? {
            rights.given.insert(product.id());
        }
    }
    Ok(rights)
}
