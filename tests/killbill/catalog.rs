//! The price list's source.

use chrono::{DateTime, Utc};
use nodeconductor_billing::killbill::Error;

use super::client;
use crate::support::catalog::SampleCatalog;

#[tokio::test]
async fn a_catalog_comes_back_as_it_was_uploaded_with_all_its_versions() {
    let kb = client().await;
    assert_eq!(kb.catalog().versions().await, Ok(vec![]));
    let first = SampleCatalog::standard("USD");
    assert_eq!(kb.catalog().validate(&first.xml()).await, Ok(vec![]));
    kb.catalog()
        .upload(&first.clone().effective_on("2025-03-01").xml())
        .await
        .unwrap();
    kb.catalog()
        .upload(&first.effective_on("2026-05-01").xml())
        .await
        .unwrap();

    let versions = kb.catalog().versions().await.unwrap();
    assert_eq!(
        versions,
        ["2025-03-01T00:00:00Z", "2026-05-01T00:00:00Z"].map(|at| at.parse::<DateTime<Utc>>().unwrap())
    );
    let xml = kb.catalog().xml().await.unwrap();
    for part in [
        "Sample licence – per minute",
        "minute-of-licence",
        "0.00004",
        "2025-03-01",
        "2026-05-01",
    ] {
        assert!(xml.contains(part), "{part} in {xml}");
    }
}

#[tokio::test]
async fn a_broken_catalog_is_explained_by_validation_and_refused_by_upload() {
    let kb = client().await;
    let broken = SampleCatalog::standard("USD")
        .xml()
        .replace("<unit>cpu</unit>", "<unit>nowhere</unit>");
    let findings = kb.catalog().validate(&broken).await.unwrap();
    assert!(!findings.is_empty());
    let refused = kb.catalog().upload(&broken).await.unwrap_err();
    assert!(matches!(refused, Error::Refused { .. }), "{refused:?}");
}
