//! External charges: drafts, their commit, their end.

use nodeconductor_billing::killbill::invoices::{Adjustment, Charge, InvoiceStatus};
use rust_decimal::dec;

use super::super::bench::{Bench, Customer};
use super::told::{charge, refused};

pub async fn a_draft_is_owed_from_its_commit_on(bench: &Bench) {
    let customer = bench.customer().await;
    let of = |quantity, rate, line: Charge| Charge {
        quantity: Some(quantity),
        rate: Some(rate),
        ..line
    };
    let undated = Charge {
        start_date: None,
        end_date: None,
        ..charge(dec!(0.145), "d")
    };
    let lines = [
        of(dec!(3), dec!(0.0111), charge(dec!(0.0333), "a")),
        of(dec!(1.0000000005), dec!(1.2345678905), charge(dec!(1.235), "b")),
        charge(dec!(0), "c"),
        undated,
    ];
    let draft = customer.charge(&lines, false).await.unwrap();
    let items = [
        "- ExternalCharge 0, 2030-01-01 to 2030-02-01, Support [c]",
        "- ExternalCharge 0.03, 2030-01-01 to 2030-02-01, 3 x 0.0111, Support [a]",
        "- ExternalCharge 0.15, today to -, Support [d]",
        "- ExternalCharge 1.24, 2030-01-01 to 2030-02-01, 1.000000001 x 1.234567891, Support [b]",
    ];
    let told = |head: &'static str| std::iter::once(head).chain(items).collect::<Vec<_>>();
    assert_eq!(customer.told().await, told("Draft: 1.42 with 0 credited, 0 owed"));
    assert_eq!(customer.owed().await, dec!(0));
    customer.commit(draft).await.unwrap();
    assert_eq!(
        customer.told().await,
        told("Committed: 1.42 with 0 credited, 1.42 owed")
    );
    assert_eq!(customer.owed().await, dec!(1.42));
    assert_eq!(customer.commit(draft).await.unwrap_err(), "400, 4023");
    customer.void(draft).await.unwrap();
    assert_eq!(customer.told().await, told("Void: 1.42 with 0 credited, 0 owed"));
    assert_eq!(customer.owed().await, dec!(0));
}

pub async fn the_draft_of_a_late_request_is_voided(bench: &Bench) {
    let customer = bench.customer().await;
    let (first, late) = (
        customer.draft(dec!(0.5), "a").await,
        customer.draft(dec!(0.5), "a").await,
    );
    assert_ne!(first, late, "there is no key that makes them one");
    customer.commit(first).await.unwrap();
    customer.void(late).await.unwrap();
    assert_eq!(customer.void(late).await.unwrap_err(), "400, 4023");
    assert_eq!(customer.commit(late).await.unwrap_err(), "400, 4023");
    assert_eq!(
        customer.told().await,
        [
            "Committed: 0.5 with 0 credited, 0.5 owed",
            "- ExternalCharge 0.5, 2030-01-01 to 2030-02-01, Support [a]",
            "Void: 0.5 with 0 credited, 0 owed",
            "- ExternalCharge 0.5, 2030-01-01 to 2030-02-01, Support [a]"
        ]
    );
    assert_eq!(customer.owed().await, dec!(0.5));
}

pub async fn invoices_are_read_from_a_day_on(bench: &Bench) {
    let customer = bench.customer().await;
    let draft = customer.draft(dec!(1), "draft").await;
    customer.charge(&[charge(dec!(1), "at once")], true).await.unwrap();
    let voided = customer.draft(dec!(1), "voided").await;
    customer.void(voided).await.unwrap();
    let seen = customer.kb.invoices().get(draft).await.unwrap();
    assert_eq!(seen.target_date, seen.invoice_date, "whatever days its lines have");
    let today = seen.invoice_date;
    let all = [InvoiceStatus::Draft, InvoiceStatus::Committed, InvoiceStatus::Void];
    for (from, found) in [
        (None, &all[..]),
        (today, &all[..]),
        (today.and_then(|day| day.succ_opt()), &[]),
    ] {
        let invoices = customer.kb.invoices().of_account(customer.account, from).await.unwrap();
        let states: Vec<_> = invoices.into_iter().filter_map(|invoice| invoice.status).collect();
        assert_eq!(states, found, "from {from:?}");
    }
}

pub async fn an_item_is_adjusted_down_to_nothing(bench: &Bench) {
    let customer = bench.customer().await;
    let invoice = customer.charge(&[charge(dec!(1), "a")], true).await.unwrap();
    let item = customer.kb.invoices().get(invoice).await.unwrap().items[0].invoice_item_id;
    let adjust = async |amount| {
        let adjustment = Adjustment {
            account_id: customer.account,
            invoice_item_id: item,
            amount,
            currency: "USD".to_owned(),
            description: "Too much".to_owned(),
            item_details: Some("b".to_owned()),
        };
        customer
            .kb
            .invoices()
            .adjust_item(invoice, &adjustment)
            .await
            .map_err(refused)
    };
    adjust(dec!(0.4)).await.unwrap();
    assert_eq!(adjust(dec!(0.7)).await.unwrap_err(), "400, 4020");
    assert_eq!(
        customer.told().await,
        [
            "Committed: 0.6 with 0 credited, 0.6 owed",
            "- ExternalCharge 1, 2030-01-01 to 2030-02-01, Support [a]",
            "- ItemAdj -0.4, today to today, Too much [b]"
        ]
    );
    assert_eq!(customer.owed().await, dec!(0.6));
}

/// Only a run of Kill Bill's own parks, here for the sake of a second machine; what it does not make by itself any more
/// can be made by hand.
pub async fn a_parked_account_can_be_charged(bench: &Bench) {
    let customer = bench.customer().await;
    let (machine, hour) = customer.last_month().await;
    customer.cpu(machine, "a", &hour, dec!(100)).await;
    customer.run().await.unwrap();
    customer.cpu(machine, "back", &hour, dec!(-50)).await;
    assert_eq!(customer.run().await.unwrap_err(), "500, no code");
    assert!(!customer.is_parked().await);
    customer.last_month().await;
    assert!(customer.is_parked().await);
    let draft = customer.draft(dec!(0.5), "b").await;
    customer.commit(draft).await.unwrap();
    assert_eq!(customer.owed().await, dec!(1.75));
    assert!(customer.is_parked().await);
    customer.cpu(machine, "again", &hour, dec!(50)).await;
    customer.run().await.unwrap();
    assert!(!customer.is_parked().await);
    assert_eq!(customer.owed().await, dec!(1.75));
}

impl Customer {
    /// A machine since the first of last month, by the server's clock, and an hour of that month.
    pub async fn last_month(&self) -> (uuid::Uuid, String) {
        let now = self.kb.clock().now().await.unwrap();
        let day = chrono::Datelike::with_day(&now.date_naive(), 1).unwrap() - chrono::Months::new(1);
        let machine = self.subscribe(&format!("{day}T00:00:00Z")).await;
        (machine, format!("{day}T10:30:00Z"))
    }

    /// A run up to the server's today.
    pub async fn run(&self) -> Result<(), String> {
        let today = self.kb.clock().now().await.unwrap().date_naive();
        let made = self.kb.invoices().trigger(self.account, today).await;
        made.map(drop).map_err(refused)
    }
}
