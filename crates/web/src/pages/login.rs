//! Signing in and out.

use std::sync::Arc;

use askama::Template;
use emporion_catalog::id::RecordId;
use emporion_edge::answer::Answer;
use emporion_edge::request::Request;
use emporion_edge::route::{Access, Method, Route, handler};
use emporion_edge::sign_in::{Attempt, Refused};
use http::HeaderValue;

use crate::door::Door;
use crate::fault::{Fault, wording};
use crate::forms::expired_session::RecoveredForm;
use crate::forms::form::Form;
use crate::layout::shell::Shell;
use crate::records::address;
use crate::request::handlers::{change, page};
use crate::request::visit::{Shown, Visit, answer};
use crate::request::{compressed, headers, preferences, visit_history};
use crate::sign_in::providers::Button;
use crate::sign_in::session::Secret;
use crate::sign_in::{providers, recalled, session};
use crate::text::texts::Texts;

#[derive(Template)]
#[template(path = "login.html")]
struct Login<'a> {
    t: Texts,
    theme: Option<&'static str>,
    next: &'a str,
    username: &'a str,
    fault: Option<String>,
    /// What was typed into another form before the session ended, as it is sent on.
    kept: Vec<(String, String)>,
    providers: Vec<Button>,
}

/// What was typed before the session ended, to be sent again by who typed it.
#[derive(Template)]
#[template(path = "resend.html")]
struct Resend<'a> {
    t: Texts,
    theme: Option<&'static str>,
    next: &'a str,
    token: String,
    unsent: RecoveredForm,
    is_own: bool,
    /// The same in the words of who typed it.
    rendered: Vec<(String, String)>,
}

/// As much as is kept of a form.
const KEPT_BYTES: usize = 1 << 20;

#[derive(Template)]
#[template(path = "logout.html")]
struct Logout {
    p: Shell,
}

pub fn routes() -> Vec<Route<Door>> {
    let open = |method, operation, handler| Route {
        access: Access::Anonymous,
        hidden: true,
        body_limit: Some(KEPT_BYTES),
        ..Route::new(method, "/login", operation, handler)
    };
    vec![
        open(Method::GET, "login_page", handler(ask)),
        open(Method::POST, "login", handler(log_in)),
        page("/logout", "logout_page", ask_to_leave),
        change("/logout", "logout", log_out),
    ]
}

/// Where to after signing in. Never out again.
pub fn next(text: &str) -> &str {
    address::of_this_origin(text).filter(|path| !path.starts_with("/log")).unwrap_or("/")
}

async fn ask(door: Arc<Door>, request: Request) -> Answer {
    compressed::for_reader(&request, asked(&door, &request).await).await
}

async fn asked(door: &Door, request: &Request) -> Answer {
    let wanted = request.query_value("next").unwrap_or_default();
    match session::of(door, request).await {
        Ok(Some(_)) => headers::see_other(next(&wanted)),
        Ok(None) => {
            // Who comes with an id that has ended is told why he is here again.
            let fault = session::is_named(request).then(|| Texts::of(request).say("login.ended"));
            form(door, request, 200, next(&wanted), "", fault)
        }
        Err(problem) => wording::page_for_anybody(request, &problem.into()),
    }
}

/// For who sent a form after his session had ended: signing in, with what he typed; `None` where that is nothing.
pub fn keeping(door: &Door, request: &Request) -> Option<Answer> {
    let t = Texts::of(request);
    let unsent = RecoveredForm::of(&Form::of(request));
    if unsent.is_empty() {
        return None;
    }
    let fault = Some(unsent.notice(t));
    let (theme, kept) = (preferences::theme(request), unsent.hidden());
    let providers = providers::buttons(t, &door.options.providers);
    Some(headers::page(401, &Login { t, theme, next: next(&request.raw_path), username: "", fault, kept, providers }))
}

/// The page itself, with what has gone wrong.
pub fn form(door: &Door, request: &Request, status: u16, next: &str, username: &str, fault: Option<String>) -> Answer {
    let t = Texts::of(request);
    let kept = RecoveredForm::carried(&Form::of(request)).map(|unsent| unsent.hidden()).unwrap_or_default();
    let (theme, providers) = (preferences::theme(request), providers::buttons(t, &door.options.providers));
    headers::page(status, &Login { t, theme, next, username, fault, kept, providers })
}

/// The page in another language, with all that it holds but the password.
fn in_language(door: &Door, request: &Request, sent: &Form, t: Texts) -> Answer {
    let unsent = RecoveredForm::carried(sent);
    let mut answer = headers::page(
        200,
        &Login {
            t,
            theme: preferences::theme(request),
            next: next(sent.text("next")),
            username: sent.trimmed("username"),
            fault: unsent.as_ref().map(|unsent| unsent.notice(t)),
            kept: unsent.map(|unsent| unsent.hidden()).unwrap_or_default(),
            providers: providers::buttons(t, &door.options.providers),
        },
    );
    preferences::keep_language(request, &mut answer, t.code());
    answer
}

async fn log_in(door: Arc<Door>, request: Request) -> Answer {
    if !headers::is_same_origin(&request) {
        return wording::page_for_anybody(&request, &Fault::Forged);
    }
    let (t, sent) = (Texts::of(&request), Form::of(&request));
    let (username, next) = (sent.trimmed("username"), next(sent.text("next")));
    if let Some(chosen) = Texts::by_code(sent.text("language")) {
        return in_language(&door, &request, &sent, chosen);
    }
    // Somebody who has signed in elsewhere meanwhile goes on with what he typed.
    if !sent.text("again").is_empty() {
        return match session::of(&door, &request).await {
            Ok(Some(session)) => after(&request, &sent, next, session.caller.principal.user, session.token()),
            Ok(None) => form(&door, &request, 401, next, username, Some(t.say("login.kept"))),
            Err(problem) => wording::page_for_anybody(&request, &problem.into()),
        };
    }
    let (catalog, throttle) = (&door.catalog, &door.options.logins);
    let secret = sent.text("password");
    let (client, door_name) = (request.client(), request.door);
    let attempt = Attempt { name: username, secret, is_password: true, client, door: door_name };
    let opened = throttle.sign_in(catalog, &attempt, async |_| {
        let opened = catalog.login_by_browser(username, secret, request.door).await?;
        Ok((opened.caller.principal.user, opened))
    });
    match opened.await {
        Ok(opened) => {
            request.who.is(&opened.caller);
            let cookie = session::set(&request, &opened.session.token);
            let user = opened.caller.principal.user;
            let mut answer = after(&request, &sent, next, user, Secret::of(&opened.session.token).token(user));
            answer.headers.insert("set-cookie", HeaderValue::from_str(&cookie).expect("ids are plain text"));
            recalled::recall(&door, &request, &opened.caller, &mut answer).await;
            answer
        }
        Err(Refused::Waits) => form(&door, &request, 429, next, username, Some(t.say("login.wait"))),
        Err(Refused::Wrong) => form(&door, &request, 401, next, username, Some(t.say("login.wrong"))),
        Err(Refused::Problem(problem)) => wording::page_for_anybody(&request, &problem.into()),
    }
}

/// On to where the way was cut off; with what was typed there, where it was kept.
fn after(request: &Request, sent: &Form, next: &str, user: RecordId, token: String) -> Answer {
    let Some(unsent) = RecoveredForm::carried(sent) else { return headers::see_other(next) };
    let (t, theme) = (Texts::of(request), preferences::theme(request));
    let (is_own, rendered) = (unsent.is_of(user), unsent.rendered(t));
    headers::page(200, &Resend { t, theme, next, token, unsent, is_own, rendered })
}

async fn ask_to_leave(visit: Arc<Visit>) -> Shown {
    answer(&Logout { p: visit.shell("") })
}

async fn log_out(visit: Arc<Visit>) -> Shown {
    if let Some(id) = session::id(&visit.request) {
        visit.catalog().log_browser_out(&id).await?;
    }
    let mut answer = headers::see_other("/login");
    let cookie = session::clear(&visit.request);
    answer.headers.insert("set-cookie", HeaderValue::from_str(&cookie).expect("plain text"));
    visit_history::clear(&visit.request, &mut answer);
    // Pages that the browser still holds are not for who comes next.
    Ok(answer.with("clear-site-data", "\"cache\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_signing_in_nobody_leaves_this_origin() {
        assert_eq!(next("/products/a?tab=use"), "/products/a?tab=use");
        for elsewhere in ["https://evil.example", "//evil.example", "/\\evil", "/logout", "", "products"] {
            assert_eq!(next(elsewhere), "/");
        }
    }
}
