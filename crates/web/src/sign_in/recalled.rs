//! What somebody has chosen in whatever browser, for the one in which he signs in.

use emporion_catalog::caller::Caller;
use emporion_edge::answer::Answer;
use emporion_edge::request::Request;

use crate::door::Door;
use crate::following::choices::Choices;
use crate::request::preferences;

/// His language, where he has chosen one, and his clocks: those that somebody else has chosen here are not his.
///
/// What cannot be read is left as it is: nobody is kept from signing in by it.
pub async fn recall(door: &Door, request: &Request, caller: &Caller, answer: &mut Answer) {
    let own = async { Choices::own(&door.catalog.reading(caller).await?).await };
    let Ok(own) = own.await else { return };
    if let Some(code) = own.language {
        preferences::keep_language(request, answer, &code);
    }
    if own.clocks != preferences::clocks(request) {
        preferences::keep_time_zone(request, answer, own.clocks);
    }
}
