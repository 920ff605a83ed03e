//! Owns why a token is not accepted. Decides nothing.

/// Why a token is not accepted: sentences that tell a caller what to do, and an attacker nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No token, or not as a bearer token.
    #[error("send a token as Authorization: Bearer <token>")]
    Missing,
    /// Not a token that can be read, or with a claim that cannot.
    #[error("the token cannot be read, or lacks iss, aud, sub, exp or iat: ask the issuer for a new one")]
    Malformed,
    /// The header asks for what is never done.
    #[error("the token's header has crit, jku, jwk, x5u, x5c or the like: ask the issuer for one without")]
    DangerousHeader,
    /// Nobody we know issued it.
    #[error("the token's issuer is not one of auth.issuers")]
    Issuer,
    /// Signed by nobody we know, or not by the algorithm of the key.
    #[error("the token's signature or key is not known here: ask the issuer for a new one")]
    Signature,
    /// Meant for another service.
    #[error("the token is meant for another audience: ask the issuer for one for this service")]
    Audience,
    /// Over.
    #[error("the token has expired: ask the issuer for a new one")]
    Expired,
    /// Not begun.
    #[error("the token is not valid yet: compare the clocks, or wait")]
    NotYet,
    /// More than an hour from `iat` to `exp`.
    #[error("the token lives longer than an hour: ask the issuer for a shorter one")]
    LivesTooLong,
    /// Its issuer's keys are not known.
    #[error("the keys of the token's issuer cannot be fetched: try again a little later")]
    KeysUnavailable,
}
