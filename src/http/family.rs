//! The two addresses of NodeConductor's invoices: its own and that of its Kill Bill plugin. Each has its shape of invoices and
//! lines; what is below them is the same, served by the same handlers, and links stay where they were asked.

use utoipa::openapi::path::Paths;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use super::state::AppState;

const INVOICES: &str = "/api/invoices/";
const KILLBILL: &str = "/api/killbill-invoices/";

/// An address and the other one that leads to the same.
pub type Addresses = (&'static str, &'static str);

/// The prices of services, which NodeConductor renamed in 2016.
pub const OVERRIDES: Addresses = ("/api/service-price-list-items/", "/api/price-list-items/");

/// One of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// `/api/invoices/`: NodeConductor's own, since 2016.
    Invoices,
    /// `/api/killbill-invoices/`: the plugin of 2015 to 2017.
    Killbill,
}

impl Family {
    /// The segment after `/api/`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Invoices => "invoices",
            Self::Killbill => "killbill-invoices",
        }
    }
}

/// Adds routes of `/api/invoices/` to the table, and the same once more below the plugin's address.
pub fn both(
    table: OpenApiRouter<AppState>,
    routes: impl IntoIterator<Item = UtoipaMethodRouter<AppState>>,
) -> OpenApiRouter<AppState> {
    also(table, routes, (INVOICES, KILLBILL))
}

/// Adds routes to the table, and the same once more below another address.
pub fn also(
    table: OpenApiRouter<AppState>,
    routes: impl IntoIterator<Item = UtoipaMethodRouter<AppState>>,
    addresses: Addresses,
) -> OpenApiRouter<AppState> {
    routes.into_iter().fold(table, |table, (schemas, paths, methods)| {
        let again = (Vec::new(), moved(&paths, addresses), methods.clone());
        table.routes((schemas, paths, methods)).routes(again)
    })
}

fn moved(paths: &Paths, (from, to): Addresses) -> Paths {
    let mut moved = Paths::new();
    moved.paths = paths
        .paths
        .iter()
        .map(|(path, item)| (path.replacen(from, to, 1), item.clone()))
        .collect();
    moved
}
