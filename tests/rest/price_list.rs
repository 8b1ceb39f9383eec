//! The price list over REST: Kill Bill's prices, those of the predecessor's catalogs, and the oldest form by month.

use nodeconductor_billing::db::prices;
use nodeconductor_billing::domain::catalog;
use rust_decimal::dec;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::catalog::{SampleCatalog, SamplePlan, SampleUsage};
use crate::support::web::Service;

/// Stores the catalog as a sync would.
pub async fn price_list(service: &Service, catalog: &SampleCatalog) {
    let versions = catalog::parse(&catalog.xml(), dec!(720)).unwrap();
    let now = service.state.clock.now();
    let mut tx = service.pool().begin().await.unwrap();
    prices::store(&mut tx, &versions, now, now).await.unwrap();
    tx.commit().await.unwrap();
}

fn usage(name: &str, unit: &str, price: rust_decimal::Decimal) -> SampleUsage {
    SampleUsage::new(name, unit, unit).tier(dec!(1), price, None)
}

/// As the predecessor pushed it: hours at first, minutes later, a type and a key in every name.
fn predecessors() -> SampleCatalog {
    let instance = SamplePlan::usage_only("openstack-instance", "OpenstackInstance", "Instance")
        .with(usage("flavor-g1.small1", "hour-of-flavor-g1.small1", dec!(0.05)))
        .with(usage("storage-1GB", "minute-of-storage-1GB", dec!(0.00001)))
        .with(usage("license-os-centos7", "minute-of-license-os-centos7", dec!(0.001)))
        .with(usage(
            "license-application-wordpress",
            "hour-of-license-application-wordpress",
            dec!(0.02),
        ));
    let site = SamplePlan::usage_only("sugarcrm-crm", "SugarcrmCrm", "CRM").with(usage(
        "users-count",
        "hour-of-users-count",
        dec!(0.1),
    ));
    SampleCatalog::new("USD", vec![instance, site])
}

async fn items(service: &Service, query: &str) -> Vec<Value> {
    let path = format!("/api/default-price-list-items/?page_size=1000{query}");
    let answer = service.get(&service.pusher, &path).await;
    assert_eq!(answer.status, 200, "{}", answer.shown());
    answer.json().as_array().unwrap().clone()
}

#[tokio::test]
async fn catalogs_of_the_predecessor_are_read_by_type_and_key_and_by_the_hour() {
    let service = Service::start().await;
    price_list(&service, &predecessors()).await;
    let rows = items(&service, "").await;
    let mut shown: Vec<[&str; 4]> = rows
        .iter()
        .map(|row| ["item_type", "key", "value", "units"].map(|key| row[key].as_str().unwrap()))
        .collect();
    shown.sort_unstable();
    assert_eq!(
        shown,
        [
            ["flavor", "g1.small1", "0.05", "hour-of-flavor-g1.small1"],
            [
                "license-application",
                "wordpress",
                "0.02",
                "hour-of-license-application-wordpress"
            ],
            ["license-os", "centos7", "0.06", "minute-of-license-os-centos7"],
            ["storage", "1GB", "0.0006", "minute-of-storage-1GB"],
            ["users", "count", "0.1", "hour-of-users-count"],
        ]
    );
}

#[tokio::test]
async fn items_are_found_by_key_type_and_resource_type_in_both_spellings() {
    let service = Service::start().await;
    price_list(&service, &predecessors()).await;
    for (query, count) in [
        ("&key=centos7", 1),
        ("&item_type=flavor", 1),
        ("&resource_type=OpenStack.Instance", 4),
        ("&resource_content_type=sugarcrm.crm", 1),
        ("&resource_content_type=nowhere.thing", 0),
        ("&resource_type=OpenStack.Instance&item_type=users", 0),
        ("&service_type=OpenStack", 4),
        ("&customer=whatever", 5),
    ] {
        assert_eq!(items(&service, query).await.len(), count, "{query}");
    }
    let flavor = items(&service, "&item_type=flavor").await.remove(0);
    assert_eq!(flavor["resource_type"], "OpenStack.Instance");
    assert_eq!(flavor["resource_content_type"], "openstack.instance");
    assert_eq!(flavor["metadata"], json!({}));
}

#[tokio::test]
async fn plans_of_nodeconductor_s_own_plugins_have_and_are_found_by_its_names() {
    let service = Service::start().await;
    let site = SamplePlan::usage_only("nodeconductor_sugarcrm-crm", "Nodeconductor_SugarcrmCrm", "CRM").with(usage(
        "users-count",
        "hour-of-users-count",
        dec!(0.1),
    ));
    let instance = SamplePlan::usage_only("iaas-instance", "IaasInstance", "Instance").with(usage(
        "flavor-small",
        "hour-of-flavor-small",
        dec!(0.05),
    ));
    price_list(&service, &SampleCatalog::new("USD", vec![site, instance])).await;
    for query in [
        "&resource_type=SugarCRM.CRM",
        "&service_type=SugarCRM",
        "&resource_content_type=nodeconductor_sugarcrm.crm",
        "&resource_content_type=sugarcrm.crm",
    ] {
        let rows = items(&service, query).await;
        assert_eq!(rows.len(), 1, "{query}");
        assert_eq!(rows[0]["resource_type"], "SugarCRM.CRM");
    }
    let instance = &items(&service, "&service_type=IaaS").await[0];
    assert_eq!(
        (&instance["resource_type"], &instance["resource_content_type"]),
        (&json!("IaaS.Instance"), &json!("iaas.instance"))
    );
}

#[tokio::test]
async fn a_price_that_no_decimal_can_hold_is_shown_without_noise_and_may_be_set_as_it_is_billed() {
    let service = Service::start().await;
    let by_the_minute = usage(
        "storage-1GB",
        "minute-of-storage-1GB",
        dec!(0.00016666666666666666666667),
    );
    let plan = SamplePlan::usage_only("openstack-instance", "OpenstackInstance", "Instance").with(by_the_minute);
    price_list(&service, &SampleCatalog::new("USD", vec![plan])).await;
    let item = items(&service, "").await.remove(0);
    assert_eq!((&item["value"], &item["monthly_rate"]), (&json!("0.01"), &json!("7.2")));
    let (customer, place) = (Uuid::new_v4().simple().to_string(), Uuid::new_v4().simple().to_string());
    for (path, body) in [
        (format!("/api/customers/{customer}/"), json!({"name": "Alice"})),
        (
            format!("/api/services/{place}/"),
            json!({"name": "Tartu", "customer": customer}),
        ),
    ] {
        assert_eq!(service.call("PUT", &service.pusher, &path, body).await.status, 201);
    }
    let body = json!({"service": place, "default_price_list_item": item["url"], "value": "0.01"});
    let set = service
        .call("POST", &service.staff, "/api/service-price-list-items/", body)
        .await
        .json();
    assert_eq!(
        (&set["billed_value"], &set["is_billed"]),
        (&json!("0.01"), &json!(true))
    );
    let merged = format!("/api/merged-price-list-items/?service_uuid={place}");
    let merged = service.get(&service.staff, &merged).await.json();
    assert_eq!(
        (merged[0]["billed_value"].to_string(), &merged[0]["is_billed"]),
        ("0.01".to_owned(), &json!(true))
    );
}

#[tokio::test]
async fn a_unit_that_a_plan_prices_twice_stands_twice_in_the_oldest_form() {
    let service = Service::start().await;
    let plan = SamplePlan::usage_only("bare-metal", "metal", "Metal")
        .with(usage("metal-cpu", "cpu", dec!(0.05)))
        .with(usage("metal-burst", "cpu", dec!(0.01)));
    price_list(&service, &SampleCatalog::new("USD", vec![plan])).await;
    let answer = service.get(&service.pusher, "/api/billing/pricelist/").await;
    insta::assert_snapshot!(String::from_utf8(answer.body).unwrap(), @r#"{"cpu (bare-metal, metal-burst/cpu)":7.2,"cpu (bare-metal, metal-cpu/cpu)":36}"#);
}

#[tokio::test]
async fn the_oldest_form_is_a_name_and_a_monthly_number() {
    let service = Service::start().await;
    let twice = SamplePlan::usage_only("bare-metal", "metal", "Metal")
        .with(usage("metal-cpu", "cpu", dec!(0.05)))
        .with(usage("metal-ram", "metal_ram", dec!(0.001)));
    let mut catalog = SampleCatalog::standard("USD");
    catalog.plans.push(twice);
    price_list(&service, &catalog).await;
    let answer = service.get(&service.pusher, "/api/billing/pricelist/").await;
    insta::assert_snapshot!(String::from_utf8(answer.body).unwrap(), @r#"{"cpu (bare-metal)":36,"cpu (openstack-instance)":9,"license_type":43.2,"metal_ram":0.72,"ram_gb":2.88,"storage_gb":0.144,"support":72}"#);
}
