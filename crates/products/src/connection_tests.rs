//! Tests of `connection`, which fill more room than it does.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::reading::PASSWORD_POINTER;
use super::*;
use crate::failure::Failure;
use crate::source_type::TYPES;

const PLAIN: &str = "postgres://app:s3cret@db.example.com:6432/shop?sslmode=require&application_name=x";

fn object(value: Value) -> Map<String, Value> {
    value.as_object().expect("an object").clone()
}

fn create(source: SourceType, config: Value) -> Result<Connection, Failure> {
    read(&source, &object(config), None)
}

fn change(source: SourceType, present: &Connection, config: Value) -> Connection {
    let stored = Connection::stored(present.config.clone(), present.secrets.keys().cloned());
    read(&source, &object(config), Some(stored)).expect("a good change")
}

fn plain(string: &str) -> Value {
    json!({"connectionString": string, "isEncoded": false})
}

fn rules(result: Result<Connection, Failure>) -> Vec<(String, String)> {
    let violations = result.expect_err("a broken rule").violations;
    violations.into_iter().map(|violation| (violation.path, violation.rule)).collect()
}

#[test]
fn a_connection_string_is_base64_unless_it_says_otherwise() {
    let encoded = create(SourceType::Postgres, json!({"connectionString": STANDARD.encode(PLAIN)}));
    let connection = create(SourceType::Postgres, plain(PLAIN)).expect("a good string");
    assert_eq!(encoded.expect("a good string"), connection);
    assert_eq!(
        connection.field(),
        json!({"config": {
            "type": "Postgres", "database": "shop", "username": "app", "sslMode": "require",
            "hostPort": "db.example.com:6432", "authType": {}, "connectionOptions": {"application_name": "x"}
        }})
    );
    let secret = (PASSWORD_POINTER.to_owned(), Secret::Set("s3cret".to_owned()));
    assert_eq!(connection.secrets.into_iter().collect::<Vec<_>>(), [secret]);
    let refused = create(SourceType::Postgres, json!({"connectionString": PLAIN}));
    assert_eq!(rules(refused), [("/connectionConfig/connectionString".to_owned(), "base64".to_owned())]);
}

#[test]
fn members_beside_the_string_win_over_it() {
    let mut config = object(plain(PLAIN));
    config.insert("sslMode".to_owned(), "verify-full".into());
    config.insert("defaultSchema".to_owned(), "shop".into());
    let connection = create(SourceType::Postgres, Value::Object(config)).expect("a good config");
    assert_eq!(connection.config["sslMode"], "verify-full");
    assert_eq!(connection.config["connectionOptions"]["options"], "-csearch_path=shop");
    let printed = print(&SourceType::Postgres, &connection);
    assert_eq!(printed, json!({"connectionString": "***", "sslMode": "verify-full", "defaultSchema": "shop"}));
}

#[test]
fn neither_answers_nor_refusals_nor_logs_hold_a_secret() {
    let string = "postgres://u:s3cret@h/d?sslpassword=s3cret2";
    let connection = create(SourceType::Postgres, plain(string)).expect("a good string");
    assert!(!print(&SourceType::Postgres, &connection).to_string().contains("s3cret"));
    assert!(!connection.field().to_string().contains("s3cret"));
    assert!(!format!("{connection:?}").contains("s3cret"));
    assert_eq!(connection.secrets.len(), 2);
    let flawed = create(SourceType::Postgres, plain("s3cret://x")).expect_err("a foreign scheme");
    assert!(!format!("{flawed:?}").contains("s3cret"));
}

#[test]
fn a_mask_keeps_the_secret_on_a_change_and_is_refused_on_a_create() {
    let present = create(SourceType::Postgres, plain("postgres://u:p@h/d?sslmode=prefer")).expect("a good string");
    let config = json!({"connectionString": "***", "sslMode": "prefer", "defaultSchema": "shop"});
    let changed = change(SourceType::Postgres, &present, config);
    assert_eq!(changed.secrets[PASSWORD_POINTER], Secret::Keep);
    assert_eq!(changed.config["hostPort"], "h:5432");
    let refused = create(SourceType::Postgres, json!({"connectionString": "***"}));
    assert_eq!(rules(refused)[0].1, "secret");
}

#[test]
fn a_stored_password_is_for_the_server_it_was_given_for() {
    let present = create(SourceType::Postgres, plain("postgres://u:p@h/d")).expect("a good string");
    let sent = |string: &str| {
        let stored = Connection::stored(present.config.clone(), present.secrets.keys().cloned());
        read(&SourceType::Postgres, &object(plain(string)), Some(stored))
    };
    let kept = sent("postgres://u:***@h:5432/other").expect("the same server");
    assert_eq!((&kept.secrets[PASSWORD_POINTER], &kept.config["database"]), (&Secret::Keep, &json!("other")));
    let at = ("/connectionConfig/connectionString".to_owned(), "required".to_owned());
    assert_eq!(rules(sent("postgres://u:***@evil/d")), std::slice::from_ref(&at));
    assert_eq!(rules(sent("postgres://other:***@h/d")), std::slice::from_ref(&at));
    assert!(sent("postgres://u@evil/d").expect("without a password").secrets.is_empty());
    assert_eq!(rules(create(SourceType::Postgres, plain("postgres://u:***@h/d")))[0].1, "secret");
}

/// However long a mask is, and wherever it stands, it is no secret.
#[test]
fn what_other_clients_mask_by_is_never_stored() {
    let string = "postgres://u:p@h/d?sslpassword=q";
    let present = create(SourceType::Postgres, plain(string)).expect("a good string");
    let sent = |string: &str| {
        let stored = Connection::stored(present.config.clone(), present.secrets.keys().cloned());
        read(&SourceType::Postgres, &object(plain(string)), Some(stored))
    };
    let option = "/connection/config/connectionOptions/sslpassword";
    let set = |connection: &Connection| connection.secrets.values().any(|secret| matches!(secret, Secret::Set(_)));
    for mask in ["***", "****", "*********", "%2A%2A%2A%2A", "••••••••"] {
        let kept = sent(&format!("postgres://u:{mask}@h/other")).expect("the same server");
        assert_eq!((&kept.secrets[PASSWORD_POINTER], set(&kept)), (&Secret::Keep, false), "{mask}");
        let kept = sent(&format!("postgres://u:{mask}@h/d?sslpassword={mask}")).expect("the same server");
        assert_eq!((&kept.secrets[PASSWORD_POINTER], &kept.secrets[option]), (&Secret::Keep, &Secret::Keep), "{mask}");
        let kept = sent(&format!("postgres://u:new@h/d?sslpassword={mask}")).expect("the same server");
        assert_eq!(kept.secrets[PASSWORD_POINTER], Secret::Set("new".to_owned()));
        for elsewhere in [format!("postgres://u:{mask}@evil/d"), format!("postgres://u:x@evil/d?sslpassword={mask}")] {
            assert_eq!(rules(sent(&elsewhere))[0].1, "required", "{elsewhere}");
        }
        assert_eq!(rules(sent(&format!("postgres://u@h/d?sslpassword=x&authtoken={mask}")))[0].1, "required");
        assert!(sent(mask).is_ok_and(|kept| !set(&kept)) || mask.starts_with('%'), "{mask}");
        for made in [format!("postgres://u:{mask}@h/d"), format!("postgres://u:p@h/d?sslpassword={mask}")] {
            let broken = rules(create(SourceType::Postgres, plain(&made)));
            assert_eq!(broken, [("/connectionConfig/connectionString".to_owned(), "secret".to_owned())], "{made}");
        }
    }
    let open = SourceType::Sledhouse;
    let present = create(open.clone(), json!({"apiKey": "k", "url": "https://u:p@h"})).expect("a good config");
    let sent = |config: Value| {
        let stored = Connection::stored(present.config.clone(), present.secrets.keys().cloned());
        read(&open, &object(config), Some(stored))
    };
    assert!(sent(json!({"apiKey": "*****"})).is_ok_and(|kept| !set(&kept)));
    for config in [json!({"url": "https://u:****@h"}), json!({"more": {"password": "****"}}), json!({"token": "****"})]
    {
        assert_eq!(rules(sent(config.clone()))[0].1, "secret", "{config}");
    }
}

#[test]
fn secrets_of_one_account_are_not_sent_to_another() {
    let config = json!({"account": "a", "username": "u", "warehouse": "w", "password": "p"});
    let present = create(SourceType::Snowflake, config).expect("a good config");
    let sent = |config: Value| {
        let stored = Connection::stored(present.config.clone(), present.secrets.keys().cloned());
        read(&SourceType::Snowflake, &object(config), Some(stored))
    };
    let broken = [("/connectionConfig/password".to_owned(), "required".to_owned())];
    assert_eq!(rules(sent(json!({"account": "evil", "password": "***"}))), broken);
    assert_eq!(rules(sent(json!({"account": "evil"}))), broken);
    assert!(sent(json!({"account": "a", "password": "***", "warehouse": "x"})).is_ok());
    assert!(sent(json!({"account": "b", "password": "new"})).is_ok());
    assert!(sent(json!({"account": "b", "password": null})).is_ok());
}

#[test]
fn a_new_string_replaces_everything_that_one_can_say_and_nothing_else() {
    let mut present = create(SourceType::Postgres, plain(PLAIN)).expect("a good string");
    present.config.insert("ingestAllDatabases".to_owned(), true.into());
    present.secrets.insert("/connection/config/sslConfig/sslKey".to_owned(), Secret::Keep);
    let changed = change(SourceType::Postgres, &present, plain("postgresql://other@h2"));
    assert_eq!(
        Value::Object(changed.config),
        json!({
            "type": "Postgres", "database": "other", "username": "other", "hostPort": "h2:5432", "ingestAllDatabases": true
        })
    );
    assert_eq!(changed.secrets.keys().collect::<Vec<_>>(), ["/connection/config/sslConfig/sslKey"]);
}

#[test]
fn a_mysql_database_is_what_its_connector_calls_a_schema() {
    let connection = create(SourceType::Mysql, plain("mysql://u:p@h/shop?charset=utf8mb4")).expect("a good string");
    assert_eq!(
        Value::Object(connection.config.clone()),
        json!({
            "type": "Mysql", "username": "u", "databaseSchema": "shop", "hostPort": "h:3306", "authType": {},
            "connectionOptions": {"charset": "utf8mb4"}
        })
    );
    let changed = change(SourceType::Mysql, &connection, plain("mysql://u@h"));
    assert!(!changed.config.contains_key("databaseSchema"));
}

#[test]
fn a_mariadb_keeps_its_password_where_its_connector_has_it() {
    let connection = create(SourceType::MariaDb, plain("mariadb://u:p@h/shop")).expect("a good string");
    assert_eq!(
        Value::Object(connection.config.clone()),
        json!({"type": "MariaDB", "username": "u", "databaseSchema": "shop", "hostPort": "h:3306"})
    );
    assert_eq!(connection.secrets.keys().collect::<Vec<_>>(), ["/connection/config/password"]);
    let changed = change(SourceType::MariaDb, &connection, plain("mysql://u:***@h:3306/other"));
    assert_eq!(changed.secrets["/connection/config/password"], Secret::Keep);
    assert_eq!(print(&SourceType::MariaDb, &changed), json!({"connectionString": "***"}));
}

#[test]
fn a_file_is_shown_wherever_its_connector_names_it() {
    let shown = |config: Value| print(&SourceType::Sqlite, &Connection::stored(object(config), []));
    assert_eq!(shown(json!({"databaseMode": "a.db"})), json!({"path": "a.db"}));
    assert_eq!(shown(json!({"databaseMode": ":memory:", "database": "a.db"})), json!({"path": "a.db"}));
}

#[test]
fn what_is_answered_can_be_sent_back_and_changes_nothing() {
    for (word, config) in [
        ("postgres", plain(PLAIN)),
        ("mysql", plain("mysql://u:p@h/d")),
        ("sqlite", json!({"path": "shop.db"})),
        ("parquet", json!({"path": "sales/", "hivePartitioning": true})),
        ("csv", json!({"url": "https://example.com/a.csv", "format": "csv"})),
        ("snowflake", json!({"account": "a", "username": "u", "warehouse": "w", "password": "p"})),
        ("sledhouse", json!({"endpoint": "http://h", "token": "t", "retries": 3, "anything": {"goes": 1}})),
    ] {
        let source = SourceType::parse(word).expect(word);
        let connection = create(source.clone(), config).expect(word);
        assert_eq!(SourceType::of_service(source.service_type(), &connection.config), source);
        let again = change(source.clone(), &connection, print(&source, &connection));
        assert_eq!(again.config, connection.config, "{word}");
        assert_eq!(again.secrets.keys().collect::<Vec<_>>(), connection.secrets.keys().collect::<Vec<_>>(), "{word}");
        assert!(again.secrets.values().all(|secret| *secret == Secret::Keep), "{word}");
        let untouched = change(source, &connection, json!({}));
        assert_eq!(untouched.config, connection.config, "{word}");
    }
    assert_eq!(TYPES.len(), 7);
}

#[test]
fn the_connection_of_another_doors_type_is_neither_shown_nor_changed() {
    let source = SourceType::Other("BigQuery".to_owned());
    let stored = Connection::stored(object(json!({"credentials": "x"})), []);
    assert_eq!(print(&source, &stored), json!({}));
    assert_eq!(rules(read(&source, &Map::new(), Some(stored)))[0].1, "unsupported");
}

#[test]
fn bad_configs_name_the_member_and_the_rule() {
    let rule = |source: SourceType, config: Value| rules(create(source, config)).remove(0);
    let at = |name: &str, rule: &str| (format!("/connectionConfig/{name}"), rule.to_owned());
    assert_eq!(rule(SourceType::Postgres, json!({})), at("connectionString", "required"));
    assert_eq!(rule(SourceType::Postgres, json!({"connectionString": 7})), at("connectionString", "type"));
    assert_eq!(rule(SourceType::Postgres, plain("postgres://h/d")), at("connectionString", "format"));
    let mut config = object(plain(PLAIN));
    config.insert("sslMode".to_owned(), "maybe".into());
    config.insert("defaultSchema".to_owned(), "a -cb=c".into());
    let broken = rules(create(SourceType::Postgres, Value::Object(config)));
    assert_eq!(broken, [at("sslMode", "enum"), at("defaultSchema", "pattern")]);
    assert_eq!(rule(SourceType::Sqlite, json!({"path": "a\u{0}b"})), at("path", "pattern"));
    assert_eq!(rule(SourceType::Sqlite, json!({"path": ""})), at("path", "minLength"));
    for secret in ["https://u:pw@h/a.csv", "https://h/a.csv?X-Amz-Signature=abc", "https://h/a?%73ig=abc", "//u:pw@h/a"]
    {
        assert_eq!(rule(SourceType::Csv, json!({"url": secret})), at("url", "secret"), "{secret}");
    }
    for plain in ["https://h/a.csv?author=x&design=2&partition_key=y", "https://h/user@example.com/a.csv"] {
        assert!(create(SourceType::Csv, json!({"url": plain})).is_ok(), "{plain}");
    }
    for secret in ["postgres://u:pw@h/d", "shop.db?password=pw", "***"] {
        for source in [SourceType::Sqlite, SourceType::Parquet] {
            assert_eq!(rule(source, json!({"path": secret})), at("path", "secret"), "{secret}");
        }
    }
    assert_eq!(rule(SourceType::Csv, json!({})), at("path", "required"));
    assert_eq!(rule(SourceType::Csv, json!({"path": "a", "url": "https://x"})), at("url", "oneOf"));
    assert_eq!(rule(SourceType::Csv, json!({"url": "file:///etc/passwd"})), at("url", "format"));
    assert_eq!(rule(SourceType::Csv, json!({"path": "a", "hivePartitioning": 1})), at("hivePartitioning", "type"));
    assert_eq!(rule(SourceType::Snowflake, json!({"account": "a", "username": "u"})), at("warehouse", "required"));
}

#[test]
fn settings_of_an_unknown_system_are_kept_and_what_looks_secret_is_sealed() {
    let given = json!({"endpoint": "http://h", "token": "T", "apiKey": "K", "proxy": "http://u:p@h", "tls": true});
    let connection = create(SourceType::Sledhouse, given).expect("a good config");
    assert!(!connection.field().to_string().contains("http://u:p@h"));
    let printed = json!({"endpoint": "http://h", "token": "***", "apiKey": "***", "proxy": "***", "tls": true});
    assert_eq!(print(&SourceType::Sledhouse, &connection), printed);
    let moved = json!({"endpoint": "http://other", "token": "T2"});
    let stored = Connection::stored(connection.config.clone(), connection.secrets.keys().cloned());
    let refused = rules(read(&SourceType::Sledhouse, &object(moved), Some(stored)));
    let paths: Vec<&str> = refused.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(paths, ["/connectionConfig/apiKey", "/connectionConfig/proxy"]);
    let without = change(SourceType::Sledhouse, &connection, json!({"token": null}));
    assert_eq!(print(&SourceType::Sledhouse, &without).get("token"), None);
    let mask = create(SourceType::Sledhouse, json!({"token": "***"}));
    assert_eq!(rules(mask), [("/connectionConfig/token".to_owned(), "secret".to_owned())]);
}

#[test]
fn where_a_file_lies_tells_no_secret_that_another_door_let_in() {
    let shown = |source: SourceType, config: Value| print(&source, &Connection::stored(object(config), []));
    let url = json!({"connectionOptions": {"url": "https://h/a.csv?token=pw"}});
    assert_eq!(shown(SourceType::Csv, url), json!({"url": "***"}));
    let file = json!({"databaseMode": "shop.db?password=pw"});
    assert_eq!(shown(SourceType::Sqlite, file), json!({"path": "***"}));
    let plain = json!({"connectionOptions": {"url": "https://h/a.csv?version=3"}});
    assert_eq!(shown(SourceType::Csv, plain), json!({"url": "https://h/a.csv?version=3"}));
}

/// In the clear, as it was once let in, or sealed, as it is now: what is shown masked may be sent back.
#[test]
fn a_mask_of_where_a_file_lies_keeps_what_is_stored() {
    let url = "/connection/config/connectionOptions/url".to_owned();
    let clear = Connection::stored(object(json!({"connectionOptions": {"url": "https://h/a?sig=pw"}})), []);
    let sealed = Connection::stored(object(json!({"type": "CustomDatabase"})), [url.clone()]);
    for stored in [clear, sealed] {
        assert_eq!(print(&SourceType::Csv, &stored), json!({"url": "***"}));
        let kept = change(SourceType::Csv, &stored, json!({"url": "***", "hivePartitioning": true}));
        assert_eq!(kept.secrets, stored.secrets);
        assert_eq!(print(&SourceType::Csv, &kept), json!({"url": "***", "hivePartitioning": true}));
        let moved = change(SourceType::Csv, &stored, json!({"path": "a.csv"}));
        assert_eq!((print(&SourceType::Csv, &moved), moved.secrets.len()), (json!({"path": "a.csv"}), 0));
        let refused = read(&SourceType::Csv, &object(json!({"path": "***"})), Some(stored));
        assert_eq!(rules(refused), [("/connectionConfig/path".to_owned(), "secret".to_owned())]);
    }
    let clear = Connection::stored(object(json!({"databaseMode": "shop.db?password=pw"})), []);
    let sealed = Connection::stored(Map::new(), ["/connection/config/databaseMode".to_owned()]);
    for stored in [clear, sealed] {
        let kept = change(SourceType::Sqlite, &stored, json!({"path": "***"}));
        assert_eq!((&kept.secrets, print(&SourceType::Sqlite, &kept)), (&stored.secrets, json!({"path": "***"})));
        let moved = change(SourceType::Sqlite, &stored, json!({"path": "b.db"}));
        assert_eq!((print(&SourceType::Sqlite, &moved), moved.secrets.len()), (json!({"path": "b.db"}), 0));
        assert_eq!(change(SourceType::Sqlite, &stored, json!({})).secrets, stored.secrets, "nothing is said of it");
    }
    let plain = Connection::stored(object(json!({"databaseMode": "shop.db"})), []);
    let refused = read(&SourceType::Sqlite, &object(json!({"path": "***"})), Some(plain));
    assert_eq!(rules(refused), [("/connectionConfig/path".to_owned(), "secret".to_owned())]);
}
