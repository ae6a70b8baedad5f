//! The registered kinds, and the types that doors provide. Everything that exists per kind is a loop over this table.

use std::collections::HashMap;
use std::sync::Arc;

use crate::kind::{Kind, KindDef};
use crate::provided::Provided;

/// All kinds of one running catalogue.
#[derive(Debug, Clone)]
pub struct Registry {
    kinds: Vec<Kind>,
    by_name: HashMap<&'static str, Kind>,
    provided: Arc<Provided>,
}

impl Registry {
    /// The kinds that Emporion ships.
    pub fn standard() -> Registry {
        Registry::of(crate::kinds::ALL)
    }

    pub fn of(kinds: &[&'static KindDef]) -> Registry {
        let mut registry = Registry { kinds: Vec::new(), by_name: HashMap::new(), provided: Arc::default() };
        for kind in kinds {
            registry = registry.with(kind);
        }
        registry
    }

    /// Adds one more kind; a second one of the same name is ignored.
    pub fn with(mut self, def: &'static KindDef) -> Registry {
        let kind = Kind(def);
        if self.by_name.insert(def.name, kind).is_none() {
            self.kinds.push(kind);
        }
        self
    }

    /// Adds what a door provides.
    pub fn providing(mut self, more: Provided) -> Registry {
        let provided = Arc::make_mut(&mut self.provided);
        provided.forms.extend(more.forms);
        provided.assets.extend(more.assets);
        provided.language = more.language.or(provided.language.take());
        self
    }

    pub fn provided(&self) -> &Provided {
        &self.provided
    }

    pub fn get(&self, name: &str) -> Option<Kind> {
        self.by_name.get(name).copied()
    }

    /// A kind that is known to be registered.
    ///
    /// # Panics
    /// When it is not: a fault of the caller's tables.
    pub fn expect(&self, name: &str) -> Kind {
        self.get(name).unwrap_or_else(|| panic!("kind {name:?} is not registered"))
    }

    pub fn iter(&self) -> impl Iterator<Item = Kind> + '_ {
        self.kinds.iter().copied()
    }
}
