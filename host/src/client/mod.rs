//! `rackhand node`, `rackhand driver` and `rackhand enroll`: the command line's side of the API, for people without Ironic's own
//! client. Works with every Ironic.

mod api;
mod args;
mod boot_device;
mod change;
mod connect;
mod driver;
mod enroll;
mod error;
mod hosts;
mod list;
mod many;
mod node;
mod passthru;
mod port;
mod power;
mod print;
mod provision;
#[cfg(test)]
mod stand_in;
#[cfg(test)]
mod tests;
mod tls;
mod values;
mod wait;

pub(crate) use api::Api;
pub(crate) use args::{Driver, Node};
use args::{DriverCommand, NodeCommand};
pub(crate) use enroll::Enroll;
use error::Error;
pub(crate) use passthru::arguments;

use crate::Exit;

/// Carries out `rackhand node`.
pub(crate) async fn node(node: Node) -> Exit {
    let as_json = node.daemon.json;
    let done = match Api::new(&node.daemon, &connect::environment) {
        Ok(api) => on_nodes(&api, &node.what, as_json).await,
        Err(error) => Err(error),
    };
    done.unwrap_or_else(|error| print::failed(&error, as_json))
}

/// Carries out `rackhand driver`.
pub(crate) async fn driver(driver: Driver) -> Exit {
    let as_json = driver.daemon.json;
    let done = match Api::new(&driver.daemon, &connect::environment) {
        Ok(api) => on_drivers(&api, &driver.what, as_json).await,
        Err(error) => Err(error),
    };
    done.unwrap_or_else(|error| print::failed(&error, as_json))
}

/// Carries out `rackhand enroll`.
pub(crate) async fn enroll(enroll: Enroll) -> Exit {
    let as_json = enroll.daemon.json;
    let done = match Api::new(&enroll.daemon, &connect::environment) {
        Ok(api) => on_source(&api, &enroll).await,
        Err(error) => Err(error),
    };
    done.unwrap_or_else(|error| print::failed(&error, as_json))
}

async fn on_source(api: &Api, enroll: &Enroll) -> Result<Exit, Error> {
    match &enroll.source {
        enroll::Source::Libvirt(libvirt) => enroll::libvirt(api, libvirt, &enroll.daemon).await,
    }
}

async fn on_drivers(api: &Api, what: &DriverCommand, as_json: bool) -> Result<Exit, Error> {
    driver::main(api, what, as_json).await
}

async fn on_nodes(api: &Api, what: &NodeCommand, as_json: bool) -> Result<Exit, Error> {
    Ok(match what {
        NodeCommand::List(list) => node::list(api, list, as_json).await?,
        NodeCommand::Show { nodes, fields } => {
            node::show(api, &many::nodes(&nodes.nodes)?, fields.as_deref(), as_json).await
        }
        NodeCommand::Create(create) => change::create(api, create, as_json).await?,
        NodeCommand::Set { nodes, settings, driver, name } => {
            let nodes = many::nodes(&nodes.nodes)?;
            change::set(api, &nodes, settings, driver.as_deref(), name.as_deref(), as_json).await?
        }
        NodeCommand::Unset(unset) => change::unset(api, &many::nodes(&unset.nodes.nodes)?, unset, as_json).await?,
        NodeCommand::Delete(nodes) => node::delete(api, &many::nodes(&nodes.nodes)?, as_json).await,
        NodeCommand::Power(power) => power::main(api, power, as_json).await?,
        NodeCommand::Manage(nodes) => provision::main(api, "manage", "manageable", nodes, as_json).await?,
        NodeCommand::Provide(nodes) => provision::main(api, "provide", "available", nodes, as_json).await?,
        NodeCommand::Maintenance(maintenance) => provision::maintenance(api, maintenance, as_json).await?,
        NodeCommand::Validate(nodes) => node::validate(api, &many::nodes(&nodes.nodes)?, as_json).await,
        NodeCommand::BootDevice(what) => boot_device::main(api, what, as_json).await?,
        NodeCommand::Passthru(passthru) => passthru::main(api, passthru, as_json).await?,
        NodeCommand::Port(port) => port::main(api, port, as_json).await?,
    })
}
