//! Sealed state that a caller keeps and sends back (cursors, form tokens): nobody else can make, read or use it.

use crate::caller::Caller;
use crate::catalog::Catalog;

impl Catalog {
    /// Sealed for the caller, and for one use of it.
    pub fn sealed_for(&self, caller: &Caller, usage: &str, plain: &[u8]) -> Vec<u8> {
        self.sealer.seal(&context(caller, usage), plain)
    }

    /// What was sealed for the caller and this use; `None` for anything else, and for what was sealed with a key that is
    /// held no more.
    pub fn unsealed_for(&self, caller: &Caller, usage: &str, shown: &[u8]) -> Option<Vec<u8>> {
        self.sealer.open(&context(caller, usage), shown).ok()
    }
}

fn context(caller: &Caller, usage: &str) -> Vec<u8> {
    format!("entrusted {} {usage}", caller.principal.user).into_bytes()
}
