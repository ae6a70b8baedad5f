//! Which product is meant: by its id, its name, or as much of it as only one has.

use anyhow::{Result, bail};
use serde_json::Value;

use super::{DOOR, LOOK_UP, refusal};
use crate::cli::Remote;
use crate::commands::remote::{encode, exchange};
use crate::output::visible;

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
        return product(&found["data"]).ok_or_else(|| anyhow::anyhow!("the server told of no product"));
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
