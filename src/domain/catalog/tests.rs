//! Catalogs as Kill Bill takes and returns them, read into price lists.

use rust_decimal::{Decimal, dec};

use super::{CatalogError, CatalogVersion, parse};
use crate::domain::price::{HOURS_IN_MONTH, PriceItem, PriceRule, TierPolicy, shown};

const RETURNED: &str = include_str!("../../../tests/catalogs/cloud-as-killbill-returns-it.xml");
const UPLOADED: &str = include_str!("../../../tests/catalogs/cloud.xml");
const MIXED: &str = include_str!("../../../tests/catalogs/mixed.xml");
const PREDECESSOR: &str = include_str!("../../../tests/catalogs/predecessor.xml");

fn read(text: &str) -> Vec<CatalogVersion> {
    parse(text, HOURS_IN_MONTH).unwrap()
}

fn only(text: &str) -> CatalogVersion {
    read(text).pop().unwrap()
}

fn item<'a>(version: &'a CatalogVersion, name: &str, currency: &str) -> &'a PriceItem {
    let mut found = version
        .items
        .iter()
        .filter(|item| item.name == name && item.currency == currency);
    let first = found.next().unwrap_or_else(|| panic!("no item {name} in {currency}"));
    assert!(found.next().is_none(), "two items {name} in {currency}");
    first
}

fn codes(version: &CatalogVersion) -> Vec<(&str, &str)> {
    version
        .findings
        .iter()
        .map(|finding| (finding.code, finding.subject.as_str()))
        .collect()
}

#[test]
fn every_version_is_read_and_an_item_keeps_its_uuid() {
    let versions = read(RETURNED);
    let dates: Vec<String> = versions
        .iter()
        .map(|version| version.effective_from.to_rfc3339())
        .collect();
    assert_eq!(dates, ["2024-01-01T00:00:00+00:00", "2025-01-01T00:00:00+00:00"]);
    let [old, new] = [0, 1].map(|index| item(&versions[index], "cpu", "USD"));
    assert_eq!((old.hourly, new.hourly), (dec!(0.0125), dec!(0.015)));
    assert_eq!(old.uuid, new.uuid);
    assert_ne!(old.uuid, item(&versions[0], "cpu", "EUR").uuid);
    assert!(versions[0].xml.starts_with("<version>") && versions[0].xml.ends_with("</version>"));
}

#[test]
fn what_was_uploaded_reads_like_what_is_returned() {
    let (mut uploaded, mut returned) = (only(UPLOADED).items, read(RETURNED).swap_remove(0).items);
    uploaded.sort_by_key(|item| item.uuid);
    returned.sort_by_key(|item| item.uuid);
    assert_eq!(uploaded, returned);
}

#[test]
fn several_usages_are_named_after_their_units_and_a_single_one_after_its_product() {
    let version = only(UPLOADED);
    let cpu = item(&version, "cpu", "USD");
    assert_eq!(
        (cpu.description.as_str(), cpu.product.as_str()),
        ("vCPU hours", "OpenstackInstance")
    );
    assert_eq!(
        (cpu.item_type.as_str(), cpu.key.as_str(), cpu.rule),
        ("usage", "cpu", PriceRule::HourlyUsage)
    );
    assert_eq!((cpu.hourly, cpu.monthly), (dec!(0.0125), dec!(9)));
    let licence = item(&version, "license_type", "USD");
    assert_eq!(
        (licence.description.as_str(), licence.unit.as_deref()),
        ("Sample licence", Some("license-hours"))
    );
    assert!(
        !version
            .items
            .iter()
            .any(|item| item.plan == "license" && item.currency == "EUR")
    );
}

#[test]
fn the_first_tier_gives_the_price_and_all_tiers_are_kept() {
    let version = only(UPLOADED);
    let storage = item(&version, "storage_gb", "USD");
    assert_eq!(storage.hourly, dec!(0.0002));
    let steps: Vec<(Decimal, Option<Decimal>)> =
        storage.tiers.iter().map(|tier| (tier.block_price, tier.max)).collect();
    assert_eq!(steps, [(dec!(0.02), Some(dec!(1000))), (dec!(0.015), None)]);
    assert_eq!((storage.cap(), codes(&version).is_empty()), (None, true));
}

#[test]
fn a_plan_with_usage_and_a_monthly_price_has_items_for_both() {
    let version = only(MIXED);
    let disk = item(&version, "disk-hours", "EUR");
    assert_eq!((disk.hourly, disk.recurring), (dec!(0.005), Some(dec!(10))));
    assert_eq!(item(&version, "io", "EUR").tier_policy, TierPolicy::TopTier);
    let fee = item(&version, "database-small", "EUR");
    assert_eq!(
        (fee.rule, fee.monthly, fee.unit.as_deref()),
        (PriceRule::MonthlyRecurring, dec!(10), None)
    );
    let support = item(&version, "Support", "EUR");
    assert_eq!((support.monthly, support.hourly.round_dp(4)), (dec!(49), dec!(0.0681)));
    assert_eq!(
        (support.item_type.as_str(), support.plan.as_str()),
        ("recurring", "support-monthly")
    );
}

#[test]
fn what_cannot_be_billed_is_said() {
    let version = only(MIXED);
    for expected in [
        ("phase", "support-monthly"),
        ("capped", "network/net-traffic"),
        ("capacity", "office/seats"),
        ("in-advance", "prepaid-plan/prepaid"),
        ("nothing-priced", "office"),
        ("nothing-priced", "prepaid-plan"),
    ] {
        assert!(
            codes(&version).contains(&expected),
            "{expected:?} missing in {:?}",
            version.findings
        );
    }
    assert_eq!(version.findings.len(), 6, "{:?}", version.findings);
    assert!(version.findings.iter().any(|finding| finding.text.contains("44640")));
}

#[test]
fn catalogs_of_the_predecessor_give_its_types_and_keys_and_hourly_prices() {
    let version = only(PREDECESSOR);
    let flavor = item(&version, "minute-of-flavor-g1.small1", "USD");
    assert_eq!(
        (flavor.item_type.as_str(), flavor.key.as_str()),
        ("flavor", "g1.small1")
    );
    assert_eq!(
        (flavor.rule, flavor.hourly, flavor.monthly),
        (PriceRule::MinuteUsage, dec!(0.03), dec!(21.6))
    );
    let licence = item(&version, "minute-of-license-application-wordpress", "USD");
    assert_eq!(
        (licence.item_type.as_str(), shown(licence.hourly)),
        ("license-application", dec!(0.01))
    );
    let large = item(&version, "IaasInstance", "USD");
    assert_eq!((large.key.as_str(), large.hourly), ("g2.large-17", dec!(0.3)));
    assert_eq!(large.cap(), Some(dec!(744)));
    assert!(
        version
            .items
            .iter()
            .all(|item| item.unit.is_some() && !item.has_base_fee()),
        "a fee of zero is no item"
    );
    assert_eq!(
        version
            .findings
            .iter()
            .filter(|finding| finding.code == "capped")
            .count(),
        7
    );
}

#[test]
fn the_number_that_its_last_plugin_put_behind_every_usage_is_in_no_key() {
    let mut numbered = PREDECESSOR.to_owned();
    for key in [
        "flavor-g1.small1",
        "storage-1GB",
        "license-os-centos7",
        "license-application-wordpress",
        "support-basic",
    ] {
        numbered = numbered.replace(key, &format!("{key}-17"));
    }
    let key = |text: &str, unit: &str| item(&only(text), unit, "USD").key.clone();
    assert_eq!(
        key(&numbered, "minute-of-flavor-g1.small1-17"),
        "g1.small1-17",
        "users-count does without"
    );
    let numbered = numbered.replace("users-count", "users-count-17");
    assert_eq!(key(&numbered, "minute-of-flavor-g1.small1-17"), "g1.small1");
    assert_eq!(key(&numbered, "minute-of-license-os-centos7-17"), "centos7");
    assert_eq!(
        key(&numbered, "IaasInstance"),
        "g2.large-17",
        "one name alone says nothing"
    );
}

#[test]
fn the_divisor_is_the_operator_s() {
    let version = parse(MIXED, dec!(744)).unwrap().pop().unwrap();
    assert_eq!(item(&version, "disk-hours", "EUR").monthly, dec!(3.72));
    assert_eq!(item(&version, "Support", "EUR").hourly.round_dp(6), dec!(0.06586));
}

#[test]
fn a_missing_price_in_one_tier_or_a_block_of_nothing_is_left_out_and_said() {
    let gap = UPLOADED.replace(
        "<value>0.015</value></price><price><currency>EUR</currency><value>0.014</value></price>",
        "<value>0.015</value></price>",
    );
    let version = only(&gap);
    assert_eq!(
        codes(&version),
        [("currency-gap", "openstack-instance/instance-storage")]
    );
    assert!(
        !version
            .items
            .iter()
            .any(|item| item.name == "storage_gb" && item.currency == "EUR")
    );
    let nothing = UPLOADED.replace("<unit>ram_gb</unit><size>1</size>", "<unit>ram_gb</unit><size>0</size>");
    assert_eq!(
        codes(&only(&nothing)),
        [("price", "openstack-instance/instance-ram"); 2]
    );
}

#[test]
fn a_unit_in_two_sections_of_a_plan_is_charged_twice_and_that_is_said() {
    let twice = UPLOADED.replace("<unit>ram_gb</unit>", "<unit>cpu</unit>");
    assert_eq!(codes(&only(&twice)), [("shared-unit", "openstack-instance")]);
}

#[test]
fn unknown_elements_comments_and_odd_numbers_do_no_harm() {
    let odd = UPLOADED
        .replace(
            "<catalogName>",
            "<future><catalog><name>x</name></catalog></future><!-- note --><catalogName>",
        )
        .replace("<value>0.05</value>", "<value> 5E-2 </value>");
    assert_eq!(item(&only(&odd), "license_type", "USD").hourly, dec!(0.05));
    assert!(read("<?xml version=\"1.0\"?><catalogs>\n <versions/>\n</catalogs>").is_empty());
}

#[test]
fn an_error_names_the_element() {
    let message = |text: &str| parse(text, HOURS_IN_MONTH).unwrap_err().to_string();
    let bad_price = message(&UPLOADED.replace("<value>0.004</value>", "<value>cheap</value>"));
    assert!(
        bad_price.contains("usage") && bad_price.contains("value") && bad_price.contains("`cheap`"),
        "{bad_price}"
    );
    let no_date = message(&UPLOADED.replace("effectiveDate", "date"));
    assert!(no_date.contains("effectiveDate"), "{no_date}");
    assert_eq!(
        parse("<html></html>", HOURS_IN_MONTH),
        Err(CatalogError::NoCatalog("html".to_owned()))
    );
    for broken in [
        "",
        "Bad gateway",
        "<catalogs><versions>",
        &UPLOADED[..UPLOADED.len() - 12],
    ] {
        assert!(
            matches!(parse(broken, HOURS_IN_MONTH), Err(CatalogError::NotXml(_))),
            "{broken:?}"
        );
    }
}
