//! Derived signing keys, kept for a while: one is constant per access key, day and region and costs four HMACs.

use std::num::NonZeroUsize;

use hmac::{Hmac, Mac};
use lru::LruCache;
use parking_lot::Mutex;
use sha2::{Digest, Sha256};

pub type SigningKey = [u8; 32];

/// 1,024: two days of five hundred active keys, about 150 KB.
const CAPACITY: NonZeroUsize = NonZeroUsize::new(1024).expect("not zero");

/// Access key id, date, region.
type Owner = (String, String, String);

pub struct SigningKeys {
    kept: Mutex<LruCache<Owner, Entry>>,
}

struct Entry {
    /// A key id that got another secret must not be verified with the old one.
    secret_hash: [u8; 32],
    key: SigningKey,
}

impl Default for SigningKeys {
    fn default() -> SigningKeys {
        SigningKeys { kept: Mutex::new(LruCache::new(CAPACITY)) }
    }
}

impl SigningKeys {
    pub fn get(&self, access_key_id: &str, secret: &str, date: &str, region: &str, service: &str) -> SigningKey {
        let owner = (access_key_id.to_owned(), date.to_owned(), region.to_owned());
        let secret_hash: [u8; 32] = Sha256::digest(secret.as_bytes()).into();
        if let Some(entry) = self.kept.lock().get(&owner)
            && entry.secret_hash == secret_hash
        {
            return entry.key;
        }
        let key = derive(secret, date, region, service);
        self.kept.lock().put(owner, Entry { secret_hash, key });
        key
    }
}

pub fn hmac(key: &[u8], data: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(data);
    mac.finalize().into_bytes().into()
}

fn derive(secret: &str, date: &str, region: &str, service: &str) -> SigningKey {
    let of_date = hmac(format!("AWS4{secret}").as_bytes(), date.as_bytes());
    let of_region = hmac(&of_date, region.as_bytes());
    let of_service = hmac(&of_region, service.as_bytes());
    hmac(&of_service, b"aws4_request")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_key_equals_a_derived_one_and_follows_its_secret() {
        let keys = SigningKeys::default();
        let first = keys.get("AK", "s1", "20260102", "us-east-1", "datazone");
        assert_eq!(first, derive("s1", "20260102", "us-east-1", "datazone"));
        assert_eq!(first, keys.get("AK", "s1", "20260102", "us-east-1", "datazone"));
        assert_eq!(
            keys.get("AK", "s2", "20260102", "us-east-1", "datazone"),
            derive("s2", "20260102", "us-east-1", "datazone")
        );
    }

    #[test]
    fn the_cache_is_bounded() {
        let keys = SigningKeys::default();
        for n in 0..2000 {
            keys.get(&format!("AK{n}"), "s", "20260102", "r", "datazone");
        }
        assert_eq!(keys.kept.lock().len(), CAPACITY.get());
    }
}
