//! Services: known from the resources that run on them, and each of one customer.

use serde_json::json;
use uuid::Uuid;

use super::overrides::{PATH, World};

#[tokio::test]
async fn a_service_is_known_from_its_resources_and_stays_its_customer_s() {
    let world = World::new().await;
    let service = &world.service;
    let resource = |customer: Uuid, place: Uuid| {
        let customer = customer.simple().to_string();
        json!({"name": "vm", "type": "OpenStack.Instance", "customer": customer, "service_name": "Narva cloud",
               "service_uuid": place.simple().to_string()})
    };
    let path = || format!("/api/resources/{}/", Uuid::new_v4().simple());
    let narva = Uuid::new_v4();
    let put = service
        .call("PUT", &service.pusher, &path(), resource(world.customer, narva))
        .await;
    assert_eq!(
        put.json()["service_uuid"],
        narva.simple().to_string(),
        "{}",
        put.shown()
    );
    let shown = service
        .get(&world.owner, &format!("/api/services/{}/", narva.simple()))
        .await
        .json();
    assert_eq!(
        (&shown["name"], &shown["customer_name"]),
        (&json!("Narva cloud"), &json!("Alice"))
    );
    let foreign = service
        .call(
            "PUT",
            &service.pusher,
            &path(),
            resource(world.customer, world.elsewhere),
        )
        .await;
    assert_eq!(foreign.status, 201, "nothing hangs on it yet, so it follows");
    let back = json!({"name": "Elsewhere", "customer": shown["customer"]});
    let moved = format!("/api/services/{}/", world.elsewhere.simple());
    assert_eq!(service.call("PUT", &service.pusher, &moved, back).await.status, 200);
    let mut nameless = resource(world.customer, narva);
    nameless.as_object_mut().unwrap().remove("service_uuid");
    let put = service.call("PUT", &service.pusher, &path(), nameless).await;
    assert_ne!(
        put.json()["service_uuid"],
        narva.simple().to_string(),
        "known by its name alone"
    );
    let other = service.owner(&[Uuid::new_v4()]).await;
    assert_eq!(
        service.get(&other, "/api/services/").await.header("x-result-count"),
        "0"
    );
}

/// The frontend's page of a service asks so, and shows what it gets as that service's.
#[tokio::test]
async fn one_service_s_page_has_no_other_service_s_prices() {
    let world = World::new().await;
    world.set().await;
    let (tartu, elsewhere) = (world.tartu.simple(), world.elsewhere.simple());
    for (query, count) in [
        (format!("service_type=OpenStack&service_uuid={tartu}"), "1"),
        (format!("service_type=OpenStack&service_uuid={elsewhere}"), "0"),
        (format!("customer={}", world.customer.simple()), "1"),
        (format!("customer={elsewhere}"), "0"),
    ] {
        let answer = world
            .service
            .get(&world.service.staff, &format!("{PATH}?{query}"))
            .await;
        assert_eq!(answer.header("x-result-count"), count, "{query}");
    }
    let wrong = world
        .service
        .get(&world.service.staff, &format!("{PATH}?service_uuid=bad"))
        .await;
    assert!(wrong.shown().starts_with(r#"400 {"service_uuid""#), "{}", wrong.shown());
}
