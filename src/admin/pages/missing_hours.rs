//! Hours for which nothing was pushed, and those that were declared to be meant so.

use serde_json::Value;

use crate::admin::column::{Column, Show};
use crate::admin::declared::{Act, Field, Filter, Input, List, On, Related};

const RESOURCE: Column = Column::new("Resource", "resource_name", Show::Link("resources", "resource_uuid"));
const FROM: Column = Column::new("From", "from", Show::Time);
const UNTIL: Column = Column::new("Until", "until", Show::Time);

pub(super) static LIST: List = List {
    name: "missing-hours",
    title: "Missing hours",
    about: "Holes in the usage of running resources: nothing was pushed for these hours, so nothing of them is billed.",
    api: "/api/missing-hours/",
    columns: &[
        RESOURCE.under("customer_name"),
        Column::new("Meter", "meter", Show::Text),
        FROM,
        UNTIL,
        Column::new("Hours", "hours", Show::Number),
        Column::new("Usual quantity", "typical_quantity", Show::Number).minor(),
        Column::new("Worth", "worth", Show::Money("currency")),
        Column::new(
            "Meant so",
            "declared",
            Show::Offer(
                "/admin/missing-hours/do/declare/?resource={resource_uuid}&meter={meter}&from={from}&until={until}",
            ),
        ),
    ],
    filters: &[
        Filter::new("declared", "Declared", Input::Words(|| vec!["false", "true"])),
        Filter::new("meter", "Meter", Input::Text),
        Filter::new("resource", "Resource", Input::Uuid),
        Filter::new("customer", "Customer", Input::Uuid),
    ],
    counted: None,
    orders: &[],
    empty: "No hours are missing.",
    acts: &[Act {
        name: "declare",
        title: "Declare hours to be meant so",
        about: "Says that the resource consumed nothing in these hours on purpose. They are not counted as missing any more; usage that still comes for them is billed as always.",
        api: "/api/missing-hours/declare/",
        fields: &[
            Field::new("resource", "Resource", "Its uuid."),
            Field::new("meter", "Meter", "Empty: all meters of the resource.").optional(),
            Field::new("from", "From hour", "Such as 2026-01-01T10:00:00Z."),
            Field::new("until", "Before hour", "Empty: until usage comes again.").optional(),
            Field::new("reason", "Reason", "Such as: stopped by its owner."),
        ],
        when: &[],
        on: On::All,
        body: Value::Object,
    }],
    thing: None,
    beside: &[Related::new("What was declared", "/admin/declared-hours/")],
};

pub(super) static DECLARATIONS: List = List {
    name: "declared-hours",
    title: "Declared hours",
    about: "Hours without usage that somebody declared to be meant so.",
    api: "/api/missing-hours/declarations/",
    columns: &[
        RESOURCE,
        Column::new("Meter", "meter", Show::Text),
        FROM,
        UNTIL,
        Column::new("By", "declared_by", Show::Text).under("reason"),
        Column::new("At", "declared_at", Show::Time).minor(),
        Column::new("Withdrawn", "withdrawn_at", Show::Time),
    ],
    filters: &[],
    counted: None,
    orders: &[],
    empty: "Nothing was declared.",
    acts: &[Act {
        name: "withdraw",
        title: "Withdraw",
        about: "The hours count as missing again from the next look.",
        api: "/api/missing-hours/declarations/{uuid}/withdraw/",
        fields: &[],
        when: &[],
        on: On::Things,
        body: Value::Object,
    }],
    thing: None,
    beside: &[Related::new("Missing hours", "/admin/missing-hours/")],
};
