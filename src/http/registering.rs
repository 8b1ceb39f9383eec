//! What all registrations answer with: the same PUT makes, changes, or leaves alone.

use axum::http::StatusCode;

use crate::db::customers::Registered;

/// 201 for what is new, 200 for what was there.
pub(super) const fn status(registered: Registered) -> StatusCode {
    match registered {
        Registered::Created => StatusCode::CREATED,
        Registered::Changed | Registered::Same => StatusCode::OK,
    }
}
