//! The catalogue as tools see it: calls of the service for data products, and requests in its own dialects, made for
//! the caller.

use std::future::Future;
use std::sync::Arc;

use emporion_catalog::caller::Caller;
use emporion_catalog::id::RecordId;
use emporion_catalog::record::View;
use emporion_edge::answer::Answer;
use emporion_edge::request::Request;
use emporion_products::calls::Calls;
use emporion_products::details::Details;
use emporion_products::failure::Failure;
use emporion_products::ids::ProductKey;
use emporion_products::page::{ListPage, PageRequest};
use emporion_products::read::{self, ProductFilter};
use emporion_products::request::ProductRequest;
use emporion_products::service::Products;
use http::{Method, StatusCode, header};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::outcome::Trouble;

/// Where the dialect begins that has what the service for data products does not show: contracts, lineage, owners.
const METADATA: &str = "/api/v1";
/// Where everything is looked for, in the language of searches.
const SEARCH: &str = "/search";
/// Products of one name that are told of.
const MOST_NAMESAKES: usize = 20;

/// One caller's way to the doors.
#[derive(Clone)]
pub struct Catalogue {
    calls: Calls,
    outer: Arc<Request>,
    caller: Caller,
}

/// What a door answered.
pub struct Reply {
    status: StatusCode,
    retry_after_s: Option<u64>,
    body: Value,
}

impl Catalogue {
    pub fn new(calls: Calls, outer: Arc<Request>, caller: Caller) -> Catalogue {
        Catalogue { calls, outer, caller }
    }

    pub fn products_service(&self) -> &Arc<Products> {
        &self.calls.products
    }

    /// What fits a query, of all that was acknowledged by now.
    ///
    /// Errors: `INVALID_QUERY` for one that cannot be read, with the place.
    pub async fn find(&self, query: &[(&str, String)]) -> Result<Value, Trouble> {
        let unavailable = || Trouble::new("UNAVAILABLE", "searches do not know yet what was written").again_in(Some(1));
        self.calls.products.catalog.until_found().await.map_err(|_| unavailable())?;
        let reply = self.call(format!("{SEARCH}{}", printed(query))).await?;
        match reply.status {
            status if status.is_success() => Ok(reply.body),
            status => Err(Trouble::of_search(status.as_u16(), &reply.body).again_in(reply.retry_after_s)),
        }
    }

    /// Products, oldest first.
    pub async fn products(
        &self,
        filter: &ProductFilter,
        page: &PageRequest,
    ) -> Result<ListPage<(View, Details)>, Trouble> {
        self.serve("dataProducts_list", read::list(self.products_service(), &self.caller, filter, page)).await
    }

    /// What the caller asks of a product, whose id, external id or name is given.
    pub async fn about(&self, product: &str) -> Result<ProductRequest, Trouble> {
        let meant = self.meant(product).await?;
        let key = ProductKey::parse(&meant).ok_or_else(|| Trouble::of_failure(&Failure::no_product(&meant)))?;
        Ok(ProductRequest { caller: self.caller.clone(), product: key })
    }

    /// The same of one that was found.
    pub fn about_id(&self, product: RecordId) -> ProductRequest {
        ProductRequest { caller: self.caller.clone(), product: ProductKey::Id(product.uuid()) }
    }

    /// An operation of the service for data products.
    pub async fn serve<T>(
        &self,
        operation: &'static str,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Trouble> {
        let done = self.calls.make(&self.outer, &self.caller, operation, work).await;
        done.map_err(|failure| Trouble::of_failure(&failure))
    }

    /// What a product is addressed by. What is neither its id nor its external id may be its name.
    async fn meant(&self, product: &str) -> Result<String, Trouble> {
        let is_id = product.len() == 36 && product.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
        if !is_id {
            let known = match ProductKey::parse(product) {
                Some(key) => {
                    let request = ProductRequest { caller: self.caller.clone(), product: key };
                    let known = self.serve("dataProducts_get", read::get(self.products_service(), &request)).await;
                    !known.is_err_and(|trouble| trouble.is("NOT_FOUND"))
                }
                None => false,
            };
            if !known && let Some(id) = self.called(product).await? {
                return Ok(id);
            }
        }
        Ok(product.to_owned())
    }

    /// The id of the only product that has the name, of those that the caller sees.
    ///
    /// Errors: the ids of several.
    async fn called(&self, name: &str) -> Result<Option<String>, Trouble> {
        let filter = ProductFilter { name: Some(name.to_owned()), ..ProductFilter::default() };
        let Ok(listed) = self.products(&filter, &PageRequest::at(MOST_NAMESAKES, "")).await else { return Ok(None) };
        let mut ids: Vec<String> = listed.items.iter().map(|(product, _)| product.id().to_string()).collect();
        if ids.len() > 1 {
            let message =
                format!("several products are called {name:?}: say by its id which one of {}", ids.join(", "));
            return Err(Trouble::new("INVALID_ARGUMENTS", message));
        }
        Ok(ids.pop())
    }

    /// A read of metadata; `None` where there is none, or none that the caller sees.
    pub async fn metadata(&self, path: &str, query: &[(&str, String)]) -> Result<Option<Value>, Trouble> {
        let reply = self.call(format!("{METADATA}{path}{}", printed(query))).await?;
        match reply.status {
            StatusCode::NOT_FOUND | StatusCode::FORBIDDEN => Ok(None),
            status if status.is_success() => Ok(Some(reply.body)),
            status => Err(Trouble::of_metadata(status.as_u16(), &reply.body).again_in(reply.retry_after_s)),
        }
    }

    async fn call(&self, target: String) -> Result<Reply, Trouble> {
        match self.calls.inside.call(&self.outer, Method::GET, &target, None).await {
            Ok(answer) => reply_of(&answer),
            Err(_) => Err(Trouble::new("UNAVAILABLE", "the server is going away").again_in(Some(1))),
        }
    }
}

fn reply_of(answer: &Answer) -> Result<Reply, Trouble> {
    let bytes = answer.whole().map(|bytes| &bytes[..]).unwrap_or_default();
    let retry_after_s = answer.headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    match serde_json::from_slice(bytes) {
        Ok(body) => Ok(Reply { status: answer.status, retry_after_s, body }),
        Err(_) => Err(Trouble::unreadable()),
    }
}

/// A text as one segment of a path.
pub fn segment(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

fn printed(query: &[(&str, String)]) -> String {
    let pairs = query.iter().map(|(name, value)| format!("{name}={}", segment(value)));
    let joined = pairs.collect::<Vec<_>>().join("&");
    if joined.is_empty() { joined } else { format!("?{joined}") }
}
