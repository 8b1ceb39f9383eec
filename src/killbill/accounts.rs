//! Accounts: a customer is one account, found by its external key (the customer's uuid).

use chrono::{DateTime, Offset, TimeZone, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use uuid::{Uuid, uuid};

use super::error::absent_is_none;
use super::transport::Call;
use super::{Error, KillBill};
use crate::domain::timeline::AccountTerms;

/// Kill Bill's code for an external key that is taken.
const ACCOUNT_EXISTS: i64 = 3000;

/// Calls about accounts.
#[derive(Debug, Clone, Copy)]
pub struct Accounts<'a>(pub(super) &'a KillBill);

/// What an account is made of. Currency, time zone, billing day and reference time decide what is billed when, and cannot sensibly be changed later.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewAccount {
    pub external_key: String,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    pub currency: String,
    /// `UTC`, unless there is a strong reason: days of a zone with summer time are billed in surprising ways.
    pub time_zone: String,
    /// 1 for invoices by calendar month.
    #[serde(rename = "billCycleDayLocal")]
    pub bill_cycle_day: u8,
    /// Its time of day is when invoices are made: the hours after midnight are the grace for a period's last usage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference_time: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
}

/// Changes to an account; `None` keeps what is there, an empty text empties it.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountUpdate {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address1: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address2: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// Kill Bill takes one for an account that has none yet, and never another.
    #[serde(rename = "billCycleDayLocal", skip_serializing_if = "Option::is_none")]
    pub bill_cycle_day: Option<u8>,
}

/// An account as Kill Bill has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    pub account_id: Uuid,
    pub external_key: String,
    pub name: Option<String>,
    pub email: Option<String>,
    pub currency: Option<String>,
    pub time_zone: Option<String>,
    #[serde(rename = "billCycleDayLocal")]
    pub bill_cycle_day: Option<u8>,
    pub reference_time: Option<DateTime<Utc>>,
    pub locale: Option<String>,
    pub address1: Option<String>,
    pub address2: Option<String>,
    pub postal_code: Option<String>,
    pub country: Option<String>,
    pub phone: Option<String>,
    pub parent_account_id: Option<Uuid>,
    pub is_payment_delegated_to_parent: Option<bool>,
    /// What is owed; only filled by [`Accounts::get`].
    #[serde(default, with = "super::number::optional")]
    pub account_balance: Option<Decimal>,
}

impl Account {
    /// When its subscriptions are billed. Kill Bill keeps all year the offset that the zone has at the reference time.
    ///
    /// # Errors
    /// The account's zone, when nobody knows it.
    pub fn terms(&self) -> Result<AccountTerms, String> {
        let zone = self.time_zone.as_deref().unwrap_or("UTC");
        let known: Tz = zone.parse().map_err(|_| zone.to_owned())?;
        let reference = self.reference_time.unwrap_or(DateTime::UNIX_EPOCH);
        let offset = known.offset_from_utc_datetime(&reference.naive_utc()).fix();
        Ok(AccountTerms {
            currency: self.currency.clone().unwrap_or_default(),
            bill_cycle_day: self.bill_cycle_day.map(u32::from).filter(|day| *day > 0),
            utc_offset: offset.local_minus_utc(),
            reference_time: reference.with_timezone(&offset).time(),
        })
    }
}

/// Which part of a long list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    offset: usize,
}

impl Page {
    const SIZE: usize = 1000;

    #[must_use]
    pub const fn first() -> Self {
        Self { offset: 0 }
    }

    fn of(self, call: Call<'_>) -> Call<'_> {
        let call = call.query("offset", &self.offset.to_string());
        call.query("limit", &Self::SIZE.to_string())
    }

    /// The one after it, unless it was not full.
    #[must_use]
    pub const fn next(self, found: usize) -> Option<Self> {
        // More than was asked for: a server that knows no pages has told all.
        if found != Self::SIZE {
            return None;
        }
        Some(Self {
            offset: self.offset + Self::SIZE,
        })
    }
}

/// A tag on an account. Some of them command Kill Bill.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Tag {
    #[serde(rename = "tagDefinitionName")]
    pub name: String,
    #[serde(rename = "tagDefinitionId")]
    pub definition: Uuid,
}

/// A tag as a search finds it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Tagged {
    object_type: String,
    object_id: Uuid,
    #[serde(rename = "tagDefinitionName")]
    name: String,
}

impl Tag {
    pub const AUTO_PAY_OFF: Uuid = uuid!("00000000-0000-0000-0000-000000000001");
    pub const WRITTEN_OFF: Uuid = uuid!("00000000-0000-0000-0000-000000000004");
    pub const AUTO_INVOICING_OFF: Uuid = uuid!("00000000-0000-0000-0000-000000000002");
    pub const MANUAL_PAY: Uuid = uuid!("00000000-0000-0000-0000-000000000005");
    pub const AUTO_INVOICING_DRAFT: Uuid = uuid!("00000000-0000-0000-0000-000000000008");

    /// Kill Bill failed to make an invoice and will try no more until a person mends the cause.
    #[must_use]
    pub fn is_park(&self) -> bool {
        self.name == "__PARK__"
    }

    /// Someone told Kill Bill to make no invoices for this account; usage is taken and never billed meanwhile.
    #[must_use]
    pub fn is_auto_invoicing_off(&self) -> bool {
        self.definition == Self::AUTO_INVOICING_OFF
    }
}

impl Accounts<'_> {
    /// Creates the account, or finds the one that has its external key already. Safe to repeat: the key is unique in Kill Bill's database.
    /// Two at the same time are safe too, although Kill Bill then answers one of them with a bare 500.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn create(&self, account: &NewAccount) -> Result<Uuid, Error> {
        let created = self
            .0
            .post(&["accounts"])
            .json(account)
            .send()
            .await
            .and_then(|answer| answer.created());
        match created {
            Err(failed) if failed.code() == Some(ACCOUNT_EXISTS) || failed.outcome_unknown() => {
                let existing = self.by_external_key(&account.external_key).await;
                existing.ok().flatten().map(|account| account.account_id).ok_or(failed)
            }
            other => other,
        }
    }

    /// # Errors
    /// See [`Error`]; an unknown key is no error.
    pub async fn by_external_key(&self, key: &str) -> Result<Option<Account>, Error> {
        let answer = self.0.get(&["accounts"]).query("externalKey", key).send().await;
        absent_is_none(answer)?.map(|answer| answer.json()).transpose()
    }

    /// The account with its balance.
    ///
    /// # Errors
    /// See [`Error`]; an unknown id is `NotFound`.
    pub async fn get(&self, id: Uuid) -> Result<Account, Error> {
        self.0
            .get(&["accounts", &id.to_string()])
            .query("accountWithBalance", "true")
            .send()
            .await?
            .json()
    }

    /// # Errors
    /// See [`Error`].
    pub async fn update(&self, id: Uuid, changes: &AccountUpdate) -> Result<(), Error> {
        self.0
            .put(&["accounts", &id.to_string()])
            .json(changes)
            .send()
            .await
            .map(drop)
    }

    /// # Errors
    /// See [`Error`].
    pub async fn tags(&self, id: Uuid) -> Result<Vec<Tag>, Error> {
        self.0.get(&["accounts", &id.to_string(), "tags"]).send().await?.json()
    }

    /// Some of the tenant's accounts, in the order in which they were made.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn page(&self, page: Page) -> Result<Vec<Account>, Error> {
        page.of(self.0.get(&["accounts", "pagination"])).send().await?.json()
    }

    /// The accounts of the tenant that carry the tag.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn tagged(&self, name: &str) -> Result<Vec<Uuid>, Error> {
        let (mut accounts, mut next) = (Vec::new(), Some(Page::first()));
        while let Some(page) = next {
            let found: Vec<Tagged> = page.of(self.0.get(&["tags", "search", name])).send().await?.json()?;
            next = page.next(found.len());
            // The search also looks into other things than names.
            let fitting = found
                .into_iter()
                .filter(|tag| tag.name == name && tag.object_type == "ACCOUNT");
            accounts.extend(fitting.map(|tag| tag.object_id));
        }
        Ok(accounts)
    }

    /// # Errors
    /// See [`Error`].
    pub async fn add_tag(&self, id: Uuid, definition: Uuid) -> Result<(), Error> {
        self.0
            .post(&["accounts", &id.to_string(), "tags"])
            .json(&[definition])
            .send()
            .await
            .map(drop)
    }

    /// # Errors
    /// See [`Error`].
    pub async fn remove_tag(&self, id: Uuid, definition: Uuid) -> Result<(), Error> {
        let call = self
            .0
            .delete(&["accounts", &id.to_string(), "tags"])
            .query("tagDef", &definition.to_string());
        call.send().await.map(drop)
    }
}
