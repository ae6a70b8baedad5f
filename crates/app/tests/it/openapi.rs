//! The checked-in OpenAPI documents are those that the binary prints.

use std::path::Path;
use std::process::Command;

fn drift(door: &str) {
    let printed =
        Command::new(env!("CARGO_BIN_EXE_emporion")).args(["openapi", door]).output().expect("the binary runs");
    assert!(printed.status.success(), "{}", String::from_utf8_lossy(&printed.stderr));
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../openapi").join(format!("{door}.json"));
    let kept = std::fs::read(&file).unwrap_or_default();
    assert!(kept == printed.stdout, "openapi/{door}.json is out of date: run `cargo xtask openapi` and commit it");
}

#[test]
fn the_openmetadata_document_is_up_to_date() {
    drift("openmetadata");
}

#[test]
fn the_datazone_document_is_up_to_date() {
    drift("datazone");
}

#[test]
fn the_bobsled_document_is_up_to_date() {
    drift("bobsled");
}
