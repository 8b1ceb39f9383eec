//! Prices that a service's owner set (tables `price_override` and `price_override_change`). They are shown beside Kill
//! Bill's prices and never billed. `write` keeps who changed what and when, `read` shows both prices.

mod read;
mod write;

pub use read::{ChangeRow, OverrideFilter, OverrideRow, by_uuid, changes, list, of_service};
pub use write::{Author, create, delete, update};
