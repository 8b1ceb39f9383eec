//! Why usage waits here, and the hours that a person let go all the same.

use serde_json::Value;

use crate::admin::column::{Column, Show};
use crate::admin::declared::{Act, Field, List, On, Related};

pub(super) static LIST: List = List {
    name: "held",
    title: "Held",
    about: "Every reason for which usage waits here instead of going to Kill Bill, and what to mend. When it is mended, the hours go out by themselves.",
    api: "/api/holds/",
    columns: &[
        Column::new("Reason", "held", Show::Way("/admin/usage/?state=held&held={held}")).under("held_detail"),
        Column::new("What to do", "held_remedy", Show::Text),
        Column::new("Records", "record_count", Show::Number),
        Column::new("Resources", "resource_count", Show::Number).minor(),
        Column::new("Worth", "worth", Show::Sums),
        Column::new("Waits for", "age", Show::Age),
    ],
    filters: &[],
    counted: Some("record_count"),
    orders: &[],
    empty: "Nothing is held.",
    acts: &[
        Act {
            name: "examine",
            title: "Look at all of them again",
            about: "Looks at everything that is held once more, and lets go what can go now. Hours that may be billed are sent to Kill Bill.",
            api: "/api/holds/examine/",
            fields: &[],
            when: &[],
            on: On::All,
            body: Value::Object,
        },
        Act {
            name: "release",
            title: "Let far hours go",
            about: "Lets hours go that are held as ahead or too-old. They are treated like any other hour from then on: they may begin a subscription, and what Kill Bill does not bill any more becomes a charge.",
            api: "/api/holds/release/",
            fields: &[
                Field::new("resource", "Resource", "Its uuid."),
                Field::new("meter", "Meter", "Empty: all meters of the resource.").optional(),
                Field::new("from", "From hour", "Such as 2026-01-01T10:00:00Z."),
                Field::new("until", "Before hour", "The first hour that stays."),
                Field::new("reason", "Reason", "Stays with them."),
            ],
            when: &[],
            on: On::All,
            body: Value::Object,
        },
    ],
    thing: None,
    beside: &[Related::new("Hours that were let go", "/admin/released-hours/")],
};

pub(super) static RELEASES: List = List {
    name: "released-hours",
    title: "Hours that were let go",
    about: "Hours far from the clocks that a person let go, the latest first.",
    api: "/api/holds/releases/",
    columns: &[
        Column::new("Resource", "resource_name", Show::Link("resources", "resource_uuid")),
        Column::new("Meter", "meter", Show::Text),
        Column::new("From", "from", Show::Time),
        Column::new("Until", "until", Show::Time),
        Column::new("Records", "record_count", Show::Number),
        Column::new("By", "released_by", Show::Text).under("reason"),
        Column::new("At", "released_at", Show::Time),
    ],
    filters: &[],
    counted: None,
    orders: &[],
    empty: "No hours were let go.",
    acts: &[],
    thing: None,
    beside: &[Related::new("Held", "/admin/held/")],
};
