//! One connection in MySQL's protocol: packets, commands and what answers them. Everything that a server announces (how
//! long a packet is, how many columns there are) is only believed as it comes in.

use std::sync::Arc;

use mysql_common::constants::CapabilityFlags;
use mysql_common::io::ParseBuf;
use mysql_common::packets::Column;
use mysql_common::proto::Binary;
use mysql_common::row::{Row, RowDeserializer};
use mysql_common::value::{ServerSide, Value};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::fault;
use crate::bounds::{Allowance, Meter, Told};
use crate::error::{ErrorKind, SourceError};

const QUIT: u8 = 0x01;
const QUERY: u8 = 0x03;
const PREPARE: u8 = 0x16;
const EXECUTE: u8 = 0x17;

const OK: u8 = 0x00;
const LOCAL_FILE: u8 = 0xfb;
const NULL: u8 = 0xfb;
const END: u8 = 0xfe;
const ERROR: u8 = 0xff;

/// A packet as long as this is continued by the next.
const WHOLE: usize = 0xff_ffff;
/// Memory is taken in steps, as bytes come in.
const STEP: usize = 64 << 10;
/// No statement answers more columns.
const MOST_COLUMNS: u64 = 4096;

pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

pub struct Connection {
    pub(super) stream: Box<dyn Stream>,
    pub(super) meter: Meter,
    /// What both sides can do.
    pub(super) capabilities: CapabilityFlags,
    /// The number of the next packet.
    pub(super) sequence: u8,
    /// Its name for itself at the server.
    pub id: u32,
}

/// A statement that the server has read.
pub struct Statement {
    id: u32,
    parameters: u16,
    pub columns: Vec<Column>,
}

impl Connection {
    /// From here on `bytes` may come in, of `all`.
    pub fn allow(&self, bytes: u64, all: u64) {
        self.meter.allow(bytes, all);
    }

    /// The next packet, however many pieces it comes in.
    pub(super) async fn packet(&mut self) -> Result<Vec<u8>, SourceError> {
        let mut packet = Vec::new();
        loop {
            let mut head = [0; 4];
            self.read(&mut head).await?;
            let length = usize::from(head[0]) | usize::from(head[1]) << 8 | usize::from(head[2]) << 16;
            self.sequence = head[3].wrapping_add(1);
            let end = packet.len() + length;
            while packet.len() < end {
                let begin = packet.len();
                packet.resize(end.min(begin + STEP), 0);
                self.read(&mut packet[begin..]).await?;
            }
            if length < WHOLE {
                return Ok(packet);
            }
        }
    }

    async fn read(&mut self, buffer: &mut [u8]) -> Result<(), SourceError> {
        let read = self.stream.read_exact(buffer).await;
        read.map(drop).map_err(|error| self.meter.fault().unwrap_or_else(|| fault::of_connection(&error)))
    }

    pub(super) async fn send(&mut self, payload: &[u8]) -> Result<(), SourceError> {
        if payload.len() >= WHOLE {
            return Err(SourceError::new(ErrorKind::Limit, "the statement is too long"));
        }
        let length = payload.len().to_le_bytes();
        let mut packet = Vec::with_capacity(4 + payload.len());
        packet.extend_from_slice(&[length[0], length[1], length[2], self.sequence]);
        packet.extend_from_slice(payload);
        self.sequence = self.sequence.wrapping_add(1);
        let sent = async {
            self.stream.write_all(&packet).await?;
            self.stream.flush().await
        };
        sent.await.map_err(|error| self.meter.fault().unwrap_or_else(|| fault::of_connection(&error)))
    }

    async fn command(&mut self, command: u8, body: &[u8]) -> Result<(), SourceError> {
        self.sequence = 0;
        let mut payload = Vec::with_capacity(1 + body.len());
        payload.push(command);
        payload.extend_from_slice(body);
        self.send(&payload).await
    }

    /// A packet that is no error.
    async fn answer(&mut self) -> Result<Vec<u8>, SourceError> {
        let packet = self.packet().await?;
        if packet.first() == Some(&ERROR) { Err(fault::of_server(&packet, self.capabilities)) } else { Ok(packet) }
    }

    fn ends_plainly(&self) -> bool {
        !self.capabilities.contains(CapabilityFlags::CLIENT_DEPRECATE_EOF)
    }

    async fn columns(&mut self, count: u64) -> Result<Vec<Column>, SourceError> {
        if count > MOST_COLUMNS {
            let message = format!("the source answers more than {MOST_COLUMNS} columns");
            return Err(SourceError::new(ErrorKind::Limit, message));
        }
        let mut columns = Vec::new();
        for _ in 0..count {
            let packet = self.answer().await?;
            columns.push(ParseBuf(&packet).parse(()).map_err(|_| fault::unreadable())?);
        }
        if count > 0 && self.ends_plainly() {
            self.answer().await?;
        }
        Ok(columns)
    }

    /// The columns of the rows that follow; none where no rows do.
    async fn head(&mut self) -> Result<Vec<Column>, SourceError> {
        let packet = self.answer().await?;
        match packet.first() {
            Some(&OK) => Ok(Vec::new()),
            None | Some(&LOCAL_FILE) => Err(fault::unreadable()),
            Some(_) => {
                let count = ParseBuf(&packet).checked_eat_lenenc_int().ok_or_else(fault::unreadable)?;
                self.columns(count).await
            }
        }
    }

    /// The next row as it came; `None` after the last.
    async fn row(&mut self) -> Result<Option<Vec<u8>>, SourceError> {
        let packet = self.answer().await?;
        // A text of sixteen megabytes begins as the end does.
        let is_end = packet.first() == Some(&END) && packet.len() < if self.ends_plainly() { 9 } else { WHOLE };
        Ok((!is_end).then_some(packet))
    }

    /// Runs a statement that answers nothing.
    pub async fn run(&mut self, sql: &str) -> Result<(), SourceError> {
        self.command(QUERY, sql.as_bytes()).await?;
        let columns = self.head().await?;
        if columns.is_empty() { Ok(()) } else { Err(fault::unreadable()) }
    }

    /// All rows of a catalogue query, as text.
    pub async fn told(&mut self, sql: &str, allowance: &mut Allowance) -> Result<Told, SourceError> {
        allowance.give(&self.meter);
        self.command(QUERY, sql.as_bytes()).await?;
        let width = self.head().await?.len();
        let mut told = Told::default();
        if width == 0 {
            return Ok(told);
        }
        while let Some(packet) = self.row().await? {
            let mut rest = ParseBuf(&packet);
            let mut cells = Vec::with_capacity(width);
            for _ in 0..width {
                let is_null = rest.0.first() == Some(&NULL);
                cells.push(match is_null {
                    true => rest.checked_skip(1).then_some(None),
                    false => rest.checked_eat_lenenc_str().map(|text| Some(String::from_utf8_lossy(text))),
                });
            }
            let cells: Option<Vec<_>> = cells.into_iter().collect();
            let cells = cells.ok_or_else(fault::unreadable)?;
            told.push(cells.iter().map(Option::as_deref), allowance)?;
        }
        Ok(told)
    }

    /// Has a statement read. It is one, whatever the text.
    pub async fn prepare(&mut self, sql: &str) -> Result<Statement, SourceError> {
        self.command(PREPARE, sql.as_bytes()).await?;
        let packet = self.answer().await?;
        let [OK, a, b, c, d, columns_low, columns_high, low, high, ..] = *packet.as_slice() else {
            return Err(fault::unreadable());
        };
        let (columns, parameters) = (u16::from_le_bytes([columns_low, columns_high]), u16::from_le_bytes([low, high]));
        self.columns(u64::from(parameters)).await?;
        let columns = self.columns(u64::from(columns)).await?;
        Ok(Statement { id: u32::from_le_bytes([a, b, c, d]), parameters, columns })
    }

    /// Runs a statement without parameters. Its rows come by [`Connection::values`], of the columns that this answers.
    pub async fn execute(&mut self, statement: &Statement) -> Result<Vec<Column>, SourceError> {
        if statement.parameters > 0 {
            return Err(SourceError::new(ErrorKind::Syntax, "the statement has parameters that are not given"));
        }
        let [a, b, c, d] = statement.id.to_le_bytes();
        // No cursor; once.
        self.command(EXECUTE, &[a, b, c, d, 0, 1, 0, 0, 0]).await?;
        self.head().await
    }

    /// The values of the next row; `None` after the last.
    pub async fn values(&mut self, columns: &Arc<[Column]>) -> Result<Option<Vec<Value>>, SourceError> {
        if columns.is_empty() {
            return Ok(None);
        }
        let Some(packet) = self.row().await? else { return Ok(None) };
        let row: RowDeserializer<ServerSide, Binary> =
            ParseBuf(&packet).parse(columns.clone()).map_err(|_| fault::unreadable())?;
        Ok(Some(Row::from(row).unwrap()))
    }

    pub async fn quit(mut self) {
        let _ = self.command(QUIT, &[]).await;
        let _ = self.stream.shutdown().await;
    }
}
