//! The credentials of an account that was just made.

use emporion_catalog::bootstrap::NewAccount;
use serde_json::{Value, json};

/// They are shown once.
pub fn shown(made: &NewAccount) -> Value {
    let mut shown = json!({
        "account": made.account.to_string(),
        "adminUser": made.admin_name,
        "adminPassword": made.admin_password,
        "adminToken": made.admin_token,
        "accessKeyId": made.access_key_id,
        "secretAccessKey": made.secret_access_key,
    });
    if let Some(expires) = made.admin_token_expires_ms {
        shown["adminTokenExpiresAt"] = expires.into();
    }
    shown
}
