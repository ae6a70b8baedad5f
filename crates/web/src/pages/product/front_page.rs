//! What greets the readers of a product: the figures and the questions that its front page names, or that are made up of what
//! is live. Nothing is computed here: each leads to where it is asked for.

use http::Method;
use serde_json::Value;

use crate::address;
use crate::fault::Fault;
use crate::plain::shown;
use crate::record::Here;

#[derive(Default)]
pub struct FrontPage {
    pub figures: Vec<Entry>,
    pub questions: Vec<Entry>,
}

pub struct Entry {
    pub said: String,
    /// Where it is asked for, for who may.
    pub address: Option<String>,
}

impl FrontPage {
    pub async fn of(here: Here<'_>, may_query: bool) -> Result<FrontPage, Fault> {
        let path = "/front-page-configs/current";
        let told = here.visit.of_product(Method::GET, &here.view.id().to_string(), path, None).await?;
        // Who is not told of it misses no more than it.
        let Ok(told) = told else { return Ok(FrontPage::default()) };
        let entry = |text: &str| Entry {
            address: may_query.then(|| address::with_query(&here.address(), &[("tab", "ask"), ("question", text)])),
            said: shown(text),
        };
        let texts = |list: &str, members: &[&str]| -> Vec<Entry> {
            let items = told["frontPageConfig"][list].as_array().into_iter().flatten();
            let text = |item: &Value| members.iter().find_map(|member| item[*member].as_str().map(str::to_owned));
            items.filter_map(text).filter(|text| !text.is_empty()).map(|text| entry(&text)).collect()
        };
        Ok(FrontPage {
            figures: texts("kpis", &["label", "metric"]),
            questions: texts("suggestedQuestions", &["text"]),
        })
    }
}
