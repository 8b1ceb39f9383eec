//! Our own client of Kill Bill's HTTP API (0.24 and later). Delivery, sync and the admin pages talk to Kill Bill through it and through nothing else.
//!
//! One file per resource of the API holds its calls and its wire types; `transport` sends, `answer` reads, `error` says what a caller may do next.
//! A write is never repeated here: whether it may be is for the caller to decide, by evidence.

pub mod accounts;
mod answer;
pub mod blocking;
pub mod catalog;
pub mod clock;
mod connection;
pub mod custom_fields;
mod error;
pub mod invoices;
mod number;
pub mod permissions;
pub mod subscriptions;
pub mod tenants;
mod transport;
pub mod usages;

pub use connection::{Connection, KillBill, SetupError};
pub use error::Error;

impl KillBill {
    /// Customers: the payers of everything below them.
    #[must_use]
    pub fn accounts(&self) -> accounts::Accounts<'_> {
        accounts::Accounts(self)
    }

    /// Resources on plans; usage and invoice items belong to one of these.
    #[must_use]
    pub fn subscriptions(&self) -> subscriptions::Subscriptions<'_> {
        subscriptions::Subscriptions(self)
    }

    /// Who blocked the billing.
    #[must_use]
    pub fn blocking(&self) -> blocking::Blocking<'_> {
        blocking::Blocking(self)
    }

    /// Names that invoices and Kill Bill's own pages show beside a subscription.
    #[must_use]
    pub fn custom_fields(&self) -> custom_fields::CustomFields<'_> {
        custom_fields::CustomFields(self)
    }

    /// What was consumed, by subscription and unit.
    #[must_use]
    pub fn usages(&self) -> usages::Usages<'_> {
        usages::Usages(self)
    }

    /// The prices.
    #[must_use]
    pub fn catalog(&self) -> catalog::Catalog<'_> {
        catalog::Catalog(self)
    }

    /// What Kill Bill made of usage and prices.
    #[must_use]
    pub fn invoices(&self) -> invoices::Invoices<'_> {
        invoices::Invoices(self)
    }

    /// The tenant that the API key stands for, and whether we may use it.
    #[must_use]
    pub fn tenants(&self) -> tenants::Tenants<'_> {
        tenants::Tenants(self)
    }

    /// What the user of the configuration may do.
    #[must_use]
    pub fn permissions(&self) -> permissions::Permissions<'_> {
        permissions::Permissions(self)
    }

    /// Time travel; only on a server in test mode.
    #[must_use]
    pub fn clock(&self) -> clock::TestClock<'_> {
        clock::TestClock(self)
    }
}
