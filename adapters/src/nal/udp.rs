//! UDP over an `embedded-nal` stack, broadcast included: the stack decides by which interface it leaves.

use core::net::SocketAddr;

use embedded_nal::UdpClientStack;
use rackhand_core::exchange::Cause;

use super::Link;
use crate::drive::Kind;

/// One UDP socket at a time, connected to its peer.
pub struct Udp<'s, S: UdpClientStack> {
    stack: &'s mut S,
    socket: Option<S::UdpSocket>,
}

impl<'s, S: UdpClientStack> Udp<'s, S> {
    /// A socket of `stack`; nothing is opened yet.
    pub const fn new(stack: &'s mut S) -> Self {
        Self { stack, socket: None }
    }
}

impl<S: UdpClientStack> Link for Udp<'_, S> {
    const KIND: Kind = Kind::Datagrams;

    fn open(&mut self, to: SocketAddr) -> Result<bool, Cause> {
        let mut socket = self.stack.socket().map_err(|_| Cause::Other)?;
        let connected = self.stack.connect(&mut socket, to).map_err(|_| Cause::Unreachable);
        self.socket = Some(socket);
        connected.map(|()| true)
    }

    fn is_open(&self) -> bool {
        self.socket.is_some()
    }

    fn send(&mut self, bytes: &[u8]) -> Result<usize, Cause> {
        let socket = self.socket.as_mut().ok_or(Cause::Reset)?;
        match self.stack.send(socket, bytes) {
            Ok(()) => Ok(bytes.len()),
            Err(nb::Error::WouldBlock) => Ok(0),
            Err(nb::Error::Other(_)) => Err(Cause::Unreachable),
        }
    }

    fn receive(&mut self, room: &mut [u8]) -> Result<Option<usize>, Cause> {
        let socket = self.socket.as_mut().ok_or(Cause::Reset)?;
        match self.stack.receive(socket, room) {
            Ok((count, _)) => Ok(Some(count)),
            Err(nb::Error::WouldBlock) => Ok(None),
            Err(nb::Error::Other(_)) => Err(Cause::Other),
        }
    }

    fn close(&mut self) {
        if let Some(socket) = self.socket.take() {
            // It is gone either way.
            let _ = self.stack.close(socket);
        }
    }
}
