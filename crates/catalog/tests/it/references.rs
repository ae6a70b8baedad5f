//! Who sees a record need not see what it leads to: nothing of that is told through it, whichever way it is read.

use std::collections::BTreeSet;
use std::sync::Arc;

use emporion_catalog::command::{Command, DoorRules, Draft, Effect, Guard, How, Outcome, Target};
use emporion_catalog::id::RecordId;
use emporion_catalog::load::Depth;
use emporion_catalog::query::{ListQuery, States};
use emporion_catalog::record::View;
use emporion_catalog::relation::{
    COMPUTED_ON, EDITOR, HAS_ASSET, MEMBER, OWNER, OWNING_TEAM, RELATED_METRIC, RELATED_TERM, Relation, TAGGED,
    USED_IN, VIEWER,
};
use serde_json::json;

use crate::house::{House, field};

/// In every name and description of what is hidden.
const UNSEEN: &str = "Unseen";

/// Records that everybody sees, which lead to such as few see.
struct World {
    house: House,
    hidden: Vec<RecordId>,
    /// What leads there: kind, record, relation, what it leads to besides that.
    leading: Vec<(&'static str, RecordId, Relation, RecordId)>,
}

impl World {
    async fn new() -> World {
        let house = House::new().await;
        let tables = house.tables(&["UnseenTable", "seen", "labelled"]).await;
        let words = json!({"description": "Unseen words", "display_name": "Unseen"});
        let glossary = house.name("glossary", "G");
        house.make("glossary", None, "G", json!({})).await;
        let metric = house.make("metric", None, "UnseenMetric", words.clone()).await;
        let term = house.make("glossary_term", Some(&glossary), "UnseenTerm", words.clone()).await;
        let table = house.id("table", tables[0]);
        let mut draft = field("description", "Unseen words");
        draft.set("display_name", "Unseen");
        house.run(house.admin(), house.change(table.clone(), draft)).await.unwrap();
        let open_metric = house.make("metric", None, "open", json!({})).await;
        let open_term = house.make("glossary_term", Some(&glossary), "open", json!({})).await;
        let computed = house.make("metric", None, "computed", json!({})).await;
        let related = house.make("metric", None, "related", json!({})).await;
        let a_term = house.make("glossary_term", Some(&glossary), "related", json!({})).await;
        let service = house.name("database_service", "w");
        let query = house.make("query", Some(&service), "q", json!({"query": "SELECT 1"})).await;
        let leading = vec![
            ("query", query, USED_IN, tables[1]),
            ("metric", computed, COMPUTED_ON, tables[1]),
            ("metric", related, RELATED_METRIC, open_metric),
            ("glossary_term", a_term, RELATED_TERM, open_term),
            ("table", tables[2], TAGGED, open_term),
        ];
        for (kind, id, relation, open) in &leading {
            let (hidden, open) = match relation {
                relation if [USED_IN, COMPUTED_ON].contains(relation) => (table.clone(), house.id("table", *open)),
                relation if *relation == RELATED_METRIC => (house.id("metric", metric), house.id("metric", *open)),
                _ => (house.id("glossary_term", term), house.id("glossary_term", *open)),
            };
            house.relate(&house.id(kind, *id), *relation, How::Replace, vec![hidden, open]).await;
        }
        let hidden = vec![tables[0], metric, term];
        for (kind, id) in ["table", "metric", "glossary_term"].into_iter().zip(&hidden) {
            house.grant(&house.id(kind, *id)).await;
        }
        World { house, hidden, leading }
    }

    /// Makes somebody see what is hidden, by an edge of its own.
    async fn give(&self, relation: Relation, to: emporion_catalog::command::Ref) {
        for (kind, id) in ["table", "metric", "glossary_term"].into_iter().zip(&self.hidden) {
            if self.house.kind(kind).has(relation) {
                self.house.relate(&self.house.id(kind, *id), relation, How::Add, vec![to.clone()]).await;
            }
        }
    }

    async fn owned(&self, name: &str) -> RecordId {
        let who = self.house.person(name).await;
        for (kind, id, ..) in &self.leading {
            let owner = vec![self.house.id("user", who)];
            self.house.relate(&self.house.id(kind, *id), OWNER, How::Add, owner).await;
        }
        who
    }

    fn ends(&self, view: &View, relation: Relation) -> BTreeSet<RecordId> {
        view.targets(relation).map(|(edge, _)| edge.to).collect()
    }

    /// Looks at everything that leads somewhere, in every way that there is.
    async fn looked_at(&self, who: RecordId) -> Vec<(&'static str, View)> {
        let caller = self.house.caller(who).await;
        let catalog = &self.house.catalog;
        let mut views = Vec::new();
        for (kind, id, ..) in &self.leading {
            let target = self.house.id(kind, *id);
            views.push(("get", catalog.get(&caller, &target, States::All, &Depth::full()).await.unwrap()));
            let of = ListQuery { ids: Some(vec![*id]), ..ListQuery::of(caller.account(), self.house.kind(kind)) };
            let listed = catalog.list(&caller, of.clone(), &Depth::full()).await.unwrap();
            views.extend(listed.views.into_iter().map(|view| ("list", view)));
            let past = catalog.history(&caller, &target, None, 10).await.unwrap();
            let wanted: Vec<_> = past.iter().map(|view| (*id, view.record.revision)).collect();
            views.extend(past.into_iter().map(|view| ("history", view)));
            let reading = catalog.reading(&caller).await.unwrap();
            let states = reading.states(&wanted).await.unwrap();
            views.extend(states.into_iter().flatten().map(|view| ("states", view)));
            let first = reading.first(of, &Depth::full()).await.unwrap();
            views.extend(first.views.into_iter().map(|view| ("first", view)));
            let record = reading.record(*id).await.unwrap().unwrap();
            for state in reading.history(&record, None, 10).await.unwrap() {
                views.push(("past_view", reading.past_view(state).await.unwrap()));
            }
            views.push(("view", reading.view(record.clone(), &Depth::full()).await.unwrap()));
            let again = reading.views(vec![record], &Depth::full()).await.unwrap();
            views.extend(again.into_iter().map(|view| ("views", view)));
        }
        views
    }

    async fn tells_nothing(&self, who: RecordId) {
        for (way, view) in self.looked_at(who).await {
            let told = format!("{view:?}");
            assert!(!told.contains(UNSEEN), "{way} of {}: {told}", view.record.fqn);
        }
        for (kind, id, relation, open) in &self.leading {
            let view = self.house.get(who, &self.house.id(kind, *id)).await.unwrap();
            assert_eq!(self.ends(&view, *relation), [*open].into(), "{relation:?}");
        }
    }

    async fn tells_all(&self, who: RecordId, what: &str) {
        for (kind, id, relation, open) in &self.leading {
            let view = self.house.get(who, &self.house.id(kind, *id)).await.unwrap();
            assert_eq!(self.ends(&view, *relation).len(), 2, "{what}: {relation:?} to {open} and another");
            assert!(format!("{:?}", view.cards).contains("Unseen words"), "{what}: {relation:?}");
        }
        let ways: BTreeSet<&str> = self
            .looked_at(who)
            .await
            .iter()
            .filter(|(_, view)| format!("{view:?}").contains(UNSEEN))
            .map(|(way, _)| *way)
            .collect();
        let all = ["first", "get", "history", "list", "past_view", "states", "view", "views"];
        assert_eq!(ways, all.into(), "{what}");
    }
}

#[tokio::test]
async fn nothing_is_told_of_what_is_hidden_whichever_way_leads_there() {
    let world = World::new().await;
    let house = &world.house;
    let (ann, eve) = (house.person("ann").await, world.owned("eve").await);
    world.tells_nothing(ann).await;
    world.tells_nothing(eve).await;
}

#[tokio::test]
async fn all_is_told_to_those_who_see_it_however_they_do() {
    let world = World::new().await;
    let house = &world.house;
    world.tells_all(house.admin(), "an administrator").await;
    let bob = house.person("bob").await;
    world.give(OWNER, house.id("user", bob)).await;
    world.tells_all(bob, "an owner").await;
    let carl = house.person("carl").await;
    let team = house.make("team", None, "T", json!({"team_type": "Group"})).await;
    house.relate(&house.id("team", team), MEMBER, How::Add, vec![house.id("user", carl)]).await;
    world.tells_nothing(carl).await;
    world.give(OWNER, house.id("team", team)).await;
    world.tells_all(carl, "a member of an owning team").await;
}

#[tokio::test]
async fn a_product_is_told_of_to_its_viewers_and_teams() {
    let house = House::new().await;
    let words = json!({"description": "Unseen words"});
    let product = house.make("data_product", Some(&house.name("domain", "default")), "Unseen", words).await;
    let metric = house.make("metric", None, "m", json!({})).await;
    let (product, metric) = (house.id("data_product", product), house.id("metric", metric));
    house.relate(&metric, COMPUTED_ON, How::Add, vec![product.clone()]).await;
    house.grant(&product).await;
    let team = house.make("team", None, "T", json!({"team_type": "Group"})).await;
    let mut people = Vec::new();
    for (name, relation) in [("v", VIEWER), ("e", EDITOR), ("o", OWNER)] {
        let who = house.person(name).await;
        house.relate(&product, relation, How::Add, vec![house.id("user", who)]).await;
        people.push(who);
    }
    let (member, stranger) = (house.person("member").await, house.person("stranger").await);
    house.relate(&house.id("team", team), MEMBER, How::Add, vec![house.id("user", member)]).await;
    let told = async |who| format!("{:?}", house.get(who, &metric).await.unwrap());
    assert!(!told(member).await.contains(UNSEEN) && !told(stranger).await.contains(UNSEEN));
    house.relate(&product, OWNING_TEAM, How::Add, vec![house.id("team", team)]).await;
    people.push(member);
    for who in people {
        assert!(told(who).await.contains("Unseen words"));
    }
    assert!(!told(stranger).await.contains(UNSEEN));
}

/// Who changes a record is answered with it, and says what it leads to as far as he was told.
#[tokio::test]
async fn a_change_neither_tells_of_what_is_hidden_nor_takes_it_away() {
    let world = World::new().await;
    let house = &world.house;
    let eve = world.owned("eve").await;
    let caller = house.caller(eve).await;
    for (kind, id, relation, open) in &world.leading {
        let target = house.id(kind, *id);
        let (relation, open_ref) =
            (*relation, house.id(if relation.0.to.len() == 1 { relation.0.to[0] } else { "table" }, *open));
        let open_ref = if relation == TAGGED { house.id("glossary_term", *open) } else { open_ref };
        let says = |how: How, ends: Vec<emporion_catalog::command::Ref>| -> Command {
            let edit = move |view: &View| {
                assert!(!format!("{view:?}").contains(UNSEEN), "what an edit is made of");
                let mut draft = Draft::default();
                draft.relate(relation, how, "m", ends.iter().cloned().map(Target::of).collect());
                Ok(draft)
            };
            let rules = DoorRules::default();
            Command::Change { target: target.clone(), guard: Guard::None, edit: Arc::new(edit), rules }
        };
        let untold = |outcome: &Outcome, effect: Effect| {
            assert_eq!(outcome.effect, effect, "{relation:?}");
            assert!(!format!("{outcome:?}").contains(UNSEEN), "{relation:?}: {outcome:?}");
        };
        let stands = async |number: usize| {
            let view = house.get(house.admin(), &target).await.unwrap();
            assert_eq!(world.ends(&view, relation).len(), number, "{relation:?}");
        };
        // What one was told, sent back, is no change.
        for how in [How::Replace, How::ReplaceAt] {
            untold(&house.run(eve, says(how, vec![open_ref.clone()])).await.unwrap(), Effect::Unchanged);
        }
        untold(
            &house.run(eve, house.change(target.clone(), field("description", "d"))).await.unwrap(),
            Effect::Updated,
        );
        untold(&house.run(eve, says(How::Replace, Vec::new())).await.unwrap(), Effect::Updated);
        stands(1).await;
        let tried = house.catalog.dry_run(&caller, &says(How::Add, vec![open_ref.clone()])).await.unwrap();
        untold(&tried, Effect::Updated);
        let both =
            vec![says(How::Add, vec![open_ref.clone()]), house.change(target.clone(), field("description", "e"))];
        untold(&house.run(eve, Command::Together(both)).await.unwrap(), Effect::Updated);
        let all = [says(How::Remove, vec![open_ref.clone()]), says(How::Add, vec![open_ref.clone()])];
        for outcome in house.catalog.execute_all(&caller, &all).await {
            untold(&outcome.unwrap(), Effect::Updated);
        }
        stands(2).await;
    }
}

/// Places are a part of the name of what stands there; a product says what its assets are called.
#[tokio::test]
async fn of_places_and_assets_the_name_alone_is_told() {
    let house = House::new().await;
    let ann = house.person("ann").await;
    let tables = house.tables(&["t", "asset"]).await;
    let product = house.product("default", "p").await;
    let product = house.id("data_product", product);
    house.relate(&product, HAS_ASSET, How::Add, vec![house.id("table", tables[1])]).await;
    let schema = house.name("database_schema", "w.d.s");
    for target in [schema, house.id("table", tables[1])] {
        house.run(house.admin(), house.change(target.clone(), field("description", UNSEEN))).await.unwrap();
        house.grant(&target).await;
    }
    for (target, named) in [(house.id("table", tables[0]), "w.d.s"), (product, "w.d.s.asset")] {
        let view = house.get(ann, &target).await.unwrap();
        let told: Vec<&str> = view.cards.values().map(|card| &*card.fqn).collect();
        assert!(told.contains(&named), "{told:?}");
        assert!(!format!("{view:?}").contains(UNSEEN), "{view:?}");
        assert!(format!("{:?}", house.get(house.admin(), &target).await.unwrap()).contains(UNSEEN));
    }
}
