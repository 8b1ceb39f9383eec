//! The rules of the business, pure: no web, no database, no Kill Bill.
//! Everything here takes values and returns values; what is durable and what is sent is decided above.

pub mod billed;
pub mod catalog;
pub mod customer;
pub mod delivery;
pub mod due;
pub mod estimate;
pub mod evidence;
pub mod hold;
pub mod hour;
pub mod invoice;
pub mod job;
pub mod mail;
pub mod money;
pub mod month;
pub mod password;
pub mod pause;
pub mod plain_name;
pub mod preflight;
pub mod price;
pub mod quantity;
pub mod rating;
pub mod reach;
pub mod reconcile;
pub mod recover;
pub mod report;
pub mod route;
pub mod settlement;
pub mod standing;
pub mod start;
pub mod text;
pub mod timeline;
pub mod usage;
pub mod uuid_hex;
pub mod words;
