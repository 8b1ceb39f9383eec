//! Why records wait here instead of going to Kill Bill: one table of all reasons, each with a sentence and the way out.
//!
//! A meter's reasons are found by `route` and stand in the table `route`; an hour's are found by `preflight` just before a
//! delivery is fixed and stand with the record. The API, the metrics and the pages take their words from here.

use super::words::words;

/// The table. Each line: name = code, what is the matter, what to do.
macro_rules! holds {
    ($($(#[doc = $doc:literal])+ $name:ident = $code:literal, $sentence:literal, $remedy:literal;)+) => {
        words! {
            /// A reason to keep records here for now. Nothing is lost: they go out when the reason is gone.
            pub enum HoldCode = "reason to hold a record" {
                $($(#[doc = $doc])+ $name = $code,)+
            }
        }

        impl HoldCode {
            /// What is the matter, where nothing more particular is known.
            #[must_use]
            pub const fn sentence(self) -> &'static str {
                match self {
                    $(Self::$name => $sentence,)+
                }
            }

            /// What to do about it.
            #[must_use]
            pub const fn remedy(self) -> &'static str {
                match self {
                    $(Self::$name => $remedy,)+
                }
            }
        }
    };
}

holds! {
    /// The catalog has nothing by the meter's price name.
    NoPrice = "no-price",
        "Kill Bill's catalog has no usage price for the meter.",
        "Add a usage price of that name to Kill Bill's catalog, or correct the meter's price list name in the configuration.";
    /// It has, but not in the billing currency.
    NoCurrency = "no-currency",
        "The meter is priced, but not in the billing currency.",
        "Add a price in the billing currency to the catalog.";
    /// Several plans have it and nothing says which one is meant.
    AmbiguousPlan = "ambiguous-plan",
        "The meter's price stands in several plans.",
        "Name the plan of this resource type in [billing.plans].";
    /// The plan has several units that fit equally well.
    AmbiguousUnit = "ambiguous-unit",
        "The meter's price name may mean several units.",
        "Give the meter the name of one unit as its price list name.";
    /// The plan has a monthly price only, which takes no usage in Kill Bill.
    MonthlyPrice = "monthly-price",
        "The meter is priced by the month only, and Kill Bill charges such a price without any usage.",
        "Charge it by the hour: name its product in billing.monthly.products; or price it by usage in the catalog.";
    /// The configuration no longer names the meter.
    UnknownMeter = "unknown-meter",
        "The configuration does not name the meter any more.",
        "Name the meter in the configuration again.";
    /// The resource is not registered yet.
    UnknownResource = "unknown-resource",
        "The resource is not registered.",
        "Register the resource: PUT /api/resources/{uuid}/.";
    /// The running subscription began with a catalog version that does not price the unit.
    UnitNotInPlan = "unit-not-in-plan",
        "The catalog version and phase that hold for the subscription in this hour do not price the unit: Kill Bill would take it and never bill it.",
        "Price the unit in a version of the plan whose effectiveDateForExistingSubscriptions lies at or before the hour, or in a plan of its own; or charge the hours by hand.";
    /// The terms price the unit in a way that is not billed right.
    NotBillable = "not-billable",
        "The plan prices the unit in a way that is not billed by the hour: CAPACITY, IN_ADVANCE, a billing period other than MONTHLY, a missing price, two usage sections at once, or a section of several units by TOP_TIER where tiers are itemized (DETAIL).",
        "Price it CONSUMABLE, IN_ARREAR and MONTHLY, in one usage section, in every currency that is billed, and by TOP_TIER in one of its own; `check` names the element.";
    /// Somebody blocked the billing of the subscription.
    BillingPaused = "billing-paused",
        "The billing of the subscription is paused in this hour: Kill Bill would take the usage and never bill it.",
        "Nothing, if the hour is not to be billed: correct it to zero. Else take the pause back in Kill Bill, or charge the hours by hand.";
    /// The plan's last phase has an end.
    TermOver = "term-over",
        "The plan's fixed term is over in this hour: Kill Bill would take the usage and never bill it.",
        "Register what still consumes as a new resource, or price it by a plan whose last phase has no end.";
    /// It lies further ahead of the clocks than an hour may (`usage.ahead`).
    Ahead = "ahead",
        "The hour lies ahead of the clocks, further than usage may.",
        "Nothing if it is right: it goes when its time has come. If it is a typo, correct it to zero; POST /api/holds/release/ lets it go now.";
    /// It is older than an hour may be (`usage.oldest`).
    TooOld = "too-old",
        "The hour is older than usage may be.",
        "Correct it to zero if it is a typo; if it is to be billed, let it go: POST /api/holds/release/.";
    /// Nothing of the resource's plan is consumed yet, so there is no subscription that would take a zero.
    NothingConsumed = "nothing-consumed",
        "Nothing is consumed yet: the subscription begins with the first hour that consumes.",
        "Nothing: a zero costs nothing, and sets no start.";
    /// The hour lies before the subscription's billing start.
    BeforeSubscription = "before-subscription",
        "The hour lies before the subscription's billing start: Kill Bill would take it and never bill it.",
        "Charge it by hand, or correct it to zero; later resources: register them with their started_at before their usage comes.";
    /// The hour lies after the subscription's end.
    AfterSubscription = "after-subscription",
        "The hour lies after the end of the subscription in Kill Bill.",
        "Undo the cancellation in Kill Bill if it lies ahead, or register what still consumes as a new resource.";
    /// Kill Bill looks some billing periods back from what it billed last, two as a rule, and no further; and what `TOP_TIER` prices
    /// it bills once where invoices itemize tiers.
    PeriodClosed = "period-closed",
        "Kill Bill has closed the hour's billing period: it lies further back than Kill Bill looks (two periods as a rule), and the hour would never be billed; or tiers are itemized (DETAIL) and TOP_TIER prices it, and the whole period would be charged again.",
        "Nothing: a settlement charges or credits it with the next pass.";
    /// It would make an invoiced period smaller, and Kill Bill would park the account.
    CorrectionAfterInvoice = "correction-after-invoice",
        "The correction takes back hours of an invoiced period: Kill Bill would stop invoicing the account.",
        "Nothing: a settlement credits it with the next pass.";
    /// Nobody can tell whether it would arrive before the run that invoices its month, or closes it, or after that.
    InvoiceDue = "invoice-due",
        "Kill Bill is about to invoice the month: a correction downwards on its way meanwhile would make Kill Bill stop invoicing the account, and an hour of the oldest month would be taken and never billed.",
        "Nothing: once the month is invoiced, a settlement credits or charges it with the next pass.";
    /// The plan's last tier ends, and Kill Bill gives away what lies beyond.
    BeyondLastTier = "beyond-last-tier",
        "The hour would pass the end of the last tier of its price in this month: Kill Bill would take it and not charge it.",
        "Set the last tier's max to -1 in a catalog version that holds for existing subscriptions, or charge the hours by an external charge.";
    /// No column of Kill Bill's tables holds it.
    BeyondKillbillColumn = "beyond-killbill-column",
        "With the hour, the quantity or the amount of the month's invoice line is more than Kill Bill can store (1,000,000,000 blocks, 1,000,000 money): its invoice run would fail.",
        "Correct the quantity if it is wrong; price the unit in larger blocks, or charge the hours by external charges of less than 1,000,000.";
    /// The operator wants to be asked first.
    AwaitingApproval = "awaiting-approval",
        "Hours of this class become money only when somebody of the staff approves them.",
        "Approve or decline them: /api/corrections/.";
    /// Somebody of the staff said no.
    Declined = "declined",
        "Somebody of the staff declined to bill the hour; the reason stands with the correction.",
        "Nothing, or push the hour as a correction: it is asked about again.";
    /// Found when the ledger is compared with Kill Bill's sums, after a restored backup above all.
    DiffersFromKillBill = "differs-from-killbill",
        "Kill Bill holds something else for the hour than the ledger ever sent or has waiting.",
        "Push the hour as it was metered, corrections too; or take back in Kill Bill what somebody else recorded there.";
    /// An account under the customer's key bills in another currency.
    AccountCurrency = "account-currency",
        "The customer's account in Kill Bill bills in another currency than this service.",
        "An account keeps its currency: bill the customer with a service whose billing.currency is the account's, or register it under another uuid.";
    /// An account that was there before is in a zone that nobody knows here.
    AccountZone = "account-zone",
        "The customer's account in Kill Bill is in a time zone that is not known here.",
        "An account keeps its time zone: use a version of this service that knows it, or register the customer under another uuid.";
    /// Kill Bill does not make the customer's account.
    AccountRefused = "account-refused",
        "Kill Bill refuses the customer's account.",
        "Mend what Kill Bill complains of, mostly a field of the customer's registration. It is tried again by itself, at most an hour apart, and at once after POST /api/holds/examine/.";
    /// Kill Bill does not begin a subscription on the plan.
    PlanRefused = "plan-refused",
        "Kill Bill refuses a subscription on the plan, or could make no invoice with it.",
        "Mend the plan in the catalog: a product of category STANDALONE can always be subscribed, ADD_ON never alone, BASE once for each resource; each of its prices stands there in the currency that is billed. It is tried again by itself, at most an hour apart, and at once after a new catalog or POST /api/holds/examine/.";
    /// Somebody else's subscription has our key.
    KeyTaken = "key-taken",
        "Somebody else's subscription in Kill Bill has the key that the resource's has to have.",
        "Give that subscription another external key in Kill Bill, then POST /api/holds/examine/.";
    /// The user of the configuration may not do what is needed.
    PermissionMissing = "permission-missing",
        "The user that this service has in Kill Bill lacks a permission.",
        "Give one of its roles the permission that the text names (Kill Bill may remember for a while what a user may do), then POST /api/holds/examine/; `check` names all that are missing.";
    /// It fails each time, and not because it will not.
    KillbillFails = "killbill-fails",
        "Kill Bill fails again and again on what the hours need before they can go: an account, or a subscription.",
        "Look for the reason in Kill Bill's log of that time. It is tried again by itself, ever more rarely, and at once after POST /api/holds/examine/.";
}

/// The reasons that stand in table `obstacle`: they keep a whole customer, or a whole plan of a resource, from Kill Bill.
const OBSTACLES: [HoldCode; 7] = [
    HoldCode::AccountCurrency,
    HoldCode::AccountZone,
    HoldCode::AccountRefused,
    HoldCode::PlanRefused,
    HoldCode::KeyTaken,
    HoldCode::PermissionMissing,
    HoldCode::KillbillFails,
];

impl HoldCode {
    /// Whether it concerns a whole customer or plan, whatever the price list says: see `db::obstacles`.
    #[must_use]
    pub fn is_obstacle(self) -> bool {
        OBSTACLES.contains(&self)
    }

    /// The codes of those.
    #[must_use]
    pub fn obstacles() -> Vec<&'static str> {
        OBSTACLES.iter().map(|code| code.word()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_its_own_code_a_sentence_and_a_way_out() {
        let codes: std::collections::BTreeSet<&str> = HoldCode::ALL.iter().map(|code| code.word()).collect();
        assert_eq!(codes.len(), HoldCode::ALL.len());
        for code in HoldCode::ALL {
            assert_eq!(code.word().parse(), Ok(*code));
            for text in [code.sentence(), code.remedy()] {
                assert!(text.ends_with('.') && text.len() > 20, "{code}: {text}");
            }
        }
    }
}
