//! Every order of the invoice list, forwards and backwards.

use rust_decimal::dec;

use super::world::World;

#[tokio::test]
async fn oldest_first_unless_asked_otherwise() {
    let world = World::new().await;
    for (customer, number, date, amount) in [
        (world.bob, "9", "2026-03-01", dec!(3)),
        (world.alice, "10", "2026-01-01", dec!(2)),
        (world.bob, "11", "2026-02-01", dec!(-1)),
        (world.alice, "12", "2026-02-01", dec!(10)),
    ] {
        world.invoice(customer, number, date, amount).await;
    }
    for (order, numbers) in [
        ("", "10 11 12 9"),
        ("date", "10 11 12 9"),
        ("-date", "9 12 11 10"),
        ("amount", "11 10 9 12"),
        ("-amount", "12 9 10 11"),
        ("customer_name", "10 12 11 9"),
        ("-customer_name", "9 11 12 10"),
        ("customer__name", "10 12 11 9"),
        ("customer_abbreviation", "10 12 11 9"),
        ("-customer_abbreviation", "9 11 12 10"),
        ("customer_native_name", "11 9 10 12"),
        ("-customer_native_name", "12 10 9 11"),
        // Of the committed ones, those with nothing left to pay before the others.
        ("status", "11 10 12 9"),
        ("number", "9 10 11 12"),
        ("-number", "12 11 10 9"),
        ("created", "9 10 11 12"),
        ("-created", "12 11 10 9"),
        ("-year", "9 12 11 10"),
        ("month", "10 11 12 9"),
        ("-month", "9 12 11 10"),
    ] {
        let answer = world.get(&format!("/api/killbill-invoices/?o={order}")).await;
        assert_eq!(answer.all("number"), numbers, "o={order}");
    }
}
