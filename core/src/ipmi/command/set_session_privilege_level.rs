//! Set Session Privilege Level: what a session may do from now on; it begins as a user's. IPMI 2.0, section 22.18.
//!
//! ```text
//!  request:  level 3:0      0 asks for the present one
//!  response: level 3:0
//! ```
//!
//! Codes of its own: 80h not for this user, 81h more than the session was opened for, 82h users must be authenticated.

use crate::buffer::{Full, TxWriter};
use crate::input::{ParseError, front, u8};

/// What the session shall be allowed to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetSessionPrivilegeLevel {
    /// 2 user, 3 operator, 4 administrator; 0 leaves it as it is.
    pub level: u8,
}

impl SetSessionPrivilegeLevel {
    /// Network function of the request.
    pub const NETFN: u8 = super::APP;
    /// Command.
    pub const COMMAND: u8 = 0x3B;
    /// Completion code: this user has no such privilege.
    pub const NOT_FOR_USER: u8 = 0x80;
    /// Completion code: the session, or the channel, has none.
    pub const NOT_FOR_SESSION: u8 = 0x81;

    /// Reads the data of a request.
    ///
    /// # Errors
    /// [`ParseError`] when they are too short or too long.
    pub fn parse(data: &[u8]) -> Result<Self, ParseError> {
        super::whole(data, u8).map(|level| Self { level: level & 0x0F })
    }

    /// Writes the data of a request.
    ///
    /// # Errors
    /// [`Full`] when the buffer is too short.
    pub fn emit(&self, w: &mut TxWriter<'_>) -> Result<(), Full> {
        w.u8(self.level & 0x0F)
    }
}

/// What it is allowed to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionPrivilegeLevel {
    /// 1 callback, 2 user, 3 operator, 4 administrator, 5 OEM.
    pub level: u8,
}

impl SessionPrivilegeLevel {
    /// Reads what is behind the completion code.
    ///
    /// # Errors
    /// [`ParseError`] when it is too short.
    pub fn parse(data: &[u8]) -> Result<Self, ParseError> {
        front(data, u8).map(|(level, _)| Self { level: level & 0x0F })
    }

    /// Writes what is behind the completion code.
    ///
    /// # Errors
    /// [`Full`] when the buffer is too short.
    pub fn emit(&self, w: &mut TxWriter<'_>) -> Result<(), Full> {
        w.u8(self.level & 0x0F)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{emitted, takes_all_of};
    use super::*;

    #[test]
    fn what_was_recorded() {
        let request = SetSessionPrivilegeLevel::parse(&[4]).unwrap();
        assert_eq!((request.level, emitted(|w| request.emit(w))), (4, [4].into()));
        takes_all_of(&[4], 1, SetSessionPrivilegeLevel::parse);
        let answer = SessionPrivilegeLevel::parse(&[4]).unwrap();
        assert_eq!((answer.level, emitted(|w| answer.emit(w))), (4, [4].into()));
        assert!(SessionPrivilegeLevel::parse(&[]).is_err());
    }
}
