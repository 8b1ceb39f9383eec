//! A unit's price in a version of the catalog, as the price list keeps it. Which of them holds for an hour of a subscription is
//! the timeline's to say.

use chrono::{DateTime, Utc};

use super::{Tier, TierPolicy};

/// A unit's price in one version of the catalog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tariff {
    pub plan: String,
    /// The usage section; in AGGREGATE mode all of its units share one invoice line.
    pub usage: String,
    pub unit: String,
    pub policy: TierPolicy,
    pub tiers: Vec<Tier>,
    /// When the version began to hold for new subscriptions; names the version.
    pub effective_from: DateTime<Utc>,
    /// From when the plan in this version holds for subscriptions that were there before; none = never.
    pub for_existing: Option<DateTime<Utc>>,
    /// Kill Bill no longer has the version, or has it with other content.
    pub withdrawn: bool,
}
