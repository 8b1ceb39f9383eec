//! Kill Bill's catalog, or what somebody uploaded as one: it is read or refused, and nothing in it ends the service.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nodeconductor_billing::domain::catalog;
use nodeconductor_billing::domain::price::HOURS_IN_MONTH;

fuzz_target!(|xml: &str| {
    let Ok(versions) = catalog::parse(xml, HOURS_IN_MONTH) else {
        return;
    };
    assert!(versions.is_sorted_by_key(|version| version.effective_from));
    for version in versions {
        assert!(xml.contains(&version.xml), "a version is kept by its own text");
    }
});
