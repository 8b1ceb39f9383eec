//! A month of a small cloud, as plain documents.

use chrono::NaiveDate;
use nodeconductor_billing::pdf::{
    Fact, InvoiceDocument, Line, Party, Period, Project, Resource, RoundingNote, Status, UsageDocument, UsageMeter,
    UsageResource,
};
use rust_decimal::{Decimal, dec};

pub fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

pub fn january() -> Period {
    Period {
        start: day(2026, 1, 1),
        end: day(2026, 2, 1),
    }
}

pub fn issuer() -> Party {
    Party {
        name: "Northern Cloud OÜ".into(),
        native_name: None,
        number: None,
        contact: [
            "Ülikooli 18, 50090 Tartu",
            "Estonia",
            "billing@northern.example",
            "VAT EE101234567",
        ]
        .map(Into::into)
        .into(),
    }
}

pub fn customer() -> Party {
    Party {
        name: "Žalgiris Research Institute".into(),
        native_name: Some("Žalgirio tyrimų institutas".into()),
        number: Some("10042".into()),
        contact: vec![
            "Attn. Jonas Petrauskas\nGedimino pr. 9".into(),
            "01103 Vilnius, Lithuania".into(),
        ],
    }
}

pub fn line(label: &str, quantity: Decimal, unit: &str, rate: Decimal) -> Line {
    Line {
        label: label.into(),
        quantity: Some(quantity),
        unit: unit.into(),
        rate: Some(rate),
        amount: (quantity * rate).round_dp(2),
        ..Line::default()
    }
}

pub fn charge(label: &str, amount: Decimal) -> Line {
    Line {
        label: label.into(),
        amount,
        ..Line::default()
    }
}

pub fn machine(name: &str, cores: u32) -> Resource {
    let hours = Decimal::from(cores * 744);
    Resource {
        name: name.into(),
        service: Some("Tartu cloud".into()),
        kind: Some("OpenStack.Instance".into()),
        lines: vec![
            line("CPU", hours, "hours", dec!(0.0125)),
            line("Memory", hours * dec!(4), "GB/h", dec!(0.004)),
            line("Storage", hours * dec!(20.5), "GB/h", dec!(0.00015)),
        ],
    }
}

pub fn project(name: &str, resources: Vec<Resource>) -> Project {
    Project {
        name: name.into(),
        resources,
    }
}

/// The total is the sum of the lines.
pub fn invoice(number: &str, projects: Vec<Project>, other: Vec<Line>) -> InvoiceDocument {
    let mut doc = InvoiceDocument {
        number: number.into(),
        currency: "EUR".into(),
        invoice_date: day(2026, 2, 1),
        due_date: Some(day(2026, 2, 15)),
        period: Some(january()),
        issuer: issuer(),
        customer: customer(),
        status: Status::Issued,
        projects,
        other,
        total: Decimal::ZERO,
        rounding: Vec::new(),
        balance: None,
        settled: Vec::new(),
        payment: vec![
            Fact::new("Bank", "Põhja Pank AS"),
            Fact::new("IBAN", "EE38 2200 2210 2014 5685"),
            Fact::new("Reference", "10042-1042"),
        ],
        notes: vec!["Prices without VAT. Reverse charge: the customer owes the tax.".into()],
    };
    doc.total = doc.difference() * dec!(-1);
    doc
}

/// Two projects, a credit and a licence: what most customers get.
pub fn ordinary() -> InvoiceDocument {
    let mut database = machine("db-01", 8);
    database
        .lines
        .push(line("Sample license title", dec!(744), "hours", dec!(0.05)));
    let web = project("Web shop", vec![machine("web-01", 2), machine("web-02", 2), database]);
    let research = project("Research", vec![machine("hpc-login", 4)]);
    let mut doc = invoice(
        "1042",
        vec![web, research],
        vec![charge("Goodwill credit for the outage on 12 January", dec!(-25))],
    );
    doc.rounding = vec![
        RoundingNote {
            name: "CPU, web-01".into(),
            amount: dec!(0.004),
        },
        RoundingNote {
            name: "Storage, db-01".into(),
            amount: dec!(-0.0032),
        },
    ];
    doc
}

/// `count` machines with three lines each over `projects` projects.
pub fn large(count: usize, projects: usize) -> InvoiceDocument {
    let machines: Vec<Resource> = (0..count)
        .map(|n| machine(&format!("vm-{n:03}"), [1, 2, 3, 4, 5, 6, 7, 8][n % 8]))
        .collect();
    let parts = machines.chunks(count.div_ceil(projects)).enumerate();
    invoice(
        "2001",
        parts
            .map(|(n, part)| project(&format!("Project {}", n + 1), part.to_vec()))
            .collect(),
        Vec::new(),
    )
}

pub fn meter(name: &str, unit: &str, rate: Decimal, days: Vec<Decimal>) -> UsageMeter {
    let quantity: Decimal = days.iter().sum();
    UsageMeter {
        name: name.into(),
        unit: unit.into(),
        hours: days.iter().map(|day| if day.is_zero() { 0 } else { 24 }).sum(),
        quantity,
        rate: Some(rate),
        amount: Some((quantity * rate).round_dp(2)),
        days,
    }
}

pub fn server_usage(name: &str, seed: u32) -> UsageResource {
    let days = |scale: u32| {
        (0..31u32)
            .map(|n| {
                Decimal::from(if n % 11 == seed % 11 {
                    0
                } else {
                    (n * 7 + seed * 5) % 19 * scale + 24
                })
            })
            .collect()
    };
    UsageResource {
        name: name.into(),
        project: Some("Web shop".into()),
        service: Some("Tartu cloud".into()),
        meters: vec![
            meter("CPU", "hours", dec!(0.0125), days(4)),
            meter("Memory", "GB/h", dec!(0.004), days(16)),
            meter("Storage", "GB/h", dec!(0.00015), vec![dec!(492.5); 31]),
        ],
    }
}

pub fn usage_report(resources: Vec<UsageResource>) -> UsageDocument {
    let total = resources
        .iter()
        .flat_map(|resource| &resource.meters)
        .map(|meter| meter.amount)
        .sum();
    UsageDocument {
        invoice_number: Some("1042".into()),
        currency: "EUR".into(),
        date: day(2026, 2, 1),
        period: january(),
        issuer: issuer(),
        customer: customer(),
        resources,
        total,
        notes: Vec::new(),
    }
}
