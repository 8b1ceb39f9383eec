//! What the API and the documents read of the mirror.

mod items;
mod list;
mod order;

pub use items::{ItemRow, PaymentRow, item_by_uuid, items, payments};
pub use list::{Extent, InvoiceFilter, InvoiceRow, by_uuid, extent, list};
pub use order::Order;
