//! Wake-on-LAN.

use core::str::FromStr;

use rackhand_core::buffer::Full;
use rackhand_core::exchange::{Exchange, Responder};
use rackhand_core::wol::{Found, Mac, MagicPacket, Matches, Nic, SecureOn, Wake, WakeError};

use crate::{any, roots};

roots! {
    "wol::Found::describe" => Found::describe(&any(), any()),
    "wol::Found::secure_on" => Found::secure_on(&any()),
    "wol::Mac::from_octets" => Mac::from_octets(any()),
    "wol::Mac::from_str" => Mac::from_str(any()),
    "wol::Mac::is_group" => Mac::is_group(any()),
    "wol::Mac::octets" => Mac::octets(any()),
    "wol::MagicPacket::emit" => MagicPacket::emit(&any(), &mut any()),
    "wol::MagicPacket::is_empty" => MagicPacket::is_empty(&any()),
    "wol::MagicPacket::len" => MagicPacket::len(&any()),
    "wol::MagicPacket::parse" => MagicPacket::parse(any()),
    "wol::Matches::new" => Matches::new(any()),
    "wol::Matches::next" => Matches::next(&mut any()),
    "wol::Nic::is_awake" => Nic::is_awake(&any()),
    "wol::Nic::mac" => Nic::mac(&any()),
    "wol::Nic::new" => Nic::new(any(), any()),
    "wol::Nic::respond" => Responder::<u32>::respond(&mut any::<Nic>(), any(), any(), any()),
    "wol::Nic::sleep" => Nic::sleep(&mut any()),
    "wol::Nic::wakes" => Nic::wakes(&any(), any()),
    "wol::SecureOn::drop" => drop(any::<SecureOn>()),
    "wol::SecureOn::eq" => SecureOn::eq(&any(), &any()),
    "wol::SecureOn::from_octets" => SecureOn::from_octets(any()),
    "wol::SecureOn::from_str" => SecureOn::from_str(any()),
    "wol::SecureOn::octets" => SecureOn::octets(&any()),
    "wol::Wake::doing" => Wake::doing(&any()),
    "wol::Wake::least_ms" => Wake::least_ms(&any()),
    "wol::Wake::new" => Wake::new(any(), any(), any(), any()),
    "wol::Wake::step" => Wake::step(&mut any(), any(), any(), any()),
    "wol::WakeError::from(buffer::Full)" => WakeError::from(any::<Full>()),
}
