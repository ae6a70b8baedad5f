//! What the demo's product is asked: it gets a semantic model and a verified query over the wire, and questions too.

use anyhow::{Context, Result, anyhow, bail};
use bytes::Bytes;
use emporion_edge::app::App;
use http_body_util::{BodyExt, Full, Limited};
use serde_json::{Value, json};

const MODEL: &str = include_str!("../../demo_model.yaml");
const ANSWER_LIMIT: usize = 1 << 20;
/// Three that are answered, the last of them by the verified query; one that is asked back, one that is refused.
const QUESTIONS: [&str; 5] = [
    "Net sales by region in 2025",
    "Top 3 categories by pieces sold in 2025 compared to 2024",
    VERIFIED,
    "Sales by segment in 2025",
    "What is our churn by region?",
];
const VERIFIED: &str = "How many customers have ordered more than once?";
const STATEMENT: &str = "SELECT COUNT(*) AS customers FROM (SELECT customer_id FROM orders GROUP BY customer_id HAVING COUNT(*) > 1) AS again";

/// A question, and what was said to it.
pub struct Asked {
    pub question: &'static str,
    pub status: String,
    pub text: String,
    pub options: Vec<String>,
}

/// The door that a client would call, without a socket between.
pub struct Caller<'a> {
    pub app: &'a App,
    pub token: &'a str,
    pub account: &'a str,
}

impl Caller<'_> {
    /// Gives the product what questions need.
    pub async fn teach(&self, product: &str) -> Result<()> {
        let model = json!({"name": "sales", "format": "osi", "content": MODEL});
        let made = self.post(product, "semantic-models", &model).await?;
        let errors = made["validation"]["errors"].as_array().map_or(0, Vec::len);
        if errors > 0 {
            bail!("the demo's model is wrong: {}", made["validation"]["errors"]);
        }
        let query = json!({"name": "came_again", "question": VERIFIED, "sql": STATEMENT});
        self.post(product, "verified-queries", &query).await?;
        self.post(product, "deploy", &json!({})).await?;
        Ok(())
    }

    pub async fn ask(&self, product: &str) -> Result<Vec<Asked>> {
        let mut asked = Vec::new();
        for question in QUESTIONS {
            let answer = self.post(product, "chat", &json!({"message": question})).await?;
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let options = answer["clarification"]["options"].as_array();
            let options = options.into_iter().flatten().map(|option| text(&option["label"])).collect();
            asked.push(Asked { question, status: text(&answer["status"]), text: text(&answer["text"]), options });
        }
        Ok(asked)
    }

    async fn post(&self, product: &str, what: &str, body: &Value) -> Result<Value> {
        let request = http::Request::post(format!("/api/v1/accounts/{}/data-products/{product}/{what}", self.account))
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", "application/json")
            .body(Full::<Bytes>::from(body.to_string()))?;
        let answer = self.app.handle(request, None).await;
        let status = answer.status();
        let whole = Limited::new(answer.into_body(), ANSWER_LIMIT).collect().await.map_err(|error| anyhow!(error))?;
        let bytes = whole.to_bytes();
        let mut answer: Value = serde_json::from_slice(&bytes).with_context(|| format!("{what} answered no JSON"))?;
        if !status.is_success() {
            bail!("{what} was refused with {status}: {}", answer["error"]["message"]);
        }
        Ok(answer["data"].take())
    }
}
