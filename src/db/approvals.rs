//! Hours that wait for a person's consent, in groups of what is alike: resource, meter, month and class. A decision covers
//! the records that waited when it was made; what comes later makes a group of its own.

mod ask;
mod decide;
mod read;

pub use ask::ask;
pub use decide::{Decision, DecisionError, decide};
pub use read::{Approval, ApprovalFilter, count, find, list};
