//! What a write uses up, made anew before each call: a retry finds something refused, a decision something that waits, and
//! what is created is not there yet.

use nodeconductor_billing::domain::uuid_hex::hex;
use serde_json::json;

use super::things::Things;

impl Things<'_> {
    pub async fn renew(&mut self, verb: &str, path: &str) {
        match (verb, path.split(['?', '#']).next().unwrap_or_default()) {
            (_, "/api/service-price-list-changes/") => {
                self.run("truncate price_override, price_override_change").await;
                self.set_prices().await;
            }
            (_, "/api/merged-price-list-items/")
            | ("get", "/api/price-list-items/" | "/api/service-price-list-items/") => self.set_prices().await,
            ("post", "/api/price-list-items/" | "/api/service-price-list-items/") => {
                self.run("delete from price_override").await;
            }
            ("post", "/api/price-estimates/") => self.run("delete from price_estimate").await,
            (_, "/api/deliveries/{uuid}/retry/") => self.run("update delivery set state = 'refused'").await,
            (_, "/api/settlements/{uuid}/retry/") => self.run("update settlement set state = 'refused'").await,
            (_, "/api/mails/{uuid}/retry/") => self.run("update mail set state = 'refused'").await,
            (_, "/api/mails/bounces/") => self.run("update mail set state = 'sent'").await,
            (_, "/api/holds/release/") => {
                self.run("update usage_record set hold = 'too-old' where hour = '2026-01-01 10:00'")
                    .await;
            }
            (_, "/api/holds/releases/") => {
                self.run("update usage_record set hold = null where hold = 'too-old'")
                    .await;
            }
            (_, "/api/missing-hours/declarations/{uuid}/withdraw/") => {
                self.run("update declared_gap set withdrawn_at = null").await;
            }
            (_, "/api/discrepancies/{uuid}/accept/") => {
                self.run("update discrepancy set accepted_at = null, accepted_by = null, accepted_reason = null")
                    .await;
            }
            (_, "/api/discrepancies/{uuid}/reopen/") => {
                self.run(
                    "update discrepancy set accepted_at = opened_at, accepted_by = 'staff', accepted_reason = 'so'",
                )
                .await;
            }
            _ if path.starts_with("/api/corrections/") => self.run("update approval set state = 'waiting'").await,
            _ if path.contains("price-list-items/{uuid}") => self.set_prices().await,
            _ if path.starts_with("/api/price-estimates/") => self.set_estimates().await,
            _ => {}
        }
    }

    async fn run(&self, statement: &'static str) {
        sqlx::query(statement).execute(self.world.pool()).await.unwrap();
    }

    /// Both services' own prices.
    async fn set_prices(&mut self) {
        let (service, list) = (&self.world.service, "/api/service-price-list-items/");
        for set in &mut self.sets {
            let body = json!({ "service": hex(set.service), "default_price_list_item": hex(self.price), "value": "1" });
            service.call("POST", &service.staff, list, &body).await;
            let of_service = format!("{list}?service={}", hex(set.service));
            let rows = service.get(&service.staff, &of_service).await.json();
            let uuid = rows[0]["uuid"].as_str().unwrap_or_else(|| panic!("{rows}"));
            uuid.clone_into(&mut set.price);
        }
    }

    /// A manual estimate of each resource, with a threshold and a limit.
    async fn set_estimates(&self) {
        for set in &self.sets {
            let estimate = sqlx::query(
                "insert into price_estimate (uuid, customer_id, month, scope_type, scope_uuid, scope_name, currency, total, consumed,
                                             source, is_manually_input, computed_at)
                 select $1, customer_id, '2026-03-01', 'resource', uuid, name, 'USD', 10, 0, 'manual', true, '2026-03-01' from resource
                 where uuid = $2 on conflict do nothing",
            );
            let estimate = estimate.bind(set.estimate).bind(set.resource);
            estimate.execute(self.world.pool()).await.unwrap();
            let bound = "insert into estimate_bound (scope_uuid, customer_id, threshold, bound, set_at, set_by)
                         select uuid, customer_id, 1, 2, '2026-03-01', 'staff' from resource where uuid = $1 on conflict do nothing";
            let bound = sqlx::query(bound).bind(set.resource);
            bound.execute(self.world.pool()).await.unwrap();
        }
    }
}
