//! RAKP Message 1, console to BMC: who wants in. IPMI 2.0, section 13.20.
//!
//! ```text
//!  tag | 00 00 00 | BMC 4 | random number 16 | role | 00 00 | length | user name
//! ```

use heapless::Vec;

use super::SessionId;
use super::header::payload;
use crate::buffer::{Full, TxWriter};
use crate::input::{ParseError, ParseErrorKind, array, front};
use crate::ipmi::USER_LEN;

/// What privilege is asked for, and how the user is looked up; it is hashed as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Role {
    /// 2 user, 3 operator, 4 administrator.
    pub privilege: u8,
    /// The user is looked up by name alone; else by name and privilege.
    pub name_only: bool,
}

impl Role {
    /// As it stands on the wire.
    #[must_use]
    pub const fn byte(self) -> u8 {
        (self.privilege & 0x0F) | if self.name_only { 0x10 } else { 0 }
    }

    const fn of(byte: u8) -> Self {
        Self { privilege: byte & 0x0F, name_only: byte & 0x10 != 0 }
    }
}

/// Who wants in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rakp1 {
    /// Comes back in RAKP Message 2.
    pub tag: u8,
    /// The BMC's id of the session.
    pub bmc: SessionId,
    /// The console's random number.
    pub random: [u8; 16],
    /// What is asked for.
    pub role: Role,
    /// Who.
    pub user: Vec<u8, USER_LEN>,
}

impl Rakp1 {
    /// Reads a whole payload.
    ///
    /// # Errors
    /// [`ParseError`] when it is something else.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        let message = |input| {
            let (input, [tag, _, _, _]) = array(input)?;
            let (input, bmc) = array(input)?;
            let (input, random) = array(input)?;
            let (name, [role, _, _, len]) = array(input)?;
            let (rest, user) = payload(name, len.into())?;
            let user = Vec::from_slice(user).map_err(|_| input.error(ParseErrorKind::BadValue))?;
            Ok((rest, Self { tag, bmc, random, role: Role::of(role), user }))
        };
        front(bytes, message).map(|(message, _)| message)
    }

    /// Writes the payload.
    ///
    /// # Errors
    /// [`Full`] when the buffer is too short.
    pub fn emit(&self, w: &mut TxWriter<'_>) -> Result<(), Full> {
        w.add(&[self.tag, 0, 0, 0]);
        w.add(&self.bmc);
        w.add(&self.random);
        w.add(&[self.role.byte(), 0, 0, u8::try_from(self.user.len()).unwrap_or(0)]);
        w.add(&self.user);
        w.went()
    }
}
