//! Questions that people follow, asked again for each as he may ask them by then.

use std::time::{Duration, Instant};

use emporion_catalog::caller::Caller;
use emporion_catalog::held;
use emporion_catalog::id::{AccountId, Millis};
use emporion_catalog::kind::Kind;
use emporion_catalog::kinds::followed_question::FOLLOWED_QUESTION;
use emporion_catalog::lease::Ownership;
use emporion_catalog::problem::Problem;
use emporion_catalog::query::ListQuery;
use emporion_catalog::record::Record;
use emporion_products::chat;
use emporion_products::failure::{Code, Failure};
use emporion_products::ids::ProductKey;
use emporion_products::request::ProductRequest;
use emporion_web::following::questions::{self, Crossed, FollowedQuestion};

use futures_util::future::BoxFuture;
use futures_util::{StreamExt as _, stream};

use super::{Digests, MAKING, PAGE, SETTLED, SIDE_BY_SIDE};

/// What asks, as what it does is noted with.
const DOOR: &str = "following";
/// How long messages wait for questions at a time; the rest is asked the next time.
const AT_A_TIME: Duration = Duration::from_secs(10);
/// When a source that did not answer is asked again, in milliseconds.
const SOON: i64 = 5 * 60_000;
/// What may be over the next time.
const PASSING: &[Code] =
    &[Code::DATA_SOURCE_ERROR, Code::UNAVAILABLE, Code::QUERY_TIMEOUT, Code::RATE_LIMITED, Code::INTERNAL_ERROR];

/// What this node knows of a question that it has asked.
#[derive(Clone, Copy)]
pub(super) struct Asked {
    at: Millis,
    /// Not asked again before.
    again: Millis,
}

impl Digests {
    /// Asks those of an account whose time has come, and keeps which of them are beyond their thresholds.
    pub(super) async fn ask_again(&self, owner: &Ownership, account: AccountId) -> Result<(), Problem> {
        let (begun, mut after) = (Instant::now(), None);
        let kind = self.catalog.kind(FOLLOWED_QUESTION.name);
        loop {
            let query = ListQuery { after, limit: PAGE, ..ListQuery::of(account, kind) };
            let page = self.catalog.followed_page(&query).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(query.keyset(last));
            let mut asking = Vec::<BoxFuture<'_, Result<(), Problem>>>::new();
            for record in &page {
                asking.push(Box::pin(held::apart(async move {
                    if owner.is_held() && begun.elapsed() < AT_A_TIME {
                        self.ask_one(owner, kind, record).await
                    } else {
                        Ok(())
                    }
                })));
            }
            let mut asking = stream::iter(asking).buffer_unordered(SIDE_BY_SIDE);
            while let Some(asked) = asking.next().await {
                if let Err(problem) = asked {
                    tracing::warn!(%account, %problem, "a followed question could not be asked; it is tried again");
                }
            }
            if !owner.is_held() || begun.elapsed() >= AT_A_TIME {
                return Ok(());
            }
        }
    }

    async fn ask_one(&self, owner: &Ownership, kind: Kind, record: &Record) -> Result<(), Problem> {
        let Some(one) = FollowedQuestion::of_record(record) else { return Ok(()) };
        let (now, known) = (self.catalog.now(), self.asked.lock().get(&one.id).copied());
        let last = one.asked_at.max(known.map(|known| known.at));
        let is_early = last.is_some_and(|last| !self.times.has_come(last, now));
        if is_early || known.is_some_and(|known| known.again > now) {
            return Ok(());
        }
        let caller = match self.catalog.caller(record.account, record.created.by.id).await {
            Ok(caller) => owner.writing(caller.at(DOOR)),
            Err(Problem::Unauthenticated { .. }) => return Ok(()),
            Err(problem) => return Err(problem),
        };
        let in_time = tokio::time::timeout(MAKING, self.value(&caller, &one)).await;
        let Ok(Ok(value)) = in_time else {
            let again = Millis(now.0 + SOON);
            self.asked.lock().insert(one.id, Asked { at: last.unwrap_or(Millis(0)), again });
            return Ok(());
        };
        self.asked.lock().insert(one.id, Asked { at: now, again: now });
        // Who is told of what came up to a moment is told of it once; who looked while it was asked was not told.
        let answered = self.catalog.now();
        let asked = one.asked(kind, (now, Millis(answered.0 - SETTLED)), value);
        // It may be gone by now.
        if let Err(problem) = self.catalog.execute(&caller, &asked).await {
            tracing::info!(question = %one.id, %problem, "what became of a followed question is not kept");
        }
        Ok(())
    }

    /// The figure that the question is answered with; `None` where he may not ask it, or it is answered otherwise.
    ///
    /// Errors: nobody can say now.
    async fn value(&self, caller: &Caller, one: &FollowedQuestion) -> Result<Option<f64>, Failure> {
        let request = ProductRequest { caller: caller.clone(), product: ProductKey::Id(one.product.uuid()) };
        match chat::ask::answer_anew(&self.products, &request, one.answered()).await {
            Ok(placed) => Ok(questions::figure(&placed.into_answer())),
            Err(failure) if PASSING.contains(&failure.code) => Err(failure),
            Err(_) => {
                tracing::info!(question = %one.id, "a followed question has no answer");
                Ok(None)
            }
        }
    }

    /// What has crossed its threshold since somebody was told last, and is beyond it still, where he may ask it still.
    ///
    /// Errors: what it is now nobody can say.
    pub(super) async fn crossed(&self, caller: &Caller, since: Millis) -> Result<Vec<Crossed>, String> {
        let told = |problem: Problem| problem.to_string();
        let reading = self.catalog.reading(caller).await.map_err(told)?;
        let found = questions::crossed_since(&reading, since).await.map_err(told)?;
        // No reading is held while a source is asked.
        drop(reading);
        let mut crossed = Vec::new();
        for (question, _, product) in found {
            // Asked once more: what he may read may be less than a moment ago.
            let value = self.value(caller, &question).await;
            let value =
                value.map_err(|failure| format!("a followed question was not answered: {}", failure.code.name()));
            let value = value?.filter(|value| question.is_crossed_by(*value));
            crossed.extend(value.map(|value| Crossed { question, product, value }));
        }
        Ok(crossed)
    }
}
