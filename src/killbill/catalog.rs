//! The catalog as Kill Bill stores it: XML, one document per version. Only the XML tells usage names, policies and readable names.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::{Error, KillBill};

const XML: &str = "text/xml";

/// Calls about the catalog.
#[derive(Debug, Clone, Copy)]
pub struct Catalog<'a>(pub(super) &'a KillBill);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Findings {
    catalog_validation_errors: Vec<Finding>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Finding {
    error_description: Option<String>,
}

impl Catalog<'_> {
    /// All versions in one document.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn xml(&self) -> Result<String, Error> {
        self.0.get(&["catalog", "xml"]).accept(XML).send().await?.text()
    }

    /// The instants from which the versions hold, oldest first. Cheap: ask this to learn whether [`Self::xml`] has changed.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn versions(&self) -> Result<Vec<DateTime<Utc>>, Error> {
        let mut versions: Vec<DateTime<Utc>> = self.0.get(&["catalog", "versions"]).send().await?.json()?;
        versions.sort_unstable();
        Ok(versions)
    }

    /// Adds a version. An invalid one is refused with code 2080 and no reasons: [`Self::validate`] gives them.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn upload(&self, xml: &str) -> Result<(), Error> {
        self.0.post(&["catalog", "xml"]).text(XML, xml).send().await.map(drop)
    }

    /// What is wrong with a version that might be uploaded; empty when nothing is.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn validate(&self, xml: &str) -> Result<Vec<String>, Error> {
        let answer = self
            .0
            .post(&["catalog", "xml", "validate"])
            .text(XML, xml)
            .send()
            .await?;
        let findings: Findings = answer.json()?;
        Ok(findings
            .catalog_validation_errors
            .into_iter()
            .filter_map(|finding| finding.error_description)
            .collect())
    }
}
