//! A request about overrides: who asks, and under which of the two addresses. Every handler asks the desk.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use uuid::Uuid;

use super::OverrideQuery;
use super::body::{OverrideBody, OverrideChange};
use super::view::OverrideView;
use crate::db::overrides::{self, Author, OverrideFilter, OverrideRow};
use crate::db::services;
use crate::db::tokens::Role;
use crate::db::window::Window;
use crate::domain::uuid_hex;
use crate::http::auth::Caller;
use crate::http::family::OVERRIDES;
use crate::http::ids::Id;
use crate::http::links::Links;
use crate::http::paging::Page;
use crate::http::problem::{Answer, Problem};
use crate::http::state::AppState;

/// Links stay in the family of addresses that was asked.
pub struct Desk {
    state: AppState,
    caller: Caller,
    links: Links,
    family: &'static str,
}

impl FromRequestParts<AppState> for Desk {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let (new, old) = OVERRIDES;
        let address = if parts.uri.path().starts_with(old) { old } else { new };
        let Ok(links) = Links::from_request_parts(parts, state).await;
        Ok(Self {
            state: state.clone(),
            caller: Caller::from_request_parts(parts, state).await?,
            links,
            family: address.trim_start_matches("/api/").trim_end_matches('/'),
        })
    }
}

impl Desk {
    pub(super) async fn list(self, query: OverrideQuery, page: &Page<1000>) -> Answer<Response> {
        let service = match &query.service {
            Some(text) => Some(self.service(text).await?),
            None => None,
        };
        let filter = OverrideFilter {
            visible: self.caller.visible_customers().map(<[Uuid]>::to_vec),
            service,
            service_uuid: query.service_uuid.map(|Id(service)| service),
            customer: query.customer.map(|Id(customer)| customer),
            key: query.key,
            item_type: query.item_type,
        };
        let (_, total) = overrides::list(&self.state.pool, &filter, Window::NOTHING).await?;
        let listing = page.of(total)?;
        let (rows, _) = overrides::list(&self.state.pool, &filter, listing.window()).await?;
        let routing = self.state.book.routing(&self.state.pool).await?;
        let view = |row| OverrideView::new(row, &routing, &self.links, self.family);
        Ok(listing.respond(rows.into_iter().map(view)))
    }

    /// A service that is not there or not the caller's is refused as NodeConductor did.
    async fn service(&self, text: &str) -> Answer<Uuid> {
        let visible = self.caller.visible_customers();
        let found = match uuid_hex::parse(text) {
            Some(uuid) => services::find(&self.state.pool, uuid, visible).await?,
            None => None,
        };
        found
            .map(|service| service.uuid)
            .ok_or_else(|| Problem::unrestorable(text))
    }

    async fn visible(&self, uuid: Uuid) -> Answer<OverrideRow> {
        let found = overrides::by_uuid(&self.state.pool, uuid, self.caller.visible_customers()).await?;
        found.ok_or_else(Problem::not_found)
    }

    /// The override, if the caller may change it.
    async fn own(&self, uuid: Uuid) -> Answer<OverrideRow> {
        let row = self.visible(uuid).await?;
        if self.caller.may_decide_for(row.customer_uuid) {
            Ok(row)
        } else {
            Err(Problem::forbidden())
        }
    }

    pub(super) async fn show(&self, uuid: Uuid) -> Answer<axum::Json<OverrideView>> {
        let row = self.visible(uuid).await?;
        let routing = self.state.book.routing(&self.state.pool).await?;
        Ok(axum::Json(OverrideView::new(row, &routing, &self.links, self.family)))
    }

    pub(super) async fn create(self, body: &OverrideBody) -> Answer<Response> {
        let service = services::find(&self.state.pool, body.service.0, None).await?;
        let own = |customer| self.caller.may_decide_for(customer);
        let service = match service {
            Some(service) if own(service.customer_uuid) => service,
            None if self.caller.role == Role::Staff => return Err(unknown_service()),
            // Whether a service exists is nobody else's business.
            _ => return Err(Problem::forbidden()),
        };
        let routing = self.state.book.routing(&self.state.pool).await?;
        let (item, value) = body.read(&routing.items().collect::<Vec<_>>())?;
        let uuid = overrides::create(&self.state.pool, self.author(), service.id, item, value).await?;
        let uuid = uuid.ok_or_else(duplicate)?;
        let location = [(header::LOCATION, self.links.object(self.family, uuid))];
        Ok((StatusCode::CREATED, location, self.show(uuid).await?).into_response())
    }

    pub(super) async fn change(
        self,
        uuid: Uuid,
        body: &OverrideChange,
        whole: bool,
    ) -> Answer<axum::Json<OverrideView>> {
        let row = self.own(uuid).await?;
        match body.read(&row.units)? {
            Some(value) if !overrides::update(&self.state.pool, self.author(), uuid, value).await? => {
                return Err(Problem::not_found());
            }
            None if whole => return Err(Problem::field("value", "This field is required.")),
            _ => {}
        }
        self.show(uuid).await
    }

    pub(super) async fn delete(self, uuid: Uuid) -> Answer<StatusCode> {
        self.own(uuid).await?;
        if overrides::delete(&self.state.pool, self.author(), uuid).await? {
            Ok(StatusCode::NO_CONTENT)
        } else {
            Err(Problem::not_found())
        }
    }

    fn author(&self) -> Author<'_> {
        Author {
            name: &self.caller.name,
            now: self.state.clock.now(),
        }
    }
}

fn unknown_service() -> Problem {
    Problem::field(
        "service",
        "No service with this uuid is registered; PUT it to /api/services/ first.",
    )
}

fn duplicate() -> Problem {
    Problem::with_body(
        StatusCode::BAD_REQUEST,
        json!(["Price list item for service already exists"]),
    )
}
