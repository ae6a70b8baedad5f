//! The products that hold a table: whether its rows are lent to them, who may query it by them, and on which of them the visitor
//! may give others a role to do so.

use std::collections::{BTreeMap, HashMap};

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
use crate::pages::product::giving;
use crate::visit::Visit;
use crate::{address, anew, borrowers};

/// Products that are named.
const MOST: u32 = 200;
/// Of as many, those first that rows are lent to, it is asked what the visitor may do there.
const MOST_ASKED: usize = 20;

pub struct Holder {
    pub link: Link,
    pub is_lent: bool,
    /// The visitor may query the rows that are lent to it.
    pub queries: bool,
    /// Where he asks for that, where he may not and that is known.
    pub asking: Option<String>,
    /// The page of the product and its id, where he may give others a role with which they query it.
    pub giving: Option<(String, RecordId)>,
    /// Who has such a role, by name, where that was looked at.
    pub readers: Option<BTreeMap<RecordId, String>>,
    /// It is not open to him; as a borrower of rows that he holds, he is told its name.
    pub is_restricted: bool,
    /// Who lent the rows to it, and when, where it is open to him.
    pub loan: Option<Loan>,
    /// The rows are his, to lend and to take back.
    pub is_own: bool,
    /// What forms call the loan, and say of it as it is seen.
    pub edge: String,
    pub seen: String,
}

impl Holder {
    /// Named, with the way to where the visitor asks for access, where he can.
    pub fn asked(&self) -> Option<Link> {
        Some(Link { address: Some(self.asking.clone()?), ..self.link.clone() })
    }
}

/// Those of a table, by name. `loans` are those of its rows, as they are told to who holds them.
pub async fn of(
    visit: &Visit,
    reading: &Reading<'_>,
    view: &View,
    loans: &[lenders::Loan],
) -> Result<Vec<Holder>, Fault> {
    let sources = reading.sources(&[view], &[relation::HAS_ASSET], MOST).await?;
    let (lent, closed): (Vec<&Edge>, Vec<&Edge>) = sources.edges.iter().partition(|edge| grants::is_granted(edge));
    let asked: Vec<RecordId> = lent.into_iter().chain(closed).map(|edge| edge.from).take(MOST_ASKED).collect();
    let standings = standings(reading, &asked).await?;
    let hidden: Vec<_> = loans.iter().filter(|loan| !sources.records.contains_key(&loan.product.id)).collect();
    let edges: Vec<&Edge> = sources.edges.iter().chain(hidden.iter().map(|loan| &loan.edge)).collect();
    // Who sees a table sees its owners.
    let mut said = loans::of(visit, reading, &edges, |_| true).await?;
    let of_hidden = said.split_off(sources.edges.len());
    let is_own = |edge: &Edge| loans.iter().any(|loan| loan.edge.id == edge.id);
    let mut holders: BTreeMap<String, Holder> = BTreeMap::new();
    for (edge, loan) in sources.edges.iter().zip(said) {
        let Some(product) = sources.records.get(&edge.from) else { continue };
        let at = address::of_record(product);
        let standing = standings.get(&product.id);
        let is_lent = loan.is_some();
        let queries = is_lent && standing.is_some_and(|standing| standing.queries);
        let asks = is_lent && !queries && standing.is_some();
        let holder = Holder {
            link: Link::of_record(product),
            is_lent,
            queries,
            asking: asks.then(|| address::with_query(&at, &[("tab", "access")])),
            giving: standing.is_some_and(|standing| standing.gives).then_some((at, product.id)),
            readers: standing.map(|standing| standing.readers.clone()),
            is_restricted: false,
            loan,
            is_own: is_own(edge),
            edge: edge.id.to_string(),
            seen: anew::seen(edge),
        };
        holders.insert(product.fqn.clone(), holder);
    }
    let hidden = hidden.into_iter().zip(of_hidden).map(|(hidden, loan)| Holder {
        link: borrowers::named(&hidden.product),
        is_lent: grants::is_granted(&hidden.edge),
        queries: false,
        asking: None,
        giving: None,
        readers: None,
        is_restricted: true,
        loan,
        is_own: true,
        edge: hidden.edge.id.to_string(),
        seen: anew::seen(&hidden.edge),
    });
    let mut hidden: Vec<Holder> = hidden.collect();
    hidden.sort_by(|a, b| a.link.name.cmp(&b.link.name));
    Ok(holders.into_values().chain(hidden).collect())
}

/// What the visitor may do with a product, and who may query it.
struct Standing {
    /// He has a role with which rows are read.
    queries: bool,
    /// He may give roles with which rows are read.
    gives: bool,
    readers: BTreeMap<RecordId, String>,
}

async fn standings(reading: &Reading<'_>, products: &[RecordId]) -> Result<HashMap<RecordId, Standing>, Fault> {
    let mut standings = HashMap::new();
    if products.is_empty() {
        return Ok(standings);
    }
    let roles = [relation::OWNER, relation::EDITOR, relation::VIEWER, relation::OWNING_TEAM];
    let query = ListQuery {
        ids: Some(products.to_vec()),
        states: States::Alive,
        limit: MOST_ASKED as u32,
        ..ListQuery::of(reading.account(), reading.catalog().kind("data_product"))
    };
    for product in reading.list(query, &Depth::of(&roles, true)).await?.views {
        let queries = reading.rows().may_query(&product).await?.is_some();
        let may_give = reading.may(Action::for_field(relation::VIEWER.name()), &product.record).await?;
        let gives = may_give && nominal::reads_all(&reading.rows(), &product).await?;
        standings.insert(product.id(), Standing { queries, gives, readers: giving::readers(&product) });
    }
    Ok(standings)
}
