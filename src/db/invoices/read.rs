//! What the API and the documents read of the mirror.

mod items;
mod lines;
mod list;

pub use items::{ItemRow, PaymentRow, item_by_uuid, items, payments};
pub use lines::{LineFilter, LineKey, LineRow, batch_of_lines, count_lines, page_of_lines};
pub use list::{InvoiceFilter, InvoiceRow, Order, by_uuid, list};
