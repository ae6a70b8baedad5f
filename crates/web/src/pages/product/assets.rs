//! What a product holds, and of which of it the rows are lent.

use std::collections::{HashMap, HashSet};

use askama::Template;
use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::query::States;
use emporion_catalog::read::Count;
use emporion_catalog::reading::{Reading, Through};
use emporion_catalog::record::{Card, Edge, View};
use emporion_catalog::relation;
use emporion_catalog::rows::grants::{self, Grant};
use emporion_catalog::text;
use serde_json::Value;

use super::components::Components;
use super::following_query::FollowingQuery;
use super::{lending, requested, taking};
use crate::access::loans::{self, Loan};
use crate::access::no_rows::NoRows;
use crate::access::who_may::WhoMay;
use crate::fault::Fault;
use crate::forms::expiry;
use crate::layout::rest::Rest;
use crate::layout::shell::Shell;
use crate::products::unconnected::Unconnected;
use crate::records::link::Link;
use crate::records::people::Person;
use crate::records::record::{Here, Primary, Top};
use crate::records::{address, naming};
use crate::request::visit::{Shown, Visit, answer};
use crate::text::plain::{first_line, shown};
use crate::text::texts::Texts;

/// On one page of the list.
const PAGE: usize = 100;
/// Assets whose rows are closed, of which it is said who holds them; and people who are named for each.
const MOST_HELD: usize = 50;
const MOST_NAMED: usize = 2;

#[derive(Template)]
#[template(path = "product/assets.html")]
struct Assets {
    p: Shell,
    top: Top,
    following: Option<FollowingQuery>,
    composed: Option<Components>,
    rows: Vec<Row>,
    /// Those whose rows are the visitor's to lend, and are not lent, where there are several.
    closed: Vec<(RecordId, String)>,
    counts: Counts,
    rendered: String,
    may_query: bool,
    no_rows: Option<NoRows>,
    /// There are more than one page of them: they can be narrowed to these words.
    is_narrowed: bool,
    words: String,
    rest: Option<Rest>,
    /// Who can open the pages of those that are not open to the visitor, where there are such.
    not_open: Option<WhoMay>,
    /// The first day that a loan can end on.
    today: String,
}

pub struct Row {
    pub id: RecordId,
    pub fqn: String,
    /// Whether its own page is open to the visitor.
    pub is_open: bool,
    pub link: Link,
    pub path: String,
    pub line: String,
    /// It is there by the product's query.
    pub is_by_query: bool,
    pub columns: Option<String>,
    pub is_lent: bool,
    /// Who lent the rows, and when, where that is shown.
    pub loan: Option<Loan>,
    /// When the loan ends by itself.
    pub until: Option<String>,
    /// Whether rows lie in it at all.
    pub has_rows: bool,
    /// Whether they can be looked at: what others have lies in tables below them, or in sources that are not connected.
    pub is_table: bool,
    /// The asset, where its rows are the visitor's to lend.
    pub to_lend: Option<String>,
    /// Why they are closed, where they are: who holds them.
    pub held: Option<Held>,
}

/// Who holds rows that are not lent.
pub enum Held {
    /// They can be asked.
    By(Vec<Person>),
    /// Administrators alone.
    ByNobody,
    /// The asset is not open to the visitor, nor who answers for it.
    Hidden,
}

/// What is known of a product's assets, of those that were looked at.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counts {
    pub assets: usize,
    /// Those that are called as was asked for.
    pub meant: usize,
    pub looked_at: usize,
    pub with_rows: usize,
    pub lent: usize,
    pub described: usize,
    pub columns: usize,
    pub columns_described: usize,
}

impl Counts {
    /// Of how many with rows they are lent, in the words of this text.
    pub fn lent_of(&self, t: Texts, key: &str) -> String {
        t.with(key, &[("lent", &t.number(self.lent as u64)), ("all", &t.number(self.with_rows as u64))])
    }
}

pub async fn tab(here: Here<'_>) -> Shown {
    let Here { visit, reading, view, .. } = here;
    if let Some(taking) = taking::rows(here).await {
        return taking;
    }
    let (words, from) = (visit.query("q"), visit.query("from").parse().unwrap_or(0));
    let (mut rows, counts) = rows(visit, reading, view, &AssetFilter { words: &words, from, most: PAGE }).await?;
    report_loans(visit, reading, view, &mut rows).await?;
    let may_query = reading.rows().may_query(view).await?.is_some();
    if may_query {
        let tables = rows.iter().filter(|row| row.is_table && row.is_lent).map(|row| row.fqn.as_str());
        let unconnected = Unconnected::of(visit, reading, tables).await?;
        rows.iter_mut().for_each(|row| row.is_table &= !unconnected.holds(&row.fqn));
    }
    let is_his = |row: &&Row| row.to_lend.is_some() && !row.is_lent;
    let closed: Vec<(RecordId, String)> =
        rows.iter().filter(is_his).map(|row| (row.id, row.link.name.clone())).collect();
    let at = |from: usize| {
        let from = if from == 0 { String::new() } else { from.to_string() };
        address::with_query(&here.address(), &[("tab", "assets"), ("q", &words), ("from", &from)])
    };
    let rest = Rest::of_part(visit.t, (from, rows.len()), Count::of(counts.meant as u64), at);
    let not_open = match rows.iter().all(|row| row.is_open) {
        true => None,
        false => Some(WhoMay::by_account(visit.t, reading, "asset.not_open_text").await?),
    };
    let mut p = here.shell();
    p.notice = p.notice.or_else(|| lending::rendered(visit, view));
    answer(&Assets {
        p,
        top: Top { primary: primary(here, may_query, counts).await?, ..here.top().await? },
        following: FollowingQuery::of(here).await?,
        composed: Components::of(here).await?,
        rows,
        closed: if closed.len() > 1 { closed } else { Vec::new() },
        rendered: counts.lent_of(visit.t, "product.lent_of"),
        counts,
        may_query,
        no_rows: NoRows::of(visit, view, may_query),
        is_narrowed: counts.assets > PAGE || !words.is_empty(),
        rest,
        not_open,
        words: shown(&words),
        today: expiry::day(visit.now),
    })
}

/// What a product is there for, where it holds tables: to be asked, or else access to that.
pub async fn primary(here: Here<'_>, may_query: bool, counts: Counts) -> Result<Option<Primary>, Fault> {
    if counts.with_rows == 0 {
        return Ok(None);
    }
    if may_query {
        return Ok(Some(here.primary("product.ask", "ask")));
    }
    // Who has asked already is led to what became of it.
    let asked = requested::at(here.reading, here.view).await?;
    let asked = asked.map(|address| Primary { name: here.visit.t.say("asking.requested"), address });
    Ok(Some(asked.unwrap_or_else(|| here.primary("fault.ask", "access"))))
}

/// Which of a product's assets are looked at: so many behind so many of those in whose names all of the words stand.
pub struct AssetFilter<'a> {
    words: &'a str,
    from: usize,
    most: usize,
}

impl AssetFilter<'_> {
    /// The first ones.
    pub fn first(most: usize) -> AssetFilter<'static> {
        AssetFilter { words: "", from: 0, most }
    }

    /// As searches compare: whatever the case of letters and their marks.
    fn meant<'v>(&self, view: &'v View) -> Vec<&'v Edge> {
        let words = text::folded_words(self.words);
        let is_meant = |card: &Card| {
            let name = text::fold(&format!("{} {}", card.fqn, naming::rendered(card))).into_owned();
            words.iter().all(|word| name.contains(word.as_str()))
        };
        view.targets(relation::HAS_ASSET).filter(|(_, card)| is_meant(card)).map(|(edge, _)| edge).collect()
    }
}

/// Those of a product's assets, in its order, and what can be said of them.
pub async fn rows(
    visit: &Visit,
    reading: &Reading<'_>,
    view: &View,
    sought: &AssetFilter<'_>,
) -> Result<(Vec<Row>, Counts), Fault> {
    let edges: Vec<_> = view.targets(relation::HAS_ASSET).map(|(edge, _)| edge).collect();
    let meant = sought.meant(view);
    let ids: Vec<RecordId> = meant.iter().skip(sought.from).take(sought.most).map(|edge| edge.to).collect();
    let lent: HashMap<RecordId, Grant> = edges.iter().filter_map(|edge| Some((edge.to, grants::of(edge)?))).collect();
    let by_query: HashSet<RecordId> = edges.iter().filter(|edge| edge.is_by_query()).map(|edge| edge.to).collect();
    let assets: Vec<Through> = reading.assets_of(view, &ids).await?.into_iter().flatten().collect();
    // Described with the product, whoever sees it by itself; a page of its own opens only to those who do.
    let open: HashSet<RecordId> = reading.cards(&ids).await?.iter().map(|card| card.id).collect();
    let held = reading.rows().held(&ids).await?;
    let is_closed = |asset: &&Through| asset.kind.0.rows && !lent.contains_key(&asset.id) && !held.contains(&asset.id);
    let closed: Vec<RecordId> = assets.iter().filter(is_closed).map(|asset| asset.id).take(MOST_HELD).collect();
    let mut holders = holders(reading, &closed).await?;
    // What holds rows, and of what they are lent, is known of all, however many are looked at.
    let with_rows = view.targets(relation::HAS_ASSET).filter(|(_, card)| card.kind.0.rows);
    let with_rows: Vec<&Edge> = with_rows.map(|(edge, _)| edge).collect();
    let mut counts = Counts {
        assets: edges.len(),
        meant: meant.len(),
        looked_at: assets.len(),
        with_rows: with_rows.len(),
        lent: with_rows.iter().filter(|edge| grants::is_granted(edge)).count(),
        ..Counts::default()
    };
    let mut rows = Vec::with_capacity(assets.len());
    for asset in &assets {
        let text = |field: &str| asset.body.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
        let columns = asset.body.get("columns").and_then(Value::as_array);
        let has_rows = asset.kind.0.rows;
        let grant = lent.get(&asset.id);
        let is_lent = grant.is_some();
        counts.described += usize::from(!text("description").is_empty());
        for column in columns.into_iter().flatten() {
            counts.columns += 1;
            let rendered = column.get("description").and_then(Value::as_str).unwrap_or_default();
            counts.columns_described += usize::from(!rendered.is_empty());
        }
        let is_open = open.contains(&asset.id);
        let link = Link::of(&Card::of(asset));
        rows.push(Row {
            id: asset.id,
            fqn: asset.fqn.clone(),
            is_open,
            link: if is_open { link } else { link.closed() },
            path: shown(&above(&asset.fqn)),
            line: first_line(&text("description")),
            is_by_query: by_query.contains(&asset.id),
            columns: columns.map(|columns| visit.t.number(columns.len() as u64)),
            is_lent,
            loan: None,
            until: grant.and_then(|grant| grant.until).map(|until| expiry::rendered(visit.t, until)),
            has_rows,
            is_table: asset.kind.is("table"),
            held: closed.contains(&asset.id).then(|| holders.remove(&asset.id).unwrap_or(Held::Hidden)),
            to_lend: (has_rows && held.contains(&asset.id)).then(|| asset.id.to_string()),
        });
    }
    Ok((rows, counts))
}

/// Adds who lent the rows of each, and when.
async fn report_loans(visit: &Visit, reading: &Reading<'_>, view: &View, rows: &mut [Row]) -> Result<(), Fault> {
    let edges = view.edges.iter().filter(|edge| edge.relation == relation::HAS_ASSET && grants::is_granted(edge));
    let lent: HashMap<RecordId, &Edge> = edges.map(|edge| (edge.to, edge)).collect();
    let mut rows: Vec<&mut Row> = rows.iter_mut().filter(|row| lent.contains_key(&row.id)).collect();
    let edges: Vec<&Edge> = rows.iter().map(|row| lent[&row.id]).collect();
    // With the page of an asset its owners are open to the visitor.
    let open = rows.iter().filter(|row| row.is_open || row.to_lend.is_some());
    let open: HashSet<RecordId> = open.map(|row| row.id).collect();
    let loans = loans::of(visit, reading, &edges, |asset| open.contains(&asset)).await?;
    for (row, loan) in rows.iter_mut().zip(loans) {
        row.loan = loan;
    }
    Ok(())
}

/// Who holds the rows of those of the assets that the visitor sees.
async fn holders(reading: &Reading<'_>, assets: &[RecordId]) -> Result<HashMap<RecordId, Held>, Fault> {
    let records = reading.records(assets, States::Alive).await?;
    let views = reading.views(records, &Depth::of(&[relation::OWNER, relation::OWNING_TEAM], true)).await?;
    // Who owns it in name only has nothing to share.
    let held = |view: &View| {
        let holders = Person::owners(view).into_iter().filter(|owner| !owner.is_in_name);
        let holders: Vec<Person> = holders.take(MOST_NAMED).collect();
        if holders.is_empty() { Held::ByNobody } else { Held::By(holders) }
    };
    Ok(views.iter().map(|view| (view.id(), held(view))).collect())
}

/// What an FQN's last name stands below.
pub fn above(fqn: &str) -> String {
    let names = emporion_catalog::name::split(fqn).unwrap_or_default();
    let above = names.len().saturating_sub(1);
    names[..above].join(" / ")
}
