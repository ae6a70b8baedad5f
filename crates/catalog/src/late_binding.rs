//! Late binding of what is made after the catalogue and holds a reference to it.

use std::any::Any;
use std::sync::OnceLock;

/// Of which type it is, is said where it is put and taken, so that the catalogue itself need not know of it.
#[derive(Default)]
pub(crate) struct LateBinding(OnceLock<Box<dyn Any + Send + Sync>>);

impl LateBinding {
    /// The first stays.
    pub fn set<T: Send + Sync + 'static>(&self, bound: T) {
        let _ = self.0.set(Box::new(bound));
    }

    pub fn get<T: 'static>(&self) -> Option<&T> {
        self.0.get()?.downcast_ref()
    }
}
