//! The composition root: settings become a pool, a Kill Bill client, a price book and a renderer, once.

use std::sync::Arc;

use anyhow::Context;
use secrecy::{ExposeSecret, SecretString};
use sqlx::PgPool;
use sqlx::postgres::PgConnectOptions;
use uuid::Uuid;

use crate::clock::Clock;
use crate::config::Settings;
use crate::db::prices::PriceBook;
use crate::db::{self, Patience, Pools};
use crate::delivery::{Delivery, Lanes};
use crate::documents::{Documents, Issuers};
use crate::killbill::{Connection, KillBill};
use crate::mail::Mailer;
use crate::nodeconductor::NodeConductor;
use crate::pdf::Renderer;
use crate::settlement::Settler;
use crate::signals::Signals;

const UNREACHABLE: &str = "the database cannot be reached";

/// The parts of a running service. Cheap to clone.
#[derive(Clone)]
pub struct App {
    pub settings: Arc<Settings>,
    pub pools: Pools,
    pub clock: Clock,
    pub killbill: KillBill,
    pub book: PriceBook,
    pub renderer: Renderer,
    pub signals: Signals,
    /// None: only our own tokens are taken.
    pub nodeconductor: Option<NodeConductor>,
    owner: Uuid,
    lanes: Lanes,
}

impl App {
    /// Builds the parts; connects to the database, but not to Kill Bill, which may be down.
    ///
    /// # Errors
    /// When the database cannot be reached, or a font directory cannot be read.
    pub async fn start(settings: Settings, clock: Clock) -> anyhow::Result<Self> {
        let pools = pools(&settings).await?;
        Ok(Self {
            killbill: killbill(&settings)?,
            book: PriceBook::new(
                settings.billing.meters.clone(),
                settings.billing.plans.clone(),
                &settings.billing.currency,
            )
            .charging(&settings.billing.monthly.products),
            renderer: Renderer::new(&settings.pdf.font_dirs).context("the fonts cannot be loaded")?,
            signals: Signals::default(),
            nodeconductor: nodeconductor(&settings, &clock)?,
            owner: Uuid::new_v4(),
            lanes: Lanes::default(),
            settings: Arc::new(settings),
            pools,
            clock,
        })
    }

    /// A delivery worker of this process.
    #[must_use]
    pub fn delivery(&self) -> Delivery {
        Delivery {
            pool: self.pools.jobs.clone(),
            killbill: self.killbill.clone(),
            clock: self.clock.clone(),
            settings: self.settings.delivery,
            limits: self.settings.usage,
            currency: self.settings.billing.currency.clone(),
            asks: self.settings.settlement.approval,
            owner: self.owner,
            lanes: self.lanes.clone(),
            killbill_ahead: Arc::default(),
        }
    }

    /// A settling worker of this process.
    #[must_use]
    pub fn settler(&self) -> Settler {
        let billing = &self.settings.billing;
        Settler {
            pool: self.pools.jobs.clone(),
            killbill: self.killbill.clone(),
            clock: self.clock.clone(),
            settings: self.settings.delivery,
            currency: billing.currency.clone(),
            divisor: billing.monthly_divisor.into(),
            asks: self.settings.settlement.approval,
            month_grace: billing.monthly.settle_after,
            book: self.book.clone(),
            owner: self.owner,
        }
    }

    /// Notes who sends invoices from now on: what is issued keeps its sender.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note_issuer(&self) -> sqlx::Result<()> {
        Issuers::note(&self.pools.jobs, self.clock.now(), &self.settings.issuer).await
    }

    /// Who sends letters; none without a mail server.
    #[must_use]
    pub fn mailer(&self) -> Option<Mailer> {
        let settings = self.settings.mail.clone()?;
        Some(Mailer {
            pool: self.pools.jobs.clone(),
            clock: self.clock.clone(),
            documents: self.documents(),
            settings: Arc::new(settings),
        })
    }

    /// The documents of this process.
    #[must_use]
    pub fn documents(&self) -> Documents {
        Documents {
            pool: self.pools.jobs.clone(),
            clock: self.clock.clone(),
            renderer: self.renderer.clone(),
            book: self.book.clone(),
            issuer: Arc::new(self.settings.issuer.clone()),
            payment_days: self.settings.pdf.payment_days,
        }
    }
}

/// The database of the settings, for a command at a terminal.
///
/// # Errors
/// When it cannot be reached.
pub async fn pool(settings: &Settings) -> anyhow::Result<PgPool> {
    db::connect(options(settings)?, settings.database.max_connections)
        .await
        .context(UNREACHABLE)
}

/// The same for a process that serves and works, by kind of work.
async fn pools(settings: &Settings) -> anyhow::Result<Pools> {
    let database = &settings.database;
    let patience = |statement| Patience {
        statement,
        lock: database.lock_timeout,
    };
    let (jobs, requests) = (
        patience(database.statement_timeout),
        patience(settings.http.request_timeout),
    );
    Pools::connect(&options(settings)?, database.max_connections, jobs, requests)
        .await
        .context(UNREACHABLE)
}

/// Applies the migrations that are missing.
///
/// # Errors
/// When the database cannot be reached, or refuses one.
pub async fn migrate(settings: &Settings) -> anyhow::Result<()> {
    db::migrate(&options(settings)?)
        .await
        .context("the migrations cannot be applied")
}

fn options(settings: &Settings) -> anyhow::Result<PgConnectOptions> {
    let url = settings.database.url.expose_secret();
    url.parse().context("database.url is not usable")
}

/// The Kill Bill client of the settings; says nothing about whether Kill Bill is there.
///
/// # Errors
/// When credentials hold characters that no header can carry.
pub fn killbill(settings: &Settings) -> anyhow::Result<KillBill> {
    let billing = &settings.billing;
    let connection = Connection {
        api_url: billing.api_url.clone(),
        username: billing.username.clone(),
        password: billing.password.clone(),
        api_key: billing.api_key.clone(),
        api_secret: billing.api_secret.clone(),
        ca: billing.ca.clone(),
        request_timeout: settings.delivery.request_timeout,
    };
    Ok(KillBill::new(&connection)?)
}

fn nodeconductor(settings: &Settings, clock: &Clock) -> anyhow::Result<Option<NodeConductor>> {
    let connection = settings.nodeconductor.clone();
    if let Some(exposed) = connection.as_ref().filter(|connection| connection.is_exposed()) {
        let url = exposed.url.as_str();
        tracing::warn!(
            url,
            "nodeconductor.url is plain http: tokens can be read on the way; use https"
        );
    }
    let client = connection.map(|connection| NodeConductor::new(connection, clock.clone()));
    client.transpose().context("NodeConductor cannot be called")
}

/// The unguessable part of the notification address: the configured one, or one made once and shared by all replicas.
///
/// # Errors
/// When the database fails.
pub async fn notification_secret(settings: &Settings, pool: &PgPool) -> sqlx::Result<SecretString> {
    match &settings.notifications.secret {
        Some(secret) => Ok(secret.clone()),
        None => db::settings::shared(pool, "notification_secret", &hex::encode(rand::random::<[u8; 20]>()))
            .await
            .map(Into::into),
    }
}
