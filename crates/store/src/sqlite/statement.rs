//! Texts of statements, and lists of ids in them.

use std::fmt::Write;

use emporion_model::id::RecordId;
use rusqlite::{CachedStatement, ToSql};

use super::error::SqliteError;

/// Ids that one statement takes; more are asked for in turns. Below the engine's limit of parameters.
pub const IDS_A_TURN: usize = 1_024;

/// Texts of statements that are put together once.
pub type Text = std::sync::OnceLock<String>;

pub fn const_format(text: &'static Text, make: impl FnOnce() -> String) -> &'static str {
    text.get_or_init(make)
}

/// Parameter marks for a list, from `?first` on. Lists are padded to a power of two, so that few statements serve lists
/// of any length. PostgreSQL takes one array instead: `= ANY($1)`.
pub fn marks(len: usize, first: usize) -> String {
    let mut marks = String::with_capacity(len * 6);
    for number in first..first + len.next_power_of_two() {
        if number > first {
            marks.push(',');
        }
        let _ = write!(marks, "?{number}");
    }
    marks
}

/// The list with its last item repeated up to the next power of two.
pub fn padded<T>(list: &[T]) -> impl Iterator<Item = &T> {
    let missing = if list.is_empty() { 0 } else { list.len().next_power_of_two() - list.len() };
    list.iter().chain(list.last().into_iter().cycle().take(missing))
}

/// Binds some values, then the padded ids.
pub fn bind_after(
    statement: &mut CachedStatement<'_>,
    first: &[&dyn ToSql],
    ids: &[RecordId],
) -> Result<(), SqliteError> {
    for (at, value) in first.iter().enumerate() {
        statement.raw_bind_parameter(at + 1, value)?;
    }
    for (at, id) in padded(ids).enumerate() {
        statement.raw_bind_parameter(first.len() + at + 1, id.as_bytes())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_padded_to_a_power_of_two() {
        assert_eq!(marks(3, 2), "?2,?3,?4,?5");
        assert_eq!(padded(&[7, 8, 9]).copied().collect::<Vec<_>>(), [7, 8, 9, 9]);
        assert_eq!(padded::<u8>(&[]).count(), 0);
    }
}
