//! What the visitor is told of the access that others gave him, refused, or took from him, and how much of it, and of what has
//! become of what he follows, is new to him: until he has looked at the page of requests, or of what he follows. When he did, a cookie of his browser says.

use askama::Template;
use askama::filters::HtmlSafe;
use emporion_catalog::id::Millis;
use emporion_catalog::reading::Reading;
use emporion_catalog::reading::followed::Followed;
use emporion_catalog::reading::news::{News, What};
use emporion_catalog::relation::Relation;
use emporion_catalog::response_cache::CachePool;

use crate::access::role;
use crate::fault::Fault;
use crate::following::choices::{Choices, QUESTIONS, topic_of};
use crate::following::questions;
use crate::following::told;
use crate::records::{address, naming};
use crate::request::cookies;
use crate::request::visit::Visit;
use crate::text::moment::Moment;
use crate::text::texts::Texts;
use crate::text::time_zone::TimeZoneChoice;

const COOKIE: &str = "emporion_news";
/// Nothing older is told, in milliseconds; so long a browser knows that it was looked at.
const LASTS: i64 = 30 * 86_400_000;

/// One thing that is told. `new` is the word for what has not been looked at.
#[derive(Template)]
#[template(
    source = r#"{% if let Some(address) = address %}<a class="whole" href="{{ address }}">{% else %}<div class="whole">{% endif %}<span class="what"><span class="wish">{% if let Some(new) = new %}<span class="badge good">{{ new }}</span> {% endif %}<bdi>{{ rendered }}</bdi></span></span><span class="when">{{ at }}</span>{% if address.is_some() %}</a>{% else %}</div>{% endif %}"#,
    ext = "html"
)]
pub struct Note {
    rendered: String,
    address: Option<String>,
    at: Moment,
    new: Option<String>,
}

impl HtmlSafe for Note {}

/// What every page asks of its visitor: it is kept until something changes that it was made from.
#[derive(Clone, Default)]
pub struct Personal {
    /// When something happened that he is told of.
    times: Vec<Millis>,
    /// What he has chosen of these, in whatever browser.
    pub language: Option<String>,
    pub clocks: TimeZoneChoice,
}

/// Nothing is of who is acted for by a program.
pub async fn personal(visit: &Visit) -> Result<Personal, Fault> {
    let (catalog, caller) = (visit.catalog(), visit.caller());
    if caller.through.is_some() {
        return Ok(Personal::default());
    }
    let making = async {
        let reading = catalog.reading(caller).await?;
        let news = reading.news().await?;
        let user = caller.principal.user;
        let followed = reading.followed().await?;
        let Choices { untold, language, clocks, .. } = Choices::own(&reading).await?;
        let is_told =
            |one: &&Followed| told::is_new(one, user, Millis(0)) && !untold.contains(topic_of(one.record.kind));
        let changed = followed.iter().filter(is_told).map(|one| one.record.updated.at);
        let crossed = match untold.contains(QUESTIONS) {
            true => Vec::new(),
            false => questions::crossed_since(&reading, Millis(visit.now.0 - LASTS)).await?,
        };
        let crossed = crossed.into_iter().map(|(_, at, _)| at);
        let times = news.iter().map(|one| one.at).chain(changed).chain(crossed).collect();
        Ok::<Personal, Fault>(Personal { times, language, clocks })
    };
    let weigh = |personal: &Personal| Some(size_of::<Personal>() + size_of_val(&personal.times[..]));
    catalog.remembered(CachePool::Answers, caller, "news of access".to_owned(), weigh, making).await
}

impl Personal {
    /// How much of it is new to him.
    pub fn news(&self, visit: &Visit) -> usize {
        let since = since(visit);
        self.times.iter().filter(|at| **at > since).count()
    }

    /// His language and his clocks; those of his browser where he has chosen none.
    pub fn texts(&self, of_browser: Texts) -> Texts {
        let texts = self.language.as_deref().and_then(Texts::by_code).unwrap_or(of_browser);
        texts.by_clocks(if self.clocks.chosen().is_some() { self.clocks } else { of_browser.clocks })
    }
}

/// What is told, the newest first.
pub async fn notes(visit: &Visit, reading: &Reading<'_>) -> Result<Vec<Note>, Fault> {
    let (since, oldest) = (since(visit), visit.now.0 - LASTS);
    let news = reading.news().await?.into_iter().filter(|one| one.at.0 > oldest);
    Ok(news.map(|one| note(visit, &one, one.at > since)).collect())
}

fn note(visit: &Visit, news: &News, is_new: bool) -> Note {
    let t = visit.t;
    let by = news.by.as_ref().map_or_else(|| t.say("news.somebody"), |card| naming::alone(card));
    let product = news.product.as_ref().map_or_else(|| t.say("news.unseen"), |card| naming::rendered(card));
    let team = news.team.as_ref().map(|card| naming::rendered(card));
    let rendered = |key: &str, role: &str| {
        let all =
            [("by", by.as_str()), ("product", &product), ("role", role), ("team", team.as_deref().unwrap_or_default())];
        match team {
            Some(_) => t.with(&format!("{key}_team"), &all),
            None => t.with(key, &all[..3]),
        }
    };
    let of_product = news.product.as_ref().and_then(|card| address::of(card.kind, &card.fqn));
    let of_product = of_product.map(|at| address::with_query(&at, &[("tab", "access")]));
    let role = |relation: Relation| role::rendered(t, relation);
    let (rendered, address) = match &news.what {
        What::Decided(request) => {
            let wanted = request.wanted.name();
            (rendered(&format!("news.{}.{wanted}", request.state), ""), Some(address::of_request(request.id)))
        }
        What::Given(relation) => (rendered("news.given", &role(*relation)), of_product),
        What::Taken(relation) if news.by.is_none() => (rendered("news.lost", &role(*relation)), of_product),
        What::Taken(relation) => (rendered("news.taken", &role(*relation)), of_product),
        What::Ended(relation) => (rendered("news.ended", &role(*relation)), of_product),
    };
    Note { rendered, address, at: visit.moment(news.at), new: is_new.then(|| t.say("news.new")) }
}

/// What was told until then is not new.
pub fn since(visit: &Visit) -> Millis {
    let user = visit.caller().principal.user.to_string();
    let looked = cookies::cookie(&visit.request, COOKIE).and_then(|kept| {
        let (who, at) = kept.split_once('.')?;
        // Somebody else may have used the browser.
        at.parse().ok().filter(|_| who == user)
    });
    Millis(looked.unwrap_or(0).clamp(visit.now.0 - LASTS, visit.now.0))
}

/// The cookie that says that the visitor has looked now.
pub fn looked(visit: &Visit) -> String {
    let (user, now, age) = (visit.caller().principal.user, visit.now.0, LASTS / 1_000);
    format!("{COOKIE}={user}.{now}; Path=/; Max-Age={age}; HttpOnly; SameSite=Lax{}", cookies::secure(&visit.request))
}
