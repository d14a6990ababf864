//! `rackhand passthru`: what only one make of hardware can do; no daemon.

use rackhand_core::operation::Action;
use serde_json::{Value, json};

use crate::Exit;
use crate::cli::Passthru;
use crate::client::arguments;
use crate::driver;
use crate::driver_info::Wrong;
use crate::out::{complain, say};
use crate::power::ask;

/// Carries out the command.
pub(crate) async fn main(passthru: Passthru) -> Exit {
    let device = &passthru.device;
    let driver = device.driver.as_str();
    let (result, took) = ask(device, action(&passthru)).await;
    let result = result.and_then(|outcome| Ok(driver::vendor_answer(outcome)?));
    let exit = result.as_ref().map_or_else(Wrong::exit, |_| Exit::Done);
    let (method, seconds) = (passthru.method.as_str(), took.as_secs_f64());
    match (result, device.json) {
        (Ok(answer), true) => {
            say(json!({ "driver": driver, "method": method, "result": answer, "seconds": seconds }));
        }
        (Ok(Value::Null), false) => {
            say("done");
        }
        (Ok(Value::String(text)), false) => {
            say(text);
        }
        (Ok(answer), false) => {
            say(format_args!("{answer:#}"));
        }
        (Err(wrong), true) => {
            say(json!({ "driver": driver, "method": method, "error": wrong.json(), "seconds": seconds }));
        }
        (Err(wrong), false) => complain(format_args!("rackhand: {}: {wrong}", wrong.name())),
    }
    exit
}

fn action(passthru: &Passthru) -> Result<Action, Wrong> {
    let (hardware, method) = (passthru.device.driver, passthru.method.as_str());
    let names: Vec<_> = driver::vendor_methods(hardware).map(|method| method.name).collect();
    if names.is_empty() {
        return Err(Wrong::Argument(format!("{hardware} has no vendor methods")));
    }
    if !names.contains(&method) {
        let method = method.escape_debug();
        return Err(Wrong::Argument(format!("{hardware} has no method '{method}'; it has {}", names.join(", "))));
    }
    let arguments = arguments(&passthru.arguments, passthru.body.as_deref());
    let arguments = arguments.map_err(|error| Wrong::Argument(error.to_string()))?;
    Ok(driver::vendor_action(method, &arguments)?)
}
