//! The configured providers of logins, as the pages take them.

use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use emporion_catalog::catalog::Catalog;
use emporion_catalog::provider_logins::{GroupGrant, Welcome};
use emporion_openid::{Claims, Provider, Secret, Settings};
use emporion_web::SignIn;

use crate::config::{Config, Oidc};

/// No provider is asked yet: one that is away keeps nobody from starting, nor from coming in by a password.
///
/// Errors: a secret that cannot be read.
pub fn providers(config: &Config) -> Result<Arc<[SignIn]>> {
    config
        .oidc
        .iter()
        .map(|configured| sign_in(configured).with_context(|| format!("oidc {}", configured.name)))
        .collect()
}

/// Says which accounts are not there. They may come.
pub async fn warn_of_missing_accounts(config: &Config, catalog: &Catalog) -> Result<()> {
    for configured in &config.oidc {
        if catalog.account_named(&configured.account).await?.is_none() {
            tracing::warn!(provider = configured.name, account = configured.account, "there is no such account yet");
        }
    }
    Ok(())
}

fn sign_in(configured: &Oidc) -> Result<SignIn> {
    let claims = Claims {
        name: configured.name_claim.clone(),
        email: configured.email_claim.clone(),
        groups: configured.groups_claim.clone(),
    };
    let settings = Settings {
        issuer: configured.issuer.clone(),
        client_id: configured.client_id.clone(),
        client_secret: secret(configured)?,
        scopes: configured.scopes.clone(),
        claims,
    };
    let given = configured.groups.iter().map(|group| GroupGrant {
        group: group.group.clone(),
        teams: group.teams.clone(),
        roles: group.roles.clone(),
        administrators: group.administrators,
    });
    let welcome = Welcome {
        provider: configured.name.clone(),
        account: configured.account.clone(),
        creates_users: configured.create_users,
        links_by_email: configured.link_by_verified_email,
        grants: given.collect(),
    };
    let provider = Provider::new(settings).map_err(|failure| anyhow!("{failure}"))?;
    Ok(SignIn { name: configured.name.clone(), label: configured.label().to_owned(), provider, welcome })
}

fn secret(configured: &Oidc) -> Result<Option<Secret>> {
    let text = match &configured.client_secret_file {
        Some(path) => Some(std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?),
        None => std::env::var(configured.secret_variable()).ok(),
    };
    let text = text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    Ok(text.map(Secret::new))
}
