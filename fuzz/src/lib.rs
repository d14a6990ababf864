//! The bodies of the fuzz targets as plain functions on stable: each takes any bytes and panics when a promise is broken.
//!
//! `fuzz_targets/` hands each of them to libFuzzer, `run` lets that fuzz all of them for a while, and the tests replay
//! `corpus/<target>/*` through [`TARGETS`]. The bytes are read as decisions where a target is more than a decoder: what the
//! network does, what the device says, when time passes. Whatever made a target fail once stays in its corpus.

mod amt;
mod drive;
mod dxp;
mod ethernet;
mod http;
mod ipmi;
mod libvirt_definition;
mod libvirt_uri;
mod nm;
mod operation;
mod relay;
mod responder;
mod runner;
mod script;
mod sim;
mod sim_amt;
mod sim_bmc;
mod wol;
pub mod wsman;

use rackhand_core::buffer::TxWriter;

pub use amt::{amt_engine, amt_set_power};
pub use drive::drive;
pub use dxp::{dxp_device, dxp_engine, dxp_hello, dxp_pair, dxp_request, dxp_tap};
pub use ethernet::ethernet_frame;
pub use http::{http_authorization, http_challenge, http_request, http_response};
pub use ipmi::{ipmi_datagram, ipmi_engine};
pub use libvirt_definition::libvirt_definition;
pub use libvirt_uri::libvirt_uri;
pub use nm::{nm_args, nm_call, nm_wire};
pub use operation::{host_text, operation_answer_json, operation_order_json, operation_run, operation_target};
pub use relay::{relay_desk, smoltcp_slots};
pub use sim::sim_iboot;
pub use sim_amt::sim_amt;
pub use sim_bmc::sim_bmc;
pub use wol::{sim_nic, wol_magic, wol_nic, wol_text, wol_wake};
pub use wsman::{wsman_envelope, wsman_writer, wsman_xml};

/// What is written, with more room than any text or message here takes.
fn emitted(emit: impl FnOnce(&mut TxWriter<'_>)) -> Vec<u8> {
    let mut bytes = vec![0; 8192];
    let mut writer = TxWriter::new(&mut bytes);
    emit(&mut writer);
    let len = writer.len();
    bytes.truncate(len);
    bytes
}

/// The name of a target and its body.
pub type Target = (&'static str, fn(&[u8]));

/// Every target by the name of its file and of its corpus.
pub const TARGETS: &[Target] = &[
    ("amt_engine", amt_engine),
    ("amt_set_power", amt_set_power),
    ("drive", drive),
    ("dxp_device", dxp_device),
    ("dxp_engine", dxp_engine),
    ("dxp_hello", dxp_hello),
    ("dxp_pair", dxp_pair),
    ("dxp_request", dxp_request),
    ("dxp_tap", dxp_tap),
    ("ethernet_frame", ethernet_frame),
    ("host_text", host_text),
    ("http_authorization", http_authorization),
    ("http_challenge", http_challenge),
    ("http_request", http_request),
    ("http_response", http_response),
    ("ipmi_datagram", ipmi_datagram),
    ("ipmi_engine", ipmi_engine),
    ("libvirt_definition", libvirt_definition),
    ("libvirt_uri", libvirt_uri),
    ("nm_args", nm_args),
    ("nm_call", nm_call),
    ("nm_wire", nm_wire),
    ("operation_answer_json", operation_answer_json),
    ("operation_order_json", operation_order_json),
    ("operation_run", operation_run),
    ("operation_target", operation_target),
    ("relay_desk", relay_desk),
    ("sim_amt", sim_amt),
    ("sim_bmc", sim_bmc),
    ("sim_iboot", sim_iboot),
    ("sim_nic", sim_nic),
    ("smoltcp_slots", smoltcp_slots),
    ("wol_magic", wol_magic),
    ("wol_nic", wol_nic),
    ("wol_text", wol_text),
    ("wol_wake", wol_wake),
    ("wsman_envelope", wsman_envelope),
    ("wsman_writer", wsman_writer),
    ("wsman_xml", wsman_xml),
];
