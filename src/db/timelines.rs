//! The timelines of subscriptions, from what is kept of them: the catalog's versions, what Kill Bill told of subscription,
//! account and tenant. Whoever rates, holds or checks hours asks for one here.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use sqlx::types::Json;
use sqlx::{PgConnection, PgPool};

use crate::domain::catalog::{self, Versions, xml};
use crate::domain::timeline::{AccountTerms, Subscribed, TenantTerms, Timeline};

/// Catalog versions by the hash of their content, which never changes: each is parsed once in a process.
static PARSED: LazyLock<Mutex<HashMap<Vec<u8>, Arc<xml::Catalog>>>> = LazyLock::new(Mutex::default);

/// Under this name the tenant's terms are kept in `setting`.
const TENANT_TERMS: &str = "tenant_terms";

/// What all timelines of one moment are made from.
#[derive(Clone, Debug)]
pub struct Timelines {
    versions: Versions,
    tenant: TenantTerms,
    currency: String,
}

/// A subscription, as it is kept.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Kept {
    pub id: i64,
    pub plan: String,
    pub billing_start: DateTime<Utc>,
    pub billing_end: Option<DateTime<Utc>>,
    pub subscribed: Option<Json<Subscribed>>,
    pub account_terms: Option<Json<AccountTerms>>,
}

impl Timelines {
    /// As of now. `currency` is that of accounts that were not read yet.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn load(pool: &PgPool, currency: &str) -> sqlx::Result<Self> {
        Self::load_in(&mut *pool.acquire().await?, currency).await
    }

    /// The same inside a transaction.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn load_in(db: &mut PgConnection, currency: &str) -> sqlx::Result<Self> {
        Ok(Self {
            versions: versions(db).await?,
            tenant: tenant_terms(db).await?,
            currency: currency.to_owned(),
        })
    }

    /// What the tenant sets for all of its subscriptions.
    #[must_use]
    pub const fn tenant(&self) -> TenantTerms {
        self.tenant
    }

    /// Of all catalog versions that Kill Bill has.
    #[must_use]
    pub const fn versions(&self) -> &Versions {
        &self.versions
    }

    /// Whether the catalog may bill subscriptions on days of their own.
    #[must_use]
    pub fn allow_own_days(&self) -> bool {
        !self.versions.follow_account()
    }

    /// The timeline of a kept subscription.
    #[must_use]
    pub fn of(&self, kept: &Kept) -> Timeline {
        let assumed = || Subscribed::new(&kept.plan, kept.billing_start);
        let subscribed = kept.subscribed.as_ref().map_or_else(assumed, |told| told.0.clone());
        // An end that was decided here is not told by Kill Bill yet.
        self.made(
            &subscribed.until(kept.billing_end),
            kept.account_terms.as_ref().map(|terms| &terms.0),
        )
    }

    /// The timeline of what is told; without an account's terms those that this service gives an account.
    #[must_use]
    pub fn made(&self, subscribed: &Subscribed, account: Option<&AccountTerms>) -> Timeline {
        let ours = || AccountTerms::ours(&self.currency);
        let account = account.cloned().unwrap_or_else(ours);
        Timeline::new(&self.versions, subscribed, &account, self.tenant)
    }

    /// The timelines of these subscriptions.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn of_subscriptions(&self, db: &mut PgConnection, ids: &[i64]) -> sqlx::Result<BTreeMap<i64, Timeline>> {
        let kept: Vec<Kept> = sqlx::query_as(
            "select s.id, s.plan, s.billing_start, s.billing_end, s.subscribed, c.account_terms
             from subscription s join resource r on r.id = s.resource_id join customer c on c.id = r.customer_id
             where s.id = any($1)",
        )
        .bind(ids)
        .fetch_all(db)
        .await?;
        Ok(kept.iter().map(|kept| (kept.id, self.of(kept))).collect())
    }
}

/// The timelines of these subscriptions as of now. By one connection, which is given back before the next is asked for: a pool
/// that is used up would wait for itself.
///
/// # Errors
/// When the database fails.
pub async fn of_subscriptions(pool: &PgPool, currency: &str, ids: &[i64]) -> sqlx::Result<BTreeMap<i64, Timeline>> {
    let mut db = pool.acquire().await?;
    let all = Timelines::load_in(&mut db, currency).await?;
    all.of_subscriptions(&mut db, ids).await
}

/// Keeps what the tenant sets for all subscriptions; true when that is news.
///
/// # Errors
/// When the database fails.
pub async fn keep_tenant_terms(pool: &PgPool, terms: TenantTerms) -> sqlx::Result<bool> {
    let text = serde_json::to_string(&terms).map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
    let result = sqlx::query(
        "insert into setting (name, value) values ($1, $2)
         on conflict (name) do update set value = excluded.value where setting.value <> excluded.value",
    )
    .bind(TENANT_TERMS)
    .bind(text)
    .execute(pool)
    .await?;
    Ok(result.rows_affected() > 0)
}

/// Whether the newest line of usage that costs something is an item of one tier: only such an item bears a quantity.
///
/// # Errors
/// When the database fails.
pub async fn is_itemized_lately(pool: &PgPool) -> sqlx::Result<bool> {
    let newest = sqlx::query_scalar(
        "select quantity is not null from invoice_item where item_type = 'USAGE' and amount <> 0 order by id desc limit 1",
    );
    Ok(newest.fetch_optional(pool).await?.unwrap_or_default())
}

async fn tenant_terms(db: &mut PgConnection) -> sqlx::Result<TenantTerms> {
    let text: Option<String> = sqlx::query_scalar("select value from setting where name = $1")
        .bind(TENANT_TERMS)
        .fetch_optional(db)
        .await?;
    text.map_or_else(
        || Ok(TenantTerms::default()),
        |text| serde_json::from_str(&text).map_err(|error| sqlx::Error::Decode(Box::new(error))),
    )
}

/// Of the catalog as it was read last; only what was not read before comes with its document.
async fn versions(db: &mut PgConnection) -> sqlx::Result<Versions> {
    let known: Vec<Vec<u8>> = parsed().keys().cloned().collect();
    let listed: Vec<(Vec<u8>, Option<String>)> = sqlx::query_as(
        "select content_hash, case when content_hash <> all($1) then xml end
         from catalog_version where withdrawn_at is null order by effective_from",
    )
    .bind(known)
    .fetch_all(db)
    .await?;
    let versions = listed.into_iter().map(|(hash, xml)| version(hash, xml.as_deref()));
    Ok(Versions::new(versions.collect::<sqlx::Result<_>>()?))
}

fn version(hash: Vec<u8>, xml: Option<&str>) -> sqlx::Result<Arc<xml::Catalog>> {
    if let Some(version) = parsed().get(&hash) {
        return Ok(Arc::clone(version));
    }
    let xml = xml.ok_or(sqlx::Error::RowNotFound)?;
    let version = catalog::read(1, xml).map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
    let version = Arc::new(version);
    parsed().insert(hash, Arc::clone(&version));
    Ok(version)
}

fn parsed() -> MutexGuard<'static, HashMap<Vec<u8>, Arc<xml::Catalog>>> {
    PARSED.lock().unwrap_or_else(PoisonError::into_inner)
}
