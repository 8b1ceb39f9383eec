//! What is read back from Kill Bill: the price list, and all that invoices say, which is then checked against the ledger.

pub mod accounts;
pub mod callback;
pub mod dry_runs;
pub mod estimates;
pub mod invoices;
pub mod prices;
pub mod reconcile;
pub mod watch;
