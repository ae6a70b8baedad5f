//! The rows of one door, ready to serve: finds the row for a raw path and runs its handler.

use std::borrow::Cow;
use std::sync::Arc;

use http::Method;

use crate::answer::Answer;
use crate::body_budget::Standing;
pub use crate::door::Door;
use crate::path;
use crate::request::Request;
use crate::route::{Access, BoxFuture, Handler, Route};
use crate::trie::{Found, Refused, Trie};

/// Ten forms of 300,000 characters or a bulk call of 1,000 rows need more than 3 MB.
pub const DEFAULT_BODY_LIMIT: usize = 8 << 20;
/// What anybody may send to a route that is open to all: a name and a password, a token.
pub const OPEN_BODY_LIMIT: usize = 64 << 10;

/// Looks at a request whose body has not been read: whether it may be. What it answers `Ok` is asked again by the handler,
/// since the caller's rights may end while the body arrives.
pub type Admission<D> = Arc<dyn Fn(Arc<D>, Request) -> BoxFuture<Admitted> + Send + Sync>;

/// The request, and what is known of its sender; or the door's refusal.
pub type Admitted = Result<(Request, Standing), Answer>;

/// Wraps an async function as a router's admission.
pub fn admission<D, F, R>(function: F) -> Admission<D>
where
    D: 'static,
    F: Fn(Arc<D>, Request) -> R + Send + Sync + 'static,
    R: Future<Output = Admitted> + Send + 'static,
{
    Arc::new(move |door, request| Box::pin(function(door, request)))
}

/// One door's rows and how its requests are read.
pub struct Router<D: Door> {
    door: Arc<D>,
    trie: Trie,
    rows: Vec<Row<D>>,
    unmatched: Option<Handler<D>>,
    looked_for: Option<Handler<D>>,
    admission: Option<Admission<D>>,
    body_limit: usize,
    tolerates_trailing_slash: bool,
}

struct Row<D: Door> {
    operation: Operation,
    labels: Vec<&'static str>,
    access: Access,
    body_limit: Option<usize>,
    is_safe: bool,
    handler: Handler<D>,
}

/// What log and metrics call a row. The texts live as long as the program, like the rows themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Operation {
    pub name: &'static str,
    pub template: &'static str,
}

/// Where a request leads.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Row { row: usize, params: Vec<(&'static str, String)> },
    WrongMethod { allow: String },
    Nothing,
}

/// A router whose door's type is forgotten, so that different doors stand in one list.
pub(crate) trait Serve: Send + Sync {
    fn door(&self) -> &dyn Door;
    /// Whether the door has an answer of its own to what no row takes.
    fn takes_unmatched(&self) -> bool;
    /// The longest body of a row, or of what no row takes, in bytes.
    fn body_limit(&self, row: Option<usize>) -> usize;
    /// Asks the door before the body is read; of rows that are open to all, and of doors that do not ask, nothing.
    fn admit(&self, row: Option<usize>, request: Request) -> BoxFuture<Admitted>;
    fn find(&self, method: &Method, path: &str) -> Target;
    fn operation(&self, row: usize) -> Operation;
    /// Whether the row changes nothing that is stored.
    fn is_safe(&self, row: usize) -> bool;
    fn call(&self, row: usize, request: Request) -> BoxFuture<Answer>;
    /// The router's own answer to what no row takes, where it has one; else the request comes back.
    fn call_unmatched(&self, request: Request) -> Result<BoxFuture<Answer>, Box<Request>>;
}

impl<D: Door> Router<D> {
    /// Takes a route table.
    ///
    /// Panics: when two rows have the same method and, but for label names, the same template, or when a template is
    /// malformed. These are mistakes in the table, found by the first test that builds it.
    pub fn new(door: Arc<D>, routes: Vec<Route<D>>) -> Router<D> {
        let mut trie = Trie::default();
        let mut rows: Vec<Row<D>> = Vec::with_capacity(routes.len());
        for route in routes {
            let operation = Operation { name: lasting(route.operation), template: lasting(route.path) };
            let labels = match trie.insert(&route.method, operation.template, rows.len()) {
                Ok(labels) => labels,
                Err(Refused::Template(reason)) => panic!("{} of {}: {reason}", operation.template, operation.name),
                Err(Refused::Taken(other)) => {
                    let other = rows[other].operation;
                    panic!("{} {} is both {} and {}", route.method, operation.template, other.name, operation.name)
                }
            };
            let Route { access, body_limit, is_safe, handler, .. } = route;
            rows.push(Row { operation, labels, access, body_limit, is_safe, handler });
        }
        Router {
            door,
            trie,
            rows,
            unmatched: None,
            looked_for: None,
            admission: None,
            body_limit: DEFAULT_BODY_LIMIT,
            tolerates_trailing_slash: false,
        }
    }

    /// The longest body that is read of a caller, in bytes, where a row says nothing else.
    pub fn body_limit(self, bytes: usize) -> Router<D> {
        Router { body_limit: bytes, ..self }
    }

    /// Answers what no row takes, for a door that asks who is calling before it says so. Without it the door answers
    /// itself ([`Door::not_found`], [`Door::method_not_allowed`]).
    pub fn unmatched(self, handler: Handler<D>) -> Router<D> {
        Router { unmatched: Some(handler), ..self }
    }

    /// Answers who only looks where no row is, without a body, for a door that says more to those it knows. All else is
    /// left to the door itself.
    pub fn looked_for(self, handler: Handler<D>) -> Router<D> {
        Router { looked_for: Some(handler), ..self }
    }

    /// Asks this before it reads a body, of all but the rows that are open to everybody.
    pub fn admission(self, admission: Admission<D>) -> Router<D> {
        Router { admission: Some(admission), ..self }
    }

    /// A path that a template with a literal matches is that one's alone: another method on it is refused, though a
    /// template with a label there has it.
    pub fn literals_win(mut self) -> Router<D> {
        self.trie.literals_win = true;
        self
    }

    /// Serves `/x/` as `/x`. Without it, a path with a trailing slash names nothing.
    pub fn tolerating_trailing_slash(self) -> Router<D> {
        Router { tolerates_trailing_slash: true, ..self }
    }
}

impl<D: Door> Serve for Router<D> {
    fn door(&self) -> &dyn Door {
        &*self.door
    }

    fn takes_unmatched(&self) -> bool {
        self.unmatched.is_some()
    }

    fn body_limit(&self, row: Option<usize>) -> usize {
        match row.map(|row| &self.rows[row]) {
            Some(Row { body_limit: Some(limit), .. }) => *limit,
            Some(Row { access: Access::Anonymous, .. }) => OPEN_BODY_LIMIT.min(self.body_limit),
            _ => self.body_limit,
        }
    }

    fn admit(&self, row: Option<usize>, request: Request) -> BoxFuture<Admitted> {
        match &self.admission {
            Some(admission) if row.is_none_or(|row| self.rows[row].access == Access::Caller) => {
                admission(self.door.clone(), request)
            }
            _ => Box::pin(async { Ok((request, Standing::Nobody)) }),
        }
    }

    fn find(&self, method: &Method, path: &str) -> Target {
        let path = match path.strip_suffix('/') {
            Some(without) if self.tolerates_trailing_slash && !without.is_empty() => without,
            _ => path,
        };
        if !path::is_plain(path) {
            return Target::Nothing;
        }
        match self.trie.find(method, path) {
            Found::Row(row, captures) => {
                let names = self.rows[row].labels.iter();
                let decoded =
                    captures.as_slice().iter().zip(names).map(|(raw, name)| Some((*name, path::decode(raw)?)));
                match decoded.collect() {
                    Some(params) => Target::Row { row, params },
                    None => Target::Nothing,
                }
            }
            Found::WrongMethod(allow) => Target::WrongMethod { allow },
            Found::Nothing => Target::Nothing,
        }
    }

    fn operation(&self, row: usize) -> Operation {
        self.rows[row].operation
    }

    fn is_safe(&self, row: usize) -> bool {
        self.rows[row].is_safe
    }

    fn call(&self, row: usize, request: Request) -> BoxFuture<Answer> {
        (self.rows[row].handler)(self.door.clone(), request)
    }

    fn call_unmatched(&self, request: Request) -> Result<BoxFuture<Answer>, Box<Request>> {
        let looked_for = self.looked_for.as_ref().filter(|_| matches!(request.method, Method::GET | Method::HEAD));
        match self.unmatched.as_ref().or(looked_for) {
            Some(handler) => Ok(handler(self.door.clone(), request)),
            None => Err(Box::new(request)),
        }
    }
}

/// A router is built once per process; what it keeps of computed texts is never given back.
fn lasting(text: Cow<'static, str>) -> &'static str {
    match text {
        Cow::Borrowed(text) => text,
        Cow::Owned(text) => String::leak(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::handler;

    struct Toy;

    impl Door for Toy {
        fn name(&self) -> &'static str {
            "toy"
        }
        fn not_found(&self, _: &Request) -> Answer {
            Answer::empty(404)
        }
        fn method_not_allowed(&self, _: &Request, _: &str) -> Answer {
            Answer::empty(405)
        }
        fn too_large(&self, _: &Request, _: usize) -> Answer {
            Answer::empty(413)
        }
        fn internal(&self, _: &Request) -> Answer {
            Answer::empty(500)
        }
        fn malformed(&self, _: &Request, _: &str) -> Answer {
            Answer::empty(400)
        }
        fn unavailable(&self, _: &Request, _: &str) -> Answer {
            Answer::empty(503)
        }
        fn too_many_values(&self, _: &Request, _: &str) -> Answer {
            Answer::empty(413)
        }
    }

    fn route(method: Method, path: &'static str, operation: &'static str) -> Route<Toy> {
        let tell = handler(|_, request: Request| async move { Answer::bytes(200, "text/plain", request.raw_path) });
        Route::new(method, path, operation, tell)
    }

    fn router() -> Router<Toy> {
        let routes = vec![route(Method::GET, "/tags/{arn}", "Get"), route(Method::PUT, "/tags/{key}/{value}", "Put")];
        Router::new(Arc::new(Toy), routes)
    }

    fn found(router: &Router<Toy>, path: &str) -> String {
        match router.find(&Method::GET, path) {
            Target::Row { row, params } => {
                let params: Vec<String> = params.iter().map(|(name, value)| format!("{name}={value}")).collect();
                format!("{} {}", router.operation(row).name, params.join(" "))
            }
            Target::WrongMethod { allow } => allow,
            Target::Nothing => "nothing".into(),
        }
    }

    #[test]
    fn labels_are_decoded_after_the_match() {
        assert_eq!(found(&router(), "/tags/arn%3Aaws%2Fx"), "Get arn=arn:aws/x");
        assert_eq!(found(&router(), "/tags/a/b"), "PUT");
        assert_eq!(found(&router(), "/tags/%zz"), "nothing");
        assert_eq!(found(&router(), "/tags/%ff"), "nothing");
        assert_eq!(found(&router(), "/tags/.."), "nothing");
        assert_eq!(found(&router(), "/tags//"), "nothing");
    }

    #[test]
    fn a_trailing_slash_is_tolerated_only_on_request() {
        assert_eq!(found(&router(), "/tags/a/"), "nothing");
        let tolerant = router().tolerating_trailing_slash();
        assert_eq!(found(&tolerant, "/tags/a/"), "Get arn=a");
        assert_eq!(found(&tolerant, "/tags/a//"), "nothing");
        assert_eq!(found(&tolerant, "/"), "nothing");
    }

    #[test]
    #[should_panic(expected = "GET /a/{y} is both One and Two")]
    fn rows_that_collide_are_a_mistake() {
        let routes = vec![route(Method::GET, "/a/{x}", "One"), route(Method::GET, "/a/{y}", "Two")];
        Router::new(Arc::new(Toy), routes);
    }
}
