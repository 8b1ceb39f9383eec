//! Custom fields of a subscription: the resource's, project's and service's names, which change while the subscription lives.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Error, KillBill};

/// Kill Bill's column holds no more characters.
const MAX_VALUE: usize = 255;

/// Calls about a subscription's custom fields.
#[derive(Debug, Clone, Copy)]
pub struct CustomFields<'a>(pub(super) &'a KillBill);

/// One field. Kill Bill allows several of one name.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CustomField {
    pub custom_field_id: Uuid,
    pub name: String,
    pub value: String,
}

#[derive(Serialize)]
struct NewField<'a> {
    name: &'a str,
    value: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ChangedField<'a> {
    custom_field_id: Uuid,
    value: &'a str,
}

impl CustomFields<'_> {
    /// # Errors
    /// See [`Error`].
    pub async fn list(&self, subscription: Uuid) -> Result<Vec<CustomField>, Error> {
        self.0.get(&path(&subscription.to_string())).send().await?.json()
    }

    /// Adds a field, even if there is one of that name. Longer values than 255 characters are cut.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn add(&self, subscription: Uuid, name: &str, value: &str) -> Result<(), Error> {
        let body = [NewField {
            name,
            value: cut(value),
        }];
        self.0
            .post(&path(&subscription.to_string()))
            .json(&body)
            .send()
            .await
            .map(drop)
    }

    /// Gives an existing field another value.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn change(&self, subscription: Uuid, field: Uuid, value: &str) -> Result<(), Error> {
        let body = [ChangedField {
            custom_field_id: field,
            value: cut(value),
        }];
        self.0
            .put(&path(&subscription.to_string()))
            .json(&body)
            .send()
            .await
            .map(drop)
    }

    /// Brings the named fields in line, touching only what differs; at no moment is a field missing that was there. Other fields stay.
    ///
    /// # Errors
    /// See [`Error`]; what was done before the failure stays done, and repeating is safe.
    pub async fn set(&self, subscription: Uuid, wanted: &BTreeMap<String, String>) -> Result<(), Error> {
        let present = self.list(subscription).await?;
        for (name, value) in wanted {
            let same_name: Vec<&CustomField> = present.iter().filter(|field| field.name == *name).collect();
            if same_name.is_empty() {
                self.add(subscription, name, value).await?;
            }
            for field in same_name {
                if field.value != cut(value) {
                    self.change(subscription, field.custom_field_id, value).await?;
                }
            }
        }
        Ok(())
    }
}

fn path(subscription: &str) -> [&str; 3] {
    ["subscriptions", subscription, "customFields"]
}

fn cut(value: &str) -> &str {
    value
        .char_indices()
        .nth(MAX_VALUE)
        .map_or(value, |(end, _)| &value[..end])
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn cuts_between_characters_and_only_when_needed() {
        assert_eq!(cut("short"), "short");
        let exact = "õ".repeat(255);
        assert_eq!(cut(&exact), exact);
        assert_eq!(cut(&"õ".repeat(256)), exact);
    }
}
