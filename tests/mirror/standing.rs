//! Where invoices stand after what people and banks do in a real Kill Bill, and that the database's rule is the domain's.

use chrono::TimeDelta;
use nodeconductor_billing::db::invoices::{self, InvoiceFilter, InvoiceRow};
use nodeconductor_billing::domain::standing::{InvoiceState, Standing};
use nodeconductor_billing::killbill::invoices::Invoices;
use rust_decimal::{Decimal, dec};
use uuid::Uuid;

use crate::crowd::Crowd;

impl Crowd {
    fn calls(&self) -> Invoices<'_> {
        self.sync.killbill.invoices()
    }

    /// An invoice of one dollar that was paid, with its payment.
    async fn paid(&self) -> (Uuid, Uuid) {
        let invoice = self.charge(self.accounts[0]).await;
        (invoice, self.pay(invoice).await)
    }

    async fn pay(&self, invoice: Uuid) -> Uuid {
        self.calls()
            .pay_externally(self.accounts[0], invoice, dec!(1))
            .await
            .unwrap();
        self.calls().payments(invoice).await.unwrap().last().unwrap().payment_id
    }

    async fn fail(&self, invoice: Uuid) {
        let payment = self.calls().payments(invoice).await.unwrap().remove(0);
        self.calls()
            .fail(payment.payment_id, payment.transactions[0].transaction_id)
            .await
            .unwrap();
    }

    /// As it is mirrored when the customer is read next.
    async fn seen(&self, invoice: Uuid) -> InvoiceRow {
        self.pass_time(TimeDelta::minutes(2));
        self.sync.customer(self.accounts[0]).await.unwrap();
        let filter = InvoiceFilter {
            limit: 100,
            ..InvoiceFilter::default()
        };
        let rows = invoices::list(self.pool(), &filter).await.unwrap();
        rows.into_iter().find(|row| row.killbill_id == invoice).unwrap()
    }

    async fn stands(&self, invoice: Uuid, standing: Standing, balance: Decimal) {
        let row = self.seen(invoice).await;
        assert_eq!((row.standing(), row.balance), (standing, balance), "{row:?}");
    }
}

#[tokio::test]
async fn written_off_failed_refunded_and_charged_back_invoices_are_not_paid() {
    let crowd = Crowd::real(1).await;
    let written_off = crowd.charge(crowd.accounts[0]).await;
    crowd.stands(written_off, Standing::Unpaid, dec!(1)).await;
    crowd.calls().write_off(written_off, true).await.unwrap();
    crowd.stands(written_off, Standing::WrittenOff, dec!(0)).await;
    crowd.calls().write_off(written_off, false).await.unwrap();
    crowd.stands(written_off, Standing::Unpaid, dec!(1)).await;

    let (refunded, payment) = crowd.paid().await;
    crowd.stands(refunded, Standing::Paid, dec!(0)).await;
    crowd.calls().refund(payment, dec!(0.4)).await.unwrap();
    crowd.stands(refunded, Standing::Refunded, dec!(0.4)).await;
    crowd.calls().refund(payment, dec!(0.6)).await.unwrap();
    crowd.stands(refunded, Standing::Refunded, dec!(1)).await;
    crowd.pay(refunded).await;
    crowd.stands(refunded, Standing::Paid, dec!(0)).await;

    let (charged_back, payment) = crowd.paid().await;
    crowd.calls().charge_back(payment, dec!(1)).await.unwrap();
    crowd.stands(charged_back, Standing::ChargedBack, dec!(1)).await;
    let payments = invoices::payments(crowd.pool(), crowd.seen(charged_back).await.id)
        .await
        .unwrap();
    assert_eq!((payments[0].purchased, payments[0].charged_back), (dec!(0), dec!(1)));
}

/// Kill Bill's invoice is the same before and after an attempt that failed, so its payments are asked for with every full reading.
#[tokio::test]
async fn a_payment_that_failed_is_seen_though_the_invoice_stays_as_it_was() {
    let crowd = Crowd::real(1).await;
    let invoice = crowd.charge(crowd.accounts[0]).await;
    crowd.stands(invoice, Standing::Unpaid, dec!(1)).await;
    crowd.pay(invoice).await;
    crowd.fail(invoice).await;
    crowd.stands(invoice, Standing::PaymentFailed, dec!(1)).await;
    let failed = crowd.seen(invoice).await;
    crowd.pay(invoice).await;
    crowd.stands(invoice, Standing::Paid, dec!(0)).await;
    assert_ne!(crowd.seen(invoice).await.content_hash, failed.content_hash);
}

/// Every combination of figures: the filter finds it under the word that the domain gives it, and under NodeConductor's.
#[tokio::test]
async fn the_database_filters_by_the_domain_s_rule() {
    let crowd = Crowd::real(1).await;
    sqlx::query(
        "insert into invoice (uuid, killbill_id, customer_id, number, status, currency, amount, balance, credit_adj, refund_adj,
                              invoice_date, content_hash, first_seen_at, changed_at, customer_snapshot, written_off, charged_back, payment_failed)
         select gen_random_uuid(), gen_random_uuid(), (select min(id) from customer), 'n', s, 'USD', a, b, 0, r,
                '2026-02-01', '', now(), now(), '{}', w, c, f
         from unnest('{DRAFT,COMMITTED,VOID}'::text[]) s, unnest('{0,10}'::numeric[]) a, unnest('{-1,0,4,10}'::numeric[]) b,
              unnest('{0,-10}'::numeric[]) r, unnest('{f,t}'::boolean[]) w, unnest('{0,4,10}'::numeric[]) c, unnest('{f,t}'::boolean[]) f",
    )
    .execute(crowd.pool())
    .await
    .unwrap();
    let all = found(&crowd, None, None).await;
    assert_eq!(all.len(), 3 * 2 * 4 * 2 * 2 * 3 * 2);
    for standing in Standing::ALL {
        let expected = |row: &&InvoiceRow| match standing {
            Standing::Unpaid => !matches!(row.status.word(), "DRAFT" | "VOID") && row.balance > dec!(0),
            _ => row.standing() == *standing,
        };
        let by_word = found(&crowd, Some(standing.word()), None).await;
        assert_eq!(by_word.len(), all.iter().filter(expected).count(), "{standing:?}");
        assert!(by_word.iter().all(|row| expected(&row)), "{standing:?}");
    }
    for state in InvoiceState::ALL.iter().copied() {
        let expected = |row: &&InvoiceRow| row.standing().state(row.balance) == state;
        let by_state = found(&crowd, None, Some(state)).await;
        assert_eq!(by_state.len(), all.iter().filter(expected).count(), "{state}");
        assert!(by_state.iter().all(|row| expected(&row)), "{state}");
    }
}

async fn found(crowd: &Crowd, status: Option<&str>, state: Option<InvoiceState>) -> Vec<InvoiceRow> {
    let filter = InvoiceFilter {
        status: status.map(str::to_owned),
        states: state.map(|state| vec![state]),
        limit: 10_000,
        ..InvoiceFilter::default()
    };
    invoices::list(crowd.pool(), &filter).await.unwrap()
}
