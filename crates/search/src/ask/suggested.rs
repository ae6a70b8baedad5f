//! What is suggested while somebody types: the best of what begins so, of which nobody is told how much there is.

use std::sync::Arc;

use emporion_catalog::finder::{Condition, Refusal, Test, WordTest};

use super::sweep::Swept;
use super::{Asking, Page, SPARE, broken};
use crate::document::Tier;
use crate::index::Reach;
use crate::plan::resolve;
use crate::query::{Expr, Query};

/// Below how many FQNs that begin so it is looked, in each segment; the further where the caller sees too few of these.
const REACHES: [u64; 2] = [1_000, 50_000];

/// The last word may be the beginning of one.
pub(super) fn begin_last(expr: &mut Expr) {
    match expr {
        Expr::All(parts) | Expr::Any(parts) => {
            if let Some(last) = parts.last_mut() {
                begin_last(last);
            }
        }
        Expr::Word { prefix, .. } => *prefix = true,
        _ => {}
    }
}

impl Asking<'_> {
    /// The best of what [`Asking::answer`] finds.
    pub(super) async fn suggested(&self, query: &Query, limit: usize) -> Result<(Condition, Swept, bool), Refusal> {
        let [near, far] = REACHES.map(|most| Arc::new(Reach::of(most)));
        let page = |reach: &Arc<Reach>| Page { limit, reach: Some(reach.clone()), ..Page::default() };
        let found = self.suggested_within(query, &page(&near)).await?;
        if near.is_cut() && !is_enough(&found.1, limit) {
            self.suggested_within(query, &page(&far)).await
        } else {
            Ok(found)
        }
    }

    async fn suggested_within(&self, query: &Query, page: &Page) -> Result<(Condition, Swept, bool), Refusal> {
        if let Some(Expr::Word { text, prefix: true }) = &query.root
            && let Some(named) = WordTest::word(text, true)
        {
            // What bears the word in its names stands before all that bears it elsewhere, and mostly there is enough of it.
            let named = Test::Word(WordTest { deepest: Tier::DisplayName, ..named }).into();
            let (swept, is_exact) = self.sweep(&named, page).await?;
            if is_exact && is_enough(&swept, page.limit) {
                let settings = self.settings(query).await?;
                return Ok((resolve(query, &settings).map_err(broken)?, swept, false));
            }
        }
        let (test, swept, is_exact) = self.answer(query, page).await?;
        Ok((test, swept, is_exact && page.reach.as_ref().is_none_or(|reach| !reach.is_cut())))
    }
}

fn is_enough(found: &Swept, limit: usize) -> bool {
    found.places.len() >= limit.saturating_add(SPARE)
}
