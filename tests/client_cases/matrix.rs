//! Who may do what: every operation of the router's own description, called by everybody on everybody's things, as one
//! table. The table is `docs/permissions.md`; a new route, or another answer, differs from it and fails here.
//! After looking at the difference: BLESS=1 cargo test --test clients matrix

use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use super::callers::{CALLERS, Callers};
use super::rules::rule;
use super::stand_in::{Generation, StandIn};
use super::things::Things;
use super::variants::{READS, REFUSED};

const VERBS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

struct Row {
    verb: String,
    path: String,
    /// Whom the description lets call it; none when it does not say.
    may_call: Option<Vec<String>>,
    cells: Vec<Vec<String>>,
}

#[tokio::test]
async fn every_route_answers_everybody_as_the_table_says() {
    let nodeconductor = StandIn::start(Generation::Newest).await;
    let world = nodeconductor.world(Duration::from_mins(1)).await;
    let callers = Callers::new(&world, &nodeconductor).await;
    let mut things = Things::new(&world).await;
    let document = world.get("/api/schema/").await.json();
    // Before writes add to what there is.
    let mut variants = Vec::new();
    for (verb, path) in READS.into_iter().map(|path| ("get", path)).chain(REFUSED) {
        variants.push(row(&mut things, &callers, verb, path, &Value::Null).await);
    }
    let mut rows = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for verb in VERBS.iter().filter(|verb| item.get(**verb).is_some()) {
            rows.push(row(&mut things, &callers, verb, path, &item[*verb]).await);
        }
    }
    rows.extend(variants);
    let table = table(&rows);
    let file = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/permissions.md"));
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(file, &table).unwrap();
    }
    let kept = std::fs::read_to_string(file).unwrap_or_default();
    for line in table.lines().filter(|line| !kept.contains(line)) {
        println!("not in docs/permissions.md: {line}");
    }
    rows.iter().for_each(assert_rule);
    assert!(
        kept == table,
        "the permissions have changed: see above, then BLESS=1 cargo test --test clients matrix"
    );
}

async fn row(things: &mut Things<'_>, callers: &Callers, verb: &str, path: &str, operation: &Value) -> Row {
    let may_call = operation["x-may-call"].as_array();
    let may_call = may_call.map(|all| all.iter().map(|one| one.as_str().unwrap().to_owned()).collect());
    let mut cells = Vec::new();
    for caller in CALLERS {
        let mut cell = Vec::new();
        for whose in things.whose(verb, path) {
            let mut answers = Vec::new();
            for token in callers.tokens(caller) {
                answers.push(things.call(token, verb, path, *whose).await);
            }
            let alike = answers.iter().all(|answer| *answer == answers[0]);
            assert!(
                alike,
                "{verb} {path}, {caller}: {answers:?} by our token and by NodeConductor's"
            );
            cell.push(answers.swap_remove(0));
        }
        cells.push(cell);
    }
    let (verb, path) = (verb.to_uppercase(), path.to_owned());
    Row {
        verb,
        path,
        may_call,
        cells,
    }
}

/// What is read has a rule of its own, and what is written says who may.
#[track_caller]
fn assert_rule(row: &Row) {
    let name = format!("{} {}", row.verb, row.path);
    if row.verb == "GET" {
        return rule(&row.path).hold(&name, &row.cells);
    }
    if row.path.contains('#') {
        let done = row.cells.iter().flatten().any(|status| status.starts_with('2'));
        return assert!(!done, "{name}: {:?}", row.cells);
    }
    assert_description_is_true(row, &name);
}

/// What writes must say who may, as OPTIONS offers it to callers: whoever it lists can do it to something, nobody else to
/// anything. A 400 says that the caller may not even see what the body names, as NodeConductor answered.
#[track_caller]
fn assert_description_is_true(row: &Row, name: &str) {
    let Row { may_call, cells, .. } = row;
    if name.contains("/killbill/notifications/") {
        return;
    }
    let may_call = may_call
        .as_ref()
        .unwrap_or_else(|| panic!("{name} lacks x-may-call: who may call it?"));
    for (caller, cell) in CALLERS.iter().zip(cells) {
        let role = caller.trim_start_matches("other ");
        let listed = may_call.iter().any(|one| one == role);
        // Without a mail server nothing is ever sent: who may try is told so.
        let told = |status: &str| name.ends_with("/send_notification/") && status == "409";
        let done = cell.iter().any(|status| status.starts_with('2') || told(status));
        assert_eq!(listed, done, "{name}, {caller}: {cell:?}");
    }
}

fn table(rows: &[Row]) -> String {
    let mut text = String::from(
        "# Who may do what\n\nGenerated by `BLESS=1 cargo test --test clients matrix` from the API's own description, by calling each operation as\n\
         everybody. A cell has the answers for the owner's thing, another customer's thing, and one that does not exist, named by the\n\
         path, by a filter or by the body; one answer stands for three that are equal. In brackets: how much is seen of the owner's and\n\
         the other's together (rows of a list, lines of a file, customers of a report; of `holds` the records, of\n\
         `merged-price-list-items` with a service the prices that it sets itself). `nobody` is a user of NodeConductor's who owns nothing.\n\
         Owners, support and staff were asked twice, with a token of ours and with one of NodeConductor's, and answered alike. 400: the\n\
         filter or the body names what the caller may not see, or what is not there. `{foreign}` is a line of another customer's invoice;\n\
         behind `#` stands what is wrong with the body.\n\n",
    );
    let titles = (CALLERS.join(" | "), " --- |".repeat(CALLERS.len() + 1));
    text.extend([format!("| operation | {} |\n|{}\n", titles.0, titles.1)]);
    for row in rows {
        let cells = row.cells.iter().map(|cell| shown(cell));
        let cells = cells.collect::<Vec<_>>().join(" | ");
        text.extend([format!("| {} {} | {cells} |\n", row.verb, row.path)]);
    }
    text
}

fn shown(cell: &[String]) -> String {
    if cell.iter().all(|one| *one == cell[0]) {
        cell[0].clone()
    } else {
        cell.join(" / ")
    }
}
