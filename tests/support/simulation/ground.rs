//! Where seeds are run, one after another: a database, a model of Kill Bill, and a line to each for every process.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use nodeconductor_billing::app::App;
use nodeconductor_billing::clock::Clock;
use nodeconductor_billing::config;
use nodeconductor_billing::db::usage;
use nodeconductor_billing::domain::month::Month;
use sqlx::{AssertSqlSafe, PgPool};
use tempfile::TempDir;

use super::mistakes::Mistake;
use super::plan::Plan;
use super::trouble::PROCESSES;
use crate::support::database::TestDatabase;
use crate::support::gate::Gate;
use crate::support::killbill_model::Model;
use crate::support::postgres_line::PostgresLine;

/// What the configuration says whatever the seed.
const SETTINGS: &str = r#"
[billing]
username = "admin"
password = "password"
api_key = "model"
api_secret = "model"
currency = "USD"

[billing.openstack.invoice_meters]
cpu = ["CPU", "cpu", "hours"]
memory = ["Memory", "ram_gb", "GB/h"]
license_type = ["Licence", "license_type", "hours"]
gpu = ["GPU", "gpu", "hours"]

[notifications]
register = false
"#;

pub struct Ground {
    pub database: TestDatabase,
    pub model: Model,
    pub gates: Vec<Arc<Gate>>,
    pub lines: Vec<PostgresLine>,
    folder: TempDir,
    /// What empties the database.
    emptying: String,
}

impl Ground {
    /// Needs `DATABASE_URL`.
    pub async fn prepare(mistake: Option<Mistake>) -> Self {
        let database = TestDatabase::fresh().await;
        be_quick(&database).await;
        // Or the first seed would do more than the others.
        usage::ensure_months(&database.pool, &months())
            .await
            .expect("our own database");
        let gates: Vec<Arc<Gate>> = (0..PROCESSES).map(|_| Arc::default()).collect();
        let upstream = upstream(&database).await;
        let mut lines = Vec::new();
        for gate in &gates {
            lines.push(PostgresLine::to(upstream, Arc::clone(gate)).await);
        }
        let model = Model::with_doors(DateTime::UNIX_EPOCH, gates.clone()).await;
        if let Some(mistake) = mistake {
            mistake.make(&database.pool, &model, &lines).await;
        }
        let emptying = emptying(&database.pool).await;
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("settings.toml"), SETTINGS).expect("the settings can be written");
        Self {
            database,
            model,
            gates,
            lines,
            folder,
            emptying,
        }
    }

    pub fn pool(&self) -> &PgPool {
        &self.database.pool
    }

    /// Empties the database and the model for the next seed.
    pub async fn clear(&self, now: DateTime<Utc>) {
        self.lines.iter().for_each(PostgresLine::cut);
        self.gates.iter().for_each(|gate| gate.open());
        sqlx::raw_sql(AssertSqlSafe(self.emptying.clone()))
            .execute(self.pool())
            .await
            .expect("our own database");
        self.model.reset(now);
        self.model.go_away().await;
        self.model.come_back().await;
    }

    /// A process of the service, new and without memory. Nothing must go wrong meanwhile.
    pub async fn start(&self, process: usize, plan: &Plan, clock: &Clock) -> App {
        let line = self.lines[process].address;
        let name = self.database.options.get_database().expect("named");
        let user = self.database.options.get_username();
        let seconds = |duration: chrono::TimeDelta| format!("{}s", duration.num_seconds());
        let environment = [
            (
                "NCB__DATABASE__URL",
                format!("postgres://{user}@{line}/{name}?sslmode=disable"),
            ),
            ("NCB__BILLING__API_URL", self.model.door(process).to_string()),
            ("NCB__DELIVERY__SETTLE_AFTER", seconds(plan.settle_after)),
            ("NCB__DELIVERY__REQUEST_TIMEOUT", seconds(plan.request_timeout)),
            ("NCB__DELIVERY__WORKERS", "1".to_owned()),
        ];
        let environment = environment
            .map(|(key, value)| (key.to_owned(), value))
            .into_iter()
            .collect();
        let file = self.folder.path().join("settings.toml");
        let mut settings = config::load(Some(&file), environment).expect("usable settings");
        // Fewer than anybody would configure: whose turn it is must not depend on which connection is free first.
        settings.database.max_connections = 1;
        // Shorter than anybody may configure, for the mistake of that name.
        settings.delivery.wait_out = plan.wait_out.to_std().unwrap_or_default();
        App::start(settings, clock.clone()).await.expect("the database answers")
    }
}

/// Most of the time would go into planning: the tables are tiny and the connections short.
async fn be_quick(database: &TestDatabase) {
    let name = database.options.get_database().expect("named");
    let settings = ["plan_cache_mode = force_generic_plan", "join_collapse_limit = 1"];
    for setting in settings {
        let text = format!("alter database {name} set {setting}");
        sqlx::raw_sql(AssertSqlSafe(text))
            .execute(&database.pool)
            .await
            .expect("our own database");
    }
}

/// Rows go and counters begin anew; the tables stay as they are, so that nothing has to be planned again.
async fn emptying(pool: &PgPool) -> String {
    let statements: Vec<String> = sqlx::query_scalar(
        "select format('delete from %I', relname) from pg_class
         where relkind in ('r', 'p') and not relispartition and relnamespace = 'public'::regnamespace
           and relname <> '_sqlx_migrations'
         union all
         select format('select setval(%L, 1, false)', oid::regclass) from pg_class
         where relkind = 'S' and relnamespace = 'public'::regnamespace",
    )
    .fetch_all(pool)
    .await
    .expect("the catalog can be read");
    // Without asking the foreign keys.
    format!(
        "set session_replication_role = replica; {}; reset session_replication_role",
        statements.join("; ")
    )
}

/// All that a run may push to.
fn months() -> BTreeSet<Month> {
    let first: DateTime<Utc> = "2029-11-01T00:00:00Z".parse().expect("an instant");
    let mut month = Month::containing(first);
    let mut months = BTreeSet::new();
    for _ in 0..6 {
        months.insert(month);
        month = month.next();
    }
    months
}

async fn upstream(database: &TestDatabase) -> SocketAddr {
    let host = database.options.get_host();
    let port = database.options.get_port();
    let mut found = tokio::net::lookup_host((host, port)).await.expect("a known host");
    found.next().expect("an address")
}
