//! `/subscriptions`: one resource on one plan, on the version of the price list that it began with.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::answer::{Answer, id, number, text};
use super::books::{Books, Subscription};
use super::prices::PlanPrices;
use super::wire::Request;

impl Books {
    pub fn subscriptions_call(&mut self, request: &Request) -> Answer {
        match (request.method.as_str(), request.segments().as_slice()) {
            ("POST", ["subscriptions"]) => self.subscribe(request),
            ("GET", ["subscriptions"]) => {
                let key = request.query("externalKey").unwrap_or_default();
                let found = self.subscriptions.iter().find(|known| known.key == key);
                let message = format!("Subscription does not exist for key {key}");
                let absent = || Answer::complaint(404, Some(1083), &message);
                found.map_or_else(absent, |found| Answer::json(&self.subscription_json(found)))
            }
            (method, ["subscriptions", id]) => {
                let found = id.parse().ok().and_then(|id| self.subscription(id));
                match (method, found.map(|found| found.id)) {
                    (_, None) => Answer::unknown(id),
                    ("GET", Some(id)) => Answer::json(&self.subscription_json(self.subscription(id).expect("found"))),
                    ("DELETE", Some(id)) => self.cancel(id, request),
                    _ => Answer::page(404),
                }
            }
            _ => Answer::page(404),
        }
    }

    fn subscribe(&mut self, request: &Request) -> Answer {
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let word = |field: &str| text(&body, field).unwrap_or_default();
        let (key, bundle_key, plan) = (word("externalKey"), word("bundleExternalKey"), word("planName"));
        let Some(account) = id(&body, "accountId").filter(|id| self.account(*id).is_some()) else {
            return Answer::unknown("account");
        };
        let start = instant(request, "billingDate").unwrap_or(self.now);
        if self
            .version_at(start)
            .is_none_or(|version| version.plan(&plan).is_none())
        {
            return Answer::complaint(400, Some(2021), &format!("Could not find any plan named {plan}"));
        }
        if self.subscriptions.iter().any(|known| known.key == key) {
            return Answer::complaint(
                500,
                None,
                "Unique index or primary key violation: subscriptions_external_key",
            );
        }
        let bundle = self.subscriptions.iter().find(|known| known.bundle_key == bundle_key);
        let bundle = bundle.map(|known| known.bundle);
        let bundle = bundle.unwrap_or_else(|| self.new_id());
        let id = self.new_id();
        self.subscriptions.push(Subscription {
            id,
            account,
            key,
            bundle,
            bundle_key,
            plan,
            start,
            end: None,
            fields: Vec::new(),
        });
        self.bill_from_the_start(id);
        Answer::created("subscriptions", id)
    }

    fn cancel(&mut self, id: Uuid, request: &Request) -> Answer {
        let end = instant(request, "requestedDate").unwrap_or(self.now);
        let subscription = self.subscription_mut(id).expect("looked up");
        if subscription.end.is_some() {
            return Answer::complaint(500, Some(1031), "Subscription is in state CANCELLED");
        }
        if end < subscription.start {
            return Answer::complaint(400, Some(8002), "The requested date is before the start");
        }
        subscription.end = Some(end);
        let account = subscription.account;
        if end <= self.now {
            self.run_by_itself(account, end.date_naive());
        }
        Answer::empty(204)
    }

    /// An account's subscriptions, by resource.
    pub fn bundles(&self, account: Uuid) -> Value {
        let mut bundles: BTreeMap<(&str, Uuid), Vec<Value>> = BTreeMap::new();
        for one in self.subscriptions.iter().filter(|one| one.account == account) {
            let bundle = bundles.entry((&one.bundle_key, one.bundle)).or_default();
            bundle.push(self.subscription_json(one));
        }
        let bundle = |((key, id), subscriptions)| json!({"bundleId": id, "accountId": account, "externalKey": key, "subscriptions": subscriptions});
        bundles.into_iter().map(bundle).collect()
    }

    fn subscription_json(&self, one: &Subscription) -> Value {
        let cancelled = one.end.is_some_and(|end| end <= self.now);
        let prices = self.version_of(one).and_then(|version| version.plan(&one.plan));
        json!({"subscriptionId": one.id, "accountId": one.account, "bundleId": one.bundle, "externalKey": one.key,
               "bundleExternalKey": one.bundle_key, "planName": one.plan,
               "productName": prices.map(|plan| &plan.product), "state": if cancelled { "CANCELLED" } else { "ACTIVE" },
               "billingStartDate": one.start, "billingEndDate": one.end, "cancelledDate": one.end,
               "chargedThroughDate": self.charged_through(one.id), "prices": prices.map(|plan| vec![phase(plan)])})
    }
}

fn phase(plan: &PlanPrices) -> Value {
    let usages: Vec<Value> = plan
        .usages
        .iter()
        .map(|usage| {
            let tiers: Vec<Value> = usage
                .tiers
                .iter()
                .map(|tier| {
                    json!({"blockPrices": [{"unitName": usage.unit, "size": number(tier.size), "price": number(tier.price),
                                            "max": number(tier.most)}]})
                })
                .collect();
            json!({"usageName": usage.name, "usageType": "CONSUMABLE", "tierPrices": tiers})
        })
        .collect();
    json!({"planName": plan.name, "phaseName": format!("{}-evergreen", plan.name), "usagePrices": usages})
}

fn instant(request: &Request, name: &str) -> Option<DateTime<Utc>> {
    request.query(name)?.parse().ok()
}
