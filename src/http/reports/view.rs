//! The annual report as JSON: the printed one, sum for sum.

use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

use crate::documents::Covered;
use crate::domain::money;
use crate::domain::report::{GroupBy, OfCustomer, OfMonth, OfYear, Section};
use crate::domain::uuid_hex::hex;

/// What was invoiced.
#[derive(Serialize, ToSchema)]
pub struct ReportView {
    group_by: GroupBy,
    /// The year that was asked for; `null` = all.
    year: Option<i32>,
    /// One for each currency.
    sections: Vec<SectionView>,
}

/// One currency: by `customers`, or by `years`.
#[derive(Serialize, ToSchema)]
pub struct SectionView {
    currency: String,
    total: String,
    invoices: i64,
    /// What of the total is still to be paid.
    owed: String,
    /// What of the total was written off: neither owed nor paid.
    written_off: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    customers: Option<Vec<CustomerSum>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    years: Option<Vec<YearSum>>,
}

/// What a customer was invoiced.
#[derive(Serialize, ToSchema)]
pub struct CustomerSum {
    uuid: String,
    name: String,
    total: String,
    invoices: i64,
    /// What of the total is still to be paid.
    owed: String,
    /// What of the total was written off: neither owed nor paid.
    written_off: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    years: Vec<YearSum>,
}

/// What was invoiced in a year.
#[derive(Serialize, ToSchema)]
pub struct YearSum {
    year: i32,
    total: String,
    invoices: i64,
    /// What of the total is still to be paid.
    owed: String,
    /// What of the total was written off: neither owed nor paid.
    written_off: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(no_recursion)]
    customers: Vec<CustomerSum>,
    /// The newest first.
    months: Vec<MonthSum>,
}

/// What was invoiced in a month.
#[derive(Serialize, ToSchema)]
pub struct MonthSum {
    /// From 1.
    month: u32,
    total: String,
    invoices: i64,
    /// What of the total is still to be paid.
    owed: String,
    /// What of the total was written off: neither owed nor paid.
    written_off: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(no_recursion)]
    customers: Vec<CustomerSum>,
}

impl ReportView {
    /// The view of `sections`.
    #[must_use]
    pub fn new(sections: &[Section], covered: Covered) -> Self {
        Self {
            group_by: covered.grouped,
            year: covered.year,
            sections: sections.iter().map(|section| shown(section, covered.grouped)).collect(),
        }
    }
}

fn shown(section: &Section, grouped: GroupBy) -> SectionView {
    let printer = Printer(&section.currency);
    let by_customer = grouped == GroupBy::Customer;
    SectionView {
        currency: section.currency.clone(),
        total: printer.money(section.sum.total),
        invoices: section.sum.invoices,
        owed: printer.money(section.sum.owed),
        written_off: printer.money(section.sum.written_off),
        customers: by_customer.then(|| printer.customers(&section.customers)),
        years: (!by_customer).then(|| printer.years(&section.years)),
    }
}

/// The currency of every amount in a section.
struct Printer<'a>(&'a str);

impl Printer<'_> {
    fn money(&self, amount: Decimal) -> String {
        money::in_minor_units(amount, self.0)
    }

    fn customers(&self, customers: &[OfCustomer]) -> Vec<CustomerSum> {
        let one = |customer: &OfCustomer| CustomerSum {
            uuid: hex(customer.uuid),
            name: customer.name.clone(),
            total: self.money(customer.sum.total),
            invoices: customer.sum.invoices,
            owed: self.money(customer.sum.owed),
            written_off: self.money(customer.sum.written_off),
            years: self.years(&customer.years),
        };
        customers.iter().map(one).collect()
    }

    fn years(&self, years: &[OfYear]) -> Vec<YearSum> {
        let one = |year: &OfYear| YearSum {
            year: year.year,
            total: self.money(year.sum.total),
            invoices: year.sum.invoices,
            owed: self.money(year.sum.owed),
            written_off: self.money(year.sum.written_off),
            customers: self.customers(&year.customers),
            months: year.months.iter().map(|month| self.month(month)).collect(),
        };
        years.iter().map(one).collect()
    }

    fn month(&self, month: &OfMonth) -> MonthSum {
        MonthSum {
            month: month.month,
            total: self.money(month.sum.total),
            invoices: month.sum.invoices,
            owed: self.money(month.sum.owed),
            written_off: self.money(month.sum.written_off),
            customers: self.customers(&month.customers),
        }
    }
}
