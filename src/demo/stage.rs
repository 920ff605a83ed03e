//! Owns everything that the demo runs in one process: folder, configuration, gateway, Zoom simulator, start page.

use std::io;
use std::sync::Arc;

use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::app::ports::clock::Clock;
use crate::config::Config;
use crate::config::telemetry;
use crate::crypto::keyring::Keyring;
use crate::demo::addresses::Addresses;
use crate::demo::folder::Folder;
use crate::demo::issuer;
use crate::demo::issuer::Issuer;
use crate::demo::platform::Platform;
use crate::demo::ports::Ports;
use crate::demo::sample;
use crate::demo::sample::SampleError;
use crate::demo::simulator::JoinUrls;
use crate::demo::simulator::Settings;
use crate::demo::simulator::Simulator;
use crate::demo::start_page::router::router;
use crate::demo::start_page::start::FROM_CURL;
use crate::demo::start_page::start::StartPage;
use crate::demo::written;
use crate::demo::written::Secrets;
use crate::demo::written::WriteError;
use crate::providers::http::HttpClient;
use crate::providers::http::NoClient;
use crate::server::Farewell;
use crate::server::Outside;
use crate::server::Server;
use crate::server::StartError;
use crate::web::urls;

/// How often other ports are tried, should another program take ours before the gateway does.
const ATTEMPTS: usize = 5;

/// Why the demo does not start.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// The temporary folder cannot be made.
    #[error("the temporary folder cannot be made")]
    Folder(#[source] io::Error),
    /// The machine has no port left.
    #[error("no port can be listened on")]
    Ports(#[source] io::Error),
    /// The configuration cannot be written, or is refused.
    #[error(transparent)]
    Configuration(#[from] WriteError),
    /// The gateway does not start.
    #[error(transparent)]
    Gateway(#[from] StartError),
    /// The platform's client cannot be made.
    #[error(transparent)]
    Client(#[from] NoClient),
    /// The sample site cannot be put.
    #[error(transparent)]
    Sample(#[from] SampleError),
}

/// What is ready before anything runs, so that logging can be started in between.
#[derive(Debug)]
pub struct Plan {
    folder: Folder,
    ports: Ports,
    secrets: Secrets,
    environment: Vec<(String, String)>,
    config: Config,
    outside: Outside,
}

impl Plan {
    /// Makes the folder, keys and secrets, takes ports, and writes the configuration. Of the environment, only what
    /// it says of logs counts.
    pub async fn open(environment: impl Iterator<Item = (String, String)>) -> Result<Self, StageError> {
        let outside = Outside::default();
        let folder = Folder::open(&*outside.entropy).map_err(StageError::Folder)?;
        let ports = Ports::open().await.map_err(StageError::Ports)?;
        let ring = Keyring::generate(outside.clock.now(), &*outside.entropy).render();
        let secrets = Secrets {
            client: issuer::secret(&*outside.entropy),
            webhook: issuer::secret(&*outside.entropy),
            issuer: issuer::secret(&*outside.entropy),
            keyring: SecretString::from(ring.as_str()),
        };
        let environment: Vec<_> = environment.collect();
        let config = written::configure(&folder, &ports, &secrets, &environment)?;
        Ok(Self { folder, ports, secrets, environment, config, outside })
    }

    /// How the log looks.
    pub fn telemetry(&self) -> &telemetry::Settings {
        &self.config.telemetry
    }

    /// Starts the gateway, the Zoom simulator and the start page, and puts the sample site.
    pub async fn start(self) -> Result<Stage, StageError> {
        let Self { folder, mut ports, secrets, environment, mut config, outside } = self;
        let mut attempts = 1..ATTEMPTS;
        let (server, simulator, addresses) = loop {
            let addresses = Addresses::of(&ports);
            let Ports { public, internal, simulator } = ports;
            drop((public.listener, internal.listener));
            match Server::open(&config, outside.clone()).await {
                Ok(server) => break (server, simulator.listener, addresses),
                Err(StartError::Bind { .. }) if attempts.next().is_some() => {
                    ports = Ports::open().await.map_err(StageError::Ports)?;
                    config = written::configure(&folder, &ports, &secrets, &environment)?;
                }
                Err(error) => return Err(error.into()),
            }
        };
        let clock = Arc::clone(&outside.clock);
        let issuer = Issuer::new(&secrets.issuer, Arc::clone(&clock));
        let http = HttpClient::open()?;
        let platform = Arc::new(Platform { http, api: addresses.internal.clone(), issuer });
        let stop = CancellationToken::new();
        let gateway = tokio::spawn(server.run(stop.clone(), Farewell::Immediate));
        let start_page = StartPage::new(Arc::clone(&platform), addresses.clone(), Arc::clone(&clock));
        let hooks = urls::zoom_webhooks(&addresses.public);
        let zoom = simulator_at(&addresses, (secrets.client, secrets.webhook), &outside);
        let zoom = zoom.telling(hooks)?.beside(router(start_page));
        let zoom = tokio::spawn(serve(zoom, simulator, stop.clone()));
        let stage = Stage { addresses, platform, clock, stop, acts: [gateway, zoom], folder };
        match sample::put(&stage.platform).await {
            Ok(()) => Ok(stage),
            Err(error) => {
                stage.end().await;
                Err(error.into())
            }
        }
    }
}

/// The running demo.
#[derive(Debug)]
pub struct Stage {
    pub(super) addresses: Addresses,
    pub(super) platform: Arc<Platform>,
    pub(super) clock: Arc<dyn Clock>,
    stop: CancellationToken,
    acts: [JoinHandle<()>; 2],
    folder: Folder,
}

impl Stage {
    /// Stops everything in order, and removes the folder.
    pub async fn end(self) {
        self.stop.cancel();
        for act in self.acts {
            if let Err(error) = act.await {
                tracing::error!(%error, "a part of the demo broke");
            }
        }
        drop(self.folder);
    }

    /// What a person is told at the start.
    pub fn text(&self) -> String {
        let Addresses { public, internal, simulator, notices } = &self.addresses;
        let token = format!("$(curl -s {simulator}demo/token)");
        let path = format!("{internal}{}", sample::session_path(FROM_CURL).trim_start_matches('/'));
        let day = tomorrow(self.clock.now());
        let notices = notices.iter().flat_map(|notice| [notice, "\n"]).collect::<String>();
        format!(
            "{notices}greenroom runs, with a sample site (\"{studio}\") and a simulator in place of Zoom.\n\n\
             Open this page and press its buttons: connect accounts, book sessions, follow links.\n\n    \
             {simulator}demo\n\n\
             Or book a session as another service would, and read its link:\n\n    \
             curl -sX PUT {path} \\\n      -H \"Authorization: Bearer {token}\" \\\n      \
             -H 'Content-Type: application/json' \\\n      \
             -d '{{\"service_id\":\"yoga\",\"staff_ids\":[\"bob\"],\"title\":\"Yoga with Bob\",\
             \"starts_at\":\"{day}T13:00:00Z\",\"duration_minutes\":60,\"time_zone\":\"America/Sao_Paulo\"}}'\n\n    \
             curl -s '{path}/link?audience=members_area' \\\n      -H \"Authorization: Bearer {token}\"\n\n\
             What Zoom sees: {simulator}\n\
             Every request it got: {simulator}simulator/ledger\n\
             Portal and join addresses: {public}    API: {internal}\n\n\
             Ctrl-C ends it and removes what it stored. All by itself, as a check: greenroom demo --tour\n",
            studio = sample::STUDIO,
        )
    }
}

fn tomorrow(now: jiff::Timestamp) -> String {
    let tomorrow = now.checked_add(jiff::SignedDuration::from_hours(24)).unwrap_or(now);
    tomorrow.strftime("%Y-%m-%d").to_string()
}

fn simulator_at(
    addresses: &Addresses,
    (client_secret, webhook_secret): (SecretString, SecretString),
    outside: &Outside,
) -> Simulator {
    let client_id = written::CLIENT_ID.to_owned();
    let mut settings = Settings::new(client_id, vec![client_secret], addresses.simulator.clone());
    settings.webhook_secret = webhook_secret;
    settings.redirect_uris = vec![urls::zoom_callback(&addresses.public).into()];
    settings.join_urls = JoinUrls::Simulator;
    let mut seed = [0; 8];
    outside.entropy.fill(&mut seed);
    Simulator::new(settings, Arc::clone(&outside.clock), u64::from_le_bytes(seed))
}

async fn serve(simulator: Simulator, listener: TcpListener, stop: CancellationToken) {
    if let Err(error) = simulator.serve(listener, stop).await {
        tracing::error!(%error, "the Zoom simulator ended");
    }
}
