//! Where seeds are run, one after another: a database, a model of Kill Bill, and a line to each for every process.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use nodeconductor_billing::app::App;
use nodeconductor_billing::clock::Clock;
use nodeconductor_billing::config;
use nodeconductor_billing::db::usage;
use nodeconductor_billing::domain::due::Rhythm;
use nodeconductor_billing::domain::month::Month;
use sqlx::{AssertSqlSafe, PgPool};
use tempfile::TempDir;

use super::emptying::Emptying;
use super::mistakes::Mistake;
use super::plan::Plan;
use super::trouble::PROCESSES;
use crate::support::database::TestDatabase;
use crate::support::gate::Gate;
use crate::support::killbill_model::Model;
use crate::support::postgres_line::{PostgresLine, Upstream};

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
    emptying: Emptying,
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
        let folder = tempfile::tempdir().expect("a folder");
        let upstream = Upstream::of(&database.pool).await;
        let mut lines = Vec::new();
        for (number, gate) in gates.iter().enumerate() {
            let own = folder.path().join(number.to_string());
            std::fs::create_dir(&own).expect("a folder");
            lines.push(PostgresLine::to(upstream.clone(), Arc::clone(gate), &own));
        }
        let model = Model::with_doors(DateTime::UNIX_EPOCH, gates.clone()).await;
        if let Some(mistake) = mistake {
            mistake.make(&database.pool, &model, &lines).await;
        }
        let emptying = Emptying::of(&database).await;
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
        for line in &self.lines {
            line.cut().await;
        }
        self.gates.iter().for_each(|gate| gate.open());
        self.emptying.empty().await;
        self.model.reset(now);
        self.model.go_away().await;
        self.model.come_back().await;
    }

    /// A process of the service, new and without memory. Nothing must go wrong meanwhile.
    pub async fn start(&self, process: usize, plan: &Plan, clock: &Clock) -> App {
        let line = self.lines[process].folder.display();
        let name = self.database.options.get_database().expect("named");
        let user = self.database.options.get_username();
        let seconds = |duration: chrono::TimeDelta| format!("{}s", duration.num_seconds());
        let environment = [
            (
                "NCB__DATABASE__URL",
                format!("postgres://{user}@localhost:5432/{name}?host={line}&sslmode=disable"),
            ),
            ("NCB__BILLING__API_URL", self.model.door(process).to_string()),
            ("NCB__DELIVERY__SETTLE_AFTER", seconds(plan.settle_after)),
            ("NCB__DELIVERY__WINDOW", window(plan.window).to_owned()),
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

const fn window(rhythm: Rhythm) -> &'static str {
    match rhythm {
        Rhythm::Daily => "1d",
        Rhythm::Hourly => "1h",
    }
}

/// Most of the time would go into planning: the tables are tiny and the connections short.
async fn be_quick(database: &TestDatabase) {
    let name = database.options.get_database().expect("named");
    let settings = [
        "plan_cache_mode = force_generic_plan",
        "join_collapse_limit = 1",
        // Nobody here loses power.
        "synchronous_commit = off",
    ];
    for setting in settings {
        let text = format!("alter database {name} set {setting}");
        sqlx::raw_sql(AssertSqlSafe(text))
            .execute(&database.pool)
            .await
            .expect("our own database");
    }
}

/// All that a run may push to.
fn months() -> BTreeSet<Month> {
    let first: DateTime<Utc> = "2029-11-01T00:00:00Z".parse().expect("an instant");
    let mut month = Month::containing(first);
    let mut months = BTreeSet::new();
    for _ in 0..12 {
        months.insert(month);
        month = month.next();
    }
    months
}
