//! What somebody charges, takes back and credits in Kill Bill by hand: no subscription, no period, no quantity.

#![allow(dead_code, reason = "every test binary uses its own part of this")]

use nodeconductor_billing::killbill::invoices::{Adjustment, Charge, Credit};
use rust_decimal::Decimal;
use uuid::Uuid;

pub fn charge(amount: Decimal, currency: &str) -> Charge {
    Charge {
        amount,
        currency: currency.to_owned(),
        description: "Setup".to_owned(),
        item_details: None,
        subscription_id: None,
        start_date: None,
        end_date: None,
        quantity: None,
        rate: None,
    }
}

/// Takes a part of an item back.
pub fn adjustment(account: Uuid, item: Uuid, amount: Decimal, currency: &str) -> Adjustment {
    Adjustment {
        account_id: account,
        invoice_item_id: item,
        amount,
        currency: currency.to_owned(),
        description: "Goodwill".to_owned(),
        item_details: None,
    }
}

/// To the account, on an invoice of its own.
pub fn credit(account: Uuid, amount: Decimal, currency: &str) -> Credit {
    Credit {
        account_id: account,
        amount,
        currency: currency.to_owned(),
        description: "Sorry".to_owned(),
        item_details: None,
        invoice_id: None,
        quantity: None,
        rate: None,
    }
}
