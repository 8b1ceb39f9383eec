//! The names in a subscription's custom fields, which stand on invoices and on Kill Bill's own pages. They never stop money:
//! what Kill Bill does not take is told in a plainer form, and what cannot be told at all is noted and tried again.

use std::collections::BTreeMap;

use super::{Delivery, DeliveryError, rest};
use crate::db::outbox::Work;
use crate::db::subscriptions::{self, Names, Subscription};
use crate::domain::plain_name;
use crate::killbill::Error;

/// Names by custom field.
type Fields = BTreeMap<String, String>;

impl Delivery {
    /// Tells the names where Kill Bill has others; a rename changes them in place, without a gap.
    ///
    /// # Errors
    /// When the database fails, or Kill Bill is away as a whole.
    pub(super) async fn tell_names(&self, work: &Work, subscription: &Subscription) -> Result<(), DeliveryError> {
        let wanted: Fields = [
            ("resource_name", &work.name),
            ("project_name", &work.project_name),
            ("service_name", &work.service_name),
        ]
        .map(|(field, name)| (field.to_owned(), name.clone()))
        .into();
        let waits = subscription.tell_at.is_some_and(|at| at > self.clock.now());
        if waits || subscription.told.as_ref().is_some_and(|told| told.0 == wanted) {
            return Ok(());
        }
        let names = match self.tell(subscription, &wanted).await {
            Ok(shown) => Names::Told { wanted, shown },
            Err(error) => {
                let error = DeliveryError::from(error);
                if error.is_outage() {
                    return Err(error);
                }
                tracing::warn!(resource = %work.uuid, %error, "the names could not be told to Kill Bill");
                Names::Untold {
                    error: error.to_string(),
                    tell_at: self.clock.now() + rest(subscription.telling_failures),
                }
            }
        };
        Ok(subscriptions::names(&self.pool, subscription.id, &names).await?)
    }

    /// In the first form that Kill Bill takes. Returns that form when it is not the names themselves.
    async fn tell(&self, subscription: &Subscription, wanted: &Fields) -> Result<Option<Fields>, Error> {
        let mut plainer = plainer(wanted);
        let mut outcome = self.set(subscription, wanted).await.map(|()| None);
        while let Err(error) = &outcome
            && error.is_about_content()
            && let Some(fields) = plainer.next()
        {
            outcome = self.set(subscription, &fields).await.map(|()| Some(fields));
        }
        outcome
    }

    /// Kill Bill takes no empty value; a name that was taken away is shown as a dash.
    async fn set(&self, subscription: &Subscription, names: &Fields) -> Result<(), Error> {
        let shown = names.iter().map(|(field, name)| {
            let name = if name.is_empty() { "-" } else { name };
            (field.clone(), name.to_owned())
        });
        let fields = self.killbill.custom_fields();
        fields.set(subscription.killbill_id, &shown.collect()).await
    }
}

/// All names in ever plainer forms, as far as these differ.
fn plainer(wanted: &Fields) -> impl Iterator<Item = Fields> + use<> {
    let form = |step: usize| -> Fields {
        let names = wanted.iter();
        names
            .map(|(field, name)| (field.clone(), plain_name::forms(name)[step].clone()))
            .collect()
    };
    let mut steps: Vec<Fields> = (0..3).map(form).collect();
    steps.dedup();
    steps.into_iter().skip(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_plainer_together_and_only_as_far_as_they_differ() {
        let names =
            |one: &str, two: &str| Fields::from([("a".to_owned(), one.to_owned()), ("b".to_owned(), two.to_owned())]);
        assert_eq!(plainer(&names("web-1", "shop")).count(), 0);
        let steps: Vec<Fields> = plainer(&names("🚀", "Käse")).collect();
        assert_eq!(steps, [names("\u{FFFD}", "Käse"), names("?", "K?se")]);
    }
}
