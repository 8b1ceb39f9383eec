//! Credits: on a draft or alone, in hand, and used on what is unpaid.

use rust_decimal::dec;

use super::super::bench::Bench;
use super::told::charge;

pub async fn credits_on_a_draft_are_used_at_once_as_far_as_there_is_something_unpaid(bench: &Bench) {
    let customer = bench.customer().await;
    customer.charge(&[charge(dec!(2), "older")], true).await.unwrap();
    let draft = customer.draft(dec!(0), "zero").await;
    customer.put(dec!(0.255), "a", draft).await.unwrap();
    let both = [
        customer.credit(dec!(0.2), "b", Some(draft)),
        customer.credit(dec!(0.3), "c", Some(draft)),
    ];
    let items = customer.kb.invoices().credit(&both, false).await.unwrap();
    let marks: Vec<_> = items.iter().filter_map(|item| item.item_details.as_deref()).collect();
    assert_eq!(marks, ["b", "c"], "only what was asked for now");
    let older = "- ExternalCharge 2, 2030-01-01 to 2030-02-01, Support [older]";
    let credited = [
        "- CbaAdj 0.26, today to today",
        "- CbaAdj 0.5, today to today",
        "- CreditAdj -0.2, today to today, 3 x 0.1, Support [b]",
        "- CreditAdj -0.26, today to today, 3 x 0.1, Support [a]",
        "- CreditAdj -0.3, today to today, 3 x 0.1, Support [c]",
        "- ExternalCharge 0, 2030-01-01 to 2030-02-01, Support [zero]",
    ];
    let told = customer.told().await;
    assert_eq!(
        told[..5],
        [
            "Committed: 2 with -0.5 credited, 1.5 owed",
            "- CbaAdj -0.24, today to today",
            "- CbaAdj -0.26, today to today",
            older,
            "Draft: -0.76 with 0.76 credited, 0 owed"
        ]
    );
    assert_eq!(told[5..], credited);
    assert_eq!(customer.owed().await, dec!(2), "a draft gives nothing into the hand");
    customer.commit(draft).await.unwrap();
    let told = customer.told().await;
    assert_eq!(
        told[..6],
        [
            "Committed: 2 with -0.76 credited, 1.24 owed",
            "- CbaAdj -0.24, today to today",
            "- CbaAdj -0.26, today to today",
            "- CbaAdj -0.26, today to today",
            older,
            "Committed: -0.76 with 0.76 credited, 0 owed"
        ]
    );
    assert_eq!(told[6..], credited);
    assert_eq!(customer.owed().await, dec!(1.24));
}

pub async fn a_credit_that_nothing_needs_waits_for_the_next_charge(bench: &Bench) {
    let customer = bench.customer().await;
    let draft = customer.draft(dec!(0), "zero").await;
    customer.put(dec!(0.5), "a", draft).await.unwrap();
    assert_eq!(customer.owed().await, dec!(0));
    customer.commit(draft).await.unwrap();
    assert_eq!(customer.owed().await, dec!(-0.5));
    let next = customer.draft(dec!(0.3), "next").await;
    assert_eq!(customer.owed().await, dec!(-0.5), "a draft uses nothing");
    customer.commit(next).await.unwrap();
    assert_eq!(customer.owed().await, dec!(-0.2));
    customer.charge(&[charge(dec!(0.9), "last")], true).await.unwrap();
    assert_eq!(customer.owed().await, dec!(0.7));
    customer.void(next).await.unwrap();
    assert_eq!(
        customer.told().await[4..],
        [
            "Void: 0.3 with -0.3 credited, 0 owed",
            "- CbaAdj -0.3, today to today",
            "- ExternalCharge 0.3, 2030-01-01 to 2030-02-01, Support [next]",
            "Committed: 0.9 with -0.5 credited, 0.4 owed",
            "- CbaAdj -0.2, today to today",
            "- CbaAdj -0.3, today to today",
            "- ExternalCharge 0.9, 2030-01-01 to 2030-02-01, Support [last]"
        ],
        "what the voided one used goes to the next that is unpaid"
    );
}

pub async fn a_charge_does_not_use_the_credit_of_a_draft(bench: &Bench) {
    let customer = bench.customer().await;
    let draft = customer.draft(dec!(0), "zero").await;
    customer.put(dec!(0.5), "a", draft).await.unwrap();
    customer.charge(&[charge(dec!(2), "later")], true).await.unwrap();
    assert_eq!(customer.owed().await, dec!(2));
    customer.commit(draft).await.unwrap();
    assert_eq!(
        customer.told().await[4..],
        [
            "Committed: 2 with -0.5 credited, 1.5 owed",
            "- CbaAdj -0.5, today to today",
            "- ExternalCharge 2, 2030-01-01 to 2030-02-01, Support [later]"
        ]
    );
    assert_eq!(customer.owed().await, dec!(1.5));
}

pub async fn a_credit_on_a_draft_with_charges_makes_it_less(bench: &Bench) {
    let customer = bench.customer().await;
    let draft = customer.draft(dec!(5), "a").await;
    customer.put(dec!(2), "b", draft).await.unwrap();
    customer.commit(draft).await.unwrap();
    assert_eq!(
        customer.told().await,
        [
            "Committed: 3 with 0 credited, 3 owed",
            "- CreditAdj -2, today to today, 3 x 0.1, Support [b]",
            "- ExternalCharge 5, 2030-01-01 to 2030-02-01, Support [a]"
        ]
    );
}

pub async fn usage_is_paid_from_credit(bench: &Bench) {
    let customer = bench.customer().await;
    let draft = customer.draft(dec!(0), "zero").await;
    customer.put(dec!(0.5), "a", draft).await.unwrap();
    customer.commit(draft).await.unwrap();
    let (machine, hour) = customer.last_month().await;
    customer.cpu(machine, "b", &hour, dec!(100)).await;
    customer.run().await.unwrap();
    let mut told = customer.told().await;
    // Early on the first of a month it is the month's first invoice, which has a line for what was not used, too.
    told.retain(|line| line != "- Usage 0 of machine-ram");
    assert!(
        told.ends_with(&[
            "Committed: 1.25 with -0.5 credited, 0.75 owed".to_owned(),
            "- CbaAdj -0.5, today to today".to_owned(),
            "- Usage 1.25 of machine-cpu".to_owned(),
        ]),
        "{told:#?}"
    );
    assert_eq!(customer.owed().await, dec!(0.75));
}

/// Why credits that may have arrived are committed, never voided.
pub async fn the_used_credit_of_a_voided_draft_stays_used(bench: &Bench) {
    let customer = bench.customer().await;
    customer.charge(&[charge(dec!(2), "older")], true).await.unwrap();
    let draft = customer.draft(dec!(0), "zero").await;
    customer.put(dec!(0.5), "a", draft).await.unwrap();
    customer.void(draft).await.unwrap();
    assert_eq!(customer.told().await[0], "Committed: 2 with -0.5 credited, 1.5 owed");
    assert_eq!(customer.owed().await, dec!(2), "and the account is in debt to itself");
}

pub async fn an_invoice_of_its_own(bench: &Bench) {
    let customer = bench.customer().await;
    let credit = [customer.credit(dec!(1), "a", None)];
    customer.kb.invoices().credit(&credit, false).await.unwrap();
    assert_eq!(customer.owed().await, dec!(0));
    customer.kb.invoices().credit(&credit, true).await.unwrap();
    let items = [
        "- CbaAdj 1, today to today",
        "- CreditAdj -1, today to today, 3 x 0.1, Support [a]",
    ];
    let told = customer.told().await;
    assert_eq!(
        (&told[0][..], &told[3][..]),
        (
            "Draft: 0 with 1 credited, 0 owed",
            "Committed: 0 with 1 credited, 0 owed"
        )
    );
    assert_eq!(
        (&told[1..3], &told[4..]),
        (&items.map(str::to_owned)[..], &items.map(str::to_owned)[..])
    );
    assert_eq!(customer.owed().await, dec!(-1));
}
