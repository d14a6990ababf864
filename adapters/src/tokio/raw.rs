//! Bare Ethernet frames, sent to everybody on a segment or seen on it. Needs CAP_NET_RAW.

use std::fmt;
use std::io;
use std::time::Duration;

use pnet_datalink::{Channel, Config, DataLinkReceiver, DataLinkSender, NetworkInterface};
use rackhand_core::buffer::TxWriter;
use rackhand_core::ethernet::{Frame, Mac};
use rackhand_core::exchange::Cause;

use super::cause_of;

fn interface(name: &str) -> Result<NetworkInterface, Cause> {
    pnet_datalink::interfaces().into_iter().find(|interface| interface.name == name).ok_or(Cause::NoInterface)
}

type BothWays = (Box<dyn DataLinkSender>, Box<dyn DataLinkReceiver>);

fn channel(interface: &NetworkInterface, config: Config) -> Result<BothWays, Cause> {
    match pnet_datalink::channel(interface, config) {
        Ok(Channel::Ethernet(sender, receiver)) => Ok((sender, receiver)),
        Ok(_) => Err(Cause::Unsupported),
        Err(error) => Err(cause_of(&error)),
    }
}

/// The frames that come by at an interface.
pub(super) struct Frames(Box<dyn DataLinkReceiver>);

impl Frames {
    pub(super) fn open(name: &str) -> Result<Self, Cause> {
        let config = Config { read_timeout: Some(Duration::from_millis(20)), ..Config::default() };
        let (_, receiver) = channel(&interface(name)?, config)?;
        Ok(Self(receiver))
    }

    /// The next frame; none when none comes for a while.
    pub(super) fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        match self.0.next() {
            Ok(frame) => Ok(Some(frame.to_owned())),
            Err(error) if matches!(error.kind(), io::ErrorKind::TimedOut | io::ErrorKind::Interrupted) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// A sender of frames of one EtherType by one interface.
pub(super) struct Raw {
    source: Mac,
    ethertype: u16,
    sender: Box<dyn DataLinkSender>,
}

impl fmt::Debug for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Raw").field("source", &self.source).field("ethertype", &self.ethertype).finish_non_exhaustive()
    }
}

impl Raw {
    pub(super) fn open(name: &str, ethertype: u16) -> Result<Self, Cause> {
        let interface = interface(name)?;
        // A loopback interface has no address of its own; its frames come from 00:00:00:00:00:00.
        let source = Mac::from_octets(interface.mac.map_or([0; 6], |mac| mac.octets()));
        let (sender, _) = channel(&interface, Config::default())?;
        Ok(Self { source, ethertype, sender })
    }

    pub(super) fn send(&mut self, payload: &[u8]) -> io::Result<()> {
        let mut bytes = [0; Frame::HEADER_LEN + Frame::MAX_PAYLOAD_LEN];
        let mut writer = TxWriter::new(&mut bytes);
        Frame { destination: Mac::BROADCAST, source: self.source, ethertype: self.ethertype, payload }
            .emit(&mut writer)
            .map_err(|full| io::Error::new(io::ErrorKind::InvalidInput, full))?;
        let len = writer.len();
        let frame = bytes.get(..len).unwrap_or(&[]);
        self.sender.send_to(frame, None).unwrap_or_else(|| Err(io::ErrorKind::WriteZero.into()))
    }
}
