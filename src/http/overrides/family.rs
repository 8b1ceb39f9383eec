//! The addresses of the two families. Each handler hands its request to the [`Desk`](super::desk::Desk).

/// The handlers of one family.
macro_rules! family {
    ($module:ident, $family:literal, $list:literal, $object:literal) => {
        #[doc = concat!("`/api/", $family, "/`")]
        pub mod $module {
            use axum::extract::State;
            use axum::http::StatusCode;
            use axum::response::Response;

            use super::super::body::{OverrideBody, OverrideChange};
            use super::super::view::OverrideView;
            use super::super::OverrideQuery;
            use super::super::desk::Desk;
            use crate::http::auth::Caller;
            use crate::http::extract::{Json, Path, Query};
            use crate::http::ids::Id;
            use crate::http::links::Links;
            use crate::http::paging::{Page, PageParams};
            use crate::http::problem::Answer;
            use crate::http::state::AppState;

            const fn desk(state: AppState, caller: Caller, links: Links) -> Desk {
                Desk { state, caller, links, family: $family }
            }

            /// List the prices that were set for services.
            #[utoipa::path(get, path = $list, tag = "prices", params(PageParams, OverrideQuery), responses(
                (status = OK, description = "One page; the total stands in X-Result-Count.", body = [OverrideView]),
                (status = BAD_REQUEST, description = "The service is not known, or not the caller's."),
                (status = UNAUTHORIZED, description = "No valid token."),
                (status = NOT_FOUND, description = "There is no such page.")))]
            pub async fn list(
                State(state): State<AppState>, caller: Caller, links: Links, Query(query): Query<OverrideQuery>, page: Page<1000>,
            ) -> Answer<Response> {
                desk(state, caller, links).list(query, &page).await
            }

            /// Set a price for one service.
            ///
            /// It is shown beside Kill Bill's price; what is billed is always Kill Bill's.
            #[utoipa::path(post, path = $list, tag = "prices", request_body = OverrideBody, responses(
                (status = CREATED, description = "Set.", body = OverrideView),
                (status = BAD_REQUEST, description = "A field is wrong, or the item has a price there already."),
                (status = UNAUTHORIZED, description = "No valid token."),
                (status = FORBIDDEN, description = "Only owners of the service's customer and staff may.")))]
            pub async fn create(
                State(state): State<AppState>, caller: Caller, links: Links, Json(body): Json<OverrideBody>,
            ) -> Answer<Response> {
                desk(state, caller, links).create(&body).await
            }

            /// Show a price that was set.
            #[utoipa::path(get, path = $object, tag = "prices",
                params(("uuid" = Id, Path, description = "The override's uuid")), responses(
                (status = OK, description = "The price.", body = OverrideView),
                (status = UNAUTHORIZED, description = "No valid token."),
                (status = NOT_FOUND, description = "No such price, or not yours to see.")))]
            pub async fn show(
                State(state): State<AppState>, caller: Caller, links: Links, Path(Id(uuid)): Path<Id>,
            ) -> Answer<axum::Json<OverrideView>> {
                desk(state, caller, links).show(uuid).await
            }

            /// Change a price that was set; its service and item stay.
            #[utoipa::path(put, path = $object, tag = "prices", request_body = OverrideChange,
                params(("uuid" = Id, Path, description = "The override's uuid")), responses(
                (status = OK, description = "Changed.", body = OverrideView),
                (status = BAD_REQUEST, description = "A field is wrong."),
                (status = UNAUTHORIZED, description = "No valid token."),
                (status = FORBIDDEN, description = "Only owners of the service's customer and staff may."),
                (status = NOT_FOUND, description = "No such price, or not yours to see.")))]
            pub async fn replace(
                State(state): State<AppState>, caller: Caller, links: Links, Path(Id(uuid)): Path<Id>,
                Json(body): Json<OverrideChange>,
            ) -> Answer<axum::Json<OverrideView>> {
                desk(state, caller, links).change(uuid, &body, true).await
            }

            /// Change a price that was set, as far as it is given.
            #[utoipa::path(patch, path = $object, tag = "prices", request_body = OverrideChange,
                params(("uuid" = Id, Path, description = "The override's uuid")), responses(
                (status = OK, description = "Changed.", body = OverrideView),
                (status = BAD_REQUEST, description = "A field is wrong."),
                (status = UNAUTHORIZED, description = "No valid token."),
                (status = FORBIDDEN, description = "Only owners of the service's customer and staff may."),
                (status = NOT_FOUND, description = "No such price, or not yours to see.")))]
            pub async fn change(
                State(state): State<AppState>, caller: Caller, links: Links, Path(Id(uuid)): Path<Id>,
                Json(body): Json<OverrideChange>,
            ) -> Answer<axum::Json<OverrideView>> {
                desk(state, caller, links).change(uuid, &body, false).await
            }

            /// Remove a price that was set; its history stays.
            #[utoipa::path(delete, path = $object, tag = "prices",
                params(("uuid" = Id, Path, description = "The override's uuid")), responses(
                (status = NO_CONTENT, description = "Removed."),
                (status = UNAUTHORIZED, description = "No valid token."),
                (status = FORBIDDEN, description = "Only owners of the service's customer and staff may."),
                (status = NOT_FOUND, description = "No such price, or not yours to see.")))]
            pub async fn delete(
                State(state): State<AppState>, caller: Caller, links: Links, Path(Id(uuid)): Path<Id>,
            ) -> Answer<StatusCode> {
                desk(state, caller, links).delete(uuid).await
            }
        }
    };
}

family!(
    service_items,
    "service-price-list-items",
    "/api/service-price-list-items/",
    "/api/service-price-list-items/{uuid}/"
);
family!(
    old_items,
    "price-list-items",
    "/api/price-list-items/",
    "/api/price-list-items/{uuid}/"
);
