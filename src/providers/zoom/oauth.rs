//! Owns consent at Zoom: where browsers go, codes and refresh tokens against tokens, the end of a grant. Stores none.
//!
//! The oauth2 crate writes the requests. Refusals are read in the bridge to the outbound client, since the crate
//! keeps neither the status nor `reason`, and carries a body it cannot read in its error. Revoking is written by
//! hand: the crate adds a hint Zoom does not document, and refuses a simulator on plain http.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use data_encoding::BASE64URL_NOPAD;
use futures_util::future::BoxFuture;
use http::HeaderValue;
use http::Request;
use http::header::AUTHORIZATION;
use http::header::CONTENT_TYPE;
use oauth2::AsyncHttpClient;
use oauth2::AuthUrl;
use oauth2::AuthorizationCode;
use oauth2::ClientId;
use oauth2::ClientSecret;
use oauth2::CsrfToken;
use oauth2::EndpointNotSet;
use oauth2::EndpointSet;
use oauth2::HttpRequest;
use oauth2::HttpResponse;
use oauth2::PkceCodeChallenge;
use oauth2::PkceCodeVerifier;
use oauth2::RedirectUrl;
use oauth2::RefreshToken;
use oauth2::RequestTokenError;
use oauth2::StandardRevocableToken;
use oauth2::TokenResponse;
use oauth2::TokenUrl;
use oauth2::basic::BasicErrorResponse;
use oauth2::basic::BasicRevocationErrorResponse;
use oauth2::basic::BasicTokenIntrospectionResponse;
use secrecy::ExposeSecret;
use secrecy::SecretString;
use tracing::debug;
use tracing::instrument;
use tracing::warn;
use url::Url;
use url::form_urlencoded;
use zeroize::Zeroizing;

use crate::app::ports::clock::Clock;
use crate::app::ports::provider::Authorization;
use crate::app::ports::provider::AuthorizationError;
use crate::app::ports::provider::Authorized;
use crate::app::ports::provider::CallError;
use crate::app::ports::provider::Consent;
use crate::app::ports::provider::FreshTokens;
use crate::domain::account::Host;
use crate::domain::entropy::Entropy;
use crate::domain::token::Token;
use crate::providers::http::Answer;
use crate::providers::http::HttpClient;
use crate::providers::zoom::address::parse_api_url;
use crate::providers::zoom::error::Failure;
use crate::providers::zoom::parts::Parts;
use crate::providers::zoom::rest::tracking_id;
use crate::providers::zoom::scopes;
use crate::providers::zoom::settings::Secrets;
use crate::providers::zoom::settings::Settings;
use crate::providers::zoom::token_error::Asked;
use crate::providers::zoom::token_error::classify;
use crate::providers::zoom::users::Bearer;
use crate::providers::zoom::users::ZoomUsers;
use crate::providers::zoom::wire;

/// How long an access token works where Zoom does not say (zoom/facts.md 1.4).
const ACCESS_LIFETIME: Duration = Duration::from_hours(1);

/// How often the user is asked for after an exchange: the tokens of an earlier consent are dead by then, so giving
/// up at the first hiccup would take the user's other accounts along.
const USER_ATTEMPTS: u32 = 3;

/// How long to wait before asking for the user again, growing.
const PAUSE: Duration = Duration::from_secs(1);

type Client = oauth2::Client<
    BasicErrorResponse,
    wire::Tokens,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

/// Consent at Zoom, for one app.
#[derive(Debug)]
pub struct ZoomAuthorization {
    settings: Arc<Settings>,
    secrets: Arc<ArcSwap<Secrets>>,
    redirect_uri: Url,
    http: HttpClient,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    timeout: Duration,
    users: ZoomUsers,
}

/// What is exchanged for tokens.
enum Exchanged<'a> {
    Code { code: &'a SecretString, verifier: &'a SecretString },
    Refresh(&'a SecretString),
}

/// Sends what the oauth2 crate wrote, and gives back only successes.
struct Bridge<'a> {
    authorization: &'a ZoomAuthorization,
    asked: Asked,
}

impl<'c> AsyncHttpClient<'c> for Bridge<'_> {
    type Error = AuthorizationError;
    type Future = BoxFuture<'c, Result<HttpResponse, AuthorizationError>>;

    /// The status of a success and its content type are left out: tokens that came are not lost over them.
    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let mut answer = self.authorization.send(request, self.asked).await?;
            Ok(HttpResponse::new(std::mem::take(&mut *answer.body)))
        })
    }
}

impl ZoomAuthorization {
    /// Makes the adapter: nothing is sent.
    pub fn new(parts: &Parts) -> Self {
        Self {
            settings: parts.settings.clone(),
            secrets: parts.secrets.clone(),
            redirect_uri: parts.redirect_uri.clone(),
            http: parts.http.clone(),
            clock: parts.clock.clone(),
            entropy: parts.entropy.clone(),
            timeout: parts.timeouts.tokens,
            users: ZoomUsers::new(parts),
        }
    }

    fn client(&self) -> Client {
        oauth2::Client::new(ClientId::new(self.settings.client_id.clone()))
            .set_auth_uri(AuthUrl::from_url(self.settings.authorize_url.clone()))
            .set_token_uri(TokenUrl::from_url(self.settings.token_url.clone()))
            .set_redirect_uri(RedirectUrl::from_url(self.redirect_uri.clone()))
    }

    /// Exchanges for tokens, with the app's other secret where Zoom does not know the first: that is decided before
    /// the code or token is looked at.
    async fn tokens(&self, exchanged: Exchanged<'_>) -> Result<FreshTokens, AuthorizationError> {
        for secret in &self.secrets.load_full().client {
            match self.tokens_with(secret, &exchanged).await {
                Err(AuthorizationError::OurCredentials) => {}
                tokens => return self.fresh(&tokens?),
            }
        }
        Err(AuthorizationError::OurCredentials)
    }

    async fn tokens_with(
        &self,
        secret: &SecretString,
        exchanged: &Exchanged<'_>,
    ) -> Result<wire::Tokens, AuthorizationError> {
        let client = self.client().set_client_secret(ClientSecret::new(secret.expose_secret().to_owned()));
        match exchanged {
            Exchanged::Code { code, verifier } => {
                let verifier = PkceCodeVerifier::new(verifier.expose_secret().to_owned());
                let bridge = Bridge { authorization: self, asked: Asked::Code };
                let code = AuthorizationCode::new(code.expose_secret().to_owned());
                client.exchange_code(code).set_pkce_verifier(verifier).request_async(&bridge).await
            }
            Exchanged::Refresh(token) => {
                let bridge = Bridge { authorization: self, asked: Asked::Refresh };
                let token = RefreshToken::new(token.expose_secret().to_owned());
                client.exchange_refresh_token(&token).request_async(&bridge).await
            }
        }
        .map_err(token_error)
    }

    /// Asks a token endpoint; an answer is a 2xx.
    async fn send(&self, request: Request<Vec<u8>>, asked: Asked) -> Result<Answer, AuthorizationError> {
        let answer = self.http.send(request, self.timeout).await?;
        if answer.status.is_success() {
            return Ok(answer);
        }
        let (status, error) = (answer.status.as_u16(), classify(&answer, asked));
        if matches!(error, AuthorizationError::Ambiguous(_)) {
            warn!(zoom.tracking_id = tracking_id(&answer), status, ?asked, "zoom gave no clear answer");
        } else {
            debug!(zoom.tracking_id = tracking_id(&answer), status, ?asked, "zoom refused to authorize");
        }
        Err(error)
    }

    fn fresh(&self, tokens: &wire::Tokens) -> Result<FreshTokens, AuthorizationError> {
        let refresh = tokens.refresh_token().ok_or(AuthorizationError::Ambiguous(CallError::Unreadable))?;
        let scopes = tokens.scopes().into_iter().flatten();
        Ok(FreshTokens {
            access: tokens.access_token().secret().clone().into(),
            refresh: refresh.secret().clone().into(),
            expires_in: tokens.expires_in().unwrap_or(ACCESS_LIFETIME),
            scopes: scopes.map(|scope| scope.as_str().to_owned()).collect::<BTreeSet<_>>(),
            api_url: tokens.api_url.as_deref().and_then(|url| parse_api_url(url, &self.settings)),
        })
    }

    /// Asks who the tokens belong to: reading may be repeated.
    async fn host(&self, tokens: &FreshTokens) -> Result<Host, AuthorizationError> {
        let mut attempt = 1;
        loop {
            let bearer = Bearer { access: &tokens.access, api_url: tokens.api_url.as_ref(), told: None };
            match self.users.find_by(bearer).await {
                Err(failure) if attempt < USER_ATTEMPTS && is_passing(&failure) => {
                    self.clock.wait(PAUSE.saturating_mul(attempt)).await;
                    attempt += 1;
                }
                user => return user.map_err(user_error),
            }
        }
    }

    async fn revoke_with(
        &self,
        secret: &SecretString,
        access: &SecretString,
    ) -> Result<(), AuthorizationError> {
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("token", access.expose_secret())
            .finish();
        let request = Request::post(self.settings.revoke_url.as_str())
            .header(AUTHORIZATION, basic(&self.settings.client_id, secret)?)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form.into_bytes())
            .map_err(|_| AuthorizationError::Unreachable(CallError::Connect))?;
        let answer = self.send(request, Asked::Revoke).await?;
        let is_zooms = answer.body.is_empty() || wire::parse::<wire::TokenError>(&answer.body).is_some();
        if is_zooms { Ok(()) } else { Err(AuthorizationError::Ambiguous(CallError::Unreadable)) }
    }
}

#[async_trait::async_trait]
impl Authorization for ZoomAuthorization {
    fn client_id(&self) -> &str {
        &self.settings.client_id
    }

    fn begin(&self, state: &Token) -> Consent {
        let mut bytes = Zeroizing::new([0; 32]);
        self.entropy.fill(bytes.as_mut());
        let verifier = BASE64URL_NOPAD.encode(bytes.as_ref());
        let challenge =
            PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(verifier.clone()));
        let (url, _state) = self
            .client()
            .authorize_url(|| CsrfToken::new(state.expose().to_owned()))
            .set_pkce_challenge(challenge)
            .url();
        Consent { url, verifier: verifier.into() }
    }

    #[instrument(name = "zoom.oauth.exchange", skip_all)]
    async fn exchange(
        &self,
        code: &SecretString,
        verifier: &SecretString,
    ) -> Result<Authorized, AuthorizationError> {
        let tokens = self.tokens(Exchanged::Code { code, verifier }).await?;
        let lacking = scopes::missing(&tokens.scopes);
        // Nobody can be asked for whose tokens they are.
        if lacking.iter().any(|scope| scope == scopes::READ_USER) {
            return Err(AuthorizationError::MissingScopes(lacking));
        }
        Ok(Authorized { host: self.host(&tokens).await?, tokens, lacking })
    }

    #[instrument(name = "zoom.oauth.refresh", skip_all)]
    async fn refresh(&self, refresh: &SecretString) -> Result<FreshTokens, AuthorizationError> {
        self.tokens(Exchanged::Refresh(refresh)).await
    }

    #[instrument(name = "zoom.oauth.revoke", skip_all)]
    async fn revoke(&self, access: &SecretString) -> Result<(), AuthorizationError> {
        for secret in &self.secrets.load_full().client {
            match self.revoke_with(secret, access).await {
                Err(AuthorizationError::OurCredentials) => {}
                revoked => return revoked,
            }
        }
        Err(AuthorizationError::OurCredentials)
    }
}

/// Keeps of the crate's error only what holds no token.
fn token_error(error: RequestTokenError<AuthorizationError, BasicErrorResponse>) -> AuthorizationError {
    match error {
        RequestTokenError::Request(error) => error,
        RequestTokenError::ServerResponse(_) | RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
            AuthorizationError::Ambiguous(CallError::Unreadable)
        }
    }
}

fn basic(client_id: &str, secret: &SecretString) -> Result<HeaderValue, AuthorizationError> {
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let pair = Zeroizing::new(format!("{}:{}", encode(client_id), encode(secret.expose_secret())));
    let value = format!("Basic {}", STANDARD.encode(pair.as_bytes()));
    let mut value = HeaderValue::try_from(value).map_err(|_| AuthorizationError::OurCredentials)?;
    value.set_sensitive(true);
    Ok(value)
}

/// Whether asking again may help.
fn is_passing(failure: &Failure) -> bool {
    matches!(failure, Failure::Ambiguous(_) | Failure::NotExecuted(_) | Failure::RateLimited { .. })
}

/// What it means that the user of fresh tokens cannot be read: the code is spent, and the tokens are lost.
fn user_error(failure: Failure) -> AuthorizationError {
    match failure {
        Failure::Scopes => AuthorizationError::MissingScopes(vec![scopes::READ_USER.to_owned()]),
        Failure::User | Failure::Gone => AuthorizationError::UserGone,
        Failure::Token => AuthorizationError::Refused,
        Failure::Unlicensed => AuthorizationError::Ambiguous(CallError::Status(400)),
        Failure::Rejected { status, .. } => AuthorizationError::Ambiguous(CallError::Status(status)),
        Failure::RateLimited { .. } | Failure::DailyLimit { .. } => {
            AuthorizationError::Ambiguous(CallError::Status(429))
        }
        Failure::NotExecuted(error) | Failure::Ambiguous(error) => AuthorizationError::Ambiguous(error),
    }
}
