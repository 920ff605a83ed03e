//! Temp.
use crate::app::gateway::Gateway;
use crate::app::ports::store::StoreError;
use crate::domain::id::GrantId;
use crate::domain::site::Site;
/// x
pub async fn tend(_gateway: &Gateway, _id: &GrantId) -> Result<(), StoreError> {
    Ok(())
}
/// x
pub async fn release_all(_gateway: &Gateway, _site: &Site) -> Result<(), StoreError> {
    Ok(())
}
