//! What is read back from Kill Bill: the price list, and all that invoices say.

pub mod prices;
