//! Where in a catalog's text its plans, phases, usages and units stand: for whoever has to mend what was found there.

use std::fmt;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// An element of a plan, with the line on which it begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    pub plan: String,
    /// `TRIAL`, `EVERGREEN`, …
    pub phase: Option<String>,
    pub usage: Option<String>,
    pub unit: Option<String>,
    pub line: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, plan {}", self.line, self.plan)?;
        let parts = [("phase", &self.phase), ("usage", &self.usage), ("unit", &self.unit)];
        for (word, name) in parts {
            if let Some(name) = name {
                write!(f, " / {word} {name}")?;
            }
        }
        Ok(())
    }
}

/// The elements of one version in their order; its first line has the number `first_line`. What is no XML has none.
pub(super) fn of(document: &str, first_line: usize) -> Vec<Place> {
    let mut walk = Walk {
        path: Vec::new(),
        here: Place::default(),
        found: Vec::new(),
    };
    let mut reader = Reader::from_str(document);
    let (mut line, mut counted) = (first_line, 0);
    loop {
        let event = reader.read_event();
        match event {
            Ok(Event::Start(element)) => walk.enter(&element, line),
            Ok(Event::End(_)) => walk.leave(),
            Ok(Event::Text(text)) => walk.text(text.trim(), line),
            Ok(Event::Eof) | Err(_) => return walk.found,
            Ok(_) => {}
        }
        let position = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        line += document
            .get(counted..position)
            .unwrap_or_default()
            .matches('\n')
            .count();
        counted = position;
    }
}

/// The most exact of the places that a plan, a usage of it and a unit of that have.
#[must_use]
pub fn find<'p>(
    places: &'p [Place],
    plan: &str,
    phase: Option<&str>,
    usage: Option<&str>,
    unit: Option<&str>,
) -> Option<&'p Place> {
    let is = |wanted: Option<&str>, has: &Option<String>| has.is_none() || wanted.is_none() || wanted == has.as_deref();
    let fits = |place: &&Place| {
        place.plan == plan && is(phase, &place.phase) && is(usage, &place.usage) && is(unit, &place.unit)
    };
    let depth = |place: &Place| {
        let named = |asked: Option<&str>, has: &Option<String>| usize::from(asked.is_some() && has.is_some());
        let asked = named(phase, &place.phase) + 2 * named(usage, &place.usage) + 4 * named(unit, &place.unit);
        let beyond =
            usize::from(place.unit.is_some()) + usize::from(place.usage.is_some()) + usize::from(place.phase.is_some());
        (asked, std::cmp::Reverse(beyond), std::cmp::Reverse(place.line))
    };
    places.iter().filter(fits).max_by_key(|place| depth(place))
}

/// The way through the elements.
struct Walk {
    path: Vec<String>,
    here: Place,
    found: Vec<Place>,
}

impl Walk {
    fn enter(&mut self, element: &BytesStart<'_>, line: usize) {
        let name = element.local_name().as_ref().to_owned();
        let attribute = |key: &str| {
            let found = element.try_get_attribute(key).ok().flatten()?;
            Some(found.value.to_string())
        };
        let parent = self.path.last().map(String::as_str);
        match (parent, name.as_str()) {
            (Some("plans"), "plan") => {
                self.here = Place::default();
                self.here.plan = attribute("name").unwrap_or_default();
                self.note(line);
            }
            (_, "phase" | "finalPhase") if !self.here.plan.is_empty() => {
                (self.here.phase, self.here.usage) = (attribute("type"), None);
                self.note(line);
            }
            (_, "usage") => {
                self.here.usage = attribute("name");
                self.note(line);
            }
            _ => {}
        }
        self.path.push(name);
    }

    fn leave(&mut self) {
        self.path.pop();
    }

    fn text(&mut self, text: &str, line: usize) {
        let mut up = self.path.iter().rev().map(String::as_str);
        if let (Some("unit"), Some("tieredBlock" | "limit")) = (up.next(), up.next())
            && !text.is_empty()
        {
            self.here.unit = Some(text.to_owned());
            self.note(line);
            self.here.unit = None;
        }
    }

    fn note(&mut self, line: usize) {
        if !self.here.plan.is_empty() {
            self.found.push(Place {
                line,
                ..self.here.clone()
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"<catalog>
<plans>
 <plan name="vm">
  <initialPhases><phase type="TRIAL">
   <usages><usage name="vm-trial"><tiers><tier><blocks><tieredBlock>
    <unit>cpu</unit></tieredBlock></blocks></tier></tiers></usage></usages></phase></initialPhases>
  <finalPhase type="EVERGREEN">
   <usages><usage name="vm-cpu"><tiers><tier><blocks><tieredBlock>
    <unit>cpu</unit></tieredBlock></blocks></tier></tiers></usage></usages></finalPhase>
 </plan>
</plans>
<priceLists><defaultPriceList><plans><plan>vm</plan></plans></defaultPriceList></priceLists></catalog>"#;

    #[test]
    fn every_element_has_the_line_on_which_it_begins() {
        let places = of(TEXT, 1);
        let line = |phase, usage, unit| find(&places, "vm", phase, usage, unit).map(|place| place.line);
        assert_eq!(line(None, None, None), Some(3));
        assert_eq!(line(Some("TRIAL"), None, Some("cpu")), Some(6));
        assert_eq!(line(Some("EVERGREEN"), None, None), Some(7));
        assert_eq!(line(None, Some("vm-cpu"), None), Some(8));
        assert_eq!(line(Some("EVERGREEN"), None, Some("cpu")), Some(9));
        assert_eq!(find(&places, "db", None, None, None), None);
        let last = find(&places, "vm", None, Some("vm-cpu"), Some("cpu")).unwrap();
        assert_eq!(
            last.to_string(),
            "line 9, plan vm / phase EVERGREEN / usage vm-cpu / unit cpu"
        );
    }
}
