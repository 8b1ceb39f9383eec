//! The list of all invoices, as the service reads its tail.

use nodeconductor_billing::killbill::invoices::ListedInvoice;
use rust_decimal::dec;

use super::bench::{Bench, Customer};
use super::settle::told::charge;

#[tokio::test]
async fn invoices_are_listed_alike_by_the_model() {
    all_invoices_are_listed_in_the_order_in_which_they_came(&Bench::modelled(1).await).await;
}

#[tokio::test]
async fn invoices_are_listed_alike_by_the_real_server() {
    all_invoices_are_listed_in_the_order_in_which_they_came(&Bench::shared()).await;
}

async fn all_invoices_are_listed_in_the_order_in_which_they_came(bench: &Bench) {
    let customer = bench.customer().await;
    let mut invoices = Vec::new();
    for is_final in [true, false, true] {
        invoices.push(charged(&customer, is_final).await);
    }
    let api = customer.kb.invoices();
    api.void(invoices[2].invoice_id).await.unwrap();
    let page = api.page(0, 1000).await.unwrap();
    assert_eq!(
        (page.total, &page.invoices),
        (3, &invoices),
        "drafts and voided ones too"
    );
    let page = api.page(1, 1).await.unwrap();
    assert_eq!((page.total, page.invoices.as_slice()), (3, &invoices[1..2]));
    for beyond in [3, 1000] {
        let page = api.page(beyond, 10).await.unwrap();
        assert_eq!((page.total, page.invoices), (3, vec![]));
    }
}

async fn charged(customer: &Customer, is_final: bool) -> ListedInvoice {
    let items = customer
        .kb
        .invoices()
        .charge(customer.account, &[charge(dec!(1), "listed")], is_final)
        .await;
    ListedInvoice {
        invoice_id: items.unwrap()[0].invoice_id,
        account_id: customer.account,
    }
}
