//! Missing hours: gaps between a meter's first hour and the latest complete one. Reported, never invented; some of them
//! are declared intentional.
//!
//! `find` keeps the table of gaps, `declare` what people say about them, `read` both put together, with their worth.

mod declare;
mod find;
mod read;

pub use declare::{Declaration, DeclareError, NewDeclaration, declarations, declare, withdraw};
pub use find::{Latest, Scan, latest, refresh};
pub use read::{GapFilter, GapRow, Missing, count, list, missing};
