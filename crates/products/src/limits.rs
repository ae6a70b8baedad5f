//! Limits of queries: how long one may take, and how many rows it may answer.

/// How long a query may take, in milliseconds.
pub const TIMEOUT_MS: std::ops::RangeInclusive<i64> = 100..=120_000;
pub const DEFAULT_TIMEOUT_MS: i64 = 30_000;
pub const MAX_ROWS: i64 = 10_000;
pub const DEFAULT_ROWS: i64 = 1_000;
