//! The customer's account in Kill Bill: made once, whoever needs it first, usage or a settlement.

use chrono::{DateTime, Utc};
use sqlx::PgPool;
use uuid::Uuid;

use super::DeliveryError;
use super::names::in_some_form;
use crate::db::accounts;
use crate::domain::customer::Told;
use crate::domain::hold::HoldCode;
use crate::domain::plain_name;
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
    let create = |name: String| async move {
        let new = new_account(payer, &name, currency);
        killbill.accounts().create(&new).await
    };
    let (account, shown) = in_some_form(plain_name::forms(payer.name), create).await?;
    let seen = killbill.accounts().get(account).await?;
    if seen.currency.as_deref() != Some(currency) {
        let other = seen.currency.unwrap_or_else(|| "no currency".to_owned());
        return Err(DeliveryError::Obstructed {
            code: HoldCode::AccountCurrency,
            detail: format!("Account {account} bills in {other}, not in {currency}."),
        });
    }
    examine(pool, killbill, payer.id, &seen, now).await?;
    // An account that was there before may say something else: then the next pass tells it our names.
    let given = shown.as_deref().unwrap_or(payer.name);
    let same = seen.name.as_deref() == Some(&account_name(given));
    let told = Told {
        name: if same {
            payer.name.to_owned()
        } else {
            seen.name.unwrap_or_default()
        },
        email: seen.email.unwrap_or_default(),
        ..Told::default()
    };
    accounts::store(pool, payer.id, account, &told, shown.filter(|_| same).as_deref()).await?;
    Ok(account)
}

/// Writes down when the account is billed, and tells of a parent: what usage costs is the same, who pays it may not be. One
/// that was there before may have another day, zone and time of day than we would have given it, and those are followed.
/// Without a billing day Kill Bill would take that of whatever begins first: it gets ours.
pub(super) async fn examine(
    pool: &PgPool,
    killbill: &KillBill,
    customer_id: i64,
    seen: &Account,
    now: DateTime<Utc>,
) -> Result<(), DeliveryError> {
    if let Some(parent) = seen.parent_account_id {
        let pays = seen.is_payment_delegated_to_parent.unwrap_or_default();
        tracing::warn!(account = %seen.account_id, %parent, parent_pays = pays, "a customer's account has a parent");
    }
    let unknown = |zone| DeliveryError::Obstructed {
        code: HoldCode::AccountZone,
        detail: format!(
            "Account {} is in the time zone {zone}, which is not known here: nobody can tell when its days begin.",
            seen.account_id
        ),
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

fn new_account(payer: Payer<'_>, name: &str, currency: &str) -> NewAccount {
    NewAccount {
        external_key: hex(payer.uuid),
        name: account_name(name),
        email: account_email(payer.email),
        currency: currency.to_owned(),
        time_zone: "UTC".to_owned(),
        bill_cycle_day: BILL_CYCLE_DAY,
        reference_time: REFERENCE_TIME.parse().ok(),
        locale: None,
    }
}

/// Kill Bill's column holds 128 characters; one that it may not take (see `plain_name`) is no address for it.
pub(super) fn account_email(email: &str) -> Option<String> {
    let fits = !email.is_empty() && email.len() <= 128 && email.chars().all(|c| c.len_utf8() <= 3);
    fits.then(|| email.to_owned())
}

/// Kill Bill's column holds 100 characters.
pub(super) fn account_name(name: &str) -> String {
    name.chars().take(100).collect()
}
