//! Owns the stored shape of a grant: the one place where tokens become bytes, to be sealed.

use std::collections::BTreeSet;

use secrecy::ExposeSecret;
use secrecy::SecretString;
use serde::Deserialize;
use serde::Serialize;

use crate::domain::account::Owner;
use crate::domain::grant::Grant;
use crate::domain::grant::Reference;
use crate::domain::grant::TokenPair;
use crate::domain::grant::Tokens;
use crate::domain::id::GrantId;
use crate::domain::id::SiteId;
use crate::store::records::account::HostV1;
use crate::store::records::account::LapseV1;
use crate::store::records::field::Time;
use crate::store::records::field::Unreadable;
use crate::store::records::field::field;
use crate::store::records::field::url;

#[derive(Serialize, Deserialize)]
pub(super) struct GrantV1 {
    id: String,
    client_id: String,
    host: HostV1,
    scopes: BTreeSet<String>,
    tokens: TokensV1,
    references: Vec<ReferenceV1>,
    authorized_at: Time,
    /// Records without it are from before users were looked at: their user was read with the consent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    looked_at: Option<Time>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum TokensV1 {
    Active(PairV1),
    Refreshing { pair: PairV1, fence: u64, since: Time },
    Lapsed { since: Time, reason: LapseV1, generation: u64 },
}

#[derive(Serialize, Deserialize)]
struct PairV1 {
    access: String,
    refresh: String,
    expires_at: Time,
    obtained_at: Time,
    generation: u64,
    api_url: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct ReferenceV1 {
    site: String,
    owner: String,
}

impl From<&Grant> for GrantV1 {
    fn from(grant: &Grant) -> Self {
        let reference =
            |one: &Reference| ReferenceV1 { site: one.site.as_str().into(), owner: one.owner.to_string() };
        Self {
            id: grant.id.as_str().into(),
            client_id: grant.client_id.clone(),
            host: (&grant.host).into(),
            scopes: grant.scopes.clone(),
            tokens: (&grant.tokens).into(),
            references: grant.references.iter().map(reference).collect(),
            authorized_at: grant.authorized_at,
            looked_at: Some(grant.looked_at),
        }
    }
}

impl TryFrom<GrantV1> for Grant {
    type Error = Unreadable;

    fn try_from(shape: GrantV1) -> Result<Self, Unreadable> {
        let references = shape.references.iter().map(|reference| {
            Ok(Reference {
                site: field("site id", SiteId::parse(&reference.site))?,
                owner: Owner::parse(&reference.owner).ok_or(Unreadable::Field("owner"))?,
            })
        });
        Ok(Self {
            id: field("grant id", GrantId::parse(&shape.id))?,
            client_id: shape.client_id,
            host: shape.host.try_into()?,
            scopes: shape.scopes,
            tokens: shape.tokens.try_into()?,
            references: references.collect::<Result<_, Unreadable>>()?,
            authorized_at: shape.authorized_at,
            looked_at: shape.looked_at.unwrap_or(shape.authorized_at),
        })
    }
}

impl From<&Tokens> for TokensV1 {
    fn from(tokens: &Tokens) -> Self {
        match tokens {
            Tokens::Active(pair) => Self::Active(pair.into()),
            Tokens::Refreshing { pair, fence, since } => {
                Self::Refreshing { pair: pair.into(), fence: *fence, since: *since }
            }
            Tokens::Lapsed { since, reason, generation } => {
                Self::Lapsed { since: *since, reason: (*reason).into(), generation: *generation }
            }
        }
    }
}

impl TryFrom<TokensV1> for Tokens {
    type Error = Unreadable;

    fn try_from(shape: TokensV1) -> Result<Self, Unreadable> {
        Ok(match shape {
            TokensV1::Active(pair) => Self::Active(pair.try_into()?),
            TokensV1::Refreshing { pair, fence, since } => {
                Self::Refreshing { pair: pair.try_into()?, fence, since }
            }
            TokensV1::Lapsed { since, reason, generation } => {
                Self::Lapsed { since, reason: reason.into(), generation }
            }
        })
    }
}

impl From<&TokenPair> for PairV1 {
    fn from(pair: &TokenPair) -> Self {
        Self {
            access: pair.access.expose_secret().into(),
            refresh: pair.refresh.expose_secret().into(),
            expires_at: pair.expires_at,
            obtained_at: pair.obtained_at,
            generation: pair.generation,
            api_url: pair.api_url.as_ref().map(|url| url.as_str().into()),
        }
    }
}

impl TryFrom<PairV1> for TokenPair {
    type Error = Unreadable;

    fn try_from(shape: PairV1) -> Result<Self, Unreadable> {
        Ok(Self {
            access: SecretString::from(shape.access),
            refresh: SecretString::from(shape.refresh),
            expires_at: shape.expires_at,
            obtained_at: shape.obtained_at,
            generation: shape.generation,
            api_url: shape.api_url.map(|text| url("api address", &text)).transpose()?,
        })
    }
}
