//! Rows that nodes share: what a state holds, as a type, and its version, which each that takes its place raises.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::follower_state::FollowerState;
use crate::id::{AccountId, Seq};
use crate::problem::Problem;

#[derive(Debug, Clone)]
pub struct Versioned<T> {
    pub account: AccountId,
    /// The version.
    pub at: Seq,
    pub data: T,
}

/// The state that takes the place of the one of this version; 0: it is the first.
///
/// Errors: what is no object of JSON.
pub fn next<T: Serialize>(
    version: Seq,
    (follower, key): (&str, &str),
    account: AccountId,
    data: &T,
) -> Result<FollowerState, Problem> {
    let Ok(Value::Object(data)) = serde_json::to_value(data) else {
        return Err(Problem::internal(format!("what {follower} keeps under {key:?} is no object")));
    };
    Ok(FollowerState { follower: follower.into(), key: key.into(), account, position: Seq(version.0 + 1), data })
}

/// Errors: the state holds something else.
pub fn parse<T: DeserializeOwned>(state: FollowerState) -> Result<Versioned<T>, Problem> {
    let FollowerState { follower, key, account, position: at, data } = state;
    let data = serde_json::from_value(Value::Object(data));
    let data = data.map_err(|error| Problem::internal(format!("what {follower} keeps under {key:?}: {error}")))?;
    Ok(Versioned { account, at, data })
}
