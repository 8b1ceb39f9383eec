//! What can have become of a record, as people see it: derived from the record, its delivery or settlement, and the invoice.

use crate::domain::words::words;

words! {
    /// What became of a record.
    pub enum RecordState = "state of a record" {
        /// It waits for a reason that is told with it.
        Held = "held",
        /// It goes out by itself.
        Pending = "pending",
        Sending = "sending",
        /// No answer came: it is looked up.
        Unknown = "unknown",
        /// Kill Bill has it.
        Delivered = "delivered",
        /// Kill Bill's own sums agree.
        Verified = "verified",
        /// An invoice carries it.
        Billed = "billed",
        /// Kill Bill does not take it.
        Refused = "refused",
        /// A later revision took its place.
        Superseded = "superseded",
    }
}
