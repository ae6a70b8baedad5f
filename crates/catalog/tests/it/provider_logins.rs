//! Logins by a provider's word: whom it means, and that all of one login is stored or nothing.

use emporion_catalog::provider_logins::{Arrival, GroupGrant, Unwelcome, Welcome};

use crate::house::House;

fn arrival(subject: &str, name: &str, email: Option<&str>) -> Arrival {
    Arrival {
        issuer: "https://id.example.com".into(),
        subject: subject.into(),
        name: Some(name.into()),
        verified_email: email.map(str::to_owned),
        ..Arrival::default()
    }
}

fn welcome() -> Welcome {
    Welcome { provider: "corp".into(), account: "default".into(), creates_users: true, ..Welcome::default() }
}

#[tokio::test]
async fn of_two_who_come_at_once_as_the_same_one_user_is_made() {
    let house = House::new().await;
    for number in 0..8 {
        let (one, other) =
            (arrival(&number.to_string(), &format!("ann {number}"), Some(&format!("{number}@x.y"))), welcome());
        let (first, second) = tokio::join!(
            house.catalog.log_in_by_provider(&one, &other),
            house.catalog.log_in_by_provider(&one, &other)
        );
        let (Ok(first), Ok(second)) = (first, second) else { panic!("both are let in") };
        assert_eq!(first.caller.principal.user, second.caller.principal.user);
        assert_ne!(first.session.token, second.session.token);
        let found = house.catalog.browser_caller(&first.session.token).await.unwrap();
        assert_eq!((found.principal.user, found.principal.is_admin), (first.caller.principal.user, false));
    }
}

#[tokio::test]
async fn an_issuer_and_a_subject_are_one_person_in_one_account() {
    let house = House::new().await;
    let catalog = &house.catalog;
    let known = catalog.log_in_by_provider(&arrival("1", "ann", None), &welcome()).await.ok().unwrap();
    let again = catalog.log_in_by_provider(&arrival("1", "bob", Some("b@x.y")), &welcome()).await.ok().unwrap();
    assert_eq!(known.caller.principal.user, again.caller.principal.user);
    let elsewhere = Arrival { issuer: "https://id.example.com/".into(), ..arrival("1", "ann", None) };
    let refused = catalog.log_in_by_provider(&elsewhere, &welcome()).await.err();
    assert!(matches!(&refused, Some(Unwelcome::NameTaken(name)) if name == "ann"), "{refused:?}");
    let nowhere = Welcome { account: "nowhere".into(), ..welcome() };
    assert!(matches!(catalog.log_in_by_provider(&arrival("1", "a", None), &nowhere).await, Err(Unwelcome::Unfit(_))));
}

#[tokio::test]
async fn the_last_administrator_is_neither_deposed_nor_let_in() {
    let house = House::new().await;
    let rulers = GroupGrant { group: "rulers".into(), administrators: true, ..GroupGrant::default() };
    let welcome = Welcome { creates_users: false, links_by_email: true, grants: vec![rulers], ..welcome() };
    let mut admin = arrival("1", "x", Some(&house.made.admin_email));
    let refused = house.catalog.log_in_by_provider(&admin, &welcome).await.err();
    assert!(matches!(refused, Some(Unwelcome::Unfit(_))), "{refused:?}");
    // Nor was he tied to anybody by that: it is one change.
    let held = house.catalog.credentials(&house.caller(house.admin()).await, house.admin()).await.unwrap();
    assert!(held.iter().all(|held| held.label != admin.issuer), "{held:?}");
    admin.groups = Some(vec!["rulers".into()]);
    let login = house.catalog.log_in_by_provider(&admin, &welcome).await.ok().unwrap();
    assert!(login.caller.principal.is_admin && login.caller.principal.user == house.admin());
}
