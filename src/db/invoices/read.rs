//! What the API and the documents read of the mirror.

mod items;
mod lines;
mod list;
mod order;
mod standing;

pub use items::{ItemRow, PaymentRow, count_items, item_by_uuid, items, items_of, payments};
pub use lines::{LineFilter, LineKey, LineRow, batch_of_lines, count_lines, page_of_lines};
pub use list::{InvoiceFilter, InvoiceRow, by_uuid, count, last_change, list};
pub use order::Order;
