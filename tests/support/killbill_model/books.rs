//! What the server remembers.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::prices::PriceList;

/// Everything in Kill Bill's database. Kept in the order in which it came.
pub struct Books {
    pub now: DateTime<Utc>,
    pub accounts: Vec<Account>,
    pub subscriptions: Vec<Subscription>,
    /// Each record of each usage post that was written.
    pub usage: Vec<UsageRow>,
    /// The usage posts that were written, once for each time.
    pub written: Vec<Written>,
    /// What was taken back of hours that an invoice had charged: the next run would park the account.
    pub shrunk: Vec<UsageRow>,
    pub versions: Vec<PriceList>,
    pub invoices: Vec<Invoice>,
    pub callback: Option<String>,
    pub config: Option<String>,
    /// Its tables take no characters of four bytes (MySQL's `utf8`).
    pub is_narrow: bool,
    ids: u128,
}

pub struct Account {
    pub id: Uuid,
    pub key: String,
    pub name: Option<String>,
    pub email: Option<String>,
    pub currency: Option<String>,
    /// The rest of what it was made with.
    pub given: serde_json::Value,
    pub tags: Vec<Uuid>,
    /// Set when an invoice cannot be made; no more is tried by itself then.
    pub parked: bool,
}

pub struct Subscription {
    pub id: Uuid,
    pub account: Uuid,
    pub key: String,
    pub bundle: Uuid,
    pub bundle_key: String,
    pub plan: String,
    pub start: DateTime<Utc>,
    pub end: Option<DateTime<Utc>>,
    pub fields: Vec<Field>,
}

pub struct Field {
    pub id: Uuid,
    pub name: String,
    pub value: String,
}

#[derive(Clone, Debug)]
pub struct UsageRow {
    pub subscription: Uuid,
    pub unit: String,
    pub at: DateTime<Utc>,
    pub amount: Decimal,
    pub tracking_id: String,
}

/// A usage post that was written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Written {
    pub subscription: Uuid,
    pub tracking_id: String,
}

pub struct Invoice {
    pub id: Uuid,
    pub number: usize,
    pub account: Uuid,
    pub status: &'static str,
    pub date: NaiveDate,
    pub target: NaiveDate,
    pub items: Vec<Item>,
    pub tracking_ids: Vec<(Uuid, String)>,
    pub paid: Vec<(Uuid, Decimal)>,
}

#[derive(Default)]
pub struct Item {
    pub id: Uuid,
    pub kind: &'static str,
    pub subscription: Option<Uuid>,
    pub usage: Option<String>,
    pub linked: Option<Uuid>,
    pub start: NaiveDate,
    pub end: Option<NaiveDate>,
    pub amount: Decimal,
    pub rate: Option<Decimal>,
    pub quantity: Option<Decimal>,
    pub description: String,
    pub details: Option<String>,
    /// Blocks by tier, of a usage item.
    pub blocks: Vec<Decimal>,
}

impl Books {
    pub fn new(now: DateTime<Utc>) -> Self {
        Self {
            now,
            accounts: Vec::new(),
            subscriptions: Vec::new(),
            usage: Vec::new(),
            written: Vec::new(),
            shrunk: Vec::new(),
            versions: Vec::new(),
            invoices: Vec::new(),
            callback: None,
            config: None,
            is_narrow: false,
            ids: 0,
        }
    }

    /// The same ids in the same order every time.
    pub fn new_id(&mut self) -> Uuid {
        self.ids += 1;
        Uuid::from_u128(0x4b11_0000_0000_4000_8000_0000_0000_0000 + self.ids)
    }

    pub fn account(&self, id: Uuid) -> Option<&Account> {
        self.accounts.iter().find(|account| account.id == id)
    }

    pub fn account_mut(&mut self, id: Uuid) -> Option<&mut Account> {
        self.accounts.iter_mut().find(|account| account.id == id)
    }

    pub fn subscription(&self, id: Uuid) -> Option<&Subscription> {
        self.subscriptions.iter().find(|subscription| subscription.id == id)
    }

    pub fn subscription_mut(&mut self, id: Uuid) -> Option<&mut Subscription> {
        self.subscriptions.iter_mut().find(|subscription| subscription.id == id)
    }

    pub fn today(&self) -> NaiveDate {
        self.now.date_naive()
    }
}
