//! Resources (table `resource`): what consumes, and for whom. A resource may be known from its usage before anyone
//! registers it; then its row has no customer, and to the outside it does not exist yet.
//!
//! `register` and `terminate` change a row, `read` shows it.

mod read;
mod register;
mod terminate;

use chrono::{DateTime, Utc};
use uuid::Uuid;

pub use read::{Resource, ResourceFilter, count, find, list};
pub use register::{RegisterError, register};
pub use terminate::{TerminateError, terminate};

/// What a registration says about a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceFacts {
    pub uuid: Uuid,
    pub customer: Uuid,
    pub name: String,
    pub r#type: String,
    pub project_uuid: Option<Uuid>,
    pub project_name: String,
    /// NodeConductor's uuid of the service; a service without one is known by its customer and name.
    pub service_uuid: Option<Uuid>,
    pub service_name: String,
    /// `None` keeps what is known.
    pub started_at: Option<DateTime<Utc>>,
}
