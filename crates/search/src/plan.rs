//! A query as one caller means it at one moment: names of kinds, times, and who `me` is are settled. What is left says by
//! itself which documents it means, to the index ([`crate::index`]) and to who looks at one document
//! ([`emporion_catalog::finder::matching`]).

mod resolve;
mod size;

use std::collections::HashMap;

use emporion_catalog::finder::Listed;
use emporion_catalog::id::RecordId;
use emporion_catalog::registry::Registry;

pub use resolve::{called, resolve};
pub use size::check_size;

pub type Products = HashMap<Option<String>, Listed>;

/// Who asks, and what the query's names of records were found to mean to him.
#[derive(Debug, Clone)]
pub struct Settings<'a> {
    pub registry: &'a Registry,
    pub me: RecordId,
    pub teams: Vec<RecordId>,
    pub now: i64,
    /// What the products hold that a value names, by the value as it is printed, with the name of the product; of any
    /// product, by none.
    pub products: Products,
    /// The products that hold what a value names, in the same way, with the name of that.
    pub holders: Products,
    /// The services whose display name a value is, by the value as it is printed.
    pub sources: HashMap<String, Vec<RecordId>>,
    /// What the caller may ask with SQL, where the query asks for that.
    pub queryable: Option<Listed>,
}
