//! What is not taken, and that nothing of it is written.

use nodeconductor_billing::killbill::invoices::{Charge, Credit};
use rust_decimal::dec;
use uuid::Uuid;

use super::super::bench::Bench;
use super::told::{charge, refused};

pub async fn charges_are_taken_whole_or_not_at_all(bench: &Bench) {
    let customer = bench.customer().await;
    let euros = Charge {
        currency: "EUR".to_owned(),
        ..charge(dec!(1), "b")
    };
    let two = [charge(dec!(1), "a"), euros];
    assert_eq!(customer.charge(&two, false).await.unwrap_err(), "400, 3");
    let two = [charge(dec!(1), "a"), charge(dec!(-1), "b")];
    assert_eq!(customer.charge(&two, false).await.unwrap_err(), "400, 4015");
    let nothing = customer.kb.invoices().charge(customer.account, &[], false).await;
    assert_eq!(nothing, Ok(Vec::new()));
    assert_eq!(customer.told().await, [""; 0]);
}

pub async fn credits_are_taken_whole_or_not_at_all(bench: &Bench) {
    let (customer, other) = (bench.customer().await, bench.customer().await);
    let draft = customer.draft(dec!(0), "zero").await;
    assert_eq!(customer.put(dec!(-1), "a", draft).await.unwrap_err(), "400, 4009");
    let good = customer.credit(dec!(1), "a", Some(draft));
    let refusal = async |bad: Vec<Credit>| {
        let made = customer.kb.invoices().credit(&bad, false).await;
        made.map_err(refused).unwrap_err()
    };
    let euros = Credit {
        currency: "EUR".to_owned(),
        ..good.clone()
    };
    assert_eq!(refusal(vec![good.clone(), euros]).await, "400, 3");
    let of = |account_id| Credit {
        account_id,
        ..good.clone()
    };
    assert_eq!(refusal(vec![of(Uuid::new_v4())]).await, "404, no code");
    assert_eq!(refusal(vec![of(other.account)]).await, "500, no code");
    assert_eq!(refusal(Vec::new()).await, "500, no code");
    customer.put(dec!(0), "nothing", draft).await.unwrap();
    assert_eq!(
        customer.told().await,
        [
            "Draft: 0 with 0 credited, 0 owed",
            "- CreditAdj 0, today to today, 3 x 0.1, Support [nothing]",
            "- ExternalCharge 0, 2030-01-01 to 2030-02-01, Support [zero]"
        ]
    );
    assert_eq!(other.told().await, [""; 0]);
}

pub async fn a_draft_that_was_shut_takes_no_credit(bench: &Bench) {
    let customer = bench.customer().await;
    let committed = customer.draft(dec!(0), "a").await;
    customer.commit(committed).await.unwrap();
    assert_eq!(customer.put(dec!(1), "b", committed).await.unwrap_err(), "400, 4024");
    customer.void(committed).await.unwrap();
    assert_eq!(customer.put(dec!(1), "b", committed).await.unwrap_err(), "500, no code");
    let nowhere = customer.put(dec!(1), "b", Uuid::new_v4()).await.unwrap_err();
    assert_eq!(nowhere, "404, no code");
    assert_eq!(customer.owed().await, dec!(0));
}

pub async fn what_is_paid_or_given_away_is_not_voided(bench: &Bench) {
    let customer = bench.customer().await;
    let older = customer.charge(&[charge(dec!(2), "older")], true).await.unwrap();
    let draft = customer.draft(dec!(0), "zero").await;
    customer.put(dec!(0.5), "a", draft).await.unwrap();
    customer.commit(draft).await.unwrap();
    assert_eq!(customer.void(draft).await.unwrap_err(), "400, 4033");
    let invoices = customer.kb.invoices();
    invoices
        .pay_externally(customer.account, older, dec!(0.1))
        .await
        .unwrap();
    assert_eq!(customer.void(older).await.unwrap_err(), "400, 4028");
    assert_eq!(customer.owed().await, dec!(1.4));
}

pub async fn what_nobody_knows(bench: &Bench) {
    let customer = bench.customer().await;
    let (kb, nobody) = (&customer.kb, Uuid::new_v4());
    let unknown = "404, no code";
    assert_eq!(customer.commit(nobody).await.unwrap_err(), unknown);
    assert_eq!(customer.void(nobody).await.unwrap_err(), unknown);
    assert_eq!(kb.invoices().get(nobody).await.map_err(refused).unwrap_err(), unknown);
    let read = kb.invoices().of_account(nobody, None).await;
    assert_eq!(read.map_err(refused).unwrap_err(), unknown);
    let charged = kb.invoices().charge(nobody, &[charge(dec!(1), "a")], false).await;
    assert_eq!(charged.map_err(refused).unwrap_err(), unknown);
    assert_eq!(kb.accounts().get(nobody).await.map_err(refused).unwrap_err(), unknown);
    assert_eq!(kb.accounts().tags(nobody).await, Ok(Vec::new()));
}

/// 500, so that only a look at the invoices tells that nothing was written.
pub async fn what_is_more_than_a_column_holds_is_no_answer(bench: &Bench) {
    let customer = bench.customer().await;
    let rated = |quantity, rate| Charge {
        quantity: Some(quantity),
        rate: Some(rate),
        ..charge(dec!(1), "a")
    };
    let described = |length| Charge {
        description: "õ".repeat(length),
        ..charge(dec!(1), "a")
    };
    let fits = [
        charge(dec!(999999.994), "a"),
        rated(dec!(999999999.999999999), dec!(-999999.999999999)),
        described(255),
        charge(dec!(0), &"x".repeat(100_000)),
    ];
    customer.charge(&fits, false).await.unwrap();
    for too_much in [
        charge(dec!(999999.995), "a"),
        rated(dec!(1000000000), dec!(1)),
        rated(dec!(1), dec!(1000000)),
        described(256),
    ] {
        let made = customer.charge(&[charge(dec!(1), "b"), too_much], false).await;
        assert_eq!(made.unwrap_err(), "500, no code");
    }
    let zero = customer.draft(dec!(0), "zero").await;
    customer.put(dec!(999999.99), "a", zero).await.unwrap();
    assert_eq!(
        customer.put(dec!(1000000), "b", zero).await.unwrap_err(),
        "500, no code"
    );
    let told = customer.told().await;
    let heads = told.iter().filter(|line| line.starts_with("Draft"));
    assert_eq!(heads.count(), 2);
}
