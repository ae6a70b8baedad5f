//! The ways of testing data that every account knows from the start. Clients look for them by name, and run them by it.

use serde_json::{Map, Value, json};

use crate::command::{Command, DoorRules, Draft};
use crate::kinds::TEST_DEFINITION;

/// One way of testing.
pub struct TestDefinition {
    pub name: &'static str,
    display_name: &'static str,
    description: &'static str,
    of: AppliesTo,
    dimension: &'static str,
    parameters: &'static [Parameter],
    /// It tells how many rows passed.
    by_row: bool,
}

/// What is tested.
#[derive(Clone, Copy)]
enum AppliesTo {
    Table,
    /// A column of one of these types.
    Column(&'static [&'static str]),
}

/// What a test of the sort asks for.
struct Parameter {
    name: &'static str,
    display_name: &'static str,
    data_type: &'static str,
    required: bool,
    options: &'static [&'static str],
}

const fn may(name: &'static str, display_name: &'static str, data_type: &'static str) -> Parameter {
    Parameter { name, display_name, data_type, required: false, options: &[] }
}

const fn must(name: &'static str, display_name: &'static str, data_type: &'static str) -> Parameter {
    Parameter { required: true, ..may(name, display_name, data_type) }
}

const NUMBERS: &[&str] =
    &["NUMBER", "INT", "FLOAT", "DOUBLE", "DECIMAL", "NUMERIC", "TINYINT", "SMALLINT", "BIGINT", "BYTEINT"];
const TEXTS: &[&str] = &["BYTES", "STRING", "MEDIUMTEXT", "TEXT", "CHAR", "VARCHAR"];
const MEASURED: &[&str] = &["BYTES", "STRING", "MEDIUMTEXT", "TEXT", "CHAR", "VARCHAR", "ARRAY"];
#[rustfmt::skip]
const LISTED: &[&str] = &[
    "NUMBER", "INT", "FLOAT", "DOUBLE", "DECIMAL", "NUMERIC", "TINYINT", "SMALLINT", "BIGINT", "BYTEINT",
    "BYTES", "STRING", "MEDIUMTEXT", "TEXT", "CHAR", "VARCHAR", "BOOLEAN", "ENUM",
];
#[rustfmt::skip]
const ORDERED: &[&str] = &[
    "NUMBER", "INT", "FLOAT", "DOUBLE", "DECIMAL", "NUMERIC", "TINYINT", "SMALLINT", "BIGINT", "BYTEINT",
    "TIMESTAMP", "TIMESTAMPZ", "DATETIME", "DATE", "TIME",
];
#[rustfmt::skip]
const ANY: &[&str] = &[
    "NUMBER", "TINYINT", "SMALLINT", "INT", "BIGINT", "BYTEINT", "BYTES", "FLOAT", "DOUBLE", "DECIMAL", "NUMERIC",
    "TIMESTAMP", "TIMESTAMPZ", "TIME", "DATE", "DATETIME", "INTERVAL", "STRING", "MEDIUMTEXT", "TEXT", "CHAR",
    "VARCHAR", "BOOLEAN", "BINARY", "VARBINARY", "ARRAY", "BLOB", "LONGBLOB", "MEDIUMBLOB", "MAP", "STRUCT", "UNION",
    "SET", "GEOGRAPHY", "ENUM", "JSON", "UUID", "VARIANT", "GEOMETRY", "POINT", "POLYGON",
];

const PLAIN: TestDefinition = TestDefinition {
    name: "",
    display_name: "",
    description: "",
    of: AppliesTo::Table,
    dimension: "Integrity",
    parameters: &[],
    by_row: false,
};

macro_rules! between {
    ($name:literal, $display:literal, $says:literal, $least:literal, $most:literal) => {
        TestDefinition {
            name: $name,
            display_name: $display,
            description: $says,
            of: AppliesTo::Column(NUMBERS),
            dimension: "Accuracy",
            parameters: &[may($least, "Min", "INT"), may($most, "Max", "INT")],
            by_row: false,
        }
    };
}

pub const ALL: &[TestDefinition] = &[
    TestDefinition {
        name: "columnValueLengthsToBeBetween",
        display_name: "Column Value Lengths To Be Between",
        description: "Values of the column are so long: at least `minLength`, at most `maxLength`.",
        of: AppliesTo::Column(MEASURED),
        dimension: "Accuracy",
        parameters: &[may("minLength", "Min", "INT"), may("maxLength", "Max", "INT")],
        by_row: true,
    },
    between!(
        "columnValueMaxToBeBetween",
        "Column Value Max. To Be Between",
        "The greatest value of the column lies within the bounds.",
        "minValueForMaxInCol",
        "maxValueForMaxInCol"
    ),
    between!(
        "columnValueMeanToBeBetween",
        "Column Value Mean To Be Between",
        "The mean of the column lies within the bounds.",
        "minValueForMeanInCol",
        "maxValueForMeanInCol"
    ),
    between!(
        "columnValueMedianToBeBetween",
        "Column Value Median To Be Between",
        "The median of the column lies within the bounds.",
        "minValueForMedianInCol",
        "maxValueForMedianInCol"
    ),
    between!(
        "columnValueMinToBeBetween",
        "Column Value Min. To Be Between",
        "The least value of the column lies within the bounds.",
        "minValueForMinInCol",
        "maxValueForMinInCol"
    ),
    between!(
        "columnValueStdDevToBeBetween",
        "Column Value Std Dev To Be Between",
        "The standard deviation of the column lies within the bounds.",
        "minValueForStdDevInCol",
        "maxValueForStdDevInCol"
    ),
    between!(
        "columnValuesSumToBeBetween",
        "Column Values Sum To Be Between",
        "The sum of the column lies within the bounds.",
        "minValueForColSum",
        "maxValueForColSum"
    ),
    TestDefinition {
        name: "columnValuesMissingCount",
        display_name: "Column Values Missing Count",
        description: "So many values of the column are missing, and no other number of them.",
        of: AppliesTo::Column(ANY),
        dimension: "Completeness",
        parameters: &[
            must("missingCountValue", "Missing Count", "INT"),
            may("missingValueMatch", "Missing Value To Match", "STRING"),
        ],
        by_row: false,
    },
    TestDefinition {
        name: "columnValuesToBeAtExpectedLocation",
        display_name: "Column Values To Be At Expected Location",
        description: "Longitude and latitude are where the column says, within a radius.",
        of: AppliesTo::Column(LISTED),
        dimension: "Accuracy",
        parameters: &[
            Parameter {
                options: &["CITY", "POSTAL_CODE"],
                ..must("locationReferenceType", "Location Reference Type", "ARRAY")
            },
            must("longitudeColumnName", "Longitude Column Name (X)", "STRING"),
            must("latitudeColumnName", "Latitude Column Name (Y)", "STRING"),
            must("radius", "Radius (in meters) from the expected location", "FLOAT"),
        ],
        by_row: false,
    },
    TestDefinition {
        name: "columnValuesToBeBetween",
        display_name: "Column Values To Be Between",
        description: "Every value of the column lies within the bounds.",
        of: AppliesTo::Column(ORDERED),
        dimension: "Accuracy",
        parameters: &[may("minValue", "Min", "INT"), may("maxValue", "Max", "INT")],
        by_row: true,
    },
    TestDefinition {
        name: "columnValuesToBeInSet",
        display_name: "Column Values To Be In Set",
        description: "Values of the column are among those that are allowed.",
        of: AppliesTo::Column(LISTED),
        dimension: "Validity",
        parameters: &[must("allowedValues", "Allowed Values", "ARRAY"), may("matchEnum", "Match Enum", "BOOLEAN")],
        by_row: true,
    },
    TestDefinition {
        name: "columnValuesToBeNotInSet",
        display_name: "Column Values To Be Not In Set",
        description: "No value of the column is among those that are forbidden.",
        of: AppliesTo::Column(LISTED),
        dimension: "Validity",
        parameters: &[must("forbiddenValues", "Forbidden Values", "ARRAY")],
        by_row: true,
    },
    TestDefinition {
        name: "columnValuesToBeNotNull",
        display_name: "Column Values To Be Not Null",
        description: "No value of the column is missing.",
        of: AppliesTo::Column(ANY),
        dimension: "Completeness",
        by_row: true,
        ..PLAIN
    },
    TestDefinition {
        name: "columnValuesToBeUnique",
        display_name: "Column Values To Be Unique",
        description: "No value of the column occurs twice.",
        of: AppliesTo::Column(ANY),
        dimension: "Uniqueness",
        by_row: true,
        ..PLAIN
    },
    TestDefinition {
        name: "columnValuesToMatchRegex",
        display_name: "Column Values To Match Regex Pattern",
        description: "Every value of the column matches the regular expression.",
        of: AppliesTo::Column(TEXTS),
        dimension: "Validity",
        parameters: &[must("regex", "RegEx Pattern", "STRING")],
        by_row: true,
    },
    TestDefinition {
        name: "columnValuesToNotMatchRegex",
        display_name: "Column Values To Not Match Regex Pattern",
        description: "No value of the column matches the regular expression.",
        of: AppliesTo::Column(TEXTS),
        dimension: "Validity",
        parameters: &[must("forbiddenRegex", "RegEx Pattern", "STRING")],
        by_row: true,
    },
    TestDefinition {
        name: "tableColumnCountToBeBetween",
        display_name: "Table Column Count To Be Between",
        description: "The table has so many columns: at least `minColValue`, at most `maxColValue`.",
        parameters: &[may("minColValue", "Min", "INT"), may("maxColValue", "Max", "INT")],
        ..PLAIN
    },
    TestDefinition {
        name: "tableColumnCountToEqual",
        display_name: "Table Column Count To Equal",
        description: "The table has exactly so many columns.",
        parameters: &[must("columnCount", "Count", "INT")],
        ..PLAIN
    },
    TestDefinition {
        name: "tableColumnNameToExist",
        display_name: "Table Column Name To Exist",
        description: "The table has a column of this name.",
        parameters: &[must("columnName", "Column Name", "STRING")],
        ..PLAIN
    },
    TestDefinition {
        name: "tableColumnToMatchSet",
        display_name: "Table Column Names To Match Set",
        description: "The table has these columns and no others, in this order where that is asked for.",
        parameters: &[must("columnNames", "Column Names", "STRING"), may("ordered", "Ordered", "BOOLEAN")],
        ..PLAIN
    },
    TestDefinition {
        name: "tableCustomSQLQuery",
        display_name: "Custom SQL Query",
        description: "A statement finds no rows, or as many as the threshold allows.",
        dimension: "SQL",
        parameters: &[
            must("sqlExpression", "SQL Expression", "STRING"),
            Parameter { options: &["ROWS", "COUNT"], ..may("strategy", "Strategy", "ARRAY") },
            Parameter { options: &["==", ">", ">=", "<", "<=", "!="], ..may("operator", "Operator", "STRING") },
            may("threshold", "Threshold", "NUMBER"),
            may("partitionExpression", "Partition Expression", "STRING"),
        ],
        by_row: true,
        ..PLAIN
    },
    TestDefinition {
        name: "tableDiff",
        display_name: "Compare 2 tables for differences",
        description: "The table differs from another one in no more rows than the threshold allows.",
        dimension: "Consistency",
        parameters: &[
            may("keyColumns", "Table 1's key columns", "ARRAY"),
            must("table2", "Table 2", "STRING"),
            may("table2.keyColumns", "Table 2's key columns", "ARRAY"),
            may("threshold", "Threshold", "NUMBER"),
            may("useColumns", "Use Columns", "ARRAY"),
            may("where", "SQL Where Clause", "STRING"),
            may("caseSensitiveColumns", "Case sensitive columns", "BOOLEAN"),
        ],
        ..PLAIN
    },
    TestDefinition {
        name: "tableRowCountToBeBetween",
        display_name: "Table Row Count To Be Between",
        description: "The table has so many rows: at least `minValue`, at most `maxValue`.",
        parameters: &[may("minValue", "Min", "INT"), may("maxValue", "Max", "INT")],
        ..PLAIN
    },
    TestDefinition {
        name: "tableRowCountToEqual",
        display_name: "Table Row Count To Equal",
        description: "The table has exactly so many rows.",
        parameters: &[must("value", "Count", "INT")],
        ..PLAIN
    },
    TestDefinition {
        name: "tableRowInsertedCountToBeBetween",
        display_name: "Table Row Inserted Count To Be Between",
        description: "So many rows have come to the table lately, by what a column of times says.",
        parameters: &[
            may("min", "Min Row Count", "INT"),
            may("max", "Max Row Count", "INT"),
            must("columnName", "Column Name", "STRING"),
            Parameter { options: &["HOUR", "DAY", "MONTH", "YEAR"], ..must("rangeType", "Range Type", "STRING") },
            must("rangeInterval", "Interval", "INT"),
        ],
        ..PLAIN
    },
];

impl TestDefinition {
    /// What makes its record.
    pub fn command(&self) -> Command {
        let mut draft = Draft { name: Some(self.name.to_owned()), ..Draft::default() };
        draft.set("display_name", self.display_name);
        draft.set("description", self.description);
        draft.set("test_platforms", json!(["OpenMetadata"]));
        draft.set("data_quality_dimension", self.dimension);
        draft.set("supports_row_level_passed_failed", self.by_row);
        draft.set("provider", "system");
        // What runs it is called so.
        let (first, rest) = self.name.split_at(1);
        draft.set("validator_class", format!("{}{rest}Validator", first.to_uppercase()));
        match self.of {
            AppliesTo::Table => draft.set("entity_type", "TABLE"),
            AppliesTo::Column(types) => {
                draft.set("entity_type", "COLUMN");
                draft.set("supported_data_types", json!(types));
            }
        }
        if !self.parameters.is_empty() {
            let parameters: Vec<Value> = self.parameters.iter().map(Parameter::shown).collect();
            draft.set("parameter_definition", parameters);
        }
        Command::Create { kind: TEST_DEFINITION, parent: None, draft, id: None, rules: DoorRules::default() }
    }
}

impl Parameter {
    fn shown(&self) -> Value {
        let mut shown = Map::new();
        shown.insert("name".into(), self.name.into());
        shown.insert("displayName".into(), self.display_name.into());
        shown.insert("dataType".into(), self.data_type.into());
        shown.insert("required".into(), self.required.into());
        if !self.options.is_empty() {
            shown.insert("optionValues".into(), json!(self.options));
        }
        shown.into()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::field;
    use crate::kinds::test_definition;

    #[test]
    fn each_is_a_definition_of_its_own() {
        let mut names = HashSet::new();
        for definition in ALL {
            let Command::Create { draft, .. } = definition.command() else { panic!("it is made") };
            assert!(names.insert(draft.name.clone()), "{:?}", draft.name);
            let mut body = draft.fields.clone();
            body.retain(|name, _| !["display_name", "description"].contains(&name.as_str()));
            assert_eq!(field::check_body(test_definition::TEST_DEFINITION.fields, &body), [], "{:?}", draft.name);
        }
    }
}
