//! Whether the service could bill right now, finding by finding: for `check` on the command line and for the settings' page.

mod accounts;
pub mod catalog;
mod meters;

use sqlx::PgPool;

use crate::clock::Clock;
use crate::config::Settings;
use crate::db;
use crate::killbill::KillBill;
use crate::killbill::permissions::NEEDED;
use crate::killbill::tenants::Access;
use crate::nodeconductor::{NodeConductor, Verdict};
use crate::{app, jobs, mail};

/// How a finding counts, from the best.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    Good,
    /// Worth a look; bills all the same.
    Notice,
    Mend,
    /// Could not be looked at.
    Blind,
}

/// One thing that was found.
#[derive(Clone, Debug)]
pub struct Finding {
    pub grade: Grade,
    pub text: String,
}

/// The findings so far; each is told as it is found, for some take a while.
#[derive(Debug)]
pub struct Findings {
    found: Vec<Finding>,
    tell: fn(&Finding),
}

impl Findings {
    /// None yet; each will be told to `tell`.
    #[must_use]
    pub const fn new(tell: fn(&Finding)) -> Self {
        Self {
            found: Vec::new(),
            tell,
        }
    }

    /// One more.
    pub fn add(&mut self, grade: Grade, text: &str) {
        let finding = Finding {
            grade,
            text: text.to_owned(),
        };
        (self.tell)(&finding);
        self.found.push(finding);
    }

    /// The worst of them.
    #[must_use]
    pub fn worst(&self) -> Option<Grade> {
        self.found.iter().map(|finding| finding.grade).max()
    }

    /// All of them.
    #[must_use]
    pub fn all(self) -> Vec<Finding> {
        self.found
    }
}

/// Looks at everything: the configuration that was loaded, the database, Kill Bill with every meter, and who else is asked.
pub async fn check(settings: &Settings, tell: fn(&Finding)) -> Findings {
    let mut findings = Findings::new(tell);
    findings.add(Grade::Good, "configuration: every value is in range");
    match app::pool(settings).await {
        Ok(pool) => database(&mut findings, &pool).await,
        Err(error) => findings.add(Grade::Blind, &format!("database: {error:#}")),
    }
    match app::killbill(settings) {
        Ok(killbill) => server(&mut findings, settings, &killbill).await,
        Err(error) => findings.add(Grade::Mend, &format!("kill bill: {error:#}")),
    }
    identity(&mut findings, settings).await;
    mail_server(&mut findings, settings).await;
    findings
}

/// Nothing is sent: whether it would let us in.
async fn mail_server(findings: &mut Findings, settings: &Settings) {
    let Some(mail) = &settings.mail else { return };
    let server = format!("{}:{}", mail.host, mail.port);
    match mail::greets(mail).await {
        Ok(()) => findings.add(Grade::Good, &format!("mail: {server} lets us in")),
        Err(why) => findings.add(
            Grade::Notice,
            &format!("mail: {server} does not: {why}; letters will wait"),
        ),
    }
}

/// A token that nobody has: whoever refuses it can be asked.
async fn identity(findings: &mut Findings, settings: &Settings) {
    let Some(connection) = &settings.nodeconductor else {
        return;
    };
    let url = connection.url.as_str();
    if connection.is_exposed() {
        let text = format!("nodeconductor: {url} is plain http: tokens can be read on the way; use https");
        findings.add(Grade::Notice, &text);
    }
    match NodeConductor::new(connection.clone(), Clock::System) {
        Ok(nodeconductor) if nodeconductor.who(&"0".repeat(40)).await == Verdict::Away => findings.add(
            Grade::Blind,
            &format!(
                "nodeconductor: {url} does not say whose a token is; see the log line above and nodeconductor.url"
            ),
        ),
        Ok(_) => findings.add(Grade::Good, &format!("nodeconductor: answers for its tokens at {url}")),
        Err(error) => findings.add(Grade::Mend, &format!("nodeconductor: {error}")),
    }
}

async fn database(findings: &mut Findings, pool: &PgPool) {
    match db::is_migrated(pool).await {
        Ok(true) => findings.add(Grade::Good, "database: reachable, all migrations applied"),
        Ok(false) => findings.add(
            Grade::Notice,
            "database: reachable; serve will apply the missing migrations (or run `migrate`)",
        ),
        Err(error) => findings.add(Grade::Blind, &format!("database: {error}")),
    }
}

async fn server(findings: &mut Findings, settings: &Settings, killbill: &KillBill) {
    let url = &settings.billing.api_url;
    match killbill.tenants().access().await {
        Ok(Access::Granted { version }) => {
            version_finding(findings, &version);
            findings.add(
                Grade::Good,
                &format!("kill bill: user and tenant are accepted at {url}"),
            );
            permissions(findings, killbill).await;
            callbacks(findings, settings, killbill).await;
            accounts::check(findings, settings, killbill).await;
            meters::check(findings, settings, killbill).await;
        }
        Ok(Access::WrongUser) => findings.add(
            Grade::Mend,
            "kill bill: the user is refused; mend billing.username and billing.password",
        ),
        Ok(Access::WrongTenant { .. }) => {
            findings.add(
                Grade::Mend,
                "kill bill: the tenant is refused; mend billing.api_key and billing.api_secret, or create the tenant",
            );
        }
        Err(error) => findings.add(Grade::Blind, &format!("kill bill at {url}: {error}")),
    }
}

/// Each permission that the service needs and its user lacks.
async fn permissions(findings: &mut Findings, killbill: &KillBill) {
    let granted = match killbill.permissions().granted().await {
        Ok(granted) => granted,
        Err(error) => return findings.add(Grade::Blind, &format!("permissions: {error}")),
    };
    let lacking = NEEDED.iter().filter(|needed| !granted.allow(needed.permission));
    let mut all_there = true;
    for needed in lacking {
        all_there = false;
        let text = format!(
            "permissions: the user lacks `{}`: {}",
            needed.permission, needed.without
        );
        findings.add(if needed.is_vital { Grade::Mend } else { Grade::Notice }, &text);
    }
    if all_there {
        findings.add(Grade::Good, "permissions: the user has all that are needed");
    }
}

/// Hours and decimals need 0.24 (killbill.md 4.1).
fn version_finding(findings: &mut Findings, version: &str) {
    let mut parts = version.split(['.', '-']).map_while(|part| part.parse::<u32>().ok());
    match (parts.next(), parts.next()) {
        (Some(major), Some(minor)) if (major, minor) < (0, 24) => {
            findings.add(
                Grade::Mend,
                &format!("kill bill: version {version} knows neither hours nor decimals; 0.24 or newer is needed"),
            );
        }
        (Some(_), Some(_)) => findings.add(Grade::Good, &format!("kill bill: version {version}")),
        _ => findings.add(
            Grade::Notice,
            &format!("kill bill: version {version} is not known to this service"),
        ),
    }
}

async fn callbacks(findings: &mut Findings, settings: &Settings, killbill: &KillBill) {
    match killbill.tenants().callbacks().await {
        Ok(registered) if registered.iter().any(|url| url.contains(jobs::NOTIFICATION_PATH)) => {
            findings.add(Grade::Good, "notifications: our address is registered");
        }
        Ok(registered) if registered.is_empty() && settings.notifications.register => {
            findings.add(
                Grade::Good,
                "notifications: none registered yet; serve will register ours",
            );
        }
        Ok(_) => findings.add(
            Grade::Notice,
            "notifications: the tenant does not notify us; invoices come by sweep only",
        ),
        Err(error) => findings.add(Grade::Blind, &format!("notifications: {error}")),
    }
}
