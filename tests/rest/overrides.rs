//! Prices that the owner of a service sets beside Kill Bill's: who may, what is shown, what is remembered.

use chrono::TimeDelta;
use serde_json::{Value, json};
use uuid::Uuid;

use super::price_list::price_list;
use crate::support::catalog::SampleCatalog;
use crate::support::web::Service;

pub const PATH: &str = "/api/service-price-list-items/";

/// Two customers with a service each, and the sample price list.
pub struct World {
    pub service: Service,
    pub customer: Uuid,
    pub tartu: Uuid,
    pub elsewhere: Uuid,
    pub owner: String,
}

impl World {
    pub async fn new() -> Self {
        let service = Service::start().await;
        price_list(&service, &SampleCatalog::standard("USD")).await;
        let [customer, stranger, tartu, elsewhere] = [(); 4].map(|()| Uuid::new_v4());
        for (uuid, name, place, place_name) in [
            (customer, "Alice", tartu, "Tartu cloud"),
            (stranger, "Bob", elsewhere, "Elsewhere"),
        ] {
            let path = format!("/api/customers/{}/", uuid.simple());
            let put = service.call("PUT", &service.pusher, &path, json!({"name": name})).await;
            assert_eq!(put.status, 201);
            let path = format!("/api/services/{}/", place.simple());
            let body = json!({"name": place_name, "customer": uuid.simple().to_string()});
            assert_eq!(service.call("PUT", &service.pusher, &path, body).await.status, 201);
        }
        let owner = service.owner(&[customer]).await;
        Self {
            service,
            customer,
            tartu,
            elsewhere,
            owner,
        }
    }

    fn cpu(&self) -> Value {
        let service = format!("http://nc.example.com/api/openstack/{}/", self.tartu.simple());
        json!({"service": service, "key": "cpu", "item_type": "usage", "value": "0.02", "units": "cpu"})
    }

    /// The override's address after it was set by the owner.
    pub async fn set(&self) -> String {
        let answer = self.service.call("POST", &self.owner, PATH, self.cpu()).await;
        assert_eq!(answer.status, 201, "{}", answer.shown());
        assert_eq!(answer.header("location"), answer.json()["url"].as_str().unwrap());
        let url = answer.json()["url"].as_str().unwrap().to_owned();
        url.strip_prefix("https://billing.test").unwrap().to_owned()
    }

    async fn merged(&self, token: &str) -> Value {
        let path = format!(
            "/api/merged-price-list-items/?service_type=OpenStack&service_uuid={}&key=cpu",
            self.tartu.simple()
        );
        self.service.get(token, &path).await.json()[0].clone()
    }
}

#[tokio::test]
async fn an_override_is_shown_beside_the_price_that_is_billed() {
    let world = World::new().await;
    let before = world.merged(&world.owner).await;
    assert_eq!(before["value"].to_string(), "0.0125");
    assert_eq!(
        (&before["is_manually_input"], &before["is_billed"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(before["service_price_list_item_url"], Value::Null);
    let path = world.set().await;
    let after = world.merged(&world.owner).await;
    assert_eq!(
        (after["value"].to_string(), after["billed_value"].to_string()),
        ("0.02".to_owned(), "0.0125".to_owned())
    );
    assert_eq!(
        (&after["is_manually_input"], &after["is_billed"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(
        after["service_price_list_item_url"],
        format!("https://billing.test{path}")
    );
    let one = world.service.get(&world.owner, &path).await.json();
    assert_eq!(
        (&one["value"], &one["billed_value"]),
        (&json!("0.02"), &json!("0.0125"))
    );
    assert_eq!((&one["is_billed"], &one["units"]), (&json!(false), &json!("cpu")));
    let listed = world
        .service
        .get(&world.owner, "/api/default-price-list-items/?key=cpu")
        .await;
    assert_eq!(
        listed.json()[0]["value"],
        "0.0125",
        "the price list itself is Kill Bill's"
    );
}

#[tokio::test]
async fn owners_of_the_service_and_staff_may_and_nobody_else() {
    let world = World::new().await;
    let service = &world.service;
    let stranger = service.owner(&[Uuid::new_v4()]).await;
    let forbidden = r#"403 {"code":"permission_denied","detail":"You do not have permission to perform this action."}"#;
    for token in [&stranger, &service.support, &service.pusher] {
        let answer = service.call("POST", token, PATH, world.cpu()).await;
        assert_eq!(answer.shown(), forbidden);
    }
    let path = world.set().await;
    for (token, status) in [(&stranger, 404), (&service.pusher, 404), (&service.support, 403)] {
        for method in ["PATCH", "PUT", "DELETE"] {
            let answer = service.call(method, token, &path, json!({"value": 1})).await;
            assert_eq!(answer.status, status, "{method} {}", answer.shown());
        }
    }
    assert_eq!(service.get(&service.support, &path).await.status, 200);
    for (token, count) in [(&stranger, "0"), (&service.support, "1"), (&world.owner, "1")] {
        assert_eq!(service.get(token, PATH).await.header("x-result-count"), count);
    }
    assert_eq!(world.merged(&stranger).await["is_manually_input"], false);
    let answer = service
        .call("PATCH", &service.staff, &path, json!({"value": 0.03}))
        .await;
    assert_eq!((answer.status.as_u16(), &answer.json()["value"]), (200, &json!("0.03")));
    assert_eq!(service.call("DELETE", &world.owner, &path, "").await.status, 204);
    assert_eq!(service.get(&world.owner, &path).await.status, 404);
}

#[tokio::test]
async fn it_is_remembered_who_set_changed_and_removed_a_price_and_when() {
    let world = World::new().await;
    let service = &world.service;
    let path = world.set().await;
    service.state.clock.set(service.state.clock.now() + TimeDelta::hours(1));
    service
        .call("PATCH", &service.staff, &path, json!({"value": "0.025"}))
        .await;
    let one = service.get(&world.owner, &path).await.json();
    assert_eq!(
        (&one["modified_by"], &one["modified"]),
        (&json!("staff"), &json!("2026-03-01T13:00:00Z"))
    );
    assert_eq!(one["created"], "2026-03-01T12:00:00Z");
    service.call("DELETE", &service.staff, &path, "").await;
    let history = service
        .get(&world.owner, "/api/service-price-list-changes/")
        .await
        .json();
    let steps: Vec<(&Value, &Value)> = history
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (&one["before"], &one["after"]))
        .collect();
    assert_eq!(
        steps,
        [
            (&json!("0.025"), &Value::Null),
            (&json!("0.02"), &json!("0.025")),
            (&Value::Null, &json!("0.02"))
        ]
    );
    let stranger = service.owner(&[Uuid::new_v4()]).await;
    assert_eq!(
        service
            .get(&stranger, "/api/service-price-list-changes/")
            .await
            .header("x-result-count"),
        "0"
    );
}

#[tokio::test]
async fn what_cannot_be_a_price_is_refused_with_the_field() {
    let world = World::new().await;
    let service = &world.service;
    world.set().await;
    let post = async |changed: Value| {
        let mut body = world.cpu();
        body.as_object_mut()
            .unwrap()
            .extend(changed.as_object().unwrap().clone());
        service.call("POST", &service.staff, PATH, body).await.shown()
    };
    for (changed, answer) in [
        (json!({}), r#"400 ["Price list item for service already exists"]"#),
        (
            json!({"value": "-1"}),
            r#"400 {"value":["Ensure this value is greater than or equal to 0."]}"#,
        ),
        (
            json!({"value": "x"}),
            r#"400 {"value":["A valid number is required."]}"#,
        ),
        (
            json!({"units": "hour-of-cpu"}),
            r#"400 {"units":["The item is priced by \"cpu\", not by \"hour-of-cpu\"."]}"#,
        ),
        (
            json!({"key": "gpu"}),
            r#"400 {"key":["The price list has no \"gpu\" of type \"usage\"."]}"#,
        ),
        (
            json!({"service": Uuid::new_v4().simple().to_string()}),
            r#"400 {"service":["No service with this uuid is registered; PUT it to /api/services/ first."]}"#,
        ),
    ] {
        assert_eq!(post(changed.clone()).await, answer, "{changed}");
    }
    let unknown = format!(
        "{PATH}?service=http://nc.example.com/api/openstack/{}/",
        world.elsewhere.simple()
    );
    let answer = service.get(&world.owner, &unknown).await;
    assert_eq!(answer.status, 400);
    assert!(
        answer
            .shown()
            .contains("Can`t restore object from url: http://nc.example.com/"),
        "{}",
        answer.shown()
    );
}

#[tokio::test]
async fn a_price_can_be_changed_but_not_to_nothing_and_empty_units_are_none() {
    let world = World::new().await;
    let service = &world.service;
    let mut body = world.cpu();
    body["units"] = json!("");
    let set = service.call("POST", &world.owner, PATH, body).await;
    assert_eq!((set.status.as_u16(), &set.json()["units"]), (201, &json!("cpu")));
    let url = set.json()["url"].as_str().unwrap().to_owned();
    let path = url.strip_prefix("https://billing.test").unwrap();
    let patch = async |body: Value| service.call("PATCH", &world.owner, path, body).await;
    let nothing = patch(json!({"value": null})).await.shown();
    assert_eq!(nothing, r#"400 {"value":["This field may not be null."]}"#);
    assert_eq!(
        patch(json!({"value": "0.03", "units": ""})).await.json()["value"],
        "0.03"
    );
}

#[tokio::test]
async fn the_frontend_of_2016_names_the_item_by_its_address_and_the_one_of_2015_uses_the_old_path() {
    let world = World::new().await;
    let service = &world.service;
    let items = service
        .get(&world.owner, "/api/default-price-list-items/?key=ram_gb")
        .await
        .json();
    let body = json!({"default_price_list_item": items[0]["url"], "service": world.tartu.simple().to_string(), "value": 0.005});
    let answer = service.call("POST", &world.owner, "/api/price-list-items/", body).await;
    assert_eq!(answer.status, 201, "{}", answer.shown());
    let url = answer.json()["url"].as_str().unwrap().to_owned();
    assert!(url.contains("/api/price-list-items/"), "{url}");
    let new = service.get(&world.owner, PATH).await.json();
    assert!(new[0]["url"].as_str().unwrap().contains(PATH), "{new}");
    let of_service = format!("/api/price-list-items/?service={}", new[0]["service"].as_str().unwrap());
    assert_eq!(
        service.get(&world.owner, &of_service).await.header("x-result-count"),
        "1"
    );
}
