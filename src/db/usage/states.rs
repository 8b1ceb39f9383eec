//! Where records in a state are to be looked for. The state is derived; what it implies of the ledger's own columns is said beside
//! it, so that a search for the few in a state goes by the indexes of the few.

use super::read::RecordFilter;
use crate::domain::usage::RecordState;

/// Carried by nothing: what the two indexes of open records cover.
const OPEN: &str = "and (u.delivery_id is null and not u.superseded and u.hold is null
    or u.delivery_id is null and u.settlement_line_id is null and not u.superseded and u.hold is not null)";
const PENDING: &str = "and u.delivery_id is null and not u.superseded and u.hold is null";
const SUPERSEDED: &str = "and u.superseded";

/// A condition that every record that the filter wants fulfils.
pub(super) fn likely(filter: &RecordFilter) -> String {
    match filter.state {
        Some(RecordState::Pending) => PENDING.to_owned(),
        Some(RecordState::Held) => OPEN.to_owned(),
        Some(RecordState::Superseded) => SUPERSEDED.to_owned(),
        Some(RecordState::Sending) => carried("('prepared', 'sending')"),
        Some(RecordState::Unknown) => carried("('unknown')"),
        Some(RecordState::Refused) => carried("('refused')"),
        Some(RecordState::Delivered) => carried("('delivered')"),
        None if filter.held.is_some() => OPEN.to_owned(),
        // Verified or billed are nearly all of them, in the end.
        Some(RecordState::Verified | RecordState::Billed) | None => String::new(),
    }
}

/// By a delivery in one of the states, or by any settlement. Deliveries are found through the resources and the hours that
/// they carry: the ledger has no index on them, as that would cost every record a write.
fn carried(states: &str) -> String {
    let deliveries =
        format!("from delivery d join subscription s on s.id = d.subscription_id where d.state in {states}");
    format!(
        "and (u.settlement_line_id is not null
              or u.resource_id = any(array(select distinct s.resource_id {deliveries}))
                 and u.hour >= (select min(d.window_start) {deliveries}) and u.hour < (select max(d.window_end) {deliveries}))"
    )
}
