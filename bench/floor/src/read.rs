//! Reads: one statement each, on the thread that asks, the stored bytes as they are.

use std::cell::RefCell;
use std::path::PathBuf;

use anyhow::Result;
use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use crate::file;

thread_local! {
    /// Every worker has a connection of its own.
    static CONNECTION: RefCell<Option<Connection>> = const { RefCell::new(None) };
}

pub struct Reader {
    file: PathBuf,
}

impl Reader {
    pub fn new(file: PathBuf) -> Reader {
        Reader { file }
    }

    pub fn by_id(&self, id: Uuid) -> Result<Option<Vec<u8>>> {
        self.with(|connection| {
            connection
                .prepare_cached("SELECT body FROM records WHERE id = ?1")?
                .query_row([id.as_bytes()], body)
                .optional()
        })
    }

    pub fn by_name(&self, account: Uuid, kind: &str, fqn: &str) -> Result<Option<Vec<u8>>> {
        self.with(|connection| {
            connection
                .prepare_cached("SELECT body FROM records WHERE account = ?1 AND kind = ?2 AND fqn = ?3 AND state < 2")?
                .query_row(params![account.as_bytes(), kind, fqn], body)
                .optional()
        })
    }

    /// A page in order of name, with how many there are in all.
    pub fn list(&self, account: Uuid, kind: &str, after: &str, limit: u32) -> Result<Vec<u8>> {
        self.with(|connection| {
            let total: i64 = connection
                .prepare_cached("SELECT n FROM tallies WHERE account = ?1 AND kind = ?2 AND state = 0")?
                .query_row(params![account.as_bytes(), kind], |row| row.get(0))
                .optional()?
                .unwrap_or(0);
            let mut statement = connection.prepare_cached(
                "SELECT body FROM records WHERE account = ?1 AND kind = ?2 AND state = 0 AND name > ?3 \
                 ORDER BY name, id LIMIT ?4",
            )?;
            let mut rows = statement.query(params![account.as_bytes(), kind, after, limit])?;
            let mut page = Vec::with_capacity(limit as usize * 1_600);
            page.extend_from_slice(format!("{{\"total\":{total},\"data\":[").as_bytes());
            let mut is_first = true;
            while let Some(row) = rows.next()? {
                if !is_first {
                    page.push(b',');
                }
                is_first = false;
                page.extend_from_slice(row.get_ref(0)?.as_bytes()?);
            }
            page.extend_from_slice(b"]}");
            Ok(page)
        })
    }

    fn with<T>(&self, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T> {
        CONNECTION.with_borrow_mut(|own| {
            let connection = match own {
                Some(connection) => connection,
                None => own.insert(file::reading(&self.file)?),
            };
            Ok(read(connection)?)
        })
    }
}

fn body(row: &rusqlite::Row<'_>) -> rusqlite::Result<Vec<u8>> {
    Ok(row.get_ref(0)?.as_bytes()?.to_vec())
}
