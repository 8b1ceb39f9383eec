//! `/subscriptions/{id}/customFields`: several of one name are allowed, as in the real one.

use serde_json::{Value, json};

use super::answer::{Answer, id, text};
use super::books::{Books, Field};
use super::wire::Request;

impl Books {
    pub fn fields_call(&mut self, request: &Request) -> Answer {
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let Some(subscription) = request.path[1]
            .parse()
            .ok()
            .filter(|id| self.subscription(*id).is_some())
        else {
            return Answer::unknown(&request.path[1]);
        };
        let given = body.as_array().cloned().unwrap_or_default();
        let ids: Vec<_> = given.iter().map(|_| self.new_id()).collect();
        let fields = &mut self.subscription_mut(subscription).expect("looked up").fields;
        match request.method.as_str() {
            "GET" => {
                let shown = fields.iter().map(|field| {
                    json!({"customFieldId": field.id, "objectId": subscription, "name": field.name, "value": field.value})
                });
                return Answer::json(&shown.collect());
            }
            "POST" => fields.extend(given.iter().zip(ids).map(|(new, id)| Field {
                id,
                name: text(new, "name").unwrap_or_default(),
                value: text(new, "value").unwrap_or_default(),
            })),
            _ => {
                for change in &given {
                    let changed = fields
                        .iter_mut()
                        .find(|field| Some(field.id) == id(change, "customFieldId"));
                    if let Some(field) = changed {
                        field.value = text(change, "value").unwrap_or_default();
                    }
                }
                return Answer::empty(204);
            }
        }
        Answer::created("subscriptions", subscription)
    }
}
