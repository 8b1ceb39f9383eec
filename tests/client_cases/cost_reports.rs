//! The annual report over a socket, as PDF, JSON and CSV under its three addresses: each total beside its customer, each
//! customer for himself, every digit of it, and only for whom it is.

use rust_decimal::{Decimal, dec};
use serde_json::Value;
use uuid::Uuid;

use super::world::World;
use crate::printed::Printed;

const ADDRESSES: [&str; 3] = [
    "/api/invoices/annual_report/",
    "/api/killbill-invoices/annual_report/",
    "/api/customers/annual_report/",
];

impl World {
    /// A customer of that name, with invoices in Omani rials.
    async fn invoiced(&self, name: &str, amounts: &[Decimal]) -> Uuid {
        let customer = Uuid::new_v4();
        self.customer(customer, name, "", "").await;
        for amount in amounts {
            let invoice = self.invoice(customer, "1", "2026-01-01", *amount).await;
            self.change(invoice, "currency = 'OMR'").await;
        }
        customer
    }

    /// `name total` of each customer in the first section.
    async fn totals(&self, token: &str, address: &str) -> Vec<String> {
        let report = self.get_as(token, &format!("{address}?format=json")).await.json();
        let customers = report["sections"][0]["customers"].as_array().cloned();
        let shown = |one: &Value| format!("{} {}", one["name"].as_str().unwrap(), one["total"].as_str().unwrap());
        customers.unwrap_or_default().iter().map(shown).collect()
    }

    /// `name amount` of each row of the file, its header left out.
    async fn rows(&self, token: &str, address: &str) -> Vec<String> {
        let file = self.get_as(token, &format!("{address}?format=csv")).await;
        assert!(file.header("content-type").starts_with("text/csv"), "{}", file.shown());
        let text = file.text();
        let (head, rows) = text.split_once("\r\n").unwrap();
        let columns: Vec<&str> = head.split(',').collect();
        let at = |name: &str| columns.iter().position(|column| *column == name).unwrap();
        let (name, amount) = (at("customer_name"), at("amount"));
        let shown = |row: &str| {
            let fields: Vec<&str> = row.split(',').collect();
            format!("{} {}", fields[name], fields[amount])
        };
        rows.lines().map(shown).collect()
    }

    async fn report(&self, token: &str, address: &str) -> Printed {
        let pdf = self.get_as(token, address).await;
        assert_eq!((pdf.status, pdf.header("content-type")), (200, "application/pdf"));
        Printed::of(&pdf.body)
    }
}

#[tokio::test]
async fn w05_annual_report_totals_stand_beside_their_customer() {
    let world = World::new().await;
    world.invoiced("Ben", &[dec!(10)]).await;
    world.invoiced("Ann", &[dec!(150), dec!(50)]).await;
    world.invoiced("Carol", &[dec!(3)]).await;
    let staff = &*world.service.staff;
    let names = ["Carol 3.000", "Ben 10.000", "Ann 200.000"];
    for address in ADDRESSES {
        assert_eq!(world.totals(staff, address).await, names, "{address}");
        assert_eq!(world.rows(staff, address).await, names, "{address}");
        let printed = world.report(staff, address).await;
        printed.shows_in_order(&["Carol 3.000", "Ben 10.000", "Ann 200.000", "Total 213.000 OMR"]);
    }
}

#[tokio::test]
async fn w06_a_report_shows_nobody_what_is_not_his() {
    let world = World::new().await;
    let ann = world.invoiced("Ann", &[dec!(1.5)]).await;
    world.invoiced("Ben", &[dec!(2.25)]).await;
    let (owner, stranger) = (
        world.service.owner(&[ann]).await,
        world.service.owner(&[Uuid::new_v4()]).await,
    );
    for address in ADDRESSES {
        assert_eq!(world.totals(&owner, address).await, ["Ann 1.500"], "{address}");
        assert_eq!(world.rows(&owner, address).await, ["Ann 1.500"], "{address}");
        let own = world.report(&owner, address).await;
        own.shows(&["Ann 1.500", "Total 1.500 OMR"]);
        own.lacks(&["Ben", "2.250", "3.750"]);

        assert!(world.totals(&stranger, address).await.is_empty(), "{address}");
        assert!(world.rows(&stranger, address).await.is_empty(), "{address}");
        let nothing = world.report(&stranger, address).await;
        nothing.lacks(&["Ann", "Ben", "1.500", "2.250", "3.750"]);
        assert_eq!(world.ask("GET", address, &[]).await.status, 401, "{address}");
    }
}

/// Amounts that no float holds: a thousandth is below the last digit of 9007199254740993.
#[tokio::test]
async fn w14_three_decimals_stay_and_sums_are_exact() {
    let world = World::new().await;
    let ann = world.invoiced("Ann", &[dec!(9007199254740993.001), dec!(0.002)]).await;
    let staff = &*world.service.staff;
    let sum = ["Ann 9007199254740993.003"];
    assert_eq!(world.totals(staff, ADDRESSES[0]).await, sum);
    assert_eq!(world.rows(staff, ADDRESSES[0]).await, sum);
    let printed = world.report(staff, ADDRESSES[0]).await;
    printed.shows(&["Ann 9,007,199,254,740,993.003"]);
    let list = format!("/api/invoices/?o=amount&customer={}", ann.simple());
    assert_eq!(world.get(&list).await.all("amount"), "0.002 9007199254740993.001");
}

#[tokio::test]
async fn w39_customers_of_the_same_name_stay_apart() {
    let world = World::new().await;
    world.invoiced("Ann", &[dec!(1)]).await;
    world.invoiced("Ann", &[dec!(2)]).await;
    let mut totals = world.totals(&world.service.staff, ADDRESSES[0]).await;
    totals.sort();
    assert_eq!(totals, ["Ann 1.000", "Ann 2.000"]);
}
