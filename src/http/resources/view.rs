//! A resource as clients see it.

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::db::resources::Resource;
use crate::http::customers::invoicing;
use crate::http::ids::Id;
use crate::http::links::Links;

/// A registered resource.
#[derive(Serialize, ToSchema)]
pub struct ResourceView {
    url: String,
    uuid: Id,
    name: String,
    r#type: String,
    /// The same as `type`, under NodeConductor's name for it.
    resource_type: String,
    /// The customer's address.
    customer: String,
    customer_uuid: Id,
    customer_name: String,
    project: Option<ProjectView>,
    /// The same as in `project`.
    project_uuid: Option<Id>,
    project_name: String,
    /// The service's address, when anything is known about where it runs.
    service: Option<String>,
    service_uuid: Option<Id>,
    service_name: String,
    started_at: Option<DateTime<Utc>>,
    /// When it stopped consuming.
    terminated_at: Option<DateTime<Utc>>,
    /// When its subscriptions were ended in Kill Bill.
    ended_at: Option<DateTime<Utc>>,
    /// Why Kill Bill could not be told about it at the last try.
    last_error: Option<String>,
    /// The names as Kill Bill has them, where it does not take one as it is (`resource_name`, `project_name`,
    /// `service_name`): what is left out is marked. The usage goes all the same.
    told_names: Option<BTreeMap<String, String>>,
    /// Why Kill Bill could not be told the names at the last try; it is tried again by itself.
    telling_error: Option<String>,
    /// Whether Kill Bill makes invoices for its customer: `on`, `off` or `parked`, as with the customer.
    invoicing: &'static str,
    created: DateTime<Utc>,
    modified: DateTime<Utc>,
}

/// The project that a resource belongs to.
#[derive(Serialize, ToSchema)]
pub struct ProjectView {
    uuid: Id,
    name: String,
}

impl ResourceView {
    /// The view of `resource`.
    #[must_use]
    pub fn new(links: &Links, resource: Resource) -> Self {
        let project_name = resource.project_name;
        Self {
            url: links.object("resources", resource.uuid),
            uuid: Id(resource.uuid),
            name: resource.name,
            resource_type: resource.r#type.clone(),
            r#type: resource.r#type,
            customer: links.object("customers", resource.customer_uuid),
            customer_uuid: Id(resource.customer_uuid),
            customer_name: resource.customer_name,
            project_uuid: resource.project_uuid.map(Id),
            project_name: project_name.clone(),
            project: resource.project_uuid.map(|uuid| ProjectView {
                uuid: Id(uuid),
                name: project_name,
            }),
            service: resource.service_uuid.map(|uuid| links.object("services", uuid)),
            service_uuid: resource.service_uuid.map(Id),
            service_name: resource.service_name,
            started_at: resource.started_at,
            terminated_at: resource.terminated_at,
            ended_at: resource.ended_at,
            last_error: resource.last_error,
            told_names: resource.told_names.map(|names| names.0),
            telling_error: resource.telling_error,
            invoicing: invoicing(&resource.account_tags),
            created: resource.created_at,
            modified: resource.updated_at,
        }
    }
}

/// An instant in a sentence.
pub(super) fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
