//! `/api/usage-records/`: the push, and the records read back with their states.

mod body;
mod export;
mod push;
mod read;
mod verdict;

pub use push::*;
pub use read::*;
