//! Whether what a thread keeps of an answer may still be told to who asked. No rows stand in threads, but sentences hold
//! figures, and what was asked back holds values. So it is kept with an answer what its asker saw of each table that was read
//! for it: which rows, and which columns as they are. Where he sees something else of one now, the answer is not told again.
//! He can ask again: that reads anew. No statement is run to find it out, and a product is prepared once for all answers.

use std::collections::HashSet;
use std::sync::Arc;

use emporion_catalog::load::Depth;
use emporion_catalog::record::Record;
use serde_json::{Map, Value, json};
use tokio::sync::OnceCell;

use super::documents;
use super::prepared;
use crate::failure::{Code, Failure};
use crate::request::ProductRequest;
use crate::service::Products;
use crate::subject;

/// The member of a kept answer.
pub const SEEN: &str = "seen";
/// What stands in the place of an answer that is not told again.
pub const WITHHELD: &str = "What you may see has changed since this was answered. Ask again.";
/// The code of a warning that says so.
pub const ANSWER_WITHHELD: &str = "ANSWER_WITHHELD";
/// What is told of it all the same.
const STILL_TOLD: [&str; 3] = ["threadId", "messageId", "status"];

/// What one reader of kept answers may be told of them, found out as far as they ask for it.
pub struct Retelling<'a> {
    products: &'a Arc<Products>,
    request: &'a ProductRequest,
    /// Of what is live, and of what is drafted.
    sights: [OnceCell<Option<Arc<prepared::Prepared>>>; 2],
    documents: [OnceCell<HashSet<String>>; 2],
}

impl<'a> Retelling<'a> {
    pub fn to(products: &'a Arc<Products>, request: &'a ProductRequest) -> Retelling<'a> {
        Retelling { products, request, sights: Default::default(), documents: Default::default() }
    }

    /// Whether a message of his own is told as it was; what he has said himself always is.
    pub async fn tells(&self, message: &Record) -> Result<bool, Failure> {
        let Some(answer) = message.body.get("answer") else { return Ok(true) };
        let Some(seen) = answer.get(SEEN) else { return Ok(false) };
        let is_preview = seen.get("isPreview").and_then(Value::as_bool).unwrap_or(false);
        let documents: Vec<&str> =
            seen.get("documents").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
        if !documents.is_empty() {
            let there = self.documents(is_preview).await?;
            if !documents.iter().all(|id| there.contains(*id)) {
                return Ok(false);
            }
        }
        if seen.get("tables").is_none() && seen.get("whole").is_none() {
            return Ok(true);
        }
        Ok(self.sights(is_preview).await?.is_some_and(|prepared| prepared.sights.hold(seen)))
    }

    /// `None` for who may ask for no figures.
    async fn sights(&self, is_preview: bool) -> Result<Option<&prepared::Prepared>, Failure> {
        let made = self.sights[usize::from(is_preview)].get_or_try_init(|| async {
            match prepared::prepare(self.products, self.request, is_preview).await {
                Ok(prepared) => Ok(Some(prepared)),
                Err(failure) if matches!(failure.code, Code::FORBIDDEN | Code::NOT_FOUND) => Ok(None),
                Err(failure) => Err(failure),
            }
        });
        Ok(made.await?.as_deref())
    }

    async fn documents(&self, is_preview: bool) -> Result<&HashSet<String>, Failure> {
        let made = self.documents[usize::from(is_preview)].get_or_try_init(|| async {
            let reading = self.products.catalog.reading(&self.request.caller).await?;
            let view = subject::find(self.products, self.request, &reading, &Depth::bare()).await?;
            drop(reading);
            match documents::ids(self.products, self.request, &view, is_preview).await {
                Err(failure) if failure.code == Code::FORBIDDEN => Ok(HashSet::new()),
                ids => ids,
            }
        });
        made.await
    }
}

/// What is told of an answer that is not told again: that there was one, and by which way it came.
pub fn withheld(answer: &Value) -> Value {
    let told = answer.as_object().into_iter().flatten().filter(|(name, _)| STILL_TOLD.contains(&name.as_str()));
    let mut told: Map<String, Value> = told.map(|(name, value)| (name.clone(), value.clone())).collect();
    told.insert("text".to_owned(), WITHHELD.into());
    if let Some(method) = answer.pointer("/provenance/method") {
        told.insert("provenance".to_owned(), json!({"method": method}));
    }
    told.insert("suggestions".to_owned(), json!([]));
    told.insert("warnings".to_owned(), json!([{"code": ANSWER_WITHHELD, "message": WITHHELD}]));
    told.into()
}
