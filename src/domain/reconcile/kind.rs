//! Everything that can be wrong, as one table: the word in the API and in the database, and what a person can do about it.

use crate::domain::words::words;

/// The table. Each line: name = word, what to do.
macro_rules! kinds {
    ($($(#[doc = $doc:literal])+ $name:ident = $word:literal, $next_step:literal;)+) => {
        words! {
            /// What can be wrong.
            pub enum DiscrepancyKind = "kind of discrepancy" {
                $($(#[doc = $doc])+ $name = $word,)+
            }
        }

        impl DiscrepancyKind {
            /// What a person can do about it.
            #[must_use]
            pub const fn next_step(self) -> &'static str {
                match self {
                    $(Self::$name => $next_step,)+
                }
            }
        }
    };
}

kinds! {
    /// A line bills another quantity than the records make.
    Quantity = "quantity",
        "Compare the line's evidence with Kill Bill's usage of the subscription; adjust the item by the amount.";
    /// Somebody else recorded usage for one of our subscriptions.
    ForeignTrackingId = "foreign-tracking-id",
        "Find out who else records usage for this subscription, stop it, and adjust the item by the amount.";
    /// Records are on the invoice and no line bills them.
    MissingLine = "missing-line",
        "Charge the amount by an external charge, or void the invoice and let Kill Bill bill the period again.";
    /// A usage line without any record behind it.
    ExtraItem = "extra-item",
        "Find out in Kill Bill what the line bills; adjust the item by the amount.";
    /// The same charge stands twice on the invoice.
    DuplicateItem = "duplicate-item",
        "Adjust the second item by the amount, and report it to whoever runs Kill Bill.";
    /// An item was on the invoice and is not any more.
    VanishedItem = "vanished-item",
        "Find out who removed the item from Kill Bill's database; charge or credit the amount if it was owed.";
    /// A price that no known version of the price list has.
    UnknownRate = "unknown-rate",
        "Pull the price list. If the price stays unknown, look for a price override on the subscription.";
    /// A version of the price list that does not hold for the subscription.
    WrongPriceVersion = "wrong-price-version",
        "Compare the plan's effectiveDateForExistingSubscriptions with the billing start of the subscription; adjust the item by the amount.";
    /// Not one of our subscriptions.
    UnknownSubscription = "unknown-subscription",
        "The account has a subscription that this service did not create: move it, or expect it here.";
    /// Charged in full although most of it was charged before.
    DoubleCharge = "double-charge",
        "Kill Bill in DETAIL mode charges late usage of a TOP_TIER price in full: adjust the item by the amount.";
    /// Used beyond the end of the last tier.
    BeyondLastTier = "beyond-last-tier",
        "Give the last tier of the price no limit (max -1); charge the usage above it by an external charge.";
    /// A line's amount is not what its details make.
    Amount = "amount",
        "Read the invoice again; if it stays, report it to whoever runs Kill Bill.";
    /// The invoice's amount is not what its items make.
    Sum = "sum",
        "Read the invoice again; if it stays, report it to whoever runs Kill Bill.";
    /// Records changed after they were sent.
    Ledger = "ledger",
        "Records of a sent delivery were changed in the database: restore them.";
    /// The usage of a voided invoice is on no other invoice yet.
    VoidNotReinvoiced = "void-not-reinvoiced",
        "Let Kill Bill bill the period again: POST /invoices with the accountId; the next regular run does it too.";
    /// Delivered too late for the invoice of its month; the next one takes it up.
    LateUsage = "late-usage",
        "Nothing: Kill Bill bills it with its next run.";
    /// Delivered in time, and the invoice that should have taken it up did not.
    MissedUsage = "missed-usage",
        "Let Kill Bill bill again: POST /invoices with the accountId. If it stays, settle the amount by an external charge.";
    /// Kill Bill looks no further back.
    NeverBilled = "never-billed",
        "Kill Bill no longer bills this period: settle the amount by an external charge.";
    /// A charge or credit with our mark that this ledger never posted.
    UnknownSettlement = "unknown-settlement",
        "Compare it with the records: an older backup may have lost the settlement. Void the invoice if they are settled elsewhere.";
    /// Posted, and its invoice is gone or void.
    SettlementMissing = "settlement-missing",
        "Retry the settlement: POST /api/settlements/{uuid}/retry/.";
    /// A charge or a credit that is fixed and not posted, or corrections that cannot be made into one.
    Unsettled = "unsettled",
        "Read the settlement's answers and mend what they complain of; a refused one goes on with POST /api/settlements/{uuid}/retry/, anything else by itself.";
    /// Somebody of the staff declined to bill the hours.
    Waived = "waived",
        "Nothing: the hours are not billed.";
    /// Other accounts got their invoices of the month, this one did not.
    NotInvoiced = "not-invoiced",
        "Look at the account's tags and at Kill Bill's log, then POST /invoices with the accountId.";
    /// Kill Bill failed on the account and makes no more invoices for it.
    AccountParked = "account-parked",
        "Mend what Kill Bill complains of, then POST /invoices with the accountId: a run that succeeds unparks the account. Its usage goes out by itself afterwards.";
    /// Somebody told Kill Bill to make no invoices for the account.
    InvoicingOff = "invoicing-off",
        "Remove the tag AUTO_INVOICING_OFF from the account when it is to be billed again; its usage is delivered meanwhile.";
    /// Nothing at all was metered for a long time.
    NoUsage = "no-usage",
        "Find out whether the service that meters still runs and pushes to this address.";
    /// Kill Bill holds usage of an hour that the ledger has no record of.
    OnlyInKillBill = "only-in-killbill",
        "Push the hour again: what Kill Bill has already is recognised and not sent twice. If nobody metered it, find out who else records usage for this subscription.";
    /// Kill Bill holds other usage of an hour than the ledger.
    DiffersFromKillBill = "differs-from-killbill",
        "Push the hour as it was metered, corrections too: what Kill Bill has already is recognised. If Kill Bill is wrong, record the difference there, or adjust the invoice.";
    /// Kill Bill's dry run of a customer's next invoice is not what was delivered.
    Estimate = "estimate",
        "Compare the customer's subscriptions and their prices in Kill Bill with the price list in force: an older catalog version, or usage that somebody else posted.";
    /// Hours of a whole customer or plan that cannot go to Kill Bill: it refuses an account or a subscription, or fails on it.
    Obstructed = "obstructed",
        "Read the hold at /api/holds/: it says what to do. It is tried again by itself, at most an hour apart; POST /api/holds/examine/ does so at once.";
    /// Kill Bill refused a delivery in its own words: it waits for a person.
    Refused = "refused",
        "Mend what Kill Bill complains of, then POST /api/deliveries/{uuid}/retry/, or POST /api/deliveries/retry/ for many at once.";
    /// A delivery that Kill Bill was offered in vain several times.
    Undelivered = "undelivered",
        "Read the delivery's answers and Kill Bill's log of that time, and mend what is wrong there. It is looked up and tried again by itself, ever more rarely.";
    /// A delivery was looked up, and Kill Bill's sums fit neither with it nor without it.
    InDoubt = "in-doubt",
        "Compare the hours that the detail names with what Kill Bill has recorded for the subscription. Take away there what is too much, and the next look decides. Or POST /api/deliveries/{uuid}/retry/: it goes under its old name, which Kill Bill takes once, and what differs then is told hour by hour.";
}

impl DiscrepancyKind {
    /// Worth knowing, and in order as it is: it ends without anybody's doing, or somebody wanted it so.
    #[must_use]
    pub const fn is_notice(self) -> bool {
        matches!(self, Self::LateUsage | Self::InvoicingOff | Self::Waived)
    }
}
