//! Definitions as libvirt writes them (tests/vectors/libvirt), and as it does not.

use rackhand_core::operation::BootDevice::{self, Bios, Cdrom, Disk, Pxe, Safe};
use rackhand_core::wol::Mac;

use super::Often::Always;
use super::{Definition, DefinitionError, MAX_ATTRIBUTES, MAX_DEPTH, MAX_ELEMENTS, MAX_LEN, Often, Once};

macro_rules! vector {
    ($name:literal) => {
        include_str!(concat!("../../../../tests/vectors/libvirt/", $name, ".xml"))
    };
}

/// Everything odd that XML allows, and libvirt's own reader takes.
const ODD: &str = r#"<?xml version="1.0"?>
<!-- <domain><name>no</name></domain> -->
<domain type = "qemu" xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'
><name><![CDATA[a<b]]> &#x26;&amp;<!-- no -->c</name>
	<uuid>2f6c5d0e-5b0a-4a6e-9d3f-0d2f7a1c1e10</uuid  >
  <metadata><other:boot xmlns:other="https://example.org/" dev='fd'/></metadata>
  <os a = '>' ><!-- <boot dev='fd'/> --><type>hvm</type>
    <boot
      dev = "h&#100;"  ></boot  ><!-- between --><boot dev='cdrom'/><?boot dev='fd'?>
    <qemu:boot dev='network'/><bootmenu enable='yes'/></os>
  <devices><interface type='user'><mac address="52-54-0-AA-bb-1"/></interface>
    <interface type='user'><mac address='01:00:5e:00:00:01'/></interface>
    <interface type='user'><mac address='none'/></interface>
    <graphics type='vnc' passwd="it's &quot;>&lt;boot dev='hd'/>"/>
  </devices><qemu:commandline><qemu:arg value='&lt;boot order="1"/>'/></qemu:commandline>
</domain>
"#;

fn parsed(xml: &str) -> Definition<'_> {
    Definition::parse(xml).unwrap()
}

fn mac(text: &str) -> Mac {
    text.parse().unwrap()
}

fn set(xml: &str, device: BootDevice, often: Often) -> String {
    parsed(xml).start_from(device, &[], often).unwrap()
}

fn refused(xml: &str, device: BootDevice) -> DefinitionError {
    let error = parsed(xml).start_from(device, &[], Always).unwrap_err();
    assert_eq!(parsed(xml).start_from(device, &[], Often::Once { nonce: None }), Err(error));
    error
}

/// `os` and `devices` are what is in those.
fn domain(os: &str, devices: &str) -> String {
    format!("<domain><name>a</name><uuid>b</uuid><os>{os}</os><devices>{devices}</devices></domain>")
}

#[test]
fn what_is_read() {
    let all = [
        (vector!("bare"), "bare", 1, false, Some(Disk)),
        (vector!("bios"), "web & mail", 2, false, Some(Disk)),
        (vector!("devices"), "devices", 2, false, Some(Disk)),
        (vector!("efi"), "efi", 2, true, Some(Cdrom)),
        (vector!("efi_list"), "efi list", 1, true, Some(Disk)),
        (ODD, "a<b &&c", 1, false, Some(Disk)),
    ];
    for (xml, name, macs, efi, first) in all {
        let definition = parsed(xml);
        assert_eq!((definition.name(), definition.macs().len(), definition.is_efi()), (name, macs, efi), "{name}");
        assert_eq!((definition.first(), definition.once()), (first, None), "{name}");
        assert_eq!(definition.undone(), None, "{name}");
    }
    assert_eq!(parsed(vector!("bios")).uuid(), "2f6c5d0e-5b0a-4a6e-9d3f-0d2f7a1c1e01");
    assert_eq!(parsed(vector!("bios")).macs(), [mac("52:54:00:aa:bb:01"), mac("52:54:00:aa:bb:02")]);
    assert_eq!(parsed(ODD).macs(), [mac("52:54:00:aa:bb:01")]);
    assert_eq!(
        format!("{:?}", parsed(vector!("bare"))),
        r#"Definition { name: "bare", uuid: "2f6c5d0e-5b0a-4a6e-9d3f-0d2f7a1c1e02", .. }"#
    );
}

#[test]
fn libvirt_takes_what_is_written_as_it_is() {
    let second = [mac("52:54:00:aa:bb:07")];
    let once = |nonce| Often::Once { nonce };
    let all: [(_, &str, _, &[Mac], _, _); 13] = [
        ("bare", vector!("bare"), Cdrom, &[], Always, vector!("bare-cdrom")),
        ("bare", vector!("bare"), Pxe, &[], Always, vector!("bare-pxe")),
        ("bare", vector!("bare"), Pxe, &[], once(None), vector!("bare-pxe-once")),
        ("bios", vector!("bios"), Pxe, &[], Always, vector!("bios-pxe")),
        ("bios", vector!("bios"), Pxe, &[], once(Some(7)), vector!("bios-pxe-once")),
        ("bios", vector!("bios"), Cdrom, &[], once(None), vector!("bios-cdrom-once")),
        ("devices", vector!("devices"), Pxe, &[], Always, vector!("devices-pxe")),
        ("devices", vector!("devices"), Pxe, &[], once(Some(3)), vector!("devices-pxe-once")),
        ("devices", vector!("devices"), Cdrom, &[], once(Some(3)), vector!("devices-cdrom-once")),
        ("efi", vector!("efi"), Disk, &[], Always, vector!("efi-disk")),
        ("efi", vector!("efi"), Pxe, &second, once(Some(3)), vector!("efi-pxe-once")),
        ("efi_list", vector!("efi_list"), Pxe, &[], once(Some(3)), vector!("efi_list-pxe-once")),
        ("efi_list", vector!("efi_list"), Disk, &[], once(Some(3)), vector!("efi_list-disk-once")),
    ];
    for (name, xml, device, ports, often, after) in all {
        let made = parsed(xml).start_from(device, ports, often).unwrap();
        assert_eq!(made, after, "{name} {device}");
        let now = parsed(after);
        assert_eq!(now.first(), Some(device), "{name}");
        assert_eq!(now.start_from(device, ports, often).as_deref(), Ok(after), "{name} {device}, again");
        match often {
            Always => assert_eq!((now.once(), now.undone()), (None, None), "{name}"),
            Often::Once { nonce } => {
                assert_eq!(now.once(), Some(Once { nonce, in_force: true }), "{name}");
                assert_eq!(now.undone().as_deref(), Some(xml), "{name} {device}");
                // Whatever comes next begins with how it was.
                let always = parsed(xml).start_from(Disk, &[], Always);
                assert_eq!(now.start_from(Disk, &[], Always), always, "{name} {device}");
                let other = parsed(xml).start_from(Disk, &[], once(Some(8)));
                assert_eq!(now.start_from(Disk, &[], once(Some(8))), other, "{name} {device}");
            }
        }
    }
}

#[test]
fn what_is_so_already_stays_to_the_byte() {
    for xml in [vector!("bare"), vector!("bios"), vector!("devices"), vector!("efi_list"), ODD] {
        assert_eq!(set(xml, Disk, Always), xml);
    }
    // Another disk further behind is no reason to change anything.
    let two = domain(
        "",
        "<disk><boot order='1'/></disk><interface><boot order='2'/></interface><disk><boot order='3'/></disk>",
    );
    assert_eq!(set(&two, Disk, Always), two);
}

#[test]
fn lists_are_rearranged() {
    let all = [
        // What is there, what goes first, what is there then.
        ("", Disk, "<boot dev='hd'/>"),
        ("", Pxe, "<boot dev='network'/><boot dev='hd'/>"),
        ("<type/>\n  <bios/>", Cdrom, "<type/><boot dev='cdrom'/><boot dev='hd'/>\n  <bios/>"),
        ("<boot dev='fd'/>", Pxe, "<boot dev='network'/><boot dev='fd'/>"),
        ("\n <boot dev='fd'/>\n", Pxe, "\n <boot dev='network'/>\n <boot dev='fd'/>\n"),
        ("<boot dev='fd'/> <boot dev=\"hd\" />", Disk, "<boot dev=\"hd\" /> <boot dev='fd'/>"),
        (
            "<boot dev='fd'/>1<boot dev='hd'/>2<boot dev='network'></boot>3<boot dev='network'/>",
            Pxe,
            "<boot dev='network'></boot>1<boot dev='fd'/>2<boot dev='hd'/>3<boot dev='network'/>",
        ),
    ];
    for (before, device, after) in all {
        let (before, after) = (domain(before, ""), domain(after, ""));
        assert_eq!(set(&before, device, Always), after);
        let once = set(&before, device, Often::Once { nonce: None });
        assert_eq!(parsed(&once).undone(), Some(before), "{once}");
    }
    let odd = set(ODD, Cdrom, Always);
    let (one, other) = ("<boot\n      dev = \"h&#100;\"  ></boot  >", "<boot dev='cdrom'/>");
    let between = "<!-- between -->";
    assert_eq!(odd, ODD.replace(&format!("{one}{between}{other}"), &format!("{other}{between}{one}")));
    let once = set(ODD, Pxe, Often::Once { nonce: Some(u32::MAX) });
    assert_eq!(parsed(&once).first(), Some(Pxe));
    assert_eq!(parsed(&once).undone().as_deref(), Some(ODD));
}

#[test]
fn numbers_are_given_anew() {
    let disk = |order| format!("<disk><target dev='vda'/>{order}</disk>");
    let nic = |order| format!("<interface><mac address='52:54:00:00:00:01'/>{order}<rom/></interface>");
    let nic2 = |order| format!("<interface><mac address='52:54:00:00:00:02'/>{order}</interface>");
    let all = [
        // The gaps stay.
        (
            [disk("<boot order='2'/>"), nic("<boot order=\"5\" x=''/>"), nic2("<boot order='9'/>")],
            Pxe,
            [disk("<boot order='9'/>"), nic("<boot order=\"2\" x=''/>"), nic2("<boot order='5'/>")],
        ),
        (
            [disk("<boot order='9'/>"), nic("<boot order='2'/>"), nic2("<boot order='5'/>")],
            Disk,
            [disk("<boot order='2'/>"), nic("<boot order='5'/>"), nic2("<boot order='9'/>")],
        ),
        // One is added.
        (
            [disk("<boot order='3'/>"), nic(""), nic2("")],
            Pxe,
            [disk("<boot order='4'/>"), nic("<boot order='3'/>"), nic2("")],
        ),
        (
            [disk(""), nic("<boot order='7'/>"), nic2("<boot order='4'/>")],
            Disk,
            [disk("<boot order='4'/>"), nic("<boot order='6'/>"), nic2("<boot order='5'/>")],
        ),
    ];
    for (before, device, after) in all {
        let (before, after) = (domain("", &before.concat()), domain("", &after.concat()));
        assert_eq!(set(&before, device, Always), after);
        assert_eq!(parsed(&after).first(), Some(device));
        let once = set(&before, device, Often::Once { nonce: None });
        assert_eq!(parsed(&once).undone(), Some(before));
    }
    // The interface that is a port of the node's, not the first.
    let before = domain("", &[disk("<boot order='1'/>"), nic(""), nic2("")].concat());
    let after = domain("", &[disk("<boot order='2'/>"), nic(""), nic2("<boot order='1'/>")].concat());
    let ports = [mac("52:54:00:00:00:09"), mac("52:54:00:00:00:02")];
    assert_eq!(parsed(&before).start_from(Pxe, &ports, Always), Ok(after));
    // Also where the first has a number, whatever its own is.
    for (before, after) in [
        (
            ["<boot order='1'/>", "<boot order='2'/>", ""],
            ["<boot order='3'/>", "<boot order='2'/>", "<boot order='1'/>"],
        ),
        (
            ["<boot order='1'/>", "<boot order='2'/>", "<boot order='3'/>"],
            ["<boot order='3'/>", "<boot order='2'/>", "<boot order='1'/>"],
        ),
        (
            ["<boot order='3'/>", "<boot order='1'/>", ""],
            ["<boot order='3'/>", "<boot order='2'/>", "<boot order='1'/>"],
        ),
    ] {
        let with =
            |[first, second, third]: [&'static str; 3]| domain("", &[disk(first), nic(second), nic2(third)].concat());
        let (before, after) = (with(before), with(after));
        assert_eq!(parsed(&before).start_from(Pxe, &ports, Always), Ok(after.clone()));
        assert_eq!(parsed(&after).start_from(Pxe, &ports, Always).as_deref(), Ok(&*after));
        let once = parsed(&before).start_from(Pxe, &ports, Often::Once { nonce: None }).unwrap();
        assert_eq!(parsed(&once).undone(), Some(before));
    }
    // What a domain starts from that no one can ask for; its number is nobody else's.
    let others = [
        "<hostdev><boot order='1'/></hostdev>",
        "<disk device='floppy'><boot order='1'/></disk>",
        "<filesystem type='mount'><driver type='virtiofs'/><boot order='1'/></filesystem>",
    ];
    for device in others {
        let xml = domain("", &[device, &nic("<boot order='2'/>")].concat());
        assert_eq!(parsed(&xml).first(), None);
        assert_eq!(parsed(&set(&xml, Pxe, Always)).first(), Some(Pxe));
        let xml = domain("", &[device, &nic("")].concat());
        let set = set(&xml, Pxe, Always);
        assert!(set.contains("<boot order='2'/>") && parsed(&set).first() == Some(Pxe), "{set}");
    }
}

#[test]
fn devices_that_share_a_name_are_told_by_their_place() {
    let nic = |order| format!("<interface><mac address='52:54:00:00:00:01'/><boot order='{order}'/></interface>");
    let disk = |name, order| format!("<disk><target dev='{name}'/><boot order='{order}'/></disk>");
    let before = domain("", &[nic(7), nic(8), disk("a=1 <&lt;ä".replace('<', "&gt;").as_str(), 1)].concat());
    let once = set(&before, Pxe, Often::Once { nonce: None });
    let order = "before=\"devices: disk/a%3D1%20%3E%3C%C3%A4=1 interface/#1=7 interface/#2=8\"";
    assert!(once.contains(order), "{once}");
    assert_eq!(parsed(&once).undone(), Some(before));
}

#[test]
fn an_order_that_somebody_has_changed_meanwhile_stays() {
    let once = vector!("bios-pxe-once");
    let edited = once.replace("    <boot dev='cdrom'/>\n", "");
    assert_ne!(edited, once);
    assert_eq!(parsed(&edited).once(), Some(Once { nonce: Some(7), in_force: false }));
    let without = vector!("bios-pxe").replace("    <boot dev='cdrom'/>\n", "");
    assert_eq!(parsed(&edited).undone(), Some(without.clone()));
    assert_eq!(set(&edited, Disk, Always), set(&without, Disk, Always));

    // A device is gone with its number, or has moved.
    let once = vector!("devices-cdrom-once");
    for (from, to) in [("      <boot order='6'/>\n", ""), ("52:54:00:aa:bb:04'", "52:54:00:aa:bb:14'")] {
        let edited = once.replace(from, to);
        assert_ne!(edited, once);
        let undone = parsed(&edited).undone().unwrap();
        assert_eq!(parsed(&undone).once(), None);
        assert_eq!(parsed(&undone).first(), Some(Cdrom));
        assert!(undone.contains("<boot order='2' loadparm='LINUX'/>"));
    }
    // What has nothing to do with the order is kept, and the order before it comes back.
    let edited = once.replace("heads='1'", "heads='2'");
    assert_ne!(edited, once);
    assert_eq!(parsed(&edited).undone(), Some(vector!("devices").replace("heads='1'", "heads='2'")));
}

#[test]
fn metadata_of_others_is_kept() {
    let others = "<o:o xmlns:o='urn:o'>\n<o:boot/></o:o>";
    for inside in
        ["", "\n  ", "text", others, "<boot/>", "<!-- c -->", "<r:b xmlns:r='https://rackhand.dev/xmlns/libvirt/1'/>"]
    {
        let with = |inside: &str| {
            domain("", "").replace("</uuid>", &format!("</uuid>\n  <metadata a='b' >{inside}</metadata >"))
        };
        let before = with(inside);
        let once = set(&before, Pxe, Often::Once { nonce: Some(1) });
        assert_eq!(parsed(&once).undone(), Some(before), "{once}");
        // Somebody has written into what was made for the marker.
        let once = set(&domain("", ""), Pxe, Often::Once { nonce: None });
        let before = domain("", "").replace("</uuid>", &format!("</uuid><metadata>{inside}</metadata>"));
        let undone = parsed(&once.replace("</metadata>", &format!("{inside}</metadata>"))).undone();
        let empty = inside.trim().is_empty();
        assert_eq!(undone, Some(if empty { domain("", "") } else { before }));
    }
    for tag in ["<metadata/>", "<metadata />", "<metadata a='b'\n/>"] {
        let before = domain("", "").replace("</uuid>", &format!("</uuid>\n  {tag}"));
        let once = set(&before, Pxe, Often::Once { nonce: Some(1) });
        assert_eq!(parsed(&once).undone(), Some(before), "{once}");
    }
}

#[test]
fn a_marker_that_cannot_be_read_is_taken_away() {
    let once = vector!("bare-pxe-once");
    let damaged = [
        ("libvirt/1\"", "libvirt/2\""),
        ("before=\"os: hd\"", ""),
        ("before=\"os: hd\"", "before=\"os:  hd\""),
        ("before=\"os: hd\"", "before=\"os: tape\""),
        ("before=\"os: hd\"", "before=\"os: fd\""),
        ("before=\"os: hd\"", "before=\"devices:\""),
        ("before=\"os: hd\"", "before=\"devices: disk/vda=01\""),
        ("before=\"os: hd\"", "before=\"hd\""),
        ("set=\"os: network hd\"", "set=\"\""),
        ("metadata=\"made\"", "metadata=\"new\""),
        ("metadata=\"made\"", "nonce=\"-1\""),
        ("</metadata>", "<r:boot xmlns:r=\"https://rackhand.dev/xmlns/libvirt/1\"/></metadata>"),
    ];
    for (from, to) in damaged {
        let xml = once.replace(from, to);
        assert_ne!(xml, once);
        let definition = parsed(&xml);
        assert_eq!(definition.once(), Some(Once { nonce: None, in_force: false }), "{to}");
        assert_eq!(definition.undone().as_deref(), Some(vector!("bare-pxe")), "{to}");
    }
    // Numbers that no order before can have had.
    let once = vector!("devices-pxe-once");
    for (from, to) in [("disk/vda=1 ", "disk/vda=5 "), ("disk/vda=1 ", "disk/vdz=1 "), ("disk/vda=1 ", "disk/vdb=1 ")] {
        let xml = once.replacen(from, to, 1);
        assert_ne!(xml, once);
        assert_eq!(parsed(&xml).undone().as_deref(), Some(vector!("devices-pxe")), "{to}");
    }
}

#[test]
fn what_cannot_be_done_is_said() {
    let nic = "<interface><mac address='52:54:00:00:00:01'/><boot order='1'/></interface>";
    for device in [Bios, Safe] {
        assert_eq!(refused(vector!("bios"), device), DefinitionError::Unsupported(device));
    }
    let kernel = domain("<kernel>/k</kernel><boot dev='hd'/>", "");
    assert_eq!((refused(&kernel, Disk), parsed(&kernel).first()), (DefinitionError::Kernel, None));
    assert_eq!(refused(&domain("<boot dev='hd'/>", nic), Pxe), DefinitionError::BothOrders);
    for device in [Cdrom, Disk] {
        assert_eq!(refused(&domain("", nic), device), DefinitionError::NoDevice(device));
    }
    for order in
        ["", "order=''", "order='0'", "order='01'", "order='+1'", "order='&#49;'", "order='4294967296'", "x:order='1'"]
    {
        let error = refused(&domain("", &nic.replace("order='1'", order)), Pxe);
        assert!(matches!(error, DefinitionError::Value { element: "boot", attribute: "order", .. }), "{order} {error}");
    }
    for dev in ["", "dev=''", "dev='HD'", "dev='usb'", "order='1'"] {
        let error = refused(&domain(&format!("<boot {dev}/>"), ""), Disk);
        assert!(matches!(error, DefinitionError::Value { element: "boot", attribute: "dev", .. }), "{dev} {error}");
    }
    assert_eq!(refused(&domain("", &[nic, nic].concat()), Disk), DefinitionError::SameOrder { order: 1 });
    let last = nic.replace("'1'", "'4294967295'") + "<disk><target dev='vda'/></disk>";
    assert_eq!(refused(&domain("", &last), Disk), DefinitionError::NumbersExhausted);
    let twice = nic.replace("<mac", "<boot order='2'/><mac");
    assert_eq!(refused(&domain("", &twice), Pxe), DefinitionError::Twice { element: "boot", within: "interface" });
    for os in ["", "<os/>"] {
        let xml = domain("", "").replace("<os></os>", os);
        assert_eq!(refused(&xml, Pxe), DefinitionError::Missing { element: "os", within: "domain" });
    }
}

#[test]
fn what_is_no_definition_is_refused() {
    let good = domain("", "");
    let deep = |depth: usize| {
        let (open, close) = ("<a>".repeat(depth - 2), "</a>".repeat(depth - 2));
        domain(&format!("{open}{close}"), "")
    };
    let attributes = |count: usize| {
        let all: String = (0..count).map(|n| format!(" a{n}=''")).collect();
        domain(&format!("<type{all}/>"), "")
    };
    for xml in [deep(MAX_DEPTH), attributes(MAX_ATTRIBUTES), format!("\u{FEFF}{good}"), format!("{good}\n<!-- -->\n")] {
        assert_eq!(set(&xml, Disk, Always).len(), xml.len() + "<boot dev='hd'/>".len());
    }
    let missing = |element| DefinitionError::Missing { element, within: "domain" };
    let twice = |element| DefinitionError::Twice { element, within: "domain" };
    let all = [
        (String::new(), DefinitionError::NotADomain),
        ("<network/>".to_owned(), DefinitionError::NotADomain),
        (good.replace("<domain>", "<domain xmlns='urn:a'>"), DefinitionError::NotADomain),
        (good.replace("<name>a</name>", ""), missing("name")),
        (good.replace("<uuid>b</uuid>", "<a:uuid>b</a:uuid>"), missing("uuid")),
        (good.replace("<os></os>", "<os/><os/>"), twice("os")),
        (good.replace("<os></os>", "<devices/>"), twice("devices")),
        (good.replace("<os></os>", "<metadata/><metadata/>"), twice("metadata")),
        (good.replace("<os></os>", "<name/>"), twice("name")),
        (format!("<!DOCTYPE domain>{good}"), DefinitionError::DocumentType),
        (deep(MAX_DEPTH + 1), DefinitionError::TooDeep),
        (attributes(MAX_ATTRIBUTES + 1), DefinitionError::TooManyAttributes),
        (domain("", &"<a/>".repeat(MAX_ELEMENTS)), DefinitionError::TooManyElements),
        (good.clone() + &" ".repeat(MAX_LEN), DefinitionError::TooLong { len: MAX_LEN + good.len() }),
    ];
    for (xml, error) in all {
        assert_eq!(Definition::parse(&xml).unwrap_err(), error, "{}", xml.get(..200).unwrap_or(&xml));
        assert!(!error.to_string().is_empty());
    }
    let broken = [
        good.replace("</os>", "</OS>"),
        good.replace("</domain>", ""),
        good.replace("<os>", "<os a=1>"),
        good.replace("<os>", "<os a='' a=''>"),
        good.replace("<os>", "<os a='&no;'>"),
        good.replace("<os>", "<os><:boot dev='hd'/>"),
        good.replace("<os>", "<os><boot: dev='hd'/>"),
        good.replace("<os>", "<os><a:b:boot xmlns:a='urn:a' dev='hd'/>"),
        good.replace("<os>", "<os :firmware='efi'>"),
        good.replace("<os>", "<os>&no;"),
        good.replace("<os>", "<os>& "),
        good.replace(">a<", ">&no;<"),
        good.replace("<os>", "<os><!-- -- -->"),
        good.replace("<os>", "<os><![CDATA[ "),
        format!("{good}{good}"),
        format!("x{good}"),
        format!("{good}&amp;"),
        format!("\u{FEFF}\u{FEFF}{good}"),
    ];
    for xml in broken {
        let error = Definition::parse(&xml).unwrap_err();
        let DefinitionError::NotWellFormed { at } = error else { panic!("{xml}: {error}") };
        assert!(usize::try_from(at).unwrap() <= xml.len(), "{xml}: {at}");
    }
}

#[test]
fn nothing_secret_is_said() {
    let secret = "hunter2";
    let xml = vector!("bios");
    assert!(xml.contains(secret));
    let broken = [
        xml.replace("</domain>", ""),
        xml.replace("passwd='", "passwd="),
        xml.replace("&lt;&apos;", "<"),
        xml.replace("&lt;", "&hunter2;"),
        xml.replace("dev='hd'", "dev='hunter2'"),
        xml.replace("<boot dev='hd'/>", "</hunter2>"),
        xml.replace("<boot dev='hd'/>", "<!hunter2>"),
    ];
    for xml in broken {
        let said = match Definition::parse(&xml) {
            Ok(definition) => {
                let said = definition.start_from(Pxe, &[], Always).map_err(|error| format!("{error} {error:?}"));
                format!("{definition:?} {}", said.unwrap_err())
            }
            Err(error) => format!("{error} {error:?}"),
        };
        assert!(!said.contains(secret), "{said}");
    }
}
