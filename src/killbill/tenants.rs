//! The tenant: whether we may use it, where Kill Bill sends its notifications, and the settings that it overrides.

use std::collections::BTreeMap;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Error, KillBill};
use crate::domain::timeline::TenantTerms;

/// Calls about the tenant.
#[derive(Debug, Clone, Copy)]
pub struct Tenants<'a>(pub(super) &'a KillBill);

/// What the configured credentials open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// User and tenant are right; the server's version, such as `0.24.19`.
    Granted {
        version: String,
    },
    WrongUser,
    /// The user is right, the API key or secret is not.
    WrongTenant {
        version: String,
    },
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NewTenant<'a> {
    api_key: &'a str,
    api_secret: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Node {
    kb_version: String,
}

#[derive(Deserialize)]
struct KeyValues {
    values: Vec<String>,
}

/// Whether the tenant has several addresses: two came at the same moment, and Kill Bill's cache, which expects one, fails.
#[must_use]
pub fn is_doubled(callbacks: &Result<Vec<String>, Error>) -> bool {
    match callbacks {
        Ok(urls) => urls.len() > 1,
        Err(Error::Busy { message, .. }) => message.contains("expecting no more than one value"),
        Err(_) => false,
    }
}

/// What of a tenant's own configuration decides when and what it bills; absent = as the server has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
struct BillingConfig {
    #[serde(rename = "org.killbill.subscription.align.effectiveDateForExistingSubscriptions")]
    changes_wait_for_billing_day: Option<String>,
    #[serde(rename = "org.killbill.invoice.readMaxRawUsagePreviousPeriod")]
    look_back: Option<String>,
    #[serde(rename = "org.killbill.invoice.item.result.behavior.mode")]
    mode: Option<String>,
}

impl BillingConfig {
    /// A negative look-back has no end (killbill.md 4.5).
    fn terms(&self, is_itemized: bool) -> TenantTerms {
        let known = TenantTerms::default();
        let told: Option<i64> = self.look_back.as_ref().and_then(|periods| periods.trim().parse().ok());
        TenantTerms {
            itemizes_tiers: self.mode.as_deref().map_or(is_itemized, |mode| mode.trim() == "DETAIL"),
            changes_wait_for_billing_day: self.changes_wait_for_billing_day.as_deref().map(str::trim) == Some("true"),
            look_back: told.map_or(known.look_back, |periods| u32::try_from(periods).ok()),
        }
    }
}

impl Tenants<'_> {
    /// What the tenant sets for all of its subscriptions; `is_itemized` = what its invoices show where it says nothing of it.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn billing_terms(&self, is_itemized: bool) -> Result<TenantTerms, Error> {
        let answer = self.0.get(&["tenants", "uploadPerTenantConfig"]).send().await?;
        let kept: KeyValues = answer.json()?;
        let config: Option<BillingConfig> = kept.values.first().and_then(|text| serde_json::from_str(text).ok());
        Ok(config.unwrap_or_default().terms(is_itemized))
    }

    /// Asks for the version and for something of the tenant's: tells apart not reachable (an error), wrong user and wrong tenant.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn access(&self) -> Result<Access, Error> {
        let nodes: Vec<Node> = match self.0.get(&["nodesInfo"]).without_tenant().send().await {
            Err(Error::Unauthorized { .. }) => return Ok(Access::WrongUser),
            answer => answer?.json()?,
        };
        let version = nodes
            .into_iter()
            .next()
            .map_or_else(|| "unknown".to_owned(), |node| node.kb_version);
        match self.callbacks().await {
            Ok(_) => Ok(Access::Granted { version }),
            Err(Error::Unauthorized { .. }) => Ok(Access::WrongTenant { version }),
            Err(other) => Err(other),
        }
    }

    /// Creates a tenant without a catalog. Refused with code 20000 when the key is taken.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn create(&self, api_key: &str, api_secret: &SecretString) -> Result<Uuid, Error> {
        let body = NewTenant {
            api_key,
            api_secret: api_secret.expose_secret(),
        };
        self.0
            .post(&["tenants"])
            .without_tenant()
            .json(&body)
            .send()
            .await?
            .created()
    }

    /// Makes Kill Bill send its push notifications to this address, in place of the one it had: a tenant has one.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn register_callback(&self, url: &str) -> Result<(), Error> {
        self.0
            .post(&["tenants", "registerNotificationCallback"])
            .query("cb", url)
            .send()
            .await
            .map(drop)
    }

    /// Makes Kill Bill send its push notifications nowhere, also when it has several addresses.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn forget_callbacks(&self) -> Result<(), Error> {
        let call = self.0.delete(&["tenants", "registerNotificationCallback"]);
        call.send().await.map(drop)
    }

    /// The registered addresses: none or one, else see [`is_doubled`].
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn callbacks(&self) -> Result<Vec<String>, Error> {
        let registered: KeyValues = self
            .0
            .get(&["tenants", "registerNotificationCallback"])
            .send()
            .await?
            .json()?;
        Ok(registered.values)
    }

    /// Overrides server properties for this tenant; replaces all earlier overrides.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn set_config(&self, properties: &BTreeMap<String, String>) -> Result<(), Error> {
        let body = serde_json::to_string(properties).unwrap_or_default();
        self.0
            .post(&["tenants", "uploadPerTenantConfig"])
            .text("text/plain", &body)
            .send()
            .await
            .map(drop)
    }

    /// The overrides of server properties in force.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn config(&self) -> Result<BTreeMap<String, String>, Error> {
        let stored: KeyValues = self.0.get(&["tenants", "uploadPerTenantConfig"]).send().await?.json()?;
        let Some(text) = stored.values.first() else {
            return Ok(BTreeMap::new());
        };
        serde_json::from_str(text).map_err(|error| Error::Malformed(error.to_string()))
    }
}
