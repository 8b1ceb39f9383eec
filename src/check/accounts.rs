//! `check`, the part about accounts: those that Kill Bill does not invoice, and those under our keys that somebody else made
//! otherwise than this service makes them.

use super::{Findings, Grade};
use crate::config::Settings;
use crate::db::accounts::{AUTO_INVOICING_OFF, PARK};
use crate::domain::timeline::AccountTerms;
use crate::domain::uuid_hex;
use crate::killbill::KillBill;
use crate::killbill::accounts::{Account, Page};

/// So many are named, the others counted.
const NAMED: usize = 20;
const AUTO_INVOICING_DRAFT: &str = "AUTO_INVOICING_DRAFT";

pub(super) async fn check(findings: &mut Findings, settings: &Settings, killbill: &KillBill) {
    tags(findings, killbill).await;
    if let Err(error) = others(findings, &settings.billing.currency, killbill).await {
        findings.add(Grade::Blind, &format!("accounts: {error}"));
    }
}

/// Parked accounts are to be mended, of the others somebody wanted it so.
async fn tags(findings: &mut Findings, killbill: &KillBill) {
    let parked = "are parked: mend what Kill Bill's log complains of, then POST /invoices with the accountId";
    let off = "have the tag AUTO_INVOICING_OFF: their usage is delivered and not invoiced";
    let draft = "have the tag AUTO_INVOICING_DRAFT: their invoices are owed once somebody commits them";
    for (tag, grade, what) in [
        (PARK, Grade::Mend, parked),
        (AUTO_INVOICING_OFF, Grade::Notice, off),
        (AUTO_INVOICING_DRAFT, Grade::Notice, draft),
    ] {
        match killbill.accounts().tagged(tag).await {
            Ok(found) if found.is_empty() => {}
            Ok(found) => {
                let some: Vec<String> = found.iter().take(5).map(ToString::to_string).collect();
                findings.add(
                    grade,
                    &format!("accounts: {} {what} ({})", found.len(), some.join(", ")),
                );
            }
            Err(error) => findings.add(Grade::Blind, &format!("accounts: {error}")),
        }
    }
}

/// Accounts under a key of ours (a uuid) that differ from what this service would have created: followed where they can be.
async fn others(findings: &mut Findings, currency: &str, killbill: &KillBill) -> Result<(), crate::killbill::Error> {
    let (mut next, mut ours, mut differ) = (Some(Page::first()), 0_usize, 0_usize);
    while let Some(page) = next {
        let accounts = killbill.accounts().page(page).await?;
        for account in accounts.iter().filter(|account| is_ours(account)) {
            ours += 1;
            let Some((grade, text)) = difference(account, currency) else {
                continue;
            };
            differ += 1;
            if differ <= NAMED || grade == Grade::Mend {
                findings.add(grade, &format!("account {}: {text}", account.account_id));
            }
        }
        next = page.next(accounts.len());
    }
    if differ > 0 {
        let text = format!("accounts: {differ} of {ours} differ from what this service creates");
        findings.add(Grade::Notice, &text);
    } else {
        findings.add(
            Grade::Good,
            &format!("accounts: {ours} under our keys, all as this service creates them"),
        );
    }
    Ok(())
}

/// Customers' accounts have their uuids for keys.
fn is_ours(account: &Account) -> bool {
    let key = &account.external_key;
    uuid_hex::parse(key).is_some_and(|uuid| uuid_hex::hex(uuid) == *key)
}

/// How an account differs; what cannot be followed has to be mended before its usage goes out.
fn difference(account: &Account, currency: &str) -> Option<(Grade, String)> {
    let terms = match account.terms() {
        Ok(terms) => terms,
        Err(zone) => {
            let text = format!("its time zone {zone} is not known here: its usage is held (account-zone)");
            return Some((Grade::Mend, text));
        }
    };
    let mut differs = terms.differences(&AccountTerms::ours(currency));
    differs.extend(account.parent_account_id.map(|parent| {
        let pays = account.is_payment_delegated_to_parent.unwrap_or_default();
        let what = if pays { "is paid by" } else { "has" };
        format!("{what} the parent account {parent}")
    }));
    let is_foreign = account.currency.as_deref() != Some(currency);
    let (grade, end) = if is_foreign {
        (Grade::Mend, ": its usage is held (account-currency)")
    } else {
        (Grade::Notice, ": followed")
    };
    (!differs.is_empty()).then(|| (grade, format!("{}{end}", differs.join("; "))))
}
