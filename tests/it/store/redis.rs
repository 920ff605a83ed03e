//! What only Redis can show: other types under a key, a connection that breaks, a server that forgets.

use std::net::TcpListener;

use greenroom::store::keys;
use greenroom::store::kv::Ask;
use greenroom::store::kv::Expect;
use greenroom::store::kv::Found;
use greenroom::store::kv::IndexChange;
use greenroom::store::kv::Kv;
use greenroom::store::kv::KvError;
use greenroom::store::kv::Outcome;
use greenroom::store::redis::Durability;
use greenroom::store::redis::OpenError;
use greenroom::store::redis::Redis;
use greenroom::store::redis::Settings;

use super::Backend;
use super::Store;
use super::at;
use super::commit;
use super::put;
use super::record;
use super::session;
use super::settings;
use super::site;
use crate::support::proxy::Proxy;
use crate::support::redis::RedisServer;

async fn run(store: &Store, words: &[&str]) {
    let mut command = redis::cmd(words[0]);
    command.arg(&words[1..]);
    let mut connection = store.redis.as_ref().unwrap().connect().await;
    command.query_async::<()>(&mut connection).await.unwrap();
}

#[tokio::test]
async fn another_type_under_a_key_is_an_error_and_never_absent() {
    let store = Store::open(Backend::Redis).await;
    let (partition, key) = (site("x"), session("a"));
    run(&store, &["HSET", "gr:{s:x}:r:session/a", "f", "v"]).await;
    let asks = [Ask { key: session("b"), known: None }, Ask { key: key.clone(), known: None }];
    let error = store.kv.read(&partition, &asks).await.unwrap_err();
    assert_eq!(error, KvError::WrongType("gr:{s:x}:r:session/a".to_owned()));
    let change = commit(vec![put(&key, Expect::Absent, 1, "a")]);
    assert!(matches!(store.kv.commit(&partition, &change).await, Err(KvError::WrongType(_))));
    assert!(matches!(store.kv.scan(None, 10).await, Err(KvError::WrongType(_))));

    run(&store, &["SET", "gr:{s:x}:r:session/b", "short"]).await;
    let error = store.kv.read(&partition, &asks[..1]).await.unwrap_err();
    assert_eq!(error, KvError::Corrupt("gr:{s:x}:r:session/b".to_owned()));
}

#[tokio::test]
async fn another_type_in_the_middle_of_a_commit_writes_nothing() {
    let store = Store::open(Backend::Redis).await;
    let partition = site("x");
    let (a, b, c) = (session("a"), session("b"), session("c"));
    let changes = || {
        vec![
            put(&a, Expect::Absent, 1, "a"),
            put(&b, Expect::Absent, 1, "b"),
            put(&c, Expect::Absent, 1, "c"),
        ]
    };
    run(&store, &["SADD", "gr:{s:x}:r:session/b", "member"]).await;
    assert!(matches!(store.kv.commit(&partition, &commit(changes())).await, Err(KvError::WrongType(_))));
    assert_eq!(store.find(&partition, &a).await, Found::Absent);
    assert_eq!(store.find(&partition, &c).await, Found::Absent);

    run(&store, &["DEL", "gr:{s:x}:r:session/b"]).await;
    run(&store, &["SET", "gr:{s:x}:i:due", "text"]).await;
    let mut indexed = commit(changes());
    indexed.index.push(IndexChange::Add { index: keys::DUE, member: "a".to_owned(), score: 1 });
    assert!(matches!(store.kv.commit(&partition, &indexed).await, Err(KvError::WrongType(_))));
    assert_eq!(store.find(&partition, &a).await, Found::Absent);

    run(&store, &["LPUSH", "gr:{s:x}:floor", "text"]).await;
    assert!(matches!(store.kv.commit(&partition, &commit(changes())).await, Err(KvError::WrongType(_))));
    assert!(matches!(store.kv.read(&partition, &[]).await, Err(KvError::WrongType(_))));
}

#[tokio::test]
async fn a_lost_answer_is_unknown_and_the_op_id_tells_that_it_was_done() {
    let server = RedisServer::start().await;
    let proxy = Proxy::start(server.address).await;
    let store = Redis::open(&settings(&format!("redis://{}", proxy.address))).await.unwrap();
    let (partition, key) = (site("x"), session("a"));
    let first = commit(vec![put(&key, Expect::Absent, 1, "a")]);
    assert_eq!(store.commit(&partition, &first).await, Ok(Outcome::Committed));

    let second = commit(vec![put(&key, at(1), 2, "b")]);
    proxy.lose_next_reply();
    assert_eq!(store.commit(&partition, &second).await, Ok(Outcome::Unknown));
    assert!(proxy.has_lost_it());
    assert_eq!(store.commit(&partition, &second).await, Ok(Outcome::AlreadyDone));
    let found = store.read(&partition, &[Ask { key, known: None }]).await.unwrap().found;
    assert_eq!(found, [record(2, "b")]);
}

#[tokio::test]
async fn a_read_outlives_a_broken_connection() {
    let server = RedisServer::start().await;
    let proxy = Proxy::start(server.address).await;
    let store = Redis::open(&settings(&format!("redis://{}", proxy.address))).await.unwrap();
    proxy.lose_next_reply();
    assert!(store.read(&site("x"), &[]).await.is_ok());
    assert!(proxy.has_lost_it());
}

#[tokio::test]
async fn a_server_that_forgot_the_scripts_is_told_them_again() {
    let store = Store::open(Backend::Redis).await;
    let (partition, key) = (site("x"), session("a"));
    assert_eq!(store.commit(&partition, vec![put(&key, Expect::Absent, 1, "a")]).await, Outcome::Committed);
    run(&store, &["SCRIPT", "FLUSH"]).await;
    assert_eq!(store.commit(&partition, vec![put(&key, at(1), 2, "b")]).await, Outcome::Committed);
    assert_eq!(store.find(&partition, &key).await, record(2, "b"));
}

#[tokio::test]
async fn a_server_that_is_away_is_unavailable_and_nothing_is_taken_for_done() {
    let mut store = Store::open(Backend::Redis).await;
    store.redis = None;
    let (partition, key) = (site("x"), session("a"));
    let change = commit(vec![put(&key, Expect::Absent, 1, "a")]);
    assert!(matches!(store.kv.read(&partition, &[]).await, Err(KvError::Unavailable(_))));
    assert!(matches!(
        store.kv.commit(&partition, &change).await,
        Err(KvError::Unavailable(_)) | Ok(Outcome::Unknown)
    ));
    assert!(store.kv.ping().await.is_err());
}

#[tokio::test]
async fn errors_and_debug_output_show_no_password() {
    let server = RedisServer::start_with(&["--requirepass", "hunter2"]).await;
    let with_password = |password: &str| settings(&format!("redis://:{password}@{}", server.address));
    let store = Redis::open(&with_password("hunter2")).await.unwrap();
    let wrong = Redis::open(&with_password("swordfish")).await.unwrap_err();
    assert!(matches!(wrong, OpenError::Unreachable { .. }), "{wrong:?}");
    let address = Redis::open(&settings("redis://:swordfish@[bad")).await.unwrap_err();
    assert!(matches!(address, OpenError::Address), "{address:?}");
    let shown = format!("{store:?} {wrong} {wrong:?} {address} {address:?} {:?}", with_password("hunter2"));
    assert!(!shown.contains("hunter2") && !shown.contains("swordfish"), "{shown}");
}

#[tokio::test]
async fn opening_says_where_nobody_answers_and_what_is_not_offered() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = Redis::open(&settings(&format!("redis://{free}"))).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "Redis at {free} does not answer (connection refused): start it, or correct the store's address"
        )
    );
    let strict = Settings { url: "redis://127.0.0.1".into(), durability: Durability::Strict };
    assert!(matches!(Redis::open(&strict).await, Err(OpenError::Strict)));
}
