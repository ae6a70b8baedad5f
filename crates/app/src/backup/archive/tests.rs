use std::fs;

use super::*;

const GO_ON: Progress<'static> = &|_, _, _| true;

fn backup(folder: &Path, with_keys: bool) -> Vec<u8> {
    let copy = folder.join("copy");
    fs::write(&copy, vec![7; 3 * CHUNK + 5]).unwrap();
    let copied = emporion_store::Copied { bytes: 0, records: 5, seq: 9, sealed: Vec::new() };
    let keys = KeyFiles { seal: Secret::new("seal"), signing: Secret::new("signing") };
    let manifest = Manifest::of(&copied, with_keys, Some("kid".into()));
    let image = Image::new(manifest, File::open(copy).unwrap(), with_keys.then_some(&keys), GO_ON).unwrap();
    let mut file = Vec::new();
    image.write_to(&mut file, GO_ON).unwrap();
    assert_eq!(file.len() as u64, image.len());
    // In pieces of any length it is the same.
    let mut pieces = Vec::new();
    while pieces.len() < file.len() {
        pieces.extend(image.read_at(pieces.len() as u64, 777_777).unwrap());
    }
    assert!(pieces == file);
    assert!(image.read_at(image.len() + 5, 10).unwrap().is_empty());
    file
}

fn read(folder: &Path, content: &[u8]) -> Result<(Manifest, Vec<u8>, Option<KeyFiles>)> {
    let path = folder.join("b.tar");
    fs::write(&path, content).unwrap();
    let backup = Backup::open(&path)?;
    let (manifest, mut store) = (backup.manifest.clone(), Vec::new());
    let keys = backup.unpack(&mut store, GO_ON)?;
    Ok((manifest, store, keys))
}

#[test]
fn a_backup_is_read_as_it_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let (manifest, store, keys) = read(folder.path(), &backup(folder.path(), true)).unwrap();
    assert_eq!((manifest.records, manifest.seq, manifest.signing_key.as_deref()), (5, 9, Some("kid")));
    assert!(store == vec![7; 3 * CHUNK + 5]);
    let keys = keys.unwrap();
    assert_eq!((keys.seal.expose(), keys.signing.expose()), ("seal", "signing"));
    let file = backup(folder.path(), false);
    assert!(read(folder.path(), &file).unwrap().2.is_none());
    assert!(!String::from_utf8_lossy(&file).contains(SEAL_KEY_FILE), "no key that was not asked for");
}

#[test]
fn other_programs_read_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = backup(folder.path(), true);
    let mut archive = tar::Archive::new(&file[..]);
    let names: Vec<String> =
        archive.entries().unwrap().map(|entry| entry.unwrap().path().unwrap().display().to_string()).collect();
    assert_eq!(names, [MANIFEST, SUMS, STORE_FILE, SEAL_KEY_FILE, SIGNING_KEY_FILE]);
}

#[test]
fn what_is_cut_off_damaged_foreign_or_newer_is_refused_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let whole = backup(folder.path(), true);
    let refusal = |content: &[u8]| match read(folder.path(), content) {
        Ok(_) => panic!("taken"),
        Err(error) => format!("{error:#}"),
    };
    for cut in [513, 1_500, 2_048, 5_000, CHUNK, whole.len() - END as usize, whole.len() - 1] {
        assert!(refusal(&whole[..cut]).contains("cut off"), "{cut}: {}", refusal(&whole[..cut]));
    }
    for at in (0..4_096).step_by(37).chain((whole.len() - 4_096..whole.len()).step_by(37)) {
        let mut damaged = whole.clone();
        damaged[at] ^= 1;
        // Only what fills up a block is of no account.
        assert!(whole[at] == 0 || read(folder.path(), &damaged).is_err(), "{at}");
    }
    let mut flipped = whole.clone();
    flipped[2 * CHUNK] ^= 1;
    assert!(refusal(&flipped).contains("catalogue.db is not what was written"), "{}", refusal(&flipped));
    let longer = [&whole[..], b"more"].concat();
    assert!(refusal(&longer).contains("behind its end"), "{}", refusal(&longer));
    for foreign in [&b""[..], b"SQLite format 3\0", &[0; 4_096], &whole[512..]] {
        assert!(refusal(foreign).contains("is no backup"), "{}", refusal(foreign));
    }
    let text = String::from_utf8_lossy(&whole[..1_024]).into_owned();
    let newer = text.replacen("\"format\": 1", "\"format\": 9", 1);
    let newer = [newer.as_bytes(), &whole[1_024..]].concat();
    assert!(refusal(&newer).contains("newer version"), "{}", refusal(&newer));
}
