//! Mistakes on the way: a hop that changes what the service says to Kill Bill or to PostgreSQL, or what it hears.

use chrono::{DateTime, Days, Months, Utc};
use serde_json::Value;

use super::Mistake;
use crate::support::killbill_model::{Answer, Request, decimal, number};
use crate::support::postgres_line::Bend;

type Bends = (fn(&mut Request), fn(&Request, &mut Answer));

/// Between the service and Kill Bill.
pub fn to_killbill(mistake: Mistake) -> Option<Bends> {
    let (same_request, same_answer): Bends = (|_| {}, |_, _| {});
    Some(match mistake {
        Mistake::NoTrackingId => (without_tracking_id, same_answer),
        Mistake::NeighbourMonth => (into_the_month_before, same_answer),
        Mistake::Rounded => (rounded, same_answer),
        Mistake::ErrorsAreSuccess => (same_request, errors_are_success),
        Mistake::YesterdaysClock => (same_request, a_day_behind),
        _ => return None,
    })
}

fn a_day_behind(request: &Request, answer: &mut Answer) {
    if request.method == "GET" && request.segments() == ["test", "clock"] {
        let told: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let now = told["currentUtcTime"]
            .as_str()
            .and_then(|text| text.parse::<DateTime<Utc>>().ok());
        if let Some(now) = now {
            *answer = Answer::json(&serde_json::json!({"currentUtcTime": now - Days::new(1), "timeZone": "UTC"}));
        }
    }
}

fn bend_usage(request: &mut Request, bend: impl Fn(&mut Value)) {
    if request.method == "POST" && request.segments() == ["usages"] {
        let mut body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        bend(&mut body);
        request.body = body.to_string().into_bytes();
    }
}

fn each_record(body: &mut Value, bend: impl Fn(&mut Value)) {
    for unit in body["unitUsageRecords"].as_array_mut().into_iter().flatten() {
        unit["usageRecords"]
            .as_array_mut()
            .into_iter()
            .flatten()
            .for_each(&bend);
    }
}

fn without_tracking_id(request: &mut Request) {
    bend_usage(request, |body| body["trackingId"] = Value::Null);
}

fn into_the_month_before(request: &mut Request) {
    bend_usage(request, |body| {
        each_record(body, |record| {
            let at: DateTime<Utc> = record["recordDate"]
                .as_str()
                .and_then(|text| text.parse().ok())
                .unwrap_or_default();
            record["recordDate"] = serde_json::json!(at - Months::new(1));
        });
    });
}

fn rounded(request: &mut Request) {
    bend_usage(request, |body| {
        each_record(body, |record| {
            record["amount"] = number(decimal(&record["amount"]).unwrap_or_default().round_dp(6));
        });
    });
}

fn errors_are_success(request: &Request, answer: &mut Answer) {
    if request.method == "POST" && request.segments() == ["usages"] && answer.status >= 500 {
        *answer = Answer::empty(201);
    }
}

/// Between the service and PostgreSQL: what to look for in a statement, and what to put in its place.
pub fn to_postgres(mistake: Mistake) -> Option<Bend> {
    match mistake {
        Mistake::NoLease => Some(WITHOUT_LEASES),
        Mistake::TwoInFlight => Some(WITHOUT_LOOKING),
        Mistake::ZerosBegin => Some(ZEROS_BEGIN),
        _ => None,
    }
}

const WITHOUT_LEASES: Bend = &[
    ("(r.lease_until is null or r.lease_until < $1)", "true"),
    (
        "(r.lease_until is null or r.lease_until < $3)",
        "$3::timestamptz is not null",
    ),
    (
        "lease_owner = $2 and lease_until >= $3",
        "$2::uuid is not null and $3::timestamptz is not null",
    ),
    // Nor does anybody ask whose a delivery is that was begun, or whether it stands where it was left.
    ("where id = $1 and state = 'prepared'", "where id = $1"),
    (
        "where id = $1 and state = $2 and attempts = $8",
        "where id = $1 and $2::text is not null and $8::integer is not null",
    ),
    (
        "select id, tracking_id, month, state, attempts, sent_at, read_back_at from delivery",
        "select id, tracking_id, month, case state when 'sending' then 'prepared' else state end as state,
                attempts, sent_at, read_back_at from delivery",
    ),
];

const WITHOUT_LOOKING: Bend = &[(
    "where subscription_id = $1 and state in ('prepared', 'sending', 'unknown', 'refused')",
    "where subscription_id = $1 and state in ('prepared', 'sending', 'unknown', 'refused')
     and (state <> 'unknown' or not exists (
         select from usage_record u join subscription s on s.resource_id = u.resource_id
         where s.id = $1 and u.delivery_id is null and not u.superseded and u.hold is null))
     order by id limit 1",
)];

const ZEROS_BEGIN: Bend = &[("u.quantity > 0", "u.quantity >= 0")];
