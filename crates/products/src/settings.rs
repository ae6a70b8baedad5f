//! The settings of the question-answering side.

use emporion_catalog::command::Draft;
use emporion_catalog::record::View;
use serde_json::Value;

/// What a product has that says nothing of them.
pub const WEB_SEARCH_DEFAULT: bool = false;
pub const SKILLS_DEFAULT: bool = true;
/// Where a model of language is configured, it may be asked.
pub const LLM_DEFAULT: bool = true;

/// Whether a model of language may be told of the product.
pub fn may_ask_llm(view: &View) -> bool {
    view.field("llm_enabled").and_then(Value::as_bool).unwrap_or(LLM_DEFAULT)
}

/// A switch at its default is not stored.
pub fn set_switch(draft: &mut Draft, field: &str, wanted: Option<bool>, default: bool) {
    match wanted {
        None => {}
        Some(on) if on == default => draft.set(field, Value::Null),
        Some(on) => draft.set(field, on),
    }
}
