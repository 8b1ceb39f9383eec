//! Bars, drawn on the server: a picture of a few numbers, with each number as a text for those who do not see it.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

/// Height of the tallest bar.
const HEIGHT: i64 = 80;

/// One bar of a chart whose bars stand 20 apart.
pub(super) struct Bar {
    pub(super) x: usize,
    pub(super) y: i64,
    pub(super) height: i64,
    pub(super) label: String,
    pub(super) value: String,
}

/// Bars for `values`, the tallest as high as the picture. What is less than nothing has no height.
pub(super) fn bars(values: &[(String, Decimal)]) -> Vec<Bar> {
    let tallest = values.iter().map(|(_, value)| *value).max().unwrap_or_default();
    let height = |value: Decimal| {
        let part = value.checked_div(tallest).unwrap_or_default() * Decimal::from(HEIGHT);
        part.max(Decimal::ZERO).round().to_i64().unwrap_or_default()
    };
    let bar = |(number, (label, value)): (usize, &(String, Decimal))| Bar {
        x: number * 20,
        y: HEIGHT - height(*value),
        height: height(*value),
        label: label.clone(),
        value: value.normalize().to_string(),
    };
    values.iter().enumerate().map(bar).collect()
}

#[cfg(test)]
mod tests {
    use rust_decimal::dec;

    use super::*;

    #[test]
    fn the_tallest_fills_the_picture_and_a_credit_has_no_height() {
        let drawn = bars(&[
            ("a".to_owned(), dec!(2)),
            ("b".to_owned(), dec!(4)),
            ("c".to_owned(), dec!(-1)),
        ]);
        let heights: Vec<i64> = drawn.iter().map(|bar| bar.height).collect();
        assert_eq!(heights, [40, 80, 0]);
        assert_eq!((drawn[1].x, drawn[1].y), (20, 0));
        assert!(bars(&[]).is_empty());
        assert_eq!(bars(&[("a".to_owned(), dec!(0))])[0].height, 0);
    }
}
