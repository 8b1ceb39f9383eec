//! Names, some of which Kill Bill does not take: the model's tables hold no characters of four bytes.

use nodeconductor_billing::domain::plain_name;

use super::world::World;

impl World<'_> {
    /// A name of somebody or something; one in four is refused as it is.
    pub fn a_name(&mut self, what: &str, number: usize) -> String {
        if self.dice.chance(25) {
            format!("{what} 🚀 {number}")
        } else {
            format!("{what} {number}")
        }
    }

    /// In the end Kill Bill has every name, with a mark for what it does not take.
    pub async fn names(&self) -> Vec<String> {
        let named: Vec<(String, String)> = sqlx::query_as(
            "select c.account_id::text, c.name from customer c where c.account_id is not null
             union all select s.killbill_id::text, r.name from subscription s join resource r on r.id = s.resource_id
             where s.ended_at is null and r.customer_id is not null order by 1",
        )
        .fetch_all(self.ground.pool())
        .await
        .expect("our own database");
        let books = self.ground.model.books();
        let accounts = books.accounts.iter().map(|one| (one.id, one.name.clone()));
        let fields = books.subscriptions.iter().map(|one| {
            let field = one.fields.iter().find(|field| field.name == "resource_name");
            (one.id, field.map(|field| field.value.clone()))
        });
        let told: Vec<(String, Option<String>)> = accounts
            .chain(fields)
            .map(|(id, name)| (id.to_string(), name))
            .collect();
        let shown = |id: &String| {
            told.iter()
                .find(|(one, _)| one == id)
                .and_then(|(_, name)| name.clone())
        };
        let wrong = named
            .iter()
            .filter(|(id, name)| shown(id).as_deref() != Some(plain_name::forms(name)[1].as_str()));
        wrong
            .map(|(id, name)| format!("NAMES: {name:?} is {:?} in Kill Bill", shown(id)))
            .collect()
    }
}
