//! From the resources of a customer's month to its estimates: one per scope and currency, sums of what is below.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::{Ahead, Billed, Estimate, MonthFacts, Named, Pricing, ResourceFacts, ScopeKind, rated};
use crate::domain::month::Month;

/// An estimate of one scope in one currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub scope: ScopeKind,
    pub of: Named,
    pub resource_type: String,
    pub currency: String,
    pub estimate: Estimate,
    /// From invoices; else from records.
    pub invoiced: bool,
}

type Costs = BTreeMap<String, Estimate>;

/// The estimates of a customer's month, resources first.
#[must_use]
pub fn rows(facts: &MonthFacts, pricing: &Pricing<'_>, month: Month, now: DateTime<Utc>) -> Vec<Row> {
    let mut rollup = Rollup {
        invoiced: facts.invoiced,
        rows: BTreeMap::new(),
    };
    for one in &facts.resources {
        for (currency, estimate) in costs(one, facts.invoiced, *pricing, month, now) {
            rollup.add(
                ScopeKind::Resource,
                &one.resource,
                &one.resource_type,
                &currency,
                &estimate,
            );
            if let Some(service) = &one.service {
                rollup.add(ScopeKind::Service, service, "", &currency, &estimate);
            }
            if let Some((service, project)) = one.service.as_ref().zip(one.project.as_ref()) {
                let link = Named::link(service, project, facts.customer.uuid);
                rollup.add(ScopeKind::Link, &link, "", &currency, &estimate);
            }
            if let Some(project) = &one.project {
                // NodeConductor's habit; the frontend splits it again.
                let name = format!("{} | {}", project.name, facts.customer.name);
                let project = Named {
                    uuid: project.uuid,
                    name,
                };
                rollup.add(ScopeKind::Project, &project, "", &currency, &estimate);
            }
            rollup.add(ScopeKind::Customer, &facts.customer, "", &currency, &estimate);
        }
    }
    let kept = facts.unassigned.iter().filter(|billed| facts.invoiced || billed.is_fee);
    for (currency, estimate) in summed(kept) {
        rollup.add(ScopeKind::Customer, &facts.customer, "", &currency, &estimate);
    }
    rollup.rows.into_values().collect()
}

/// By currency: an account has one, but nothing stops its invoices from telling another story.
fn costs(one: &ResourceFacts, invoiced: bool, pricing: Pricing<'_>, month: Month, now: DateTime<Utc>) -> Costs {
    if invoiced {
        let mut costs = summed(one.billed.iter());
        if one.waiting > 0 {
            costs.entry(pricing.currency().to_owned()).or_default().unrated += one.waiting;
        }
        return costs;
    }
    // What is billed in advance is in no sum of hours; all else that is billed already, is.
    let mut costs = summed(one.billed.iter().filter(|billed| billed.is_fee));
    let ahead = Ahead {
        now,
        month_end: month.end(),
        resource_end: one.terminated_at,
    };
    let rated = rated(&one.metered, pricing, ahead);
    if !one.metered.is_empty() {
        costs.entry(pricing.currency().to_owned()).or_default().add(&rated);
    }
    costs
}

fn summed<'a>(billed: impl Iterator<Item = &'a Billed>) -> Costs {
    let mut costs = Costs::new();
    for one in billed {
        costs.entry(one.currency.clone()).or_default().add_billed(one);
    }
    costs
}

struct Rollup {
    invoiced: bool,
    rows: BTreeMap<(ScopeKind, uuid::Uuid, String), Row>,
}

impl Rollup {
    fn add(&mut self, scope: ScopeKind, of: &Named, resource_type: &str, currency: &str, estimate: &Estimate) {
        let row = self
            .rows
            .entry((scope, of.uuid, currency.to_owned()))
            .or_insert_with(|| Row {
                scope,
                of: of.clone(),
                resource_type: resource_type.to_owned(),
                currency: currency.to_owned(),
                estimate: Estimate::default(),
                invoiced: self.invoiced,
            });
        row.estimate.add(estimate);
    }
}
