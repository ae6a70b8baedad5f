//! What a part of a product does that others do not: the rules that only it has.

use std::collections::HashMap;

use async_trait::async_trait;
use emporion_catalog::caller::Caller;
use emporion_catalog::id::RecordId;
use emporion_catalog::reading::SeenId;
use emporion_catalog::record::View;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::item::{Item, SeenItem};
use super::spec::{Fields, Spec};
use crate::failure::{Failure, Violation};
use crate::read_context::ReadContext;
use crate::service::Products;
use crate::warning::Warning;

/// One kind of part: the rules that only it has. What is declared of it stands in its [`Spec`].
#[async_trait]
pub trait Part: Send + Sync {
    fn spec(&self) -> &'static Spec;

    /// Rules of a request beyond the shapes of its members.
    fn check_body(&self, _body: &Map<String, Value>, _broken: &mut Vec<Violation>) {}

    /// What others than the catalogue have to say of content that is to be stored. Nobody waits for it.
    async fn consult(&self, _wanted: &Wanted<'_>) -> Result<Advice, Failure> {
        Ok(Advice::default())
    }

    /// Fills in what the client does not say.
    fn complete(&self, _fields: &mut Fields, _maker: &Maker<'_>) {}

    /// The one of all that counts, where only one does.
    fn lead(&self, _items: &[Item]) -> Option<Uuid> {
        None
    }

    /// A member of the object that is more than a field.
    fn print(&self, _shown: &SeenItem, _member: &str) -> Option<Value> {
        None
    }

    /// What printing needs besides the content, by item.
    async fn annotate(&self, _cx: &ReadContext<'_>, _contents: Vec<(Uuid, &Fields)>) -> Result<Annotations, Failure> {
        Ok(Annotations::new())
    }

    /// Fields of the product that follow from content that becomes live.
    async fn settings(&self, _cx: &ReadContext<'_>, _change: LiveChange<'_>) -> Result<Fields, Failure> {
        Ok(Fields::new())
    }

    /// What the rest of the catalogue has to say to what a deploy would make of the items.
    async fn check_deploy(
        &self,
        _cx: &ReadContext<'_>,
        _items: &[Item],
        _scope: DeployScope,
    ) -> Result<DeployFindings, Failure> {
        Ok(DeployFindings::default())
    }

    /// Members of a list's answer besides the items.
    async fn more(&self, _cx: &ReadContext<'_>, _items: &[Item]) -> Result<Map<String, Value>, Failure> {
        Ok(Map::new())
    }

    /// Tells a deploy's answer what became of the drafts among the items.
    fn count(&self, _items: &[Item], _tally: &Tally, _counters: &mut Map<String, Value>) {}
}

/// Content that somebody wants to store.
pub struct Wanted<'a> {
    pub products: &'a Products,
    pub caller: &'a Caller,
    pub product: SeenId,
    pub fields: &'a Fields,
    pub is_live: bool,
}

/// What was learned of content before it is stored.
#[derive(Default)]
pub struct Advice {
    /// Fields that it shall have besides.
    pub fields: Fields,
    /// What printing needs besides it, where that was found out on the way.
    pub annotation: Option<Value>,
    /// What is worth saying of it although it can be stored.
    pub warnings: Vec<Warning>,
}

/// How content becomes live.
pub enum LiveChange<'a> {
    /// One item at once.
    Written(Uuid, &'a Fields),
    /// All drafts of a part, of the product of this state.
    Deployed { view: &'a View, items: &'a [Item], moves_tables: bool },
}

/// What a deploy does besides promoting the part's own drafts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeployScope {
    /// Tables come, go or change places: what is live already may lose what it stands on.
    pub moves_tables: bool,
}

/// How items stand within the rest of the catalogue.
#[derive(Debug, Default)]
pub struct DeployFindings {
    /// What keeps them from being made live.
    pub violations: Vec<Violation>,
    pub warnings: Vec<Warning>,
}

/// What printing needs besides the content, by item.
pub type Annotations = HashMap<Uuid, Value>;

/// Who writes a part, when, and beside which others.
pub struct Maker<'a> {
    /// What the client says, in its words.
    pub body: &'a Map<String, Value>,
    pub user: RecordId,
    pub now_ms: i64,
    /// What is written stands already, with this content.
    pub before: Option<&'a Fields>,
    /// The number after the highest that any of the product's has had.
    pub next: i64,
}

/// What a deploy does with the drafts of one part.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    pub promoted: usize,
    pub deleted: usize,
    /// Drafts that cease to exist, promoted ones included.
    pub removed: usize,
}
