//! One of everything for two customers, and how each operation is called on it.

use axum::http::StatusCode;
use nodeconductor_billing::domain::uuid_hex::hex;
use rust_decimal::dec;
use serde_json::{Value, json};
use uuid::Uuid;

use super::bodies::body;
use super::rows::{correction, delivery, discrepancy, evidence, gap, mail, settlement};
use super::sizes::size;
use super::world::World;

/// Whose thing an operation is called on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    Owner,
    Other,
    Missing,
}

pub struct Things<'w> {
    pub world: &'w World,
    pub price: Uuid,
    pub sets: [Set; 2],
}

/// What belongs to one customer.
#[derive(Clone, Debug, Default)]
pub struct Set {
    pub customer: Uuid,
    pub resource: Uuid,
    pub record: String,
    pub invoice: Uuid,
    pub item: Uuid,
    pub delivery: Uuid,
    pub discrepancy: Uuid,
    pub gap: Uuid,
    pub settlement: Uuid,
    pub correction: Uuid,
    pub mail: Uuid,
    pub service: Uuid,
    pub project: Uuid,
    pub price: String,
    pub estimate: Uuid,
}

impl<'w> Things<'w> {
    pub async fn new(world: &'w World) -> Self {
        let price = sqlx::query_scalar(
            "with version as (
                 insert into catalog_version (catalog_name, effective_from, content_hash, xml, fetched_at, in_force)
                 values ('c', '2026-01-01', '', '<catalog><effectiveDate>2026-01-01T00:00:00Z</effectiveDate><catalogName>c</catalogName></catalog>', '2026-01-01', true) returning id
             ), change as (
                 insert into price_change (item_uuid, name, currency, at, effective_from, kind)
                 values (gen_random_uuid(), 'cpu', 'USD', '2026-01-01', '2026-01-01', 'added')
             )
             insert into price_item (uuid, version_id, name, description, product, plan, unit, item_type, key, currency, rule,
                                     hourly, monthly, tiers, tier_policy)
             select gen_random_uuid(), id, 'cpu', '', 'Instance', 'openstack-instance', 'cpu', 'cpu', 'cpu', 'USD', 'hourly-usage',
                    0.25, 180, '[]', 'ALL_TIERS' from version returning uuid",
        );
        Self {
            price: price.fetch_one(world.pool()).await.unwrap(),
            sets: [
                Set::new(world, world.alice, "1").await,
                Set::new(world, world.bob, "2").await,
            ],
            world,
        }
    }

    /// The things that make a difference to an operation: named by its path, or by its body.
    pub fn whose(&self, verb: &str, path: &str) -> &'static [Whose] {
        let named = |whose| self.body(path, whose);
        let by_body = verb != "get" && named(Whose::Owner) != named(Whose::Other);
        if path.contains('{') || by_body {
            &[Whose::Owner, Whose::Other, Whose::Missing]
        } else {
            &[Whose::Owner]
        }
    }

    /// The status, and how much is seen.
    pub async fn call(&mut self, token: &str, verb: &str, path: &str, whose: Whose) -> String {
        self.renew(verb, path).await;
        let address = self.address(path, whose);
        let body = if verb == "get" {
            String::new()
        } else {
            self.body(path, whose).to_string()
        };
        let service = &self.world.service;
        let answer = service.call(&verb.to_uppercase(), token, &address, body).await;
        assert!(
            answer.status != StatusCode::INTERNAL_SERVER_ERROR,
            "{verb} {address}: {}",
            answer.shown()
        );
        match size(path, &answer) {
            None => answer.status.as_u16().to_string(),
            Some(count) => format!("{} ({count})", answer.status.as_u16()),
        }
    }

    fn body(&self, path: &str, whose: Whose) -> Value {
        body(path, self.set(whose), &self.sets[0], self.price)
    }

    fn set(&self, whose: Whose) -> Option<&Set> {
        match whose {
            Whose::Owner => Some(&self.sets[0]),
            Whose::Other => Some(&self.sets[1]),
            Whose::Missing => None,
        }
    }

    /// The path with the thing's names in it. A path of a new kind has to be taught here what its placeholders mean.
    fn address(&self, path: &str, whose: Whose) -> String {
        let missing = || hex(Uuid::new_v4());
        let path = path.split('#').next().unwrap_or_default();
        let set = self.set(whose);
        let foreign = || hex(self.sets[usize::from(whose == Whose::Owner)].item);
        let of = |name: fn(&Set) -> String| set.map_or_else(missing, name);
        let family = path.split('/').nth(2).unwrap_or_default();
        let uuid = match family {
            _ if !path.contains("{uuid}") => String::new(),
            "customers" => of(|set| hex(set.customer)),
            "resources" => of(|set| hex(set.resource)),
            "usage-records" => of(|set| set.record.clone()),
            "invoices" | "killbill-invoices" => of(|set| hex(set.invoice)),
            "deliveries" => of(|set| hex(set.delivery)),
            "services" => of(|set| hex(set.service)),
            "price-estimates" => of(|set| hex(set.estimate)),
            "discrepancies" => of(|set| hex(set.discrepancy)),
            "missing-hours" => of(|set| hex(set.gap)),
            "settlements" => of(|set| hex(set.settlement)),
            "corrections" => of(|set| hex(set.correction)),
            "mails" => of(|set| hex(set.mail)),
            "price-list-items" | "service-price-list-items" => of(|set| set.price.clone()),
            "default-price-list-items" | "merged-price-list-items" => set.map_or_else(missing, |_| hex(self.price)),
            _ => panic!("{path}: which things are these? Teach things.rs"),
        };
        let known = whose != Whose::Missing;
        let address = path
            .replace("{uuid}", &uuid)
            .replace("{item}", &of(|set| hex(set.item)))
            .replace("{foreign}", &foreign())
            .replace("{customer}", &of(|set| hex(set.customer)))
            .replace("{resource}", &of(|set| hex(set.resource)))
            .replace("{service}", &of(|set| hex(set.service)))
            .replace("{job}", if known { "reconcile" } else { "nothing" })
            .replace("{secret}", if known { "s3cret" } else { "wrong" });
        assert!(
            !address.contains('{'),
            "{path}: an unknown placeholder; teach things.rs"
        );
        // Counted as JSON.
        address.replace("annual_report/", "annual_report/?format=json")
    }
}

impl Set {
    async fn new(world: &World, customer: Uuid, number: &str) -> Self {
        let (resource, service) = (Uuid::new_v4(), Uuid::new_v4());
        let put = async |path: String, body: Value| {
            let answer = world.service.call("PUT", &world.service.pusher, &path, body).await;
            assert_eq!(answer.status, 201, "{}", answer.shown());
        };
        put(
            format!("/api/resources/{}/", hex(resource)),
            json!({ "name": "web", "type": "T.T", "customer": hex(customer), "project": project(customer) }),
        )
        .await;
        put(
            format!("/api/services/{}/", hex(service)),
            json!({ "name": "Cloud", "customer": hex(customer) }),
        )
        .await;
        let record = |hour: &str| json!({ "resource": hex(resource), "meter": "cpu", "hour": hour, "quantity": "4" });
        let records = ["2026-01-01T10:00:00Z", "2026-01-01T09:00:00Z"].map(record);
        let pushed = world
            .service
            .call(
                "POST",
                &world.service.pusher,
                "/api/usage-records/",
                json!({ "records": records }),
            )
            .await;
        let invoice = world.invoice(customer, number, "2026-02-01", dec!(10)).await;
        let item = world
            .item(invoice, ("EXTERNAL_CHARGE", "charge"), "Consulting", dec!(10))
            .await;
        let settlement = settlement(world, customer).await;
        evidence(world, settlement, resource, item).await;
        Self {
            customer,
            resource,
            service,
            project: Uuid::from_u128(customer.as_u128() + 1),
            record: pushed.json()["results"][0]["uuid"].as_str().unwrap().to_owned(),
            item,
            delivery: delivery(world, resource).await,
            discrepancy: discrepancy(world, invoice).await,
            gap: gap(world, resource).await,
            settlement,
            correction: correction(world, resource).await,
            mail: mail(world, invoice).await,
            invoice,
            price: String::new(),
            estimate: Uuid::new_v4(),
        }
    }
}

/// Each customer has one.
pub fn project(customer: Uuid) -> Value {
    json!({ "uuid": hex(Uuid::from_u128(customer.as_u128() + 1)), "name": "Shop" })
}
