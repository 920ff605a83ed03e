//! What lies in Redis, behind the gateway's back.

use std::collections::BTreeMap;

use crate::support::redis::RedisServer;

/// Every key with its value, as the server would write it to disk: uncompressed.
pub(crate) async fn dump(server: &RedisServer) -> BTreeMap<String, Vec<u8>> {
    let mut connection = server.connect().await;
    let plain = ["SET", "rdbcompression", "no"];
    let () = ::redis::cmd("CONFIG").arg(&plain).query_async(&mut connection).await.unwrap();
    let keys: Vec<String> = ::redis::cmd("KEYS").arg("*").query_async(&mut connection).await.unwrap();
    let mut dump = BTreeMap::new();
    for key in keys {
        let value: Option<Vec<u8>> =
            ::redis::cmd("DUMP").arg(&key).query_async(&mut connection).await.unwrap();
        dump.insert(key, value.unwrap_or_default());
    }
    dump
}

/// Alters the first of the records whose key fits, as no gateway does.
pub(crate) async fn damage(server: &RedisServer, fitting: &str) {
    let mut connection = server.connect().await;
    let mut keys: Vec<String> = ::redis::cmd("KEYS").arg(fitting).query_async(&mut connection).await.unwrap();
    keys.sort();
    let mut value: Vec<u8> = ::redis::cmd("GET").arg(&keys[0]).query_async(&mut connection).await.unwrap();
    *value.last_mut().unwrap() ^= 1;
    let () = ::redis::cmd("SET").arg(&keys[0]).arg(value).query_async(&mut connection).await.unwrap();
}
