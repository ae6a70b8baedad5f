//! The registered kinds. Everything that exists per kind is a loop over this table.

use std::collections::HashMap;

use crate::kind::{Kind, KindDef};

/// All kinds of one running catalogue.
#[derive(Debug, Clone)]
pub struct Registry {
    kinds: Vec<Kind>,
    by_name: HashMap<&'static str, Kind>,
}

impl Registry {
    /// The kinds that Emporion ships.
    pub fn standard() -> Registry {
        Registry::of(crate::kinds::ALL)
    }

    pub fn of(kinds: &[&'static KindDef]) -> Registry {
        let mut registry = Registry { kinds: Vec::new(), by_name: HashMap::new() };
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
