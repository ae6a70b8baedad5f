//! The file of a backup: a tar archive, so that it can be looked into, and rescued from, without this program.
//!
//! Its members, in this order: `backup.json` says what it is; `backup.sha256` holds the checksums of the others, as
//! `sha256sum -c` reads them; `catalogue.db` is the store; `seal.key` and `signing.pem` are there where keys were asked
//! for.

mod image;

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use emporion_authz::Secret;
use emporion_authz::keyring::SEAL_KEY_FILE;
use emporion_authz::signing::SIGNING_KEY_FILE;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Progress, STORE_FILE};
pub use image::Image;

const MANIFEST: &str = "backup.json";
const SUMS: &str = "backup.sha256";
/// What this version writes, and the newest that it reads.
const FORMAT: u32 = 1;
const BLOCK: u64 = 512;
/// Two empty blocks end an archive.
const END: u64 = 2 * BLOCK;
/// No member but the store comes near this.
const MOST_SMALL: u64 = 64 << 10;
/// How much is read and written between two words of progress.
const CHUNK: usize = 1 << 20;

/// What a backup says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    pub format: u32,
    /// The version that made it.
    pub version: String,
    pub made_at: String,
    pub records: u64,
    /// The newest event of the log.
    pub seq: u64,
    pub with_keys: bool,
    /// The id of the key that signed the tokens of the store, where it was at hand.
    pub signing_key: Option<String>,
}

impl Manifest {
    pub fn of(copied: &emporion_store::Copied, with_keys: bool, signing_key: Option<String>) -> Manifest {
        Manifest {
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            made_at: emporion_edge::timestamp::print(emporion_catalog::id::Millis::now().0),
            records: copied.records,
            seq: copied.seq,
            with_keys,
            signing_key,
        }
    }
}

/// The contents of the two files of keys.
pub struct KeyFiles {
    pub seal: Secret,
    pub signing: Secret,
}

/// A backup's file that is read from its beginning to its end.
pub struct Backup {
    pub manifest: Manifest,
    name: String,
    file: File,
    sums: Vec<(String, String)>,
    /// Where the members that were read so far end.
    at: u64,
}

impl Backup {
    /// Reads what the file says of itself.
    ///
    /// Errors: it is no backup, was cut off, is damaged, or a newer version has made it.
    pub fn open(path: &Path) -> Result<Backup> {
        let name = path.display().to_string();
        let file = File::open(path).with_context(|| format!("opening {name}"))?;
        if !file.metadata().is_ok_and(|metadata| metadata.is_file()) {
            bail!("{name} is not a file");
        }
        let foreign = || anyhow!("{name} is no backup made by `emporion backup`");
        let mut start = [0; BLOCK as usize];
        let read = file.read_at(&mut start, 0).with_context(|| format!("reading {name}"))?;
        if read < start.len() || !start.starts_with(MANIFEST.as_bytes()) || start[MANIFEST.len()] != 0 {
            return Err(foreign());
        }
        let manifest = Manifest {
            format: 0,
            version: String::new(),
            made_at: String::new(),
            records: 0,
            seq: 0,
            with_keys: false,
            signing_key: None,
        };
        let mut backup = Backup { manifest, name: name.clone(), file, sums: Vec::new(), at: 0 };
        let description = backup.small(MANIFEST)?;
        #[derive(Deserialize)]
        struct Numbered {
            format: u32,
        }
        let numbered: Numbered = serde_json::from_slice(&description).map_err(|_| backup.damaged(MANIFEST))?;
        if numbered.format > FORMAT {
            bail!("{name} was made by a newer version: it has format {}, this version knows {FORMAT}", numbered.format);
        }
        backup.manifest = serde_json::from_slice(&description).map_err(|_| backup.damaged(MANIFEST))?;
        let sums = String::from_utf8(backup.small(SUMS)?).map_err(|_| backup.damaged(SUMS))?;
        backup.sums = sums
            .lines()
            .map(|line| line.split_once("  ").map(|(sum, name)| (name.to_owned(), sum.to_owned())))
            .collect::<Option<_>>()
            .ok_or_else(|| backup.damaged(SUMS))?;
        backup.compare(MANIFEST, &sum_of(&description))?;
        Ok(backup)
    }

    /// Writes the store to `out`, checks everything, and answers the keys where there are some.
    pub fn unpack(mut self, out: &mut impl Write, progress: Progress<'_>) -> Result<Option<KeyFiles>> {
        let bytes = self.begin(STORE_FILE)?;
        let mut sum = Sha256::new();
        let mut both = Both(out, Summing(&mut sum));
        let mut member = Member { file: &self.file, at: self.at, left: bytes };
        let copied = copy(&mut member, &mut both, bytes, &|done| progress("unpacking", done, bytes));
        copied.map_err(|error| match error.downcast_ref::<io::Error>().map(io::Error::kind) {
            Some(io::ErrorKind::UnexpectedEof) => self.cut_off(),
            _ => error,
        })?;
        self.compare(STORE_FILE, &hex(&sum.finalize()))?;
        self.at += padded(bytes);
        let keys = match self.manifest.with_keys {
            true => Some(KeyFiles { seal: self.key(SEAL_KEY_FILE)?, signing: self.key(SIGNING_KEY_FILE)? }),
            false => None,
        };
        let length = self.file.metadata()?.len();
        if length < self.at + END {
            return Err(self.cut_off());
        }
        if length > self.at + END {
            bail!("{} is damaged: something stands behind its end", self.name);
        }
        Ok(keys)
    }

    fn key(&mut self, member: &'static str) -> Result<Secret> {
        let text = self.small(member)?;
        self.compare(member, &sum_of(&text))?;
        Ok(Secret::new(String::from_utf8(text).map_err(|_| self.damaged(member))?))
    }

    /// The next member, which must have this name; the whole of it.
    fn small(&mut self, member: &'static str) -> Result<Vec<u8>> {
        let bytes = self.begin(member)?;
        if bytes > MOST_SMALL {
            return Err(self.damaged(member));
        }
        let mut content = vec![0; usize::try_from(bytes)?];
        self.read(&mut content)?;
        self.at += padded(bytes);
        Ok(content)
    }

    /// Goes to the next member's content, and answers its length.
    fn begin(&mut self, member: &'static str) -> Result<u64> {
        let mut block = [0; BLOCK as usize];
        self.read(&mut block)?;
        let header = tar::Header::from_byte_slice(&block);
        let is_whole = header.cksum().ok() == Some(checksum(&block));
        let is_expected = header.path_bytes().as_ref() == member.as_bytes() && header.entry_type().is_file();
        let size = header.entry_size().ok().filter(|_| is_whole && is_expected);
        let size = size.ok_or_else(|| self.damaged(member))?;
        self.at += BLOCK;
        Ok(size)
    }

    fn read(&self, into: &mut [u8]) -> Result<()> {
        match self.file.read_exact_at(into, self.at) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(self.cut_off()),
            Err(error) => Err(error).with_context(|| format!("reading {}", self.name)),
        }
    }

    fn compare(&self, member: &'static str, sum: &str) -> Result<()> {
        match self.sums.iter().find(|(name, _)| name == member) {
            Some((_, expected)) if expected == sum => Ok(()),
            _ => Err(self.damaged(member)),
        }
    }

    fn damaged(&self, member: &str) -> anyhow::Error {
        anyhow!("{} is damaged: {member} is not what was written", self.name)
    }

    fn cut_off(&self) -> anyhow::Error {
        anyhow!("{} is cut off: its end is missing", self.name)
    }
}

/// Reads a backup to its end and throws it away: whether it is whole.
pub fn check(path: &Path, progress: Progress<'_>) -> Result<()> {
    let whole = Backup::open(path)?.unpack(&mut io::sink(), &|_, done, all| progress("checking", done, all));
    whole.map(|_| ())
}

/// The sum of a header's bytes, its own place counted as blanks.
fn checksum(block: &[u8; BLOCK as usize]) -> u32 {
    let blank = |at: usize| (148..156).contains(&at);
    block.iter().enumerate().map(|(at, byte)| u32::from(if blank(at) { b' ' } else { *byte })).sum()
}

fn padded(bytes: u64) -> u64 {
    bytes.next_multiple_of(BLOCK)
}

fn padding(bytes: u64) -> usize {
    usize::try_from(padded(bytes) - bytes).unwrap_or(0)
}

fn sum_of(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Copies exactly so many bytes.
fn copy(from: &mut impl Read, to: &mut impl Write, bytes: u64, goes_on: &dyn Fn(u64) -> bool) -> Result<()> {
    let mut chunk = vec![0; CHUNK];
    let mut done = 0;
    while done < bytes {
        let most = usize::try_from(bytes - done).unwrap_or(CHUNK).min(CHUNK);
        let read = from.read(&mut chunk[..most])?;
        if read == 0 {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        to.write_all(&chunk[..read])?;
        done += read as u64;
        if !goes_on(done) {
            bail!("it was ended");
        }
    }
    Ok(())
}

struct Member<'a> {
    file: &'a File,
    at: u64,
    left: u64,
}

impl Read for Member<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(into.len());
        let read = self.file.read_at(&mut into[..most], self.at)?;
        self.at += read as u64;
        self.left -= read as u64;
        Ok(read)
    }
}

struct Summing<'a>(&'a mut Sha256);

impl Write for Summing<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Both<'a, W>(&'a mut W, Summing<'a>);

impl<W: Write> Write for Both<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.0.write(bytes)?;
        self.1.write(&bytes[..written])
    }
    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests;
