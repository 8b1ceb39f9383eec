//! One pass of the job `sync-prices`: read the catalog, store what is new, send the waiting meters on their way.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::Serialize;
use sqlx::PgPool;

use crate::clock::Clock;
use crate::db::prices::{self, PriceBook, Stored};
use crate::db::{obstacles, outbox, routes, subscriptions, timelines};
use crate::domain::catalog::{self, CatalogError, CatalogVersion, Finding};
use crate::killbill::{self, KillBill};

/// What a pass found and did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PriceSync {
    /// Versions that Kill Bill has, and how many of them are new to us or have new content.
    pub versions: usize,
    pub written: usize,
    pub withdrawn: usize,
    /// Items in the version in force, of all currencies.
    pub items: usize,
    pub changes: usize,
    /// Routes of resources' meters that lead elsewhere now, or are free again.
    pub rerouted: u64,
    /// When the version in force began.
    pub in_force: Option<DateTime<Utc>>,
    /// What cannot be billed, in the version in force and in those to come.
    pub findings: Vec<Finding>,
}

/// Why a pass did nothing. What was known stays in force; the next pass tries again.
#[derive(Debug, thiserror::Error)]
pub enum PriceSyncError {
    #[error(transparent)]
    KillBill(#[from] killbill::Error),
    #[error("Kill Bill's catalog cannot be read: {0}")]
    Catalog(#[from] CatalogError),
    #[error("the price list cannot be stored: {0}")]
    Database(#[from] sqlx::Error),
}

/// Reads all versions of the catalog and stores them in one transaction. Safe beside other replicas.
///
/// # Errors
/// When Kill Bill gives no readable catalog or the database cannot be written; nothing is stored then.
pub async fn sync_prices(
    pool: &PgPool,
    killbill: &KillBill,
    clock: &Clock,
    hours_in_month: Decimal,
    book: &PriceBook,
) -> Result<PriceSync, PriceSyncError> {
    let versions = catalog::parse(&killbill.catalog().xml().await?, hours_in_month)?;
    let killbill_now = killbill.clock().now_or(clock.now()).await?;
    // What the server sets for all of its tenants nobody can read: its invoices show it.
    let is_itemized = timelines::is_itemized_lately(pool).await?;
    let terms = killbill.tenants().billing_terms(is_itemized).await?;
    let mut tx = pool.begin().await?;
    let stored = prices::store(&mut tx, &versions, clock.now(), killbill_now).await?;
    tx.commit().await?;
    let news = timelines::keep_tenant_terms(pool, terms).await? || stored.written + stored.withdrawn > 0;
    if news {
        subscriptions::price_units(pool, book.currency()).await?;
    }
    let rerouted = routes::refresh(pool, &*book.routing(pool).await?).await?;
    if news {
        outbox::examine_soon(pool, None, clock.now()).await?;
        obstacles::look_soon(pool, None, clock.now()).await?;
    }
    let sync = summary(&versions, &stored, rerouted);
    tracing::info!(
        versions = sync.versions,
        written = sync.written,
        changes = sync.changes,
        rerouted,
        "price list read"
    );
    Ok(sync)
}

fn summary(versions: &[CatalogVersion], stored: &Stored, rerouted: u64) -> PriceSync {
    let in_force = versions
        .iter()
        .find(|version| Some(version.effective_from) == stored.in_force);
    let mut findings: Vec<Finding> = Vec::new();
    for finding in versions
        .iter()
        .filter(|version| Some(version.effective_from) >= stored.in_force)
        .flat_map(|version| &version.findings)
    {
        if !findings.iter().any(|known| known.is_same(finding)) {
            findings.push(finding.clone());
        }
    }
    if in_force.is_none() {
        findings.push(Finding::no_catalog());
    }
    PriceSync {
        versions: versions.len(),
        written: stored.written,
        withdrawn: stored.withdrawn,
        items: in_force.map_or(0, |version| version.items.len()),
        changes: stored.changes.len(),
        rerouted,
        in_force: stored.in_force,
        findings,
    }
}
