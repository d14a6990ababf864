//! `rackhand driver`.

use serde_json::{Map, Value, json};

use super::api::Api;
use super::args::DriverCommand;
use super::error::Error;
use super::print;
use crate::Exit;

pub(super) async fn main(api: &Api, what: &DriverCommand, as_json: bool) -> Result<Exit, Error> {
    match what {
        DriverCommand::List { long } => list(api, *long, as_json).await,
        DriverCommand::Show { driver } => show(&api.get(&["drivers", driver], &[]).await?, as_json),
        DriverCommand::Properties { driver } => show(&api.get(&["drivers", driver, "properties"], &[]).await?, as_json),
    }
}

async fn list(api: &Api, long: bool, as_json: bool) -> Result<Exit, Error> {
    let query: &[_] = if long { &[("detail", "True")] } else { &[] };
    let mut answer = api.get(&["drivers"], query).await?;
    let Some(Value::Array(drivers)) = answer.get_mut("drivers").map(Value::take) else {
        return Err(Error::foreign("the answer has no list of drivers"));
    };
    if as_json {
        print::json(&Value::Array(drivers));
        return Ok(Exit::Done);
    }
    let rows = drivers.into_iter().map(|driver| {
        let hosts = driver.get("hosts").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        let mut row = Map::from_iter([("hosts".to_owned(), json!(hosts.collect::<Vec<_>>().join(" ")))]);
        row.insert("name".to_owned(), json!(driver.get("name")));
        for interface in ["power", "management", "vendor"] {
            row.insert(interface.to_owned(), json!(driver.get(format!("default_{interface}_interface"))));
        }
        row
    });
    let columns: &[&str] = if long { &["name", "hosts", "power", "management", "vendor"] } else { &["name", "hosts"] };
    print::table(columns, &rows.collect::<Vec<_>>());
    Ok(Exit::Done)
}

fn show(object: &Value, as_json: bool) -> Result<Exit, Error> {
    if as_json {
        print::json(object);
    } else {
        print::fields(object.as_object().ok_or_else(|| Error::foreign("the answer is no object"))?);
    }
    Ok(Exit::Done)
}
