//! December 2016 and June 2017: NodeConductor's own invoices, of which the page reads `openstack_items` alone; since April 2017
//! a policy without a hard limit is saved with `limit: -1`.

use serde_json::json;

use super::js::{currency, list, period, said, same, text, whole};
use super::shop::{Shop, printed};

#[tokio::test]
async fn the_invoices_of_december_2016_and_june_2017_are_listed() {
    let shop = Shop::new().await;
    let rows = shop
        .get(&format!(
            "/api/invoices/?page=1&page_size=10&customer={}&state=created",
            shop.customer()
        ))
        .await;
    let numbers: Vec<&str> = list(&rows).iter().map(|row| said(&row["number"])).collect();
    assert_eq!(numbers, ["41", "40"], "newest first");
    for row in list(&rows) {
        same(currency(&row["price"]) + currency(&row["tax"]), currency(&row["total"]));
        assert_eq!(
            [&row["invoice_date"], &row["due_date"], &row["state"], &row["uuid"]].map(|key| said(key).is_empty()),
            [false; 4]
        );
    }
    assert_eq!(
        list(&rows).iter().map(period).collect::<Vec<_>>(),
        ["2026-02", "2026-01"]
    );
}

#[tokio::test]
#[expect(clippy::cast_precision_loss, reason = "days are far below 2^53")]
async fn the_invoice_of_december_2016_and_june_2017_has_its_parties_and_lines() {
    let shop = Shop::new().await;
    let invoice = shop.invoice().await;
    let both = ["company", "address", "country", "postal", "phone", "bank", "email"];
    assert_eq!(
        printed(&invoice["customer_details"], both),
        [
            "Žalgiris Institute",
            "Gedimino pr. 9\nVilnius",
            "Lithuania",
            "01103",
            "+370 555",
            "Vilniaus bankas",
            "pay@zalgiris.example"
        ]
    );
    assert_eq!(
        printed(&invoice["issuer_details"], both),
        [
            "Northern Cloud OÜ",
            "Ülikooli 18\n50090 Tartu",
            "Estonia",
            "50090",
            "+372 555",
            "Põhja Pank",
            "billing@north.example"
        ]
    );
    assert_eq!(
        printed(&invoice["issuer_details"], ["account", "vat_code"]),
        ["EE382200221020145685", "EE101234567"]
    );
    assert_eq!(
        (period(&invoice), said(&invoice["number"])),
        ("2026-02".to_owned(), "41")
    );

    let items = list(&invoice["openstack_items"]);
    let names: Vec<&str> = items.iter().map(|item| said(&item["name"])).collect();
    assert_eq!(
        names,
        ["web-1: CPU", "web-1: Memory", "web-2: CPU", "Consulting", "VAT 20%"]
    );
    for item in items {
        let days = whole(&item["usage_days"]);
        same(currency(&item["daily_price"]) * days as f64, currency(&item["total"]));
        same(
            currency(&item["price"]) + currency(&item["tax"]),
            currency(&item["total"]),
        );
        text(&item["project_name"]);
    }
    let first = &items[0];
    assert_eq!(
        (whole(&first["usage_days"]), said(&first["start"]), said(&first["end"])),
        (31, "2026-01-01", "2026-02-01")
    );
    assert_eq!(
        (said(&first["project_name"]), said(&first["project_uuid"]).len()),
        ("Website", 32)
    );
    assert_eq!(
        (&items[3]["project_uuid"], whole(&items[3]["usage_days"])),
        (&json!(null), 1),
        "grouped apart"
    );
    let sum = |key: &str| items.iter().map(|item| currency(&item[key])).sum();
    for key in ["price", "tax", "total"] {
        same(sum(key), currency(&invoice[key]));
    }
}

/// The frontend shows success on any 2xx, so there is none unless something is sent.
#[tokio::test]
async fn a_notification_is_refused_in_words_while_no_mail_can_be_sent() {
    let shop = Shop::new().await;
    let path = format!("/api/invoices/{}/send_notification/", shop.january.uuid.simple());
    let staff = shop.paper.service.staff.clone();
    let link = |template: &str| json!({ "link_template": template });
    let good = link("http://localhost:8001/billing/{uuid}/");
    let answer = shop.send(&staff, "POST", &path, &good).await;
    assert_eq!(
        answer.shown(),
        r#"409 {"code":"mail_not_configured","detail":"Nothing was sent: this service has no mail server configured."}"#
    );
    // Since 2019 the page sends no body.
    let token = format!("Token {staff}");
    assert_eq!(
        shop.socket
            .send("POST", &path, &[("authorization", &token)], String::new())
            .await
            .status,
        409
    );
    for (wrong, text) in [
        ("http://localhost/", "Link template must include '{uuid}' parameter."),
        ("{uuid}", "Enter a valid URL."),
    ] {
        let answer = shop.send(&staff, "POST", &path, &link(wrong)).await;
        assert_eq!(
            (answer.status, answer.json()),
            (400, json!({ "link_template": [text] })),
            "{wrong}"
        );
    }
    assert_eq!(shop.send(&shop.owner, "POST", &path, &good).await.status, 403);
    sqlx::query("update invoice set balance = 0 where number = '41'")
        .execute(shop.paper.pool())
        .await
        .unwrap();
    let paid = shop.send(&staff, "POST", &path, &good).await;
    assert_eq!(
        (paid.status, &paid.json()["non_field_errors"][0]),
        (400, &json!("Notification only for the created invoice can be sent."))
    );
}
