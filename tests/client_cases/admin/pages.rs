//! Every page there is, reached by the links of the others.

use std::collections::{BTreeMap, VecDeque};

use nodeconductor_billing::db::tokens::Role;

use super::browser::Browser;
use crate::client_cases::things::Things;
use crate::client_cases::world::World;

/// What a page may weigh, in bytes.
const HEAVIEST: usize = 100 * 1024;

/// One page of each kind: uuids and filters do not make another.
pub fn kind(address: &str) -> String {
    let path = address.split('?').next().unwrap_or_default();
    let hex = |part: &str| part.len() == 32 && part.chars().all(|c| c.is_ascii_hexdigit());
    let parts = path.split('/').map(|part| if hex(part) { "{uuid}" } else { part });
    let parts = parts.collect::<Vec<_>>().join("/");
    let query = address.split_once('?').map_or("", |(_, query)| query);
    let names: Vec<&str> = query
        .split('&')
        .filter_map(|pair| Some(pair.split_once('=')?.0))
        .collect();
    match names.join("&") {
        names if names.is_empty() => parts,
        names => format!("{parts}?{names}"),
    }
}

#[tokio::test]
async fn every_link_of_every_page_leads_to_a_page() {
    let world = World::new().await;
    let _things = Things::new(&world).await;
    let browser = Browser::of(&world, "ada", Role::Staff).await;
    let mut seen = BTreeMap::from([(kind("/admin/"), "/admin/".to_owned())]);
    let mut open = VecDeque::from(["/admin/".to_owned(), "/admin/search/?q=Alice".to_owned()]);
    while let Some(address) = open.pop_front() {
        let page = browser.get(&address).await;
        assert_eq!(page.status, 200, "{address}: {}", page.html);
        assert!(page.html.len() < HEAVIEST, "{address} weighs {}", page.html.len());
        for link in page.links() {
            let link = absolute(&address, &link);
            if link.starts_with("/admin/")
                && !link.contains("pdf/")
                && !link.contains("format=csv")
                && !seen.contains_key(&kind(&link))
            {
                seen.insert(kind(&link), link.clone());
                open.push_back(link);
            }
        }
    }
    let pages: Vec<&str> = seen.keys().map(|kind| kind.split('?').next().unwrap()).collect();
    for page in [
        "/admin/usage/{uuid}/",
        "/admin/held/",
        "/admin/missing-hours/do/declare/",
        "/admin/corrections/{uuid}/",
        "/admin/corrections/do/approve/",
        "/admin/deliveries/{uuid}/",
        "/admin/settlements/{uuid}/",
        "/admin/invoices/{uuid}/",
        "/admin/invoices/{uuid}/items/{uuid}/",
        "/admin/letters/{uuid}/",
        "/admin/discrepancies/{uuid}/",
        "/admin/prices/{uuid}/",
        "/admin/price-changes/",
        "/admin/estimates/",
        "/admin/customers/{uuid}/",
        "/admin/resources/{uuid}/",
        "/admin/resources/{uuid}/month/",
        "/admin/declared-hours/",
        "/admin/released-hours/",
        "/admin/trail/",
        "/admin/people/",
        "/admin/tokens/",
        "/admin/account/",
    ] {
        assert!(pages.contains(&page), "no link leads to {page}: {pages:#?}");
    }
}

pub fn absolute(from: &str, link: &str) -> String {
    match link {
        link if link.starts_with('#') => String::new(),
        link if link.starts_with('?') => format!("{}{link}", from.split('?').next().unwrap()),
        link if link.starts_with("../") => {
            let path = from.split('?').next().unwrap();
            let base = url::Url::parse(&format!("http://x{path}")).unwrap();
            base.join(link).unwrap().path().to_owned()
        }
        link => link.to_owned(),
    }
}

#[tokio::test]
async fn every_list_is_a_file_too_and_orders_and_filters_stay_in_the_address() {
    let world = World::new().await;
    let things = Things::new(&world).await;
    let browser = Browser::of(&world, "sue", Role::Support).await;
    for list in [
        "usage",
        "held",
        "missing-hours",
        "corrections",
        "deliveries",
        "settlements",
        "invoices",
        "letters",
        "discrepancies",
        "prices",
        "price-changes",
        "estimates",
        "customers",
        "resources",
        "trail",
        "declared-hours",
        "released-hours",
    ] {
        let file = browser.get(&format!("/admin/{list}/?format=csv")).await;
        assert_eq!(file.status, 200, "{list}");
        assert_eq!(
            file.reply.headers["content-type"], "text/csv; charset=utf-8; header=present",
            "{list}"
        );
        let empty = browser.get(&format!("/admin/{list}/?page=1")).await;
        assert_eq!(empty.status, 200, "{list}");
    }
    let customer = things.sets[0].customer.simple().to_string();
    let page = browser
        .get(&format!("/admin/invoices/?customer={customer}&o=-date"))
        .await;
    page.says("aria-sort=\"descending\"")
        .says(&format!("value=\"{customer}\""));
    let wrong = browser.get("/admin/usage/?start=yesterday").await;
    assert_eq!(wrong.status, 400);
    wrong.says("start").says("value=\"yesterday\"");
}

#[tokio::test]
async fn a_name_that_is_a_script_is_a_name() {
    let world = World::new().await;
    let things = Things::new(&world).await;
    let script = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>";
    sqlx::query("update resource set name = $1")
        .bind(script)
        .execute(world.pool())
        .await
        .unwrap();
    sqlx::query("update customer set name = $1")
        .bind(script)
        .execute(world.pool())
        .await
        .unwrap();
    let browser = Browser::of(&world, "ada", Role::Staff).await;
    let set = &things.sets[0];
    for address in [
        "/admin/usage/".to_owned(),
        "/admin/deliveries/".to_owned(),
        format!("/admin/resources/{}/", set.resource.simple()),
        format!("/admin/customers/{}/", set.customer.simple()),
        format!("/admin/resources/{}/month/", set.resource.simple()),
        "/admin/search/?q=%3Cscript%3Ealert(1)".to_owned(),
    ] {
        let page = browser.get(&address).await;
        assert_eq!(page.status, 200, "{address}");
        assert!(
            !page.html.contains("<script>") && !page.html.contains("<img"),
            "{address}"
        );
        page.says("&#60;script&#62;");
    }
}

#[tokio::test]
async fn one_field_finds_things_by_uuid_number_tracking_id_and_mark() {
    let world = World::new().await;
    let things = Things::new(&world).await;
    let browser = Browser::of(&world, "ada", Role::Staff).await;
    let set = &things.sets[0];
    let one = async |query: &'static str| {
        sqlx::query_scalar::<_, String>(query)
            .fetch_one(world.pool())
            .await
            .unwrap()
    };
    let number = one("select number from invoice where number is not null limit 1").await;
    let tracking_id = one("select tracking_id from delivery limit 1").await;
    let mark = one("select mark from settlement limit 1").await;
    for (wanted, found) in [
        (set.customer.simple().to_string(), "/admin/customers/"),
        (set.resource.to_string(), "/admin/resources/"),
        (set.record.clone(), "/admin/usage/"),
        (set.invoice.simple().to_string(), "/admin/invoices/"),
        (number, "/admin/invoices/"),
        (tracking_id, "/admin/deliveries/"),
        (mark, "/admin/settlements/"),
        (set.discrepancy.simple().to_string(), "/admin/discrepancies/"),
    ] {
        let wanted: String = url::form_urlencoded::byte_serialize(wanted.as_bytes()).collect();
        let page = browser.get(&format!("/admin/search/?q={wanted}")).await;
        assert!(page.address.starts_with(found), "{wanted}: {}", page.address);
        assert_eq!(page.status, 200, "{}", page.html);
    }
    browser
        .get("/admin/search/?q=no%20such%20thing")
        .await
        .says("Nothing bears this name");
}

#[tokio::test]
async fn the_pages_speak_estonian_to_whom_likes_it() {
    let world = World::new().await;
    let browser = Browser::of(&world, "ada", Role::Staff)
        .await
        .speaking("et-EE,et;q=0.9,en;q=0.5");
    browser.get("/admin/").await.says("<html lang=\"et\">").says("Ülevaade");
}
