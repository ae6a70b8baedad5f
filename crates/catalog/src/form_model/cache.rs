//! Parsed form types, kept while they are used: a revision of a form type never changes.

use std::num::NonZeroUsize;
use std::sync::Arc;

use lru::LruCache;
use parking_lot::Mutex;

use super::{FormModel, ModelFault};
use crate::id::RecordId;

const MOST_MODELS: NonZeroUsize = NonZeroUsize::new(512).expect("512 is not zero");

/// A form type as it is kept: a record at a revision, or a provided type by its name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ModelKey {
    Record(RecordId, u32),
    Provided { name: String, is_open: bool },
}

/// The models in use.
pub struct FormModels {
    parsed: Mutex<LruCache<ModelKey, Arc<FormModel>>>,
}

impl Default for FormModels {
    fn default() -> FormModels {
        FormModels { parsed: Mutex::new(LruCache::new(MOST_MODELS)) }
    }
}

impl FormModels {
    /// The model of a form type called `name`, parsed from `text` unless it is known.
    pub fn get(&self, key: ModelKey, text: &str, name: &str) -> Result<Arc<FormModel>, ModelFault> {
        if let Some(known) = self.parsed.lock().get(&key) {
            return Ok(known.clone());
        }
        let is_open = matches!(key, ModelKey::Provided { is_open: true, .. });
        let model = Arc::new(FormModel { is_open, ..FormModel::parse(text, name)? });
        self.parsed.lock().put(key, model.clone());
        Ok(model)
    }
}
