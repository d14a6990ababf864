//! What holds for any definition of a domain: what is put first is first and all else is as it was, to the byte; twice is once;
//! and what was for one start can be undone.

use std::fmt::Write;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use rackhand_adapters::libvirt::definition::{Definition, DefinitionError, Often, Once};
use rackhand_core::operation::BootDevice;
use rackhand_core::wol::Mac;
use rackhand_fuzz::libvirt_definition;
use roxmltree::Document;

/// How a definition is written.
#[derive(Clone, Debug)]
struct Style {
    /// What a line begins with, for each level; none: all is in one line.
    indent: Option<&'static str>,
    quote: char,
    /// What an element without content ends with.
    end: &'static str,
    /// What stands before some elements.
    aside: &'static str,
    metadata: &'static str,
}

#[derive(Clone, Debug)]
struct Device {
    kind: &'static str,
    /// `device` of a disk.
    device: Option<&'static str>,
    name: u8,
    order: Option<u32>,
    rom: bool,
}

#[derive(Clone, Debug)]
struct Domain {
    style: Style,
    list: Vec<&'static str>,
    devices: Vec<Device>,
    efi: bool,
}

fn style() -> impl Strategy<Value = Style> {
    const METADATA: &[&str] = &[
        "",
        "<metadata/>",
        "<metadata />",
        "<metadata></metadata>",
        "<metadata>\n  </metadata>",
        "<metadata><o:o xmlns:o='urn:o'><o:boot dev='fd'/></o:o></metadata>",
        "<metadata>\n    <o xmlns='urn:o' order=\"1\"/><!-- last -->\n  </metadata>",
    ];
    (
        select(vec![None, Some("  "), Some("\t"), Some("")]),
        select(vec!['\'', '"']),
        select(vec!["/>", " />", ">\n</"]),
        select(vec!["", "<!-- <boot dev='hd'/> -->", "<?boot order='1'?>", "<o:boot xmlns:o='urn:o' dev='hd'/>"]),
        select(METADATA),
    )
        .prop_map(|(indent, quote, end, aside, metadata)| Style { indent, quote, end, aside, metadata })
}

fn device() -> impl Strategy<Value = Device> {
    let kinds = vec![
        ("disk", None),
        ("disk", Some("disk")),
        ("disk", Some("lun")),
        ("disk", Some("cdrom")),
        ("disk", Some("floppy")),
        ("interface", None),
        ("interface", None),
        ("filesystem", None),
        ("hostdev", None),
        ("redirdev", None),
    ];
    (select(kinds), 0..6_u8, any::<bool>()).prop_map(|((kind, device), name, rom)| Device {
        kind,
        device,
        name,
        order: None,
        rom,
    })
}

/// A definition that libvirt would take, but for how it is written, and for what shares a name.
fn domain() -> impl Strategy<Value = Domain> {
    let lists = vec(select(vec!["hd", "network", "cdrom", "fd"]), 0..5);
    let numbers = subsequence((1..=12_u32).collect::<Vec<_>>(), 1..9).prop_shuffle();
    (style(), lists, vec(device(), 0..8), option::of(numbers), any::<bool>(), any::<u8>()).prop_map(
        |(style, list, mut devices, numbers, efi, skip)| {
            let some = devices.iter_mut().enumerate().filter(|(at, _)| skip >> at & 1 == 0).map(|(_, device)| device);
            for (device, order) in some.zip(numbers.into_iter().flatten()) {
                device.order = Some(order);
            }
            let numbered = devices.iter().any(|device| device.order.is_some());
            Domain { style, list: if numbered { Vec::new() } else { list }, devices, efi }
        },
    )
}

impl Domain {
    fn line(&self, out: &mut String, level: usize) {
        if let Some(indent) = self.style.indent {
            write!(out, "\n{}", indent.repeat(level)).unwrap();
        }
    }

    /// An element with nothing in it.
    fn tag(&self, out: &mut String, level: usize, name: &str, attributes: &[(&str, String)]) {
        let Style { quote, end, aside, .. } = self.style;
        self.line(out, level);
        write!(out, "{aside}").unwrap();
        self.line(out, level);
        write!(out, "<{name}").unwrap();
        for (attribute, value) in attributes {
            write!(out, " {attribute}={quote}{value}{quote}").unwrap();
        }
        out.push_str(end);
        if end.ends_with('/') {
            write!(out, "{name}>").unwrap();
        }
    }

    fn xml(&self) -> String {
        let mut out = String::from("<domain type='qemu'>");
        for text in ["<name>a&amp;b</name>", "<uuid>2f6c5d0e</uuid>", self.style.metadata] {
            self.line(&mut out, 1);
            out.push_str(text);
        }
        self.line(&mut out, 1);
        out.push_str(if self.efi { "<os firmware='efi'>" } else { "<os>" });
        self.tag(&mut out, 2, "type", &[("arch", "x86_64".to_owned())]);
        for class in &self.list {
            self.tag(&mut out, 2, "boot", &[("dev", (*class).to_owned())]);
        }
        self.tag(&mut out, 2, "bootmenu", &[("enable", "yes".to_owned())]);
        self.line(&mut out, 1);
        out.push_str("</os>");
        self.line(&mut out, 1);
        out.push_str("<devices>");
        for device in &self.devices {
            self.line(&mut out, 2);
            write!(out, "<{}", device.kind).unwrap();
            if let Some(kind) = device.device {
                write!(out, " device=\"{kind}\"").unwrap();
            }
            out.push('>');
            match device.kind {
                "disk" => self.tag(&mut out, 3, "target", &[("dev", format!("vd{}", device.name))]),
                "interface" => self.tag(&mut out, 3, "mac", &[("address", mac(device.name).to_string())]),
                _ => self.tag(&mut out, 3, "source", &[]),
            }
            if let Some(order) = device.order {
                self.tag(&mut out, 3, "boot", &[("loadparm", "LINUX".to_owned()), ("order", order.to_string())]);
            }
            if device.rom {
                self.tag(&mut out, 3, "rom", &[("enabled", "no".to_owned())]);
            }
            self.line(&mut out, 2);
            write!(out, "</{}>", device.kind).unwrap();
        }
        self.line(&mut out, 1);
        out.push_str("</devices>");
        self.line(&mut out, 0);
        out + "</domain>"
    }

    /// Whether one of the devices could be `wanted`.
    fn has(&self, wanted: BootDevice) -> bool {
        self.devices.iter().any(|device| match wanted {
            BootDevice::Pxe => device.kind == "interface",
            BootDevice::Disk => device.kind == "disk" && matches!(device.device, None | Some("disk" | "lun")),
            _ => device.device == Some("cdrom"),
        })
    }
}

fn mac(name: u8) -> Mac {
    Mac::from_octets([0x52, 0x54, 0, 0, 0, name])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// The judge, which has another reader of XML, is the fuzz target's.
    #[test]
    fn what_is_put_first_is_first_and_all_else_is_kept(domain in domain(), port in 0..6_u8, nonce in any::<Option<u32>>()) {
        let xml = domain.xml();
        prop_assert!(Document::parse(&xml).is_ok());
        let definition = Definition::parse(&xml).unwrap();
        prop_assert_eq!(definition.is_efi(), domain.efi);
        libvirt_definition(xml.as_bytes());

        let numbered = domain.devices.iter().any(|device| device.order.is_some());
        for device in [BootDevice::Cdrom, BootDevice::Disk, BootDevice::Pxe] {
            let once = definition.start_from(device, &[mac(port)], Often::Once { nonce });
            // It is refused for one reason alone.
            if numbered && !domain.has(device) {
                prop_assert_eq!(once, Err(DefinitionError::NoDevice(device)));
                continue;
            }
            let once = once.unwrap();
            let set = Definition::parse(&once).unwrap();
            prop_assert_eq!((set.first(), set.once()), (Some(device), Some(Once { nonce, in_force: true })));
            let undone = set.undone();
            prop_assert_eq!(undone.as_deref(), Some(&*xml));
            libvirt_definition(once.as_bytes());
        }
    }

    /// Wherever it is cut, and whatever comes in there: it is refused, or all of that still holds.
    #[test]
    fn what_is_broken_is_refused_or_still_kept(
        domain in domain(),
        at in any::<prop::sample::Index>(),
        piece in select(vec!["", "<", ">", "<a>", "</a>", "<a/>", "&", "&amp;", "'", "\"", " ", "<!--", "-->", "<boot dev='hd'/>", "<![CDATA[", "]]>", "/"]),
        drop in 0..20_usize,
    ) {
        let xml = domain.xml();
        let (at, end) = (at.index(xml.len()), |at: usize| at.saturating_add(drop).min(xml.len()));
        let broken = format!("{}{piece}{}", &xml[..at], &xml[end(at)..]);
        libvirt_definition(broken.as_bytes());
    }
}
