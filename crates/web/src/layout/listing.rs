//! Listing: the records of one kind page by page, narrowed to the words that the address asks for.

use emporion_catalog::load::Depth;
use emporion_catalog::query::ListQuery;
use emporion_catalog::reading::Reading;
use emporion_catalog::record::View;

use crate::access::who_may::WhoMay;
use crate::fault::Fault;
use crate::forms::edit_menu::Offer;
use crate::forms::new_record::New;
use crate::layout::paging::Paged;
use crate::records::address;
use crate::request::visit::Visit;
use crate::search::name_filter::NameFilter;

/// A list of records.
pub struct List {
    /// Where its page lies.
    pub at: &'static str,
    pub kind: &'static str,
    /// The text that counts its records.
    pub counted: &'static str,
    /// Records on a page.
    pub limit: u32,
    /// What the visitor can add to it, where he may.
    pub new: Option<&'static New>,
}

/// A list as an address asks for it.
pub struct Listing<'v> {
    visit: &'v Visit,
    list: List,
    words: String,
    filter: NameFilter,
}

/// What the page of a list shows beside its rows.
pub struct Listed {
    pub total: String,
    /// Those that the list is narrowed to.
    pub words: String,
    /// The address of the page that comes next.
    pub next: Option<String>,
    /// What the visitor has changed last may be missing.
    pub is_behind: bool,
    pub new: Option<Offer>,
    /// Who may add to it, where the visitor may not.
    pub others: Option<WhoMay>,
}

impl<'v> Listing<'v> {
    /// Narrowed to the words of the address. Waits a little for what the visitor has changed last: before a reading begins.
    pub async fn narrowed(visit: &'v Visit, list: List) -> Result<Listing<'v>, Fault> {
        Listing::of(visit, list, visit.query("q")).await
    }

    /// All of it.
    pub async fn whole(visit: &'v Visit, list: List) -> Result<Listing<'v>, Fault> {
        Listing::of(visit, list, String::new()).await
    }

    async fn of(visit: &'v Visit, list: List, words: String) -> Result<Listing<'v>, Fault> {
        let filter = NameFilter::of(visit, &words).await?;
        Ok(Listing { visit, list, words, filter })
    }

    /// Its records.
    pub async fn query(&self, reading: &Reading<'_>) -> Result<ListQuery, Fault> {
        let query = self.narrow(reading, self.list.kind).await?;
        Ok(ListQuery { limit: self.list.limit, ..query })
    }

    /// Those of another kind that the same words are looked for among.
    pub async fn narrow(&self, reading: &Reading<'_>, kind: &str) -> Result<ListQuery, Fault> {
        let all = ListQuery::of(reading.account(), reading.catalog().kind(kind));
        self.filter.narrow(reading, all).await
    }

    /// The page that the address asks for. `asked` is what the address says beside the words.
    pub async fn page(
        self,
        reading: &Reading<'_>,
        query: ListQuery,
        depth: &Depth,
        asked: &[(&str, &str)],
    ) -> Result<(Vec<View>, Listed), Fault> {
        let next = |after: &str| self.address(asked, after);
        let page = Paged::of(self.visit, reading, query, depth, next).await?;
        self.listed(reading, page).await
    }

    /// The same of records that stand below one another, in the order of the tree.
    pub async fn tree(
        self,
        reading: &Reading<'_>,
        query: ListQuery,
        depth: &Depth,
    ) -> Result<(Vec<View>, Listed), Fault> {
        let page = Paged::of_tree(self.visit, reading, query, depth, |after| self.address(&[], after)).await?;
        self.listed(reading, page).await
    }

    fn address(&self, asked: &[(&str, &str)], after: &str) -> String {
        address::with_query(self.list.at, &[&[("q", &*self.words)], asked, &[("after", after)]].concat())
    }

    async fn listed(self, reading: &Reading<'_>, page: Paged) -> Result<(Vec<View>, Listed), Fault> {
        let new = match self.list.new {
            Some(new) => new.offer(self.visit, reading).await?,
            None => None,
        };
        let others = match self.list.new.is_some() && new.is_none() {
            true => Some(WhoMay::by_account(self.visit.t, reading, "who.adding").await?),
            false => None,
        };
        let listed = Listed {
            total: self.visit.t.counted(self.list.counted, page.count),
            words: self.words,
            next: page.next,
            is_behind: self.filter.is_behind,
            new,
            others,
        };
        Ok((page.views, listed))
    }
}
