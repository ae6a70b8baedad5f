//! What greets the readers of a product: the figures and the questions that its front page names, or that are made up of what
//! is live. Nothing is computed here: each leads to where it is asked for, or to what it means.

use emporion_products::parts::front_pages;
use serde_json::Value;

use super::{ask, verified};
use crate::products::model;
use crate::records::address;
use crate::records::record::Here;
use crate::text::plain::shown;

#[derive(Default)]
pub struct FrontPage {
    pub figures: Vec<Entry>,
    pub questions: Vec<Entry>,
}

pub struct Entry {
    pub rendered: String,
    /// Where it is asked for, for who may; else where it stands in the model.
    pub address: Option<String>,
}

impl FrontPage {
    pub async fn of(here: Here<'_>, may_query: bool) -> FrontPage {
        let request = here.visit.about(here.view.id());
        let greeting = front_pages::current(&here.visit.door.calls.products, &request);
        // Who may not see it misses no more than it.
        let Ok((_, page)) = here.visit.serve("frontPageConfigs_current", greeting).await else {
            return FrontPage::default();
        };
        let at = here.address();
        let in_model = |anchor: String| format!("{}#{anchor}", address::with_query(&at, &[("tab", "model")]));
        let entry = |text: &str, anchor: Option<String>| Entry {
            address: match may_query {
                true => Some(address::with_query(&at, &[("tab", "ask"), ("question", text), (ask::ASKS, "yes")])),
                false => anchor.map(in_model),
            },
            rendered: shown(text),
        };
        let figure = |item: &Value| {
            let metric = item["metric"].as_str();
            let text = item["label"].as_str().or(metric).filter(|text| !text.is_empty())?;
            Some(entry(text, metric.map(model::anchor)))
        };
        let question = |item: &Value| {
            let text = item["text"].as_str().filter(|text| !text.is_empty())?;
            Some(entry(text, item["verifiedQueryId"].as_str().map(verified::anchor)))
        };
        FrontPage {
            figures: page.kpis().iter().filter_map(figure).collect(),
            questions: page.questions().iter().filter_map(question).collect(),
        }
    }
}
