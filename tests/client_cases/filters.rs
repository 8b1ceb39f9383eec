//! Every filter of the invoice list (nodeconductor.md 2.3 and 11), and what a wrong value is answered.

use rust_decimal::dec;

use super::world::World;

/// Numbers 1 to 4: Alice in December and January, Bob in January and August.
async fn four() -> World {
    let world = World::new().await;
    world.invoice(world.alice, "1", "2025-12-31", dec!(10)).await;
    let paid = world.invoice(world.alice, "2", "2026-01-01", dec!(-5.50)).await;
    let void = world.invoice(world.bob, "3", "2026-01-15", dec!(0)).await;
    let draft = world.invoice(world.bob, "4", "2026-08-05", dec!(9999999.99)).await;
    world.change(paid, "balance = 0, currency = 'USD'").await;
    world.change(void, "status = 'VOID'").await;
    world.change(draft, "status = 'DRAFT'").await;
    world
}

#[tokio::test]
async fn each_filter_narrows_the_list_to_what_it_says() {
    let world = four().await;
    let alice = world.alice.simple();
    for (query, numbers) in [
        ("", "1 2 3 4"),
        (&*format!("customer={alice}"), "1 2"),
        (&format!("customer={}", world.alice), "1 2"),
        (&format!("customer={}/api/customers/{alice}/", world.url), "1 2"),
        (&format!("customer_uuid={alice}"), "1 2"),
        (&format!("customer={alice}&customer_uuid={}", world.bob.simple()), ""),
        ("customer_name=AL", "1 2"),
        ("customer_name=s%C3%B6hne", "3 4"),
        ("customer_native_name=e c.", "1 2"),
        ("customer_abbreviation=bo", "3 4"),
        ("year=2026", "2 3 4"),
        ("month=8", "4"),
        ("month=08", "4"),
        ("year=2025&month=12", "1"),
        ("date=2026-01-01", "2"),
        ("start=2026-01-01", "2 3 4"),
        ("start=2025-12-31&end=2026-01-15", "1 2"),
        ("start_date=2026-01-02&end_date=2026-08-06", "3 4"),
        ("amount=10", "1"),
        ("amount=10.00", "1"),
        ("amount=-5.5", "2"),
        ("min_amount=0", "1 3 4"),
        ("max_amount=10", "1 2 3"),
        ("min_sum=0.01&max_sum=10", "1"),
        ("status=unpaid", "1"),
        ("status=Paid", "2"),
        ("status=void", "3"),
        ("status=DRAFT", "4"),
        ("status=committed", "1 2"),
        ("state=created&state=paid", "1 2"),
        ("state=Created", "1"),
        (
            "start=2025-12-31&start_date=2026-01-01&end_date=2026-08-05&end=2027-01-01",
            "2 3",
        ),
        ("min_amount=-10&min_sum=0&max_sum=10", "1 3"),
        ("created=2026-02-01", "1 2 3 4"),
        ("created=2026-02-02", ""),
        ("state=canceled&state=pending&state=", "3 4"),
        ("number=3", "3"),
        ("currency=usd", "2"),
        ("page_size=&customer=&o=", "1 2 3 4"),
        ("unknown=1&format=json", "1 2 3 4"),
    ] {
        let answer = world.get(&format!("/api/killbill-invoices/?{query}")).await;
        assert_eq!(answer.all("number"), numbers, "{query}");
        let count = numbers.split_whitespace().count().to_string();
        assert_eq!(answer.header("x-result-count"), count, "{query}");
    }
}

/// The predecessor answered 500 or, silently, an empty list (W38).
#[tokio::test]
async fn w38_a_wrong_value_is_a_400_that_names_its_field() {
    let world = four().await;
    for (query, field) in [
        ("customer=Alice", "customer"),
        ("customer_uuid=1", "customer_uuid"),
        ("year=abc", "year"),
        ("year=0", "year"),
        ("year=99999999999999", "year"),
        ("month=13", "month"),
        ("month=0", "month"),
        ("date=25.08.2015", "date"),
        ("date=2015-02-30", "date"),
        ("start=yesterday", "start"),
        ("end=2015-13-01", "end"),
        ("amount=ten", "amount"),
        ("min_amount=1e", "min_amount"),
        ("max_amount=1,5", "max_amount"),
        ("status=overdue", "status"),
        ("state=created&state=lost", "state"),
        ("o=price", "o"),
        ("o=date,amount", "o"),
        ("o=--date", "o"),
        ("customer_name=a%00b", "customer_name"),
        ("created=now", "created"),
        ("start_date=now", "start_date"),
        ("max_sum=all", "max_sum"),
    ] {
        for family in ["invoices", "killbill-invoices"] {
            let answer = world.get(&format!("/api/{family}/?{query}")).await;
            let body = answer.json();
            assert_eq!(answer.status, 400, "{query}: {body}");
            let texts = body[field].as_array().unwrap_or_else(|| panic!("{query}: {body}"));
            assert!(
                texts.len() == 1 && body.as_object().unwrap().len() == 1,
                "{query}: {body}"
            );
        }
    }
}

/// In Django's words, which people can act on.
#[tokio::test]
async fn a_wrong_value_is_told_what_would_be_right() {
    let world = World::new().await;
    for (query, text) in [
        ("year=abc", "A valid integer is required."),
        ("year=99999999999999", "A valid integer is required."),
        ("date=25.08.2015", "Date has wrong format. Use YYYY-MM-DD."),
        ("date=2015-02-30", "Date has wrong format. Use YYYY-MM-DD."),
        ("amount=ten", "A valid number is required."),
    ] {
        let answer = world.get(&format!("/api/invoices/?{query}")).await;
        let field = query.split('=').next().unwrap();
        assert_eq!(answer.json(), serde_json::json!({ field: [text] }), "{query}");
    }
}
