//! The invoice as a document: Kill Bill's items by project and resource, each adjustment below what it adjusts.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{Days, NaiveDate};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::material::Material;
use super::{parties, settlement};
use crate::config::Issuer;
use crate::db::invoices::{InvoiceRow, ItemRow, PaymentRow};
use crate::domain::invoice::ItemKind;
use crate::domain::settlement::{Mark, reason};
use crate::pdf::{InvoiceDocument, Line, Project, Resource, Status};

const NO_PROJECT: &str = "No project";

/// Everything that the invoice says.
pub(super) fn document(
    material: &Material<'_>,
    payments: &[PaymentRow],
    issuer: &Issuer,
    payment_days: u32,
) -> InvoiceDocument {
    let invoice = material.invoice;
    let status = settlement::status(invoice);
    let (projects, other) = sorted(material);
    InvoiceDocument {
        number: number(invoice),
        currency: invoice.currency.clone(),
        invoice_date: invoice.invoice_date,
        due_date: due_date(invoice, payment_days),
        period: material.period,
        issuer: parties::issuer(issuer),
        customer: parties::customer(&invoice.customer_snapshot),
        status,
        projects,
        other,
        total: invoice.amount,
        rounding: settlement::rounding(&material.checks),
        // Kill Bill knows no balance of a draft.
        balance: (status != Status::Draft).then_some(invoice.balance),
        settled: settlement::settled(invoice, &material.items, payments),
        payment: settlement::facts(invoice, &material.items, payments, issuer),
        notes: Some(issuer.notes.clone())
            .filter(|notes| !notes.is_empty())
            .into_iter()
            .collect(),
    }
}

/// Kill Bill's number; its id while there is none.
pub(super) fn number(invoice: &InvoiceRow) -> String {
    invoice
        .number
        .clone()
        .unwrap_or_else(|| invoice.killbill_id.to_string())
}

/// None where nothing is owed.
pub(super) fn due_date(invoice: &InvoiceRow, payment_days: u32) -> Option<NaiveDate> {
    let owed = invoice.standing().falls_due() && invoice.amount > Decimal::ZERO;
    invoice
        .invoice_date
        .checked_add_days(Days::new(payment_days.into()))
        .filter(|_| owed)
}

/// Sorts by name, those without one last; equal names stay apart.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Key(bool, String, String, Option<Uuid>);

impl Key {
    fn new(name: &str, id: Option<Uuid>) -> Self {
        Self(name.is_empty(), name.to_lowercase(), name.to_owned(), id)
    }
}

fn sorted(material: &Material<'_>) -> (Vec<Project>, Vec<Line>) {
    let mut projects: BTreeMap<Key, BTreeMap<Key, Resource>> = BTreeMap::new();
    let mut other = Vec::new();
    for (item, adjusted) in in_order(&material.items, material) {
        let home = adjusted.unwrap_or(item);
        let line = line(material, item, adjusted);
        if home.resource_uuid.is_none() && home.resource_name.is_empty() {
            other.push(line);
            continue;
        }
        let project = projects
            .entry(Key::new(&home.project_name, home.project_uuid))
            .or_default();
        let name = home.resource_title();
        project
            .entry(Key::new(&name, home.resource_uuid))
            .or_insert_with(|| resource(home, name))
            .lines
            .push(line);
    }
    let named = |key: Key| if key.0 { NO_PROJECT.to_owned() } else { key.2 };
    let projects = projects.into_iter();
    (
        projects
            .map(|(key, resources)| Project {
                name: named(key),
                resources: resources.into_values().collect(),
            })
            .collect(),
        other,
    )
}

/// What counts into the amount. A credit of ours does: it stands beside the line of nothing that its draft began with, and
/// that is nobody's business.
fn is_line(item: &ItemRow) -> bool {
    let opens = |details: &str| Mark::parse(details).is_some_and(|mark| mark.line == 0);
    let counts = ItemKind::of(&item.item_type).counts_into_amount() || item.settlement_line_id.is_some();
    counts && !item.item_details.as_deref().is_some_and(opens)
}

/// What counts into the amount: usage of this period, then late usage; adjustments directly after what they adjust.
fn in_order<'m>(items: &'m [ItemRow], material: &Material<'_>) -> Vec<(&'m ItemRow, Option<&'m ItemRow>)> {
    let counted = || items.iter().filter(|item| is_line(item));
    let is_adjustment = |item: &ItemRow| item.kind == ItemKind::Adjustment;
    let targets: HashSet<Uuid> = counted()
        .filter(|item| !is_adjustment(item))
        .map(|item| item.killbill_id)
        .collect();
    let mut linked: HashMap<Uuid, Vec<&ItemRow>> = HashMap::new();
    let mut roots = Vec::new();
    for item in counted() {
        match item
            .linked_item
            .filter(|target| is_adjustment(item) && targets.contains(target))
        {
            Some(target) => linked.entry(target).or_default().push(item),
            None => roots.push(item),
        }
    }
    roots.sort_by_key(|item| material.is_late(item));
    let with_adjustments = |root: &'m ItemRow| {
        let adjustments = linked.get(&root.killbill_id).into_iter().flatten();
        std::iter::once((root, None))
            .chain(adjustments.map(move |item| (*item, Some(root))))
            .collect::<Vec<_>>()
    };
    roots.into_iter().flat_map(with_adjustments).collect()
}

fn resource(item: &ItemRow, name: String) -> Resource {
    Resource {
        name,
        service: Some(item.service_name.clone()),
        kind: item.resource_type.clone(),
        lines: Vec::new(),
    }
}

fn line(material: &Material<'_>, item: &ItemRow, adjusted: Option<&ItemRow>) -> Line {
    if let Some(adjusted) = adjusted {
        return Line {
            label: format!("Adjustment of {}", material.label(adjusted)),
            amount: item.amount,
            note: Some(item.description.clone()).filter(|reason| !reason.is_empty()),
            ..Line::default()
        };
    }
    Line {
        label: material.label(item),
        quantity: material.quantity(item),
        unit: material.unit(item),
        rate: material.rate(item),
        amount: item.amount,
        period: material.period_of(item).filter(|days| material.period != Some(*days)),
        note: note(material, item),
    }
}

fn note(material: &Material<'_>, item: &ItemRow) -> Option<String> {
    if let Some(class) = item.settlement_class {
        return Some(reason(class, item.start_date.unwrap_or(material.invoice.invoice_date)));
    }
    let late = material.is_late(item).then(|| "late usage".to_owned());
    let foreign = (item.kind == ItemKind::Usage && item.resource_uuid.is_none()).then(|| item.product.clone());
    let parts: Vec<String> = [late, material.tiers(item), foreign]
        .into_iter()
        .flatten()
        .filter(|part| !part.is_empty())
        .collect();
    (!parts.is_empty()).then(|| parts.join(" · "))
}
