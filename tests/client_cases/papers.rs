//! The PDFs over a socket: the same when they are made anew much later, with what costs nothing, with difficult names, and
//! with every decimal of their currency.

use chrono::TimeDelta;
use rust_decimal::dec;

use super::world::World;
use crate::bill::{invoice, item, used};
use crate::printed::Printed;
use crate::support::socket::{Reply, Socket};
use crate::world::{JANUARY, World as Paper};

/// What stands below the address of the invoice of that number.
async fn ask(paper: &Paper, socket: &Socket, number: &str, what: &str) -> Reply {
    let staff = &*paper.service.staff;
    let list = socket.get_as(staff, &format!("/api/invoices/?number={number}")).await;
    let address = format!("/api/invoices/{}/{what}/", list.all("uuid"));
    let reply = socket.get_as(staff, &address).await;
    assert_eq!(reply.status, 200, "{}", reply.shown());
    reply
}

/// The stored documents are thrown away, so that they must be made anew, 200 days later.
#[tokio::test]
async fn w19_a_document_that_is_made_anew_much_later_has_the_same_bytes() {
    let paper = Paper::new().await;
    let socket = Socket::of(paper.service.router.clone()).await;
    let web = paper.resource("web-1", "Shop").await;
    let line = used(web, "cpu", JANUARY, dec!(10), dec!(0.5));
    paper.mirror(&invoice("41", vec![line], vec![])).await;
    for kind in ["pdf", "usage_pdf"] {
        let then = ask(&paper, &socket, "41", kind).await.body;
        let deleted = sqlx::query("delete from invoice_document").execute(paper.pool()).await;
        assert_eq!(deleted.unwrap().rows_affected(), 1);
        let clock = &paper.service.state.clock;
        clock.set(clock.now() + TimeDelta::days(200));
        let now = ask(&paper, &socket, "41", kind).await.body;
        Printed::of(&now).shows(&["1 – 31 January 2026"]);
        assert!(then == now, "another {kind}");
        if kind == "pdf" {
            Printed::of(&now).shows(&["due 15 February 2026"]);
        }
        sqlx::query("delete from invoice_document")
            .execute(paper.pool())
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn w36_a_free_item_has_its_quantity_and_no_division() {
    let paper = Paper::new().await;
    let socket = Socket::of(paper.service.router.clone()).await;
    let web = paper.resource("web-1", "Shop").await;
    let tracking = paper.deliver(web, "cpu", "cpu", "2026-01-01", 10, dec!(4)).await;
    let free = used(web, "cpu", JANUARY, dec!(40), dec!(0));
    paper.mirror(&invoice("41", vec![free], vec![tracking])).await;
    let item = ask(&paper, &socket, "41", "items").await.json()[0].clone();
    assert_eq!([&item["quantity"], &item["rate"], &item["amount"]], ["40", "0", "0.00"]);
    let usage = ask(&paper, &socket, "41", "usage_pdf").await;
    Printed::of(&usage.body).shows_in_order(&["web-1", "CPU", "40 hours 0.00 0.00", "Total 0.00 EUR"]);
}

/// As the name of the customer, of a project, of a machine and of a charge. Seen from the left of the page, the words of a
/// right-to-left name stand in the other order.
#[tokio::test]
async fn case_difficult_names_are_printed_as_they_are() {
    let paper = Paper::new().await;
    let socket = Socket::of(paper.service.router.clone()).await;
    let long = "n".repeat(150);
    for (number, name, from_left) in [
        ("1", "items", "items"),
        ("2", "O\"Neil's <b> & 'Söhne'", "O\"Neil's <b> & 'Söhne'"),
        ("3", "חברת הענן הצפוני", "הצפוני הענן חברת"),
        ("4", &long, &long),
    ] {
        let rename = sqlx::query("update customer set name = $1").bind(name);
        rename.execute(paper.pool()).await.unwrap();
        let machine = paper.resource(name, name).await;
        let lines = vec![
            used(machine, "cpu", JANUARY, dec!(10), dec!(0.5)),
            item("EXTERNAL_CHARGE", name, dec!(7)),
        ];
        paper.mirror(&invoice(number, lines, vec![])).await;
        let printed = Printed::of(&ask(&paper, &socket, number, "pdf").await.body);
        printed.shows(&["Total 12.00 EUR"]);
        // The customer, the project and its subtotal, the machine, the charge.
        assert_eq!(printed.count(from_left), 5, "{name}");
    }
}

#[tokio::test]
async fn case_a_currency_of_three_decimals_is_printed_with_them() {
    let world = World::new().await;
    let uuid = world.invoice(world.alice, "1", "2026-01-31", dec!(1234.567)).await;
    world.change(uuid, "currency = 'OMR'").await;
    world
        .item(uuid, ("EXTERNAL_CHARGE", "charge"), "Consulting", dec!(1234.567))
        .await;
    let pdf = world.get(&format!("/api/invoices/{}/pdf/", uuid.simple())).await;
    Printed::of(&pdf.body).shows_in_order(&["Consulting 1,234.567", "Total 1,234.567 OMR"]);
}
