//! Identifiers and counters, each its own type.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Uuid);

        impl $name {
            /// A fresh, time-ordered id.
            pub fn fresh() -> Self {
                Self(Uuid::now_v7())
            }
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }
            pub const fn uuid(self) -> Uuid {
                self.0
            }
            pub fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;
            /// The hyphenated form only, in either case.
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                if text.len() != 36 {
                    return Err(NotAnId);
                }
                Uuid::try_parse(text).map(Self).map_err(|_| NotAnId)
            }
        }
    };
}

uuid_id!(
    /// The one id of a record, the same in every dialect, for ever.
    RecordId
);
uuid_id!(
    /// A tenant. Every row belongs to one.
    AccountId
);
uuid_id!(
    /// One edge between two records.
    EdgeId
);
uuid_id!(
    /// One password, token or access key of a user.
    CredentialId
);

uuid_id!(
    /// One line of the trail.
    AuditEventId
);

impl AccountId {
    /// The owner of what concerns all accounts: who holds an e-mail address, access key ids, account names.
    pub const GLOBAL: AccountId = AccountId(Uuid::nil());

    /// An account is itself a record; both ids are one.
    pub fn record(self) -> RecordId {
        RecordId(self.0)
    }

    /// The account's 12-digit number, derived from its id.
    pub fn number(self) -> String {
        let low = u64::from_be_bytes(self.0.as_bytes()[8..].try_into().expect("eight bytes of sixteen"));
        format!("{:012}", low % 1_000_000_000_000)
    }
}

impl From<RecordId> for AccountId {
    fn from(id: RecordId) -> Self {
        AccountId(id.0)
    }
}

/// The text was not a UUID in hyphenated form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAnId;

/// The place of an event in the log: gap-free, in commit order, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Seq(pub u64);

/// How often a record has changed, edges included; 1 at creation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Revision(pub u64);

impl Revision {
    pub const FIRST: Revision = Revision(1);

    pub fn next(self) -> Revision {
        Revision(self.0.saturating_add(1))
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Milliseconds since 1970 in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Millis(pub i64);

impl Millis {
    pub fn now() -> Millis {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_prints_what_it_was_parsed_from() {
        let id = RecordId::fresh();
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!("not-an-id".parse::<RecordId>(), Err(NotAnId));
    }

    #[test]
    fn an_account_number_has_twelve_digits() {
        assert_eq!(AccountId::fresh().number().len(), 12);
    }
}
