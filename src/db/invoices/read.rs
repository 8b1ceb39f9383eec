//! What the API and the documents read of the mirror.

mod items;
mod list;

pub use items::{ItemRow, PaymentRow, item_by_uuid, items, payments};
pub use list::{InvoiceFilter, InvoiceRow, Order, by_uuid, list};
