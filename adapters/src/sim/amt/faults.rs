//! What can be wrong with an AMT, by name.

use core::time::Duration;

use rackhand_core::wsman::Subcode;

use super::http::Framing;
use crate::sim::Named;

/// What can be wrong with an AMT, or just be different.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AmtFault {
    /// `asleep`: ignores a request; `asleep*3` the first three.
    Asleep,
    /// `bad-xml`: the answer's XML is not well-formed.
    BadXml,
    /// `basic`: offers Basic authentication only.
    Basic,
    /// `busy`: answers 503.
    Busy,
    /// `chunked`, `length`, `close-delimited`, `http10`: how the body of an answer ends.
    Framing(Framing),
    /// `close-after-answer`: closes the connection behind an answer without having said so.
    CloseAfterAnswer,
    /// `close-kept`: closes the kept connection when the next request comes, before anything is carried out.
    CloseKept,
    /// `consent`: somebody at the machine must consent to a boot device, and has not.
    Consent,
    /// `drop-response`: carries the request out and closes the connection instead of answering.
    DropResponse,
    /// `endless`: the body of the answer does not end.
    Endless,
    /// `fault=SUBCODE`: answers this fault and does nothing.
    Fault(Subcode),
    /// `fault-as-200`: answers faults with status 200.
    FaultAs200,
    /// `fragments`: answers byte by byte, a millisecond apart.
    Fragments,
    /// `garbage`: answers as an SSH server would.
    Garbage,
    /// `hang-body`: stops in the middle of an answer.
    HangBody,
    /// `interim`: sends 100 Continue before every answer.
    Interim,
    /// `kvm-session`: somebody looks at the screen, and while that is so 5 and 8 are refused.
    KvmSession,
    /// `mute`: a connection on which nothing is ever answered.
    Mute,
    /// `negotiate`: offers Negotiate and Basic before Digest.
    Negotiate,
    /// `no-system`: no operating system, driver or service runs: it cannot be asked for anything.
    NoSystem,
    /// `redirect`: sends the client elsewhere (302).
    Redirect,
    /// `return-value=N`: methods answer this ReturnValue and do nothing.
    ReturnValue(u32),
    /// `slow=MS`: answers only so much later.
    Slow(Duration),
    /// `slow-first=MS`: the first answer on a connection comes only so much later.
    SlowFirst(Duration),
    /// `stale`: each nonce is good for one request.
    Stale,
    /// `status=CODE`: answers this HTTP status with a page instead of an envelope, and does nothing.
    Status(u16),
    /// `stuck-power`: accepts changes of power, but nothing happens.
    StuckPower,
    /// `trickle`: answers a byte a second.
    Trickle,
    /// `truncated`: closes the connection in the middle of an answer.
    Truncated,
    /// `unauthorized`: answers 401 whatever the login.
    Unauthorized,
    /// `unavailable`: answers the fault EndpointUnavailable and does nothing.
    Unavailable,
    /// `wrong-class`: answers an instance of another class.
    WrongClass,
}

/// Those without a value.
const PLAIN: [(&str, AmtFault); 30] = [
    ("asleep", AmtFault::Asleep),
    ("bad-xml", AmtFault::BadXml),
    ("basic", AmtFault::Basic),
    ("busy", AmtFault::Busy),
    ("chunked", AmtFault::Framing(Framing::Chunked)),
    ("close-after-answer", AmtFault::CloseAfterAnswer),
    ("close-delimited", AmtFault::Framing(Framing::CloseDelimited)),
    ("close-kept", AmtFault::CloseKept),
    ("consent", AmtFault::Consent),
    ("drop-response", AmtFault::DropResponse),
    ("endless", AmtFault::Endless),
    ("fault-as-200", AmtFault::FaultAs200),
    ("fragments", AmtFault::Fragments),
    ("garbage", AmtFault::Garbage),
    ("hang-body", AmtFault::HangBody),
    ("http10", AmtFault::Framing(Framing::Http10)),
    ("interim", AmtFault::Interim),
    ("kvm-session", AmtFault::KvmSession),
    ("length", AmtFault::Framing(Framing::Length)),
    ("mute", AmtFault::Mute),
    ("negotiate", AmtFault::Negotiate),
    ("no-system", AmtFault::NoSystem),
    ("redirect", AmtFault::Redirect),
    ("stale", AmtFault::Stale),
    ("stuck-power", AmtFault::StuckPower),
    ("trickle", AmtFault::Trickle),
    ("truncated", AmtFault::Truncated),
    ("unauthorized", AmtFault::Unauthorized),
    ("unavailable", AmtFault::Unavailable),
    ("wrong-class", AmtFault::WrongClass),
];

impl Named for AmtFault {
    const NAMES: &'static [&'static str] = &[
        "asleep",
        "bad-xml",
        "basic",
        "busy",
        "chunked",
        "close-after-answer",
        "close-delimited",
        "close-kept",
        "consent",
        "drop-response",
        "endless",
        "fault=SUBCODE",
        "fault-as-200",
        "fragments",
        "garbage",
        "hang-body",
        "http10",
        "interim",
        "kvm-session",
        "length",
        "mute",
        "negotiate",
        "no-system",
        "redirect",
        "return-value=NUMBER",
        "slow=MILLISECONDS",
        "slow-first=MILLISECONDS",
        "stale",
        "status=CODE",
        "stuck-power",
        "trickle",
        "truncated",
        "unauthorized",
        "unavailable",
        "wrong-class",
    ];

    fn from_name(name: &str, value: Option<&str>) -> Option<Self> {
        let millis = |text: &str| text.parse().ok().map(Duration::from_millis);
        match (name, value) {
            (_, None) => PLAIN.iter().find(|(known, _)| *known == name).map(|(_, fault)| *fault),
            ("fault", Some(value)) => {
                Subcode::ALL.iter().find(|subcode| subcode.as_str() == value).copied().map(Self::Fault)
            }
            ("return-value", Some(value)) => value.parse().ok().map(Self::ReturnValue),
            ("slow", Some(value)) => millis(value).map(Self::Slow),
            ("slow-first", Some(value)) => millis(value).map(Self::SlowFirst),
            ("status", Some(value)) => {
                value.parse().ok().filter(|status| (200..=599).contains(status)).map(Self::Status)
            }
            _ => None,
        }
    }
}
