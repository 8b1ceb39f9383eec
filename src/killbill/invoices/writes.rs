//! Writes to invoices. None of them can be repeated safely: after an open outcome, read the account's invoices back and look for the mark in `itemDetails`.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::{InvoiceItem, Invoices};
use crate::killbill::accounts::Tag;
use crate::killbill::{Error, number};

/// A line that we have priced ourselves. Kill Bill rounds the amount to cents and requires it to be above zero.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Charge {
    #[serde(with = "number")]
    pub amount: Decimal,
    pub currency: String,
    pub description: String,
    /// Comes back unchanged on the item: our mark.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item_details: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subscription_id: Option<Uuid>,
    /// Today by Kill Bill's clock when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_date: Option<NaiveDate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_date: Option<NaiveDate>,
    #[serde(skip_serializing_if = "Option::is_none", with = "number::optional")]
    pub quantity: Option<Decimal>,
    #[serde(skip_serializing_if = "Option::is_none", with = "number::optional")]
    pub rate: Option<Decimal>,
}

/// Money given back to an account; Kill Bill uses it at once on what is unpaid.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Credit {
    pub account_id: Uuid,
    #[serde(with = "number")]
    pub amount: Decimal,
    pub currency: String,
    pub description: String,
    /// Comes back unchanged on the item: our mark.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item_details: Option<String>,
    /// The draft to put it on; a new invoice when absent. Kill Bill refuses one that is committed (4024) or void (500).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invoice_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none", with = "number::optional")]
    pub quantity: Option<Decimal>,
    #[serde(skip_serializing_if = "Option::is_none", with = "number::optional")]
    pub rate: Option<Decimal>,
}

/// Money taken off one item of an invoice.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Adjustment {
    pub account_id: Uuid,
    pub invoice_item_id: Uuid,
    #[serde(with = "number")]
    pub amount: Decimal,
    pub currency: String,
    pub description: String,
    /// Comes back unchanged on the adjusting item: our mark.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item_details: Option<String>,
}

impl Invoices<'_> {
    /// Charges the account with all of the lines or none, on one new invoice: committed, or a draft.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn charge(&self, account: Uuid, charges: &[Charge], commit: bool) -> Result<Vec<InvoiceItem>, Error> {
        let call = self
            .0
            .post(&["invoices", "charges", &account.to_string()])
            .query("autoCommit", yes_no(commit));
        call.json(&charges).patient().send().await?.json()
    }

    /// Credits accounts.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn credit(&self, credits: &[Credit], commit: bool) -> Result<Vec<InvoiceItem>, Error> {
        self.0
            .post(&["credits"])
            .query("autoCommit", yes_no(commit))
            .json(&credits)
            .patient()
            .send()
            .await?
            .json()
    }

    /// Takes money off an item.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn adjust_item(&self, invoice: Uuid, adjustment: &Adjustment) -> Result<(), Error> {
        self.0
            .post(&["invoices", &invoice.to_string()])
            .json(adjustment)
            .patient()
            .send()
            .await
            .map(drop)
    }

    /// Voids an invoice that nobody has paid or repaired; the next run bills its periods again under a new number.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn void(&self, invoice: Uuid) -> Result<(), Error> {
        self.0
            .put(&["invoices", &invoice.to_string(), "voidInvoice"])
            .patient()
            .send()
            .await
            .map(drop)
    }

    /// Makes a draft final.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn commit(&self, invoice: Uuid) -> Result<(), Error> {
        self.0
            .put(&["invoices", &invoice.to_string(), "commitInvoice"])
            .patient()
            .send()
            .await
            .map(drop)
    }

    /// Notes that the customer paid outside Kill Bill.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn pay_externally(&self, account: Uuid, invoice: Uuid, amount: Decimal) -> Result<(), Error> {
        let body = Payment {
            account_id: account,
            target_invoice_id: invoice,
            purchased_amount: amount,
        };
        let call = self
            .0
            .post(&["invoices", &invoice.to_string(), "payments"])
            .query("externalPayment", "true");
        call.json(&body).patient().send().await.map(drop)
    }

    /// Gives money back through the payment method that it came by.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn refund(&self, payment: Uuid, amount: Decimal) -> Result<(), Error> {
        self.of_payment(payment, "refunds", amount).await
    }

    /// Notes that the bank took a payment back.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn charge_back(&self, payment: Uuid, amount: Decimal) -> Result<(), Error> {
        self.of_payment(payment, "chargebacks", amount).await
    }

    async fn of_payment(&self, payment: Uuid, what: &str, amount: Decimal) -> Result<(), Error> {
        let call = self.0.post(&["invoicePayments", &payment.to_string(), what]);
        let call = call.json(&Part { amount }).patient();
        call.send().await.map(drop)
    }

    /// Notes that a payment failed after all, as an operator does who mends the books.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn fail(&self, payment: Uuid, transaction: Uuid) -> Result<(), Error> {
        let (payment, transaction) = (payment.to_string(), transaction.to_string());
        let call = self
            .0
            .put(&["admin", "payments", &payment, "transactions", &transaction]);
        let failed = json!({
            "lastSuccessPaymentState": "PURCHASE_FAILED",
            "currentPaymentStateName": "PURCHASE_FAILED",
            "transactionStatus": "PAYMENT_FAILURE",
        });
        call.json(&failed).patient().send().await.map(drop)
    }

    /// Gives up on what is owed, or asks for it again.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn write_off(&self, invoice: Uuid, yes: bool) -> Result<(), Error> {
        let (id, tag) = (invoice.to_string(), Tag::WRITTEN_OFF);
        let path = ["invoices", &id, "tags"];
        let call = if yes {
            self.0.post(&path).json(&[tag])
        } else {
            self.0.delete(&path).query("tagDef", &tag.to_string())
        };
        call.send().await.map(drop)
    }

    /// Makes the account's invoice up to the day now; `None` when there is nothing to bill. One call for an account at a time. Also unparks it.
    ///
    /// # Errors
    /// See [`Error`]; an unknown account is `NotFound`.
    pub async fn trigger(&self, account: Uuid, target: NaiveDate) -> Result<Option<Uuid>, Error> {
        let call = self
            .0
            .post(&["invoices"])
            .query("accountId", &account.to_string())
            .query("targetDate", &target.to_string());
        match call.patient().send().await {
            Ok(answer) => answer.created().map(Some),
            // A run without result is a 404 with the container's page or nothing. If Kill Bill knows the account, it was that.
            Err(Error::Stranger { status: 404, .. }) => self.0.accounts().get(account).await.map(|_| None),
            Err(other) => Err(other),
        }
    }
}

fn yes_no(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

#[derive(Serialize)]
struct Part {
    #[serde(with = "number")]
    amount: Decimal,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Payment {
    account_id: Uuid,
    target_invoice_id: Uuid,
    #[serde(with = "number")]
    purchased_amount: Decimal,
}
