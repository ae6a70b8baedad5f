//! Style, script and pictures of the pages. Each lies under an address with the hash of what it holds, so that browsers
//! keep it for ever.

use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use emporion_edge::answer::Answer;
use emporion_edge::request::Request;
use emporion_edge::route::{Access, Method, Route, handler};
use flate2::Compression;
use sha2::{Digest, Sha256};

use crate::door::Door;
use crate::request::{compressed, headers};

struct Asset {
    name: &'static str,
    media_type: &'static str,
    text: &'static str,
}

const ALL: &[Asset] = &[
    Asset { name: "style.css", media_type: "text/css; charset=utf-8", text: include_str!("../../assets/style.css") },
    Asset {
        name: "script.js",
        media_type: "text/javascript; charset=utf-8",
        text: include_str!("../../assets/script.js"),
    },
    Asset {
        name: "tried.js",
        media_type: "text/javascript; charset=utf-8",
        text: include_str!("../../assets/tried.js"),
    },
    Asset { name: "icons.svg", media_type: "image/svg+xml", text: include_str!("../../assets/icons.svg") },
    Asset { name: "mark.svg", media_type: "image/svg+xml", text: include_str!("../../assets/mark.svg") },
];

/// What browsers are sent of each: not what is said to who works on it.
static SENT: LazyLock<Vec<String>> = LazyLock::new(|| ALL.iter().map(|asset| without_remarks(asset.text)).collect());

static ADDRESSES: LazyLock<Vec<(&'static str, String)>> = LazyLock::new(|| {
    let sent = ALL.iter().zip(&*SENT);
    sent.map(|(asset, text)| (asset.name, format!("/assets/{}/{}", hash(text), asset.name))).collect()
});

/// Each made small once.
static SMALL: LazyLock<Vec<Bytes>> =
    LazyLock::new(|| SENT.iter().map(|text| compressed::gzip(text.as_bytes(), Compression::best())).collect());

/// A style or a script without its remarks, each of which has lines of its own, and without empty lines.
fn without_remarks(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut is_remark = false;
    for line in text.lines() {
        let trimmed = line.trim();
        is_remark |= trimmed.starts_with("/*");
        if !is_remark && !trimmed.is_empty() && !trimmed.starts_with("//") {
            kept.push_str(line);
            kept.push('\n');
        }
        is_remark &= !trimmed.ends_with("*/");
    }
    kept
}

fn hash(text: &str) -> String {
    Sha256::digest(text).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// What an asset holds.
pub fn text(name: &str) -> &'static str {
    ALL.iter().find(|asset| asset.name == name).map_or("", |asset| asset.text)
}

/// Where an asset lies.
pub fn address(name: &str) -> &'static str {
    let found = ADDRESSES.iter().find(|(known, _)| *known == name);
    found.map(|(_, address)| address.as_str()).expect("templates name assets that there are")
}

pub fn routes() -> Vec<Route<Door>> {
    vec![
        Route {
            access: Access::Anonymous,
            hidden: true,
            ..Route::new(Method::GET, "/assets/{hash}/{name}", "asset", handler(asset))
        },
        Route {
            access: Access::Anonymous,
            hidden: true,
            ..Route::new(Method::GET, "/favicon.ico", "favicon", handler(favicon))
        },
    ]
}

async fn asset(door: Arc<Door>, request: Request) -> Answer {
    let found =
        ALL.iter().position(|asset| ADDRESSES.iter().any(|(name, at)| *name == asset.name && *at == request.raw_path));
    match found {
        Some(place) => {
            let asset = &ALL[place];
            let text = SENT[place].as_str();
            let (body, is_small) = match compressed::is_read(&request) {
                true => (SMALL[place].clone(), true),
                false => (Bytes::from_static(text.as_bytes()), false),
            };
            let answer = headers::secured(Answer::bytes(200, asset.media_type, body))
                .with("cache-control", "public, max-age=31536000, immutable")
                .with("vary", "accept-encoding");
            if is_small { answer.with("content-encoding", "gzip") } else { answer }
        }
        None => emporion_edge::door::Door::not_found(&*door, &request),
    }
}

async fn favicon(_: Arc<Door>, _: Request) -> Answer {
    headers::see_other(address("mark.svg"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remarks_are_not_sent() {
        let script = "// A remark.\nconst a = 1; // beside it\n\n  // another\nlet b = \"https://x\";\n";
        assert_eq!(without_remarks(script), "const a = 1; // beside it\nlet b = \"https://x\";\n");
        let style = "/* One. */\n.a { b: c; }\n/* Two\n   lines. */\n.d { e: f; } /* beside it */\n.g { h: i; }\n";
        assert_eq!(without_remarks(style), ".a { b: c; }\n.d { e: f; } /* beside it */\n.g { h: i; }\n");
    }

    #[test]
    fn remarks_have_lines_of_their_own() {
        for asset in ALL {
            let mut is_remark = false;
            for line in asset.text.lines().map(str::trim) {
                is_remark |= line.starts_with("/*");
                let goes_on = is_remark && line.contains("*/") && !line.ends_with("*/");
                assert!(!goes_on, "{}: what stands behind a remark would not be sent: {line}", asset.name);
                is_remark &= !line.contains("*/");
            }
        }
    }

    #[test]
    fn style_script_and_pictures_are_small_and_of_this_origin() {
        let bytes: usize = SMALL.iter().map(Bytes::len).sum();
        assert!(bytes < 50_000, "{bytes} bytes, and a page comes on top");
        for asset in ALL {
            let text = asset.text.replace("http://www.w3.org/2000/svg", "");
            assert!(
                !text.contains("http://") && !text.contains("https://") && !text.contains("@import"),
                "{}",
                asset.name
            );
        }
        let script = ALL.iter().find(|asset| asset.name == "script.js").expect("the script");
        assert!(script.text.lines().count() < 500);
    }
}
