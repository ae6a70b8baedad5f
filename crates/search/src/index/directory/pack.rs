//! Small files in one: their names and lengths as JSON, the length of that before it, and then what they hold, one after the
//! other.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tantivy::directory::OwnedBytes;

const LENGTH: usize = size_of::<u64>();

/// Writes files, which are found again in the same order.
pub fn write(to: &mut impl Write, files: &[(PathBuf, OwnedBytes)]) -> io::Result<()> {
    let named: Vec<(&Path, usize)> = files.iter().map(|(path, bytes)| (path.as_path(), bytes.len())).collect();
    let head = serde_json::to_vec(&named)?;
    to.write_all(&(head.len() as u64).to_le_bytes())?;
    to.write_all(&head)?;
    files.iter().try_for_each(|(_, bytes)| to.write_all(bytes))
}

/// Errors: `InvalidData` for what is not whole.
pub fn read(pack: &OwnedBytes) -> io::Result<Vec<(PathBuf, OwnedBytes)>> {
    let broken = || io::Error::new(io::ErrorKind::InvalidData, "small files of the index are not whole");
    let length = pack.first_chunk::<LENGTH>().ok_or_else(broken)?;
    let start = usize::try_from(u64::from_le_bytes(*length)).ok().and_then(|length| length.checked_add(LENGTH));
    let start = start.ok_or_else(broken)?;
    let named: Vec<(PathBuf, usize)> = serde_json::from_slice(pack.get(LENGTH..start).ok_or_else(broken)?)?;
    let mut at = start;
    let mut files = Vec::with_capacity(named.len());
    for (path, length) in named {
        let end = at.checked_add(length).filter(|end| *end <= pack.len()).ok_or_else(broken)?;
        files.push((path, pack.slice(at..end)));
        at = end;
    }
    if at == pack.len() { Ok(files) } else { Err(broken()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_and_what_is_not_whole_is_not() {
        let files: Vec<(PathBuf, OwnedBytes)> = [("a.idx", "12345"), ("b.pos", ""), ("c.term", "6")]
            .map(|(path, bytes)| (path.into(), OwnedBytes::new(bytes.as_bytes())))
            .into();
        let mut pack = Vec::new();
        write(&mut pack, &files).unwrap();
        let named = |files: &[(PathBuf, OwnedBytes)]| -> Vec<(PathBuf, Vec<u8>)> {
            files.iter().map(|(path, bytes)| (path.clone(), bytes.to_vec())).collect()
        };
        assert_eq!(named(&read(&OwnedBytes::new(pack.clone())).unwrap()), named(&files));
        for cut in 0..pack.len() {
            assert!(read(&OwnedBytes::new(pack[..cut].to_vec())).is_err(), "{cut}");
        }
        assert!(read(&OwnedBytes::new([pack, vec![0]].concat())).is_err());
    }
}
