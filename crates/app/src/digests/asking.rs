//! Questions that people follow, asked again for each as he may ask them by then.

use emporion_catalog::caller::Caller;
use emporion_catalog::id::{AccountId, Millis};
use emporion_catalog::kinds::followed_question::FOLLOWED_QUESTION;
use emporion_catalog::lease::Ownership;
use emporion_catalog::problem::Problem;
use emporion_catalog::query::ListQuery;
use emporion_products::chat;
use emporion_products::ids::ProductKey;
use emporion_products::request::ProductRequest;
use emporion_web::following::questions::{self, Crossed, FollowedQuestion};

use super::{Digests, PAGE, SETTLED};

impl Digests {
    /// Asks those of an account whose time has come, and keeps which of them are beyond their bounds.
    pub(super) async fn ask_again(&self, owner: &Ownership, account: AccountId) -> Result<(), Problem> {
        let kind = self.catalog.kind(FOLLOWED_QUESTION.name);
        let mut after = None;
        loop {
            let query = ListQuery { after, limit: PAGE, ..ListQuery::of(account, kind) };
            let page = self.catalog.followed_page(&query).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(query.keyset(last));
            for record in &page {
                let Some(one) = FollowedQuestion::of_record(record) else { continue };
                let now = self.catalog.now();
                if one.asked_at.is_some_and(|last| !self.times.has_come(last, now)) {
                    continue;
                }
                let caller = match self.catalog.caller(account, record.created.by.id).await {
                    Ok(caller) => caller,
                    Err(Problem::Unauthenticated { .. }) => continue,
                    Err(problem) => return Err(problem),
                };
                if !owner.is_held() {
                    return Ok(());
                }
                let value = self.value(&caller, &one).await;
                // Who is told of what came up to a moment is told of it once.
                let asked = one.asked(kind, (now, Millis(now.0 - SETTLED)), value);
                // It may be gone by now.
                if let Err(problem) = self.catalog.execute(&caller, &asked).await {
                    tracing::info!(question = %one.id, %problem, "what became of a followed question is not kept");
                }
            }
        }
    }

    /// The figure that the question is answered with; `None` where he may not ask it, or it is answered otherwise.
    async fn value(&self, caller: &Caller, one: &FollowedQuestion) -> Option<f64> {
        let request = ProductRequest { caller: caller.clone(), product: ProductKey::Id(one.product.uuid()) };
        match chat::ask::answer_anew(&self.products, &request, one.answered()).await {
            Ok(placed) => questions::figure(&placed.into_answer()),
            Err(_) => {
                tracing::info!(question = %one.id, "a followed question has no answer");
                None
            }
        }
    }

    /// What has crossed its bound since somebody was told last, and is beyond it still: asked once more, as he is told what
    /// it is now.
    pub(super) async fn crossed(&self, caller: &Caller, since: Millis) -> Result<Vec<Crossed>, Problem> {
        let mut found = Vec::new();
        let reading = self.catalog.reading(caller).await?;
        for one in questions::own(&reading).await? {
            if one.crossed_at.is_some_and(|at| at > since)
                && let Some(view) = questions::askable(&reading, &one).await?
            {
                found.push((one, view.record));
            }
        }
        // No reading is held while a source is asked.
        drop(reading);
        let mut crossed = Vec::new();
        for (question, product) in found {
            let value = self.value(caller, &question).await.filter(|value| question.is_crossed_by(*value));
            crossed.extend(value.map(|value| Crossed { question, product, value }));
        }
        Ok(crossed)
    }
}
