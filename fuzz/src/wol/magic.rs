//! The magic packet.

use rackhand_core::buffer::TxWriter;
use rackhand_core::describe::{Field, Value};
use rackhand_core::wol::{Found, MagicPacket, Matches, Nic, TX_LEN};

use super::{mac, naive, password};
use crate::script::Script;

fn emitted(packet: &MagicPacket) -> Vec<u8> {
    let mut bytes = [0; TX_LEN];
    let mut writer = TxWriter::new(&mut bytes);
    packet.emit(&mut writer).expect("TX_LEN is enough for every packet");
    let len = writer.len();
    assert_eq!(len, packet.len());
    for short in [0, 5, 101, len - 1] {
        if short < len {
            let full = packet.emit(&mut TxWriter::new(&mut vec![0; short])).expect_err("it cannot fit");
            assert!(full.needed > short && full.needed <= len, "{full:?} for {short} of {len}");
        }
    }
    bytes[..len].to_vec()
}

/// The fields lie one behind the other, from the packet's first byte to the payload's last.
fn described(found: &Found<'_>, payload: &[u8]) {
    let mut next = found.at;
    found.describe(&mut |Field { at, len, value, .. }: Field<'_>| {
        assert_eq!(at, next);
        next = at + len;
        let bytes = &payload[at..next];
        match value {
            Value::Bytes(shown) => assert!(bytes.chunks(shown.len().max(1)).all(|piece| piece == shown)),
            // All that follows the addresses may begin with a password.
            Value::Hidden => assert!(!bytes.is_empty()),
            other => panic!("{other:?} in a magic packet"),
        }
    });
    assert_eq!(next, payload.len());
}

/// [`Matches`], [`MagicPacket`] and [`Found`].
///
/// Asserts: `Matches` finds what a quadratic search finds, in its order; `emit(parse(x)) == x`, and `parse` takes exactly
/// the payloads that begin with a packet and end with it or its password; the described fields cover the packet; a packet
/// between any bytes is found and wakes its card; a buffer that is too short is told how much it lacks.
pub fn wol_magic(data: &[u8]) {
    let found: Vec<_> = Matches::new(data).collect();
    let places: Vec<_> = found.iter().map(|found| (found.at, found.mac)).collect();
    assert_eq!(places, naive(data));
    for found in &found {
        assert_eq!(found.rest, &data[found.at + 102..]);
        assert_eq!(found.secure_on().is_some(), matches!(found.rest.len(), 4 | 6));
        described(found, data);
    }
    match MagicPacket::parse(data) {
        Some(packet) => assert_eq!(emitted(&packet), data),
        None => assert!(places.first().is_none_or(|(at, _)| *at != 0) || !matches!(data.len(), 102 | 106 | 108)),
    }

    let mut script = Script::new(data);
    let packet = MagicPacket { mac: mac(&mut script), password: password(&mut script) };
    let lead = script.chunk();
    let whole = emitted(&packet);
    assert_eq!(MagicPacket::parse(&whole), Some(packet.clone()));
    let payload = [lead, &whole, script.rest()].concat();
    let places: Vec<_> = Matches::new(&payload).map(|found| (found.at, found.mac)).collect();
    assert!(places.contains(&(lead.len(), packet.mac)), "{:?} at {} is not among {places:?}", packet.mac, lead.len());
    assert_eq!(places, naive(&payload));
    assert!(Nic::new(packet.mac, packet.password).wakes(&payload));
}
