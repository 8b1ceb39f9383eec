//! The sums of a delivery per meter: what the ledger says Kill Bill holds is a sum over these, so they are written here only.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use sqlx::PgConnection;

/// A record that a delivery carries: meter, Kill Bill's unit, factor, what it adds in the meter's unit.
pub(in crate::db) type Carried<'r> = (i16, &'r str, Decimal, Decimal);

/// Writes the sums of the records that a delivery carries.
pub(in crate::db) async fn insert_units<'r>(
    tx: &mut PgConnection,
    delivery_id: i64,
    rows: impl Iterator<Item = Carried<'r>>,
) -> sqlx::Result<()> {
    let mut sums: BTreeMap<i16, (&str, Decimal, i32, Decimal)> = BTreeMap::new();
    for (meter_id, unit, factor, delta) in rows {
        let sum = sums.entry(meter_id).or_insert((unit, factor, 0, Decimal::ZERO));
        sum.2 += 1;
        sum.3 += delta;
    }
    for (meter_id, (unit, factor, records, quantity)) in sums {
        sqlx::query(
            "insert into delivery_unit (delivery_id, meter_id, unit, factor, records, quantity, amount)
             values ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(delivery_id)
        .bind(meter_id)
        .bind(unit)
        .bind(factor)
        .bind(records)
        .bind(quantity)
        .bind(quantity * factor)
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}
