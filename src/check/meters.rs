//! `check`, the part about prices: every configured meter and plan against the catalog as it is now in Kill Bill.

use chrono::{DateTime, Utc};

use super::catalog::{place, place_of};
use super::{Findings, Grade};
use crate::clock::Clock;
use crate::config::Settings;
use crate::domain::catalog::{self, CatalogVersion, Versions};
use crate::domain::route::Routing;
use crate::domain::timeline::{Outlook, Prospect, TenantTerms, outlook};
use crate::killbill::KillBill;

/// Every meter against the live catalog, not against what was last stored.
pub(super) async fn check(findings: &mut Findings, settings: &Settings, killbill: &KillBill) {
    let xml = match killbill.catalog().xml().await {
        Ok(xml) => xml,
        Err(error) => return findings.add(Grade::Blind, &format!("catalog: {error}")),
    };
    let billing = &settings.billing;
    let now = match killbill.clock().now_or(Clock::System.now()).await {
        Ok(now) => now,
        Err(error) => return findings.add(Grade::Blind, &format!("kill bill's clock: {error}")),
    };
    let tenant = match killbill.tenants().billing_terms(false).await {
        Ok(tenant) => tenant,
        Err(error) => return findings.add(Grade::Blind, &format!("the tenant's settings: {error}")),
    };
    let parsed = catalog::parse(&xml, billing.monthly_divisor.into());
    if let Ok(versions) = &parsed {
        held_units(findings, versions, (&billing.currency, tenant), now);
    }
    let version = match parsed.map(|versions| in_force(versions, now)) {
        Ok(Some((version, coming))) => {
            for later in coming {
                let text = format!(
                    "catalog: version {} is coming: {} findings, see sync-prices",
                    later.effective_from.date_naive(),
                    later.findings.len()
                );
                findings.add(Grade::Notice, &text);
            }
            version
        }
        Ok(None) => return findings.add(Grade::Mend, "catalog: the tenant has none; upload one"),
        Err(error) => return findings.add(Grade::Mend, &format!("catalog: {error}")),
    };
    let routing = Routing::new(
        billing.meters.clone(),
        billing.plans.clone(),
        &billing.currency,
        version.items,
    )
    .charging(billing.monthly.products.clone());
    of_catalog(findings, &version.findings, &routing);
    of_settings(findings, &routing);
}

fn of_catalog(findings: &mut Findings, found: &[catalog::Finding], routing: &Routing) {
    for finding in found {
        let refused = finding.code == catalog::Finding::ADD_ON && routing.may_use(&finding.subject);
        let grade = if refused { Grade::Mend } else { Grade::Notice };
        findings.add(
            grade,
            &format!(
                "catalog: {}: {}{}",
                finding.subject,
                finding.text,
                place("", &finding.place)
            ),
        );
    }
}

fn of_settings(findings: &mut Findings, routing: &Routing) {
    for name in routing.unknown_products() {
        let text = format!("billing.monthly.products: `{name}` is no product or plan with a monthly price only");
        findings.add(Grade::Mend, &text);
    }
    for finding in routing.findings() {
        let grade = if finding.ok { Grade::Good } else { Grade::Mend };
        findings.add(grade, &format!("meter {}: {}", finding.meter, finding.text));
    }
}

/// Units that the price list has and whose hours would wait here all the same, now or later.
fn held_units(
    findings: &mut Findings,
    versions: &[CatalogVersion],
    (currency, tenant): (&str, TenantTerms),
    now: DateTime<Utc>,
) {
    let all = Versions::of(versions);
    let listed = |one: &Outlook| {
        let mut items = versions.iter().flat_map(|version| &version.items);
        items.any(|item| item.plan == one.plan && item.unit.as_ref() == Some(&one.unit))
    };
    for one in outlook(&all, currency, tenant).iter().filter(|one| listed(one)) {
        let Prospect::Held(why) = &one.prospect else { continue };
        let grade = if one.from <= now && one.until.is_none_or(|until| now < until) {
            Grade::Mend
        } else {
            Grade::Notice
        };
        let text = format!(
            "catalog: plan {}, unit {}, {}: held: {why}{}",
            one.plan,
            one.unit,
            one.phase,
            place("", &place_of(versions, one))
        );
        findings.add(grade, &text);
    }
}

/// The version that new subscriptions get now, and those to come.
fn in_force(mut versions: Vec<CatalogVersion>, now: DateTime<Utc>) -> Option<(CatalogVersion, Vec<CatalogVersion>)> {
    let begun = versions.partition_point(|version| version.effective_from <= now).max(1);
    let coming = versions.split_off(begun.min(versions.len()));
    Some((versions.pop()?, coming))
}
