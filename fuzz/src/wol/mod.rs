//! Wake-on-LAN.

mod magic;
mod nic;
mod text;
mod wake;

use rackhand_core::wol::{Mac, SecureOn};

pub use magic::wol_magic;
pub use nic::{sim_nic, wol_nic};
pub use text::wol_text;
pub use wake::wol_wake;

use crate::script::Script;

/// Every place at which a magic packet begins, and whom it wakes: the specification read literally.
fn naive(payload: &[u8]) -> Vec<(usize, Mac)> {
    let mut found = Vec::new();
    for (at, window) in payload.windows(102).enumerate() {
        let (sync, addresses) = window.split_at(6);
        let mac = [addresses[0], addresses[1], addresses[2], addresses[3], addresses[4], addresses[5]];
        if sync == [0xFF; 6] && addresses.chunks(6).all(|copy| copy == mac) {
            found.push((at, Mac::from_octets(mac)));
        }
    }
    found
}

/// Any address; often one that could be taken for a piece of the synchronisation stream.
pub(crate) fn mac(script: &mut Script<'_>) -> Mac {
    let mut octets = [0xFF; 6];
    let given = script.bytes(6);
    octets[..given.len()].copy_from_slice(given);
    Mac::from_octets(octets)
}

fn password(script: &mut Script<'_>) -> Option<SecureOn> {
    let len = script.pick(&[0, 4, 6]);
    SecureOn::from_octets(script.bytes(len)).ok()
}
