//! What the frontends read and set at `/api/price-estimates/`: costs by resource and by provider (2016 and 2017), and policies
//! (since April 2017 by `limit: -1`, since 2018 by PUT at the estimate's own address).

use rust_decimal::dec;
use serde_json::{Value, json};

use super::js::{amount, list, said, same, to_fixed, whole};
use crate::estimating::World;
use crate::support::socket::{Reply, Socket};

struct Page {
    world: World,
    socket: Socket,
}

impl Page {
    /// Two machines of a project in a service, half a dollar's worth of hours each in March 2026.
    async fn new() -> Self {
        let world = World::new().await;
        for name in ["web-1", "web-2"] {
            let machine = world.machine(name).await;
            world.push(machine, "cpu", "2026-03-01T00:00:00Z", 10, dec!(4)).await;
        }
        world.estimate().await;
        let socket = Socket::of(world.service.router.clone()).await;
        Self { world, socket }
    }

    async fn estimates(&self) -> Vec<Value> {
        let customer = self.world.customer.simple();
        let path = format!("/api/price-estimates/?page=1&page_size=1000&customer={customer}");
        let reply = self.socket.get_as(&self.world.owner, &path).await;
        assert_eq!(reply.status, 200, "{}", reply.shown());
        list(&reply.json()).to_vec()
    }

    async fn send(&self, method: &str, path: &str, body: Value) -> Reply {
        let token = format!("Token {}", self.world.owner);
        let headers = [
            ("authorization", &*token),
            ("content-type", "application/json;charset=UTF-8"),
        ];
        self.socket.send(method, path, &headers, body.to_string()).await
    }
}

/// The table of resources: name, type, project, links to both. What a row lacks is asked at the resource's own address.
#[tokio::test]
async fn costs_by_resource_of_2016_and_2017_name_type_and_project() {
    let page = Page::new().await;
    let rows = page.estimates().await;
    let resources: Vec<&Value> = rows.iter().filter(|row| row["scope_type"] == "resource").collect();
    assert_eq!(resources.len(), 2);
    for row in resources {
        assert_eq!(
            (said(&row["resource_type"]), said(&row["project_name"])),
            ("OpenStack.Instance", "Shop")
        );
        assert_eq!(said(&row["project_uuid"]), page.world.project.simple().to_string());
        let resource = page
            .socket
            .get_as(
                &page.world.owner,
                &format!("/api/resources/{}/", said(&row["resource_uuid"])),
            )
            .await
            .json();
        for key in ["resource_type", "project_uuid", "project_name"] {
            assert_eq!(resource[key], row[key], "{key}");
        }
        assert_eq!(
            (&resource["uuid"], &resource["name"]),
            (&row["resource_uuid"], &row["scope_name"])
        );
    }
}

/// "Top providers by project": services of the month with what each project costs there, found by both names in one.
#[tokio::test]
async fn the_top_providers_of_2016_have_a_cost_for_each_project() {
    let page = Page::new().await;
    let rows = page.estimates().await;
    let march = |kind: &str| {
        let of =
            move |row: &&Value| row["scope_type"] == kind && whole(&row["year"]) == 2026 && whole(&row["month"]) == 3;
        rows.iter().filter(of).collect::<Vec<_>>()
    };
    let [service] = march("service")[..] else {
        panic!("one service")
    };
    let in_project = march("serviceprojectlink").into_iter().filter(|link| {
        let name = said(&link["scope_name"]);
        name.contains(said(&service["scope_name"])) && name.contains("Shop")
    });
    same(
        in_project.map(|link| to_fixed(&link["total"])).sum(),
        to_fixed(&service["total"]),
    );
    assert!(to_fixed(&service["total"]) > 0.0);
}

/// Since April 2017: the threshold and, without a hard limit, -1. `threshold: 0` and `limit: -1` are none.
#[tokio::test]
async fn policies_without_a_hard_limit_are_saved_by_post() {
    let page = Page::new().await;
    let scope = format!("{}/api/projects/{}/", page.socket.url, page.world.project.simple());
    let send = async |bound: &str, value: Value| {
        let path = format!("/api/price-estimates/{bound}/");
        page.send("POST", &path, json!({ "scope": scope, bound: value })).await
    };
    let post = async |bound: &str, value: i32| {
        let answer = send(bound, json!(value)).await;
        assert_eq!(answer.status, 200, "{bound} {value}: {}", answer.shown());
    };
    let set = async || {
        let rows = page.estimates().await;
        let project = rows.into_iter().find(|row| row["scope_type"] == "project").unwrap();
        [amount(&project["threshold"]), amount(&project["limit"])]
    };
    post("threshold", 100).await;
    post("limit", 100).await;
    assert_eq!(set().await, [Some(100.0); 2]);
    post("limit", -1).await;
    assert_eq!(set().await, [Some(100.0), None]);
    post("threshold", 0).await;
    assert_eq!(set().await, [None; 2]);
    for (bound, value) in [("limit", json!(-2)), ("threshold", json!(-1)), ("limit", json!("much"))] {
        let answer = send(bound, value).await;
        assert!(
            answer.status == 400 && answer.json()[bound].is_array(),
            "{}",
            answer.shown()
        );
    }
}

/// `PUT {threshold, limit}` at `billing_price_estimate.url`.
#[tokio::test]
async fn policies_are_saved_since_2018_at_the_estimate_s_own_address() {
    let page = Page::new().await;
    let of = async |kind: &str| {
        page.estimates()
            .await
            .into_iter()
            .find(|row| row["scope_type"] == kind)
            .unwrap()
    };
    let set = |row: &Value| [amount(&row["threshold"]), amount(&row["limit"])];
    for kind in ["project", "customer"] {
        let url = said(&of(kind).await["url"]).replace("https://billing.test", &page.socket.url);
        let saved = page.send("PUT", &url, json!({ "threshold": 250, "limit": 250 })).await;
        assert_eq!(saved.status, 200, "{}", saved.shown());
        assert_eq!(set(&saved.json()), [Some(250.0); 2]);
        let saved = page.send("PUT", &url, json!({ "threshold": 250, "limit": -1 })).await;
        assert_eq!(set(&saved.json()), [Some(250.0), None]);
        assert_eq!(
            page.send("PUT", &url, json!({ "threshold": 0, "limit": -1 }))
                .await
                .status,
            200
        );
        assert_eq!(set(&of(kind).await), [None; 2]);
        let wrong = page
            .send("PUT", &url, json!({ "threshold": "much", "limit": -1 }))
            .await;
        assert_eq!(
            (wrong.status, wrong.json()["threshold"].is_array()),
            (400, true),
            "each name of the answer is shown"
        );
        assert_eq!(
            page.send("PUT", &url, json!({})).await.json(),
            json!({ "total": ["This field is required."] })
        );
        assert_eq!(
            page.send("PUT", &url, json!({ "total": 5, "limit": 5 })).await.status,
            405,
            "what a month costs is not set"
        );
        assert_eq!(set(&of(kind).await), [None; 2]);
    }
    let link = said(&of("serviceprojectlink").await["url"]).replace("https://billing.test", &page.socket.url);
    assert_eq!(
        page.send("PUT", &link, json!({ "threshold": 1, "limit": 1 }))
            .await
            .status,
        400
    );
}
