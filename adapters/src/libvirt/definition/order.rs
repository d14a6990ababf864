//! A boot order, and how a marker tells it.

use std::fmt;

use rackhand_core::operation::BootDevice;

/// What the attribute `dev` of `<boot>` in `<os>` may be.
pub(super) const CLASSES: [&str; 4] = ["hd", "network", "cdrom", "fd"];

/// libvirt's name of what a domain can start from.
pub(super) const fn class(device: BootDevice) -> Option<&'static str> {
    match device {
        BootDevice::Cdrom => Some("cdrom"),
        BootDevice::Disk => Some("hd"),
        BootDevice::Pxe => Some("network"),
        BootDevice::Bios | BootDevice::Safe => None,
    }
}

/// What libvirt's name means.
pub(super) fn device(class: &str) -> Option<BootDevice> {
    match class {
        "cdrom" => Some(BootDevice::Cdrom),
        "hd" => Some(BootDevice::Disk),
        "network" => Some(BootDevice::Pxe),
        _ => None,
    }
}

/// The number of a boot order as libvirt writes it: from 1 on, digits alone.
pub(super) fn number(text: &str) -> Option<u32> {
    let number: u32 = text.parse().ok().filter(|number| *number > 0)?;
    // Nothing but what is written back.
    (number.to_string() == text).then_some(number)
}

/// All of a definition's boot order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// The list in `<os>`, of [`CLASSES`]; it may be empty.
    Os(Vec<&'static str>),
    /// Devices by what [`Device::reference`](super::devices::Device::reference) tells, with their numbers, the lowest first.
    Devices(Vec<(String, u32)>),
}

impl Order {
    /// Of what [`Display`](fmt::Display) writes, and of nothing else.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (kind, rest) = text.split_once(':')?;
        let items = rest.split(' ').filter(|item| !item.is_empty());
        let order = match kind {
            "os" => Self::Os(items.map(known).collect::<Option<_>>()?),
            "devices" => Self::Devices(
                items
                    .map(|item| {
                        let (reference, order) = item.rsplit_once('=')?;
                        Some((reference.to_owned(), number(order)?))
                    })
                    .collect::<Option<_>>()?,
            ),
            _ => return None,
        };
        (order.to_string() == text).then_some(order)
    }

    /// Whether this can have been before `set` was: devices are added to an order, never taken from it.
    pub(super) fn leads_to(&self, set: &Self) -> bool {
        match (self, set) {
            (Self::Os(before), Self::Os(set)) => {
                let count = |list: &[&str], class: &str| list.iter().filter(|it| **it == class).count();
                CLASSES.iter().all(|class| count(before, class) <= count(set, class))
            }
            (Self::Devices(before), Self::Devices(set)) => {
                let mut references: Vec<_> = before.iter().map(|(reference, _)| reference).collect();
                let mut there: Vec<_> = set.iter().map(|(reference, _)| reference).collect();
                references.sort_unstable();
                there.sort_unstable();
                !before.is_empty()
                    && before.is_sorted_by(|(_, one), (_, other)| one < other)
                    && references.is_sorted_by(|one, other| one < other)
                    && references.iter().all(|reference| there.binary_search(reference).is_ok())
            }
            _ => false,
        }
    }
}

fn known(class: &str) -> Option<&'static str> {
    CLASSES.into_iter().find(|it| *it == class)
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Os(list) => {
                f.write_str("os:")?;
                list.iter().try_for_each(|class| write!(f, " {class}"))
            }
            Self::Devices(list) => {
                f.write_str("devices:")?;
                list.iter().try_for_each(|(reference, order)| write!(f, " {reference}={order}"))
            }
        }
    }
}

/// `text` with nothing in it that means something in an order or in XML: other bytes as `%` and two digits.
pub(super) fn plain(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b':' | b'_') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
        out
    })
}
