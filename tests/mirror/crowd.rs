//! Several customers of one Kill Bill, real or modelled, whose invoices are charges, and the passes that read them.

use chrono::TimeDelta;
use nodeconductor_billing::clock::Clock;
use nodeconductor_billing::db::invoices::tail::{Place, place};
use nodeconductor_billing::killbill::KillBill;
use nodeconductor_billing::killbill::accounts::NewAccount;
use nodeconductor_billing::sync::invoices::{InvoiceSync, InvoiceSyncError, SweepReport, TailReport};
use rust_decimal::dec;
use sqlx::PgPool;
use uuid::Uuid;

use crate::support::bills::charge;
use crate::support::database::TestDatabase;
use crate::support::killbill_model::Model;
use crate::support::killbill_server::{fresh_tenant, shared_url};

pub const NOW: &str = "2030-01-20T12:00:00Z";

pub struct Crowd {
    pub sync: InvoiceSync,
    /// The customers' accounts, in the order in which they came.
    pub accounts: Vec<Uuid>,
    /// Kept as long as the crowd is there, unless it lives in somebody else's.
    _database: Option<TestDatabase>,
}

impl Crowd {
    /// In a tenant of its own.
    pub async fn real(customers: usize) -> Self {
        let connection = fresh_tenant(&shared_url()).await;
        Self::of(KillBill::new(&connection).unwrap(), customers).await
    }

    pub async fn modelled(model: &Model, customers: usize) -> Self {
        let connection = Model::connection(&model.url());
        Self::of(KillBill::new(&connection).unwrap(), customers).await
    }

    async fn of(killbill: KillBill, customers: usize) -> Self {
        let database = TestDatabase::fresh().await;
        let crowd = Self::on(database.pool.clone(), killbill, customers).await;
        Self {
            _database: Some(database),
            ..crowd
        }
    }

    /// In a database that is there.
    pub async fn on(pool: PgPool, killbill: KillBill, customers: usize) -> Self {
        let mut accounts = Vec::new();
        for _ in 0..customers {
            accounts.push(killbill.accounts().create(&account()).await.unwrap());
        }
        sqlx::query(
            "insert into customer (uuid, name, account_id, created_at, updated_at)
             select account, 'Customer ' || number, account, now(), now()
             from unnest($1::uuid[]) with ordinality as a (account, number) order by number",
        )
        .bind(&accounts)
        .execute(&pool)
        .await
        .unwrap();
        let sync = InvoiceSync {
            pool,
            killbill,
            clock: Clock::manual(NOW.parse().unwrap()),
        };
        Self {
            sync,
            accounts,
            _database: None,
        }
    }

    pub fn pool(&self) -> &PgPool {
        &self.sync.pool
    }

    pub fn pass_time(&self, by: TimeDelta) {
        self.sync.clock.set(self.sync.clock.now() + by);
    }

    /// A new invoice.
    pub async fn charge(&self, account: Uuid) -> Uuid {
        self.charge_lines(account, 1).await
    }

    /// A new invoice of so many lines, one dollar each.
    pub async fn charge_lines(&self, account: Uuid, lines: usize) -> Uuid {
        let charges = vec![charge(dec!(1), "USD"); lines];
        let items = self.sync.killbill.invoices().charge(account, &charges, true).await;
        items.unwrap()[0].invoice_id
    }

    /// An account of this Kill Bill that belongs to nobody here.
    pub async fn stranger(&self) -> Uuid {
        self.sync.killbill.accounts().create(&account()).await.unwrap()
    }

    /// Two minutes later: the list, and those whose invoices are to be read.
    pub async fn pass(&self, turns: i64) -> (TailReport, SweepReport) {
        let tail = self.tail().await.unwrap();
        (tail, self.sync.sweep(turns, |_| ()).await.unwrap())
    }

    pub async fn tail(&self) -> Result<TailReport, InvoiceSyncError> {
        self.pass_time(TimeDelta::minutes(2));
        self.sync.tail().await
    }

    pub async fn place(&self) -> Place {
        place(self.pool()).await.unwrap()
    }

    pub async fn mirrored(&self) -> Vec<Uuid> {
        let mirrored = sqlx::query_scalar("select killbill_id from invoice order by id");
        mirrored.fetch_all(self.pool()).await.unwrap()
    }

    pub async fn execute(&self, sql: &'static str) {
        sqlx::raw_sql(sql).execute(self.pool()).await.unwrap();
    }
}

/// So many invoices of nobody here.
pub fn crowd_out(model: &Model, invoices: usize) {
    let (mut books, nobody) = (model.books(), Uuid::new_v4());
    let today = books.today();
    for _ in 0..invoices {
        books.add_invoice(nobody, "COMMITTED", today, vec![], vec![]);
    }
}

fn account() -> NewAccount {
    NewAccount {
        external_key: Uuid::new_v4().to_string(),
        name: "Somebody".to_owned(),
        email: None,
        currency: "USD".to_owned(),
        time_zone: "UTC".to_owned(),
        bill_cycle_day: 1,
        reference_time: None,
        locale: None,
    }
}
