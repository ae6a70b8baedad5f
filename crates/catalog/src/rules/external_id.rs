//! Every product gets an external id when it is made, from whichever door, unless it brings one.

use async_trait::async_trait;

use crate::change_set::{Expect, Write};
use crate::id::RecordId;
use crate::plan::hooks::Hooks;
use crate::plan::planning::Planning;
use crate::problem::Problem;

const SPACE: &str = crate::alias::EXTERNAL_PRODUCT.name;

pub struct ExternalId;

#[async_trait]
impl Hooks for ExternalId {
    async fn writing(&self, plan: &mut Planning<'_>) -> Result<(), Problem> {
        if !plan.is_new() || plan.brings_alias(SPACE) {
            return Ok(());
        }
        let id = plan.after.record.id;
        let account = plan.cx.account();
        let value = minted(id);
        plan.expect.push(Expect::AliasFree { account, space: SPACE, value: value.clone() });
        plan.writes.push(Write::Alias { account, space: SPACE, value, id });
        Ok(())
    }
}

/// `ws-` and ten characters of `0-9a-z`, made from the id: most of its time and some of its random part, so that ids made
/// one after the other lie side by side in the store.
pub fn minted(id: RecordId) -> String {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    const RANDOM_BITS: u32 = 31;
    let (timed, random) = id.uuid().as_u64_pair();
    // The upper 48 bits count milliseconds; sixteen of them share a prefix, and it begins anew after some hours.
    let prefix = (timed >> 20) & ((1 << 20) - 1);
    let mut number = prefix << RANDOM_BITS | random & ((1 << RANDOM_BITS) - 1);
    let mut text = *b"ws-0000000000";
    for digit in text[3..].iter_mut().rev() {
        *digit = DIGITS[usize::try_from(number % 36).expect("below 36")];
        number /= 36;
    }
    text.iter().copied().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_minted_differs_and_follows_time() {
        let ids: Vec<String> = (0..50).map(|_| minted(RecordId::fresh())).collect();
        let distinct: std::collections::HashSet<&String> = ids.iter().collect();
        assert_eq!(distinct.len(), ids.len());
        let at = |millis: u64| minted(RecordId::from_uuid(uuid::Uuid::from_u64_pair(millis << 16, u64::MAX)));
        assert!(at(1_000) < at(1_016) && at(1_016) < at(9_000_000));
    }
}
