//! The boot order in definitions of domains, with another reader of XML as the judge.

use rackhand_adapters::libvirt::definition::{Definition, DefinitionError, Often, Once};
use rackhand_core::operation::BootDevice;
use rackhand_core::wol::Mac;
use roxmltree::{Document, Node};

const DEVICES: [(BootDevice, &str); 3] =
    [(BootDevice::Cdrom, "cdrom"), (BootDevice::Disk, "hd"), (BootDevice::Pxe, "network")];

/// The elements of libvirt's with that name in `of`.
fn children<'a>(of: Node<'a, 'a>, name: &'static str) -> impl Iterator<Item = Node<'a, 'a>> {
    of.children().filter(move |node| node.has_tag_name(name) && node.tag_name().namespace().is_none())
}

/// The elements that can have a place in the boot order, in their order.
fn devices<'a>(xml: &'a Document<'a>) -> Vec<Node<'a, 'a>> {
    let kinds = ["disk", "filesystem", "hostdev", "interface", "redirdev"];
    let all = children(xml.root_element(), "devices").flat_map(|devices| devices.children());
    all.filter(|node| kinds.iter().any(|kind| node.has_tag_name(*kind)) && node.tag_name().namespace().is_none())
        .collect()
}

/// What a device is to those who want the machine to start from it.
fn kind(device: Node<'_, '_>) -> Option<&'static str> {
    match (device.tag_name().name(), device.attribute("device")) {
        ("interface", _) => Some("network"),
        ("disk", None | Some("disk" | "lun")) => Some("hd"),
        ("disk", Some("cdrom")) => Some("cdrom"),
        _ => None,
    }
}

/// The classes of the list in `<os>`.
fn list(xml: &Document<'_>) -> Vec<String> {
    let os = children(xml.root_element(), "os").next();
    os.map(|os| children(os, "boot").map(|boot| boot.attribute("dev").unwrap_or_default().to_owned()).collect())
        .unwrap_or_default()
}

/// The numbers of devices with which of them has it, the lowest first.
fn numbers(xml: &Document<'_>) -> Vec<(u32, usize)> {
    let order = |device: Node<'_, '_>| children(device, "boot").next()?.attribute("order")?.parse().ok();
    let mut all: Vec<_> =
        devices(xml).into_iter().enumerate().filter_map(|(at, device)| Some((order(device)?, at))).collect();
    all.sort_unstable();
    all
}

/// `xml` without the elements of any boot order and the white space before them.
fn without_order(xml: &str, read: &Document<'_>) -> String {
    let os = children(read.root_element(), "os").flat_map(|os| children(os, "boot"));
    let mut boots: Vec<_> = devices(read).into_iter().flat_map(|device| children(device, "boot")).chain(os).collect();
    boots.sort_by_key(|boot| boot.range().start);
    let mut out = String::new();
    let mut from = 0;
    for boot in boots {
        out.push_str(xml[from..boot.range().start].trim_end_matches([' ', '\t', '\r', '\n']));
        from = boot.range().end;
    }
    out + &xml[from..]
}

/// The address of an interface.
fn mac(device: Node<'_, '_>) -> Option<Mac> {
    let mac = children(device, "mac").next().filter(|_| device.has_tag_name("interface"))?;
    mac.attribute("address")?.parse().ok()
}

/// What is read is what the other reader reads.
fn read_alike(definition: &Definition<'_>, xml: &Document<'_>) {
    let root = xml.root_element();
    assert!(root.has_tag_name("domain"));
    let text = |name| {
        children(root, name)
            .next()
            .map(|node| node.descendants().filter(Node::is_text).filter_map(|it| it.text()).collect::<String>())
    };
    assert_eq!((Some(definition.name()), Some(definition.uuid())), (text("name").as_deref(), text("uuid").as_deref()));
    let macs: Vec<_> = devices(xml).into_iter().filter_map(mac).collect();
    assert_eq!(definition.macs(), macs);
}

/// What has been put first, and where the rest is then.
fn rest_is_kept(before: &Document<'_>, after: &Document<'_>, class: &str, ports: &[Mac]) {
    let (was, is) = (numbers(before), numbers(after));
    if was.is_empty() {
        let (mut was, is) = (list(before), list(after));
        match was.iter().position(|it| it == class) {
            Some(at) => drop(was.remove(at)),
            None if was.is_empty() && class != "hd" => was.push("hd".to_owned()),
            None => {}
        }
        assert_eq!((is[0].as_str(), &is[1..]), (class, &was[..]));
        return;
    }
    assert!(list(after).is_empty(), "both kinds");
    let there = devices(before);
    let place = |all: &[(u32, usize)]| all.iter().map(|(_, at)| *at).collect::<Vec<_>>();
    let (was_at, is_at) = (place(&was), place(&is));
    let others = |all: &[usize]| all.iter().copied().filter(|at| kind(there[*at]) != Some(class)).collect::<Vec<_>>();
    assert_eq!(kind(there[is_at[0]]), Some(class));
    assert_eq!(others(&is_at), others(&was_at));
    let of_port = |device: &Node<'_, '_>| mac(*device).is_some_and(|mac| ports.contains(&mac));
    if class == "network" && there.iter().any(of_port) {
        assert!(of_port(&there[is_at[0]]), "another interface than that of a port");
    }
    if is.len() == was.len() {
        assert!(is.iter().map(|(order, _)| order).eq(was.iter().map(|(order, _)| order)), "other numbers");
    } else {
        assert_eq!((is.len(), is[0].0), (was.len() + 1, was[0].0));
    }
}

/// Sets `device` in a definition without a marker, for always and for one start.
fn set(base: &str, device: BootDevice, class: &str, ports: &[Mac]) {
    let definition = Definition::parse(base).expect("it is read once more");
    let once = |nonce| Often::Once { nonce };
    let made = match definition.start_from(device, ports, Often::Always) {
        Ok(made) => made,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            assert_eq!(definition.start_from(device, ports, once(None)), Err(error));
            return;
        }
    };
    let any_will_do = device != BootDevice::Pxe || !definition.macs().iter().any(|mac| ports.contains(mac));
    if definition.first() == Some(device) && any_will_do {
        assert_eq!(made, base);
    }
    let after = Definition::parse(&made).expect("it is ours");
    assert_eq!((after.first(), after.once(), after.undone()), (Some(device), None, None));
    assert_eq!((after.name(), after.uuid(), after.macs()), (definition.name(), definition.uuid(), definition.macs()));
    assert_eq!(after.start_from(device, ports, Often::Always).as_ref(), Ok(&made));
    if let Ok(read) = Document::parse(base) {
        let read_after = Document::parse(&made).expect("it was read before");
        assert_eq!(without_order(&made, &read_after), without_order(base, &read));
        if made != base {
            rest_is_kept(&read, &read_after, class, ports);
        }
    }

    let marked = definition.start_from(device, ports, once(Some(7))).expect("it was for always");
    let after = Definition::parse(&marked).expect("it is ours");
    assert_eq!((after.first(), after.once()), (Some(device), Some(Once { nonce: Some(7), in_force: true })));
    assert_eq!(after.undone().as_deref(), Some(base));
    assert_eq!(after.start_from(device, ports, once(Some(7))).as_ref(), Ok(&marked));
    assert_eq!(after.start_from(device, ports, Often::Always).as_ref(), Ok(&made));
    for (other, _) in DEVICES {
        assert_eq!(after.start_from(other, ports, once(None)), definition.start_from(other, ports, once(None)));
    }
    if Document::parse(base).is_ok() {
        Document::parse(&marked).expect("it was read before");
    }
}

/// [`Definition::parse`] on any text, and every change of what it finds.
///
/// Asserts: what another reader finds in it is the same; whatever is put first is first, all else is as it was, and once more changes
/// nothing; what is for one start is undone to the byte; no marker is left, and the other reader takes what is made.
pub fn libvirt_definition(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let definition = match Definition::parse(text) {
        Ok(definition) => definition,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            if let DefinitionError::NotWellFormed { at } = error {
                assert!(usize::try_from(at).is_ok_and(|at| at <= text.len()), "{at}");
            }
            return;
        }
    };
    if let Ok(xml) = Document::parse(text) {
        read_alike(&definition, &xml);
    }
    let undone = definition.undone();
    assert_eq!(undone.is_some(), definition.once().is_some());
    let base = undone.as_deref().unwrap_or(text);
    let ports: Vec<_> = definition.macs().last().copied().into_iter().collect();
    for (device, class) in DEVICES {
        set(base, device, class, &ports);
        set(base, device, class, &[]);
        if undone.is_some() {
            let again = Definition::parse(base).expect("it is ours");
            assert_eq!(
                definition.start_from(device, &ports, Often::Always),
                again.start_from(device, &ports, Often::Always)
            );
        }
    }
    for device in [BootDevice::Bios, BootDevice::Safe] {
        let error = definition.start_from(device, &[], Often::Always);
        assert_eq!(error, Err(DefinitionError::Unsupported(device)));
    }
}
