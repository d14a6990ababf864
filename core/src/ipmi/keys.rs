//! What the two sides of an opening hash, and the keys that come of it. IPMI 2.0, sections 13.31 to 13.33; which bytes exactly was
//! checked against three implementations.
//!
//! ```text
//!  who  = role | length of the user name | user name
//!  RAKP 2: H(password, console | BMC | console's number | BMC's number | GUID | who)
//!  RAKP 3: H(password, BMC's number | console | who)
//!  SIK   = H(Kg, or the password without one, console's number | BMC's number | who)
//!  RAKP 4: H(SIK, console's number | BMC | GUID), cut to 12 bytes of SHA-1, 16 of SHA-256
//!  K1, K2 = H(SIK, 01 × 20), H(SIK, 02 × 20)
//! ```

use super::hash::{Algorithm, Code};
use super::suite::{Authentication, CipherSuite, Integrity};
use super::wire::{Role, SessionId};
use crate::ipmi::PASSWORD_LEN;
use crate::secret::Secret;

/// What an opening has brought to light.
#[derive(Clone, Copy, Debug)]
pub struct Opening<'a> {
    /// The suite that both use.
    pub suite: CipherSuite,
    /// The user's password.
    pub password: &'a Secret<PASSWORD_LEN>,
    /// The BMC's key, where it has one.
    pub kg: Option<&'a [u8; PASSWORD_LEN]>,
    /// What privilege is asked for.
    pub role: Role,
    /// Who, at most 16 bytes.
    pub user: &'a [u8],
    /// The console's id of the session.
    pub console: SessionId,
    /// The BMC's.
    pub bmc: SessionId,
    /// The console's random number.
    pub console_random: &'a [u8; 16],
    /// The BMC's.
    pub bmc_random: &'a [u8; 16],
    /// Who the BMC is.
    pub guid: &'a [u8; 16],
}

impl Opening<'_> {
    fn algorithm(&self) -> Option<Algorithm> {
        match self.suite.authentication {
            Authentication::None => None,
            Authentication::HmacSha1 => Some(Algorithm::Sha1),
            Authentication::HmacSha256 => Some(Algorithm::Sha256),
        }
    }

    fn hash(&self, key: &[u8], parts: &[&[u8]]) -> Code {
        self.algorithm().map_or(Code::NONE, |algorithm| Code::of(algorithm, key, parts))
    }

    /// Role and length of the name.
    fn who(&self) -> [u8; 2] {
        [self.role.byte(), u8::try_from(self.user.len()).unwrap_or(u8::MAX)]
    }

    fn rakp2(&self) -> Code {
        let Self { console, bmc, console_random, bmc_random, guid, user, .. } = self;
        self.hash(self.password.bytes(), &[console, bmc, *console_random, *bmc_random, *guid, &self.who(), user])
    }

    /// Whether a key exchange authentication code of RAKP Message 2 is that of whoever knows the password.
    #[must_use]
    pub fn is_rakp2(&self, code: &[u8]) -> bool {
        self.rakp2().is(code)
    }

    /// Writes the code of RAKP Message 2 and returns its length.
    pub fn write_rakp2(&self, to: &mut [u8; 32]) -> usize {
        write(&self.rakp2(), to)
    }

    fn rakp3(&self) -> Code {
        self.hash(self.password.bytes(), &[self.bmc_random, &self.console, &self.who(), self.user])
    }

    /// Whether a key exchange authentication code of RAKP Message 3 is that of whoever knows the password.
    #[must_use]
    pub fn is_rakp3(&self, code: &[u8]) -> bool {
        self.rakp3().is(code)
    }

    /// Writes the code of RAKP Message 3 and returns its length.
    pub fn write_rakp3(&self, to: &mut [u8; 32]) -> usize {
        write(&self.rakp3(), to)
    }

    fn sik(&self) -> Code {
        let key: &[u8] = match self.kg {
            Some(kg) if kg.iter().any(|byte| *byte != 0) => kg,
            _ => self.password.bytes(),
        };
        self.hash(key, &[self.console_random, self.bmc_random, &self.who(), self.user])
    }

    fn rakp4(&self) -> Code {
        let value = self.hash(self.sik().bytes(), &[self.console_random, &self.bmc, self.guid]);
        value.cut(match self.suite.authentication {
            Authentication::HmacSha1 => 12,
            _ => 16,
        })
    }

    /// Whether an integrity check value of RAKP Message 4 is that of whoever has the same keys. Without a password anything is.
    #[must_use]
    pub fn is_rakp4(&self, value: &[u8]) -> bool {
        self.suite.authentication == Authentication::None || self.rakp4().is(value)
    }

    /// Writes the integrity check value and returns its length.
    pub fn write_rakp4(&self, to: &mut [u8; 32]) -> usize {
        write(&self.rakp4(), to)
    }

    /// The keys of the session.
    #[must_use]
    pub fn keys(&self) -> Keys {
        let sik = self.sik();
        let second = self.hash(sik.bytes(), &[&[2; 20]]);
        let mut aes = [0; 16];
        crate::buffer::copy(&mut aes, second.bytes());
        Keys { suite: self.suite, integrity: self.hash(sik.bytes(), &[&[1; 20]]), aes }
    }
}

fn write(code: &Code, to: &mut [u8; 32]) -> usize {
    crate::buffer::copy(to, code.bytes());
    code.bytes().len()
}

/// The keys of a session. Wiped when dropped.
#[derive(Clone)]
pub struct Keys {
    pub(super) suite: CipherSuite,
    /// K1.
    integrity: Code,
    /// The first half of K2.
    pub(super) aes: [u8; 16],
}

impl Keys {
    /// The authentication code of a packet; none where the suite has none.
    pub(super) fn sign(&self, bytes: &[u8]) -> Code {
        let algorithm = match self.suite.integrity {
            Integrity::None => return Code::NONE,
            Integrity::HmacSha1 => Algorithm::Sha1,
            Integrity::HmacSha256 => Algorithm::Sha256,
        };
        Code::of(algorithm, self.integrity.bytes(), &[bytes]).cut(self.suite.integrity.code_len())
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.aes);
    }
}

/// They are not shown.
impl core::fmt::Debug for Keys {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Keys").field("suite", &self.suite).finish_non_exhaustive()
    }
}
