//! What staff do on the pages: asked once more, done by the API, and written down.

use nodeconductor_billing::db::tokens::Role;
use serde_json::json;

use super::browser::Browser;
use crate::client_cases::things::Things;
use crate::client_cases::world::World;

#[tokio::test]
async fn a_group_of_hours_is_approved_after_its_money_was_shown_and_only_once() {
    let world = World::new().await;
    let things = Things::new(&world).await;
    let ada = Browser::of(&world, "ada", Role::Staff).await;
    let bob = Browser::of(&world, "bob", Role::Staff).await;
    let uuid = things.sets[0].correction.simple().to_string();
    let form = format!("/admin/corrections/do/approve/?select={uuid}");
    let (one, other) = (ada.get(&form).await, bob.get(&form).await);
    one.says("Approve?").says("1 chosen");
    one.send(&ada, "/admin/corrections/do/approve/", &[])
        .await
        .says("Approve: 1 done.");
    let late = other.send(&bob, "/admin/corrections/do/approve/", &[]).await;
    assert_eq!(late.status, 409);
    late.says("It was decided before: approved.");
    let told = world.get(&format!("/api/corrections/{uuid}/")).await.json();
    assert_eq!(
        (told["state"].as_str(), told["decided_by"].as_str()),
        (Some("approved"), Some("ada"))
    );
}

#[tokio::test]
async fn what_is_declined_needs_a_reason_and_what_was_typed_stays() {
    let world = World::new().await;
    let things = Things::new(&world).await;
    let ada = Browser::of(&world, "ada", Role::Staff).await;
    let uuid = things.sets[0].correction.simple().to_string();
    let to = "/admin/corrections/do/decline/";
    let form = ada.get(&format!("{to}?select={uuid}")).await;
    let refused = form.send(&ada, to, &[("reason", "  ")]).await;
    assert_eq!(refused.status, 409);
    refused.says("reason");
    let long = "x".repeat(1001);
    refused.send(&ada, to, &[("reason", &long)]).await.says(&long);
    form.send(&ada, to, &[("reason", "agreed on the phone")])
        .await
        .says("Decline: 1 done.");
    let told = world.get(&format!("/api/corrections/{uuid}/")).await.json();
    assert_eq!(told["reason"], "agreed on the phone");
}

#[tokio::test]
async fn a_session_that_ends_in_the_middle_of_a_form_loses_nothing_that_was_typed() {
    let world = World::new().await;
    let things = Things::new(&world).await;
    let ada = Browser::of(&world, "ada", Role::Staff).await;
    let to = "/admin/corrections/do/decline/";
    let form = ada
        .get(&format!("{to}?select={}", things.sets[0].correction.simple()))
        .await;
    sqlx::query("delete from admin_session")
        .execute(world.pool())
        .await
        .unwrap();
    let door = form.send(&ada, to, &[("reason", "agreed on the phone")]).await;
    door.says("You are signed out.");
    let back = door
        .send(
            &ada,
            "/admin/sign-in/",
            &[("name", "ada"), ("password", super::browser::PASSWORD)],
        )
        .await;
    back.says("Decline?").says("agreed on the phone");
    back.send(&ada, to, &[("reason", "agreed on the phone")])
        .await
        .says("Decline: 1 done.");
}

#[tokio::test]
async fn an_hour_is_corrected_on_its_page() {
    let world = World::new().await;
    let things = Things::new(&world).await;
    let ada = Browser::of(&world, "ada", Role::Staff).await;
    let record = ada.get(&format!("/admin/usage/{}/", things.sets[0].record)).await;
    let link = record
        .links()
        .into_iter()
        .find(|link| link.contains("/do/correct/"))
        .unwrap();
    let form = ada.get(&link).await;
    let field = |name: &str| form.value(name).to_owned();
    let (resource, meter, hour) = (field("resource"), field("meter"), field("hour"));
    let fields = |quantity| {
        [
            ("resource", resource.as_str()),
            ("meter", meter.as_str()),
            ("hour", hour.as_str()),
            ("quantity", quantity),
        ]
    };
    let refused = form.send(&ada, "/admin/usage/do/correct/", &fields("-1")).await;
    assert_eq!(refused.status, 409, "{}", refused.html);
    form.send(&ada, "/admin/usage/do/correct/", &fields("7"))
        .await
        .says("Correct an hour: done.");
    let told = world
        .get(&format!(
            "/api/usage-records/?resource={resource}&meter={meter}&start={hour}"
        ))
        .await
        .json();
    let latest = told
        .as_array()
        .unwrap()
        .iter()
        .find(|record| record["state"] != "superseded")
        .unwrap();
    assert_eq!(latest["quantity"], "7", "{told}");
}

#[tokio::test]
async fn jobs_are_asked_for_and_tokens_are_made_shown_once_and_revoked() {
    let world = World::new().await;
    let ada = Browser::of(&world, "ada", Role::Staff).await;
    let overview = ada.get("/admin/").await;
    overview
        .send(&ada, "/admin/jobs/reconcile/run/", &[])
        .await
        .says("reconcile: a worker takes it");
    let jobs = world.get("/api/jobs/").await.json();
    let reconcile = jobs
        .as_array()
        .unwrap()
        .iter()
        .find(|job| job["name"] == "reconcile")
        .unwrap();
    assert!(!reconcile["requested_at"].is_null());
    let paused = overview
        .send(
            &ada,
            "/admin/jobs/deliver/pause/",
            &[("reason", "Kill Bill is being upgraded")],
        )
        .await;
    paused
        .says("deliver: it is paused")
        .says("ada · Kill Bill is being upgraded");
    paused.says("some usage waits for a person");
    let resumed = paused.send(&ada, "/admin/jobs/deliver/resume/", &[]).await;
    assert!(!resumed.says("deliver: it goes on.").html.contains("being upgraded"));
    let tokens = ada.get("/admin/tokens/").await;
    let made = tokens
        .send(&ada, "/admin/tokens/", &[("name", "collector"), ("role", "support")])
        .await;
    let key = made
        .html
        .split_once("shown this once:")
        .unwrap()
        .1
        .split_once("<code>")
        .unwrap()
        .1;
    let key = key.split_once('<').unwrap().0.to_owned();
    assert_eq!(world.get_as(&key, "/api/jobs/").await.status, 200);
    assert!(!ada.get("/admin/tokens/").await.html.contains(&key));
    let csrf = tokens.value("csrf");
    ada.post("/admin/tokens/revoke/", &[("csrf", csrf), ("name", "collector")])
        .await
        .says("collector is revoked.");
    assert_eq!(world.get_as(&key, "/api/jobs/").await.status, 401);
    let wrong = tokens
        .send(&ada, "/admin/tokens/", &[("name", "o"), ("role", "owner")])
        .await;
    wrong.says("an owner needs at least one customer");
    assert_eq!(json!(world.get_as("", "/admin/").await.status), json!(303));
}

#[tokio::test]
async fn a_hole_is_declared_with_what_its_row_says_and_the_declaration_withdrawn() {
    let world = World::new().await;
    let things = Things::new(&world).await;
    let ada = Browser::of(&world, "ada", Role::Staff).await;
    let hole = format!("resource={}&meter=cpu", things.sets[0].resource.simple());
    let hours = "from=2026-01-05T00:00:00Z&until=2026-01-05T03:00:00Z";
    let form = ada
        .get(&format!("/admin/missing-hours/do/declare/?{hole}&{hours}"))
        .await;
    let to = "/admin/missing-hours/do/declare/";
    let field = |name: &str| form.value(name).to_owned();
    let [resource, meter, from, until] = ["resource", "meter", "from", "until"].map(field);
    let filled = [
        ("resource", resource.as_str()),
        ("meter", &meter),
        ("from", &from),
        ("until", &until),
        ("reason", "stopped by its owner"),
    ];
    form.send(&ada, to, &filled)
        .await
        .says("Declare hours to be meant so: done.");
    let declared = ada.get("/admin/declared-hours/").await;
    declared.says("stopped by its owner");
    let uuid = declared.value("select");
    let withdraw = ada
        .get(&format!("/admin/declared-hours/do/withdraw/?select={uuid}"))
        .await;
    withdraw.says("Withdraw?").says("1 chosen");
    let to = "/admin/declared-hours/do/withdraw/";
    withdraw.send(&ada, to, &[]).await.says("Withdraw: 1 done.");
}
