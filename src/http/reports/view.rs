//! The annual report as JSON: the printed one, sum for sum.

use serde::Serialize;
use utoipa::ToSchema;

use crate::documents::Covered;
use crate::domain::money;
use crate::domain::report::{GroupBy, OfCustomer, OfMonth, OfYear, Section, Sum};
use crate::domain::uuid_hex::hex;

/// What was invoiced.
#[derive(Serialize, ToSchema)]
pub struct ReportView {
    /// `customer` or `month`.
    group_by: &'static str,
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
    #[serde(skip_serializing_if = "Vec::is_empty")]
    years: Vec<YearSum>,
}

/// What was invoiced in a year.
#[derive(Serialize, ToSchema)]
pub struct YearSum {
    year: i32,
    total: String,
    invoices: i64,
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
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(no_recursion)]
    customers: Vec<CustomerSum>,
}

impl ReportView {
    /// The view of `sections`.
    #[must_use]
    pub fn new(sections: &[Section], covered: Covered) -> Self {
        Self {
            group_by: covered.grouped.word(),
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
        total: printer.money(section.sum),
        invoices: section.sum.invoices,
        customers: by_customer.then(|| printer.customers(&section.customers)),
        years: (!by_customer).then(|| printer.years(&section.years)),
    }
}

/// The currency of every amount in a section.
struct Printer<'a>(&'a str);

impl Printer<'_> {
    fn money(&self, sum: Sum) -> String {
        money::in_minor_units(sum.total, self.0)
    }

    fn customers(&self, customers: &[OfCustomer]) -> Vec<CustomerSum> {
        let one = |customer: &OfCustomer| CustomerSum {
            uuid: hex(customer.uuid),
            name: customer.name.clone(),
            total: self.money(customer.sum),
            invoices: customer.sum.invoices,
            years: self.years(&customer.years),
        };
        customers.iter().map(one).collect()
    }

    fn years(&self, years: &[OfYear]) -> Vec<YearSum> {
        let one = |year: &OfYear| YearSum {
            year: year.year,
            total: self.money(year.sum),
            invoices: year.sum.invoices,
            customers: self.customers(&year.customers),
            months: year.months.iter().map(|month| self.month(month)).collect(),
        };
        years.iter().map(one).collect()
    }

    fn month(&self, month: &OfMonth) -> MonthSum {
        MonthSum {
            month: month.month,
            total: self.money(month.sum),
            invoices: month.sum.invoices,
            customers: self.customers(&month.customers),
        }
    }
}
