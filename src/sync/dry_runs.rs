//! Once a day Kill Bill is asked, customer by customer, what it would bill now; our own figure of what it was told must
//! be the same. What is still on its way here explains a part, anything else is a discrepancy.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use sqlx::PgPool;

use crate::clock::Clock;
use crate::db::estimates::{self, Asked, Compared, Sent};
use crate::db::invoices;
use crate::db::prices::PriceBook;
use crate::db::timelines::Timelines;
use crate::domain::hour::Hour;
use crate::domain::money;
use crate::domain::month::Month;
use crate::domain::price::TierPolicy;
use crate::domain::rating::rate;
use crate::domain::timeline::Timeline;
use crate::killbill::invoices::{Invoice, ItemType};
use crate::killbill::{self, KillBill};

/// Customers asked about in one pass: Kill Bill computes a whole invoice for each.
const IN_ONE_PASS: i64 = 50;

/// What the comparisons of a pass came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct DryRunReport {
    pub compared: usize,
    /// Of these, with a difference that nothing explains.
    pub differing: usize,
    /// Left for the next pass, because usage was delivered or billed in that very moment.
    pub moved: usize,
    /// Why the rest was not asked about.
    pub error: Option<String>,
}

/// Compares the customers that are due. Kill Bill away ends the round; the estimates do not depend on it.
///
/// # Errors
/// When the database fails.
pub async fn compare(
    pool: &PgPool,
    clock: &Clock,
    killbill: &KillBill,
    book: &PriceBook,
) -> sqlx::Result<DryRunReport> {
    let mut report = DryRunReport::default();
    let customers = estimates::to_ask(pool, clock.now(), IN_ONE_PASS).await?;
    if customers.is_empty() {
        return Ok(report);
    }
    let routing = book.routing(pool).await?;
    let timelines = Timelines::load(pool, routing.currency()).await?;
    for customer in customers {
        let (before, terms) = estimates::sent(pool, &timelines, customer.id).await?;
        match killbill.invoices().dry_run_upcoming(customer.account_id).await {
            // Something arrived or was billed while Kill Bill worked: nobody knows what its figure holds of it.
            Ok(_) if estimates::sent(pool, &timelines, customer.id).await?.0 != before => report.moved += 1,
            Ok(upcoming) => {
                let compared = compared(&customer, routing.currency(), &terms, &before, upcoming.as_ref());
                if !compared.unexplained().is_zero() && is_behind(pool, killbill, &customer).await? {
                    report.moved += 1;
                    continue;
                }
                estimates::write(pool, &compared, clock.now()).await?;
                estimates::discrepancy(pool, &compared, clock.now()).await?;
                report.compared += 1;
                report.differing += usize::from(!compared.unexplained().is_zero());
            }
            Err(error) => {
                report.error = Some(format!("{}: {error}", customer.name));
                // Not about this customer: the others would wait for nothing, too.
                if error.is_silence() || matches!(error, killbill::Error::Unauthorized { .. }) {
                    break;
                }
            }
        }
    }
    Ok(report)
}

/// An invoice that is not mirrored yet has what the dry run lacks. Who cannot be asked may have one.
async fn is_behind(pool: &PgPool, killbill: &KillBill, customer: &Asked) -> sqlx::Result<bool> {
    let mirrored = invoices::known(pool, customer.id).await?;
    let theirs = killbill.invoices().listed_of_account(customer.account_id, None).await;
    Ok(theirs.map_or(true, |all| {
        all.iter().any(|invoice| !mirrored.contains_key(&invoice.invoice_id))
    }))
}

fn compared<'a>(
    customer: &'a Asked,
    currency: &'a str,
    terms: &BTreeMap<i64, Timeline>,
    sent: &[Sent],
    upcoming: Option<&Invoice>,
) -> Compared<'a> {
    // Kill Bill's day decides how far it bills; what ends later is not due yet.
    let target = upcoming.and_then(|invoice| invoice.target_date);
    let is_due = |sent: &&Sent| target.is_none_or(|target| sent.end_day <= target);
    let mut lines: BTreeMap<_, Vec<&Sent>> = BTreeMap::new();
    for one in sent.iter().filter(is_due) {
        let line = (one.subscription_id, one.usage.as_str(), one.starts);
        lines.entry(line).or_default().push(one);
    }
    lines.retain(|_, units| units.iter().any(|one| one.is_open));
    let (mut delivered, mut less, mut more) = (Decimal::ZERO, Decimal::ZERO, Decimal::ZERO);
    for ((subscription, ..), units) in &lines {
        let cost = |quantity: fn(&Sent) -> Decimal| next_line(terms.get(subscription), units, quantity, currency);
        let sent = cost(|one| one.delivered);
        delivered += sent;
        let on_the_way = cost(|one| one.ledger) - sent;
        less += on_the_way.min(Decimal::ZERO);
        more += on_the_way.max(Decimal::ZERO);
    }
    let usage = upcoming.iter().flat_map(|invoice| &invoice.items);
    let usage = usage.filter(|item| item.item_type == ItemType::Usage);
    let latest = lines
        .keys()
        .map(|(.., starts)| Month::containing(*starts).first_day())
        .max();
    Compared {
        customer,
        currency,
        killbill: usage.map(|item| item.amount).sum(),
        delivered,
        on_the_way: (less, more),
        month: latest.or(target).unwrap_or_default(),
    }
}

/// What a window's next line comes to for these quantities of its section's units: it is counted on from the exact sums of
/// those before by all tiers, from their rounded money by the top tier; tier by tier where each is an item of its own.
fn next_line(timeline: Option<&Timeline>, units: &[&Sent], quantity: fn(&Sent) -> Decimal, currency: &str) -> Decimal {
    let itemizes = timeline.is_some_and(|timeline| timeline.tenant().itemizes_tiers);
    let (mut exact, mut before, mut itemized) = (Decimal::ZERO, Decimal::ZERO, Decimal::ZERO);
    let mut policy = TierPolicy::AllTiers;
    for one in units {
        let window = timeline.and_then(|timeline| timeline.window(&one.unit, Hour::containing(one.starts)));
        if let Some(price) = window.and_then(|window| window.rate(&one.unit)) {
            let rating = rate(price.policy, price.tiers, quantity(one));
            exact += rating.amount();
            itemized += rating.itemized(one.billed, currency);
            before += one.billed;
            policy = price.policy;
        }
    }
    match policy {
        _ if itemizes => itemized,
        TierPolicy::AllTiers => money::round(exact - before, currency),
        TierPolicy::TopTier => {
            let charged = units.first().map(|one| one.charged).unwrap_or_default();
            money::round(exact, currency) - charged
        }
    }
}
