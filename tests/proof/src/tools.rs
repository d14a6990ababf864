//! The machine and its tools: `buffer`, `dialog`, `ethernet`, `exchange`, `secret`, `time`, `trust`.

use core::hint::black_box;
use core::str::FromStr;

use rackhand_core::buffer::TxWriter;
use rackhand_core::ethernet::Frame;
use rackhand_core::exchange::{Cause, Exchange, Next, Responder, Step};
use rackhand_core::time::Instant;
use rackhand_core::trust::Fingerprint;
use rackhand_core::wol::{Nic, Wake};

use crate::{any, roots};

type Slot = rackhand_core::dialog::Slot<rackhand_core::dxp::Question>;
type Secret = rackhand_core::secret::Secret<20>;

roots! {
    "&mut E::step" => <&mut Wake>::step(&mut any(), any(), any(), any()),
    "&mut R::respond" => <&mut Nic as Responder<u32>>::respond(&mut any(), any(), any(), any()),
    "buffer::TxWriter::add" => TxWriter::add(&mut any(), any()),
    "buffer::TxWriter::is_empty" => TxWriter::is_empty(&any()),
    "buffer::TxWriter::len" => TxWriter::len(&any()),
    "buffer::TxWriter::new" => TxWriter::new(any()),
    "buffer::TxWriter::put" => TxWriter::put(&mut any(), any()),
    "buffer::TxWriter::u16_be" => TxWriter::u16_be(&mut any(), any()),
    "buffer::TxWriter::u16_le" => TxWriter::u16_le(&mut any(), any()),
    "buffer::TxWriter::u8" => TxWriter::u8(&mut any(), any()),
    "buffer::TxWriter::went" => TxWriter::went(&any()),
    "dialog::Slot::default" => Slot::default(),
    "dialog::Slot::put" => Slot::put(&mut any(), any()),
    "dialog::Slot::question" => Slot::question(any()),
    "ethernet::Frame::emit" => Frame::emit(&any(), &mut any()),
    "ethernet::Frame::parse" => Frame::parse(any()),
    "exchange::Cause::is_final" => Cause::is_final(any()),
    "exchange::Next::map" => Next::map(any::<Next<u16>>(), black_box),
    "exchange::Step::new" => Step::<u16>::new(any()),
    "exchange::Step::using" => Step::<u16>::using(any(), any()),
    "secret::Secret::drop" => drop(any::<Secret>()),
    "secret::Secret::eq" => Secret::eq(&any(), &any()),
    "secret::Secret::new" => Secret::new(any()),
    "secret::Secret::reveal" => Secret::reveal(&any()),
    "time::Instant::after" => Instant::after(any(), any()),
    "time::Instant::after_millis" => Instant::after_millis(any(), any()),
    "time::Instant::as_millis" => Instant::as_millis(any()),
    "time::Instant::before_millis" => Instant::before_millis(any(), any()),
    "time::Instant::from_millis" => Instant::from_millis(any()),
    "time::Instant::part_way" => Instant::part_way(any(), any(), any()),
    "time::Instant::since" => Instant::since(any(), any()),
    "trust::Fingerprint::from_str" => Fingerprint::from_str(any()),
    "trust::Fingerprint::matches" => Fingerprint::matches(&any(), &any()),
}
