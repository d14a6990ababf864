//! Wake-on-LAN against frozen bytes, both ways (tests/vectors/wol.json).

use rackhand_core::buffer::TxWriter;
use rackhand_core::ethernet::Frame;
use rackhand_core::wol::{ETHERTYPE, Mac, MacError, MagicPacket, Matches, SecureOn, TX_LEN};
use rackhand_tests::vectors::{load, unhex};
use serde::Deserialize;

#[derive(Deserialize)]
struct Vectors {
    packets: Vec<Packet>,
    questionable_macs: Vec<Questionable>,
    bad_passwords: Vec<String>,
}

#[derive(Deserialize)]
struct Packet {
    mac_text: String,
    password_text: Option<String>,
    payload_hex: String,
    length: usize,
    raw_frame_hex: String,
}

#[derive(Deserialize)]
struct Questionable {
    text: String,
    why: String,
}

/// One vector wakes an address that looks like the synchronisation stream: the wire may carry it, a person may not ask for it.
fn mac(text: &str) -> Mac {
    match text.parse() {
        Err(MacError::Group) => {
            let octets: Vec<u8> = text.split(':').map(|octet| u8::from_str_radix(octet, 16).unwrap()).collect();
            Mac::from_octets(octets.try_into().unwrap())
        }
        mac => mac.unwrap(),
    }
}

#[test]
fn every_packet_both_ways() {
    let vectors: Vectors = load("wol.json");
    assert!(vectors.packets.len() >= 7);
    for vector in vectors.packets {
        let password: Option<SecureOn> = vector.password_text.as_deref().map(|text| text.parse().unwrap());
        let packet = MagicPacket { mac: mac(&vector.mac_text), password };
        let payload = unhex(&vector.payload_hex);
        let mut buffer = [0; TX_LEN];
        let mut writer = TxWriter::new(&mut buffer);
        packet.emit(&mut writer).unwrap();
        let len = writer.len();
        assert_eq!(&buffer[..len], payload, "{}", vector.mac_text);
        assert_eq!((len, packet.len()), (vector.length, vector.length));
        assert_eq!(MagicPacket::parse(&payload), Some(packet.clone()));

        let bytes = unhex(&vector.raw_frame_hex);
        let frame = Frame::parse(&bytes).unwrap();
        assert_eq!((frame.destination, frame.source), (Mac::BROADCAST, Mac::from_octets([2, 0, 0, 0, 0, 1])));
        assert_eq!((frame.ethertype, frame.payload), (ETHERTYPE, &payload[..]));
        let mut buffer = [0; TX_LEN + Frame::HEADER_LEN];
        let mut writer = TxWriter::new(&mut buffer);
        frame.emit(&mut writer).unwrap();
        let len = writer.len();
        assert_eq!(&buffer[..len], bytes);
        // A card looks through the frame as it comes, header included.
        let found = Matches::new(&bytes).find(|found| found.mac == packet.mac).expect("in the whole frame");
        assert_eq!(found.secure_on(), packet.password);
    }
}

#[test]
fn questionable_addresses_are_never_misread() {
    for Questionable { text, why } in load::<Vectors>("wol.json").questionable_macs {
        let expected = match why.split([' ', ':']).next().unwrap() {
            // Accepted, and read as what they mean.
            "single" => Ok(Mac::from_octets([0, 1, 2, 3, 4, 5])),
            "trailing" | "prefix" => Ok(Mac::from_octets([0x00, 0x11, 0x22, 0x33, 0x44, 0x55])),
            "group" => Err(MacError::Group),
            _ => Err(MacError::BadShape),
        };
        assert_eq!(text.parse::<Mac>(), expected, "{text:?}: {why}");
    }
}

#[test]
fn bad_passwords_are_refused() {
    for text in load::<Vectors>("wol.json").bad_passwords {
        assert!(text.parse::<SecureOn>().is_err(), "{text}");
    }
}
