//! June 2020, in React: what throws there leaves a white page. `items` alone, `details` of each, and the oldest invoice by two
//! orders at once.

use serde_json::json;

use super::js::{currency, list, period, said, text};
use super::shop::{Shop, printed};

#[tokio::test]
async fn the_invoice_and_the_record_of_june_2020_open() {
    let shop = Shop::new().await;
    let invoice = shop.invoice().await;
    let keys = [
        "name",
        "address",
        "country",
        "postal",
        "phone_number",
        "bank_name",
        "bank_account",
        "vat_code",
        "email",
    ];
    assert_eq!(printed(&invoice["customer_details"], keys)[2], "Lithuania");
    assert_eq!(printed(&invoice["issuer_details"], keys)[7], "EE101234567");
    assert_eq!(period(&invoice), "2026-02");
    for item in list(&invoice["items"]) {
        // With all four the page prints them in place of the name, and two machines look alike.
        let details = &item["details"];
        let four = ["offering_name", "offering_type", "plan_name", "offering_component_name"];
        assert!(four.iter().any(|key| details[*key].is_null()), "{item}");
        said(&item["name"]);
        for key in ["unit_price", "tax", "total", "price"] {
            currency(&item[key]);
        }
        text(&item["project_name"]);
    }
    let first = &invoice["items"][0];
    let known = json!({ "service_provider_name": "Tartu cloud", "offering_name": "Virtual machine", "offering_type": "OpenStack.Instance",
                        "plan_name": "vm" });
    assert_eq!(first["details"], known);
    assert_eq!(
        invoice["items"][3]["details"],
        json!({}),
        "nothing is known of a charge"
    );
    assert!(said(&invoice["pdf"]).starts_with("http"), "the button to download it");
    for key in ["price", "tax", "total"] {
        currency(&invoice[key]);
    }
}

/// `o: [year, month]` of 12 invoices over a new year: the first of the list is the oldest, not some January's.
#[tokio::test]
async fn the_overview_of_june_2020_begins_with_the_oldest_invoice() {
    let shop = Shop::new().await;
    sqlx::query("update invoice set invoice_date = '2025-11-01' where number = '40'")
        .execute(shop.paper.pool())
        .await
        .unwrap();
    let rows = shop
        .get("/api/invoices/?page_size=1&o=year&o=month&field=year&field=month")
        .await;
    assert_eq!(list(&rows).iter().map(period).collect::<Vec<_>>(), ["2025-11"]);
    let twelve = shop
        .get(&format!(
            "/api/invoices/?customer={}&page_size=12&field=year&field=month&field=price",
            shop.customer()
        ))
        .await;
    assert_eq!(
        list(&twelve).iter().map(period).collect::<Vec<_>>(),
        ["2026-02", "2025-11"]
    );
}

/// Lists show the lines too, as far as one answer can hold them.
#[tokio::test]
async fn a_list_says_that_it_leaves_lines_out_when_they_are_too_many() {
    let shop = Shop::new().await;
    let listed = async |query: &str| shop.get(&format!("/api/invoices/{query}")).await[0]["items"].clone();
    assert_eq!(listed("").await, shop.invoice().await["items"]);
    sqlx::query(
        "insert into invoice_item (uuid, killbill_id, invoice_id, position, item_type, kind, name, currency, amount)
         select gen_random_uuid(), gen_random_uuid(), id, n, 'EXTERNAL_CHARGE', 'charge', 'x', 'EUR', 0
         from invoice, generate_series(10, 10010) n where number = '40'",
    )
    .execute(shop.paper.pool())
    .await
    .unwrap();
    assert_eq!(listed("").await, json!(null), "10,001 lines and more");
    assert_eq!(list(&listed("?page_size=1").await).len(), 5);
    assert_eq!(list(&shop.invoice().await["items"]).len(), 5);
}
