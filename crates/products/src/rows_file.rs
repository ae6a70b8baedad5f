//! Files that rows are read for.

/// A file that rows go into.
#[derive(Debug, Clone, Copy)]
pub struct RowsFile {
    pub format: &'static str,
    /// By what it is written, where that is not what asks.
    pub door: Option<&'static str>,
}
