//! Kill Bill's catalog as it is read: every version with its priced items, and a word about whatever we cannot bill.
//!
//! The XML is the only faithful form (killbill.md 5.3). `documents` cuts the answer into its versions, `xml` is their
//! shape, `items` turns plans into price list items.

mod documents;
mod items;
pub mod places;
mod versions;
pub mod xml;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::Serialize;

use super::price::PriceItem;
use documents::Document;
pub use places::Place;
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
    /// Where its elements stand in what was read.
    pub places: Vec<Place>,
}

/// Something in the catalog that the price list cannot show or that we cannot bill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// `capped`, `capacity`, `in-advance`, `usage-period`, `unpriced`, `tier-gap`, `limits`, `shared-unit`, `phase`, `fixed-price`, `period`, `currency-gap`,
    /// `price`, `nothing-priced`, `add-on`, `base`, `no-catalog`.
    pub code: &'static str,
    /// The plan, or the usage in it.
    pub subject: String,
    pub text: String,
    /// Where it stands in the catalog's XML: the line and the element; empty for what stands nowhere.
    pub place: String,
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

    /// Whether another version has the same to say.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        (self.code, &self.subject, &self.text) == (other.code, &other.subject, &other.text)
    }

    fn new(code: &'static str, subject: &str, text: impl Into<String>) -> Self {
        Self {
            code,
            subject: subject.to_owned(),
            text: text.into(),
            place: String::new(),
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
        .map(|(index, document)| version(index + 1, &document, hours_in_month))
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

fn version(number: usize, document: &Document<'_>, hours_in_month: Decimal) -> Result<CatalogVersion, CatalogError> {
    let catalog = read(number, document.text)?;
    let (items, mut findings) = items::of(&catalog, hours_in_month);
    let places = places::of(document.text, document.line);
    for finding in &mut findings {
        let (plan, usage) = finding.subject.split_once('/').unwrap_or((&finding.subject, ""));
        let place = places::find(&places, plan, None, Some(usage).filter(|usage| !usage.is_empty()), None);
        finding.place = place.map(Place::to_string).unwrap_or_default();
    }
    Ok(CatalogVersion {
        name: catalog.name.clone(),
        effective_from: catalog.effective_date,
        items,
        findings,
        xml: document.text.to_owned(),
        content: Arc::new(catalog),
        places,
    })
}

#[cfg(test)]
mod tests;
