//! Bodies that the API's writes can work with, so that only who calls decides what comes of them.

use nodeconductor_billing::domain::uuid_hex::hex;
use serde_json::{Value, json};
use uuid::Uuid;

use super::things::{Set, project};

/// For a thing of `set`'s customer, or for one that does not exist. Where the path names the thing, its body names only what
/// is there: of `set` too, or of `known`.
pub fn body(path: &str, set: Option<&Set>, known: &Set, price: Uuid) -> Value {
    let of = |thing: fn(&Set) -> Uuid| hex(set.map_or_else(|| Uuid::from_u128(404), thing));
    let (known, nobody) = (set.unwrap_or(known), hex(Uuid::from_u128(404)));
    let estimate = |scope: String| json!({ "scope": scope, "total": 5, "month": 1, "year": 2027 });
    match path {
        "/api/customers/{uuid}/" => json!({ "name": "Alice" }),
        "/api/resources/{uuid}/" => {
            json!({ "name": "web", "type": "T.T", "customer": hex(known.customer), "project": project(known.customer) })
        }
        "/api/resources/{uuid}/#customer missing" => json!({ "name": "web", "type": "T.T", "customer": nobody }),
        "/api/services/{uuid}/#customer missing" => json!({ "name": "Cloud", "customer": nobody }),
        "/api/resources/{uuid}/terminate/" => json!({ "at": "2026-02-01T00:00:00Z" }),
        "/api/services/{uuid}/" => json!({ "name": "Cloud", "customer": hex(known.customer) }),
        "/api/usage-records/" => {
            let hour = "2026-01-01T11:00:00Z";
            json!({ "records": [{ "resource": of(|set| set.resource), "meter": "cpu", "hour": hour, "quantity": "4" }] })
        }
        "/api/missing-hours/declare/" => {
            let (from, until) = ("2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z");
            json!({ "resource": of(|set| set.resource), "from": from, "until": until, "reason": "off" })
        }
        "/api/holds/release/" => {
            let (from, until) = ("2026-01-01T10:00:00Z", "2026-01-01T11:00:00Z");
            json!({ "resource": of(|set| set.resource), "from": from, "until": until, "reason": "right" })
        }
        "/api/price-list-items/" | "/api/service-price-list-items/" => {
            json!({ "service": of(|set| set.service), "default_price_list_item": hex(price), "value": "2" })
        }
        "/api/mails/bounces/" => {
            let mail = set.map_or(Uuid::from_u128(404), |set| set.mail);
            json!(format!("Message-ID: <{mail}@north.example>"))
        }
        "/api/jobs/{job}/pause/" => json!({ "reason": "Kill Bill is being upgraded" }),
        "/api/corrections/{uuid}/decline/" | "/api/discrepancies/{uuid}/accept/" => json!({ "reason": "no" }),
        "/api/price-estimates/" => estimate(of(|set| set.resource)),
        "/api/price-estimates/#scope customer" => estimate(of(|set| set.customer)),
        "/api/price-estimates/#scope service" => estimate(of(|set| set.service)),
        "/api/price-estimates/#scope project" => estimate(of(|set| set.project)),
        "/api/price-estimates/threshold/" => json!({ "scope": of(|set| set.resource), "threshold": 5 }),
        "/api/price-estimates/limit/" => json!({ "scope": of(|set| set.resource), "limit": 5 }),
        _ if path.starts_with("/api/price-estimates/") => json!({ "total": 5 }),
        _ if path.contains("price-list-items/{uuid}") => json!({ "value": "3" }),
        _ => json!({}),
    }
}
