//! A story's catalog as Kill Bill takes it, version by version.

use chrono::SecondsFormat;

use super::story::{PLAN, Section, Shape, Story, UNITS, Version};

const OTHER: &str = r#"<plan name="other"><product>Other</product><finalPhase type="EVERGREEN"><duration><unit>UNLIMITED</unit></duration>
<fixed><fixedPrice/></fixed></finalPhase></plan>"#;

pub fn catalogs(story: &Story) -> Vec<String> {
    story.versions.iter().map(|version| catalog(story, version)).collect()
}

fn catalog(story: &Story, version: &Version) -> String {
    let units = UNITS.map(|unit| format!(r#"<unit name="{unit}"/>"#)).concat();
    let (plan, listed) = if version.retired {
        (String::new(), String::new())
    } else {
        (plan(story, version), format!("<plan>{PLAN}</plan>"))
    };
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<catalog xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><effectiveDate>{}</effectiveDate><catalogName>Judged</catalogName><recurringBillingMode>IN_ADVANCE</recurringBillingMode>
<currencies><currency>{}</currency></currencies><units>{units}</units>
<products><product name="Machine"><category>STANDALONE</category></product><product name="Other"><category>STANDALONE</category></product></products>
<rules><changePolicy><changePolicyCase><policy>IMMEDIATE</policy></changePolicyCase></changePolicy>
<cancelPolicy><cancelPolicyCase><policy>IMMEDIATE</policy></cancelPolicyCase></cancelPolicy>
<billingAlignment><billingAlignmentCase><alignment>{}</alignment></billingAlignmentCase></billingAlignment></rules>
<plans>{plan}{OTHER}</plans>
<priceLists><defaultPriceList name="DEFAULT"><plans>{listed}<plan>other</plan></plans></defaultPriceList></priceLists></catalog>"#,
        version.from.to_rfc3339_opts(SecondsFormat::Secs, true),
        story.currency,
        story.shape.alignment,
    )
}

fn plan(story: &Story, version: &Version) -> String {
    let Shape {
        trial, discount, term, ..
    } = story.shape;
    let claims = version.claims.map_or_else(String::new, |at| {
        let at = at.to_rfc3339_opts(SecondsFormat::Secs, true);
        format!("<effectiveDateForExistingSubscriptions>{at}</effectiveDateForExistingSubscriptions>")
    });
    let days = |days: u32| format!("<unit>DAYS</unit><number>{days}</number>");
    let trial = trial.map(|long| phase("phase", "TRIAL", &days(long), "<fixed><fixedPrice/></fixed>"));
    let discount = discount.map(|long| {
        phase(
            "phase",
            "DISCOUNT",
            &days(long),
            &priced(story, &version.discount, "less"),
        )
    });
    let initial: String = trial.into_iter().chain(discount).collect();
    let (kind, duration) = term.map_or_else(
        || ("EVERGREEN", "<unit>UNLIMITED</unit>".to_owned()),
        |long| ("FIXEDTERM", days(long)),
    );
    let last = phase("finalPhase", kind, &duration, &priced(story, &version.full, "full"));
    let initial = if initial.is_empty() {
        initial
    } else {
        format!("<initialPhases>{initial}</initialPhases>")
    };
    format!(r#"<plan name="{PLAN}">{claims}<product>Machine</product>{initial}{last}</plan>"#)
}

fn phase(element: &str, kind: &str, duration: &str, content: &str) -> String {
    format!("<{element} type=\"{kind}\"><duration>{duration}</duration>{content}</{element}>\n")
}

fn priced(story: &Story, sections: &[Section], name: &str) -> String {
    let own = story.shape.recurring.map_or_else(String::new, |period| {
        format!(
            "<recurring><billingPeriod>{period}</billingPeriod><recurringPrice>{}</recurringPrice></recurring>",
            price(story.currency, "7")
        )
    });
    let usages: String = sections.iter().map(|section| usage(story, section, name)).collect();
    format!("{own}<usages>{usages}</usages>")
}

fn usage(story: &Story, section: &Section, name: &str) -> String {
    let longest = section.units.iter().map(|priced| priced.tiers.len()).max().unwrap_or(0);
    let block = |place: usize| {
        let tiers = section
            .units
            .iter()
            .filter_map(|priced| Some((priced.unit, priced.tiers.get(place)?)));
        let blocks = tiers.map(|(unit, tier)| {
            let price = price(story.currency, &tier.price.to_string());
            format!(
                "<tieredBlock><unit>{unit}</unit><size>{}</size><prices>{price}</prices><max>{}</max></tieredBlock>",
                tier.size, tier.max
            )
        });
        blocks.collect::<String>()
    };
    let tiers = (0..longest).map(|place| format!("<tier><blocks>{}</blocks></tier>", block(place)));
    format!(
        "\n<usage name=\"{name}-{}\" billingMode=\"IN_ARREAR\" usageType=\"CONSUMABLE\" tierBlockPolicy=\"{}\"><billingPeriod>{}</billingPeriod><tiers>{}</tiers></usage>",
        section.name,
        if section.top_tier { "TOP_TIER" } else { "ALL_TIERS" },
        story.shape.period,
        tiers.collect::<String>()
    )
}

fn price(currency: &str, value: &str) -> String {
    format!("<price><currency>{currency}</currency><value>{value}</value></price>")
}
