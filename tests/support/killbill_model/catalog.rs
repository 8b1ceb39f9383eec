//! `/catalog`: versions of the price list, kept and given back as XML.

use serde_json::json;

use super::answer::Answer;
use super::books::Books;
use super::prices::PriceList;
use super::wire::Request;

impl Books {
    pub fn catalog_call(&mut self, request: &Request) -> Answer {
        match (request.method.as_str(), request.segments().as_slice()) {
            ("POST", ["catalog", "xml"]) => self.upload(&String::from_utf8_lossy(&request.body)),
            ("POST", ["catalog", "xml", "validate"]) => Answer::json(&json!({"catalogValidationErrors": []})),
            ("GET", ["catalog", "xml"]) => Answer::xml(self.all_versions()),
            ("GET", ["catalog", "versions"]) => {
                Answer::json(&self.versions.iter().map(|version| json!(version.effective)).collect())
            }
            _ => Answer::page(404),
        }
    }

    pub fn upload(&mut self, xml: &str) -> Answer {
        let new = PriceList::read(xml).filter(|new| self.versions.iter().all(|known| known.effective != new.effective));
        let Some(new) = new else {
            return Answer::complaint(400, Some(2080), "Invalid catalog for tenant");
        };
        self.versions.push(new);
        Answer::created("catalog", self.new_id())
    }

    fn all_versions(&self) -> String {
        let mut versions: Vec<_> = self.versions.iter().collect();
        versions.sort_by_key(|version| version.effective);
        let versions: Vec<String> = versions
            .iter()
            .map(|version| format!("<version>{}</version>", version.inner))
            .collect();
        format!("<catalogs><versions>{}</versions></catalogs>", versions.concat())
    }
}
