//! What clients send about a resource, and the checks of it.

use chrono::{DateTime, TimeZone, Utc};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::db::resources::ResourceFacts;
use crate::domain::text;
use crate::http::form::Form;
use crate::http::ids::Id;
use crate::http::instants::InstantText;
use crate::http::problem::Answer;

/// What is registered about a resource. Optional fields that are left out are emptied, except `started_at`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResourceBody {
    /// Printed on invoices.
    #[schema(
        max_length = 255,
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$",
        example = "web-1"
    )]
    name: String,
    /// NodeConductor's resource type; the plan is chosen by it when several hold a meter's price.
    #[schema(
        max_length = 150,
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$",
        example = "OpenStack.Instance"
    )]
    r#type: String,
    /// The customer's uuid or address; it must be registered before.
    #[schema(example = "211ca3327de945899375749bd55dae4a")]
    customer: Id,
    project: Option<ProjectBody>,
    /// NodeConductor's uuid or address of the service where it runs, which must not be another customer's. Left out: the
    /// service is known by its name alone.
    service_uuid: Option<Id>,
    /// Where it runs; printed on invoices.
    #[schema(max_length = 255, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    service_name: Option<String>,
    /// When it began to consume. Left out: what is known stays, else billing begins with the first usage.
    #[schema(value_type = Option<InstantText>)]
    started_at: Option<String>,
}

/// The project that a resource belongs to.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProjectBody {
    uuid: Id,
    #[schema(max_length = 255, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    name: String,
}

/// When a resource stopped.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TerminateBody {
    /// RFC 3339, with `Z` or an offset.
    #[schema(value_type = InstantText)]
    at: String,
}

impl ResourceBody {
    /// The facts in it.
    ///
    /// # Errors
    /// 400 with every field that is wrong.
    pub fn facts(self, uuid: Uuid) -> Answer<ResourceFacts> {
        let mut form = Form::default();
        let project_name = self
            .project
            .as_ref()
            .map(|project| project.name.as_str())
            .unwrap_or_default();
        let started_at = self.started_at.as_deref().map(instant).transpose();
        let facts = ResourceFacts {
            uuid,
            customer: self.customer.0,
            name: form.take("name", text::name(&self.name, 255)),
            r#type: form.take("type", text::name(&self.r#type, 150)),
            project_uuid: self.project.as_ref().map(|project| project.uuid.0),
            project_name: form.take("project.name", text::line(project_name, 255)),
            service_uuid: self.service_uuid.map(|Id(uuid)| uuid),
            service_name: form.take(
                "service_name",
                text::line(self.service_name.as_deref().unwrap_or_default(), 255),
            ),
            started_at: form.take("started_at", started_at),
        };
        form.done().map(|()| facts)
    }
}

impl TerminateBody {
    /// The instant in it.
    ///
    /// # Errors
    /// 400 when it is none.
    pub fn at(&self) -> Answer<DateTime<Utc>> {
        let mut form = Form::default();
        let at = form.take("at", instant(&self.at).map(Some));
        form.done().map(|()| at.unwrap_or_default())
    }
}

/// An instant inside the ledger's years, cut to microseconds: what the database keeps.
fn instant(text: &str) -> Result<DateTime<Utc>, &'static str> {
    let instant = DateTime::parse_from_rfc3339(text).map_err(|_| "Give an instant such as 2026-01-01T10:20:00Z.")?;
    let instant = Utc
        .timestamp_micros(instant.timestamp_micros())
        .single()
        .unwrap_or_default();
    let first = Utc.with_ymd_and_hms(2000, 1, 1, 0, 0, 0).single().unwrap_or_default();
    let end = Utc.with_ymd_and_hms(2100, 1, 1, 0, 0, 0).single().unwrap_or_default();
    if (first..end).contains(&instant) {
        Ok(instant)
    } else {
        Err("Give an instant in the years 2000 to 2099.")
    }
}
