//! Signing in by a provider's word: the way there, and the way back.

use std::sync::Arc;

use askama::Template;
use emporion_edge::answer::Answer;
use emporion_edge::request::Request;
use emporion_edge::route::{Access, Method, Route, handler};
use emporion_openid::Return;
use http::HeaderValue;

use crate::door::Door;
use crate::fault::{Fault, wording};
use crate::forms::form::Form;
use crate::pages::login;
use crate::request::{headers, preferences};
use crate::sign_in::attempt::{self, Attempt, WITHIN_SECONDS};
use crate::sign_in::providers::{self, SignIn};
use crate::sign_in::{recalled, session};
use crate::text::texts::Texts;

/// Longer ones are no answer of a provider.
const MOST_CODE: usize = 4_096;

/// Where a form is answered with a page that goes on by itself, and not with a redirect: pages are sent to this origin
/// alone (`form-action`), and a browser follows no redirect of a form that leads elsewhere.
#[derive(Template)]
#[template(path = "leaving.html")]
struct Leaving<'a> {
    t: Texts,
    theme: Option<&'static str>,
    title: String,
    url: &'a str,
}

pub fn routes() -> Vec<Route<Door>> {
    let open = |method, path, operation, handler| Route {
        access: Access::Anonymous,
        hidden: true,
        ..Route::new(method, path, operation, handler)
    };
    vec![
        open(Method::POST, "/login/{provider}", "begin_provider_login", handler(begin)),
        open(Method::GET, "/login/{provider}", "provider_login_page", handler(ask)),
        open(Method::GET, "/login/{provider}/callback", "finish_provider_login", handler(finish)),
    ]
}

fn of<'a>(door: &'a Door, request: &Request) -> Option<&'a SignIn> {
    door.options.providers.iter().find(|by| by.name == request.param("provider"))
}

/// Nothing is begun by a link: one who follows it chooses himself.
async fn ask(door: Arc<Door>, request: Request) -> Answer {
    match of(&door, &request) {
        Some(_) => headers::see_other("/login"),
        None => wording::page_for_anybody(&request, &Fault::NoSuchPage),
    }
}

async fn begin(door: Arc<Door>, request: Request) -> Answer {
    if !headers::is_same_origin(&request) {
        return wording::page_for_anybody(&request, &Fault::Forged);
    }
    let Some(by) = of(&door, &request) else { return wording::page_for_anybody(&request, &Fault::NoSuchPage) };
    let t = Texts::of(&request);
    let next = login::next(Form::of(&request).text("next")).to_owned();
    let redirect = format!("{}/login/{}/callback", door.base_url(&request), by.name);
    let begun = match by.provider.begin(&redirect).await {
        Ok(begun) => begun,
        Err(failure) => {
            let (status, rendered) = providers::failed(t, by, &failure);
            return login::form(&door, &request, status, &next, "", Some(rendered));
        }
    };
    let until_ms = door.catalog.now().0 + WITHIN_SECONDS * 1_000;
    let (url, state, nonce, verifier) = (begun.url, begun.state, begun.nonce, begun.verifier);
    let attempt = Attempt { state, nonce, verifier, redirect, next, until_ms };
    let cookie = door.attempts.cookie(&request, &by.name, attempt);
    let (theme, title) = (preferences::theme(&request), t.with("login.leaving", &[("name", &by.label)]));
    keeping(headers::page(200, &Leaving { t, theme, title, url: url.as_str() }), &[cookie])
}

async fn finish(door: Arc<Door>, request: Request) -> Answer {
    let Some(by) = of(&door, &request) else { return wording::page_for_anybody(&request, &Fault::NoSuchPage) };
    let t = Texts::of(&request);
    let value = |name: &str| request.query_value(name).unwrap_or_default();
    let now_ms = door.catalog.now().0;
    // It may have begun on another node, with a key that has come since.
    if let Err(problem) = door.catalog.take_up_keys().await {
        return wording::page_for_anybody(&request, &Fault::Problem(problem));
    }
    let Some(attempt) = door.attempts.take(&request, &by.name, &value("state"), now_ms) else {
        // The cookie stays: what somebody else sends here ends no attempt that is under way.
        return login::form(&door, &request, 400, "/", "", Some(t.say("login.p_lost")));
    };
    let done = attempt::clear(&request, &by.name);
    let rendered = |status: u16, text: String| {
        keeping(login::form(&door, &request, status, &attempt.next, "", Some(text)), std::slice::from_ref(&done))
    };
    let (code, issuer) = (value("code"), request.query_value("iss"));
    if request.query_value("error").is_some() || code.is_empty() || code.len() > MOST_CODE {
        return rendered(401, t.with("login.p_declined", &[("name", &by.label)]));
    }
    // Nobody is held back for the failures of others at his address: a code is no password, a way back serves once, and
    // the provider is asked about a few codes at a time.
    let logins = &door.options.logins;
    let back = Return {
        code: &code,
        issuer: issuer.as_deref(),
        redirect: &attempt.redirect,
        nonce: &attempt.nonce,
        verifier: &attempt.verifier,
    };
    let identity = match by.provider.finish(&back).await {
        Ok(identity) => identity,
        Err(failure) => {
            tracing::warn!(provider = by.name, request_id = request.request_id, %failure, "nobody has signed in");
            if !failure.is_passing() {
                logins.came_otherwise(false);
            }
            let (status, text) = providers::failed(t, by, &failure);
            return rendered(status, text);
        }
    };
    match door.catalog.log_in_by_provider(&providers::arrival(identity, request.door), &by.welcome).await {
        Ok(opened) => {
            logins.came_otherwise(true);
            request.who.is(&opened.caller);
            let cookies = [session::set(&request, &opened.session.token), done];
            let mut answer = keeping(headers::see_other(&attempt.next), &cookies);
            recalled::recall(&door, &request, &opened.caller, &mut answer).await;
            answer
        }
        Err(why) => {
            tracing::info!(provider = by.name, request_id = request.request_id, ?why, "somebody is not let in");
            match providers::unwelcome(t, by, why) {
                Ok((status, text)) => rendered(status, text),
                Err(problem) => keeping(wording::page_for_anybody(&request, &problem.into()), &[done]),
            }
        }
    }
}

fn keeping(mut answer: Answer, cookies: &[String]) -> Answer {
    for cookie in cookies {
        answer.headers.append("set-cookie", HeaderValue::from_str(cookie).expect("names and ids are plain text"));
    }
    answer
}
