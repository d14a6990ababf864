//! The second kind of order: `<boot order='…'/>` in single devices.

use std::collections::BTreeMap;

use rackhand_core::operation::BootDevice;
use rackhand_core::wol::Mac;

use super::DefinitionError;
use super::devices::Device;
use super::edits::{Edits, deeper, gap_before, indent_at};
use super::elements::Element;
use super::tree::Tree;

/// What libvirt writes behind `<boot>`.
const BEHIND: [&str; 5] = ["alias", "master", "address", "rom", "acpi"];

/// The devices that have a number, the lowest first.
///
/// # Errors
/// One has it not as libvirt writes it, or two have the same.
pub(super) fn read(devices: &[Device]) -> Result<Vec<(&Device, u32)>, DefinitionError> {
    let mut all = Vec::new();
    for device in devices {
        if let Some(order) = device.number()? {
            all.push((device, order));
        }
    }
    all.sort_by_key(|(_, order)| *order);
    match all.iter().zip(all.iter().skip(1)).find(|((_, one), (_, next))| one == next) {
        Some(((_, order), _)) => Err(DefinitionError::SameOrder { order: *order }),
        None => Ok(all),
    }
}

/// The order with the devices of the kind that `wanted` means first, before others the interface of which the address is among
/// `ports`: it gets a number if it has none, as the first of its kind does when none has. An order that begins so stays as it is.
///
/// # Errors
/// There is no device of that kind, or no room above the highest number.
pub(super) fn with_first(
    tree: &Tree<'_>,
    devices: &[Device],
    wanted: BootDevice,
    ports: &[Mac],
) -> Result<Vec<(String, u32)>, DefinitionError> {
    let ordered = read(devices)?;
    let of_port = |device: &&Device| device.class == Some(wanted) && device.has_any(ports);
    if let Some((lead, _)) = ordered.first()
        && lead.class == Some(wanted)
        && (of_port(lead) || !devices.iter().any(|device| of_port(&device)))
    {
        return Ok(ordered.iter().map(|(device, order)| (device.reference.clone(), *order)).collect());
    }
    let (mut first, rest): (Vec<_>, Vec<_>) =
        ordered.iter().map(|(device, _)| *device).partition(|device| device.class == Some(wanted));
    let mut numbers: Vec<u32> = ordered.iter().map(|(_, order)| *order).collect();
    if !first.iter().any(of_port) {
        // One that is a single tag is no device that libvirt wrote.
        let of_kind = |device: &&Device| {
            device.class == Some(wanted) && tree.get(Some(device.at)).is_some_and(|element| !element.is_one_tag())
        };
        let mut candidates = devices.iter().filter(of_kind);
        let new = candidates.clone().find(of_port).or_else(|| candidates.next().filter(|_| first.is_empty()));
        if new.is_none() && first.is_empty() {
            return Err(DefinitionError::NoDevice(wanted));
        }
        first.extend(new);
    }
    first.sort_by_key(|device| !of_port(device));
    if first.len().saturating_add(rest.len()) > numbers.len() {
        let lowest = numbers.first().copied().unwrap_or(1);
        let count = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
        let highest = lowest.checked_add(count).ok_or(DefinitionError::NumbersExhausted)?;
        numbers = (lowest..=highest).collect();
    }
    Ok(first.into_iter().chain(rest).map(|device| device.reference.clone()).zip(numbers).collect())
}

/// Where a new `<boot>` goes in a device, and the white space before it.
fn place(tree: &Tree<'_>, device: &Element<'_>) -> (usize, String) {
    let xml = tree.xml;
    let mut before = None;
    for child in tree.children(device) {
        if BEHIND.iter().any(|name| child.is(name)) {
            break;
        }
        before = Some(child);
    }
    let indent = |element: &Element<'_>| indent_at(xml, element.span.start).to_owned();
    match (before, tree.children(device).next()) {
        (Some(before), _) => (before.span.end, indent(before)),
        (None, Some(behind)) => (device.content.start, indent(behind)),
        (None, None) => (device.content.start, deeper(&indent(device))),
    }
}

/// Makes the order what `wanted` says: devices by their references, with their numbers.
pub(super) fn renumber(tree: &Tree<'_>, devices: &[Device], wanted: &[(String, u32)], edits: &mut Edits) {
    let wanted: BTreeMap<&str, u32> = wanted.iter().map(|(reference, order)| (reference.as_str(), *order)).collect();
    for device in devices {
        match (wanted.get(device.reference.as_str()), &device.order) {
            (Some(order), Some((now, place))) if order != now => edits.replace(place.clone(), order.to_string()),
            (Some(order), None) => {
                if let Some(element) = tree.get(Some(device.at)) {
                    let (at, indent) = place(tree, element);
                    edits.insert(at, format!("{indent}<boot order='{order}'/>"));
                }
            }
            (None, Some(_)) => {
                if let Some(boot) = tree.get(device.boots.first().copied()) {
                    edits.replace(gap_before(tree.xml, boot.span.start).start..boot.span.end, "");
                }
            }
            (Some(_), Some(_)) | (None, None) => {}
        }
    }
}
