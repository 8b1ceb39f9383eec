//! June 2018: invoices and accounting records by `items`, the dashboard's costs, the dialog that adds `items` and
//! `openstack_items` of list rows, and the financial overview.

use serde_json::{Value, json};

use super::js::{currency, list, list_or_none, parse_float, period, said, same, text, to_fixed, whole};
use super::shop::{Shop, printed};

#[tokio::test]
async fn the_invoice_of_june_2018_has_its_parties_and_lines() {
    let shop = Shop::new().await;
    let invoice = shop.invoice().await;
    let keys = [
        "name",
        "address",
        "country_name",
        "postal",
        "email",
        "vat_code",
        "phone_number",
        "bank_name",
        "bank_account",
    ];
    assert_eq!(
        printed(&invoice["customer_details"], keys),
        [
            "Žalgiris Institute",
            "Gedimino pr. 9\nVilnius",
            "Lithuania",
            "01103",
            "pay@zalgiris.example",
            "LT100001",
            "+370 555",
            "Vilniaus bankas",
            "LT121000011101001000"
        ]
    );
    assert_eq!(said(&invoice["issuer_details"]["name"]), "Northern Cloud OÜ");
    // angular.extend({ items: items and openstack_items together }, invoice): the invoice's own items win.
    let items = list(&invoice["items"]);
    let names: Vec<&str> = items.iter().map(|item| said(&item["name"])).collect();
    assert_eq!(
        names,
        ["web-1: CPU", "web-1: Memory", "web-2: CPU", "Consulting", "VAT 20%"]
    );
    for item in items {
        currency(&item["unit_price"]);
        currency(&item["tax"]);
        text(&item["scope_type"]);
        text(&item["project_name"]);
        assert!(item["details"].is_object(), "{item}");
    }
    assert_eq!(
        [&items[0]["quantity"], &items[0]["unit_price"], &items[0]["price"]],
        ["40", "0.5", "20.00"]
    );
    assert_eq!(
        [&items[0]["scope_type"], &items[0]["unit"], &items[3]["scope_type"]],
        ["OpenStack.Instance", "hours", "charge"]
    );
    let sum = |key: &str| items.iter().map(|item| currency(&item[key])).sum();
    for key in ["price", "tax", "total"] {
        same(sum(key), currency(&invoice[key]));
    }
}

/// `{ customer, field: [year, month, price] }`, turned round: the last one is the current total.
#[tokio::test]
async fn the_dashboard_of_june_2018_shows_the_newest_invoice_s_total() {
    let shop = Shop::new().await;
    let path = format!(
        "/api/invoices/?customer={}&field=year&field=month&field=price",
        shop.customer()
    );
    let rows = shop.get(&path).await;
    let newest = &list(&rows)[0];
    assert_eq!(newest.as_object().unwrap().len(), 3, "{newest}");
    assert_eq!(
        (period(newest), currency(&newest["price"])),
        ("2026-02".to_owned(), 50.0)
    );
}

/// `getAll({ customer_uuid, year, month })`, then `items` and `openstack_items` of the first row, one after the other.
#[tokio::test]
async fn the_estimate_dialog_of_june_2018_counts_no_line_twice() {
    let shop = Shop::new().await;
    let path = format!(
        "/api/invoices/?customer_uuid={}&year=2026&month=2&page=1&page_size=100",
        shop.paper.customer.simple()
    );
    let rows = shop.get(&path).await;
    let invoice = &list(&rows)[0];
    let lists = ["items", "openstack_items", "offering_items", "generic_items"];
    let items: Vec<&Value> = lists.iter().flat_map(|key| list_or_none(&invoice[*key])).collect();
    let shown: Vec<String> = items
        .iter()
        .filter(|item| parse_float(&item["total"]) > 0.0)
        .map(|item| {
            format!(
                "{} {}",
                said(&item["scope_type"]).replace('.', " "),
                said(&item["name"])
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            "OpenStack Instance web-1: CPU",
            "OpenStack Instance web-1: Memory",
            "OpenStack Instance web-2: CPU",
            "charge Consulting",
            "tax VAT 20%"
        ]
    );
    same(
        items.iter().map(|item| parse_float(&item["total"])).sum(),
        currency(&invoice["total"]),
    );
}

/// `billing-total-cost/`: of a month, and of all before one is chosen.
#[tokio::test]
async fn the_financial_overview_of_june_2018_has_its_total() {
    let shop = Shop::new().await;
    let staff = shop.paper.service.staff.clone();
    for (query, total, price) in [
        ("", 110.0, 100.0),
        (
            "?accounting_is_running=true&year=2026&month=2&current=false",
            60.0,
            50.0,
        ),
        ("?year=2026&month=1", 50.0, 50.0),
        ("?year=2025&month=1", 0.0, 0.0),
        ("?name=nobody", 0.0, 0.0),
        ("?name=ŽALGIRIS", 110.0, 100.0),
    ] {
        let reply = shop
            .socket
            .get_as(&staff, &format!("/api/billing-total-cost/{query}"))
            .await;
        assert_eq!(reply.status, 200, "{query}: {}", reply.shown());
        let cost = reply.json();
        same(to_fixed(&cost["total"]), total);
        same(to_fixed(&cost["price"]), price);
    }
    let others = shop.socket.get_as(&shop.owner, "/api/billing-total-cost/").await;
    assert_eq!(others.status, 403);
    sqlx::query("update invoice set currency = 'USD' where number = '40'")
        .execute(shop.paper.pool())
        .await
        .unwrap();
    let cost = shop.socket.get_as(&staff, "/api/billing-total-cost/").await.json();
    same(to_fixed(&cost["total"]), 60.0);
    let [other] = list(&cost["others"]) else {
        panic!("currencies are never added up: {cost}")
    };
    same(to_fixed(&other["total"]), 50.0);
    assert_eq!(other["currency"], "USD");
}

/// `getAll({ customer_uuid, field: [state, price] })` before an organisation may be removed.
#[tokio::test]
async fn the_organization_page_of_june_2018_knows_whether_there_are_invoices() {
    let shop = Shop::new().await;
    let path = format!(
        "/api/invoices/?customer_uuid={}&field=state&field=price",
        shop.paper.customer.simple()
    );
    for row in list(&shop.get(&path).await) {
        assert!(said(&row["state"]) == "created" && parse_float(&row["price"]) > 0.0);
    }
    assert_eq!(whole(&json!(list(&shop.get(&path).await).len())), 2);
}
