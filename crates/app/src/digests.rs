//! Messages to those who follow something, once a day or as often as is configured: by mail, and to their chat service. Of
//! several nodes one sends, the one that has the lease. What is told is read when it is sent, as the one who is told.

mod asking;
mod chat;
mod mail;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use emporion_catalog::catalog::Catalog;
use emporion_catalog::finder::Finder;
use emporion_catalog::follow::{FollowerState, pause_after};
use emporion_catalog::held;
use emporion_catalog::id::{AccountId, Millis, RecordId, Seq};
use emporion_catalog::kinds::notice_choice::NOTICE_CHOICE;
use emporion_catalog::lease::Ownership;
use emporion_catalog::problem::Problem;
use emporion_catalog::query::ListQuery;
use emporion_catalog::record::Record;
use emporion_products::service::Products;
use emporion_web::following::changes::Span;
use emporion_web::following::choices::Choices;
use emporion_web::following::digest::{self, Digest};
use emporion_web::following::searches::{self, Seen};
use futures_util::future::BoxFuture;
use futures_util::{StreamExt as _, stream};
use parking_lot::Mutex;
use serde_json::{Map, Value, json};

use self::asking::Asked;
pub use self::chat::Chat;
pub use self::mail::Mailer;
use crate::config::Config;
use crate::jobs::{self, Owned};

/// Under which the places of those are kept who are sent something.
const FOLLOWER: &str = "digests";
/// How often it is looked whose time has come.
const LOOKED_EVERY: Duration = Duration::from_secs(1);
const LOOKED_AFTER: Duration = Duration::from_secs(20);
const PAGE: u32 = 100;
/// What is younger may still be on its way into the store, in milliseconds.
const SETTLED: i64 = 1_000;
/// So many are told something, and so many questions asked, at the same time.
const SIDE_BY_SIDE: usize = 8;
/// For what there is to tell to be read, and for a question to be answered.
const MAKING: Duration = Duration::from_secs(90);
/// In milliseconds, where it could not be kept that somebody was told.
const PAUSE: i64 = 10 * 60_000;

/// By which way somebody is sent something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Way {
    Mail,
    Chat,
}

impl Way {
    const ALL: [Way; 2] = [Way::Mail, Way::Chat];

    fn name(self) -> &'static str {
        match self {
            Way::Mail => "mail",
            Way::Chat => "chat",
        }
    }

    fn topics(self, choices: &Choices) -> &BTreeSet<String> {
        match self {
            Way::Mail => &choices.mailed,
            Way::Chat => &choices.chatted,
        }
    }
}

/// When messages are sent.
#[derive(Debug, Clone, Copy)]
struct Times {
    /// In milliseconds.
    every: i64,
    /// How long after the beginning of such a time, as counted from 1970.
    offset: i64,
}

impl Times {
    /// Whether a time to send has come since somebody was sent something last.
    fn has_come(self, last: Millis, now: Millis) -> bool {
        let turn = |at: Millis| (at.0 - self.offset).div_euclid(self.every);
        turn(now) > turn(last)
    }

    /// The next time to send.
    fn next(self, now: Millis) -> Millis {
        let turn = (now.0 - self.offset).div_euclid(self.every);
        Millis(turn.saturating_add(1).saturating_mul(self.every).saturating_add(self.offset))
    }
}

/// Why something was not sent, and whether to send it again soon would be of no use.
struct Failure {
    reason: String,
    is_lasting: bool,
}

impl From<String> for Failure {
    fn from(reason: String) -> Failure {
        Failure { reason, is_lasting: false }
    }
}

struct Digests {
    catalog: Arc<Catalog>,
    products: Arc<Products>,
    finder: Arc<dyn Finder>,
    mailer: Option<Arc<Mailer>>,
    chat: Chat,
    base: String,
    times: Times,
    /// How often in a row something could not be sent, and when it is tried again.
    failed: Mutex<HashMap<String, (u64, Millis)>>,
    asked: Mutex<HashMap<RecordId, Asked>>,
}

/// Sends as long as the server runs and the job is this node's. `base` is what absolute addresses in messages begin with.
pub fn keep(
    products: Arc<Products>,
    finder: Arc<dyn Finder>,
    (config, mailer): (&Config, Option<Arc<Mailer>>),
    base: &str,
    owned: Owned,
) {
    let every = i64::try_from(config.mail.every_seconds).unwrap_or(i64::MAX / 1_000).saturating_mul(1_000);
    let offset = i64::from(config.mail.hour) * 3_600_000;
    let digests = Digests {
        mailer,
        chat: Chat::of(products.catalog.clone(), &config.mail),
        base: config.public_url.as_deref().unwrap_or(base).trim_end_matches('/').to_owned(),
        times: Times { every, offset },
        failed: Mutex::default(),
        asked: Mutex::default(),
        catalog: products.catalog.clone(),
        products,
        finder,
    };
    let between = LOOKED_AFTER.min(Duration::from_secs(config.mail.every_seconds)).max(LOOKED_EVERY);
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(between).await;
            if let Some(owner) = jobs::owner(&owned)
                && let Err(problem) = digests.turn(&owner).await
            {
                tracing::warn!(%problem, "it could not be seen who is to be told something; it is tried again");
            }
        }
    });
}

impl Digests {
    /// Looks through all choices once.
    async fn turn(&self, owner: &Ownership) -> Result<(), Problem> {
        let catalog = &self.catalog;
        let states = catalog.follower_states(FOLLOWER).await?;
        let places: HashMap<String, Place> = states.iter().map(|state| (state.key.clone(), Place::of(state))).collect();
        for account in catalog.accounts().await? {
            // Who is to be told something else is told it all the same.
            if let Err(problem) = self.ask_again(owner, account).await {
                tracing::warn!(%account, %problem, "questions that are followed could not be asked; it is tried again");
            }
            let (mut after, mut chosen) = (None, HashMap::<RecordId, Record>::new());
            loop {
                let kind = catalog.kind(NOTICE_CHOICE.name);
                let query = ListQuery { after, limit: PAGE, ..ListQuery::of(account, kind) };
                let page = catalog.followed_page(&query).await?;
                let Some(last) = page.last() else { break };
                after = Some(query.keyset(last));
                // Of several that somebody has kept the one counts that he is shown.
                for record in page {
                    let by = record.created.by.id;
                    if chosen.get(&by).is_none_or(|known| record.id < known.id) {
                        chosen.insert(by, record);
                    }
                }
            }
            let mut telling = Vec::<BoxFuture<'_, Result<(), Problem>>>::new();
            for record in chosen.values() {
                telling.push(Box::pin(held::apart(self.of_one(owner, &places, record))));
            }
            let mut telling = stream::iter(telling).buffer_unordered(SIDE_BY_SIDE);
            while let Some(told) = telling.next().await {
                // Of the others nothing is broken off.
                if let Err(problem) = told {
                    tracing::warn!(%account, %problem, "it could not be kept what somebody was told; it is tried again");
                }
            }
        }
        Ok(())
    }

    async fn of_one(&self, owner: &Ownership, places: &HashMap<String, Place>, record: &Record) -> Result<(), Problem> {
        let choices = Choices::of_record(record);
        let now = self.catalog.now();
        for way in Way::ALL {
            let key = format!("{}/{}", record.id, way.name());
            if way.topics(&choices).is_empty() {
                // Who chooses it again is told of what comes from then on.
                if places.contains_key(&key) {
                    self.failed.lock().remove(&key);
                    let forgotten = vec![(FOLLOWER.to_owned(), key)];
                    self.catalog.keep_follower_states(owner, Vec::new(), forgotten).await?;
                }
                continue;
            }
            let until = Millis(now.0 - SETTLED);
            let Some(Place { at: since, seen }) = places.get(&key) else {
                // He is told of what comes from now on.
                let span = Span { since: until, until };
                let nothing = Seen::default();
                let making = tokio::time::timeout(MAKING, self.make(way, record, &choices, span, &nothing)).await;
                // What cannot be found out in time is told by when it was made.
                let seen = making.ok().and_then(Result::ok).map(|(_, seen)| seen).unwrap_or_default();
                let place = Place { at: until, seen };
                keep_place(&self.catalog, owner, record.account, &key, place).await?;
                continue;
            };
            let since = *since;
            let waits = self.failed.lock().get(&key).is_some_and(|(_, again)| *again > now);
            if waits || !self.times.has_come(since, until) {
                continue;
            }
            // Another node may be about to send it.
            if !owner.is_held() {
                return Ok(());
            }
            match self.send(owner, way, record, &choices, Span { since, until }, seen).await {
                Ok(seen) => {
                    // Where it cannot be kept that he was told, he is not told again at once.
                    let again = Millis(self.catalog.now().0.saturating_add(PAUSE));
                    self.failed.lock().insert(key.clone(), (1, again));
                    keep_place(&self.catalog, owner, record.account, &key, Place { at: until, seen }).await?;
                    self.failed.lock().remove(&key);
                }
                Err(Failure { reason, is_lasting }) => {
                    let mut failed = self.failed.lock();
                    let failures = failed.get(&key).map_or(1, |(failures, _)| failures + 1);
                    let pause = i64::try_from(pause_after(failures).as_millis()).unwrap_or(i64::MAX);
                    tracing::warn!(choice = %record.id, way = way.name(), failures, reason, "somebody could not be told what he follows");
                    let soon = Millis(now.0.saturating_add(pause));
                    let again = if is_lasting { soon.max(self.times.next(now)) } else { soon };
                    failed.insert(key, (failures, again));
                }
            }
        }
        Ok(())
    }

    /// Sends what there is to tell; answers what searches find by then.
    async fn send(
        &self,
        owner: &Ownership,
        way: Way,
        record: &Record,
        choices: &Choices,
        span: Span,
        seen: &Seen,
    ) -> Result<Seen, Failure> {
        let making = tokio::time::timeout(MAKING, self.make(way, record, choices, span, seen)).await;
        let made = making.unwrap_or_else(|_| Err("what there is to tell was not read in time".to_owned().into()))?;
        let (digest, seen) = made;
        let Some(digest) = digest else { return Ok(seen) };
        // By now another node may be about to send it.
        if !owner.is_held() {
            return Err("another node tells him".to_owned().into());
        }
        match way {
            Way::Mail => self.mail(record.account, record.created.by.id, &digest).await?,
            Way::Chat => self.chat.tell(record, &digest.text).await?,
        }
        Ok(seen)
    }

    /// What there is to tell, and what searches find; nothing to who may not act any more.
    async fn make(
        &self,
        way: Way,
        record: &Record,
        choices: &Choices,
        span: Span,
        seen: &Seen,
    ) -> Result<(Option<Digest>, Seen), Failure> {
        let (account, user) = (record.account, record.created.by.id);
        let caller = match self.catalog.caller(account, user).await {
            Ok(caller) => caller,
            Err(Problem::Unauthenticated { .. }) => return Ok((None, Seen::default())),
            Err(problem) => return Err(problem.to_string().into()),
        };
        let topics = way.topics(choices);
        let t = choices.texts();
        let mut notices = Vec::new();
        if topics.contains("questions") {
            let crossed = self.crossed(&caller, span.since).await?;
            notices.extend(crossed.iter().map(|one| one.notice(t)));
        }
        let reading = self.catalog.reading(&caller).await.map_err(|problem| problem.to_string())?;
        let mut found = Seen::default();
        if topics.contains("searches") {
            let news = searches::news(t, &reading, &*self.finder, span, seen).await;
            let (news, now) = news.map_err(|problem| problem.to_string())?;
            notices.extend(news);
            found = now;
        }
        let made = digest::of(t, &reading, &self.base, topics, span, &notices).await;
        Ok((made.map_err(|_| "what there is to tell could not be read".to_owned())?, found))
    }

    async fn mail(&self, account: AccountId, user: RecordId, digest: &Digest) -> Result<(), Failure> {
        let Some(mailer) = &self.mailer else { return Ok(()) };
        let user = self.catalog.followed(account, user).await.map_err(|problem| problem.to_string())?;
        let to = user.as_ref().and_then(|user| user.body.get("email")?.as_str()).unwrap_or_default();
        mailer.send(to, &digest.subject, &digest.text).await
    }
}

/// Up to when somebody was told, and what his searches found then.
struct Place {
    at: Millis,
    seen: Seen,
}

impl Place {
    fn of(state: &FollowerState) -> Place {
        Place {
            at: Millis(state.data.get("at").and_then(Value::as_i64).unwrap_or(0)),
            seen: state.data.get("seen").map(Seen::parse).unwrap_or_default(),
        }
    }
}

async fn keep_place(
    catalog: &Catalog,
    owner: &Ownership,
    account: AccountId,
    key: &str,
    place: Place,
) -> Result<(), Problem> {
    let kept = [("at".to_owned(), json!(place.at.0)), ("seen".to_owned(), place.seen.printed())];
    let data: Map<String, Value> = kept.into_iter().collect();
    let (follower, key) = (FOLLOWER.into(), key.into());
    let state = FollowerState { follower, key, account, position: Seq(0), data };
    catalog.keep_follower_states(owner, vec![state], Vec::new()).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_to_send_comes_once_a_day_at_its_hour() {
        const HOUR: i64 = 3_600_000;
        let times = Times { every: 24 * HOUR, offset: 6 * HOUR };
        let has_come = |last: i64, now: i64| times.has_come(Millis(last * HOUR), Millis(now * HOUR));
        assert!(has_come(5, 6) && has_come(5, 29) && has_come(6, 30) && has_come(0, 100));
        let next = |now: i64| times.next(Millis(now * HOUR)).0 / HOUR;
        assert_eq!([next(5), next(6), next(29), next(30)], [6, 30, 30, 54]);
        assert!(!has_come(6, 7) && !has_come(6, 29) && !has_come(6, 6) && !has_come(30, 29));
    }
}
