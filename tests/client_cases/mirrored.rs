//! What the mirror makes of Kill Bill's answers, as a client on a socket sees it: nothing is lost by an answer that lacks
//! it, nothing stops at a line of another kind, and the number of requests does not grow with the lines.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use nodeconductor_billing::killbill::KillBill;
use nodeconductor_billing::sync::invoices::TURNS;
use rust_decimal::{Decimal, dec};
use serde_json::{Value, json};
use uuid::Uuid;

use super::world::World;
use crate::crowd::{Crowd, NOW};
use crate::support::bills::{adjustment, credit};
use crate::support::killbill_model::Model;
use crate::support::killbill_model::faults::{Fault, Seen};
use crate::support::killbill_server::{fresh_tenant, shared_url};

/// A server on a socket whose mirror reads a Kill Bill with customers of one's own.
struct Mirrored {
    world: World,
    crowd: Crowd,
}

impl Mirrored {
    async fn real(customers: usize) -> Self {
        let connection = fresh_tenant(&shared_url()).await;
        Self::of(KillBill::new(&connection).unwrap(), customers).await
    }

    async fn modelled(model: &Model, customers: usize) -> Self {
        let connection = Model::connection(&model.url());
        Self::of(KillBill::new(&connection).unwrap(), customers).await
    }

    async fn of(killbill: KillBill, customers: usize) -> Self {
        let world = World::new().await;
        let crowd = Crowd::on(world.pool().clone(), killbill, customers).await;
        Self { world, crowd }
    }

    const fn killbill(&self) -> &KillBill {
        &self.crowd.sync.killbill
    }

    /// Everything of a customer is read anew, a little later.
    async fn read(&self, customer: Uuid) -> bool {
        self.crowd.pass_time(chrono::TimeDelta::minutes(1));
        self.crowd.sync.customer(customer).await.is_ok()
    }

    async fn invoices(&self, customer: Uuid) -> Value {
        let path = format!("/api/invoices/?o=number&customer={}", customer.simple());
        self.world.get(&path).await.json()
    }

    /// The documents of these invoices.
    async fn pdfs(&self, invoices: &Value) -> Vec<Vec<u8>> {
        let mut pdfs = Vec::new();
        for invoice in invoices.as_array().unwrap() {
            let pdf = self.world.get(invoice["pdf"].as_str().unwrap()).await;
            assert_eq!(pdf.status, 200, "{}", pdf.shown());
            pdfs.push(pdf.body);
        }
        pdfs
    }

    /// The types of an invoice's lines, sorted.
    async fn lines(&self, invoice: &Value) -> Vec<String> {
        let path = format!("/api/invoices/{}/items/", invoice["uuid"].as_str().unwrap());
        let items = self.world.get(&path).await.json();
        let kind = |item: &Value| item["item_type"].as_str().unwrap().to_owned();
        let mut kinds: Vec<String> = items.as_array().unwrap().iter().map(kind).collect();
        kinds.sort();
        kinds
    }

    /// Takes a part of the invoice's first line back.
    async fn adjust(&self, account: Uuid, invoice: Uuid, amount: Decimal) {
        let invoices = self.killbill().invoices();
        let item = invoices.get(invoice).await.unwrap().items[0].invoice_item_id;
        let back = adjustment(account, item, amount, "USD");
        invoices.adjust_item(invoice, &back).await.unwrap();
    }
}

#[tokio::test]
async fn w16_what_an_answer_lacks_or_breaks_off_before_stays_under_its_uuid_with_its_pdf() {
    let model = Model::start(NOW.parse().unwrap()).await;
    let mirrored = Mirrored::modelled(&model, 1).await;
    let customer = mirrored.crowd.accounts[0];
    for _ in 0..2 {
        mirrored.crowd.charge(customer).await;
    }
    assert!(mirrored.read(customer).await);
    let before = mirrored.invoices(customer).await;
    assert_eq!(before.as_array().unwrap().len(), 2);
    let pdfs = mirrored.pdfs(&before).await;

    model.on_request(|_| Fault::HalfAnswer);
    assert!(!mirrored.read(customer).await, "half an answer is none");
    model.heal();
    for left in [1, 0] {
        model.books().invoices.truncate(left);
        assert!(mirrored.read(customer).await, "a whole answer that lists {left}");
        assert_eq!(mirrored.invoices(customer).await, before);
        assert_eq!(mirrored.pdfs(&before).await, pdfs);
    }
}

#[tokio::test]
async fn w16_an_invoice_that_was_set_to_zero_or_voided_stays_under_its_uuid() {
    let mirrored = Mirrored::real(1).await;
    let customer = mirrored.crowd.accounts[0];
    let (zero, void) = (
        mirrored.crowd.charge(customer).await,
        mirrored.crowd.charge(customer).await,
    );
    assert!(mirrored.read(customer).await);
    let before = mirrored.invoices(customer).await;
    mirrored.adjust(customer, zero, dec!(1)).await;
    mirrored.killbill().invoices().void(void).await.unwrap();
    assert!(mirrored.read(customer).await);
    let after = mirrored.invoices(customer).await;
    let told = |list: &Value, key: &str| [list[0][key].clone(), list[1][key].clone()];
    assert_eq!(told(&after, "uuid"), told(&before, "uuid"));
    assert_eq!(told(&after, "state"), [json!("paid"), json!("canceled")], "{after}");
    assert_eq!(
        (&after[0]["amount"], &after[0]["balance"]),
        (&json!("0.00"), &json!("0.00"))
    );
    assert_eq!(mirrored.pdfs(&after).await.len(), 2);
}

/// The first customer's account is unknown to Kill Bill, the second has a credit that belongs to no subscription.
#[tokio::test]
async fn w17_a_credit_stops_neither_its_own_invoices_nor_those_of_other_customers() {
    let mirrored = Mirrored::real(3).await;
    let [gone, credited, ordinary] = mirrored.crowd.accounts[..] else {
        panic!("three customers");
    };
    mirrored
        .crowd
        .execute("update customer set account_id = gen_random_uuid() where name = 'Customer 1'")
        .await;
    let charged = mirrored.crowd.charge_lines(credited, 2).await;
    mirrored.adjust(credited, charged, dec!(0.5)).await;
    let credits = [credit(credited, dec!(5), "USD")];
    mirrored.killbill().invoices().credit(&credits, true).await.unwrap();
    mirrored.crowd.charge(ordinary).await;

    let swept = mirrored.crowd.sync.sweep(TURNS, |_| ()).await.unwrap();
    assert_eq!((swept.customers, swept.failed), (2, 1));
    let invoices = mirrored.invoices(credited).await;
    assert_eq!(
        mirrored.lines(&invoices[0]).await,
        ["CBA_ADJ", "EXTERNAL_CHARGE", "EXTERNAL_CHARGE", "ITEM_ADJ"]
    );
    assert_eq!(mirrored.lines(&invoices[1]).await, ["CBA_ADJ", "CREDIT_ADJ"]);
    assert_eq!(mirrored.pdfs(&invoices).await.len(), 2);
    for (customer, count) in [(ordinary, 1), (gone, 0)] {
        assert_eq!(mirrored.invoices(customer).await.as_array().unwrap().len(), count);
    }
}

#[tokio::test]
async fn w21_forty_lines_take_as_many_requests_as_one_and_their_readers_none() {
    let model = Model::start(NOW.parse().unwrap()).await;
    let mirrored = Mirrored::modelled(&model, 2).await;
    let asked = Arc::new(AtomicUsize::new(0));
    let mut counts = Vec::new();
    for (customer, lines) in [(mirrored.crowd.accounts[0], 1), (mirrored.crowd.accounts[1], 40)] {
        mirrored.crowd.charge_lines(customer, lines).await;
        let counted = Arc::clone(&asked);
        model.on_request(move |_: &Seen<'_>| {
            counted.fetch_add(1, Ordering::SeqCst);
            Fault::None
        });
        assert!(mirrored.read(customer).await);
        counts.push(asked.swap(0, Ordering::SeqCst));
        let invoices = mirrored.invoices(customer).await;
        assert_eq!(mirrored.lines(&invoices[0]).await.len(), lines);
        mirrored.pdfs(&invoices).await;
        assert_eq!(asked.load(Ordering::SeqCst), 0, "read here, asked nowhere");
        model.heal();
    }
    assert!(counts[0] > 0 && counts[0] == counts[1], "{counts:?}");
}

/// A balance of zero is not a payment: not in the list, in filters, in the reconciliation, among the lines, nor in the report.
#[tokio::test]
async fn an_invoice_that_was_written_off_is_nowhere_paid() {
    let mirrored = Mirrored::real(1).await;
    let customer = mirrored.crowd.accounts[0];
    let invoice = mirrored.crowd.charge(customer).await;
    mirrored.crowd.charge(customer).await;
    mirrored.killbill().invoices().write_off(invoice, true).await.unwrap();
    assert!(mirrored.read(customer).await);
    let shown = mirrored.invoices(customer).await[0].clone();
    assert_eq!(
        [&shown["status"], &shown["state"], &shown["balance"], &shown["due_date"]],
        [&json!("Written off"), &json!("canceled"), &json!("0.00"), &Value::Null]
    );
    let count = async |filter: &str| {
        let listed = mirrored.world.get(&format!("/api/invoices/?{filter}")).await.json();
        listed.as_array().unwrap().len()
    };
    assert_eq!(count("status=paid").await + count("state=paid").await, 0);
    for (filter, found) in [
        ("status=written_off", 1),
        ("status=Written%20off", 1),
        ("state=canceled", 1),
        ("status=unpaid", 1),
        ("state=created", 1),
    ] {
        assert_eq!(count(filter).await, found, "{filter}");
    }
    let uuid = shown["uuid"].as_str().unwrap();
    let checked = mirrored
        .world
        .get(&format!("/api/invoices/{uuid}/reconciliation/"))
        .await
        .json();
    assert_eq!(
        [&checked["status"], &checked["invoice_status"]],
        ["balanced", "Written off"]
    );
    let lines = mirrored
        .world
        .get(&format!("/api/invoice-items/?invoice={uuid}"))
        .await
        .json();
    assert_eq!(lines[0]["invoice_standing"], "written_off");
    let report = mirrored
        .world
        .get("/api/invoices/annual_report/?format=json")
        .await
        .json();
    let sums = &report["sections"][0];
    assert_eq!(
        [&sums["total"], &sums["owed"], &sums["written_off"]],
        ["2.00", "1.00", "1.00"],
        "{report}"
    );
}

#[tokio::test]
async fn w27_a_balance_is_what_is_still_owed() {
    let mirrored = Mirrored::real(1).await;
    let customer = mirrored.crowd.accounts[0];
    let invoice = mirrored.crowd.charge(customer).await;
    for (paid, balance, status) in [
        (dec!(0), "1.00", "Unpaid"),
        (dec!(0.4), "0.60", "Unpaid"),
        (dec!(0.6), "0.00", "Paid"),
    ] {
        if !paid.is_zero() {
            let invoices = mirrored.killbill().invoices();
            invoices.pay_externally(customer, invoice, paid).await.unwrap();
        }
        assert!(mirrored.read(customer).await);
        let shown = mirrored.invoices(customer).await[0].clone();
        assert_eq!(
            [&shown["amount"], &shown["balance"], &shown["status"]],
            ["1.00", balance, status],
            "{paid} paid"
        );
    }
}
