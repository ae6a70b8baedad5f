//! What errors of servers and connections mean.

use std::io;

use mysql_common::constants::CapabilityFlags;
use mysql_common::io::ParseBuf;
use mysql_common::packets::ErrPacket;

use crate::error::{ErrorKind, SourceError};

pub fn unreadable() -> SourceError {
    SourceError::new(ErrorKind::Unreachable, "no MySQL or MariaDB server answers there")
}

pub fn of_connection(error: &io::Error) -> SourceError {
    if error.kind() == io::ErrorKind::TimedOut { SourceError::timeout() } else { unreadable() }
}

pub fn no_encryption() -> SourceError {
    SourceError::new(ErrorKind::Unreachable, "an encrypted connection as configured could not be made")
}

/// Of the packet of an error.
pub fn of_server(packet: &[u8], capabilities: CapabilityFlags) -> SourceError {
    let Ok(ErrPacket::Error(error)) = ParseBuf(packet).parse::<ErrPacket<'_>>(capabilities) else {
        return unreadable();
    };
    let state = error.sql_state_ref().map(|state| state.as_str().into_owned()).unwrap_or_default();
    match (error.error_code(), state.as_str()) {
        (1045 | 1698 | 1251 | 2049, _) => {
            SourceError::new(ErrorKind::Unauthorised, "the source refused the credentials")
        }
        (1044 | 1142 | 1143 | 1227 | 1356 | 1370, _) => {
            SourceError::new(ErrorKind::Unauthorised, "the source's account may not read that")
        }
        (1049, _) => SourceError::new(ErrorKind::Configuration, "the server has no such database"),
        (1969 | 3024 | 1317 | 1205 | 1028, _) => SourceError::timeout(),
        (1792 | 1290, _) => SourceError::new(ErrorKind::Forbidden, "sources are only read"),
        (1040 | 1053 | 1129 | 1130 | 1203, _) => {
            SourceError::new(ErrorKind::Unreachable, "the server does not accept connections now")
        }
        (1038 | 1041 | 1153 | 1301 | 3170, _) => {
            SourceError::new(ErrorKind::Limit, "the server has not enough resources for the statement")
        }
        // More rows than one where one value is wanted; values of dates and texts that have no class of their own.
        (1242 | 1366 | 1411 | 1525, _) => SourceError::value(),
        // What it stumbled over it repeats from there on, values and keys of masks among it.
        (1064 | 1149, _) => SourceError::new(ErrorKind::Syntax, syntax(&error.message_str())),
        // Texts of these classes name tables, columns and functions of the statement or count them: never values.
        (_, state) if state.starts_with("42") || state.starts_with("21") => {
            SourceError::quoting(ErrorKind::Syntax, &error.message_str())
        }
        (_, "22012") => SourceError::division_by_zero(),
        (_, state) if state.starts_with("22") => SourceError::value(),
        _ => SourceError::new(ErrorKind::Failed, "the statement failed while it ran"),
    }
}

/// The word that a statement is wrong at, and no value.
fn syntax(text: &str) -> String {
    let near = text.split_once(" near '").map(|(_, near)| near).unwrap_or_default();
    let word: String = near.chars().take_while(|c| c.is_ascii_alphabetic() || *c == '_').take(40).collect();
    match word.is_empty() {
        true => "the server finds the statement wrong".to_owned(),
        false => format!("the server finds the statement wrong near \"{word}\""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_what_is_wrong_with_a_statement_one_word_is_repeated() {
        let told = |near: &str| syntax(&format!("You have an error in your SQL syntax near '{near}' at line 1"));
        assert_eq!(told("FILTER (WHERE name = 'secret')"), "the server finds the statement wrong near \"FILTER\"");
        assert_eq!(told("'9f86d081884c', x)"), "the server finds the statement wrong");
        assert_eq!(syntax("something else"), "the server finds the statement wrong");
    }
}
