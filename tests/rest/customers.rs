//! Registering customers.

use serde_json::json;

use crate::support::web::Service;

const PATH: &str = "/api/customers/211ca3327de945899375749bd55dae4a/";

#[tokio::test]
async fn a_registration_is_new_then_the_same_then_changed() {
    let service = Service::start().await;
    let body = json!({"name": " Alice ", "native_name": "Älice", "email": "a@b.example", "contact_details": "1 Street\r\nCity"});
    let created = service.call("PUT", &service.pusher, PATH, &body).await;
    insta::assert_snapshot!(created.pretty(), @r#"
    {
      "abbreviation": "",
      "account": "",
      "address": "",
      "backend_id": null,
      "bank": "",
      "contact_details": "1 Street\nCity",
      "country": "",
      "created": "2026-03-01T12:00:00Z",
      "email": "a@b.example",
      "invoicing": "on",
      "modified": "2026-03-01T12:00:00Z",
      "name": "Alice",
      "native_name": "Älice",
      "number": "",
      "phone": "",
      "postal": "",
      "registration_code": "",
      "settling_error": null,
      "telling_error": null,
      "told_name": null,
      "url": "https://billing.test/api/customers/211ca3327de945899375749bd55dae4a/",
      "uuid": "211ca3327de945899375749bd55dae4a",
      "vat_code": ""
    }
    "#);
    assert_eq!(created.status, 201);
    service.state.clock.set("2026-03-02T12:00:00Z".parse().unwrap());
    let same = service.call("PUT", &service.staff, PATH, &body).await;
    assert_eq!(
        (same.status.as_u16(), same.json()),
        (200, created.json()),
        "nothing changed, not even the time"
    );
    let changed = service.call("PUT", &service.staff, PATH, r#"{"name": "Alice"}"#).await;
    assert_eq!(
        (changed.status.as_u16(), &changed.json()["email"]),
        (200, &json!("")),
        "what is left out is emptied"
    );
    assert_eq!(changed.json()["modified"], "2026-03-02T12:00:00Z");
    assert_eq!(service.get(&service.support, PATH).await.json(), changed.json());
}

#[tokio::test]
async fn the_same_customer_goes_by_dashes_too() {
    let service = Service::start().await;
    let dashed = "/api/customers/211ca332-7de9-4589-9375-749bd55dae4a/";
    assert_eq!(
        service
            .call("PUT", &service.staff, dashed, r#"{"name": "A"}"#)
            .await
            .status,
        201
    );
    assert_eq!(service.get(&service.staff, PATH).await.status, 200);
}

#[tokio::test]
async fn everything_that_is_wrong_is_said_at_once() {
    let service = Service::start().await;
    let body = json!({
        "name": "  ", "native_name": "a".repeat(256), "abbreviation": "a\u{0}", "email": "nobody", "number": "1\n2"
    });
    let refused = service.call("PUT", &service.staff, PATH, &body).await;
    insta::assert_snapshot!(refused.pretty(), @r#"
    {
      "abbreviation": [
        "Control characters are not allowed."
      ],
      "email": [
        "Enter a valid email address."
      ],
      "name": [
        "This field may not be blank."
      ],
      "native_name": [
        "Ensure this field has no more than 255 characters."
      ],
      "number": [
        "Control characters are not allowed."
      ]
    }
    "#);
    assert_eq!(refused.status, 400);
    assert_eq!(service.get(&service.staff, PATH).await.status, 404);
}

#[tokio::test]
async fn the_list_is_searched_by_part_of_a_name() {
    let service = Service::start().await;
    for (digit, name, native) in [("1", "Alice", "Älice"), ("2", "Bob", ""), ("3", "100%_", "")] {
        let path = format!("/api/customers/{}/", digit.repeat(32));
        service
            .call(
                "PUT",
                &service.staff,
                &path,
                json!({"name": name, "native_name": native}),
            )
            .await;
    }
    for (query, names) in [
        ("name=LIC", "Alice"),
        ("name=%C3%84", "Alice"),
        ("name=%25_", "100%_"),
        ("", "100%_ Alice Bob"),
        ("name=", "100%_ Alice Bob"),
    ] {
        let answer = service
            .get(&service.staff, &format!("/api/customers/?{query}"))
            .await
            .json();
        let found: Vec<_> = answer
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["name"].as_str().unwrap())
            .collect();
        assert_eq!(found.join(" "), names, "{query}");
    }
    let wrong = service.get(&service.staff, "/api/customers/?customer=Alice").await;
    assert_eq!(
        (wrong.status.as_u16(), wrong.json().get("customer").is_some()),
        (400, true),
        "{}",
        wrong.shown()
    );
    let nul = service.get(&service.staff, "/api/customers/?name=a%00").await;
    assert_eq!(nul.shown(), r#"400 {"name":["Null characters are not allowed."]}"#);
}
