//! Operations called in more ways than the description's one: lists with filters that name somebody else's, files, and
//! bodies that name what cannot be taken. Behind `#` stands which body it is.

/// Each is read on the owner's, the other's and a missing thing.
pub const READS: [&str; 16] = [
    "/api/invoices/?customer={customer}",
    "/api/invoices/?format=csv",
    "/api/invoices/{uuid}/items/{foreign}/",
    "/api/invoices/{uuid}/items/{foreign}/evidence/",
    "/api/invoice-items/?customer={customer}",
    "/api/invoice-items/?format=csv",
    "/api/resources/?customer={customer}",
    "/api/services/?customer={customer}",
    "/api/usage-records/?resource={resource}",
    "/api/usage-records/?format=csv",
    "/api/missing-hours/?customer={customer}",
    "/api/price-estimates/?scope={resource}",
    "/api/price-estimates/?customer={customer}",
    "/api/service-price-list-items/?service={service}",
    "/api/merged-price-list-items/?service_uuid={service}",
    "/api/deliveries/?resource={resource}",
];

/// Nobody can do these.
pub const REFUSED: [(&str, &str); 5] = [
    ("put", "/api/resources/{uuid}/#customer missing"),
    ("put", "/api/services/{uuid}/#customer missing"),
    ("post", "/api/price-estimates/#scope customer"),
    ("post", "/api/price-estimates/#scope service"),
    ("post", "/api/price-estimates/#scope project"),
];
