//! The API held to its contract, in one process: a router over a store in a folder of its own and simulated devices.

mod boot;
mod daemon;
mod described;
mod description;
mod health;
mod lists;
mod model;
mod node_manager;
mod normal;
mod ports;
mod property;
mod recorded;
mod script;
mod steps;
mod vendor;
