//! The products that hold a table: whether its rows are lent to them, who may query it by them, and on which of them the visitor
//! may give others a role to do so.

use std::collections::{BTreeMap, HashMap, HashSet};

use emporion_catalog::action::Action;
use emporion_catalog::id::{EdgeId, RecordId};
use emporion_catalog::load::Depth;
use emporion_catalog::query::{ListQuery, States};
use emporion_catalog::read::Count;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::{Card, Edge, Record, View};
use emporion_catalog::relation;
use emporion_catalog::rows::{grants, lenders, nominal};

use crate::access::loans::{self, Loan};
use crate::access::{borrowers, readers};
use crate::fault::Fault;
use crate::forms::regrant;
use crate::pages::product::giving;
use crate::records::link::Link;
use crate::records::{address, naming};
use crate::request::visit::Visit;

/// Products that are looked at, for the first of them and for all.
const MOST: u32 = 200;
const MOST_OF_ALL: u32 = 4_000;
/// Of as many, those first that rows are lent to, it is asked what the visitor may do there.
const MOST_ASKED: usize = 20;
/// Other tables of a product that are named.
const MOST_ALSO: usize = 50;

pub struct Holder {
    pub link: Link,
    pub is_lent: bool,
    /// The visitor may query the rows that are lent to it.
    pub queries: bool,
    /// Where he asks for that, where he may not and that is known.
    pub asking: Option<String>,
    /// The page of the product and its id, where he may give others a role with which they query it.
    pub giving: Option<(String, RecordId)>,
    /// What else is queried by such a role, by name, as far as the visitor sees it; and whether there is more.
    pub also: (Vec<String>, bool),
    /// Who has such a role, by name, where that was looked at.
    pub readers: Option<BTreeMap<RecordId, String>>,
    /// The team whose owners and contributors query it, too.
    pub team: Option<String>,
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
    /// Of which nothing is known but its name.
    fn named(link: Link) -> Holder {
        Holder {
            link,
            is_lent: false,
            queries: false,
            asking: None,
            giving: None,
            also: (Vec::new(), false),
            readers: None,
            team: None,
            is_restricted: false,
            loan: None,
            is_own: false,
            edge: String::new(),
            seen: String::new(),
        }
    }

    fn open(product: &Record, standing: Option<&Standing>, is_lent: bool) -> Holder {
        let at = address::of_record(product);
        let queries = is_lent && standing.is_some_and(|standing| standing.queries);
        let asks = is_lent && !queries && standing.is_some();
        Holder {
            queries,
            asking: asks.then(|| address::with_query(&at, &[("tab", "access")])),
            giving: standing.is_some_and(|standing| standing.gives).then_some((at, product.id)),
            also: standing.map(|standing| standing.also.clone()).unwrap_or_default(),
            readers: standing.map(|standing| standing.readers.clone()),
            team: standing.and_then(|standing| standing.team.clone()),
            ..Holder::named(Link::of_record(product))
        }
    }

    fn hidden(product: &Card) -> Holder {
        Holder { is_restricted: true, ..Holder::named(borrowers::named(product)) }
    }

    /// Named, with the way to where the visitor asks for access, where he can.
    pub fn asked(&self) -> Option<Link> {
        Some(Link { address: Some(self.asking.clone()?), ..self.link.clone() })
    }
}

/// A part of those of a table.
pub struct Part {
    /// Products that are looked at.
    most: u32,
    /// After how many the part begins, and how many it has.
    from: usize,
    size: usize,
    /// Or else that which has the product with this edge.
    with: Option<EdgeId>,
    /// It is told what else a role opens.
    is_in_full: bool,
}

impl Part {
    /// The first ones, as many as are looked at.
    pub const FIRST: Part = Part { most: MOST, from: 0, size: MOST as usize, with: None, is_in_full: false };

    /// As many as it is asked what the visitor may do there; after so many, or with an edge.
    pub fn of_all(from: usize, with: Option<EdgeId>) -> Part {
        Part { most: MOST_OF_ALL, from, size: MOST_ASKED, with, is_in_full: true }
    }
}

pub struct Holders {
    pub shown: Vec<Holder>,
    pub from: usize,
    /// Of how many; inexact where more hold it than were looked at.
    pub all: Count,
    /// Those that the visitor may query, of those of which it is asked, with their edges to who has a role on them and to the
    /// table.
    pub queried: Vec<View>,
}

/// A product that holds a table.
#[derive(Clone, Copy)]
enum Product<'a> {
    Seen(&'a Record),
    /// Its name is known to the visitor as that of a borrower.
    Hidden(&'a Card),
}

/// Those of a table, by name. `loans` are those of its rows, as they are told to who holds them.
pub async fn of(
    visit: &Visit,
    reading: &Reading<'_>,
    view: &View,
    loans: &[lenders::Loan],
    part: Part,
) -> Result<Holders, Fault> {
    let sources = reading.sources(&[view], &[relation::HAS_ASSET], part.most).await?;
    let is_whole = !sources.is_cut;
    let unlisted = loans.iter().map(|loan| loan.product.id).filter(|id| !sources.records.contains_key(id));
    let unseen = borrowers::unseen(reading, unlisted.collect()).await?;
    let seen = sources.edges.iter().filter_map(|edge| {
        let product = sources.records.get(&edge.from)?;
        Some((product.fqn.as_str(), (edge, Product::Seen(product))))
    });
    let seen: BTreeMap<&str, (&Edge, Product<'_>)> = seen.collect();
    let mut hidden: Vec<&lenders::Loan> = loans.iter().filter(|loan| unseen.contains(&loan.product.id)).collect();
    hidden.sort_by_cached_key(|loan| borrowers::named(&loan.product).name);
    let hidden = hidden.into_iter().map(|loan| (&loan.edge, Product::Hidden(&loan.product)));
    let all: Vec<(&Edge, Product<'_>)> = seen.into_values().chain(hidden).collect();
    let number = all.len();
    let place = part.with.and_then(|with| all.iter().position(|(edge, _)| edge.id == with));
    let from = match place {
        Some(place) => place - place % part.size,
        None if part.from < number => part.from,
        None => 0,
    };
    let shown: Vec<(&Edge, Product<'_>)> = all.into_iter().skip(from).take(part.size).collect();
    let open = shown.iter().filter(|(_, product)| matches!(product, Product::Seen(_))).map(|(edge, _)| *edge);
    let (lent, closed): (Vec<&Edge>, Vec<&Edge>) = open.partition(|edge| grants::is_granted(edge));
    let asked: Vec<RecordId> = lent.into_iter().chain(closed).map(|edge| edge.from).take(MOST_ASKED).collect();
    let (standings, mut queried) = standings(reading, &asked, part.is_in_full.then_some(view.id())).await?;
    for product in &mut queried {
        let to_it = shown.iter().find(|(edge, _)| edge.from == product.id());
        product.edges.extend(to_it.map(|(edge, _)| (*edge).clone()));
    }
    let own: HashSet<EdgeId> = loans.iter().map(|loan| loan.edge.id).collect();
    let edges: Vec<&Edge> = shown.iter().map(|(edge, _)| *edge).collect();
    // Who sees a table sees its owners.
    let rendered = loans::of(visit, reading, &edges, |_| true).await?;
    let shown = shown.into_iter().zip(rendered).map(|((edge, product), loan)| {
        let holder = match product {
            Product::Seen(product) => Holder::open(product, standings.get(&product.id), loan.is_some()),
            Product::Hidden(product) => Holder::hidden(product),
        };
        Holder {
            is_lent: grants::is_granted(edge),
            loan,
            is_own: own.contains(&edge.id),
            edge: edge.id.to_string(),
            seen: regrant::seen(edge),
            ..holder
        }
    });
    Ok(Holders { shown: shown.collect(), from, all: Count { number: number as u64, is_exact: is_whole }, queried })
}

/// What the visitor may do with a product, and who may query it.
struct Standing {
    /// He has a role with which rows are read.
    queries: bool,
    /// He may give roles with which rows are read.
    gives: bool,
    also: (Vec<String>, bool),
    readers: BTreeMap<RecordId, String>,
    /// The team by which it is queried.
    team: Option<String>,
}

/// And the products that he may query. With `beside` a table, it is told what else roles on them open.
async fn standings(
    reading: &Reading<'_>,
    products: &[RecordId],
    beside: Option<RecordId>,
) -> Result<(HashMap<RecordId, Standing>, Vec<View>), Fault> {
    let (mut standings, mut queried) = (HashMap::new(), Vec::new());
    if products.is_empty() {
        return Ok((standings, queried));
    }
    let mut read = vec![relation::OWNER, relation::EDITOR, relation::VIEWER, relation::OWNING_TEAM];
    read.extend(beside.map(|_| relation::HAS_ASSET));
    let query = ListQuery {
        ids: Some(products.to_vec()),
        states: States::Alive,
        limit: MOST_ASKED as u32,
        ..ListQuery::of(reading.account(), reading.catalog().kind("data_product"))
    };
    for product in reading.list(query, &Depth::of(&read, true)).await?.views {
        let queries = reading.rows().may_query(&product).await?.is_some();
        let may_give = reading.may(Action::for_field(relation::VIEWER.name()), &product.record).await?;
        let gives = may_give && nominal::reads_all(&reading.rows(), &product).await?;
        let also = match beside {
            Some(table) if gives => also(reading, table, &product).await?,
            _ => (Vec::new(), false),
        };
        let team = giving::reading_team(reading, &product).await?;
        standings.insert(product.id(), Standing { queries, gives, also, readers: readers::by_role(&product), team });
        queried.extend(queries.then_some(product));
    }
    Ok((standings, queried))
}

/// What else a product was lent the rows of, in the order of the names.
async fn also(reading: &Reading<'_>, table: RecordId, product: &View) -> Result<(Vec<String>, bool), Fault> {
    let lent = product.targets(relation::HAS_ASSET).filter(|(edge, card)| {
        edge.to != table && grants::is_granted(edge) && card.kind.0.rows && card.state.is_alive()
    });
    let lent: Vec<RecordId> = lent.map(|(edge, _)| edge.to).collect();
    if lent.is_empty() {
        return Ok((Vec::new(), false));
    }
    let seen = reading.cards(&lent[..lent.len().min(MOST_ALSO)]).await?;
    let mut names: Vec<String> = seen.iter().map(|card| naming::rendered(card)).collect();
    names.sort();
    let is_more = names.len() < lent.len();
    Ok((names, is_more))
}
