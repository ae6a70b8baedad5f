//! What no two live items of a part may share.

use std::collections::HashMap;

use serde_json::Value;
use uuid::Uuid;

use super::item;
use super::spec::{Fields, Spec};
use crate::failure::{Failure, Violation};
use crate::read_context::ReadContext;

/// What is taken, and by whom.
pub struct Taken<T> {
    spec: &'static Spec,
    holders: HashMap<(usize, String), Vec<T>>,
}

impl<T> Taken<T> {
    pub fn nothing(spec: &'static Spec) -> Taken<T> {
        Taken { spec, holders: HashMap::new() }
    }

    pub fn by<'f>(spec: &'static Spec, items: impl IntoIterator<Item = (&'f Fields, T)>) -> Taken<T>
    where
        T: Copy,
    {
        let mut taken = Taken::nothing(spec);
        for (fields, holder) in items {
            taken.take(fields, holder);
        }
        taken
    }

    pub fn take(&mut self, fields: &Fields, holder: T)
    where
        T: Copy,
    {
        for (at, unique) in self.spec.unique.iter().enumerate() {
            if let Some(form) = (unique.form)(fields) {
                self.holders.entry((at, form)).or_default().push(holder);
            }
        }
    }

    /// What of the content somebody holds who counts.
    pub fn clash(&self, fields: &Fields, counts: impl Fn(&T) -> bool) -> Option<Violation> {
        self.spec.unique.iter().enumerate().find_map(|(at, unique)| {
            let key = (at, (unique.form)(fields)?);
            let is_held = self.holders.get(&key).is_some_and(|holders| holders.iter().any(&counts));
            is_held.then(|| unique.violation(key.1))
        })
    }
}

/// What of the content another live item of the product holds.
pub async fn held(spec: &Spec, cx: &ReadContext<'_>, id: Uuid, fields: &Fields) -> Result<Option<Violation>, Failure> {
    let ReadContext { reading, product, .. } = *cx;
    for unique in spec.unique {
        let Some(form) = (unique.form)(fields) else { continue };
        let narrowed = match unique.kept {
            // What was stored before forms were kept has none.
            Some(field) => vec![vec![(field, form.clone().into())], vec![(field, Value::Null)]],
            None => vec![Vec::new()],
        };
        for conditions in narrowed {
            let live = item::live(spec, reading, product, conditions).await?;
            let mut others = live.iter().filter(|record| record.id.uuid() != id);
            if others.any(|record| (unique.form)(&record.body).as_ref() == Some(&form)) {
                return Ok(Some(unique.violation(form)));
            }
        }
    }
    Ok(None)
}
