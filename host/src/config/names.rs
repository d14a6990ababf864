//! Names that are not known, and what may have been meant.

use serde_json::{Map, Value};

use super::Config;

/// How alike two names must be for one to be suggested.
const ALIKE: f64 = 0.8;

/// Ironic's way to write where something stands: `[api] port`.
pub(super) fn place(path: &str) -> String {
    match path.split_once('.') {
        Some((table, option)) => format!("[{table}] {option}"),
        None if path == "." => "the file".to_owned(),
        None => format!("[{path}]"),
    }
}

/// Says of each of these paths that it is not known.
pub(super) fn unknown(paths: &[String]) -> String {
    // The defaults name every option there is: those without a value are null.
    let known = match serde_json::to_value(Config::default()) {
        Ok(Value::Object(tables)) => tables,
        _ => Map::new(),
    };
    let all: Vec<_> = paths.iter().map(|path| one(path, &known)).collect();
    all.join("; ")
}

fn one(path: &str, known: &Map<String, Value>) -> String {
    let Some((table, option)) = path.split_once('.') else {
        let hint = meant(path, known.keys()).map(|it| format!("did you mean [{it}]?"));
        let hint = hint.or_else(|| elsewhere(path, known)).unwrap_or_else(|| format!("there are {}", tables(known)));
        return format!("there is no table [{}]: {hint}", path.escape_debug());
    };
    let options = known.get(table).and_then(Value::as_object);
    let hint = options.and_then(|options| meant(option, options.keys())).map(|it| format!("did you mean {it}?"));
    let hint = hint.or_else(|| elsewhere(option, known)).unwrap_or_else(|| {
        let names: Vec<_> = options.into_iter().flat_map(Map::keys).map(String::as_str).collect();
        format!("it has {}", names.join(", "))
    });
    format!("[{table}] has no option '{}': {hint}", option.escape_debug())
}

/// An option that stands in the wrong table, or in none.
fn elsewhere(option: &str, known: &Map<String, Value>) -> Option<String> {
    let mut tables = known.iter().filter(|(_, options)| options.get(option).is_some());
    tables.next().map(|(table, _)| format!("{option} is an option of [{table}]"))
}

fn meant<'a>(name: &str, known: impl Iterator<Item = &'a String>) -> Option<&'a String> {
    // Capitals and hyphens are the likeliest slips.
    let name = name.to_lowercase().replace('-', "_");
    let alike =
        known.map(|it| (strsim::jaro_winkler(&name, &it.to_lowercase()), it)).filter(|(alike, _)| *alike > ALIKE);
    alike.max_by(|one, other| one.0.total_cmp(&other.0)).map(|(_, it)| it)
}

fn tables(known: &Map<String, Value>) -> String {
    let names: Vec<_> = known.keys().map(|it| format!("[{it}]")).collect();
    names.join(", ")
}
