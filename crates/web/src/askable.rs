//! What the visitor may ask of products, as each says it for himself: nothing is told of a model that he could not ask, nor of
//! what is in it and closed to him.

use emporion_catalog::id::RecordId;
use emporion_catalog::response_cache::CachePool;
use http::Method;
use serde_json::Value;

use crate::fault::Fault;
use crate::visit::Visit;

/// The longest question that a product takes.
pub const LONGEST: usize = 4_000;
const DAY: i64 = 86_400_000;

/// Questions that the product would answer; none where the visitor may not query it. They are kept for the day, while
/// nothing changes that they were made of.
pub async fn examples(visit: &Visit, product: RecordId) -> Result<Vec<String>, Fault> {
    let day = visit.now.0.div_euclid(DAY);
    let asking = async {
        match visit.of_product(Method::GET, &product.to_string(), "/chat/guide", None).await? {
            Ok(told) => {
                let questions = told["questions"].as_array().into_iter().flatten().filter_map(Value::as_str);
                Ok(questions.map(str::to_owned).collect())
            }
            Err(refusal) if matches!(refusal.status, 403 | 404) => Ok(Vec::new()),
            Err(refusal) => Err(refusal.into()),
        }
    };
    let weigh = |questions: &Vec<String>| Some(questions.iter().map(|question| question.len() + 32).sum());
    let (catalog, caller) = (visit.catalog(), visit.caller());
    catalog.remembered(CachePool::Answers, caller, format!("examples of {product} on {day}"), weigh, asking).await
}
