//! The head of the page of a record: what stands above every tab.

use askama::Template;
use askama::filters::HtmlSafe;
use emporion_catalog::relation;

use super::{Here, Top};
use crate::access::who_may::{Refused, WhoMay};
use crate::fault::Fault;
use crate::following::mark::Following;
use crate::forms::edit;
use crate::layout::shell::Shell;
use crate::records::address;
use crate::records::head::Head;
use crate::records::in_name::InName;
use crate::records::people::Person;
use crate::request::visit::{self, Shown};

/// The kinds whose rows are read.
const READ: [&str; 2] = ["table", "data_product"];

/// A tab that shows one thing.
#[derive(Template)]
#[template(path = "record_part.html")]
struct Part<T: Template + HtmlSafe> {
    p: Shell,
    top: Top,
    part: T,
}

impl Here<'_> {
    pub async fn top(self) -> Result<Top, Fault> {
        let chosen = self.tabs().await?.chosen(self.visit);
        self.top_of(chosen).await
    }

    /// The same above a tab that is shown though the address, that of a form, does not ask for it.
    pub async fn top_of(self, tab: &str) -> Result<Top, Fault> {
        let mut head = Head::of(self.visit, self.view);
        if head.owners.is_empty() {
            head.keeper = Person::keeper(self.reading, self.view).await?;
        }
        let tabs = self.tabs().await?.at(self.visit, &head.address, tab);
        let following = Following::of(self).await?;
        let (offers, refused) = edit::offers(self).await?;
        let others = self.others(&refused, head.keeper.clone()).await?;
        let in_name = InName::of(self).await?;
        Ok(Top { tabs, head, offers, others, primary: None, following, in_name, reads: self.reads() })
    }

    /// The trail of reads is for who administers the account.
    fn reads(self) -> Option<String> {
        let record = &self.view.record;
        let is_told = self.visit.caller().principal.is_admin && READ.iter().any(|kind| record.kind.is(kind));
        is_told.then(|| address::with_query(address::READS, &[("about", &record.id.to_string())]))
    }

    /// Who may change what the visitor may not, where there is such of a record that has owners.
    pub async fn others(self, refused: &[Refused], keeper: Option<Person>) -> Result<Option<WhoMay>, Fault> {
        let Here { visit, reading, view, .. } = self;
        if refused.is_empty() || !view.record.kind.has(relation::OWNER) {
            return Ok(None);
        }
        Ok(Some(WhoMay::of(visit.t, reading, refused, view, keeper).await?))
    }

    /// A tab that shows nothing but this.
    pub async fn shown(self, part: impl Template + HtmlSafe) -> Shown {
        visit::answer(&Part { p: self.shell(), top: self.top().await?, part })
    }
}
