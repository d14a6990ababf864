//! The demo's table.

use std::time::Duration;

use comfy_table::{Cell, ContentArrangement, Table, presets};

use super::{Row, STEPS};

/// A row for each hardware type.
pub(super) fn table(rows: &[Row]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Disabled);
    let steps = STEPS.iter().map(ToString::to_string);
    table.set_header(
        ["hardware type", "device"].into_iter().map(str::to_owned).chain(steps).chain(["result".to_owned()]),
    );
    for row in rows {
        let mut cells = vec![Cell::new(row.hardware), Cell::new(&row.place)];
        for place in 0..STEPS.len() {
            cells.push(Cell::new(
                row.steps
                    .get(place)
                    .map_or_else(|| "-".to_owned(), |step| format!("{}, {}", step.words, in_words(step.took))),
            ));
        }
        cells.push(Cell::new(row.missing.unwrap_or(if row.well() { "ok" } else { "FAILED" })));
        table.add_row(cells);
    }
    table
}

/// A time as a person would say it.
pub(super) fn in_words(took: Duration) -> String {
    if took < Duration::from_secs(1) {
        format!("{:.1} ms", took.as_secs_f64() * 1000.0)
    } else {
        format!("{:.1} s", took.as_secs_f64())
    }
}
