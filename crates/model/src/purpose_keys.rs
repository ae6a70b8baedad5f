//! Keys for purposes beside sealing, derived from those that the server keeps: what is signed with one is known again
//! after a restart, by every process that holds the same keys, and while an exchanged key is still held.

use std::fmt;
use std::sync::Arc;

pub const KEY_BYTES: usize = 32;

/// One key, good for one purpose. It cannot be empty.
pub type DerivedKey = [u8; KEY_BYTES];

/// The keys of one purpose at one moment.
#[derive(Clone)]
pub struct DerivedKeys {
    /// What is made now is made with it.
    pub newest: DerivedKey,
    /// What was made with one of these still counts.
    pub older: Vec<DerivedKey>,
}

impl DerivedKeys {
    pub fn all(&self) -> impl Iterator<Item = &DerivedKey> {
        std::iter::once(&self.newest).chain(&self.older)
    }
}

/// Where the keys of one purpose come from. They are asked for at each use: keys are exchanged while the server runs.
#[derive(Clone)]
pub struct PurposeKeys(Arc<dyn Fn() -> DerivedKeys + Send + Sync>);

impl PurposeKeys {
    pub fn new(keys: impl Fn() -> DerivedKeys + Send + Sync + 'static) -> PurposeKeys {
        PurposeKeys(Arc::new(keys))
    }

    pub fn now(&self) -> DerivedKeys {
        (self.0)()
    }
}

impl fmt::Debug for DerivedKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DerivedKeys({})", 1 + self.older.len())
    }
}

impl fmt::Debug for PurposeKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PurposeKeys(***)")
    }
}
