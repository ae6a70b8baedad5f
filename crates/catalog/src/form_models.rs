//! Models of form types, parsed and kept while they are used (a cache): a revision of a form type never changes.

use std::num::NonZeroUsize;
use std::sync::Arc;

use lru::LruCache;
use parking_lot::Mutex;

use crate::id::RecordId;
use crate::provided::{FormModel, Provided};

const MOST_MODELS: NonZeroUsize = NonZeroUsize::new(512).expect("512 is not zero");

/// A form type as it is kept: a record at a revision, or a provided type by its name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ModelKey {
    Record(RecordId, u32),
    Provided { name: String, is_open: bool },
}

/// The models in use.
pub struct FormModels {
    parsed: Mutex<LruCache<ModelKey, Arc<dyn FormModel>>>,
}

impl Default for FormModels {
    fn default() -> FormModels {
        FormModels { parsed: Mutex::new(LruCache::new(MOST_MODELS)) }
    }
}

impl FormModels {
    /// The model of a form type called `name`, parsed from `text` unless it is known.
    ///
    /// Errors: as of [`Provided::parse`].
    pub fn get(
        &self,
        provided: &Provided,
        key: ModelKey,
        text: &str,
        name: &str,
    ) -> Result<Arc<dyn FormModel>, String> {
        if let Some(known) = self.parsed.lock().get(&key) {
            return Ok(known.clone());
        }
        let is_open = matches!(key, ModelKey::Provided { is_open: true, .. });
        let model = provided.parse(text, name, is_open)?;
        self.parsed.lock().put(key, model.clone());
        Ok(model)
    }
}
