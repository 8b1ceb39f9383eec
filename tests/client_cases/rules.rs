//! Who may see what: the rule of every address that is read, and what each caller's answer must be by it. An address
//! without a rule fails; writes have theirs in the description, as `x-may-call`.

use super::callers::CALLERS;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Needs no token.
    Open,
    /// The same for everybody with a token.
    Everyone,
    /// A customer's: its owner's, support's and staff's.
    Own,
    /// A customer's, and read back by whoever pushes for all of them.
    Pushed,
    /// Support's and staff's alone.
    ReadsAll,
    /// There is no such thing for anybody.
    Nobody,
}

const OPEN: &[&str] = &[
    "/health/live",
    "/health/ready",
    "/metrics",
    "/api/docs/",
    "/api/schema/",
];
const EVERYONE: &[&str] = &[
    "/api/billing/pricelist/",
    "/api/default-price-list-items/",
    "/api/default-price-list-items/{uuid}/",
    "/api/merged-price-list-items/",
    "/api/merged-price-list-items/{uuid}/",
    "/api/price-list-changes/",
];
const OWN: &[&str] = &[
    "/api/customers/annual_report/",
    "/api/customers/{uuid}/estimated_price/",
    "/api/invoice-items/",
    "/api/invoices/",
    "/api/killbill-invoices/",
    "/api/price-estimates/",
    "/api/price-list-items/",
    "/api/service-price-list-changes/",
    "/api/service-price-list-items/",
    "/api/merged-price-list-items/?service_uuid={service}",
];
const PUSHED: &[&str] = &[
    "/api/customers/",
    "/api/missing-hours/",
    "/api/resources/",
    "/api/services/",
    "/api/usage-records/",
];
const READS_ALL: &[&str] = &[
    "/api/billing-total-cost/",
    "/api/corrections/",
    "/api/deliveries/",
    "/api/discrepancies/",
    "/api/holds/",
    "/api/jobs/",
    "/api/mails/",
    "/api/settlements/",
];

const NOBODY: &[&str] = &["/api/invoices/{uuid}/items/{foreign}/"];

/// The rule of the longest address that `path` begins with; exactly that one, where everybody may see it.
pub fn rule(path: &str) -> Rule {
    let exact = [(Rule::Open, OPEN), (Rule::Everyone, EVERYONE)];
    if let Some((rule, _)) = exact.into_iter().find(|(_, paths)| paths.contains(&path)) {
        return rule;
    }
    let below = [
        (Rule::Own, OWN),
        (Rule::Pushed, PUSHED),
        (Rule::ReadsAll, READS_ALL),
        (Rule::Nobody, NOBODY),
    ];
    let ruled = below
        .into_iter()
        .flat_map(|(rule, paths)| paths.iter().map(move |path| (rule, *path)));
    let closest = ruled
        .filter(|(_, above)| path.starts_with(above))
        .max_by_key(|(_, above)| above.len());
    closest
        .unwrap_or_else(|| panic!("{path}: who may see it? Teach rules.rs"))
        .0
}

impl Rule {
    /// Whether the caller sees the owner's, the other owner's.
    fn sees(self, caller: &str) -> [bool; 2] {
        match (self, caller) {
            (Self::Open, _) => [true; 2],
            (_, "anonymous") | (Self::Nobody, _) => [false; 2],
            (Self::Everyone, _) | (_, "support" | "staff") | (Self::Pushed, "pusher") => [true; 2],
            (Self::Own | Self::Pushed, "owner") => [true, false],
            (Self::Own | Self::Pushed, "other owner") => [false, true],
            _ => [false; 2],
        }
    }

    fn refusal(self, caller: &str, filtered: bool) -> &'static [&'static str] {
        match (self, caller) {
            (_, "anonymous") => &["401"],
            (Self::ReadsAll, "nobody" | "owner" | "other owner" | "pusher") => &["403"],
            // A filter that names what is not there finds nothing, or says that there is no such thing.
            _ if filtered => &["200 (0)", "400"],
            _ => &["404"],
        }
    }

    /// Holds the answers of all callers to the rule.
    #[track_caller]
    pub fn hold(self, name: &str, cells: &[Vec<String>]) {
        for (caller, cell) in CALLERS.iter().zip(cells) {
            match cell.as_slice() {
                [owner, other, missing] => {
                    let filtered = name.contains('?');
                    let refusal = self.refusal(caller, filtered);
                    for (seen, one) in self
                        .sees(caller)
                        .into_iter()
                        .chain([false])
                        .zip([owner, other, missing])
                    {
                        let right = if seen {
                            found(one)
                        } else {
                            refusal.contains(&one.as_str())
                        };
                        assert!(right, "{name}, {caller}, by {self:?}: {cell:?}");
                    }
                }
                [list] => self.hold_list(name, caller, list, cells),
                _ => panic!("{name}: {cell:?}"),
            }
        }
    }

    /// Both customers' rows are there, and each owner sees its part of them.
    #[track_caller]
    fn hold_list(self, name: &str, caller: &str, list: &str, cells: &[Vec<String>]) {
        let [owner, other] = ["owner", "other owner"].map(|one| rows(&cells[place(one)][0]));
        let all = rows(&cells[place("staff")][0]);
        let right = match (self, self.sees(caller)) {
            (Self::Own | Self::Pushed, [true, true]) => rows(list) == owner + other && owner > 0 && other > 0,
            (Self::Own | Self::Pushed, [false, false]) if caller != "anonymous" => list == "200 (0)",
            (_, [false, false]) => self.refusal(caller, false).contains(&list),
            (_, [true, true]) => list.starts_with("200") && rows(list) == all,
            _ => rows(list) < all,
        };
        assert!(right, "{name}, {caller}, by {self:?}: {list}");
    }
}

fn place(caller: &str) -> usize {
    CALLERS.iter().position(|one| *one == caller).unwrap()
}

fn found(answer: &str) -> bool {
    answer.starts_with("200") && answer != "200 (0)"
}

/// The number in brackets.
fn rows(answer: &str) -> usize {
    let count = answer.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
    count.map_or(0, |count| count.parse().unwrap())
}
