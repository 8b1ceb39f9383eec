//! The trail: who did what, from where, with before and after; written first, and never changed.

use nodeconductor_billing::db::audit::{self, AuditFilter, Entry};
use nodeconductor_billing::db::tokens::Role;
use nodeconductor_billing::db::window::Window;
use serde_json::json;

use super::browser::Browser;
use crate::client_cases::things::Things;
use crate::client_cases::world::World;

/// All of them, the latest first.
async fn whole(world: &World) -> Vec<Entry> {
    let whole = Window { limit: 100, offset: 0 };
    audit::list(world.pool(), &AuditFilter::default(), whole).await.unwrap()
}

/// Without who came in.
async fn entries(world: &World) -> Vec<Entry> {
    let all = whole(world).await.into_iter();
    all.filter(|entry| entry.action != "sign in").collect()
}

#[tokio::test]
async fn who_comes_in_stands_there_and_who_is_refused_does_not() {
    let world = World::new().await;
    let ada = Browser::of(&world, "ada", Role::Support).await;
    ada.sign_in("ada", "not this one").await;
    let all = whole(&world).await;
    let [entry] = all.as_slice() else { panic!("{all:#?}") };
    let seen = (entry.actor.as_str(), entry.role.word(), entry.action.as_str());
    assert_eq!(seen, ("ada", "support", "sign in"));
}

#[tokio::test]
async fn what_a_person_and_a_program_do_stand_in_one_trail_with_before_and_after() {
    let world = World::new().await;
    let things = Things::new(&world).await;
    let ada = Browser::of(&world, "ada", Role::Staff).await;
    let [first, second] = [0, 1].map(|set: usize| things.sets[set].correction.simple().to_string());
    let form = ada.get(&format!("/admin/corrections/do/approve/?select={first}")).await;
    form.send(&ada, "/admin/corrections/do/approve/", &[]).await;
    let staff = format!("Token {}", world.service.staff);
    let headers = [("authorization", staff.as_str()), ("content-type", "application/json")];
    let body = json!({ "reason": "agreed" }).to_string();
    let declined = world
        .send("POST", &format!("/api/corrections/{second}/decline/"), &headers, body)
        .await;
    assert_eq!(declined.status, 200);
    let entries = entries(&world).await;
    let [by_program, by_person] = entries.as_slice() else {
        panic!("{entries:#?}")
    };
    let seen = |entry: &Entry| (entry.actor.clone(), entry.actor_kind.word().to_owned(), entry.status);
    assert_eq!(seen(by_person), ("ada".to_owned(), "user".to_owned(), Some(200)));
    assert_eq!(seen(by_program), ("staff".to_owned(), "token".to_owned(), Some(200)));
    assert_eq!(by_person.object, format!("/api/corrections/{first}/"));
    let state = |value: &Option<serde_json::Value>| value.as_ref().unwrap()["state"].clone();
    assert_eq!(
        (state(&by_person.before), state(&by_person.after)),
        (json!("waiting"), json!("approved"))
    );
    assert_eq!(
        (state(&by_program.before), state(&by_program.after)),
        (json!("waiting"), json!("declined"))
    );
    assert_eq!(by_program.asked, Some(json!({ "reason": "agreed" })));
    let page = ada.get("/admin/trail/?actor=ada").await;
    page.says("approve/");
    assert!(!page.html.contains("decline/"), "only what ada did");
    let entry = page
        .links()
        .into_iter()
        .find(|link| link.starts_with("/admin/trail/") && link.len() > 40)
        .unwrap();
    ada.get(&entry).await.says("waiting").says("approved");
}

#[tokio::test]
async fn what_is_refused_stands_there_too_and_what_changes_nothing_or_only_brings_data_does_not() {
    let world = World::new().await;
    let things = Things::new(&world).await;
    let staff = format!("Token {}", world.service.staff);
    let pusher = format!("Token {}", world.service.pusher);
    let address = format!("/api/customers/{}/", things.sets[0].customer.simple());
    let put = async |token: &str, name: &str| {
        let headers = [("authorization", token), ("content-type", "application/json")];
        world
            .send("PUT", &address, &headers, json!({ "name": name }).to_string())
            .await
            .status
    };
    assert_eq!(put(&pusher, "Alice & Co").await, 200);
    assert_eq!(put(&staff, "Alice & Co").await, 200);
    assert!(entries(&world).await.is_empty(), "data, and the same again");
    assert_eq!(put(&staff, "Alice \u{0}").await, 400);
    assert_eq!(put(&staff, "Alice Ltd").await, 200);
    let entries = entries(&world).await;
    let statuses: Vec<Option<i32>> = entries.iter().map(|entry| entry.status).collect();
    assert_eq!(statuses, [Some(200), Some(400)]);
    assert_eq!(entries[0].before.as_ref().unwrap()["name"], "Alice & Co");
    assert_eq!(entries[0].after.as_ref().unwrap()["name"], "Alice Ltd");
    let anonymous = world
        .send(
            "PUT",
            &address,
            &[("content-type", "application/json")],
            "{}".to_owned(),
        )
        .await;
    assert_eq!(anonymous.status, 401);
}

#[tokio::test]
async fn nothing_in_the_trail_can_be_changed() {
    let world = World::new().await;
    let ada = Browser::of(&world, "ada", Role::Staff).await;
    let held = ada.get("/admin/held/do/examine/").await;
    held.send(&ada, "/admin/held/do/examine/", &[]).await.says("done");
    assert_eq!(entries(&world).await.len(), 1);
    for statement in [
        "update audit_entry set actor = 'somebody else'",
        "delete from audit_outcome",
        "truncate audit_entry cascade",
        "update audit_outcome set status = 500",
    ] {
        let refused = sqlx::query(statement)
            .execute(world.pool())
            .await
            .unwrap_err()
            .to_string();
        assert!(refused.contains("append-only"), "{statement}: {refused}");
    }
}
