//! What every handler can reach. Cheap to clone; nothing in it is per request.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use metrics_exporter_prometheus::PrometheusHandle;
use secrecy::ExposeSecret;
use sqlx::PgPool;

use super::attempts::Attempts;
use super::metrics::recorder::recorder;
use super::seats::Seats;
use crate::app::{self, App};
use crate::clock::Clock;
use crate::config::{Flavor, Settings};
use crate::db::prices::PriceBook;
use crate::db::{self, Backends};
use crate::documents::Documents;
use crate::domain::job::Job;
use crate::domain::reach::Limits;
use crate::mail::Mailer;
use crate::nodeconductor::NodeConductor;
use crate::signals::{KillbillState, Signals};

/// The service as the web side sees it.
#[derive(Clone)]
pub struct AppState {
    /// What this request's queries go to: those of reads, or of pushes ([`Self::for_pushes`]).
    pub pool: PgPool,
    /// Those of pushes, and of who calls.
    pub pushes: PgPool,
    /// What works for requests that may be given up.
    pub backends: Backends,
    pub seats: Seats,
    pub clock: Clock,
    pub http: Arc<HttpSettings>,
    pub signals: Signals,
    /// The other source of identity, if there is one.
    pub nodeconductor: Option<NodeConductor>,
    /// Who tries tokens.
    pub attempts: Attempts,
    pub metrics: PrometheusHandle,
    pub book: PriceBook,
    pub documents: Documents,
    /// None: nothing goes out by e-mail.
    pub mailer: Option<Mailer>,
    /// What flavours are made of, by their key in the price list.
    pub flavors: Arc<BTreeMap<String, Flavor>>,
    /// The configured meters and their keys.
    pub meters: Arc<HashMap<String, i16>>,
    /// What was loaded, for the settings' page; None where a router was put together by hand.
    pub settings: Option<Arc<Settings>>,
}

/// The settings of the web side.
#[derive(Clone)]
pub struct HttpSettings {
    /// `https://billing.example.com`, without a path: what links start with. `None`: the request's own `Host`.
    pub public_url: Option<String>,
    /// Origins whose pages may read answers; `*` for any (then without credentials).
    pub cors_origins: Vec<String>,
    /// Bytes of any body except pushed usage.
    pub body_limit: usize,
    /// Bytes of a usage push, after decompression.
    pub usage_body_limit: usize,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Whether the metrics have an address of their own.
    pub metrics_apart: bool,
    /// After this long a request is given up with 503.
    pub request_timeout: Duration,
    /// The last path segment of the address that Kill Bill notifies.
    pub notification_secret: String,
    /// How far from the clocks an hour may lie.
    pub limits: Limits,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            public_url: None,
            cors_origins: Vec::new(),
            body_limit: 1024 * 1024,
            usage_body_limit: 16 * 1024 * 1024,
            trusted_proxies: Vec::new(),
            metrics_apart: false,
            request_timeout: Duration::from_mins(1),
            notification_secret: String::new(),
            limits: Limits::default(),
        }
    }
}

impl AppState {
    /// The web side of a process.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn of(app: &App) -> sqlx::Result<Self> {
        let settings = &app.settings.http;
        let secret = app::notification_secret(&app.settings, &app.pools.jobs).await?;
        let meters = app.settings.billing.meters.iter();
        let meters: Vec<String> = meters.map(|meter| meter.name.clone()).collect();
        Ok(Self {
            pool: app.pools.reads.clone(),
            pushes: app.pools.pushes.clone(),
            backends: app.pools.backends.clone(),
            seats: Seats::of_reads(&app.pools.reads),
            clock: app.clock.clone(),
            http: Arc::new(HttpSettings {
                public_url: settings.public_url.clone(),
                cors_origins: settings.cors_origins.clone(),
                request_timeout: settings.request_timeout,
                trusted_proxies: settings.trusted_proxies.clone(),
                metrics_apart: settings.metrics_bind.is_some(),
                notification_secret: secret.expose_secret().to_owned(),
                limits: app.settings.usage,
                ..HttpSettings::default()
            }),
            signals: app.signals.clone(),
            nodeconductor: app.nodeconductor.clone(),
            attempts: Attempts::new(settings.refused_tokens, settings.token_attempts),
            metrics: recorder(),
            meters: Arc::new(db::usage::meters(&app.pools.jobs, &meters).await?),
            flavors: Arc::new(app.settings.billing.flavors.clone()),
            book: app.book.clone(),
            documents: Documents {
                pool: app.pools.reads.clone(),
                ..app.documents()
            },
            mailer: app.mailer(),
            settings: Some(app.settings.clone()),
        })
    }

    /// The same for requests that bring data: they have connections and seats of their own.
    #[must_use]
    pub fn for_pushes(&self) -> Self {
        Self {
            pool: self.pushes.clone(),
            seats: Seats::of_pushes(&self.pushes),
            ..self.clone()
        }
    }

    /// Asks for one pass of `job`: kept in the database for any replica, and announced to our own worker.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn request(&self, job: Job) -> sqlx::Result<()> {
        db::jobs::request(&self.pool, job, self.clock.now()).await?;
        self.signals.wake(job);
        Ok(())
    }

    /// A customer or resource became known or changed: what waited for it may go out now.
    pub fn registered(&self) {
        self.signals.wake(Job::Deliver);
    }

    /// How Kill Bill last answered this process.
    #[must_use]
    pub fn killbill_state(&self) -> KillbillState {
        self.signals.killbill()
    }
}
