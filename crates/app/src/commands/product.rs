//! The product that a command is about, by its id, its name, or as much of it as only one has; and the door behind which
//! it is.

use std::time::Duration;

use anyhow::{Error, Result, anyhow, bail};
use serde_json::Value;

use crate::cli::Remote;
use crate::commands::remote::{encode, exchange};
use crate::output::visible;

/// The account of whoever asks, in Bobsled's dialect.
pub const DOOR: &str = "/api/v1/accounts/me";
/// Longer than a server lets a source work.
pub const ANSWER: Duration = Duration::from_secs(150);
const LOOK_UP: Duration = Duration::from_secs(30);
/// Products that are looked through, and listed where several are meant.
const MOST: usize = 100;

pub struct Product {
    pub id: String,
    pub name: String,
}

/// Errors: that there is none, or the several that it could be.
pub fn find(remote: &Remote, meant: &str) -> Result<Product> {
    if uuid::Uuid::try_parse(meant).is_ok() {
        let found = get(remote, &format!("{DOOR}/data-products/{meant}"))?;
        return product(&found["data"]).ok_or_else(|| anyhow!("the server told of no product"));
    }
    let named = get(remote, &format!("{DOOR}/data-products?limit={MOST}&name={}", encode(meant)))?;
    let mut found = products(&named);
    if found.is_empty() {
        let containing = get(remote, &format!("{DOOR}/data-products?limit={MOST}&search={}", encode(meant)))?;
        found = products(&containing);
        let folded = meant.to_lowercase();
        let same = |product: &&Product| product.name.to_lowercase() == folded;
        if found.iter().filter(same).count() == 1 {
            found.retain(|product| same(&product));
        }
    }
    match found.len() {
        1 => Ok(found.swap_remove(0)),
        0 => bail!("there is no product {meant:?}; `emporion list products` lists those that you see"),
        several => {
            let lines: Vec<String> = found.iter().map(|one| format!("  {}  {}", one.id, visible(&one.name))).collect();
            bail!("{several} products could be meant by {meant:?}; say which one by its id:\n{}", lines.join("\n"))
        }
    }
}

fn get(remote: &Remote, path: &str) -> Result<Value> {
    match exchange(remote, "GET", path, None, LOOK_UP)? {
        (200, found) => Ok(found),
        (status, refused) => Err(refusal(status, &refused)),
    }
}

fn products(listed: &Value) -> Vec<Product> {
    listed["data"]["dataProducts"].as_array().into_iter().flatten().filter_map(product).collect()
}

fn product(told: &Value) -> Option<Product> {
    let text = |member: &str| told[member].as_str().map(str::to_owned);
    Some(Product { id: text("id")?, name: text("name")? })
}

/// What a door says of a request that it refused.
pub fn refusal(status: u16, body: &Value) -> Error {
    let error = &body["error"];
    let mut text = match error["message"].as_str() {
        Some(message) => visible(message),
        None => format!("the server refused with {status} without saying why"),
    };
    let broken = error["details"]["violations"].as_array().into_iter().flatten();
    for (path, why) in broken.filter_map(|one| Some((one["path"].as_str()?, one["message"].as_str()?))) {
        if !text.contains(why) {
            text.push_str(&format!("; {}: {}", visible(path), visible(why)));
        }
    }
    anyhow!(text)
}
