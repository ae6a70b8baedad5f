//! A mask stays until somebody takes it off who holds the rows, whatever the column is called and said to be meanwhile.

use emporion_catalog::command::{Command, DoorRules, Draft, How, Ref, Target};
use emporion_catalog::id::RecordId;
use emporion_catalog::kinds::table::KEPT_MASKS;
use emporion_catalog::relation::{HAS_ROLE, OWNER, TAGGED};
use emporion_catalog::rows::personal::{KeptMasks, Personal};
use serde_json::{Value, json};

use crate::house::{House, field};

struct World {
    house: House,
    table: RecordId,
    /// May change every table, and holds the rows of none.
    steward: RecordId,
    holder: RecordId,
}

impl World {
    async fn new() -> World {
        let house = House::new().await;
        house.tables(&[]).await;
        let columns = json!({"columns": [
            {"name": "id", "data_type": "INT"},
            {"name": "password_hash", "data_type": "VARCHAR"},
            {"name": "mail", "data_type": "VARCHAR"},
        ]});
        let table = house.make("table", Some(&house.name("database_schema", "w.d.s")), "people", columns).await;
        let (steward, holder) = (house.person("steward").await, house.person("holder").await);
        house.relate(&house.id("user", steward), HAS_ROLE, How::Add, vec![house.name("role", "DataSteward")]).await;
        house.relate(&house.id("table", table), OWNER, How::Add, vec![house.id("user", holder)]).await;
        World { house, table, steward, holder }
    }

    fn target(&self) -> Ref {
        self.house.id("table", self.table)
    }

    fn columns(&self, columns: &Value) -> Command {
        self.house.change(self.target(), field("columns", columns.clone()))
    }

    async fn say(&self, who: RecordId, columns: Value) {
        self.house.run(who, self.columns(&columns)).await.unwrap();
    }

    /// What a source is found to hold, when an administrator has it read.
    async fn crawl(&self, mut draft: Draft, columns: Value) {
        draft.set("columns", columns);
        let found = DoorRules { is_found: true, ..DoorRules::default() };
        let command = self.house.change_by(self.target(), draft, found);
        self.house.run(self.house.admin(), command).await.unwrap();
    }

    async fn personal(&self) -> Personal {
        let caller = self.house.caller(self.steward).await;
        let reading = self.house.catalog.reading(&caller).await.unwrap();
        let table = reading.find(&self.target()).await.unwrap().unwrap();
        reading.rows().personal(&[&table]).await.unwrap().pop().unwrap()
    }

    async fn kept(&self) -> Value {
        let caller = self.house.caller(self.steward).await;
        let reading = self.house.catalog.reading(&caller).await.unwrap();
        let table = reading.find(&self.target()).await.unwrap().unwrap();
        table.body.get(KEPT_MASKS).cloned().unwrap_or_default()
    }

    async fn masked(&self) -> Vec<&'static str> {
        let personal = self.personal().await;
        let names = ["id", "password_hash", "mail", "x", "s", "s.password_hash"];
        let is_there = |name: &&&str| personal.columns().contains_key(**name);
        names.iter().filter(is_there).filter(|name| personal.is_masked(name)).copied().collect()
    }
}

fn column(name: &str, data_type: &str) -> Value {
    json!({"name": name, "data_type": data_type})
}

#[tokio::test]
async fn a_mask_outlasts_what_others_say_of_the_column() {
    let world = World::new().await;
    assert_eq!(world.masked().await, ["password_hash"]);
    let (id, mail) = (column("id", "INT"), column("mail", "VARCHAR"));
    let as_number = json!([id, column("password_hash", "INT"), mail]);
    world.say(world.steward, as_number.clone()).await;
    assert_eq!(world.masked().await, ["password_hash"], "it is no text any more");
    world.say(world.steward, json!([mail, column("password_hash", "BIGINT"), id])).await;
    assert_eq!(world.masked().await, ["password_hash"], "nor is it by a second change");

    // By another name, in another column, gone and come again.
    world.say(world.steward, json!([id, column("x", "INT"), mail])).await;
    assert_eq!(world.masked().await, ["x"]);
    assert!(world.personal().await.is_masked("password_hash"));
    world.say(world.steward, json!([id, column("x", "INT"), mail, column("password_hash", "INT")])).await;
    assert_eq!(world.masked().await, ["password_hash", "x"]);
    let inner = json!({"name": "s", "data_type": "STRUCT", "children": [column("password_hash", "INT")]});
    world.say(world.steward, json!([id, inner, mail])).await;
    assert_eq!(world.masked().await, ["s", "s.password_hash"]);

    // Who holds the rows says so of the column itself.
    world.say(world.steward, as_number.clone()).await;
    let described = json!([id, {"name": "password_hash", "data_type": "INT", "description": "a key"}, mail]);
    world.say(world.holder, described).await;
    assert_eq!(world.masked().await, ["password_hash"], "who describes it says nothing of its values");
    world.say(world.holder, json!([id, column("password_hash", "BIGINT"), mail])).await;
    assert!(world.masked().await.is_empty());
}

/// What was observed before is still there.
#[tokio::test]
async fn a_crawl_takes_no_mask_off_and_adds_columns_as_they_are() {
    let world = World::new().await;
    let label = |how| {
        let mut draft = Draft::default();
        let sensitive = Target::of(world.house.name("tag", "PII.Sensitive"));
        draft.relate(TAGGED, how, "tags", vec![Target { at: "columns/mail".into(), ..sensitive }]);
        draft
    };
    let labelled = world.house.change(world.target(), label(How::Add));
    world.house.run(world.house.admin(), labelled).await.unwrap();
    assert_eq!(world.masked().await, ["password_hash", "mail"]);
    let columns = json!([column("id", "INT"), column("password_hash", "INT"), column("x", "VARCHAR")]);
    world.crawl(label(How::Remove), columns).await;
    assert_eq!(world.masked().await, ["password_hash"]);
    let back = json!([column("id", "INT"), column("mail", "VARCHAR"), column("x", "VARCHAR")]);
    world.crawl(Draft::default(), back).await;
    assert_eq!(world.masked().await, ["mail"], "it was labelled when it went");
}

/// What is kept has an end: beyond it everything is masked, until who holds the rows says what the columns are.
#[tokio::test]
async fn very_many_masks_are_one_of_the_table() {
    let world = World::new().await;
    let wide = |prefix: &str| -> Value {
        let names = (0..KeptMasks::MOST / 2 - 1).map(|n| column(&format!("{prefix}{n}"), "INT"));
        names.chain(["id", "mail", "x"].map(|name| column(name, "INT"))).collect()
    };
    let (id, mail, x) = (column("id", "INT"), column("mail", "INT"), column("x", "INT"));
    world.crawl(Draft::default(), wide("a")).await;
    assert!(world.masked().await.is_empty());
    for prefix in ["b", "c"] {
        world.say(world.steward, wide(prefix)).await;
        assert!(world.masked().await.is_empty(), "{prefix}: each is kept by itself");
    }
    for prefix in ["d", "e", "f"] {
        world.say(world.steward, wide(prefix)).await;
        assert_eq!(world.masked().await, ["id", "mail", "x"], "{prefix}");
        assert_eq!(world.kept().await, Value::Bool(true), "{prefix}");
    }
    // Neither who does not hold the rows nor a crawl takes it off.
    world.say(world.steward, json!([id, mail, x])).await;
    world.crawl(Draft::default(), json!([id, column("mail", "VARCHAR"), x])).await;
    assert_eq!(world.masked().await, ["id", "mail", "x"]);
    // Who describes columns says nothing of their values.
    let described = json!([{"name": "id", "data_type": "INT", "description": "a key"}, column("mail", "VARCHAR"), x]);
    world.say(world.holder, described).await;
    assert_eq!(world.masked().await, ["id", "mail", "x"]);
    world.say(world.holder, json!([column("id", "BIGINT"), column("mail", "INT"), x])).await;
    assert_eq!(world.masked().await, ["x"], "he has said nothing of that");
    assert_eq!(world.kept().await, json!(["x"]));
    world.say(world.holder, json!([column("id", "BIGINT"), column("mail", "INT"), column("x", "BIGINT")])).await;
    assert!(world.masked().await.is_empty());
    assert_eq!(world.kept().await, Value::Null);
}
