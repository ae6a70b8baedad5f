//! What the configuration says of each door, and the documents that describe them.

use std::sync::Arc;

use anyhow::Result;
use emporion_catalog::catalog::Catalog;
use emporion_catalog::registry::Registry;
use emporion_edge::answer::Answer;
use emporion_edge::openapi;
use emporion_products::language::LanguageModel;
use emporion_products::service::Products;
use emporion_semantic::guard::CostLimits;
use serde_json::Value;

use crate::cli::DoorName;
use crate::config::Config;
use crate::crawls::Crawls;
use crate::databases::Reachable;
use crate::document_process::ReaderProcess;
use crate::ingestions::rules;
use crate::language::Endpoint;

pub fn openmetadata(config: &Config) -> emporion_openmetadata::Options {
    emporion_openmetadata::Options {
        reported_version: config.openmetadata.reported_version.clone(),
        public_url: config.public_url.clone(),
        ..Default::default()
    }
}

pub fn datazone(config: &Config, url: &str) -> emporion_datazone::Options {
    emporion_datazone::Options {
        region: config.datazone.region.clone(),
        hosts: config.datazone.hosts.clone(),
        publishing_enabled: config.datazone.publishing_enabled,
        max_data_products: config.datazone.max_data_products,
        requests_per_second: config.datazone.requests_per_second,
        public_url: config.public_url.clone().unwrap_or_else(|| url.to_owned()),
    }
}

/// The service for data products, with the databases and the model of language that it may ask, and what reads documents.
///
/// Errors: a model of language that is not configured as a whole.
pub fn products(config: &Config, catalog: Arc<Catalog>, crawls: Arc<Crawls>) -> Result<Products> {
    let language = Endpoint::of(&config.llm)?;
    let cost_limits = CostLimits {
        rows: config.bobsled.query_rows.unwrap_or(CostLimits::default().rows),
        bytes: config.bobsled.query_bytes.unwrap_or(CostLimits::default().bytes),
    };
    let databases = Arc::new(Reachable::new(rules(config), catalog.clone(), crawls));
    Ok(Products::new(catalog)
        .with_databases(databases)
        .with_document_reader(Arc::new(ReaderProcess))
        .with_language(language.map(|endpoint| Arc::new(endpoint) as Arc<dyn LanguageModel>))
        .with_cost_limits(cost_limits)
        .with_requests(config.bobsled.requests_per_minute)
        .with_questions(config.bobsled.questions_per_minute, config.bobsled.questions_at_once))
}

pub fn bobsled(config: &Config) -> emporion_bobsled::Options {
    emporion_bobsled::Options {
        sunset: config.bobsled.sunset.clone(),
        enforce_sunset: config.bobsled.enforce_sunset,
        docs: config.bobsled.docs.clone(),
        ..Default::default()
    }
}

/// The OpenAPI document of a door, as `openapi/` holds it.
pub fn described(door: DoorName) -> Value {
    let registry = Registry::standard();
    match door {
        DoorName::Openmetadata => emporion_openmetadata::document(&registry),
        DoorName::Datazone => emporion_datazone::document(&registry),
        DoorName::Bobsled => emporion_bobsled::document(&registry),
    }
}

pub fn document(door: DoorName) -> Answer {
    Answer::bytes(200, "application/json", openapi::print(&described(door)))
}
