//! Whether somebody sees all labels there are.

use std::collections::HashMap;

use emporion_catalog::kind::Kind;
use emporion_catalog::kinds::{GLOSSARY_TERM, TAG};
use emporion_catalog::reading::KindVisibility;

/// Whether somebody sees all labels, by how he sees the kinds. Labels are open: none is granted to some people alone, so
/// that he does where he sees what is open.
pub(in crate::ask) fn sees_all(sights: &HashMap<&'static str, KindVisibility>) -> bool {
    let is_seen =
        |kind: &Kind| matches!(sights.get(kind.name()), Some(KindVisibility::Everything | KindVisibility::Open { .. }));
    [TAG, GLOSSARY_TERM].iter().all(is_seen)
}
