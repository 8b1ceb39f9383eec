//! Tells accounts what the register says of their customers: names, e-mail and address. After the money and some at a time; what
//! Kill Bill does not take is told in a plainer form, and what cannot be told is noted and tried again.

use futures::{StreamExt, TryStreamExt, stream};
use uuid::Uuid;

use super::account::{account_email, account_name};
use super::names::in_some_form;
use super::{Delivery, DeliveryError, Report, rest};
use crate::db::accounts::{self, OutOfStep};
use crate::domain::customer::Told;
use crate::killbill::{self, accounts::AccountUpdate};

/// Changed customers that are told in one pass, and how many at a time.
const TOLD_IN_A_PASS: i64 = 200;
const TOLD_AT_A_TIME: usize = 4;

/// Characters of one line of an address in Kill Bill's columns, which are two.
const LINE: usize = 100;

impl Delivery {
    /// Brings accounts in line with customers that were changed.
    pub(super) async fn tell_customers(&self) -> Result<Report, DeliveryError> {
        let customers = accounts::out_of_step(&self.pool, self.clock.now(), TOLD_IN_A_PASS).await?;
        stream::iter(customers)
            .map(|customer| self.tell_customer(customer))
            .buffer_unordered(TOLD_AT_A_TIME)
            .try_fold(Report::default(), async |mut sum, one| {
                sum += one;
                Ok(sum)
            })
            .await
    }

    async fn tell_customer(&self, customer: OutOfStep) -> Result<Report, DeliveryError> {
        let (meant, account) = (&customer.meant.0, customer.account_id);
        match self.update_account(account, meant, &customer.told).await {
            Ok(shown) => accounts::store(&self.pool, customer.id, account, meant, shown.as_deref()).await?,
            Err(error) => {
                tracing::warn!(%account, %error, "what the register says of a customer could not be told to Kill Bill");
                let tell_at = self.clock.now() + rest(customer.telling_failures);
                accounts::untold(&self.pool, customer.id, &error.to_string(), tell_at).await?;
                let error = DeliveryError::from(error);
                if error.is_outage() {
                    return Err(error);
                }
                return Ok(Report {
                    failures: 1,
                    ..Report::default()
                });
            }
        }
        Ok(Report::default())
    }

    /// In the first form that Kill Bill takes; returns the name in that form when it is not the name itself.
    async fn update_account(
        &self,
        account: Uuid,
        meant: &Told,
        before: &Told,
    ) -> Result<Option<String>, killbill::Error> {
        let tell = |form: Told| async move {
            let changes = update(&form, before);
            self.killbill.accounts().update(account, &changes).await
        };
        let ((), shown) = in_some_form(meant.forms(), tell).await?;
        Ok(shown.map(|form| form.name).filter(|name| *name != meant.name))
    }
}

/// What the register does not say is left as the account has it, unless the account was told it by us: then it is emptied.
fn update(meant: &Told, before: &Told) -> AccountUpdate {
    let told = |text: fn(&Told) -> &String| {
        let said = !text(meant).is_empty() || !text(before).is_empty();
        said.then(|| text(meant).clone())
    };
    let address = told(|told| &told.address).map(|address| two_lines(&address));
    let (address1, address2) = address.unzip();
    AccountUpdate {
        name: Some(account_name(&meant.name)),
        email: account_email(&meant.email),
        address1,
        address2,
        country: told(|told| &told.country),
        postal_code: told(|told| &told.postal),
        phone: told(|told| &told.phone),
        ..AccountUpdate::default()
    }
}

/// The first line of an address, and the others as one; what is too long for the first goes on in the second.
fn two_lines(address: &str) -> (String, String) {
    let (first, others) = address.split_once('\n').unwrap_or((address, ""));
    let (line, rest) = first.split_at(first.char_indices().nth(LINE).map_or(first.len(), |(at, _)| at));
    let others = [rest].into_iter().chain(others.lines()).map(str::trim);
    let others: Vec<&str> = others.filter(|line| !line.is_empty()).collect();
    (line.trim().to_owned(), others.join(", ").chars().take(LINE).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_any_length_has_two_lines_in_kill_bill() {
        let lines = |address: &str| {
            let (one, two) = two_lines(address);
            assert!(one.chars().count() <= LINE && two.chars().count() <= LINE);
            (one, two)
        };
        assert_eq!(lines("Lille 4"), ("Lille 4".to_owned(), String::new()));
        assert_eq!(
            lines("Lille 4\nFloor 2\n\nTartu"),
            ("Lille 4".to_owned(), "Floor 2, Tartu".to_owned())
        );
        let long = "ö".repeat(LINE) + " Lille 4\nTartu";
        assert_eq!(lines(&long), ("ö".repeat(LINE), "Lille 4, Tartu".to_owned()));
        lines(&"ö\n".repeat(250));
    }

    #[test]
    fn only_what_we_said_is_taken_back() {
        let said = Told {
            phone: "+372 1".to_owned(),
            ..Told::default()
        };
        assert_eq!(update(&Told::default(), &Told::default()).phone, None);
        assert_eq!(update(&Told::default(), &said).phone.as_deref(), Some(""));
        assert_eq!(update(&said, &Told::default()).phone.as_deref(), Some("+372 1"));
    }
}
