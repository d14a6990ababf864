//! An open session: its keys, and the numbers of its packets both ways. IPMI 2.0, sections 6.12.13 and 13.29.

use super::login::Login;
use super::random::Random;
use super::window::Window;
use crate::buffer::Full;
use crate::ipmi::Account;
use crate::ipmi::keys::Keys;
use crate::ipmi::wire::SessionId;

/// An open session.
#[derive(Clone, Debug)]
pub(super) struct Session {
    keys: Keys,
    console: SessionId,
    pub(super) bmc: SessionId,
    /// The number of the last packet that was sent.
    sent: u32,
    seen: Window,
    /// It has the privilege that is wanted: a fresh one has that of a user.
    pub(super) privileged: bool,
}

impl Session {
    pub(super) fn new(login: &Login, account: &Account) -> Self {
        Self {
            keys: login.keys(account),
            console: login.console(),
            bmc: login.bmc,
            sent: 0,
            seen: Window::default(),
            privileged: account.privilege <= crate::ipmi::Privilege::User,
        }
    }

    pub(super) const fn signs(&self) -> bool {
        self.keys.suite.signs()
    }

    /// Writes a packet with a number of its own.
    pub(super) fn seal(&mut self, random: &mut Random, message: &[u8], to: &mut [u8]) -> Result<usize, Full> {
        // 0 is no number.
        self.sent = self.sent.wrapping_add(1).max(1);
        let iv = if self.keys.suite.encrypts() { random.next() } else { [0; 16] };
        self.keys.seal(self.bmc, self.sent, &iv, message, to)
    }

    /// The message in a packet of this session that was not seen before.
    pub(super) fn open<'a>(&mut self, datagram: &'a mut [u8]) -> Option<&'a [u8]> {
        let signed = self.signs();
        let opened = self.keys.open(self.console, datagram).ok()?;
        // Without a signature anybody's number would keep the BMC's out.
        (!signed || self.seen.is_new(opened.sequence)).then_some(opened.message)
    }
}
