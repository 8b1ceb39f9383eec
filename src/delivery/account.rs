//! The customer's account in Kill Bill: made once, whoever needs it first, usage or a settlement.

use chrono::{DateTime, Utc};
use sqlx::PgPool;
use uuid::Uuid;

use super::DeliveryError;
use crate::db::accounts;
use crate::domain::uuid_hex::hex;
use crate::killbill::KillBill;
use crate::killbill::accounts::{Account, AccountUpdate, NewAccount};

/// Accounts bill on the first of the month, three hours after midnight: that long the last hours have to come in.
const BILL_CYCLE_DAY: u8 = 1;
const REFERENCE_TIME: &str = "2000-01-01T03:00:00Z";

/// Who pays.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Payer<'a> {
    pub(crate) id: i64,
    pub(crate) uuid: Uuid,
    pub(crate) name: &'a str,
    pub(crate) email: &'a str,
    pub(crate) account_id: Option<Uuid>,
}

/// The customer's account, made when there is none. Somebody else's account under our key is used only if it bills in
/// our currency.
pub(crate) async fn ensure(
    pool: &PgPool,
    killbill: &KillBill,
    currency: &str,
    payer: Payer<'_>,
    now: DateTime<Utc>,
) -> Result<Uuid, DeliveryError> {
    if let Some(account) = payer.account_id {
        return Ok(account);
    }
    let account = killbill.accounts().create(&new_account(payer, currency)).await?;
    let seen = killbill.accounts().get(account).await?;
    if seen.currency.as_deref() != Some(currency) {
        let other = seen.currency.unwrap_or_else(|| "no currency".to_owned());
        return Err(DeliveryError::Blocked(format!(
            "account {account} bills in {other}, not in {currency}"
        )));
    }
    examine(pool, killbill, payer.id, &seen, now).await?;
    // An account that was there before may say something else: then the next pass tells it our names.
    let same = seen.name.as_deref() == Some(&account_name(payer.name));
    let name = if same {
        payer.name.to_owned()
    } else {
        seen.name.unwrap_or_default()
    };
    let told = accounts::Told {
        name,
        email: seen.email.unwrap_or_default(),
    };
    accounts::store(pool, payer.id, account, &told).await?;
    Ok(account)
}

/// Writes down when the account is billed. One that was there before may have another day, zone and time of day than we would
/// have given it, and those are followed. Without a billing day Kill Bill would take that of whatever begins first: it gets
/// ours.
pub(super) async fn examine(
    pool: &PgPool,
    killbill: &KillBill,
    customer_id: i64,
    seen: &Account,
    now: DateTime<Utc>,
) -> Result<(), DeliveryError> {
    let unknown = |zone| {
        DeliveryError::Blocked(format!(
            "account {} is in the time zone {zone}, which is not known here: nobody can tell when its days begin",
            seen.account_id
        ))
    };
    let mut terms = seen.terms().map_err(unknown)?;
    if terms.bill_cycle_day.is_none() {
        let day = AccountUpdate {
            bill_cycle_day: Some(BILL_CYCLE_DAY),
            ..AccountUpdate::default()
        };
        killbill.accounts().update(seen.account_id, &day).await?;
        terms.bill_cycle_day = Some(BILL_CYCLE_DAY.into());
    }
    Ok(accounts::keep_terms(pool, customer_id, &terms, now).await?)
}

fn new_account(payer: Payer<'_>, currency: &str) -> NewAccount {
    NewAccount {
        external_key: hex(payer.uuid),
        name: account_name(payer.name),
        email: Some(payer.email.to_owned()).filter(|email| !email.is_empty() && email.len() <= 128),
        currency: currency.to_owned(),
        time_zone: "UTC".to_owned(),
        bill_cycle_day: BILL_CYCLE_DAY,
        reference_time: REFERENCE_TIME.parse().ok(),
        locale: None,
    }
}

/// Kill Bill's column holds 100 characters.
pub(super) fn account_name(name: &str) -> String {
    name.chars().take(100).collect()
}
