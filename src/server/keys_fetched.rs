//! Owns the bridge by which tokens' issuers are asked for their keys through the one outbound client.

use url::Url;

use crate::providers::http::HttpClient;
use crate::web::auth::FetchFailed;
use crate::web::auth::FetchKeys;

/// The one outbound client, as the room of callers needs it.
#[derive(Debug)]
pub(super) struct KeysFetched(pub(super) HttpClient);

#[async_trait::async_trait]
impl FetchKeys for KeysFetched {
    async fn fetch(&self, url: &Url) -> Result<Vec<u8>, FetchFailed> {
        self.0.fetch(url).await.map_err(|error| FetchFailed(error.to_string()))
    }
}
