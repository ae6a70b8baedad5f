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

static ADDRESSES: LazyLock<Vec<(&'static str, String)>> =
    LazyLock::new(|| ALL.iter().map(|asset| (asset.name, format!("/assets/{}/{}", hash(asset), asset.name))).collect());

/// Each made small once.
static SMALL: LazyLock<Vec<Bytes>> =
    LazyLock::new(|| ALL.iter().map(|asset| compressed::gzip(asset.text.as_bytes(), Compression::best())).collect());

fn hash(asset: &Asset) -> String {
    Sha256::digest(asset.text).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
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
            let (body, is_small) = match compressed::is_read(&request) {
                true => (SMALL[place].clone(), true),
                false => (Bytes::from_static(asset.text.as_bytes()), false),
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
