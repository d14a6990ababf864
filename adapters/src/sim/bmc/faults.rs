//! What can be wrong with a BMC, by name.

use core::time::Duration;

use crate::sim::Named;

/// What can be wrong with a BMC, or just be different. Shares are in thousandths, and what they hit follows from the seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BmcFault {
    /// `bad-code`: an answer in a session has a wrong authentication code.
    BadCode,
    /// `bridge-lost`: what is bridged is carried out, and its answer lost.
    BridgeLost,
    /// `bridge-slow=MS`: the answer to what is bridged comes only so much later.
    BridgeSlow(Duration),
    /// `busy=SHARE`: answers that many requests in a session by C0h, and does nothing.
    Busy(u16),
    /// `cancel-reservation`: the repository changes just before a part of a record is read.
    CancelReservation,
    /// `code=CODE`: answers a request in a session by this completion code, and does nothing.
    Code(u8),
    /// `drop-second`: ignores a request that comes before the last one is answered.
    DropSecond,
    /// `drops-efi`: takes boot flags, and forgets that they are for EFI.
    DropsEfi,
    /// `drops-persistent`: takes boot flags, and forgets that they are to last.
    DropsPersistent,
    /// `duplicate=SHARE`: sends that many answers twice.
    Duplicate(u16),
    /// `duplicate-code`: answers the copy of a request by CFh, instead of answering as before.
    DuplicateCode,
    /// `extra-icv`: RAKP Message 4 has an integrity check value in suite 0, too.
    ExtraIcv,
    /// `forget`: forgets all sessions when a request comes, as after a reset of its own.
    Forget,
    /// `ignores-soft`: no operating system listens when it is asked to shut down.
    IgnoresSoft,
    /// `junk=SHARE`: before that many answers comes junk, in turn: one for a foreign session, one byte, one with a wrong code.
    Junk(u16),
    /// `keys-from-open`: keys are made of the privilege in the request that opened the session (clients call it opensesspriv).
    KeysFromOpen,
    /// `locks-enabled`: Node Manager changes no policy that is enabled.
    LocksEnabled,
    /// `long-errors`: an answer that refuses a login is as long as one that does not.
    LongErrors,
    /// `loss=SHARE`: that many answers are lost.
    Loss(u16),
    /// `mute`: never answers.
    Mute,
    /// `no-repeat`: refuses RAKP Message 1 or 3 that comes again.
    NoRepeat,
    /// `only-15`: knows IPMI 1.5 only.
    Only15,
    /// `other-suite`: answers the opening of a session with weaker algorithms than were proposed.
    OtherSuite,
    /// `sdr-limit=BYTES`: cannot return more bytes of a record at once.
    SdrLimit(u8),
    /// `silent-login`: does not answer a bad login.
    SilentLogin,
    /// `slow=MS`: answers only so much later.
    Slow(Duration),
    /// `stuck-power`: accepts changes of power, but nothing happens.
    StuckPower,
    /// `wrong-kg`: its Kg is another.
    WrongKg,
}

/// Those without a value.
const PLAIN: [(&str, BmcFault); 20] = [
    ("bad-code", BmcFault::BadCode),
    ("bridge-lost", BmcFault::BridgeLost),
    ("cancel-reservation", BmcFault::CancelReservation),
    ("drop-second", BmcFault::DropSecond),
    ("drops-efi", BmcFault::DropsEfi),
    ("drops-persistent", BmcFault::DropsPersistent),
    ("duplicate-code", BmcFault::DuplicateCode),
    ("extra-icv", BmcFault::ExtraIcv),
    ("forget", BmcFault::Forget),
    ("ignores-soft", BmcFault::IgnoresSoft),
    ("keys-from-open", BmcFault::KeysFromOpen),
    ("locks-enabled", BmcFault::LocksEnabled),
    ("long-errors", BmcFault::LongErrors),
    ("mute", BmcFault::Mute),
    ("no-repeat", BmcFault::NoRepeat),
    ("only-15", BmcFault::Only15),
    ("other-suite", BmcFault::OtherSuite),
    ("silent-login", BmcFault::SilentLogin),
    ("stuck-power", BmcFault::StuckPower),
    ("wrong-kg", BmcFault::WrongKg),
];

impl Named for BmcFault {
    const NAMES: &'static [&'static str] = &[
        "bad-code",
        "bridge-lost",
        "bridge-slow=MILLISECONDS",
        "busy=THOUSANDTHS",
        "cancel-reservation",
        "code=CODE",
        "drop-second",
        "drops-efi",
        "drops-persistent",
        "duplicate=THOUSANDTHS",
        "duplicate-code",
        "extra-icv",
        "forget",
        "ignores-soft",
        "junk=THOUSANDTHS",
        "keys-from-open",
        "locks-enabled",
        "long-errors",
        "loss=THOUSANDTHS",
        "mute",
        "no-repeat",
        "only-15",
        "other-suite",
        "sdr-limit=BYTES",
        "silent-login",
        "slow=MILLISECONDS",
        "stuck-power",
        "wrong-kg",
    ];

    fn from_name(name: &str, value: Option<&str>) -> Option<Self> {
        let Some(value) = value else {
            return PLAIN.iter().find(|(known, _)| *known == name).map(|(_, fault)| *fault);
        };
        let share = || value.parse().ok().filter(|share| *share <= 1000);
        let millis = || value.parse().ok().map(Duration::from_millis);
        match name {
            "bridge-slow" => millis().map(Self::BridgeSlow),
            "busy" => share().map(Self::Busy),
            "code" => code(value).map(Self::Code),
            "duplicate" => share().map(Self::Duplicate),
            "junk" => share().map(Self::Junk),
            "loss" => share().map(Self::Loss),
            "sdr-limit" => value.parse().ok().map(Self::SdrLimit),
            "slow" => millis().map(Self::Slow),
            _ => None,
        }
    }
}

/// A completion code: a number, or hexadecimal with 0x before it or h behind, and not 0.
fn code(text: &str) -> Option<u8> {
    let hex = text.strip_prefix("0x").or_else(|| text.strip_suffix(['h', 'H']));
    let code = hex.map_or_else(|| text.parse(), |hex| u8::from_str_radix(hex, 16));
    code.ok().filter(|code| *code != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::Faults;

    #[test]
    fn every_name_is_a_fault_and_nothing_else_is() {
        let mut faults = Faults::<BmcFault>::default();
        for name in BmcFault::NAMES {
            let text = match name.split_once('=') {
                Some((name, _)) => format!("{name}=7*3"),
                None => format!("{name}*3"),
            };
            faults.add_named(&text).unwrap();
        }
        for text in
            ["loss", "loss=1001", "loss=-1", "mute=1", "code=0", "code=0x100", "code=zz", "sdr-limit=256", "slow=x"]
        {
            let error = faults.add_named(text).unwrap_err().to_string();
            assert!(error.contains(text) && error.contains("junk=THOUSANDTHS"), "{error}");
        }
        for text in ["code=0xd4", "code=D4h", "code=212"] {
            let (name, value) = text.split_once('=').unwrap();
            assert_eq!(BmcFault::from_name(name, Some(value)), Some(BmcFault::Code(0xD4)), "{text}");
        }
    }
}
