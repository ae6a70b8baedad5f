//! Requests that a door makes of its own server for whoever is calling it.
//!
//! They take the way of those that come over the network (routes, admission, limits, metrics, log), with the id, the
//! origin, the door and the credentials of the request that they are made for; so nobody gets more by it than he would
//! himself. Where a door knows its callers by what other doors do not take (the cookie of a browser), it says whom it
//! has proven instead.
//!
//! Work that a door has a service do, without a request, is counted and logged beside them ([`Inside::during`]).

use std::future::Future;
use std::sync::Weak;

use bytes::Bytes;
use emporion_catalog::boxed::Boxed;
use emporion_catalog::caller::Caller;
use emporion_catalog::request_freshness::RequestFreshness;
use http::{HeaderName, HeaderValue, Method, header};
use http_body_util::Full;

use crate::answer::Answer;
use crate::app::App;
use crate::request::Request;

/// What is taken over of the request that others are made for: who is calling, and by which address.
const PASSED_ON: [HeaderName; 3] = [header::AUTHORIZATION, header::HOST, header::USER_AGENT];

/// The way in, for a door that is built before the app it stands in.
#[derive(Clone)]
pub struct Inside(Weak<App>);

/// What is asked.
pub struct Sent<'a> {
    pub method: Method,
    pub target: &'a str,
    /// JSON.
    pub body: Option<Bytes>,
}

/// The server is going away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gone;

impl Inside {
    pub fn of(app: Weak<App>) -> Inside {
        Inside(app)
    }

    /// Makes a request for whoever makes `outer`; a body is JSON. Dropped, it ends as if a client had hung up.
    pub fn call<'a>(
        &'a self,
        outer: &'a Request,
        method: Method,
        target: &'a str,
        body: Option<Bytes>,
    ) -> Boxed<'a, Result<Answer, Gone>> {
        Box::pin(async move { self.send(outer, None, Sent { method, target, body }).await })
    }

    /// The same for a caller whom the door has proven by other means than a token.
    pub fn call_as<'a>(
        &'a self,
        caller: &'a Caller,
        outer: &'a Request,
        sent: Sent<'a>,
    ) -> Boxed<'a, Result<Answer, Gone>> {
        Box::pin(async move { self.send(outer, Some(caller.clone()), sent).await })
    }

    /// Does work for whoever makes `outer`: with a line in the log of its own under the id of the request, and counted
    /// by service, operation and `status`. Dropped, it ends as a request whose client has hung up.
    pub async fn during<T>(
        &self,
        outer: &Request,
        (service, operation): (&'static str, &'static str),
        status: impl FnOnce(&T) -> u16,
        work: impl Future<Output = T>,
    ) -> Result<T, Gone> {
        // The app is not held meanwhile: it may go away.
        let watch = self.0.upgrade().ok_or(Gone)?.watch_work(outer, service, operation);
        let (questions, denials) = (watch.questions.clone(), watch.denials.clone());
        let done = RequestFreshness::during(questions.during(denials.during(work))).await;
        watch.end(status(&done));
        Ok(done)
    }

    async fn send(&self, outer: &Request, proven: Option<Caller>, sent: Sent<'_>) -> Result<Answer, Gone> {
        let Sent { method, target, body } = sent;
        let app = self.0.upgrade().ok_or(Gone)?;
        let Ok(uri) = target.parse() else {
            // Doors write targets out of constants and encoded segments.
            tracing::error!(target, "a door calls what is no target");
            return Ok(Answer::empty(400));
        };
        let mut http = http::Request::new(Full::new(body.clone().unwrap_or_default()));
        *http.method_mut() = method;
        *http.uri_mut() = uri;
        let headers = http.headers_mut();
        for name in PASSED_ON {
            if let Some(value) = outer.headers.get(&name) {
                headers.insert(name, value.clone());
            }
        }
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        if body.is_some() {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        Ok(app.handle_inside(http, outer, proven).await)
    }
}
