//! What a request for access is for.

use crate::id::RecordId;
use crate::kinds::access_request as kind;
use crate::record::Record;
use crate::relation::{EDITOR, Relation, VIEWER};

/// The kind.
pub const KIND: &str = "access_request";
/// The alias space of what is asked for and not decided: the store keeps it unique, whichever catalogue writes.
pub(crate) const OPEN_SPACE: &str = "open_request";

/// What somebody asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// To see the product, and query it.
    Viewer,
    Editor,
    /// The rows of these assets of the product, lent to it.
    Rows(Vec<RecordId>),
}

impl Wanted {
    pub const fn name(&self) -> &'static str {
        match self {
            Wanted::Viewer => kind::VIEWER,
            Wanted::Editor => kind::EDITOR,
            Wanted::Rows(_) => kind::ROWS,
        }
    }

    /// The role that it becomes; rows are lent.
    pub const fn role(&self) -> Option<Relation> {
        match self {
            Wanted::Viewer => Some(VIEWER),
            Wanted::Editor => Some(EDITOR),
            Wanted::Rows(_) => None,
        }
    }

    /// The assets whose rows are asked for.
    pub fn assets(&self) -> &[RecordId] {
        match self {
            Wanted::Rows(assets) => assets,
            Wanted::Viewer | Wanted::Editor => &[],
        }
    }

    /// What a request says. `None` for what is none.
    pub(crate) fn of(request: &Record) -> Option<Wanted> {
        let text = |field: &str| request.body.get(field).and_then(serde_json::Value::as_str);
        match text(kind::WANTS)? {
            kind::VIEWER => Some(Wanted::Viewer),
            kind::EDITOR => Some(Wanted::Editor),
            kind::ROWS => Some(Wanted::Rows(assets(request))),
            _ => None,
        }
    }

    /// One alias for each thing.
    pub(crate) fn aliases(&self, product: RecordId, requester: RecordId) -> Vec<String> {
        let of = |what: &str| format!("{product} {requester} {what}");
        match self {
            Wanted::Rows(assets) => assets.iter().map(|asset| of(&asset.to_string())).collect(),
            role => vec![of(role.name())],
        }
    }
}

/// The assets whose rows a request is for; `None` where it is for a role.
pub(crate) fn rows_wanted(request: &Record) -> Option<Vec<RecordId>> {
    match Wanted::of(request) {
        Some(Wanted::Rows(assets)) => Some(assets),
        _ => None,
    }
}

fn assets(request: &Record) -> Vec<RecordId> {
    let named = request.body.get(kind::ASSETS).and_then(serde_json::Value::as_array);
    named.into_iter().flatten().filter_map(|id| id.as_str()?.parse().ok()).collect()
}
