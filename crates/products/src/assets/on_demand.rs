//! Tables that assets name and the catalogue does not have: they are looked up in the source, and taken in from there.

use std::collections::HashMap;
use std::time::Duration;

use emporion_catalog::caller::Caller;
use emporion_catalog::name;
use emporion_catalog::reading::SeenId;
use emporion_catalog::record::Record;
use uuid::Uuid;

use crate::asking::target_of;
use crate::assets::input::AssetInput;
use crate::assets::relations::{self, Relation};
use crate::assets::tables::{Lack, Tables};
use crate::content_state::ContentState;
use crate::databases::{DatabaseError, Offered};
use crate::decision::{self, Decision};
use crate::failure::{Failure, Violation};
use crate::read_context::ReadContext;
use crate::request::ProductRequest;
use crate::service::Products;
use crate::{reach, subject};

/// How long the source may take to list its tables.
const TIMEOUT: Duration = Duration::from_secs(5);

/// What was done so far about tables that the catalogue does not have.
#[derive(Debug)]
pub enum Looked {
    /// The source was not asked yet.
    NotYet,
    /// It has the tables of these assets.
    Has(Vec<AssetInput>),
    /// The same, but lacks others, so that none was taken in.
    HasSome(Vec<AssetInput>),
}

impl Looked {
    /// Whether what was found on the way can be decided on.
    ///
    /// Errors: tables that are to be looked up in the source first; overtaken where it lacked some that are there by
    /// now.
    pub fn require_settled(&self, tables: &mut Tables<'_>, violations: &[Violation]) -> Result<(), Undecided> {
        if matches!(self, Looked::HasSome(_)) && violations.is_empty() {
            return Err(Failure::overtaken().into());
        }
        match (self, tables.lack()) {
            (Looked::NotYet, Some(lack)) => Err(Undecided::Lacking(Box::new(lack))),
            _ => Ok(()),
        }
    }
}

/// Why nothing was decided.
pub enum Undecided {
    /// Tables that the catalogue does not have may be in the source.
    Lacking(Box<Lack>),
    Failed(Failure),
}

impl<E: Into<Failure>> From<E> for Undecided {
    fn from(error: E) -> Undecided {
        Undecided::Failed(error.into())
    }
}

/// Decides until it stands. What lacks tables is decided once more when the source was asked for them.
pub async fn decided<T, F>(
    products: &Products,
    caller: &Caller,
    is_rehearsal: bool,
    decide: impl Fn(Looked, Decision) -> F,
) -> Result<T, Failure>
where
    F: Future<Output = Result<T, Undecided>>,
{
    let decide = &decide;
    let attempt = |first: Decision| async move {
        let lack = match decide(Looked::NotYet, first).await {
            Err(Undecided::Lacking(lack)) => lack,
            done => return done,
        };
        let looked = look(products, caller, &lack, is_rehearsal).await?;
        // What was read before the tables were taken in is no longer so.
        Decision::made(|second| decide(looked, second)).await
    };
    decision::until_it_stands(|first| async move {
        attempt(first).await.map_err(|undecided| match undecided {
            Undecided::Failed(failure) => failure,
            Undecided::Lacking(_) => Failure::overtaken(),
        })
    })
    .await
}

/// Asks the source for the tables. Where it has them they are put into the catalogue by commands of the caller's, so
/// by his rights; a rehearsal only looks. Where it lacks one of them, none is. A source that does not answer has none,
/// and so has one whose tables the caller may not put there.
pub async fn look(products: &Products, caller: &Caller, lack: &Lack, is_rehearsal: bool) -> Result<Looked, Failure> {
    let Lack { service, assets } = lack;
    let nothing = Looked::Has(Vec::new());
    let Ok(offered) = offered(products, service).await? else { return Ok(nothing) };
    let found: Vec<(&AssetInput, &Offered)> =
        assets.iter().filter_map(|asset| Some((asset, meant(asset, &offered)?))).collect();
    if found.is_empty() {
        return Ok(nothing);
    }
    let inputs = found.iter().map(|(asset, _)| (*asset).clone()).collect();
    if found.len() < assets.len() {
        // All or nothing: what lacks one table is refused, and then leaves no other behind.
        return Ok(Looked::HasSome(inputs));
    }
    let tables = found.iter().map(|(_, offered)| schema_and_name(offered)).collect::<Vec<_>>();
    if !is_rehearsal && let Err(reason) = products.databases.take_in(&products.catalog, caller, service, &tables).await
    {
        tracing::debug!(%reason, "tables of a source were not taken in");
        return Ok(nothing);
    }
    Ok(Looked::Has(inputs))
}

/// Takes in the tables of a product of which the catalogue knows no columns, those that are meant. Answers why of those
/// of which it still knows none, by asset.
pub async fn unknown(
    products: &Products,
    request: &ProductRequest,
    is_meant: impl Fn(&Relation) -> bool,
) -> Result<HashMap<Uuid, String>, Failure> {
    let reading = products.catalog.reading(&request.caller).await?;
    let view = subject::find(products, request, &reading, &reach::depth()).await?;
    let cx = ReadContext { products, reading: &reading, product: SeenId::from(&view) };
    let relations = relations::of_view(&cx, &view, ContentState::Drafted).await?;
    let lacking = relations.iter().filter(|relation| is_meant(relation) && relation.columns().next().is_none());
    let lacking: Vec<(Uuid, AssetInput)> = lacking.map(|relation| (relation.asset, named(relation))).collect();
    if lacking.is_empty() {
        return Ok(HashMap::new());
    }
    let service = reading.source_of(&view).await?;
    drop(reading);
    let (ids, assets): (Vec<Uuid>, Vec<AssetInput>) = lacking.into_iter().unzip();
    let reasons = match &service {
        Some(service) => each(products, &request.caller, service, &assets).await?,
        None => vec![Some("there is no data source to look it up in".to_owned()); ids.len()],
    };
    Ok(ids.into_iter().zip(reasons).filter_map(|(id, reason)| Some((id, reason?))).collect())
}

fn named(relation: &Relation) -> AssetInput {
    AssetInput {
        database_name: relation.database.clone(),
        schema_name: relation.schema.clone(),
        table_name: relation.name.clone(),
        ..AssetInput::default()
    }
}

/// Takes in those of the tables that the source has, others or not. Answers of each why it is not there; `None` of
/// those that are, as far as the source could say.
pub async fn each(
    products: &Products,
    caller: &Caller,
    service: &Record,
    assets: &[AssetInput],
) -> Result<Vec<Option<String>>, Failure> {
    let offered = match offered(products, service).await? {
        Ok(offered) => offered,
        Err(error) => {
            let reason = format!("the data source could not be asked: {}", error.sentence());
            return Ok(vec![Some(reason); assets.len()]);
        }
    };
    let found: Vec<Option<&Offered>> = assets.iter().map(|asset| meant(asset, &offered)).collect();
    let tables: Vec<(String, String)> = found.iter().flatten().map(|offered| schema_and_name(offered)).collect();
    let taken = match tables.is_empty() {
        true => Ok(()),
        false => products.databases.take_in(&products.catalog, caller, service, &tables).await,
    };
    if let Err(reason) = &taken {
        tracing::debug!(%reason, "tables of a source were not taken in");
    }
    // Who may not take tables in is not told which there are.
    let why = |found: Option<&Offered>| {
        let is_there = found.is_some() && taken.is_ok();
        (!is_there).then(|| "the data source has no such table, or you may not take it in from there".to_owned())
    };
    Ok(found.into_iter().map(why).collect())
}

/// What the source has, if it says so in time.
async fn offered(products: &Products, service: &Record) -> Result<Result<Vec<Offered>, DatabaseError>, Failure> {
    let target = target_of(products, service).await?;
    Ok(products.databases.tables(&target, TIMEOUT).await)
}

fn schema_and_name(offered: &Offered) -> (String, String) {
    (offered.schema.clone(), offered.name.clone())
}

/// The one table that an asset means: the one that is called so, or else the one but for case.
fn meant<'o>(asset: &AssetInput, offered: &'o [Offered]) -> Option<&'o Offered> {
    let (database, schema, table) = asset.full_name();
    let named = |same: fn(&str, &str) -> bool| {
        let fits = |offered: &&Offered| {
            same(&offered.name, table)
                && schema.is_none_or(|schema| same(&offered.schema, schema))
                && database.is_none_or(|database| same(&offered.database, database))
        };
        let mut found = offered.iter().filter(fits);
        found.next().filter(|_| found.next().is_none())
    };
    named(|a, b| a == b).or_else(|| named(|a, b| name::fold(a) == name::fold(b)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_asset_means_one_table_or_none() {
        let table = |schema: &str, name: &str| Offered {
            database: "shop".to_owned(),
            schema: schema.to_owned(),
            name: name.to_owned(),
            is_view: false,
            rows: None,
        };
        let offered =
            [table("sales", "orders"), table("sales", "Orders"), table("hr", "people"), table("sales", "people")];
        let asset = |schema: Option<&str>, name: &str| AssetInput {
            schema_name: schema.map(str::to_owned),
            table_name: name.to_owned(),
            ..AssetInput::default()
        };
        assert_eq!(meant(&asset(None, "orders"), &offered), Some(&offered[0]));
        assert_eq!(meant(&asset(None, "ORDERS"), &offered), None, "two but for case");
        assert_eq!(meant(&asset(Some("HR"), "People"), &offered), Some(&offered[2]));
        assert_eq!(meant(&asset(None, "people"), &offered), None, "in two schemas");
        assert_eq!(meant(&asset(None, "gone"), &offered), None);
        assert_eq!(meant(&asset(None, "ünï"), &[table("main", "Ünï")]).map(|it| it.name.as_str()), Some("Ünï"));
    }
}
