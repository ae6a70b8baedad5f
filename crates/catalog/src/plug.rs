//! A place for what is made after the catalogue and knows of it.

use std::any::Any;
use std::sync::OnceLock;

/// Of which type it is, is said where it is put and taken, so that the catalogue itself need not know of it.
#[derive(Default)]
pub(crate) struct Plug(OnceLock<Box<dyn Any + Send + Sync>>);

impl Plug {
    /// The first stays.
    pub fn set<T: Send + Sync + 'static>(&self, plugged: T) {
        let _ = self.0.set(Box::new(plugged));
    }

    pub fn get<T: 'static>(&self) -> Option<&T> {
        self.0.get()?.downcast_ref()
    }
}
