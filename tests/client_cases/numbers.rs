//! No number of the ledger breaks a page, a job or the metrics, whatever the prices and the quantities are: what SQL computes
//! has a scale of its own.

use std::path::Path;

use nodeconductor_billing::app::App;
use nodeconductor_billing::clock::Clock;
use nodeconductor_billing::config;
use nodeconductor_billing::domain::job::Job;
use nodeconductor_billing::jobs;
use sqlx::ConnectOptions;

use super::things::{Things, Whose};
use super::world::World;

/// 49 a month is 0.0680… an hour, with 28 decimals; a tenth of it has more than a program can read. And prices that nobody has.
const NASTY: &str = "
    insert into route (resource_id, meter_id, plan, unit, factor)
    select id, 1, 'openstack-instance', 'cpu', round(49::numeric(60, 28) / 720, 28) from resource
    on conflict (resource_id, meter_id) do update set plan = excluded.plan, unit = excluded.unit, factor = excluded.factor, hold = null;
    update price_item set hourly = round(49::numeric(60, 28) / 720, 28);
    insert into usage_record (resource_id, meter_id, hour, quantity, delta, hold, approval_id, recorded_at)
    select r.id, 1, open.hour, 0.100000001, 0.100000001, open.hold, case when open.hold = 'awaiting-approval' then a.id end, '2026-02-01'
    from resource r join approval a on a.resource_id = r.id
    cross join (values (timestamptz '2026-01-03 01:00', null), ('2026-01-03 02:00', 'before-subscription'),
                       ('2026-01-03 03:00', 'awaiting-approval'), ('2026-01-03 04:00', 'period-closed')) as open (hour, hold);
    update missing_hours set quantity = 0.100000001;
    update subscription set plan = 'openstack-instance';
    insert into delivery_unit (delivery_id, meter_id, unit, factor, records, quantity, amount)
    select d.id, 1, 'cpu', round(49::numeric(60, 28) / 720, 28), 1, 0.100000001, round(0.100000001 * (49::numeric(60, 28) / 720), 28) from delivery d;
    update usage_record set delivery_id = (select min(d.id) from delivery d join subscription s on s.id = d.subscription_id
                                           where s.resource_id = usage_record.resource_id)
    where hour = '2026-01-01 10:00';
    insert into invoice_tracking (invoice_id, tracking_id) select i.id, d.tracking_id from invoice i, delivery d;
    insert into invoice_item (uuid, killbill_id, invoice_id, position, item_type, kind, name, currency, amount, subscription_killbill_id,
                              resource_id, plan, usage_name, unit, meter, start_date, end_date, tiers)
    select gen_random_uuid(), gen_random_uuid(), i.id, 9, 'USAGE', 'usage', 'CPU', 'USD', 0.01, s.killbill_id, s.resource_id, s.plan, 'vm-cpu',
           'cpu', 'cpu', '2026-01-01', '2026-02-01',
           '[{\"tier\": 1, \"unit\": \"cpu\", \"price\": 0.0680555555555555555555555556, \"blocks\": 0.1000000010000000000001, \"block_size\": 1, \"amount\": 0.01}]'
    from invoice i join resource r on r.customer_id = i.customer_id join subscription s on s.resource_id = r.id;
    update customer set account_id = gen_random_uuid(), account_tags = '{__PARK__}';
";

async fn every_page_answers(things: &mut Things<'_>, when: &str) {
    let world = things.world;
    let document = world.get("/api/schema/").await.json();
    let mut pages = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        if item.get("get").is_some() && path != "/health/ready" {
            let answer = things.call(&world.service.staff, "get", path, Whose::Owner).await;
            assert!(!answer.starts_with('5'), "{when}: {path} answers {answer}");
            pages += 1;
        }
    }
    assert!(pages > 40, "{pages}");
}

async fn every_job_runs(world: &World, when: &str) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("settings.toml");
    let url = world.service.database.options.to_url_lossy();
    let settings = format!(
        "[database]\nurl = \"{url}\"\n[billing]\napi_url = \"http://127.0.0.1:9/1.0/kb/\"\nusername = \"a\"\npassword = \"b\"\n\
         api_key = \"c\"\napi_secret = \"d\"\ncurrency = \"USD\"\n[billing.openstack.invoice_meters]\ncpu = [\"CPU\", \"cpu\", \"hours\"]\n\
         [notifications]\nregister = false\n"
    );
    std::fs::write(&file, settings).unwrap();
    let settings = config::load(Some(&file), std::iter::empty().collect()).unwrap();
    let clock = Clock::manual(world.service.state.clock.now());
    let app = App::start(settings, clock).await.unwrap();
    for job in Job::ALL {
        // There is no Kill Bill: what fails may only be that.
        let error = jobs::run(&app, *job, &|_, _| ()).await.error.unwrap_or_default();
        let is_database = ["decoding", "column", "Decimal", "database"]
            .iter()
            .any(|word| error.contains(word));
        assert!(!is_database, "{when}: {job} fails: {error}");
        let only_reads = matches!(job, Job::Reconcile | Job::Estimates | Job::Mail);
        let is_away = error.is_empty() || error.contains("Kill Bill cannot be reached");
        assert!(!only_reads || is_away, "{when}: {job} fails: {error}");
    }
}

#[tokio::test]
async fn no_number_breaks_a_page_a_job_or_the_metrics() {
    let world = World::new().await;
    let mut things = Things::new(&world).await;
    sqlx::raw_sql(NASTY).execute(world.pool()).await.unwrap();
    every_page_answers(&mut things, "at first").await;
    every_job_runs(&world, "at first").await;
    for (whose, verb) in [(Whose::Owner, "approve"), (Whose::Other, "decline")] {
        let path = format!("/api/corrections/{{uuid}}/{verb}/");
        let answer = things.call(&world.service.staff, "post", &path, whose).await;
        assert!(answer.starts_with("200"), "{verb}: {answer}");
    }
    every_page_answers(&mut things, "after decisions").await;
    every_job_runs(&world, "after decisions").await;
    sqlx::raw_sql("update price_item set hourly = 123456789012345678901234567")
        .execute(world.pool())
        .await
        .unwrap();
    every_page_answers(&mut things, "with absurd prices").await;
    every_job_runs(&world, "with absurd prices").await;
}

/// A product or quotient of two columns in SQL, such as `a.delta * b.hourly`, outside of `figure(…)`, which gives it its scale.
fn is_unscaled(line: &str) -> bool {
    let is_column = |word: &str| {
        let word = word.rsplit('(').next().unwrap_or_default().trim_end_matches([')', ',']);
        let column = word
            .split_once('.')
            .is_some_and(|(alias, name)| alias.len() == 1 && name.chars().all(|c| c.is_ascii_lowercase() || c == '_'));
        column || word.ends_with("::numeric")
    };
    let words: Vec<&str> = line.split_whitespace().collect();
    let product = words.windows(3).any(|three| {
        let both = is_column(three[0]) && is_column(three[2]);
        ["*", "/"].contains(&three[1]) && (both || three[0].ends_with("::numeric"))
    });
    // Ranges of time have a product of their own.
    (product && !line.contains("range(") || line.contains("avg(")) && !line.contains("figure(")
}

fn sources(folder: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, found);
        } else {
            let text = std::fs::read_to_string(&path).unwrap();
            let lines = text.lines().filter(|line| is_unscaled(line));
            found.extend(lines.map(|line| format!("{}: {}", path.display(), line.trim())));
        }
    }
}

#[test]
fn every_product_in_sql_has_a_scale() {
    assert!(is_unscaled("select sum(u.delta * p.hourly) from usage_record u"));
    assert!(is_unscaled(
        "sum((tier ->> 'price')::numeric * (tier ->> 'blocks')::numeric)"
    ));
    assert!(!is_unscaled(
        "select figure(sum(u.delta * p.hourly)) from usage_record u"
    ));
    let mut found = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/db"), &mut found);
    assert_eq!(
        found,
        Vec::<String>::new(),
        "give it a scale: figure(…), migrations/0024_figures.sql"
    );
}
