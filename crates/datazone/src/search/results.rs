//! What was found, as the answer tells it.

use emporion_catalog::Problem;
use emporion_catalog::record::{Stamp, View};
use serde_json::{Value, json};

use super::scope::Scope;
use crate::assets;
use crate::data_products;
use crate::glossaries;
use crate::in_domain::InDomain;
use crate::revisions;
use crate::shapes::search::{ASSET_ITEM, DATA_PRODUCT_RESULT_ITEM, GLOSSARY_ITEM, GLOSSARY_TERM_ITEM};
use crate::terms;

pub async fn items(here: &InDomain<'_>, scope: Scope, views: &[View]) -> Result<Vec<Value>, Problem> {
    let wants_forms = here.call.input.texts("additionalAttributes").iter().any(|name| name == "FORMS");
    Ok(match scope {
        Scope::DataProduct => {
            let named = views.iter().flat_map(|view| data_products::named_by(here, view));
            let stamps = stamps(here, views).await?;
            let named = named.chain(stamps.iter().map(|stamp| stamp.by.id)).collect::<Vec<_>>();
            let printer = data_products::DataProductPrinter::of(here, named).await?;
            let item = |(view, stamp)| printer.members(view, &[], stamp).fit(&DATA_PRODUCT_RESULT_ITEM);
            views.iter().zip(&stamps).map(|row| json!({ "dataProductItem": item(row) })).collect()
        }
        Scope::Asset => {
            let named = views.iter().flat_map(|view| assets::named_by(here, view));
            let stamps = stamps(here, views).await?;
            let named = named.chain(stamps.iter().map(|stamp| stamp.by.id)).collect::<Vec<_>>();
            let printer = assets::AssetPrinter::of(here, named).await?;
            let item = |(view, stamp): (&View, &Stamp)| {
                let mut members = printer.members(view, stamp);
                if wants_forms {
                    members.add_forms();
                }
                members.fit(&ASSET_ITEM)
            };
            views.iter().zip(&stamps).map(|row| json!({ "assetItem": item(row) })).collect()
        }
        Scope::Glossary => {
            let named = views.iter().flat_map(|view| glossaries::named_by(here, view));
            let printer = glossaries::GlossaryPrinter::of(here, named.collect::<Vec<_>>()).await?;
            views.iter().map(|view| json!({ "glossaryItem": printer.members(view).fit(&GLOSSARY_ITEM) })).collect()
        }
        Scope::Term => {
            let named = views.iter().flat_map(terms::named_by);
            let printer = terms::TermPrinter::of(here, named.collect::<Vec<_>>()).await?;
            views
                .iter()
                .map(|view| json!({ "glossaryTermItem": printer.members(view).fit(&GLOSSARY_TERM_ITEM) }))
                .collect()
        }
    })
}

/// When the present revision of each record was made.
async fn stamps(here: &InDomain<'_>, views: &[View]) -> Result<Vec<Stamp>, Problem> {
    let mut stamps = Vec::with_capacity(views.len());
    for view in views {
        stamps.push(revisions::present(&here.reading, &view.record).await?);
    }
    Ok(stamps)
}
