//! The way from a route to a handler of pages, and what no page answers.

use std::borrow::Cow;
use std::future::Future;
use std::sync::{Arc, OnceLock};

use emporion_catalog::committed::Committed;
use emporion_catalog::id::Seq;
use emporion_catalog::requests::{Asked, Which};
use emporion_catalog::response_cache::CachePool;
use emporion_edge::answer::Answer;
use emporion_edge::body_budget::Standing;
use emporion_edge::door::Door as _;
use emporion_edge::request::Request;
use emporion_edge::route::{Access, BoxFuture, Method, Route, handler};
use emporion_edge::router::Admitted;

use crate::access::notifications::{self, Personal};
use crate::door::Door;
use crate::fault::wording::page_for_anybody;
use crate::fault::{Fault, page};
use crate::forms::form::Form;
use crate::pages::login;
use crate::records::address;
use crate::request::visit::{Shown, Visit};
use crate::request::{compressed, headers, preferences, recent_writes, uploaded};
use crate::sign_in::session;
use crate::text::texts::Texts;

/// What a row is called, or where it lies.
type Text = Cow<'static, str>;

/// Before the body is read: who is signed in sends as much as a form may hold.
///
/// Asked of forms alone. Their sender is looked for again when they have arrived: what he may do can have ended meanwhile.
pub async fn admit(door: Arc<Door>, request: Request) -> Admitted {
    match session::of(&door, &request).await {
        Ok(Some(_)) => Ok((request, Standing::Proven)),
        // Whose session has ended while he typed is not to lose what he typed; nor who has signed out in another tab, whose
        // browser bears nothing any more.
        Ok(None) if session::is_named(&request) || headers::is_from_browser(&request) => {
            Ok((request, Standing::Nobody))
        }
        Ok(None) => Err(to_login(&request)),
        Err(problem) => Err(page_for_anybody(&request, &Fault::from(problem))),
    }
}

/// What is looked for where no page is.
pub async fn looked_for(door: Arc<Door>, request: Request) -> Answer {
    outside_pages(door, request, Fault::NoSuchPage).await
}

/// What no page answers. Who is signed in keeps what surrounds pages; programs learn it in a line.
async fn outside_pages(door: Arc<Door>, request: Request, fault: Fault) -> Answer {
    if !headers::is_from_browser(&request) {
        return match fault {
            Fault::WrongMethod => door.method_not_allowed(&request, ""),
            _ => door.not_found(&request),
        };
    }
    match surrounded(door, request.clone()).await {
        Ok(visit) => compressed::for_reader(&visit.request, page::page(&visit, &fault).await).await,
        Err(_) => page_for_anybody(&request, &fault),
    }
}

/// What is sent to a page that takes no form, one that was loaded long ago, say. Nobody is kept from learning that.
pub fn not_taken(path: impl Into<Text>, operation: impl Into<Text>) -> Route<Door> {
    let reported = handler(|door: Arc<Door>, request: Request| async move {
        let answer = outside_pages(door, request, Fault::WrongMethod).await;
        if answer.status == 405 { answer.with("allow", "GET, HEAD") } else { answer }
    });
    Route {
        hidden: true,
        access: Access::Anonymous,
        is_safe: true,
        ..Route::new(Method::POST, path, operation, reported)
    }
}

/// Where a form was sent to, for who looks there: back to the page that it stands on.
pub fn back<F>(path: impl Into<Text>, operation: impl Into<Text>, whither: F) -> Route<Door>
where
    F: Fn(&Visit) -> String + Send + Sync + Clone + 'static,
{
    page(path, operation, move |visit| {
        let whither = whither.clone();
        async move { Ok(headers::see_other(&whither(&visit))) }
    })
}

/// A page, for those who are signed in.
pub fn page<F, R>(path: impl Into<Text>, operation: impl Into<Text>, function: F) -> Route<Door>
where
    F: Fn(Arc<Visit>) -> R + Send + Sync + 'static,
    R: Future<Output = Shown> + Send + 'static,
{
    let show = boxed(function);
    let shown = handler(move |door, request| visited(door, request, show.clone()));
    Route { hidden: true, ..Route::new(Method::GET, path, operation, shown) }
}

/// A piece of a page, which the script asks for; nothing surrounds it.
pub fn piece<F, R>(path: impl Into<Text>, operation: impl Into<Text>, function: F) -> Route<Door>
where
    F: Fn(Arc<Visit>) -> R + Send + Sync + 'static,
    R: Future<Output = Shown> + Send + 'static,
{
    let show = boxed(function);
    let shown = handler(move |door, request| alone(door, request, show.clone()));
    Route { hidden: true, ..Route::new(Method::GET, path, operation, shown) }
}

/// What a form of a page is sent to: of this origin, and with the session's own token.
pub fn change<F, R>(path: impl Into<Text>, operation: impl Into<Text>, function: F) -> Route<Door>
where
    F: Fn(Arc<Visit>) -> R + Send + Sync + 'static,
    R: Future<Output = Shown> + Send + 'static,
{
    let change = boxed(function);
    let changed = handler(move |door, request| changed(door, request, change.clone()));
    Route { hidden: true, access: Access::Caller, ..Route::new(Method::POST, path, operation, changed) }
}

/// What shows a page. In a box, so that the way to it is generated once, and not for each page.
type Show = Arc<dyn Fn(Arc<Visit>) -> BoxFuture<Shown> + Send + Sync>;

fn boxed<F, R>(function: F) -> Show
where
    F: Fn(Arc<Visit>) -> R + Send + Sync + 'static,
    R: Future<Output = Shown> + Send + 'static,
{
    Arc::new(move |visit| Box::pin(function(visit)))
}

async fn alone(door: Arc<Door>, request: Request, show: Show) -> Answer {
    match entered(door, request).await {
        Ok(visit) => answered(Arc::new(visit), show).await,
        Err(answer) => answer,
    }
}

async fn visited(door: Arc<Door>, request: Request, show: Show) -> Answer {
    match surrounded(door, request).await {
        Ok(visit) => {
            let visit = Arc::new(visit);
            let mut answer = answered(visit.clone(), show).await;
            if visit.session.is_browser() {
                // So that pieces of pages, and those before signing in, speak as this one does.
                preferences::follow(&visit.request, &mut answer, visit.t);
            }
            answer
        }
        Err(answer) => answer,
    }
}

async fn answered(visit: Arc<Visit>, show: Show) -> Answer {
    let answer = match show(visit.clone()).await {
        Ok(answer) => answer,
        Err(fault) => page::page(&visit, &fault).await,
    };
    compressed::for_reader(&visit.request, answer).await
}

async fn changed(door: Arc<Door>, request: Request, show: Show) -> Answer {
    let (sent, file) = match uploaded::apart(&request).await {
        Ok(apart) => apart,
        Err(fault) => return page_for_anybody(&request, &fault),
    };
    let visit = match surrounded(door.clone(), sent.clone()).await {
        Ok(visit) => Arc::new(Visit { file, ..visit }),
        Err(answer) if headers::is_same_origin(&sent) && is_of_a_session(&sent) => {
            return login::keeping(&door, &sent).unwrap_or(answer);
        }
        Err(answer) => return answer,
    };
    if !visit.is_own_form() {
        return page::page(&visit, &Fault::Forged).await;
    }
    let committed = Committed::default();
    let answer = committed.during(answered(visit.clone(), show)).await;
    recent_writes::keep(&visit.request, answer, committed.newest())
}

/// Whether a form is sent by who was signed in when its page was made: the cookie is there still, or the form says whose it is.
fn is_of_a_session(sent: &Request) -> bool {
    session::is_named(sent) || session::whose(Form::of(sent).text("token")).is_some()
}

/// The same, with what surrounds a page.
async fn surrounded(door: Arc<Door>, request: Request) -> Result<Visit, Answer> {
    let visit = entered(door, request).await?;
    match marks(&visit).await {
        Ok((log, waiting, personal)) => {
            let (news, t) = (personal.news(&visit), personal.texts(visit.t));
            Ok(Visit { log, waiting, news, t, ..visit })
        }
        Err(fault) => Err(page_for_anybody(&visit.request, &fault)),
    }
}

async fn marks(visit: &Visit) -> Result<(Seq, usize, Personal), Fault> {
    Ok((visit.catalog().log_head().await?, waiting(visit).await?, notifications::personal(visit).await?))
}

/// How many requests wait for the visitor. Every page says it: the number is kept until something changes that it was
/// counted from.
async fn waiting(visit: &Visit) -> Result<usize, Fault> {
    let (catalog, caller) = (visit.catalog(), visit.caller());
    let asked = Asked { which: Which::Waiting, product: None, state: None, after: None, limit: 0 };
    let counting = async { catalog.reading(caller).await?.number_of_requests(&asked).await };
    // For whom a program acts, nothing waits there.
    let key = if caller.through.is_none() { "requests that wait" } else { "requests that wait for a program" };
    Ok(catalog.remembered(CachePool::Answers, caller, key.to_owned(), |_| Some(size_of::<usize>()), counting).await?)
}

async fn entered(door: Arc<Door>, request: Request) -> Result<Visit, Answer> {
    match session::of(&door, &request).await {
        Ok(Some(session)) => {
            let (t, now) = (Texts::of(&request), door.catalog.now());
            let (log, is_found) = (Seq(0), OnceLock::new());
            Ok(Visit { door, request, file: None, session, t, now, log, waiting: 0, news: 0, is_found })
        }
        Ok(None) => Err(to_login(&request)),
        Err(problem) => Err(page_for_anybody(&request, &Fault::from(problem))),
    }
}

/// To sign in, and back to where the way was cut off.
fn to_login(request: &Request) -> Answer {
    let back = match request.method {
        Method::GET | Method::HEAD => address::asked_for(request),
        _ => request.raw_path.clone(),
    };
    headers::see_other(&address::with_query("/login", &[("next", &back)]))
}
