//! What our user may do in Kill Bill, and what it has to: reading needs no permission, each kind of writing its own. Kill
//! Bill answers a call without its permission with 401, as it does for a wrong password.

use std::collections::BTreeSet;

use super::{Error, KillBill};

/// A permission that the service needs.
#[derive(Clone, Copy, Debug)]
pub struct Needed {
    pub permission: &'static str,
    /// What does not work without it.
    pub without: &'static str,
    /// Money stops without it.
    pub is_vital: bool,
}

const fn vital(permission: &'static str, without: &'static str) -> Needed {
    Needed {
        permission,
        without,
        is_vital: true,
    }
}

const fn useful(permission: &'static str, without: &'static str) -> Needed {
    Needed {
        permission,
        without,
        is_vital: false,
    }
}

/// All of them, as Kill Bill's own calls ask for them (`RequiresPermissions` of its API).
pub const NEEDED: &[Needed] = &[
    vital("usage:record", "no usage is delivered"),
    vital("account:create", "hours of new customers wait"),
    vital("entitlement:create", "hours of new resources wait"),
    vital(
        "entitlement:cancel",
        "resources that were terminated go on in Kill Bill, with their base fee",
    ),
    vital(
        "account:charge",
        "late hours, corrections and monthly prices are not charged",
    ),
    vital("account:credit", "corrections downwards are not credited"),
    vital("invoice:commit", "charges and credits stay drafts"),
    vital("invoice:void", "drafts that came of a late request stay"),
    useful(
        "account:update",
        "accounts keep the names that customers had before, and hours of those without a billing day wait",
    ),
    useful("custom_field:add", "invoices lack the names of resources and projects"),
    useful(
        "custom_field:update",
        "invoices keep the names that resources had before",
    ),
    useful("invoice:dry_run", "estimates are not compared with Kill Bill's own"),
    useful(
        "tenant_kvs:add",
        "Kill Bill cannot be told to notify this service; invoices come by sweep",
    ),
    useful("tenant_kvs:delete", "doubled notification addresses cannot be cleared"),
];

/// Calls about permissions.
#[derive(Clone, Copy, Debug)]
pub struct Permissions<'a>(pub(super) &'a KillBill);

/// What the user may do, as Kill Bill lists it: `usage:record`, `account:*`, `*:*`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Granted(BTreeSet<String>);

impl Permissions<'_> {
    /// # Errors
    /// See [`Error`].
    pub async fn granted(&self) -> Result<Granted, Error> {
        let call = self.0.get(&["security", "permissions"]).without_tenant();
        call.send().await?.json().map(Granted)
    }
}

impl Granted {
    /// Whether one of them is the permission, or stands for it. A part is a word, several with commas, or `*`; parts that
    /// are left out at the end stand for everything.
    #[must_use]
    pub fn allow(&self, permission: &str) -> bool {
        self.0.iter().any(|granted| implies(granted, permission))
    }
}

fn implies(granted: &str, permission: &str) -> bool {
    let mut parts = granted.split(':');
    permission.split(':').all(|wanted| match parts.next() {
        None => true,
        Some(part) => part
            .split(',')
            .map(str::trim)
            .any(|word| word == "*" || word.eq_ignore_ascii_case(wanted)),
    })
}

#[cfg(test)]
mod tests {
    use super::Granted;

    #[test]
    fn a_permission_may_be_granted_by_name_by_list_or_by_star() {
        let granted = |all: &[&str]| Granted(all.iter().map(|one| (*one).to_owned()).collect());
        for all in [
            "usage:record",
            "*:*",
            "*",
            "usage",
            "usage:*",
            "usage:read, record",
            "USAGE:RECORD",
        ] {
            assert!(granted(&[all]).allow("usage:record"), "{all}");
        }
        for none in ["account:*", "usage:read", "usages:record", ""] {
            assert!(!granted(&[none]).allow("usage:record"), "{none}");
        }
        assert!(granted(&["account:create", "usage:record"]).allow("usage:record"));
    }
}
