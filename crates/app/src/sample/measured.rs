//! What a profiler finds in the sample database: how the values of some of its tables lie.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};

/// The tables that are measured.
const TABLES: [&str; 3] = ["customers", "orders", "payments"];
/// Texts are counted one by one where there are no more different ones.
const FEW: i64 = 12;

/// What was measured of a table.
pub struct Measured {
    pub table: &'static str,
    /// As profilers tell of them, but for the time.
    pub columns: Vec<Value>,
    /// How many statements that took.
    pub statements: usize,
}

pub fn of(file: &Path) -> rusqlite::Result<Vec<Measured>> {
    let database = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    TABLES.into_iter().map(|table| Measured::of(&database, table)).collect()
}

impl Measured {
    fn of(db: &Connection, table: &'static str) -> rusqlite::Result<Measured> {
        let mut declared = db.prepare("SELECT name, type FROM pragma_table_info(?)")?;
        let columns = declared.query_map([table], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let columns: Vec<(String, String)> = columns.collect::<rusqlite::Result<_>>()?;
        let mut measured = Measured { table, columns: Vec::new(), statements: 0 };
        for (name, ty) in columns {
            measured.add(db, &name, &ty)?;
        }
        Ok(measured)
    }

    fn add(&mut self, db: &Connection, name: &str, ty: &str) -> rusqlite::Result<()> {
        let figures = format!(
            "SELECT COUNT(*) - COUNT({name}), COUNT(DISTINCT {name}), MIN({name}), MAX({name}), AVG({name}) FROM {}",
            self.table
        );
        let (mut told, distinct) = db.query_row(&figures, [], |row| {
            let (nulls, distinct): (i64, i64) = (row.get(0)?, row.get(1)?);
            let mut told = json!({"name": name, "nullCount": nulls, "distinctCount": distinct});
            match ty {
                // Of texts, names among them, neither end says anything.
                "TEXT" => {}
                "DATE" => {
                    told["min"] = row.get::<_, String>(2)?.into();
                    told["max"] = row.get::<_, String>(3)?.into();
                }
                "INTEGER" => {
                    told["min"] = row.get::<_, i64>(2)?.into();
                    told["max"] = row.get::<_, i64>(3)?.into();
                }
                _ => {
                    told["min"] = row.get::<_, f64>(2)?.into();
                    told["max"] = row.get::<_, f64>(3)?.into();
                    told["mean"] = row.get::<_, f64>(4)?.into();
                }
            }
            Ok((told, distinct))
        })?;
        self.statements += 1;
        let group = match ty {
            "DATE" => Some(format!("substr({name}, 1, 7)")),
            "TEXT" if distinct <= FEW => Some(name.to_owned()),
            _ => None,
        };
        if let Some(group) = group {
            told["histogram"] = self.spread(db, &group)?;
        }
        self.columns.push(told);
        Ok(())
    }

    /// How many rows there are of each value of an expression.
    fn spread(&mut self, db: &Connection, group: &str) -> rusqlite::Result<Value> {
        let counts = format!("SELECT {group}, COUNT(*) FROM {} GROUP BY 1 ORDER BY 1", self.table);
        let mut counts = db.prepare(&counts)?;
        let counted = counts.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let counted: Vec<(String, i64)> = counted.collect::<rusqlite::Result<_>>()?;
        self.statements += 1;
        let (boundaries, frequencies): (Vec<String>, Vec<i64>) = counted.into_iter().unzip();
        Ok(json!({"boundaries": boundaries, "frequencies": frequencies}))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_measured_is_what_lies_there() {
        let folder = std::env::temp_dir().join(format!("emporion-measured-{}", uuid::Uuid::new_v4().simple()));
        std::fs::create_dir(&folder).unwrap();
        let file = folder.join("shop");
        crate::sample::make(&file).unwrap();
        let measured = of(&file).unwrap();
        let orders = measured.iter().find(|one| one.table == "orders").unwrap();
        assert_eq!((orders.columns.len(), orders.statements), (5, 8));
        let channel = orders.columns.iter().find(|column| column["name"] == "channel").unwrap();
        assert_eq!(channel["distinctCount"], 3);
        assert_eq!(channel["histogram"]["boundaries"], json!(["app", "store", "web"]));
        let counted = channel["histogram"]["frequencies"].as_array().unwrap().iter().filter_map(Value::as_i64);
        assert_eq!(counted.sum::<i64>(), 4_000);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
