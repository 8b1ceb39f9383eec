//! Who comes in, and who does not.

use chrono::TimeDelta;
use nodeconductor_billing::db::tokens::Role;
use nodeconductor_billing::db::users;

use super::browser::{Browser, PASSWORD, person};
use crate::client_cases::world::World;

#[tokio::test]
async fn a_browser_is_sent_to_the_pages_and_from_there_to_the_door() {
    let world = World::new().await;
    let browser = Browser::new(&world);
    let page = browser.get("/").await;
    assert_eq!(
        (page.status, page.address.as_str()),
        (200, "/admin/sign-in/?next=%2Fadmin%2F")
    );
    page.says("Sign in");
    let program = world.ask("GET", "/", &[("accept", "application/json")]).await;
    assert_eq!(program.status, 404);
}

#[tokio::test]
async fn whoever_signs_in_comes_to_the_page_that_he_wanted_and_never_to_another_site() {
    let world = World::new().await;
    person(&world, "ada", Role::Staff).await;
    for (next, address) in [
        ("/admin/held/", "/admin/held/"),
        ("//evil.test/admin/", "/admin/"),
        ("https://evil.test/", "/admin/"),
        ("/admin//evil.test", "/admin/"),
    ] {
        let browser = Browser::new(&world);
        let door = browser.get(&format!("/admin/sign-in/?next={next}")).await;
        let page = door
            .send(&browser, "/admin/sign-in/", &[("name", "ada"), ("password", PASSWORD)])
            .await;
        assert_eq!((page.status, page.address.as_str()), (200, address), "{next}");
    }
}

#[tokio::test]
async fn five_wrong_passwords_lock_a_name_for_a_quarter_of_an_hour_and_no_other() {
    let world = World::new().await;
    person(&world, "ada", Role::Staff).await;
    person(&world, "bea", Role::Support).await;
    let browser = Browser::new(&world);
    for _ in 0..5 {
        browser
            .sign_in("ada", "not this one")
            .await
            .says("The name or the password is wrong.");
    }
    let locked = browser.sign_in("ada", PASSWORD).await;
    locked.says("this name is locked until 12:15 UTC");
    assert_eq!(Browser::new(&world).sign_in("bea", PASSWORD).await.address, "/admin/");
    browser
        .sign_in("nobody", PASSWORD)
        .await
        .says("The name or the password is wrong.");
    let clock = &world.service.state.clock;
    clock.set(clock.now() + TimeDelta::minutes(16));
    assert_eq!(browser.sign_in("ada", PASSWORD).await.address, "/admin/");
}

#[tokio::test]
async fn one_is_signed_in_under_a_new_id_and_out_for_good() {
    let world = World::new().await;
    let browser = Browser::of(&world, "ada", Role::Staff).await;
    let cookie = browser.cookie("ncb_session").unwrap();
    let overview = browser.get("/admin/").await;
    let door = overview.send(&browser, "/admin/sign-out/", &[]).await;
    assert_eq!(door.address, "/admin/sign-in/");
    browser.set_cookie("ncb_session", &cookie);
    assert!(browser.get("/admin/held/").await.address.starts_with("/admin/sign-in/"));
}

#[tokio::test]
async fn a_form_of_another_site_does_nothing() {
    let world = World::new().await;
    let browser = Browser::of(&world, "ada", Role::Staff).await;
    for fields in [
        &[("name", "mallory"), ("role", "staff"), ("password", PASSWORD)][..],
        &[("csrf", ""), ("name", "m")],
        &[("csrf", "00000000000000000000000000000000")],
    ] {
        let page = browser.post("/admin/people/", fields).await;
        assert_eq!(page.status, 403);
        page.says("This form was not made for your session.");
    }
    let door = Browser::new(&world)
        .post("/admin/sign-in/", &[("name", "ada"), ("password", PASSWORD)])
        .await;
    assert_eq!(door.status, 403, "also the door's");
    assert_eq!(users::list(world.pool()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn every_page_is_private_and_takes_nothing_from_elsewhere() {
    let world = World::new().await;
    let browser = Browser::of(&world, "ada", Role::Staff).await;
    for address in [
        "/admin/",
        "/admin/sign-in/",
        "/admin/no-such-page/",
        "/admin/invoices/?status=none-such",
    ] {
        let page = browser.get(address).await;
        let header = |name: &str| {
            page.reply
                .headers
                .get(name)
                .map_or("", |value| value.to_str().unwrap())
                .to_owned()
        };
        let policy = header("content-security-policy");
        assert!(
            policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{policy}"
        );
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(header("cache-control"), "no-store", "{address}");
        assert_eq!(header("x-frame-options"), "DENY");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert!(
            !page.html.contains("<script>") && !page.html.contains(" style="),
            "{address}"
        );
    }
    let foreign = [("origin", "https://hp.test"), ("accept", "text/html")];
    let page = world.ask("GET", "/admin/sign-in/", &foreign).await;
    assert!(
        !page.headers.contains_key("access-control-allow-origin"),
        "CORS is the API's alone"
    );
}

#[tokio::test]
async fn support_looks_and_may_not_act() {
    let world = World::new().await;
    let browser = Browser::of(&world, "sue", Role::Support).await;
    let held = browser.get("/admin/held/").await;
    assert!(!held.html.contains("/do/examine/"), "nothing is offered");
    assert_eq!(browser.get("/admin/held/do/examine/").await.status, 403);
    let csrf = held.value("csrf");
    for address in [
        "/admin/held/do/examine/",
        "/admin/jobs/deliver/run/",
        "/admin/tokens/",
        "/admin/people/",
    ] {
        let page = browser
            .post(address, &[("csrf", csrf), ("name", "x"), ("role", "staff")])
            .await;
        assert_eq!(page.status, 403, "{address}");
        page.says("You may look at everything, but not act.");
    }
}

#[tokio::test]
async fn who_is_revoked_is_out_with_the_next_page() {
    let world = World::new().await;
    let ada = Browser::of(&world, "ada", Role::Staff).await;
    let sue = Browser::of(&world, "sue", Role::Support).await;
    assert_eq!(sue.get("/admin/usage/").await.status, 200);
    let people = ada.get("/admin/people/").await;
    let csrf = people.value("csrf");
    let own = ada
        .post("/admin/people/revoke/", &[("csrf", csrf), ("name", "ada")])
        .await;
    own.says("Nobody shuts himself out");
    ada.post("/admin/people/revoke/", &[("csrf", csrf), ("name", "sue")])
        .await
        .says("sue may not sign in any more.");
    assert!(sue.get("/admin/usage/").await.address.starts_with("/admin/sign-in/"));
    sue.sign_in("sue", PASSWORD)
        .await
        .says("The name or the password is wrong.");
}

#[tokio::test]
async fn one_changes_the_password_and_ends_another_session() {
    let world = World::new().await;
    let ada = Browser::of(&world, "ada", Role::Staff).await;
    let phone = Browser::new(&world);
    phone.sign_in("ada", PASSWORD).await;
    let account = ada.get("/admin/account/").await;
    let change = |old, new| [("old", old), ("new", new), ("again", new)];
    let to = "/admin/account/password/";
    account
        .send(&ada, to, &change(PASSWORD, "short"))
        .await
        .says("at least 12 characters");
    account
        .send(&ada, to, &change("not the old one", "another four words"))
        .await
        .says("The old password is wrong.");
    account
        .send(&ada, to, &change(PASSWORD, "another four words"))
        .await
        .says("Your password is changed.");
    assert!(
        phone.get("/admin/").await.address.starts_with("/admin/sign-in/"),
        "the others are out"
    );
    assert_eq!(ada.get("/admin/").await.status, 200);
    assert_eq!(phone.sign_in("ada", "another four words").await.address, "/admin/");
}
