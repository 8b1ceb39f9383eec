//! `/api/usage-records/`: the push, and the records read back with their states.

pub mod body;
mod counted;
mod export;
mod push;
mod read;
mod verdict;

pub use push::*;
pub use read::*;
pub use verdict::RecordStatus;
