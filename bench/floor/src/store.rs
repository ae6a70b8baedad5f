//! What the floor works over: a file of the catalogue, or a database of its server.

use std::path::PathBuf;

use anyhow::Result;
use bytes::Bytes;
use uuid::Uuid;

use crate::file;
use crate::postgres::Postgres;
use crate::read::Reader;
use crate::write::Writer;

pub enum Store {
    File { reader: Reader, writer: Writer },
    Postgres(Postgres),
}

impl Store {
    /// Opens the file of that path, or the database of an address that begins with `postgres:`.
    pub async fn open(place: &str, account: Uuid) -> Result<Store> {
        if place.starts_with("postgres:") {
            return Ok(Store::Postgres(Postgres::connect(place, account).await?));
        }
        let file = PathBuf::from(place);
        let writer = Writer::start(file::writing(&file)?, account)?;
        Ok(Store::File { reader: Reader::new(file), writer })
    }

    pub async fn by_id(&self, id: Uuid) -> Result<Option<Vec<u8>>> {
        match self {
            Store::File { reader, .. } => reader.by_id(id),
            Store::Postgres(database) => database.by_id(id).await,
        }
    }

    pub async fn by_name(&self, account: Uuid, kind: &str, fqn: &str) -> Result<Option<Vec<u8>>> {
        match self {
            Store::File { reader, .. } => reader.by_name(account, kind, fqn),
            Store::Postgres(database) => database.by_name(account, kind, fqn).await,
        }
    }

    /// A page in order of name, with how many there are in all.
    pub async fn list(&self, account: Uuid, kind: &str, after: &str, limit: u32) -> Result<Vec<u8>> {
        match self {
            Store::File { reader, .. } => reader.list(account, kind, after, limit),
            Store::Postgres(database) => database.list(account, kind, after, limit).await,
        }
    }

    /// Durable when this answers.
    pub async fn create(&self, name: String, edges: u32, body: Bytes) -> Result<()> {
        match self {
            Store::File { writer, .. } => writer.create(name, edges, body).await,
            Store::Postgres(database) => database.store(vec![name], edges, body).await,
        }
    }

    /// So many records of fresh names in one transaction.
    pub async fn bulk(&self, rows: u32, body: Bytes) -> Result<()> {
        match self {
            Store::File { writer, .. } => writer.bulk(rows, body).await,
            Store::Postgres(database) => {
                let names = (0..rows).map(|_| Uuid::now_v7().simple().to_string()).collect();
                database.store(names, 0, body).await
            }
        }
    }
}
