//! Who still calls the deprecated paths: a counter by path, which everybody may read who reads metrics, and for those who
//! run the server one by path and token, so that they know who has to move.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use emporion_catalog::caller::Caller;
use emporion_edge::bearer::bearer;
use emporion_edge::metrics::Metrics;
use emporion_edge::metrics::prometheus_client::metrics::counter::Counter;
use emporion_edge::metrics::prometheus_client::metrics::family::Family;
use emporion_edge::request::Request;
use serde_json::Value;

type Labels = [(&'static str, String); 1];

/// Cheap to share: clones count together.
#[derive(Debug, Clone, Default)]
pub struct DeprecatedCalls {
    counters: Family<Labels, Counter>,
    /// The same, to be told of: by path and token.
    counted: Arc<Mutex<BTreeMap<(String, String), u64>>>,
}

impl DeprecatedCalls {
    /// Publishes the counter as `emporion_deprecated_calls_total`.
    pub fn publish(&self, metrics: &Metrics) {
        metrics.register(|registry| {
            registry.register("deprecated_calls", "Calls of deprecated paths", self.counters.clone());
        });
    }

    /// Path, token and number of calls since the server has started; those who call most first.
    pub fn each(&self) -> Vec<(String, String, u64)> {
        let counted = self.counted();
        let each = counted.iter().map(|((path, token), calls)| (path.clone(), token.clone(), *calls));
        let mut each: Vec<_> = each.collect();
        each.sort_by_key(|(.., calls)| Reverse(*calls));
        each
    }

    fn counted(&self) -> MutexGuard<'_, BTreeMap<(String, String), u64>> {
        // A number cannot be left half written.
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts one call. The caller has proved his token, so there are only as many of them as were issued.
    pub fn count(&self, template: &str, request: &Request, caller: &Caller) {
        let token = bearer(request).and_then(token_id);
        let token = token.unwrap_or_else(|| format!("user:{}", caller.principal.user));
        *self.counted().entry((template.to_owned(), token)).or_default() += 1;
        self.counters.get_or_create(&[("path_template", template.to_owned())]).inc();
    }
}

/// The id of a token (`jti`), as lists of tokens show it.
fn token_id(token: &str) -> Option<String> {
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    let claims: Value = serde_json::from_slice(&claims).ok()?;
    Some(claims.get("jti")?.as_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use http::{HeaderValue, Method, header};

    use super::*;
    use crate::testing;

    #[test]
    fn calls_are_counted_by_path_and_token_and_metrics_name_no_token() {
        let metrics = Metrics::default();
        let calls = DeprecatedCalls::default();
        calls.publish(&metrics);
        let caller = testing::caller();
        let mut request = Request::new(Method::GET, "/");
        calls.count("/workspaces", &request, &caller);
        let claims = URL_SAFE_NO_PAD.encode(r#"{"jti":"t-1"}"#);
        let header = HeaderValue::from_str(&format!("Bearer a.{claims}.c")).expect("a header value");
        request.headers.insert(header::AUTHORIZATION, header);
        calls.count("/workspaces", &request, &caller);
        calls.count("/workspaces", &request, &caller);
        assert_eq!(calls.each()[0], ("/workspaces".to_owned(), "t-1".to_owned(), 2));
        assert_eq!(calls.each()[1], ("/workspaces".to_owned(), format!("user:{}", caller.principal.user), 1));
        let text = metrics.print();
        assert!(text.contains(r#"deprecated_calls_total{path_template="/workspaces"} 3"#), "{text}");
        assert!(!text.contains("t-1") && !text.contains(&caller.principal.user.to_string()), "{text}");
    }
}
