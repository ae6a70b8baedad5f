//! The words that stand for what an answer is, wherever one is kept or shown.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$attribute:meta])* $variant:ident = $word:literal,)* })*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
            pub enum $name {
                $($(#[$attribute])* $variant,)*
            }

            impl $name {
                pub const fn word(self) -> &'static str {
                    match self {
                        $($name::$variant => $word,)*
                    }
                }
            }

            impl Serialize for $name {
                fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    serializer.serialize_str(self.word())
                }
            }

            impl<'de> Deserialize<'de> for $name {
                fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<$name, D::Error> {
                    match &*String::deserialize(deserializer)? {
                        $($word => Ok($name::$variant),)*
                        other => Err(serde::de::Error::custom(format!("{other:?} is not known here"))),
                    }
                }
            }
        )*
    };
}

words! {
    /// What came of a question.
    Status {
        Answered = "answered",
        /// No row fits.
        ExecutedEmpty = "executed_empty",
        NeedsClarification = "needs_clarification",
        NotAnswerable = "not_answerable",
        /// Only a model of language was to answer, and none may be asked.
        NeedsLlm = "needs_llm",
        Refused = "refused",
        #[default]
        Failed = "failed",
    }

    /// What answered.
    Method {
        /// The semantic model.
        #[default]
        SemanticParse = "semantic_parse",
        VerifiedQuery = "verified_query",
        DocumentQuote = "document_quote",
        /// A query that a model of language proposed.
        LlmPlan = "llm_plan",
        /// A statement that a model of language wrote.
        LlmSql = "llm_sql",
    }

    /// Why a question is not answered.
    RefusalReason {
        UnknownTerms = "unknown_terms",
        #[default]
        OutsideModel = "outside_model",
        OpenEnded = "open_ended",
    }

    /// What is asked back about.
    ClarificationKind {
        Metric = "metric",
        Dimension = "dimension",
        Value = "value",
        Time = "time",
        JoinPath = "join_path",
        #[default]
        Scope = "scope",
    }

    ConfidenceLevel {
        High = "high",
        Medium = "medium",
        #[default]
        Low = "low",
    }

    ChartFormat {
        #[default]
        VegaLite = "vega-lite",
    }
}

/// A word that another version of the program may have kept; `None` for one that is not known here.
pub(super) fn known<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    let word = Option::<String>::deserialize(deserializer)?;
    Ok(word.and_then(|word| T::deserialize(serde::de::value::StringDeserializer::<D::Error>::new(word)).ok()))
}

/// The same with the default in the place of such a word.
pub(super) fn known_or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(known(deserializer)?.unwrap_or_default())
}
