//! Every product gets an external id when it is made, from whichever door, unless it brings one.

use async_trait::async_trait;

use crate::change_set::{Expect, Write};
use crate::plan::Planning;
use crate::problem::Problem;
use crate::rule::Rule;

const SPACE: &str = crate::alias::EXTERNAL_PRODUCT.name;

pub struct ExternalId;

#[async_trait]
impl Rule for ExternalId {
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

/// `ws-` and ten characters of `0-9a-z`, made from the random part of the id.
pub fn minted(id: crate::id::RecordId) -> String {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let bytes = id.as_bytes();
    let mut random = u64::from_be_bytes(bytes[8..].try_into().expect("eight bytes of sixteen"));
    let mut text = String::from("ws-");
    for _ in 0..10 {
        text.push(char::from(DIGITS[(random % 36) as usize]));
        random /= 36;
    }
    text
}
