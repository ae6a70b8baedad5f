//! A model of language behind an endpoint that speaks OpenAI's chat completions.

use std::fmt;
use std::sync::Mutex;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use async_trait::async_trait;
use emporion_catalog::held;
use emporion_products::language::{LanguageModel, Prompt, Silence, Written};
use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{Client, Url, redirect};
use serde_json::{Value, json};

use crate::config::Llm;

/// Holds the key, where no file does.
const KEY_VARIABLE: &str = "EMPORION_LLM_KEY";
/// What is read of one answer.
const MOST_BYTES: usize = 256 << 10;
/// What a model may write.
const MOST_TOKENS: u64 = 1_000;
const DAY_SECONDS: u64 = 86_400;

pub struct Endpoint {
    client: Client,
    url: Url,
    model: String,
    key: Option<HeaderValue>,
    timeout: Duration,
    writes_sql: bool,
    /// Tokens a day (UTC).
    budget: u64,
    /// The day, and what was used of it.
    used: Mutex<(u64, u64)>,
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({}, ***)", self.model)
    }
}

impl Endpoint {
    /// `None` where no endpoint is configured.
    ///
    /// Errors: a key that cannot be read, or cannot be sent.
    pub fn of(config: &Llm) -> Result<Option<Endpoint>> {
        let Some(base) = &config.base_url else { return Ok(None) };
        let url = format!("{}/chat/completions", base.trim_end_matches('/'));
        let url = Url::parse(&url).context("llm.base_url")?;
        let key = match &config.key_file {
            Some(path) => Some(std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?),
            None => std::env::var(KEY_VARIABLE).ok(),
        };
        let key = key.map(|key| key.trim().to_owned()).filter(|key| !key.is_empty());
        let key = key.map(|key| {
            let mut value = HeaderValue::from_str(&format!("Bearer {key}")).context("the key of llm cannot be sent")?;
            value.set_sensitive(true);
            anyhow::Ok(value)
        });
        let client = Client::builder().redirect(redirect::Policy::none()).build().context("llm")?;
        Ok(Some(Endpoint {
            client,
            url,
            model: config.model.clone().unwrap_or_default(),
            key: key.transpose()?,
            timeout: Duration::from_secs(config.timeout_seconds),
            writes_sql: config.sql,
            budget: config.tokens_per_day,
            used: Mutex::default(),
        }))
    }

    /// Takes tokens of the day, if any are left.
    fn take(&self, tokens: u64) -> Result<(), Silence> {
        let today = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() / DAY_SECONDS);
        let mut used = self.used.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if used.0 != today {
            *used = (today, 0);
        }
        if used.1.saturating_add(tokens) > self.budget {
            return Err(Silence::Budget);
        }
        used.1 = used.1.saturating_add(tokens);
        Ok(())
    }

    /// What came on top of what was taken.
    fn add(&self, tokens: u64) {
        let mut used = self.used.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        used.1 = used.1.saturating_add(tokens);
    }

    async fn complete(&self, body: Vec<u8>) -> Result<Value, Silence> {
        held::assert_none("the language model is asked");
        let mut request = self.client.post(self.url.clone()).header("content-type", "application/json").body(body);
        if let Some(key) = &self.key {
            request = request.header(AUTHORIZATION, key.clone());
        }
        let mut response = request.send().await.map_err(|_| Silence::Unreachable)?;
        if !response.status().is_success() {
            tracing::warn!(status = response.status().as_u16(), "the endpoint of llm refused");
            return Err(Silence::Unreachable);
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|_| Silence::Unreachable)? {
            if bytes.len() + chunk.len() > MOST_BYTES {
                return Err(Silence::TooLarge);
            }
            bytes.extend_from_slice(&chunk);
        }
        serde_json::from_slice(&bytes).map_err(|_| Silence::Unreadable)
    }
}

#[async_trait]
impl LanguageModel for Endpoint {
    async fn write(&self, prompt: &Prompt) -> Result<Written, Silence> {
        let body = json!({
            "model": self.model,
            "messages": [
                {"role": "system", "content": prompt.rules},
                {"role": "user", "content": prompt.data.to_string()},
            ],
            "temperature": 0,
            "max_tokens": MOST_TOKENS,
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "query", "schema": prompt.schema},
            },
        });
        let body = body.to_string().into_bytes();
        // About four bytes are a token; what it says that it used counts where that is more, and no byte is more than one.
        let most = body.len() as u64 + MOST_TOKENS;
        let taken = body.len() as u64 / 4 + 1;
        self.take(taken)?;
        let answer = tokio::time::timeout(self.timeout, self.complete(body)).await.map_err(|_| Silence::TooSlow)??;
        let said = answer["usage"]["total_tokens"].as_u64().unwrap_or(0);
        let text = answer["choices"][0]["message"]["content"].as_str();
        let tokens = said.min(most).max(taken + text.map_or(0, str::len) as u64 / 4);
        self.add(tokens - taken);
        let text = text.ok_or(Silence::Unreadable)?.to_owned();
        Ok(Written { text, tokens })
    }

    fn may_write_sql(&self) -> bool {
        self.writes_sql
    }
}
