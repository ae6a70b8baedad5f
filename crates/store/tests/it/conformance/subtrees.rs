//! Writes that reach everything below a record.

use emporion_catalog::change_set::{Credential, CredentialClass, EventKind, Expect, NameScope, SealedSecret, Write};
use emporion_catalog::id::{CredentialId, Millis, Revision, Seq};
use emporion_catalog::query::{ListQuery, States};
use emporion_catalog::record::{Edge, Record, State};
use emporion_catalog::relation::{HAS_ASSET, MEMBER, OWNER};

use super::for_every_engine;
use crate::support::*;

for_every_engine! {
    a_subtree_is_deleted_and_comes_back
    what_was_deleted_before_stays_deleted
    a_freed_subtree_leaves_its_names
    a_taken_name_keeps_the_subtree_deleted
    a_revived_record_no_longer_follows_its_root
    a_dropped_subtree_leaves_nothing
    what_is_dropped_with_others_goes_as_by_itself
    users_take_their_credentials_along
    a_moved_prefix_reaches_all_below
    a_moved_prefix_meets_a_taken_name
    a_restored_subtree_counts_once
}

/// A domain, a sub-domain in it, a product in that, an asset beside it.
struct Tree {
    top: Record,
    sub: Record,
    product: Record,
    asset: Record,
    edge: Edge,
}

impl Tree {
    async fn plant(world: &World) -> Tree {
        let top = domain("top");
        let sub = record("domain", Some(&top), "sub");
        let product = product(&sub, "p");
        let asset = record("asset", Some(&top), "a");
        let edge = edge(&product, HAS_ASSET, &asset);
        world.does(Set::new().put(&top).put(&sub).put(&product).put(&asset).link(&edge)).await;
        Tree { top, sub, product, asset, edge }
    }

    fn delete(&self, holds_name: bool) -> Set {
        let gone = deleted(&self.top, holds_name);
        Set::new().replace(&gone).write(mark(&self.top, State::Deleted { holds_name }))
    }

    fn restore(&self) -> Set {
        let back = Record { state: State::Alive, ..next(&deleted(&self.top, false)) };
        Set::new().replace(&back).write(mark(&self.top, State::Alive))
    }
}

async fn told(world: &World, after: Seq) -> Vec<(EventKind, String, u64)> {
    let events = world.now().await.events(after, 100).await.unwrap();
    assert!(events.iter().all(|(_, event)| event.by == actor()), "each line says by whom, through what, by which door");
    events.into_iter().map(|(_, event)| (event.what, event.fqn, event.revision.0)).collect()
}

async fn a_subtree_is_deleted_and_comes_back(world: &World) {
    let tree = Tree::plant(world).await;
    let planted = world.now().await.head().await.unwrap();
    let seq = world.does(tree.delete(true)).await;
    let gone = world.get(tree.product.id).await.unwrap();
    assert_eq!(gone.state, State::Deleted { holds_name: true });
    assert_eq!((gone.revision, gone.version, gone.updated.at), (Revision(2), 2, Millis(7_000)));
    let change = gone.change.as_ref().unwrap();
    assert_eq!((change.previous_version, change.updated[0].field.as_str()), (1, "deleted"));
    let now = world.now().await;
    assert_eq!(now.history(gone.id, None, 9).await.unwrap(), [gone.clone(), tree.product.clone()]);
    assert_eq!(now.by_fqn(ACCOUNT, gone.kind, &["top.sub.p"]).await.unwrap(), [Some(gone)]);
    assert_eq!(now.edges_from(&[tree.product.id], None).await.unwrap(), std::slice::from_ref(&tree.edge), "edges stay");
    let deleted = [("top.a", 2), ("top.sub", 2), ("top.sub.p", 2)];
    let mut expected = deleted.map(|(fqn, revision)| (EventKind::Deleted, fqn.to_owned(), revision)).to_vec();
    expected.push((EventKind::Updated, "top".into(), 2));
    assert_eq!(told(world, planted).await, expected);
    assert_eq!(seq, now.head().await.unwrap());

    world.does(tree.restore()).await;
    for record in [&tree.sub, &tree.product, &tree.asset] {
        let back = world.get(record.id).await.unwrap();
        assert_eq!((back.state, back.revision, back.version), (State::Alive, Revision(3), 3));
    }
    assert!(told(world, seq).await.iter().take(3).all(|(what, ..)| *what == EventKind::Restored));
}

async fn what_was_deleted_before_stays_deleted(world: &World) {
    let tree = Tree::plant(world).await;
    let gone = deleted(&tree.sub, true);
    world.does(Set::new().replace(&gone).write(mark(&tree.sub, State::Deleted { holds_name: true }))).await;
    world.does(tree.delete(true)).await;
    assert_eq!(world.get(tree.product.id).await.unwrap().revision, Revision(2), "not deleted twice");
    world.does(tree.restore()).await;
    assert!(world.get(tree.asset.id).await.unwrap().state.is_alive());
    assert!(!world.get(tree.sub.id).await.unwrap().state.is_alive());
    assert!(!world.get(tree.product.id).await.unwrap().state.is_alive());
    world.does(Set::new().replace(&alive(&gone)).write(mark(&tree.sub, State::Alive))).await;
    assert!(world.get(tree.product.id).await.unwrap().state.is_alive());
}

async fn a_freed_subtree_leaves_its_names(world: &World) {
    let tree = Tree::plant(world).await;
    world.does(tree.delete(false)).await;
    let now = world.now().await;
    assert_eq!(now.by_fqn(ACCOUNT, tree.product.kind, &["top.sub.p"]).await.unwrap(), [None]);
    Tree::plant(world).await;
}

async fn a_taken_name_keeps_the_subtree_deleted(world: &World) {
    let tree = Tree::plant(world).await;
    world.does(tree.delete(false)).await;
    let squatter = Record { parent: None, ..record("asset", Some(&tree.top), "a") };
    world.puts(&squatter).await;
    let head = world.now().await.head().await.unwrap();
    // Others of the same call are stored.
    let sets = vec![Set::new().put(&domain("x")).0, tree.restore().0, Set::new().put(&domain("y")).0];
    let answers = world.store.commit(sets).await.unwrap();
    let taken = Expect::NameFree {
        account: ACCOUNT,
        kind: squatter.kind,
        scope: NameScope::Fqn("top.a".into()),
        except: Some(tree.asset.id),
    };
    assert_eq!(answers[1].as_ref().unwrap_err().0, taken);
    assert_eq!((answers[0].clone(), answers[2].clone()), (Ok(Seq(head.0 + 1)), Ok(Seq(head.0 + 2))));
    for record in [&tree.top, &tree.sub, &tree.product, &tree.asset] {
        let found = world.get(record.id).await.unwrap();
        assert_eq!((found.state, found.revision), (State::Deleted { holds_name: false }, Revision(2)));
    }
}

async fn a_revived_record_no_longer_follows_its_root(world: &World) {
    let tree = Tree::plant(world).await;
    world.does(tree.delete(true)).await;
    let back = alive(&deleted(&tree.top, true));
    world.does(Set::new().replace(&back)).await;
    let sub = Record { state: State::Alive, ..next(&world.get(tree.sub.id).await.unwrap()) };
    world.does(Set::new().replace(&sub)).await;
    let gone = deleted(&sub, true);
    world.does(Set::new().replace(&gone)).await;
    world.does(Set::new().replace(&next(&back)).write(mark(&tree.top, State::Alive))).await;
    assert_eq!(world.get(sub.id).await, Some(gone), "deleted by itself, so it stays");
    assert!(world.get(tree.asset.id).await.unwrap().state.is_alive());
    let product = world.get(tree.product.id).await.unwrap();
    // It hung on the old root; restored above a deleted parent it would be an orphan, so clean up.
    world.does(Set::new().replace(&deleted(&product, true))).await;
}

async fn a_dropped_subtree_leaves_nothing(world: &World) {
    let tree = Tree::plant(world).await;
    let outside = domain("outside");
    let (into, out) = (edge(&outside, OWNER, &tree.product), edge(&tree.product, OWNER, &outside));
    let ended = edge(&outside, OWNER, &tree.sub);
    let secret = SealedSecret { path: "/a".into(), sealed: vec![1], fingerprint: vec![2] };
    let set = Set::new()
        .put(&outside)
        .link(&into)
        .link(&out)
        .link(&ended)
        .write(Write::PutSecrets { id: tree.product.id, secrets: vec![secret] })
        .write(Write::Alias { account: ACCOUNT, space: "s", value: "v".into(), id: tree.asset.id });
    world.does(set).await;
    world.does(Set::new().replace(&next(&outside)).unlink(&ended, 2)).await;
    world.does(Set::new().replace(&next(&tree.product))).await;
    let gone = next(&tree.sub);
    world.does(Set::new().replace(&deleted(&tree.sub, true))).await;
    let before = world.now().await.head().await.unwrap();
    let purge = Set::new().write(Write::DropSubtree { root: tree.top.id }).tell(EventKind::Purged, &tree.top);
    world.does(purge).await;
    let now = world.now().await;
    for record in [&tree.top, &tree.sub, &tree.product, &tree.asset] {
        assert_eq!(world.get(record.id).await, None);
        assert_eq!(now.history(record.id, None, 9).await.unwrap(), []);
        assert_eq!(now.edges_at(record.id, Revision(1)).await.unwrap(), []);
    }
    assert_eq!(now.edges_from(&[outside.id, gone.id], None).await.unwrap(), []);
    assert_eq!(now.edges_at(outside.id, Revision(1)).await.unwrap(), []);
    assert_eq!(now.edges_to(&[outside.id], &[OWNER], 9).await.unwrap(), []);
    assert_eq!(now.secrets(tree.product.id).await.unwrap(), []);
    assert_eq!(now.by_alias(ACCOUNT, "s", "v").await.unwrap(), None);
    assert_eq!(now.aliases("s", &[tree.asset.id]).await.unwrap(), []);
    let purged = told(world, before).await;
    let fqns: Vec<&str> = purged.iter().map(|(_, fqn, _)| fqn.as_str()).collect();
    assert_eq!(fqns, ["top.a", "top.sub", "top.sub.p", "top"]);
    assert!(purged.iter().all(|(what, ..)| *what == EventKind::Purged));
    Tree::plant(world).await;
}

async fn what_is_dropped_with_others_goes_as_by_itself(world: &World) {
    let tree = Tree::plant(world).await;
    let [one, two, three] = ["one", "two", "three"].map(domain);
    world.does(Set::new().put(&one).put(&two).put(&three)).await;
    let before = world.now().await.head().await.unwrap();
    let gone = [&one, &tree.asset, &two, &tree.top, &three];
    let drops = gone.iter().fold(Set::new(), |set, record| set.write(Write::DropSubtree { root: record.id }));
    world.does(gone.iter().fold(drops, |set, record| set.tell(EventKind::Purged, record))).await;
    for record in gone.into_iter().chain([&tree.sub, &tree.product]) {
        assert_eq!(world.get(record.id).await, None, "{}", record.fqn);
    }
    for kind in [tree.top.kind, tree.product.kind, tree.asset.kind] {
        let all = ListQuery { states: States::All, ..ListQuery::of(ACCOUNT, kind) };
        assert_eq!(world.now().await.count(&all).await.unwrap(), 0);
    }
    let fqns: Vec<String> = told(world, before).await.into_iter().map(|(_, fqn, _)| fqn).collect();
    assert_eq!(fqns, ["top.sub", "top.sub.p", "one", "top.a", "two", "top", "three"]);
}

async fn users_take_their_credentials_along(world: &World) {
    let (ann, team) = (record("user", None, "ann"), record("team", None, "t"));
    let credential = Credential {
        id: CredentialId::fresh(),
        account: ACCOUNT,
        user: ann.id,
        class: CredentialClass::Password,
        public: ann.id.to_string(),
        label: String::new(),
        secret: vec![1],
        created: Millis(1),
        expires: None,
        made_with: None,
    };
    let member = edge(&team, MEMBER, &ann);
    let put = Write::PutCredential(Box::new(credential.clone()));
    world.does(Set::new().put(&ann).put(&team).link(&member).write(put)).await;
    world.does(Set::new().write(Write::DropSubtree { root: ann.id })).await;
    let now = world.now().await;
    assert_eq!(now.credentials_of(ann.id).await.unwrap(), []);
    assert_eq!(now.credential_by_id(credential.id).await.unwrap(), None);
    assert_eq!(now.edges_from(&[team.id], None).await.unwrap(), []);
}

async fn a_moved_prefix_reaches_all_below(world: &World) {
    let tree = Tree::plant(world).await;
    let neighbour = domain("topping");
    let inside = product(&neighbour, "p");
    world.does(Set::new().put(&neighbour).put(&inside)).await;
    let before = world.now().await.head().await.unwrap();
    let renamed = Record { name: "töp.x".into(), fqn: "\"töp.x\"".into(), ..next(&tree.top) };
    let moved = Write::MovePrefix { root: tree.top.id, from: "top".into(), to: renamed.fqn.clone() };
    world.does(Set::new().replace(&renamed).write(moved)).await;
    let now = world.now().await;
    let found = now.by_fqn(ACCOUNT, tree.product.kind, &["\"töp.x\".sub.p", "top.sub.p", "topping.p"]).await.unwrap();
    let product = Record { fqn: "\"töp.x\".sub.p".into(), revision: Revision(2), ..tree.product.clone() };
    assert_eq!(found, [Some(product.clone()), None, Some(inside)]);
    assert_eq!(now.history(product.id, None, 9).await.unwrap(), [product.clone(), tree.product.clone()]);
    let lost = Expect::RevisionIs { id: product.id, revision: Revision(1) };
    assert_eq!(world.loses(Set::new().expect(lost.clone())).await, lost, "plans over the old name must lose");
    assert_eq!(told(world, before).await.len(), 4, "one event for each record that has another name now");
}

async fn a_moved_prefix_meets_a_taken_name(world: &World) {
    let tree = Tree::plant(world).await;
    let squatter = Record { fqn: "new.sub.p".into(), ..product(&tree.top, "q") };
    world.puts(&squatter).await;
    let renamed = Record { name: "new".into(), fqn: "new".into(), ..next(&tree.top) };
    let moved = Write::MovePrefix { root: tree.top.id, from: "top".into(), to: "new".into() };
    let lost = world.loses(Set::new().replace(&renamed).write(moved)).await;
    assert!(matches!(lost, Expect::NameFree { scope: NameScope::Fqn(fqn), .. } if fqn == "new.sub.p"));
    assert_eq!(world.get(tree.top.id).await, Some(tree.top));
}

async fn a_restored_subtree_counts_once(world: &World) {
    let tree = Tree::plant(world).await;
    let products = |states| ListQuery { states, ..ListQuery::of(ACCOUNT, tree.product.kind) };
    world.does(tree.delete(true)).await;
    assert_eq!(world.finds(products(States::Alive)).await, [""; 0]);
    assert_eq!(world.finds(products(States::Deleted)).await, ["p"]);
    assert_eq!(world.finds(products(States::All)).await, ["p"]);
    world.does(tree.restore()).await;
    assert_eq!(world.finds(products(States::Alive)).await, ["p"]);
    assert_eq!(world.finds(products(States::Deleted)).await, [""; 0]);
    world.does(Set::new().write(Write::DropSubtree { root: tree.top.id })).await;
    assert_eq!(world.finds(products(States::All)).await, [""; 0]);
}
