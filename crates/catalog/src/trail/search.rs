//! Looking for lines of the trail.

use serde_json::{Map, Value, json};

use crate::boxed::Boxed;
use crate::caller::Caller;
use crate::catalog::Catalog;
use crate::deed::{Deed, DeedPlace, DeedSpan};
use crate::id::Millis;
use crate::problem::Problem;
use crate::text::fold;
use crate::timestamp;

/// Lines that one step looks at, and steps of one look: what is rare is looked for from page to page.
const STRETCH: u32 = 500;
const MOST_STEPS: usize = 20;

/// Which lines are wanted. What is empty is any.
#[derive(Debug, Clone)]
pub struct DeedFilter {
    /// The name of a person or a program, whatever its marks and capitals.
    pub by: String,
    /// The name of a sort.
    pub what: String,
    /// The name of a door.
    pub door: String,
    /// In the name of a product, of a table, of somebody it happened to.
    pub about: String,
    pub since: Millis,
    /// Without it.
    pub until: Millis,
}

impl Default for DeedFilter {
    fn default() -> DeedFilter {
        let any = String::new;
        let (since, until) = (Millis(i64::MIN), Millis(i64::MAX));
        DeedFilter { by: any(), what: any(), door: any(), about: any(), since, until }
    }
}

impl DeedFilter {
    fn takes(&self, deed: &Deed) -> bool {
        let text = |name: &str| deed.detail.get(name).and_then(Value::as_str).unwrap_or_default();
        let is = |wanted: &str, name: &str| fold(wanted) == fold(name);
        let through = deed.by.through.as_deref().unwrap_or_default();
        let is_about = || {
            let wanted = fold(&self.about);
            let tables = deed.detail.get("tables").and_then(Value::as_array).into_iter().flatten();
            let named = tables.filter_map(Value::as_str).chain(["product", "user", "record"].map(text));
            named.map(fold).any(|name| name.contains(&*wanted))
        };
        (self.by.is_empty() || [&*deed.by.name, through, text("user")].iter().any(|name| is(&self.by, name)))
            && (self.what.is_empty() || deed.what.name() == self.what)
            && (self.door.is_empty() || deed.by.door.as_deref() == Some(&*self.door))
            && (self.about.is_empty() || is_about())
    }
}

/// The newest lines that are wanted.
#[derive(Debug)]
pub struct FoundDeeds {
    pub deeds: Vec<Deed>,
    /// Before which place to go on looking.
    pub next: Option<DeedPlace>,
}

impl Catalog {
    /// Lines of the caller's account, newest first, at most `limit`.
    ///
    /// Errors: `Forbidden` for who does not administer the account.
    pub fn find_deeds<'a>(
        &'a self,
        caller: &'a Caller,
        filter: &'a DeedFilter,
        before: Option<DeedPlace>,
        limit: usize,
    ) -> Boxed<'a, Result<FoundDeeds, Problem>> {
        Box::pin(async move {
            let until = (filter.until, crate::id::DeedId::from_uuid(uuid::Uuid::nil()));
            let mut before = before.map_or(until, |before| before.min(until));
            let mut found = Vec::new();
            for _ in 0..MOST_STEPS {
                let span = DeedSpan { since: filter.since, before };
                let lines = self.deeds(caller, &span, STRETCH).await?;
                let is_last = lines.len() < STRETCH as usize;
                for deed in lines {
                    before = (deed.at, deed.id);
                    if filter.takes(&deed) {
                        found.push(deed);
                    }
                    if found.len() == limit {
                        return Ok(FoundDeeds { deeds: found, next: Some(before) });
                    }
                }
                if is_last {
                    return Ok(FoundDeeds { deeds: found, next: None });
                }
            }
            Ok(FoundDeeds { deeds: found, next: Some(before) })
        })
    }
}

/// A line as programs get it.
pub fn printed(deed: &Deed) -> Map<String, Value> {
    let by = json!({"name": &*deed.by.name, "id": deed.by.id.to_string(), "through": deed.by.through.as_deref()});
    let mut line = Map::from_iter([
        ("at".to_owned(), timestamp::print(deed.at.0).into()),
        ("id".to_owned(), deed.id.to_string().into()),
        ("what".to_owned(), deed.what.name().into()),
        ("by".to_owned(), if deed.by.name.is_empty() { Value::Null } else { by }),
        ("door".to_owned(), deed.by.door.as_deref().into()),
        ("about".to_owned(), deed.about.map(|id| id.to_string()).into()),
    ]);
    line.extend(deed.detail.clone());
    line
}
