//! A backup that is about to be written.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::FileExt;

use anyhow::{Result, bail};
use emporion_authz::keyring::SEAL_KEY_FILE;
use emporion_authz::signing::SIGNING_KEY_FILE;
use sha2::{Digest, Sha256};

use super::{CHUNK, END, KeyFiles, MANIFEST, Manifest, SUMS, Summing, copy, hex, padding, sum_of};
use crate::backup::{Progress, STORE_FILE};

/// A backup that is about to be written: the store's copy, and what stands before and behind it.
pub struct Image {
    pub manifest: Manifest,
    head: Vec<u8>,
    store: File,
    store_bytes: u64,
    tail: Vec<u8>,
}

impl Image {
    /// Reads the store's copy once, for its checksum.
    pub fn new(manifest: Manifest, store: File, keys: Option<&KeyFiles>, progress: Progress<'_>) -> Result<Image> {
        let store_bytes = store.metadata()?.len();
        let mut sum = Sha256::new();
        copy(&mut &store, &mut Summing(&mut sum), store_bytes, &|done| progress("checksum", done, store_bytes))?;
        let description = format!("{}\n", serde_json::to_string_pretty(&manifest)?);
        let mut members = vec![(STORE_FILE, hex(&sum.finalize())), (MANIFEST, sum_of(description.as_bytes()))];
        let keys = keys.map(|keys| [(SEAL_KEY_FILE, keys.seal.expose()), (SIGNING_KEY_FILE, keys.signing.expose())]);
        members.extend(keys.iter().flatten().map(|(name, text)| (*name, sum_of(text.as_bytes()))));
        let sums: String = members.iter().map(|(name, sum)| format!("{sum}  {name}\n")).collect();

        let made_s = u64::try_from(emporion_catalog::id::Millis::now().0 / 1000).unwrap_or(0);
        let mut head = Vec::new();
        for (name, text) in [(MANIFEST, &description), (SUMS, &sums)] {
            put(&mut head, name, text.as_bytes(), made_s)?;
        }
        head.extend(header(STORE_FILE, store_bytes, made_s)?.as_bytes());
        let mut tail = vec![0; padding(store_bytes)];
        for (name, text) in keys.iter().flatten() {
            put(&mut tail, name, text.as_bytes(), made_s)?;
        }
        tail.resize(tail.len() + END as usize, 0);
        Ok(Image { manifest, head, store, store_bytes, tail })
    }

    /// The length of the backup's file.
    pub fn len(&self) -> u64 {
        self.head.len() as u64 + self.store_bytes + self.tail.len() as u64
    }

    /// At most so many bytes from a place of the file on; none at its end.
    pub fn read_at(&self, at: u64, most: usize) -> io::Result<Vec<u8>> {
        let (head, most_u64) = (self.head.len() as u64, most as u64);
        let wanted = self.len().saturating_sub(at).min(most_u64);
        let mut bytes = vec![0; usize::try_from(wanted).unwrap_or(most)];
        let mut filled = 0;
        while filled < bytes.len() {
            let (place, rest) = (at + filled as u64, &mut bytes[filled..]);
            filled += if let Some(within) = place.checked_sub(head + self.store_bytes) {
                (&self.tail[usize::try_from(within).unwrap_or(usize::MAX)..]).read(rest)?
            } else if let Some(within) = place.checked_sub(head) {
                let here = usize::try_from(self.store_bytes - within).unwrap_or(usize::MAX).min(rest.len());
                self.store.read_exact_at(&mut rest[..here], within)?;
                here
            } else {
                (&self.head[usize::try_from(place).unwrap_or(usize::MAX)..]).read(rest)?
            };
        }
        Ok(bytes)
    }

    pub fn write_to(&self, out: &mut impl Write, progress: Progress<'_>) -> Result<()> {
        let mut at = 0;
        loop {
            let piece = self.read_at(at, CHUNK)?;
            if piece.is_empty() {
                return Ok(());
            }
            out.write_all(&piece)?;
            at += piece.len() as u64;
            if !progress("writing", at, self.len()) {
                bail!("it was ended");
            }
        }
    }
}

fn put(out: &mut Vec<u8>, name: &str, content: &[u8], made_s: u64) -> Result<()> {
    out.extend(header(name, content.len() as u64, made_s)?.as_bytes());
    out.extend(content);
    out.resize(out.len() + padding(content.len() as u64), 0);
    Ok(())
}

fn header(name: &str, bytes: u64, made_s: u64) -> Result<tar::Header> {
    let mut header = tar::Header::new_gnu();
    header.set_path(name)?;
    header.set_size(bytes);
    header.set_mode(0o600);
    header.set_mtime(made_s);
    header.set_uid(0);
    header.set_gid(0);
    header.set_cksum();
    Ok(header)
}
