//! The registered kinds, and the types that doors provide. Everything that exists per kind is a loop over this table.

use std::sync::{Arc, OnceLock};

use foldhash::{HashMap, HashMapExt};

use crate::kind::{Kind, KindDef};
use crate::provided::Provided;

/// All kinds of one running catalogue.
#[derive(Debug, Clone)]
pub struct Registry {
    kinds: Vec<Kind>,
    by_name: HashMap<&'static str, Kind>,
    /// What can stand below each kind, once it was asked.
    below: OnceLock<HashMap<&'static str, Vec<Kind>>>,
    provided: Arc<Provided>,
}

impl Registry {
    /// The kinds that Emporion ships.
    pub fn standard() -> Registry {
        Registry::of(crate::kinds::ALL)
    }

    pub fn of(kinds: &[&'static KindDef]) -> Registry {
        let mut registry =
            Registry { kinds: Vec::new(), by_name: HashMap::new(), below: OnceLock::new(), provided: Arc::default() };
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
            self.below = OnceLock::new();
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

    /// The kinds of what can stand below records of the kind, at any depth; the kind itself where it nests.
    pub fn kinds_below(&self, kind: Kind) -> &[Kind] {
        let all = self.below.get_or_init(|| self.iter().map(|kind| (kind.name(), self.descend(kind))).collect());
        all.get(kind.name()).map_or(&[], Vec::as_slice)
    }

    fn descend(&self, kind: Kind) -> Vec<Kind> {
        let mut below: Vec<Kind> = Vec::new();
        let mut above = vec![kind];
        while let Some(parent) = above.pop() {
            for child in self.iter().filter(|child| child.0.parents.contains(&parent.name())) {
                if !below.contains(&child) {
                    below.push(child);
                    above.push(child);
                }
            }
        }
        below
    }

    pub fn iter(&self) -> impl Iterator<Item = Kind> + '_ {
        self.kinds.iter().copied()
    }
}
