//! What a declaration is made of.

use serde::Deserialize;
use utoipa::ToSchema;

use crate::db::gaps::NewDeclaration;
use crate::domain::text;
use crate::http::form::Form;
use crate::http::ids::Id;
use crate::http::instants::HourText;
use crate::http::problem::Answer;

/// Hours in which a resource consumed nothing on purpose.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeclareBody {
    /// uuid or address.
    #[schema(example = "6e08f48681834ba5aadd426a0abe9282")]
    resource: Id,
    /// All meters of the resource when absent.
    #[schema(pattern = r"^[^\x00]*$", example = "cpu")]
    meter: Option<String>,
    /// First instant of the first hour, on the hour.
    #[schema(value_type = HourText)]
    from: String,
    /// First instant after the last hour, on the hour; absent: until usage comes again.
    #[schema(value_type = Option<HourText>)]
    until: Option<String>,
    /// Why, such as `stopped by its owner`.
    #[schema(
        max_length = 255,
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$",
        example = "stopped by its owner"
    )]
    reason: String,
}

impl DeclareBody {
    /// The declaration, said by `by`.
    ///
    /// # Errors
    /// 400 with each wrong field.
    pub fn declaration(self, by: &str) -> Answer<NewDeclaration> {
        let mut form = Form::default();
        let from = form.hour("from", &self.from);
        let until = self.until.as_deref().and_then(|until| form.hour("until", until));
        let reason = form.take("reason", text::name(&self.reason, 255));
        form.without_nul("meter", self.meter.as_deref());
        form.ordered(from, until);
        let declaration = NewDeclaration {
            resource: self.resource.0,
            meter: self.meter,
            starts: from.unwrap_or_default(),
            ends: until,
            reason,
            by: by.to_owned(),
        };
        form.done().map(|()| declaration)
    }
}
