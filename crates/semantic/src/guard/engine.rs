//! Types of SQLite's own functions and casts, whatever they are given.

use sqlparser::ast::DataType;

use super::answers::Answer;

const NUMBERS: &str = "abs acos acosh asin asinh atan atan2 atanh avg ceil ceiling char_length cos cosh count \
    cume_dist degrees dense_rank exp floor instr json_array_length json_valid julianday length ln log log10 log2 \
    median mod ntile octet_length percent_rank percentile percentile_cont percentile_disc pi pow power radians \
    random rank regexp round row_number sign sin sinh sqrt sum tan tanh total trunc unicode unixepoch";

const TEXTS: &str = "char concat concat_ws current_date current_time current_timestamp date datetime emporion_hash format \
    group_concat hex json json_array json_group_array json_group_object json_insert json_object json_patch \
    json_quote json_remove json_replace json_set json_type lower ltrim printf quote replace rtrim soundex strftime \
    string_agg substr substring time timediff trim typeof upper";

/// What a function always answers, by its name in lower case.
pub(super) fn answered(function: &str) -> Option<Answer> {
    let is_among = |names: &str| names.split_whitespace().any(|known| known == function);
    if is_among(NUMBERS) { Some(Answer::Number) } else { is_among(TEXTS).then_some(Answer::Text) }
}

/// By the engine's rules of affinity, in their order.
pub(super) fn cast(data_type: &DataType) -> Answer {
    let name = data_type.to_string().to_ascii_uppercase();
    let has = |part: &str| name.contains(part);
    if has("INT") {
        Answer::Number
    } else if has("CHAR") || has("CLOB") || has("TEXT") {
        Answer::Text
    } else if has("BLOB") {
        Answer::Binary
    } else {
        Answer::Number
    }
}
