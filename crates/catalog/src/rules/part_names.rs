//! Parts of one list have names of their own.

use std::collections::HashSet;

use async_trait::async_trait;
use serde_json::Value;

use crate::plan::hooks::Hooks;
use crate::plan::planning::Planning;
use crate::problem::Problem;

pub struct PartNames;

#[async_trait]
impl Hooks for PartNames {
    async fn writing(&self, plan: &mut Planning<'_>) -> Result<(), Problem> {
        let mut twice = Vec::new();
        for parts in plan.kind.0.parts {
            look_at(&parts.list.replace('/', "."), parts.within, parts.of(|field| plan.after.field(field)), &mut twice);
        }
        for (at, name) in twice {
            plan.refuse(&at, format!("{name:?} stands twice"));
        }
        Ok(())
    }
}

fn look_at(at: &str, within: Option<&str>, parts: &[Value], twice: &mut Vec<(String, String)>) {
    let mut seen = HashSet::new();
    for (index, part) in parts.iter().enumerate() {
        if let Some(name) = part.get("name").and_then(Value::as_str)
            && !seen.insert(name)
        {
            twice.push((format!("{at}[{index}].name"), name.to_owned()));
        }
        if let Some((within, inner)) = within.and_then(|within| Some((within, part.get(within)?.as_array()?))) {
            look_at(&format!("{at}[{index}].{within}"), Some(within), inner, twice);
        }
    }
}
