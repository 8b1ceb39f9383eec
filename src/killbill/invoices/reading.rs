//! An account's invoices, bounded in memory: all in one answer where they are few, one by one where they are many or the answer
//! got too long. Kill Bill has no pages of them that have items.

use std::collections::VecDeque;

use chrono::NaiveDate;
use uuid::Uuid;

use super::{Invoice, Invoices, ListedInvoice};
use crate::killbill::Error;

/// One invoice alone may be so many times as long as another answer.
const ONE: usize = 4;

/// What is read next.
#[derive(Debug)]
enum Rest {
    All,
    Each(VecDeque<Uuid>),
    Nothing,
}

/// A part of an account's invoices.
#[derive(Debug)]
pub enum Part {
    /// Every one.
    All(Vec<Invoice>),
    /// One of many.
    One(Box<Invoice>),
}

impl Part {
    /// Its invoices.
    #[must_use]
    pub fn invoices(self) -> Vec<Invoice> {
        match self {
            Self::All(invoices) => invoices,
            Self::One(invoice) => vec![*invoice],
        }
    }
}

/// Reads an account's invoices part by part, in the order of their target dates.
#[derive(Debug)]
pub struct Reading<'a> {
    calls: Invoices<'a>,
    account: Uuid,
    from: Option<NaiveDate>,
    rest: Rest,
}

impl<'a> Invoices<'a> {
    /// As [`Self::of_account`], in parts. Whoever knows that there are many says so, and no answer is read in vain.
    #[must_use]
    pub const fn reading(self, account: Uuid, from: Option<NaiveDate>) -> Reading<'a> {
        Reading {
            calls: self,
            account,
            from,
            rest: Rest::All,
        }
    }

    /// The account's invoices without their items, drafts and voided ones included, by target date.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn listed_of_account(self, account: Uuid, from: Option<NaiveDate>) -> Result<Vec<ListedInvoice>, Error> {
        self.account_call(account, from).send().await?.json()
    }
}

impl Reading<'_> {
    /// One by one from the beginning.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn one_by_one(mut self) -> Result<Self, Error> {
        self.list().await?;
        Ok(self)
    }

    /// The next part; none at the end. After an invoice that is too long itself the others can still be read.
    ///
    /// # Errors
    /// See [`Error`]; after `TooLong` the next call goes on with what is left.
    pub async fn next(&mut self) -> Result<Option<Part>, Error> {
        if let Rest::All = self.rest {
            // Whatever comes of it: the same is not asked for again.
            self.rest = Rest::Nothing;
            match self.calls.of_account(self.account, self.from).await {
                Err(Error::TooLong { .. }) => self.list().await?,
                all => return Ok(Some(Part::All(all?))),
            }
        }
        while let Some(id) = self.next_id() {
            match self.calls.one_of_many(id).await {
                // Nobody can take an invoice back, but a gateway may say so.
                Err(Error::NotFound { .. }) => {}
                invoice => return Ok(Some(Part::One(Box::new(invoice?)))),
            }
        }
        Ok(None)
    }

    async fn list(&mut self) -> Result<(), Error> {
        let listed = self.calls.listed_of_account(self.account, self.from).await?;
        self.rest = Rest::Each(listed.into_iter().map(|invoice| invoice.invoice_id).collect());
        Ok(())
    }

    fn next_id(&mut self) -> Option<Uuid> {
        match &mut self.rest {
            Rest::Each(ids) => ids.pop_front(),
            Rest::All | Rest::Nothing => None,
        }
    }
}

impl Invoices<'_> {
    async fn one_of_many(self, id: Uuid) -> Result<Invoice, Error> {
        let call = self.0.get(&["invoices", &id.to_string()]).patient();
        call.times_as_long(ONE).send().await?.json()
    }
}
