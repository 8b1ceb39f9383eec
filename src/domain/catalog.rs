//! Kill Bill's catalog as it is read: every version with its priced items, and a word about whatever we cannot bill.
//!
//! The XML is the only faithful form (killbill.md 5.3). `documents` cuts the answer into its versions, `xml` is their
//! shape, `items` turns plans into price list items.

mod documents;
mod items;
mod versions;
pub mod xml;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::Serialize;

use super::price::PriceItem;
pub use versions::Versions;

/// One version of the catalog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogVersion {
    pub name: String,
    /// New subscriptions take this version from then on, by Kill Bill's clock.
    pub effective_from: DateTime<Utc>,
    /// Of all currencies, in the catalog's order.
    pub items: Vec<PriceItem>,
    pub findings: Vec<Finding>,
    /// The version's own XML.
    pub xml: String,
    /// What that says.
    pub content: Arc<xml::Catalog>,
}

/// Something in the catalog that the price list cannot show or that we cannot bill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// `capped`, `capacity`, `in-advance`, `usage-period`, `unpriced`, `limits`, `shared-unit`, `phase`, `fixed-price`, `period`, `currency-gap`,
    /// `price`, `nothing-priced`, `add-on`, `base`, `no-catalog`.
    pub code: &'static str,
    /// The plan, or the usage in it.
    pub subject: String,
    pub text: String,
}

impl Finding {
    /// The plan's product cannot be subscribed alone: whatever goes there waits.
    pub const ADD_ON: &'static str = "add-on";

    /// The tenant has no catalog: nothing can be billed.
    #[must_use]
    pub fn no_catalog() -> Self {
        Self::new(
            "no-catalog",
            "catalog",
            "Kill Bill has no catalog for this tenant: upload one",
        )
    }

    fn new(code: &'static str, subject: &str, text: impl Into<String>) -> Self {
        Self {
            code,
            subject: subject.to_owned(),
            text: text.into(),
        }
    }
}

/// Kill Bill's answer is not a catalog; what was known before stays in force.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CatalogError {
    #[error("the catalog is not well-formed XML: {0}")]
    NotXml(String),
    #[error("the answer is no catalog: its root element is <{0}>, expected <catalogs> or <catalog>")]
    NoCatalog(String),
    /// Names the element by its path inside the version.
    #[error("catalog version {version}, element {element}: {reason}")]
    Element {
        version: usize,
        element: String,
        reason: String,
    },
}

/// Reads the answer of `GET /catalog/xml` (all versions), or a single `<catalog>` as it is uploaded; oldest version first.
///
/// # Errors
/// When the text is no XML, no catalog, or an element that prices depend on is missing or unreadable.
pub fn parse(text: &str, hours_in_month: Decimal) -> Result<Vec<CatalogVersion>, CatalogError> {
    let mut versions = documents::split(text)?
        .into_iter()
        .enumerate()
        .map(|(index, document)| version(index + 1, document, hours_in_month))
        .collect::<Result<Vec<_>, _>>()?;
    versions.sort_by_key(|version| version.effective_from);
    Ok(versions)
}

/// Reads one version, as it stands in the answer or in a file.
///
/// # Errors
/// When an element that billing depends on is missing or unreadable; `number` says in which version.
pub fn read(number: usize, document: &str) -> Result<xml::Catalog, CatalogError> {
    let mut deserializer = quick_xml::de::Deserializer::from_str(document);
    serde_path_to_error::deserialize(&mut deserializer).map_err(|error| CatalogError::Element {
        version: number,
        element: error.path().to_string(),
        reason: error.into_inner().to_string(),
    })
}

fn version(number: usize, document: &str, hours_in_month: Decimal) -> Result<CatalogVersion, CatalogError> {
    let catalog = read(number, document)?;
    let (items, findings) = items::of(&catalog, hours_in_month);
    Ok(CatalogVersion {
        name: catalog.name.clone(),
        effective_from: catalog.effective_date,
        items,
        findings,
        xml: document.to_owned(),
        content: Arc::new(catalog),
    })
}

#[cfg(test)]
mod tests;
