//! Who sends an invoice: the company that was configured when it was first seen.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use sqlx::PgPool;

use crate::config::Issuer;
use crate::db;

/// The senders of all times. There are a few in the life of an installation.
pub struct Issuers {
    known: Vec<(DateTime<Utc>, Arc<Issuer>)>,
    configured: Arc<Issuer>,
}

impl Issuers {
    /// Notes what is configured. Without a name nobody is meant: then it was only not configured yet.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note(pool: &PgPool, now: DateTime<Utc>, configured: &Issuer) -> sqlx::Result<()> {
        if configured.name.is_empty() {
            return Ok(());
        }
        db::issuers::note(pool, now, &serde_json::json!(configured)).await
    }

    pub(super) async fn read(pool: &PgPool, configured: &Arc<Issuer>) -> sqlx::Result<Self> {
        let rows = db::issuers::all(pool).await?.into_iter();
        let issuer = |details| Issuer::deserialize(details).unwrap_or_default();
        Ok(Self {
            known: rows
                .map(|(since, details)| (since, Arc::new(issuer(details))))
                .collect(),
            configured: Arc::clone(configured),
        })
    }

    /// Who sent what was first seen at that instant. What is older than all that is known has the first known one.
    #[must_use]
    pub fn at(&self, first_seen: DateTime<Utc>) -> &Issuer {
        let then = self.known.iter().rev().find(|(since, _)| *since <= first_seen);
        then.or_else(|| self.known.first())
            .map_or(&self.configured, |(_, issuer)| issuer)
    }
}
