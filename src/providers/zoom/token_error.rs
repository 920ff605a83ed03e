//! Owns what an error of Zoom's token endpoints means (zoom/facts.md 1.6). Never takes an unreadable body for a refusal.

use crate::app::ports::provider::AuthorizationError;
use crate::app::ports::provider::CallError;
use crate::providers::http::Answer;
use crate::providers::http::Unanswered;
use crate::providers::zoom::wire;

/// What a token endpoint was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// A code against tokens: nothing is lost with it, the user consents again.
    Code,
    /// A refresh token against tokens: taken for refused only when Zoom says just that.
    Refresh,
    /// The end of a grant.
    Revoke,
}

/// Names what an answer without success means. `error` decides, whatever the 4xx it comes with: Zoom changed the
/// status of one and the same error before.
pub(super) fn classify(answer: &Answer, asked: Asked) -> AuthorizationError {
    let status = answer.status.as_u16();
    if status == 429 {
        return AuthorizationError::Unreachable(CallError::Status(status));
    }
    let unclear = AuthorizationError::Ambiguous(CallError::Status(status));
    if !answer.status.is_client_error() {
        return unclear;
    }
    let Some(error) = wire::parse::<wire::TokenError>(&answer.body) else {
        return unclear;
    };
    by_code(error.code).or_else(|| by_error(&error, asked)).unwrap_or(unclear)
}

/// Zoom's numbers, where a body has one.
fn by_code(code: Option<i64>) -> Option<AuthorizationError> {
    match code? {
        4702 | 4704 | 4705 | 4706 | 4709 | 4717 | 4724 => Some(AuthorizationError::OurCredentials),
        124 | 4711 | 4733 | 4734 | 4737 | 4738 | 4740 | 4741 => Some(AuthorizationError::Refused),
        1001 | 4735 => Some(AuthorizationError::UserGone),
        _ => None,
    }
}

fn by_error(error: &wire::TokenError, asked: Asked) -> Option<AuthorizationError> {
    let reason = error.reason.as_deref().unwrap_or_default().to_ascii_lowercase();
    match (error.error.as_deref()?, asked) {
        ("invalid_client" | "unauthorized_client" | "unsupported_grant_type", _) => {
            Some(AuthorizationError::OurCredentials)
        }
        ("invalid_grant" | "invalid_token", _) | (_, Asked::Code) => Some(AuthorizationError::Refused),
        ("invalid_request", Asked::Refresh | Asked::Revoke) if reason.contains("invalid token") => {
            Some(AuthorizationError::Refused)
        }
        (_, Asked::Refresh | Asked::Revoke) => None,
    }
}

impl From<Unanswered> for AuthorizationError {
    fn from(unanswered: Unanswered) -> Self {
        match unanswered {
            Unanswered::NotSent(error) => Self::Unreachable(error),
            Unanswered::Lost(error) => Self::Ambiguous(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use http::StatusCode;
    use zeroize::Zeroizing;

    use super::*;

    fn classified(status: u16, body: &str, asked: Asked) -> String {
        let answer = Answer {
            status: StatusCode::from_u16(status).unwrap(),
            headers: HeaderMap::new(),
            body: Zeroizing::new(body.as_bytes().to_vec()),
        };
        format!("{:?}", classify(&answer, asked))
    }

    #[test]
    fn the_error_decides_whatever_the_status() {
        let invalid_token = r#"{"reason":"Invalid Token!","error":"invalid_request"}"#;
        let other_request = r#"{"reason":"Bad request","error":"invalid_request"}"#;
        let invalid_client = r#"{"reason":"Invalid client_id or client_secret","error":"invalid_client"}"#;
        let cases = [
            (400, r#"{"reason":"Invalid Token!","error":"invalid_grant"}"#, Asked::Refresh, "Refused"),
            (401, r#"{"reason":"Invalid Token!","error":"invalid_grant"}"#, Asked::Refresh, "Refused"),
            (400, invalid_token, Asked::Refresh, "Refused"),
            (401, invalid_token, Asked::Refresh, "Refused"),
            (400, invalid_token, Asked::Revoke, "Refused"),
            (400, other_request, Asked::Code, "Refused"),
            (400, other_request, Asked::Refresh, "Ambiguous(Status(400))"),
            (400, r#"{"error":"server_error"}"#, Asked::Refresh, "Ambiguous(Status(400))"),
            (400, invalid_client, Asked::Code, "OurCredentials"),
            (401, invalid_client, Asked::Refresh, "OurCredentials"),
            (400, r#"{"error":"unsupported_grant_type"}"#, Asked::Refresh, "OurCredentials"),
            (400, r#"{"error":"invalid_request","code":4709}"#, Asked::Code, "OurCredentials"),
            (400, r#"{"error":"invalid_request","errorCode":4741}"#, Asked::Refresh, "Refused"),
            (400, r#"{"error":"invalid_grant","code":4735}"#, Asked::Refresh, "UserGone"),
            (429, "", Asked::Refresh, "Unreachable(Status(429))"),
        ];
        for (status, body, asked, expected) in cases {
            assert_eq!(classified(status, body, asked), expected, "{status} {body} {asked:?}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_never_a_refusal() {
        let bodies = [
            "",
            "<html>invalid_grant</html>",
            "<?xml?><error>invalid_grant</error>",
            "{}",
            "{\"error\":\"inv",
        ];
        for asked in [Asked::Code, Asked::Refresh, Asked::Revoke] {
            for status in [302, 400, 401, 403, 500, 503] {
                for body in bodies {
                    let expected = format!("Ambiguous(Status({status}))");
                    assert_eq!(classified(status, body, asked), expected, "{body} {asked:?}");
                }
            }
            let failing = classified(500, r#"{"reason":"Invalid Token!","error":"invalid_grant"}"#, asked);
            assert_eq!(failing, "Ambiguous(Status(500))");
        }
    }
}
