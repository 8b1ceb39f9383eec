//! The routing rules of design.md as a table: catalogs, meters, resource types, and where the hours go.

use std::collections::BTreeMap;

use rust_decimal::dec;

use super::{Meter, Route, Routing, Running, plan_of_type};
use crate::domain::catalog;
use crate::domain::hold::HoldCode;
use crate::domain::price::{HOURS_IN_MONTH, PriceItem};

fn items(text: &str) -> Vec<PriceItem> {
    catalog::parse(text, HOURS_IN_MONTH).unwrap().remove(0).items
}

fn cloud() -> Vec<PriceItem> {
    items(include_str!("../../../tests/catalogs/cloud.xml"))
}

fn mixed() -> Vec<PriceItem> {
    items(include_str!("../../../tests/catalogs/mixed.xml"))
}

fn predecessor() -> Vec<PriceItem> {
    items(include_str!("../../../tests/catalogs/predecessor.xml"))
}

/// A meter per price list name, called `m:<name>`.
fn routing(names: &[&str], plans: &[(&str, &str)], currency: &str, items: Vec<PriceItem>) -> Routing {
    let meter = |name: &&str| Meter {
        name: format!("m:{name}"),
        display_name: (*name).to_owned(),
        price_name: (*name).to_owned(),
        unit_label: "hours".to_owned(),
    };
    let plans: BTreeMap<String, String> = plans
        .iter()
        .map(|(from, to)| ((*from).to_owned(), (*to).to_owned()))
        .collect();
    Routing::new(names.iter().map(meter).collect(), plans, currency, items)
}

fn go(items: Vec<PriceItem>, currency: &str, name: &str, resource_type: &str) -> Result<Route, HoldCode> {
    routing(&[name], &[], currency, items)
        .route(&format!("m:{name}"), resource_type)
        .map_err(|hold| hold.code)
}

/// The same items in a second plan.
fn also_in(mut items: Vec<PriceItem>, plan: &str) -> Vec<PriceItem> {
    let copies: Vec<PriceItem> = items
        .iter()
        .map(|item| PriceItem {
            uuid: PriceItem::identity(plan, item.usage_name.as_deref(), item.unit.as_deref(), &item.currency),
            plan: plan.to_owned(),
            ..item.clone()
        })
        .collect();
    items.extend(copies);
    items
}

#[test]
fn a_meter_goes_where_the_catalog_prices_its_name() {
    let vm = "OpenStack.Instance";
    for (items, currency, name, plan, unit) in [
        (cloud(), "USD", "cpu", "openstack-instance", "cpu"),
        (cloud(), "USD", "license_type", "license", "license-hours"), // the product's name
        (cloud(), "USD", "license-hours", "license", "license-hours"), // the unit's
        (cloud(), "EUR", "instance-ram", "openstack-instance", "ram_gb"), // the usage's
        (mixed(), "EUR", "Network", "network", "traffic"),
        (
            predecessor(),
            "USD",
            "storage-1GB",
            "openstack-instance",
            "minute-of-storage-1GB",
        ),
        (
            predecessor(),
            "USD",
            "flavor-g2.large-17",
            "iaas-instance",
            "hour-of-flavor-g2.large-17",
        ),
    ] {
        let route = go(items, currency, name, vm).unwrap_or_else(|code| panic!("{name}: {code}"));
        assert_eq!(
            (route.plan.as_str(), route.unit.as_deref()),
            (plan, Some(unit)),
            "{name}"
        );
    }
}

#[test]
fn a_meter_that_goes_nowhere_says_why() {
    for (items, currency, name, code) in [
        (cloud(), "USD", "gpu", HoldCode::NoPrice),
        (cloud(), "EUR", "license_type", HoldCode::NoCurrency),
        (cloud(), "GBP", "cpu", HoldCode::NoCurrency),
        (mixed(), "EUR", "Support", HoldCode::MonthlyPrice),
        (mixed(), "EUR", "database-small", HoldCode::MonthlyPrice),
        (mixed(), "USD", "Support", HoldCode::NoCurrency),
        (mixed(), "EUR", "seat", HoldCode::NoPrice), // capacity is no hourly usage
        (Vec::new(), "EUR", "cpu", HoldCode::NoPrice),
        (also_in(cloud(), "other"), "USD", "cpu", HoldCode::AmbiguousPlan),
    ] {
        assert_eq!(
            go(items, currency, name, "Some.Type"),
            Err(code),
            "{name} in {currency}"
        );
    }
    let unknown = routing(&["cpu"], &[], "USD", cloud())
        .route("gpu", "OpenStack.Instance")
        .unwrap_err();
    assert_eq!(unknown.code, HoldCode::UnknownMeter);
    assert!(unknown.to_string().contains("`gpu`"));
}

#[test]
fn of_several_plans_the_resource_s_type_chooses_then_the_configuration() {
    let items = also_in(also_in(cloud(), "azure-vm"), "spare");
    let plans = [
        ("OpenStack.Instance", "spare"),
        ("Aws.Vm", "azure-vm"),
        ("Wrong.Vm", "no-such-plan"),
    ];
    let routing = routing(&["cpu"], &plans, "USD", items);
    let plan = |resource_type| {
        routing
            .route("m:cpu", resource_type)
            .map(|route| route.plan)
            .map_err(|hold| hold.code)
    };
    assert_eq!(plan("OpenStack.Instance").as_deref(), Ok("openstack-instance"));
    assert_eq!(plan("Azure.VM").as_deref(), Ok("azure-vm"));
    assert_eq!(plan("Aws.Vm").as_deref(), Ok("azure-vm"));
    assert_eq!(plan("Wrong.Vm"), Err(HoldCode::AmbiguousPlan));
    assert_eq!(plan(""), Err(HoldCode::AmbiguousPlan));
}

#[test]
fn the_resource_s_own_plan_wins_over_a_closer_name_elsewhere() {
    // A plan with one usage is named after its product, so its unit's name fits less closely than elsewhere.
    let mut items = cloud();
    let volume = |item: &PriceItem| PriceItem {
        name: "Volume".to_owned(),
        plan: "openstack-volume".to_owned(),
        ..item.clone()
    };
    let copy = items
        .iter()
        .find(|item| item.name == "storage_gb" && item.currency == "USD")
        .map(volume);
    items.extend(copy);
    let plan = |resource_type| go(items.clone(), "USD", "storage_gb", resource_type).unwrap().plan;
    assert_eq!(plan("OpenStack.Volume"), "openstack-volume");
    assert_eq!(plan("OpenStack.Instance"), "openstack-instance");
    assert_eq!(plan("Other.Type"), "openstack-instance");
}

#[test]
fn minutes_are_sixty_to_the_hour_and_a_base_fee_is_known() {
    let minute = go(predecessor(), "USD", "users-count", "IaaS.Instance").unwrap();
    assert_eq!((minute.factor, minute.recurring), (dec!(60), false));
    let disk = go(mixed(), "EUR", "disk-hours", "Some.Database").unwrap();
    assert_eq!(
        (disk.factor, disk.recurring, disk.product.as_str()),
        (dec!(1), true, "Database")
    );
}

#[test]
fn two_units_of_one_plan_that_fit_equally_are_not_guessed() {
    let mut items = predecessor();
    for item in &mut items {
        item.usage_name = Some("same".to_owned());
    }
    assert_eq!(
        go(items, "USD", "same", "OpenStack.Instance"),
        Err(HoldCode::AmbiguousUnit)
    );
}

#[test]
fn a_running_subscription_keeps_its_plan_while_the_plan_has_the_price() {
    let routing = routing(&["cpu", "ram_gb"], &[], "USD", also_in(cloud(), "old-plan"));
    let reroute = |meter, plan, unit, priced| {
        let found = routing.reroute(meter, "OpenStack.Instance", &Running { plan, unit, priced });
        found.map(|route| route.map(|route| (route.plan, route.unit)).map_err(|hold| hold.code))
    };
    let to = |plan: &str, unit: &str| Some(Ok((plan.to_owned(), Some(unit.to_owned()))));
    assert_eq!(reroute("m:cpu", "old-plan", "cpu", true), to("old-plan", "cpu"));
    // The catalog dropped the plan, the subscription's own version still prices the unit: nothing moves.
    assert_eq!(reroute("m:cpu", "gone", "cpu", true), None);
    assert_eq!(reroute("m:cpu", "gone", "cpu", false), to("openstack-instance", "cpu"));
    // The configuration gave the meter another price: it is followed.
    assert_eq!(reroute("m:ram_gb", "old-plan", "cpu", true), to("old-plan", "ram_gb"));
    assert_eq!(
        reroute("m:gone", "old-plan", "cpu", true),
        Some(Err(HoldCode::UnknownMeter))
    );
}

#[test]
fn the_configuration_is_compared_with_the_catalog_meter_by_meter() {
    let mut items = also_in(cloud(), "azure-vm");
    items.extend(predecessor());
    let routing = routing(&["cpu", "gpu", "users-count"], &[], "USD", items);
    let findings = routing.findings();
    let said: Vec<(&str, bool)> = findings
        .iter()
        .map(|finding| (finding.meter.as_str(), finding.ok))
        .collect();
    assert_eq!(said, [("m:cpu", true), ("m:gpu", false), ("m:users-count", false)]);
    assert!(
        findings[0].text.contains("0.0125 USD") && findings[0].text.contains("`azure-vm`"),
        "{}",
        findings[0].text
    );
    assert!(
        findings[1].text.contains("`gpu`") && findings[1].text.contains("configuration"),
        "{}",
        findings[1].text
    );
    assert!(findings[2].text.contains("44640"), "{}", findings[2].text);
}

#[test]
fn a_type_s_plan_has_the_predecessor_s_name() {
    assert_eq!(plan_of_type("OpenStack.Instance"), "openstack-instance");
    assert_eq!(plan_of_type("nodeconductor_sugarcrm.CRM"), "nodeconductor_sugarcrm-crm");
}
