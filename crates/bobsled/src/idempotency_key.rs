//! Idempotency keys: requests are carried out once for each `Idempotency-Key`.

use std::sync::Arc;

use bytes::Bytes;
use emporion_catalog::id::RecordId;
use emporion_products::failure::Failure;
use emporion_products::idempotency::{IdempotencyKey, Idempotent, StoredAnswer};
use emporion_products::parts::spec::Spec;
use emporion_products::service::Products;
use serde_json::Value;

use crate::call::Call;
use crate::envelope::Reply;
use crate::mount::{self, Mount};
use crate::parts::paths;

/// The `Idempotency-Key` of a request, if it has one, and what its stored answer is given again with.
pub struct Key {
    key: Option<IdempotencyKey>,
    makes: Option<Makes>,
    /// Who is asked whether the caller still sees what a create made, where no product was asked before.
    seen_by: Option<Arc<Products>>,
}

/// What a create makes, and where that stands: a stored answer is given again with its `Location`.
#[derive(Debug, Clone, Copy)]
pub struct Makes {
    shown: &'static str,
    id: &'static str,
    version: Option<&'static str>,
    folder: &'static str,
    /// It stands below a product, not below the account.
    is_part: bool,
}

/// What a create makes that stands below the account.
#[derive(Debug, Clone, Copy)]
pub struct MakesRecord {
    /// The member of the answer that shows it.
    pub shown: &'static str,
    /// The member of that which ends its path.
    pub id: &'static str,
    /// The member of that which its tag is made of, if one is.
    pub version: Option<&'static str>,
    /// The last folder of its path.
    pub folder: &'static str,
}

impl Makes {
    /// One of a part.
    pub fn part(spec: &Spec) -> Makes {
        Makes { shown: spec.one, id: "id", version: None, folder: paths::of(spec).folder, is_part: true }
    }

    /// Asks anew whether the caller sees what a stored answer shows.
    ///
    /// Errors: 404 for what he does not see any more, unless he administers the account: he sees what there was, whatever
    /// became of it.
    async fn still_seen(self, products: &Products, call: &Call, envelope: &[u8]) -> Result<(), Failure> {
        if call.caller.principal.is_admin {
            return Ok(());
        }
        let missing = || Failure::not_found("what was made under this Idempotency-Key is not there");
        let id = self.made_id(envelope).ok_or_else(missing)?;
        let reading = products.catalog.reading(&call.caller).await?;
        if reading.in_any_state(&[id]).await?.is_empty() { Err(missing()) } else { Ok(()) }
    }

    /// The record that a stored envelope shows, through whichever mount it was made.
    fn made_id(self, envelope: &[u8]) -> Option<RecordId> {
        let envelope: Value = serde_json::from_slice(envelope).ok()?;
        let data = mount::from_wire(envelope.get("data")?.clone()).ok()?;
        data.get(self.shown)?.get(self.id)?.as_str()?.parse().ok()
    }
}

impl Key {
    /// `makes` only of creates.
    pub fn of(call: &Call, body: &Value, makes: Option<Makes>) -> Result<Key, Failure> {
        Ok(Key { key: call.idempotency(body)?, makes, seen_by: None })
    }

    /// Of the create of a record below the account. Whoever repeats it is asked anew what he sees: of a part its product
    /// is asked before an answer is looked for, and a record of its own is known by its answer alone.
    pub fn of_record(call: &Call, body: &Value, makes: MakesRecord, products: &Arc<Products>) -> Result<Key, Failure> {
        let MakesRecord { shown, id, version, folder } = makes;
        let makes = Makes { shown, id, version, folder, is_part: false };
        Ok(Key { key: call.idempotency(body)?, makes: Some(makes), seen_by: Some(products.clone()) })
    }

    /// For operations that take none.
    pub fn none() -> Key {
        Key { key: None, makes: None, seen_by: None }
    }

    /// Answers a request that the service behind the door carries out, once for its key.
    ///
    /// `print` is pure: it may be called more than once for one result.
    ///
    /// Errors: those of the service; 404 for a stored answer to the create of a record that the caller does not see.
    pub async fn answer<T, F>(
        self,
        call: &Call,
        print: impl Fn(&T) -> Reply + Send + Sync + 'static,
        carry_out: impl FnOnce(Option<StoredAnswer<T>>) -> F,
    ) -> Result<Reply, Failure>
    where
        F: Future<Output = Result<Idempotent<T>, Failure>>,
    {
        let print = Arc::new(print);
        let stored = self.key.map(|key| {
            let (exchange, print) = (call.exchange.clone(), print.clone());
            let print = move |made: &T| {
                let reply = print(made);
                (reply.status(), reply.print(&exchange))
            };
            StoredAnswer { key, print: Arc::new(print) }
        });
        Ok(match carry_out(stored).await? {
            Idempotent::Fresh(made) => print(&made),
            Idempotent::Replayed { status, body } => {
                if let Some((makes, products)) = self.makes.zip(self.seen_by) {
                    makes.still_seen(&products, call, &body).await?;
                }
                replayed(call, self.makes, status, body)
            }
        })
    }
}

/// A stored answer, with the place and the version of what the first request made.
fn replayed(call: &Call, makes: Option<Makes>, status: u16, body: Bytes) -> Reply {
    let mount = call.exchange.mount;
    let body = respelled(mount, body);
    let key = |canonical| mount.key(canonical);
    let made = makes.filter(|_| matches!(status, 201 | 202)).and_then(|makes| made(makes, key, &body));
    let reply = Reply::replay(status, body);
    match made {
        Some(Made { path, version }) => {
            let reply = reply.located(call.location(&path));
            version.map_or(reply.clone(), |version| reply.etag(version))
        }
        None => reply,
    }
}

/// A stored envelope with the names of the mount that the request came through this time; the same bytes where it was
/// printed for that one.
fn respelled(mount: Mount, envelope: Bytes) -> Bytes {
    let Ok(stored) = serde_json::from_slice::<Value>(&envelope) else { return envelope };
    let Some(data) = stored.get("data") else { return envelope };
    let Ok(canonical) = mount::from_wire(data.clone()) else { return envelope };
    let named = mount.to_wire(canonical);
    if named == *data {
        return envelope;
    }
    let mut stored = stored;
    stored["data"] = named;
    serde_json::to_vec(&stored).map_or(envelope, Bytes::from)
}

/// The resource that a stored envelope shows.
#[derive(Debug, PartialEq)]
struct Made {
    /// Below the account.
    path: String,
    /// Where it is one record, and so its tag.
    version: Option<i64>,
}

/// `key` spells members as the envelope does.
fn made(makes: Makes, key: impl Fn(&'static str) -> &'static str, envelope: &[u8]) -> Option<Made> {
    let envelope: Value = serde_json::from_slice(envelope).ok()?;
    let shown = envelope.get("data")?.get(key(makes.shown))?;
    let text = |name: &str| shown.get(name).and_then(Value::as_str);
    let id = text(makes.id)?;
    if makes.is_part {
        let product = text(key("dataProductId"))?;
        return Some(Made { path: format!("/data-products/{product}/{}/{id}", makes.folder), version: None });
    }
    let version = makes.version.and_then(|name| shown.get(name)?.as_i64());
    Some(Made { path: format!("/{}/{id}", makes.folder), version })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_answer_is_told_in_the_names_of_the_mount() {
        let old = Bytes::from_static(br#"{"ok":true, "data":{"workspace":{"id":"x","workspaceType":"standard"}}}"#);
        let new = r#"{"ok":true,"data":{"dataProduct":{"id":"x","dataProductType":"standard"}}}"#;
        assert_eq!(respelled(Mount::Workspaces, old.clone()), old, "to the byte");
        assert_eq!(respelled(Mount::DataProducts, old), new);
        let back = respelled(Mount::Workspaces, Bytes::from(new));
        assert_eq!(back, r#"{"ok":true,"data":{"workspace":{"id":"x","workspaceType":"standard"}}}"#);
    }

    #[test]
    fn a_stored_answer_says_what_was_made() {
        let of = |makes: Makes, mount: Mount, text: &str| {
            made(makes, |canonical| mount.key(canonical), text.as_bytes()).map(|made| (made.path, made.version))
        };
        let product =
            Makes { shown: "dataProduct", id: "id", version: Some("version"), folder: "data-products", is_part: false };
        let text = r#"{"data":{"workspace":{"id":"x","version":3}}}"#;
        assert_eq!(of(product, Mount::Workspaces, text), Some(("/data-products/x".to_owned(), Some(3))));
        let source = Makes { shown: "dataSource", folder: "data-sources", ..product };
        let text = r#"{"data":{"dataSource":{"id":"y"}}}"#;
        assert_eq!(of(source, Mount::DataProducts, text), Some(("/data-sources/y".to_owned(), None)));
        let skill = Makes { shown: "skill", id: "skillId", version: None, folder: "skills", is_part: false };
        let text = r#"{"data":{"skill":{"id":"v","skillId":"s","version":1}}}"#;
        assert_eq!(of(skill, Mount::DataProducts, text), Some(("/skills/s".to_owned(), None)));
        let query =
            Makes { shown: "verifiedQuery", id: "id", version: None, folder: "verified-queries", is_part: true };
        let text = r#"{"data":{"verifiedQuery":{"id":"q","workspaceId":"x"}}}"#;
        assert_eq!(of(query, Mount::Workspaces, text), Some(("/data-products/x/verified-queries/q".to_owned(), None)));
        assert_eq!(of(query, Mount::DataProducts, r#"{"data":{"results":{}}}"#), None);
        assert_eq!(of(query, Mount::DataProducts, "nonsense"), None);
    }
    #[test]
    fn what_was_made_is_known_by_its_answer_through_either_mount() {
        let id = "0b8f1f0e-3f0f-4b7e-9a55-2f8a3f0f4b7e";
        let product = Makes { shown: "dataProduct", id: "id", version: None, folder: "data-products", is_part: false };
        for shown in ["workspace", "dataProduct"] {
            let envelope = format!(r#"{{"data":{{"{shown}":{{"id":"{id}"}}}}}}"#);
            assert_eq!(product.made_id(envelope.as_bytes()).map(|id| id.to_string()), Some(id.to_owned()), "{shown}");
        }
        for nothing in ["nonsense", "{}", r#"{"data":{"dataProduct":{"id":"x"}}}"#] {
            assert_eq!(product.made_id(nothing.as_bytes()), None, "{nothing}");
        }
    }
}
