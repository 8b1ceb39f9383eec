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
        let set = |names: Fields| async move { self.set(subscription, &names).await };
        let names = match in_some_form(forms(&wanted), set).await {
            Ok(((), shown)) => Names::Told { wanted, shown },
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

/// Does it with the first of the forms that Kill Bill takes, each plainer than the one before or the same; returns that form
/// when it is not what was meant.
pub(super) async fn in_some_form<F, T, Told>(forms: [F; 3], tell: impl Fn(F) -> Told) -> Result<(T, Option<F>), Error>
where
    F: Clone + PartialEq,
    Told: Future<Output = Result<T, Error>>,
{
    let [meant, plain, plainest] = forms;
    let mut outcome = tell(meant.clone()).await.map(|done| (done, None));
    let mut tried = meant;
    for form in [plain, plainest] {
        if outcome.as_ref().err().is_none_or(|error| !error.is_about_content()) {
            break;
        }
        if form != tried {
            outcome = tell(form.clone()).await.map(|done| (done, Some(form.clone())));
            tried = form;
        }
    }
    outcome
}

/// All names in ever plainer forms.
fn forms(wanted: &Fields) -> [Fields; 3] {
    plain_name::forms_of(|form| {
        let names = wanted.iter();
        names.map(|(field, name)| (field.clone(), form(name))).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(one: &str, two: &str) -> Fields {
        Fields::from([("a".to_owned(), one.to_owned()), ("b".to_owned(), two.to_owned())])
    }

    /// All forms that are told to somebody who takes none.
    async fn told(wanted: &Fields) -> Vec<Fields> {
        let told = std::sync::Mutex::new(Vec::new());
        let refuse = async |form: Fields| {
            told.lock().unwrap().push(form);
            Err::<(), _>(Error::Refused {
                status: 400,
                code: None,
                message: "Incorrect string value".to_owned(),
            })
        };
        assert!(in_some_form(forms(wanted), refuse).await.is_err());
        told.into_inner().unwrap()
    }

    #[tokio::test]
    async fn names_become_plainer_together_and_only_as_far_as_they_differ() {
        assert_eq!(told(&names("web-1", "shop")).await.len(), 1);
        let steps = told(&names("🚀", "Käse")).await;
        assert_eq!(steps[1..], [names("\u{FFFD}", "Käse"), names("?", "K?se")]);
    }

    /// Found by seeds 763 and 939 of the simulation: a rocket became a question mark for good.
    #[tokio::test]
    async fn who_asks_for_patience_is_told_nothing_plainer() {
        let told = std::sync::atomic::AtomicUsize::new(0);
        let busy = async |_| {
            told.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            Err::<(), _>(Error::Busy {
                status: 429,
                code: None,
                message: "Too many requests".to_owned(),
            })
        };
        assert!(in_some_form(plain_name::forms("🚀"), busy).await.is_err());
        assert_eq!(told.into_inner(), 1);
    }
}
