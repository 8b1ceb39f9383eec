//! Invoices that need no month to pass: charges, credits, adjustments, drafts, payments, voiding.

use nodeconductor_billing::killbill::invoices::{Adjustment, Charge, Credit, InvoiceStatus, ItemDetails, ItemType};
use nodeconductor_billing::killbill::{Error, KillBill};
use rust_decimal::{Decimal, dec};
use uuid::Uuid;

use super::{client_with_account, today};

fn charge(amount: Decimal, mark: &str) -> Charge {
    Charge {
        amount,
        currency: "USD".to_owned(),
        description: "CPU of January, late".to_owned(),
        item_details: Some(mark.to_owned()),
        subscription_id: None,
        start_date: Some("2026-01-01".parse().unwrap()),
        end_date: Some("2026-02-01".parse().unwrap()),
        quantity: Some(dec!(3.5)),
        rate: Some(dec!(0.000000001)),
    }
}

async fn charged(kb: &KillBill, account: Uuid, amount: Decimal, commit: bool) -> Uuid {
    kb.invoices()
        .charge(account, &[charge(amount, "mark")], commit)
        .await
        .unwrap()[0]
        .invoice_id
}

#[tokio::test]
async fn charges_stand_together_on_one_invoice_with_our_mark() {
    let (kb, account) = client_with_account().await;
    let items = kb
        .invoices()
        .charge(
            account,
            &[charge(dec!(12.34), "delivery-7"), charge(dec!(0.06), "delivery-8")],
            true,
        )
        .await
        .unwrap();
    let invoice = kb.invoices().get(items[0].invoice_id).await.unwrap();
    assert_eq!(
        (invoice.status.clone(), invoice.amount, invoice.balance),
        (Some(InvoiceStatus::Committed), dec!(12.40), dec!(12.40))
    );
    assert_eq!((invoice.account_id, invoice.items.len()), (account, 2));
    let item = invoice.items.iter().find(|item| item.amount == dec!(12.34)).unwrap();
    assert_eq!(
        (&item.item_type, item.details()),
        (&ItemType::ExternalCharge, ItemDetails::Text("delivery-7".to_owned()))
    );
    assert_eq!((item.quantity, item.rate), (Some(dec!(3.5)), Some(dec!(0.000000001))));
    assert_eq!(
        (item.start_date, item.end_date),
        (Some("2026-01-01".parse().unwrap()), Some("2026-02-01".parse().unwrap()))
    );
    assert_eq!(
        kb.invoices().of_account(account, None).await,
        Ok(vec![invoice.clone()]),
        "the list tells as much as the invoice"
    );

    let stored = serde_json::to_string(&invoice).unwrap();
    assert_eq!(
        serde_json::from_str::<nodeconductor_billing::killbill::invoices::Invoice>(&stored).unwrap(),
        invoice
    );
}

#[tokio::test]
async fn the_list_shows_drafts_and_voided_invoices_too() {
    let (kb, account) = client_with_account().await;
    let draft = charged(&kb, account, dec!(1), false).await;
    let void = charged(&kb, account, dec!(2), true).await;
    kb.invoices().void(void).await.unwrap();
    let list = kb.invoices().of_account(account, None).await.unwrap();
    let of = |id| list.iter().find(|invoice| invoice.invoice_id == id).unwrap();
    assert_eq!(
        (of(draft).status.clone(), of(draft).balance),
        (Some(InvoiceStatus::Draft), dec!(0))
    );
    assert_eq!(
        (of(void).status.clone(), of(void).balance),
        (Some(InvoiceStatus::Void), dec!(0))
    );

    kb.invoices().commit(draft).await.unwrap();
    assert_eq!(
        kb.invoices().get(draft).await.unwrap().status,
        Some(InvoiceStatus::Committed)
    );
    let tomorrow = today(&kb).await.date_naive().succ_opt();
    assert_eq!(
        kb.invoices().of_account(account, tomorrow).await,
        Ok(vec![]),
        "from leaves earlier ones out"
    );
    assert_eq!(
        kb.invoices()
            .of_account(account, tomorrow.and_then(|day| day.pred_opt()))
            .await
            .unwrap()
            .len(),
        2
    );
}

#[tokio::test]
async fn a_credit_and_an_adjustment_are_told_apart() {
    let (kb, account) = client_with_account().await;
    let invoice = charged(&kb, account, dec!(10), true).await;
    let item = kb.invoices().get(invoice).await.unwrap().items[0].invoice_item_id;
    let adjustment = Adjustment {
        account_id: account,
        invoice_item_id: item,
        amount: dec!(4),
        currency: "USD".to_owned(),
        description: "Outage".to_owned(),
        item_details: Some("mark-a".to_owned()),
    };
    kb.invoices().adjust_item(invoice, &adjustment).await.unwrap();
    let credit = Credit {
        account_id: account,
        amount: dec!(1),
        currency: "USD".to_owned(),
        description: "Goodwill".to_owned(),
        item_details: Some("mark-c".to_owned()),
        invoice_id: None,
        quantity: None,
        rate: None,
    };
    let credited = kb.invoices().credit(&[credit], true).await.unwrap();
    assert_eq!(
        (credited[0].amount, credited[0].item_details.as_deref()),
        (dec!(1), Some("mark-c"))
    );

    let after = kb.invoices().get(invoice).await.unwrap();
    assert_eq!((after.amount, after.balance), (dec!(6), dec!(5)));
    let adjusted = after
        .items
        .iter()
        .find(|item| item.item_type == ItemType::ItemAdj)
        .unwrap();
    assert_eq!(
        (
            adjusted.linked_invoice_item_id,
            adjusted.amount,
            adjusted.item_details.as_deref()
        ),
        (Some(item), dec!(-4), Some("mark-a"))
    );
    assert!(after.items.iter().any(|item| item.item_type == ItemType::CbaAdj));
    assert_eq!(kb.accounts().get(account).await.unwrap().account_balance, Some(dec!(5)));
}

#[tokio::test]
async fn a_payment_outside_kill_bill_settles_the_balance() {
    let (kb, account) = client_with_account().await;
    let invoice = charged(&kb, account, dec!(10), true).await;
    assert_eq!(kb.invoices().payments(invoice).await, Ok(vec![]));
    kb.invoices().pay_externally(account, invoice, dec!(7.5)).await.unwrap();
    let payments = kb.invoices().payments(invoice).await.unwrap();
    assert_eq!(
        (
            payments.len(),
            payments[0].target_invoice_id,
            payments[0].purchased_amount
        ),
        (1, Some(invoice), Some(dec!(7.5)))
    );
    assert_eq!(payments[0].transactions[0].status, "SUCCESS");
    assert_eq!(kb.invoices().get(invoice).await.unwrap().balance, dec!(2.5));
    let refused = kb.invoices().void(invoice).await.unwrap_err();
    assert_eq!(
        (refused.code(), refused.is_definite()),
        (Some(4028), true),
        "paid invoices stay"
    );
}

#[tokio::test]
async fn one_bad_charge_refuses_them_all() {
    let (kb, account) = client_with_account().await;
    let refused = kb
        .invoices()
        .charge(account, &[charge(dec!(1), "a"), charge(dec!(-1), "b")], true)
        .await
        .unwrap_err();
    assert_eq!((refused.code(), refused.is_definite()), (Some(4015), true));
    assert_eq!(kb.invoices().of_account(account, None).await, Ok(vec![]));
}

#[tokio::test]
async fn nothing_to_bill_is_not_an_error_but_an_unknown_account_is() {
    let (kb, account) = client_with_account().await;
    let day = today(&kb).await.date_naive();
    assert_eq!(kb.invoices().trigger(account, day).await, Ok(None));
    assert_eq!(kb.invoices().dry_run_upcoming(account).await, Ok(None));
    let unknown = kb.invoices().trigger(Uuid::new_v4(), day).await.unwrap_err();
    assert!(matches!(unknown, Error::NotFound { .. }), "{unknown:?}");
    assert!(matches!(
        kb.invoices().get(Uuid::new_v4()).await,
        Err(Error::NotFound { .. })
    ));
}
