//! TCP over an `embedded-nal` stack.

use core::net::SocketAddr;

use embedded_nal::{TcpClientStack, TcpErrorKind};
use rackhand_core::exchange::Cause;

use super::Link;
use crate::drive::Kind;

/// One TCP connection at a time.
pub struct Tcp<'s, S: TcpClientStack> {
    stack: &'s mut S,
    socket: Option<S::TcpSocket>,
    connected: bool,
}

impl<'s, S: TcpClientStack> Tcp<'s, S> {
    /// A connection over `stack`; nothing is opened yet.
    pub const fn new(stack: &'s mut S) -> Self {
        Self { stack, socket: None, connected: false }
    }
}

/// The stack's errors tell only this much.
fn cause_of(error: &impl embedded_nal::TcpError) -> Cause {
    match error.kind() {
        TcpErrorKind::PipeClosed => Cause::Ended,
        _ => Cause::Other,
    }
}

impl<S: TcpClientStack> Link for Tcp<'_, S> {
    const KIND: Kind = Kind::Stream;

    fn open(&mut self, to: SocketAddr) -> Result<bool, Cause> {
        if self.socket.is_none() {
            self.socket = Some(self.stack.socket().map_err(|error| cause_of(&error))?);
        }
        let Some(socket) = self.socket.as_mut() else { return Ok(false) };
        match self.stack.connect(socket, to) {
            Ok(()) => {
                self.connected = true;
                Ok(true)
            }
            Err(nb::Error::WouldBlock) => Ok(false),
            // Nothing distinguishes the reasons; refused is what a person should look at first.
            Err(nb::Error::Other(_)) => Err(Cause::Refused),
        }
    }

    fn is_open(&self) -> bool {
        self.connected
    }

    fn send(&mut self, bytes: &[u8]) -> Result<usize, Cause> {
        let socket = self.socket.as_mut().ok_or(Cause::Reset)?;
        match self.stack.send(socket, bytes) {
            Ok(count) => Ok(count),
            Err(nb::Error::WouldBlock) => Ok(0),
            Err(nb::Error::Other(error)) => Err(cause_of(&error)),
        }
    }

    fn receive(&mut self, room: &mut [u8]) -> Result<Option<usize>, Cause> {
        let socket = self.socket.as_mut().ok_or(Cause::Reset)?;
        match self.stack.receive(socket, room) {
            // Some stacks say the end of a stream like this, others as PipeClosed.
            Ok(0) => Err(Cause::Ended),
            Ok(count) => Ok(Some(count)),
            Err(nb::Error::WouldBlock) => Ok(None),
            Err(nb::Error::Other(error)) => Err(cause_of(&error)),
        }
    }

    fn close(&mut self) {
        self.connected = false;
        if let Some(socket) = self.socket.take() {
            // It is gone either way.
            let _ = self.stack.close(socket);
        }
    }
}
