//! The management engine behind the BMC: a controller of its own at an address of a bus. IPMI 2.0, section 6.13.

use rackhand_core::ipmi::command::{APP, DeviceId, GetDeviceId};
use rackhand_core::time::Instant;

use super::nm::{self, NodeManager};

/// Completion code: there is no such command.
const INVALID_COMMAND: u8 = 0xC1;
const GET_SELF_TEST: u8 = 0x04;

/// A satellite controller.
#[derive(Clone, Debug)]
pub(super) struct Satellite {
    device: DeviceId,
    pub(super) nm: NodeManager,
}

impl Satellite {
    pub(super) fn new() -> Self {
        let device = DeviceId {
            id: 0x50,
            provides_sdrs: false,
            revision: 1,
            updating: false,
            firmware_major: 1,
            firmware_minor: 0x02,
            ipmi_version: 0x02,
            support: 0x21,
            manufacturer: 343,
            product: 0x0B01,
            auxiliary: Some([0x05, 0x03, 0x07, 0x01]),
        };
        Self { device, nm: NodeManager::new() }
    }

    /// What it answers: a completion code, and data, which some refusals have, too. `locks`: a policy that is enabled cannot be changed.
    pub(super) fn answer(&mut self, now: Instant, netfn: u8, command: u8, data: &[u8], locks: bool) -> (u8, Vec<u8>) {
        match (netfn, command) {
            (APP, GetDeviceId::COMMAND) if data.is_empty() => (0, super::bytes(|w| self.device.emit(w))),
            (APP, GET_SELF_TEST) if data.is_empty() => (0, vec![0x55, 0x00]),
            (APP, GetDeviceId::COMMAND | GET_SELF_TEST) => (0xC7, Vec::new()),
            (nm::NETFN, command) => self.nm.answer(now, command, data, locks),
            _ => (INVALID_COMMAND, Vec::new()),
        }
    }
}
