//! Column masks by the names that were given for their tables, and what a source is asked for in place of a masked column.
//!
//! Hashes are keyed, so that nobody tries values: with a key of the server for the product that masks, the data source and
//! the schema of the table. Tables of one schema are joined by what they hash; who brings a table of his own into another
//! product, or another schema, learns nothing of these hashes from it. The key is in the statement that the source runs, so
//! it is of the place as well where the source lies: who points the source at a server of his own is sent another one there.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use emporion_catalog::caller::Principal;
use emporion_catalog::id::RecordId;
use emporion_catalog::name;
use emporion_catalog::purpose_keys::PurposeKeys;
use emporion_catalog::record::View;
use emporion_catalog::rows::filters;
use emporion_catalog::rows::masks::{self, Mask, Masks};
use emporion_catalog::spelling::decode;
use emporion_semantic::guard::{self, HASH_DIGITS, HashKey, Time};
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::assets::relations::Relation;
use crate::failure::Failure;
use crate::message::Message;
use crate::reach::row_filters::means;

/// How a column is masked, and by which product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Masked {
    pub mask: Mask,
    pub product: RecordId,
}

/// By column, as the source has it.
pub type MaskedColumns = BTreeMap<String, Masked>;

/// All masks under which one caller reads one product.
#[derive(Debug)]
pub struct ColumnMasks {
    product: RecordId,
    given: Vec<Given>,
}

#[derive(Debug)]
struct Given {
    name: String,
    masks: Masks,
    is_used: bool,
}

impl ColumnMasks {
    /// The caller's own, and those of his roles.
    pub fn of(view: &View, principal: &Principal) -> ColumnMasks {
        let own = filters::masks_of_principal(view, principal).into_iter();
        let all = own.chain(masks::for_roles_of(view, principal));
        let given = all.map(|(name, masks)| Given { name, masks, is_used: false }).collect();
        ColumnMasks { product: view.record.id, given }
    }

    /// None: for statements that are kept for others.
    pub fn none(view: &View) -> ColumnMasks {
        ColumnMasks { product: view.record.id, given: Vec::new() }
    }

    /// The masked columns of a table, under any form of its name.
    ///
    /// Errors: 403 where a mask is for none of its columns: it may be meant for one that would be shown then.
    pub fn of_table(&mut self, relation: &Relation) -> Result<MaskedColumns, Failure> {
        let mut masked = MaskedColumns::new();
        let meant: Vec<&mut Given> = self.given.iter_mut().filter(|given| means(&given.name, relation)).collect();
        if meant.is_empty() {
            return Ok(masked);
        }
        let columns = relation.column_names();
        for given in meant {
            given.is_used = true;
            for (column, mask) in &given.masks {
                let own: Vec<&String> = columns.iter().filter(|own| is_same(own, column)).collect();
                if own.is_empty() {
                    let message = "your mask for \"{}\" belongs to no column of \"{}\"";
                    return Err(Failure::forbidden(Message::with(message, [column.as_str(), &relation.name])));
                }
                let one = Masked { mask: *mask, product: self.product };
                join(&mut masked, own.into_iter().map(|own| (own.clone(), one)));
            }
        }
        Ok(masked)
    }

    /// A mask that no table has asked for.
    pub fn unused(&self) -> Option<&str> {
        self.given.iter().find(|given| !given.is_used).map(|given| given.name.as_str())
    }
}

/// Whether a mask under this name is for the column. Where a source tells names apart by case alone, it is for both.
pub fn is_same(own: &str, given: &str) -> bool {
    name::fold(own) == name::fold(given)
}

/// Whether a condition names one of the columns; one that only might counts.
pub fn names(condition: &str, masked: &MaskedColumns) -> bool {
    masked.keys().any(|column| masks::names(condition, column))
}

/// Both at once; of two that are the same, the one of the product that lies deeper.
pub fn join(masked: &mut MaskedColumns, more: impl IntoIterator<Item = (String, Masked)>) {
    for (column, one) in more {
        let kept = masked.entry(column).or_insert(one);
        *kept = Masked { mask: kept.mask.and(one.mask), product: one.product };
    }
}

/// As clients name them.
pub fn printed(masked: &MaskedColumns) -> Value {
    masks::printed(&masked.iter().map(|(column, masked)| (column.clone(), masked.mask)).collect())
}

/// What the guard reads in place of a column of a table whose source lies in the place.
pub fn guarded(keys: &PurposeKeys, relation: &Relation, place: &str, column: &str, masked: Masked) -> guard::Mask {
    match masked.mask {
        Mask::Hidden => guard::Mask::Hidden,
        Mask::FirstLetters => guard::Mask::FirstLetters,
        Mask::Hashed => guard::Mask::Hashed(key(keys, relation, place, masked.product)),
        Mask::Year => guard::Mask::Year(time(relation, column).unwrap_or(Time::Text)),
    }
}

fn key(keys: &PurposeKeys, relation: &Relation, place: &str, product: RecordId) -> HashKey {
    let mut sum = Sha256::new();
    sum.update(keys.now().newest);
    sum.update(what_it_is_of(relation, product));
    sum.update(place);
    HashKey::of(&sum.finalize())
}

/// What is read instead of one value, as the guard has sources answer it; `None`: nothing. Hashes are examples, of a key that
/// whoever asks throws away: who chose the values of a column would read others by the hashes that are read.
pub fn example(thrown_away: Uuid, time: Time, mask: Mask, value: &str) -> Option<String> {
    match mask {
        Mask::Hidden => None,
        Mask::FirstLetters => {
            let most = (value.chars().count() / 3).min(3);
            Some(value.chars().take(most).chain("***".chars()).collect())
        }
        Mask::Hashed => {
            let hash = Sha256::new().chain_update(thrown_away.as_bytes()).chain_update(value).finalize();
            Some(hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>().chars().take(HASH_DIGITS).collect())
        }
        Mask::Year => {
            let digits = [(0..4), (5..7), (8..10)];
            let is_day =
                digits.into_iter().flatten().all(|at| value.as_bytes().get(at).is_some_and(u8::is_ascii_digit))
                    && [4, 7].into_iter().all(|at| value.as_bytes().get(at) == Some(&b'-'));
            // Of a moment there is a time of day as well, written as its own is.
            let clock = value.get(10..19).filter(|_| time == Time::Moment);
            let clock = clock.map(|clock| clock.replace(|digit: char| digit.is_ascii_digit(), "0"));
            let zone = value.get(19..).filter(|_| clock.is_some()).unwrap_or_default();
            let zone = zone.trim_start_matches(|part: char| part == '.' || part.is_ascii_digit());
            is_day.then(|| format!("{}-01-01{}{zone}", &value[..4], clock.unwrap_or_default()))
        }
    }
}

/// Which of several keys that is.
pub fn key_of(relation: &Relation, product: RecordId) -> u64 {
    let mut hasher = DefaultHasher::new();
    what_it_is_of(relation, product).hash(&mut hasher);
    hasher.finish()
}

/// Tables of one schema have one key in a product, so that what is hashed in both can be joined.
fn what_it_is_of(relation: &Relation, product: RecordId) -> String {
    let place = [relation.service.as_deref(), relation.database.as_deref(), relation.schema.as_deref()];
    format!("{product} {place:?}")
}

/// How the source holds times in a column; `None` where what it holds is none, and no text either.
pub fn time(relation: &Relation, column: &str) -> Option<Time> {
    let called = |described: &&Value| {
        described.get("name").and_then(Value::as_str).is_some_and(|own| is_same(&decode(own), column))
    };
    time_of(relation.columns().find(called)?)
}

/// The same of a column as the catalogue describes it.
pub fn time_of(column: &Value) -> Option<Time> {
    const TEXTS: &[&str] = &["CHAR", "VARCHAR", "STRING", "TEXT", "MEDIUMTEXT", "NTEXT", "CLOB", "UNKNOWN"];
    let word = column.get("data_type").and_then(Value::as_str).unwrap_or_default();
    match word.to_ascii_uppercase().as_str() {
        "DATE" => Some(Time::Day),
        "DATETIME" | "TIMESTAMP" | "TIMESTAMPZ" => Some(Time::Moment),
        other => (other.is_empty() || TEXTS.contains(&other)).then_some(Time::Text),
    }
}
