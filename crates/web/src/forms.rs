//! Forms: what they send, how it is saved, and what is shown where it is not.

pub(crate) mod bound;
pub mod checked;
pub mod choice;
pub(crate) mod confirmation;
pub mod conflict;
pub mod edit;
pub mod edit_menu;
pub(crate) mod expired_session;
pub mod expiry;
pub(crate) mod form;
pub(crate) mod new_record;
pub(crate) mod regrant;
pub(crate) mod rejected;
pub(crate) mod restore;
pub mod restoring;
pub(crate) mod saving;
pub(crate) mod wrong;
