//! Reads back what Kill Bill made of usage and prices, and checks it. One file per job.

pub mod invoices;
pub mod reconcile;
//! What is read back from Kill Bill: the price list, and all that invoices say.

pub mod prices;
