//! A row of the operation table, and what it becomes: one route per mount.

use std::borrow::Cow;
use std::future::Future;
use std::sync::Arc;

use emporion_catalog::command::Guard;
use emporion_catalog::response_cache::CachePool;
use emporion_edge::answer::Answer;
use emporion_edge::etag::IfMatch;
use emporion_edge::request::Request;
use emporion_edge::route::{BoxFuture, Route, handler};
use emporion_edge::shape::{Location, Member, Shape, Struct, TEXT};
use emporion_products::failure::Failure;
use emporion_products::message::Message;
use http::Method;

use crate::call::Call;
use crate::door::{Door, UPLOAD_LIMIT};
use crate::envelope::{Exchange, Reply, refuse};
use crate::http_failures;
use crate::mount::Mount;
use crate::print::Print;
use crate::shapes::common::{IF_MATCH, STRICT};
use crate::shapes::envelope;
use crate::shapes::mirror::Mirror;

/// Carries an operation out. It speaks the canonical names; the mount is none of its business.
pub type Handle = Arc<dyn Fn(Arc<Door>, Call) -> BoxFuture<Result<Reply, Failure>> + Send + Sync>;

/// What `If-Match` demands, in the form that a handler needs.
pub trait Condition: 'static {
    fn of(tags: Option<IfMatch>) -> Self;
}

/// As it is, for items of parts: their tags are more than a revision.
impl Condition for Option<IfMatch> {
    fn of(tags: Option<IfMatch>) -> Option<IfMatch> {
        tags
    }
}

/// Entity tags of records are their revisions. A tag that this door never printed allows none.
impl Condition for Guard {
    fn of(tags: Option<IfMatch>) -> Guard {
        match tags {
            None | Some(IfMatch::Any) => Guard::None,
            Some(IfMatch::Tags(tags)) => {
                let strong = tags.iter().filter(|tag| !tag.weak);
                Guard::Revisions(strong.filter_map(|tag| tag.opaque.parse().ok()).collect())
            }
        }
    }
}

/// Where a path starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Root {
    /// `/api/v1/accounts/{accountId}/data-products`, and again under `/workspaces`.
    Products,
    /// `/api/v1/accounts/{accountId}`.
    Account,
}

/// One row.
pub struct Operation {
    pub method: Method,
    pub root: Root,
    /// Below the root, in canonical names.
    pub path: &'static str,
    /// Unique over the table; the operation id without its mount.
    pub name: &'static str,
    /// The part of the interface it belongs to; empty for products themselves.
    pub section: &'static str,
    /// A message template: `{product}` is the mount's noun.
    pub summary: &'static str,
    /// Members of query and headers.
    pub parameters: Vec<Member>,
    pub body: Option<&'static Struct>,
    /// The longest body; `None`: that of the door.
    pub most_bytes: Option<usize>,
    /// Other forms of the body: media type and content.
    pub other_bodies: &'static [(&'static str, Shape)],
    /// Other forms of the answer, without an envelope.
    pub other_answers: &'static [(&'static str, Shape)],
    /// What stands under `data`.
    pub data: Option<Shape>,
    pub ok: &'static [u16],
    pub errors: &'static [u16],
    /// Answers are cached while the records they are made of stay as they are: the handler looks at nothing else but the
    /// path and the query.
    pub is_cached: bool,
    /// Changes nothing that is stored, and so ends when its caller hangs up.
    pub is_safe: bool,
    /// Makes large trees of what it is given or finds, and waits for a permit to (`concurrency_limit`).
    pub is_limited: bool,
    /// `None`: routed, answers 501, and stays out of the document.
    pub handle: Option<Handle>,
}

impl Operation {
    pub fn new(method: Method, root: Root, path: &'static str, name: &'static str, summary: &'static str) -> Operation {
        Operation {
            is_safe: method.is_safe(),
            method,
            root,
            path,
            name,
            section: "",
            summary,
            parameters: Vec::new(),
            body: None,
            most_bytes: None,
            other_bodies: &[],
            other_answers: &[],
            data: None,
            ok: &[200],
            errors: &[404],
            is_cached: false,
            is_limited: false,
            handle: None,
        }
    }

    pub fn section(self, section: &'static str) -> Operation {
        Operation { section, ..self }
    }

    pub fn with(mut self, parameters: &[Member]) -> Operation {
        self.parameters.extend_from_slice(parameters);
        self
    }

    /// Takes a body, and with it `?strict=`.
    pub fn takes(mut self, body: &'static Struct) -> Operation {
        self.parameters.push(STRICT);
        Operation { body: Some(body), ..self }
    }

    pub fn at_most(self, bytes: usize) -> Operation {
        Operation { most_bytes: Some(bytes), ..self }
    }

    pub fn also_takes(self, other_bodies: &'static [(&'static str, Shape)]) -> Operation {
        Operation { other_bodies, ..self }
    }

    pub fn also_gives(self, other_answers: &'static [(&'static str, Shape)]) -> Operation {
        Operation { other_answers, ..self }
    }

    pub fn gives(self, data: &'static Struct) -> Operation {
        Operation { data: Some(Shape::Struct(data)), ..self }
    }

    /// Where the query says in which of these forms the data are.
    pub fn gives_any_of(self, data: &'static [Shape]) -> Operation {
        Operation { data: Some(Shape::AnyOf(data)), ..self }
    }

    pub fn creates(self) -> Operation {
        Operation { ok: &[201], ..self }
    }

    pub fn errors(self, errors: &'static [u16]) -> Operation {
        Operation { errors, ..self }
    }

    /// For reads that depend on nothing but the catalogue, the caller, the path and the query.
    pub fn cached(self) -> Operation {
        Operation { is_cached: true, ..self }
    }

    /// For questions that are asked by `POST`.
    pub fn safe(self) -> Operation {
        Operation { is_safe: true, ..self }
    }

    /// For what makes large trees of models.
    pub fn limited(self) -> Operation {
        Operation { is_limited: true, ..self }
    }

    /// Plugs the handler in.
    pub fn by<F, R>(self, function: F) -> Operation
    where
        F: Fn(Arc<Door>, Call) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Reply, Failure>> + Send + 'static,
    {
        let handle: Handle = Arc::new(move |door, call| Box::pin(function(door, call)));
        Operation { handle: Some(handle), ..self }
    }

    /// The same for what changes something that has a version: it takes `If-Match`, and the handler is handed what that
    /// demands, which it cannot forget.
    pub fn guarded_by<F, R, C>(mut self, function: F) -> Operation
    where
        F: Fn(Arc<Door>, Call, C) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Reply, Failure>> + Send + 'static,
        C: Condition,
    {
        let takes_strict = self.parameters.last().is_some_and(|member| member.name == STRICT.name);
        let at = self.parameters.len() - usize::from(takes_strict);
        self.parameters.insert(at, IF_MATCH);
        let handle: Handle = Arc::new(move |door, call| match call.if_match() {
            Ok(tags) => Box::pin(function(door, call, C::of(tags))),
            Err(failure) => Box::pin(std::future::ready(Err(failure))),
        });
        Operation { handle: Some(handle), ..self }
    }

    /// The mounts it stands under.
    fn mounts(&self) -> &'static [Mount] {
        match self.root {
            Root::Products => &Mount::ALL,
            Root::Account => &[Mount::DataProducts],
        }
    }

    pub fn id(&self, mount: Mount) -> String {
        match self.root {
            Root::Products => format!("{}_{}", mount.operation_prefix(), self.name),
            Root::Account => self.name.to_owned(),
        }
    }

    pub fn template(&self, mount: Mount) -> String {
        const BASE: &str = "/api/v1/accounts/{accountId}";
        match self.root {
            Root::Products => {
                let path = self.path.replace("{dataProductId}", &format!("{{{}}}", mount.parameter()));
                format!("{BASE}/{}{path}", mount.segment())
            }
            Root::Account => format!("{BASE}{}", self.path),
        }
    }

    pub fn tag(&self, mount: Mount) -> String {
        match (self.root, self.section) {
            (Root::Account, section) => section.to_owned(),
            (Root::Products, "") => group(mount).to_owned(),
            (Root::Products, section) => format!("{} / {section}", group(mount)),
        }
    }

    fn summary(&self, mount: Mount) -> String {
        let summary = Message::from(self.summary).print(mount);
        if mount.is_deprecated() {
            format!("{summary} (deprecated: use `{}`)", self.id(Mount::DataProducts))
        } else {
            summary
        }
    }

    /// Parameters of path, query and headers and the members of the body, in canonical names.
    fn input(&self) -> Struct {
        let mut members = vec![Member::required("accountId", TEXT).at(Location::Path)];
        for label in self.path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}')) {
            members.push(Member::required(label, TEXT).at(Location::Path));
        }
        members.extend_from_slice(&self.parameters);
        members.extend_from_slice(self.body.map_or(&[], |body| body.members));
        let name = self.body.map_or_else(|| self.id(Mount::DataProducts), |body| body.name.to_owned());
        Struct { name: name.leak(), members: members.leak(), open: self.body.is_none_or(|body| body.open) }
    }
}

/// The tag of the products on a mount, and the name of the group of tags.
fn group(mount: Mount) -> &'static str {
    match mount {
        Mount::DataProducts => "Data Products",
        Mount::Workspaces => "Workspaces (deprecated)",
    }
}

/// Mounts every row. What routes share is made once and lives as long as the program.
pub fn routes(table: Vec<Operation>) -> Vec<Route<Door>> {
    let mut mirror = Mirror::default();
    table.into_iter().flat_map(|operation| mounted(Arc::new(operation), &mut mirror)).collect()
}

/// `x-tagGroups` of the OpenAPI document, for the rows that it shows.
pub fn tag_groups(table: &[Operation]) -> serde_json::Value {
    let shown = || table.iter().filter(|operation| operation.handle.is_some());
    let tags = |mount: Mount, root: Root| {
        let mut tags: Vec<String> = Vec::new();
        for tag in shown().filter(|operation| operation.root == root).map(|operation| operation.tag(mount)) {
            if !tags.contains(&tag) {
                tags.push(tag);
            }
        }
        tags
    };
    serde_json::json!([
        {"name": group(Mount::DataProducts), "tags": tags(Mount::DataProducts, Root::Products)},
        {"name": group(Mount::Workspaces), "tags": tags(Mount::Workspaces, Root::Products)},
        {"name": "Account", "tags": tags(Mount::DataProducts, Root::Account)},
    ])
}

fn mounted(operation: Arc<Operation>, mirror: &mut Mirror) -> Vec<Route<Door>> {
    let input: &'static Struct = Box::leak(Box::new(operation.input()));
    let output = operation.data.map(|data| {
        let name = match data {
            Shape::Struct(data) => format!("{}Envelope", data.name),
            Shape::AnyOf([Shape::Struct(data), ..]) => format!("{}ReadEnvelope", data.name),
            _ => format!("{}_envelope", operation.name),
        };
        envelope::around(name, data)
    });
    let mut rows = Vec::with_capacity(2);
    for mount in operation.mounts().iter().copied() {
        let run = operation.clone();
        let serve = handler(move |door: Arc<Door>, request| serve(door, run.clone(), input, mount, request));
        rows.push(Route {
            summary: Cow::Owned(operation.summary(mount)),
            tag: Cow::Owned(operation.tag(mount)),
            input: mirror.of_struct(mount, input),
            other_bodies: operation.other_bodies,
            other_answers: operation.other_answers,
            output: output.map(|output| Shape::Struct(mirror.of_struct(mount, output))),
            ok: operation.ok,
            errors: operation.errors,
            body_limit: operation.most_bytes.or((!operation.other_bodies.is_empty()).then_some(UPLOAD_LIMIT)),
            is_safe: operation.is_safe,
            deprecated: mount.is_deprecated(),
            hidden: operation.handle.is_none(),
            ..Route::new(operation.method.clone(), operation.template(mount), operation.id(mount), serve)
        });
    }
    rows
}

/// From request to answer: everything that does not differ from operation to operation.
async fn serve(
    door: Arc<Door>,
    operation: Arc<Operation>,
    input: &'static Struct,
    mount: Mount,
    request: Request,
) -> Answer {
    let mut exchange = door.exchange(mount, &request);
    let replied = reply(door, &operation, input, request, &mut exchange).await;
    match replied {
        Ok(reply) => reply.into_answer(&exchange),
        Err(failure) => refuse(&failure, &exchange),
    }
}

async fn reply(
    door: Arc<Door>,
    operation: &Operation,
    input: &'static Struct,
    request: Request,
    exchange: &mut Exchange,
) -> Result<Reply, Failure> {
    door.open(exchange.mount)?;
    let caller = door.admit(&request, exchange).await?;
    if exchange.mount.is_deprecated() {
        door.deprecated_calls.count(&operation.template(exchange.mount), &request, &caller);
    }
    let Some(handle) = &operation.handle else {
        return Err(http_failures::not_available_yet());
    };
    if operation.is_limited {
        let call = Call::of(request, exchange.clone(), caller, input)?;
        let _permit = door.products.model_limit.permit(call.caller.principal.user).await?;
        return handle(door.clone(), call).await;
    }
    if !operation.is_cached {
        return handle(door, Call::of(request, exchange.clone(), caller, input)?).await;
    }
    let mount = exchange.mount;
    let asked = format!("bobsled {} {}?{}", operation.name, request.raw_path, request.raw_query);
    let call = Call::of(request, exchange.clone(), caller.clone(), input)?;
    let making = async { Ok(handle(door.clone(), call).await?.cached(mount)) };
    door.products
        .catalog
        .remembered(CachePool::Answers, &caller, asked, |reply: &Reply| Some(reply.weight()), making)
        .await
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::deprecation::Deprecation;
    use crate::shapes::product;
    use crate::testing::{self, Stage};

    fn table() -> Vec<Operation> {
        vec![
            Operation::new(Method::POST, Root::Products, "", "create", "Create a {product}")
                .takes(&product::CREATE)
                .gives(&product::CREATED)
                .creates()
                .by(|_, call| async move {
                    let name = call.body()?["name"].clone();
                    Ok(Reply::created(json!({"dataProduct": {"name": name}}), "/x".to_owned()))
                }),
            Operation::new(Method::GET, Root::Products, "/{dataProductId}/chat", "chat", "Ask a {product}")
                .section("Chat"),
            Operation::new(Method::GET, Root::Account, "/skills", "skills_list", "List skills").section("Skills"),
        ]
    }

    async fn stage() -> Stage {
        Stage::with(table, testing::door).await
    }

    #[test]
    fn one_row_stands_on_both_mounts_under_their_names() {
        let routes = routes(table());
        assert_eq!(routes.len(), 5);
        let (current, old) = (&routes[0], &routes[1]);
        assert_eq!(
            (current.path.as_ref(), current.operation.as_ref()),
            ("/api/v1/accounts/{accountId}/data-products", "dataProducts_create")
        );
        assert_eq!(
            (old.path.as_ref(), old.operation.as_ref()),
            ("/api/v1/accounts/{accountId}/workspaces", "workspaces_create")
        );
        assert_eq!((current.deprecated, old.deprecated, current.hidden), (false, true, false));
        assert_eq!(old.summary, "Create a workspace (deprecated: use `dataProducts_create`)");
        assert_eq!((current.tag.as_ref(), old.tag.as_ref()), ("Data Products", "Workspaces (deprecated)"));
        assert!(current.input.member("externalDataProductId").is_some());
        assert!(old.input.member("externalWorkspaceId").is_some() && old.input.member("strict").is_some());
        assert_eq!(routes[3].path, "/api/v1/accounts/{accountId}/workspaces/{workspaceId}/chat");
        assert!(routes[3].input.member("workspaceId").is_some() && routes[3].hidden);
        assert_eq!((routes[4].operation.as_ref(), routes[4].deprecated), ("skills_list", false));
    }

    #[tokio::test]
    async fn a_handler_serves_both_mounts_with_one_answer() {
        let stage = stage().await;
        let current = stage.call(Method::POST, "/data-products", r#"{"name":"n"}"#).await;
        let old = stage.call(Method::POST, "/workspaces", r#"{"name":"n"}"#).await;
        assert_eq!(current.data(), json!({"dataProduct": {"name": "n"}}));
        assert_eq!(old.data(), json!({"workspace": {"name": "n"}}));
        assert!(old.headers.contains_key("deprecation") && !current.headers.contains_key("deprecation"));
    }

    #[tokio::test]
    async fn what_is_not_built_yet_answers_501_to_those_who_may_ask() {
        let stage = stage().await;
        let answer = stage.call(Method::GET, "/skills", "").await;
        assert_eq!((answer.status, answer.code()), (501, "NOT_AVAILABLE_YET".to_owned()));
        let anonymous = stage.call_as(None, Method::GET, "/skills", "", &[]).await;
        assert_eq!((anonymous.status, anonymous.code()), (401, "UNAUTHENTICATED".to_owned()));
        assert_eq!(anonymous.headers["www-authenticate"], "Bearer");
    }

    #[tokio::test]
    async fn after_an_enforced_sunset_the_old_paths_are_gone() {
        let over = Deprecation::new("/docs", Some(1_803_945_600_000), true).expect("a later date");
        let stage =
            Stage::with(table, |products, _| testing::door(products.with_clock(|| 1_803_945_600_000), over)).await;
        let old = stage.call(Method::POST, "/workspaces", "{}").await;
        assert_eq!(old.status, 410);
        assert!(old.headers.contains_key("sunset") && old.headers.contains_key("link"));
        let current = stage.call(Method::POST, "/data-products", "{}").await;
        assert_eq!(current.status, 201);
    }

    #[test]
    fn tag_groups_list_what_the_document_shows() {
        assert_eq!(
            tag_groups(&table()),
            json!([
                {"name": "Data Products", "tags": ["Data Products"]},
                {"name": "Workspaces (deprecated)", "tags": ["Workspaces (deprecated)"]},
                {"name": "Account", "tags": []}
            ])
        );
    }
}
