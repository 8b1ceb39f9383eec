//! NodeConductor's answers, in the shapes of its generations. Its first API has owners in `/api/customer-permissions/`;
//! later ones list them in the user, first as `customer_permissions`, then as `permissions` of roles.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use uuid::Uuid;

use super::Standing;
use crate::domain::uuid_hex::parse;

/// Its user.
#[derive(Debug, Deserialize)]
pub(super) struct User {
    pub(super) url: Option<String>,
    uuid: String,
    username: Option<String>,
    #[serde(default)]
    is_staff: bool,
    #[serde(default)]
    is_support: bool,
    pub(super) is_active: Option<bool>,
    customer_permissions: Option<Vec<Permission>>,
    permissions: Option<Vec<Role>>,
}

/// One user's role in one customer.
#[derive(Debug, Deserialize)]
pub(super) struct Permission {
    role: Option<String>,
    /// Its address.
    customer: Option<String>,
    customer_uuid: Option<String>,
    user: Option<String>,
    user_uuid: Option<String>,
    expiration_time: Option<DateTime<Utc>>,
}

/// The newest shape: one role in one scope.
#[derive(Debug, Deserialize)]
struct Role {
    #[serde(rename = "role_name")]
    name: Option<String>,
    scope_type: Option<String>,
    scope_uuid: Option<String>,
    is_active: Option<bool>,
    expiration_time: Option<DateTime<Utc>>,
}

impl User {
    pub(super) fn uuid(&self) -> Option<Uuid> {
        parse(&self.uuid)
    }

    /// For logs: marked as a stranger's, so that it is not taken for one of our tokens.
    pub(super) fn name(&self) -> String {
        let name = self.username.as_deref().filter(|name| !name.is_empty());
        let name: String = name.unwrap_or(&self.uuid).chars().take(100).collect();
        format!("nodeconductor:{name}")
    }

    /// Where it stands by its flags and by the lists that it carries; `None` when its customers must be asked for.
    pub(super) fn standing(&self, now: DateTime<Utc>) -> Option<Standing> {
        if self.is_staff {
            return Some(Standing::Staff);
        }
        if self.is_support {
            return Some(Standing::Support);
        }
        if self.customer_permissions.is_none() && self.permissions.is_none() {
            return None;
        }
        let listed = self.customer_permissions.iter().flatten();
        let mut owned: Vec<Uuid> = listed.filter_map(|one| one.owned(now)).collect();
        owned.extend(self.permissions.iter().flatten().filter_map(|one| one.owned(now)));
        owned.sort_unstable();
        owned.dedup();
        Some(Standing::Owner(owned))
    }
}

impl Permission {
    /// The customer, when it is owned and the ownership has not run out.
    fn owned(&self, now: DateTime<Utc>) -> Option<Uuid> {
        let owner = self
            .role
            .as_deref()
            .is_some_and(|role| role.eq_ignore_ascii_case("owner"));
        let runs = self.expiration_time.is_none_or(|end| end > now);
        let customer = self.customer_uuid.as_deref().or(self.customer.as_deref());
        customer.filter(|_| owner && runs).and_then(parse)
    }

    /// The same, when it is this very user's. A server that does not know the filter lists other users' rows too.
    pub(super) fn owned_by(&self, user: Uuid, now: DateTime<Utc>) -> Option<Uuid> {
        let named = self.user_uuid.as_deref().or(self.user.as_deref()).and_then(parse);
        self.owned(now).filter(|_| named == Some(user))
    }
}

impl Role {
    fn owned(&self, now: DateTime<Utc>) -> Option<Uuid> {
        let is =
            |text: &Option<String>, word: &str| text.as_deref().is_some_and(|text| text.eq_ignore_ascii_case(word));
        let owner = is(&self.name, "CUSTOMER.OWNER") || is(&self.name, "owner");
        let customer = is(&self.scope_type, "customer") || is(&self.scope_type, "structure.customer");
        let runs = self.is_active != Some(false) && self.expiration_time.is_none_or(|end| end > now);
        let scope = self.scope_uuid.as_deref().filter(|_| owner && customer && runs);
        scope.and_then(parse)
    }
}
