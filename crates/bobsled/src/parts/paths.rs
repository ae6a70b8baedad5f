//! Paths of parts: what requests and the document call each, and which operations all of them have in one form.

use emporion_products::parts::spec::Spec;
use emporion_products::parts::{
    compositions, front_pages, semantic_models, system_prompts, unstructured_assets, verified_queries,
};

/// How requests reach a part.
pub struct PartPaths {
    /// The part, by the word of its [`Spec`].
    part: &'static str,
    /// The section of the document.
    pub section: &'static str,
    /// The path segment below the product, and the name of the path parameter.
    pub folder: &'static str,
    pub label: &'static str,
    /// What is offered of it in the form that all parts share.
    pub verbs: &'static [Verb],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    List,
    Create,
    Get,
    /// `POST` on the item: another content in the place of the present one.
    Revise,
    /// `DELETE`, of what is live, too, at once.
    Delete,
}

static PATHS: &[PartPaths] = &[
    PartPaths {
        part: semantic_models::spec::SPEC.word,
        section: "Semantic Models",
        folder: "semantic-models",
        label: "semanticModelId",
        verbs: &[Verb::List],
    },
    PartPaths {
        part: verified_queries::SPEC.word,
        section: "Verified Queries",
        folder: "verified-queries",
        label: "verifiedQueryId",
        verbs: &[Verb::List, Verb::Create, Verb::Get, Verb::Revise, Verb::Delete],
    },
    PartPaths {
        part: system_prompts::SPEC.word,
        section: "System Prompts",
        folder: "system-prompts",
        label: "systemPromptId",
        verbs: &[Verb::List, Verb::Create, Verb::Get, Verb::Delete],
    },
    PartPaths {
        part: front_pages::SPEC.word,
        section: "Front Page Configs",
        folder: "front-page-configs",
        label: "frontPageConfigId",
        verbs: &[Verb::List, Verb::Create, Verb::Get, Verb::Delete],
    },
    // Making them is special: the sources are looked at, and one request may make several.
    PartPaths {
        part: compositions::spec::SPEC.word,
        section: "Compositions",
        folder: "compositions",
        label: "compositionId",
        verbs: &[Verb::List, Verb::Get, Verb::Delete],
    },
    PartPaths {
        part: unstructured_assets::part::SPEC.word,
        section: "Unstructured Assets",
        folder: "unstructured-assets",
        label: "unstructuredAssetId",
        verbs: &[Verb::List, Verb::Get, Verb::Delete],
    },
];

/// Those of a part.
pub fn of(spec: &Spec) -> &'static PartPaths {
    PATHS.iter().find(|paths| paths.part == spec.word).expect("each part has its paths")
}

impl PartPaths {
    /// The path of the collection below the roots.
    pub fn list(&self) -> String {
        format!("/{{dataProductId}}/{}", self.folder)
    }
}

#[cfg(test)]
mod tests {
    use emporion_products::parts::all::ALL;

    use super::*;

    #[test]
    fn each_part_has_its_paths() {
        assert!(ALL.iter().all(|part| !of(part.spec()).folder.is_empty()));
        assert_eq!(ALL.len(), PATHS.len());
    }
}
