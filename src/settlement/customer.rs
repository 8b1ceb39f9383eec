//! The work on one leased customer: fix what waits, then post it, the oldest first.

use std::time::Duration;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::{Report, Settler};
use crate::db::obstacles::Scope;
use crate::db::settlements::{self, Customer, Group, Terms};
use crate::db::{self, accounts, invoices};
use crate::delivery::account::{self, Payer};
use crate::delivery::{DeliveryError, obstacles, rest};
use crate::domain::month::Month;
use crate::domain::route::Routing;
use crate::domain::settlement::{Label, describe};

impl Settler {
    /// Leases the customer and does all there is to do. One that somebody else works on is left to him.
    pub(super) async fn customer(&self, id: i64, due: DateTime<Utc>) -> Result<Report, DeliveryError> {
        let now = self.clock.now();
        let leased = settlements::lease(&self.pool, id, self.owner, now, now + self.lease_time()).await?;
        let Some(customer) = leased else {
            return Ok(Report::default());
        };
        let mut report = Report {
            customers: 1,
            ..Report::default()
        };
        let result = self.all(&customer, due, &mut report).await;
        let failure = result.as_ref().err().map(|error| {
            (
                error.to_string(),
                (!error.is_outage()).then(|| self.clock.now() + rest(customer.failures)),
            )
        });
        let failure = failure.as_ref().map(|(text, at)| (text.as_str(), *at));
        settlements::release(&self.pool, id, self.owner, failure).await?;
        match result {
            Ok(()) => Ok(report),
            Err(error) if error.is_outage() => Err(error),
            Err(error) => {
                tracing::warn!(customer = %customer.uuid, %error, "the settling with a customer stopped");
                report.failures += 1;
                Ok(report)
            }
        }
    }

    async fn all(&self, customer: &Customer, due: DateTime<Utc>, report: &mut Report) -> Result<(), DeliveryError> {
        let account = self.account(customer).await?;
        self.not_parked(customer, account).await?;
        let unpriced = self.fix(customer, due, report).await?;
        let before = report.posted;
        while let Some(work) = settlements::open_of(&self.pool, customer.id).await? {
            if !self.advance((customer, account), &work, report).await? {
                break;
            }
        }
        if report.posted > before || settlements::surplus_seen(&self.pool, customer.id).await? {
            self.void_surplus(customer, account, report).await?;
            invoices::hint(&self.pool, customer.uuid, self.clock.now()).await?;
        }
        match unpriced {
            0 => Ok(()),
            n => Err(DeliveryError::Blocked(format!(
                "{n} corrections have no known price: pull the price list"
            ))),
        }
    }

    async fn account(&self, customer: &Customer) -> Result<Uuid, DeliveryError> {
        let payer = Payer {
            id: customer.id,
            uuid: customer.uuid,
            name: &customer.name,
            email: &customer.email,
            account_id: customer.account_id,
        };
        let account = account::ensure(&self.pool, &self.killbill, &self.currency, payer, self.clock.now()).await;
        if let Err(error) = &account {
            self.note(customer, error).await?;
        }
        account
    }

    /// Without an account none of the customer's hours can go, be it as usage or as money: the delivery tries it again.
    async fn note(&self, customer: &Customer, error: &DeliveryError) -> Result<(), DeliveryError> {
        let (scope, now) = (Scope::Customer(customer.id), self.clock.now());
        if let Some(met) = obstacles::lasting(scope, error, customer.failures, now) {
            db::obstacles::put(&self.pool, scope, &met, now).await?;
        }
        Ok(())
    }

    /// A parked account waits: whoever mends it wants to find it as it was.
    async fn not_parked(&self, customer: &Customer, account: Uuid) -> Result<(), DeliveryError> {
        let tags = self.killbill.accounts().tags(account).await?;
        let parked = tags.iter().any(crate::killbill::accounts::Tag::is_park);
        let names: Vec<String> = tags.into_iter().map(|tag| tag.name).collect();
        accounts::store_tags(&self.pool, customer.id, &names).await?;
        if parked {
            return Err(DeliveryError::Blocked(
                "the account is parked in Kill Bill: its charges and credits wait until it is unparked; \
                 /api/discrepancies/ says why, and what to do"
                    .to_owned(),
            ));
        }
        Ok(())
    }

    /// Fixes what waits, month by month. Returns how many lines have no known price.
    async fn fix(&self, customer: &Customer, due: DateTime<Utc>, report: &mut Report) -> Result<u64, DeliveryError> {
        let routing = self.book.routing(&self.pool).await?;
        let mut unpriced = 0;
        for month in settlements::months(&self.pool, customer.id, due, self.terms()).await? {
            let reopened = settlements::reopen(&self.pool, customer.id, month).await?;
            if reopened > 0 {
                tracing::info!(customer = %customer.uuid, month = %month.first_day(), reopened, "fixed anew with what has come");
            }
            let groups = settlements::groups(&self.pool, customer.id, month, due, self.terms()).await?;
            let fixed = self.fix_month(customer, month, &groups, &routing).await?;
            report.fixed += fixed.settlements;
            report.records += fixed.records;
            unpriced += fixed.unpriced;
        }
        Ok(unpriced)
    }

    async fn fix_month(
        &self,
        customer: &Customer,
        month: Month,
        groups: &[Group],
        routing: &Routing,
    ) -> Result<settlements::Fixed, DeliveryError> {
        let text = |group: &Group, quantity: Decimal, rate: Option<Decimal>| {
            let meter = routing.meters().get(&group.meter);
            describe(&Label {
                resource: &group.resource_name,
                meter: meter.map_or(&group.meter, |meter| &meter.display_name),
                unit: meter.map_or("", |meter| &meter.unit_label),
                class: group.class,
                month: month.first_day(),
                quantity,
                rate,
                monthly: group.monthly.map(|monthly| (monthly, self.divisor)),
                currency: &self.currency,
            })
        };
        let who = (customer.id, customer.uuid);
        Ok(settlements::fix(&self.pool, who, month, groups, self.terms(), text).await?)
    }

    pub(super) fn terms(&self) -> Terms<'_> {
        Terms {
            currency: &self.currency,
            asks: self.asks,
            divisor: self.divisor,
            settle_after: self.settings.settle_after,
            now: self.clock.now(),
        }
    }

    /// Makes sure that the customer is still ours before something is sent for it.
    pub(super) async fn keep_lease(&self, customer: &Customer) -> Result<(), DeliveryError> {
        let now = self.clock.now();
        let until = now + self.lease_time();
        let kept = settlements::renew(&self.pool, customer.id, self.owner, now, until).await?;
        if kept { Ok(()) } else { Err(DeliveryError::LeaseLost) }
    }

    fn lease_time(&self) -> Duration {
        self.settings.request_timeout * 4
    }
}
