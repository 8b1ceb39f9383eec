//! `/tenants`: the model has one and lets everybody in.

use serde_json::json;

use super::answer::Answer;
use super::books::Books;
use super::wire::Request;

impl Books {
    pub fn tenants_call(&mut self, request: &Request) -> Answer {
        match (request.method.as_str(), request.segments().as_slice()) {
            ("POST", ["tenants"]) => Answer::created("tenants", self.new_id()),
            ("GET", ["nodesInfo"]) => Answer::json(&json!([{"kbVersion": "0.24.19"}])),
            ("GET", ["tenants", "registerNotificationCallback"]) => {
                let values: Vec<_> = self.callback.iter().collect();
                Answer::json(&json!({"key": "PUSH_NOTIFICATION_CB", "values": values}))
            }
            ("POST", ["tenants", "registerNotificationCallback"]) => {
                self.callback = request.query("cb").map(str::to_owned);
                Answer::created("tenants", self.new_id())
            }
            ("POST", ["tenants", "uploadPerTenantConfig"]) => {
                self.config = String::from_utf8(request.body.clone()).ok();
                Answer::created("tenants", self.new_id())
            }
            ("GET", ["tenants", "uploadPerTenantConfig"]) => {
                let values: Vec<_> = self.config.iter().collect();
                Answer::json(&json!({"key": "PER_TENANT_CONFIG", "values": values}))
            }
            _ => Answer::page(404),
        }
    }
}
