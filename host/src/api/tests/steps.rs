//! Requests at random.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::model::{Edit, Model};

const NAMES: [&str; 3] = ["rack-1", "a.b_c~d", "N"];
const BAD_NAMES: [&str; 3] = ["no/name", "detail", "10000000-0000-4000-8000-00000000000a"];
const MACS: [&str; 4] = ["02:00:00:00:00:01", "02:00:00:00:00:02", "02:00:00:00:00:03", "odd"];

/// A request, with what it names by number.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Create { uuid: u8, name: Option<&'static str>, kind: Kind, spoil: Option<&'static str> },
    Patch { node: String, edits: Vec<Edit> },
    Delete { node: String },
    Maintain { node: String, reason: Option<String> },
    Unmaintain { node: String },
    Provision { node: String, verb: &'static str },
    Power { node: String, target: &'static str },
    CreatePort { uuid: u8, node: u8, mac: &'static str },
    PatchPort { port: u8, edit: PortEdit },
    DeletePort { port: u8 },
    List { filter: &'static str, key: &'static str, descending: bool, limit: Option<u8>, marker: Option<u8> },
    ListPorts { node: Option<String>, mac: Option<&'static str> },
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Answers,
    Refuses,
    Sleeps,
}

#[derive(Clone, Debug)]
pub(super) enum PortEdit {
    Mac(&'static str),
    Extra(bool),
    Pxe(bool),
    Node(u8),
}

pub(super) fn uuid(number: u8) -> String {
    format!("10000000-0000-4000-8000-00000000000{number}")
}

pub(super) fn port_uuid(number: u8) -> String {
    format!("20000000-0000-4000-8000-00000000000{number}")
}

/// A node that there is, `#` by its UUID and `@` by its name, or what there may be.
fn a_node() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => (0..9_u8).prop_map(|number| format!("#{number}")),
        3 => (0..9_u8).prop_map(|number| format!("@{number}")),
        1 => select(&NAMES[..]).prop_map(str::to_owned),
        1 => (0..4_u8).prop_map(uuid),
    ]
}

impl Step {
    /// The same with the name of a node that there is.
    pub(super) fn meant(&self, model: &Model) -> Self {
        let mut step = self.clone();
        let (Self::Patch { node, .. }
        | Self::Delete { node }
        | Self::Maintain { node, .. }
        | Self::Unmaintain { node }
        | Self::Provision { node, .. }
        | Self::Power { node, .. }
        | Self::ListPorts { node: Some(node), .. }) = &mut step
        else {
            return step;
        };
        if let Some(number) = node.strip_prefix(['#', '@']).and_then(|number| number.parse::<usize>().ok()) {
            let found = model.nodes.get(number % model.nodes.len().max(1));
            let by_name = found.filter(|_| node.starts_with('@')).and_then(|found| found.name.clone());
            *node = by_name.or_else(|| found.map(|found| found.uuid.clone())).unwrap_or_else(|| "nosuch".to_owned());
        }
        step
    }
}

fn a_name() -> impl Strategy<Value = &'static str> {
    prop_oneof![9 => select(&NAMES[..]), 1 => select(&BAD_NAMES[..])]
}

fn an_edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        6 => option::weighted(0.8, a_name()).prop_map(|name| Edit::Name(name.map(str::to_owned))),
        2 => option::of(Just("by the door".to_owned())).prop_map(Edit::Description),
        3 => (select(&["a", "b"][..]), option::weighted(0.7, 0..9_u8)).prop_map(|(key, value)| Edit::Extra(key, value)),
        2 => any::<bool>().prop_map(Edit::Address),
        2 => (1..5_u8).prop_map(Edit::Relay),
        2 => option::of(select(&["noop", "fake", "fake", "odd"][..])).prop_map(Edit::Management),
        6 => any::<bool>().prop_map(Edit::Protected),
        1 => any::<bool>().prop_map(Edit::Maintenance),
        2 => Just(Edit::SendBack),
        1 => Just(Edit::Uuid),
        1 => Just(Edit::Driver("nosuch")),
    ]
}

fn a_creation() -> impl Strategy<Value = Step> {
    let kind = select(&[Kind::Answers, Kind::Answers, Kind::Refuses, Kind::Sleeps][..]);
    let spoil = option::weighted(0.1, select(&["odd", "no driver", "other driver", "uuid"][..]));
    (prop_oneof![3 => 0..2_u8, 2 => 2..4_u8], option::weighted(0.6, a_name()), kind, spoil)
        .prop_map(|(uuid, name, kind, spoil)| Step::Create { uuid, name, kind, spoil })
}

/// Requests that have something to work on.
pub(super) fn a_story() -> impl Strategy<Value = Vec<Step>> {
    (vec(a_creation(), 2..6), vec(a_step(), 1..=35)).prop_map(|(creations, steps)| [creations, steps].concat())
}

fn a_step() -> impl Strategy<Value = Step> {
    let edit = prop_oneof![
        select(&MACS[..]).prop_map(PortEdit::Mac),
        any::<bool>().prop_map(PortEdit::Extra),
        any::<bool>().prop_map(PortEdit::Pxe),
        (0..5_u8).prop_map(PortEdit::Node),
    ];
    let filters =
        ["", "maintenance=true", "maintenance=no", "driver=staging-wol", "provision_state=manageable", "associated=1"];
    let keys = ["id", "uuid", "name", "driver", "description", "odd"];
    let verbs = ["manage", "manage", "provide", "active", "odd"];
    let targets = ["power on", "power off", "rebooting", "soft power off", "odd"];
    prop_oneof![
        10 => a_creation(),
        16 => (a_node(), prop_oneof![vec(an_edit(), 1), vec(an_edit(), 1..4)]).prop_map(|(node, edits)| Step::Patch { node, edits }),
        4 => a_node().prop_map(|node| Step::Delete { node }),
        1 => (a_node(), option::of(Just("because".to_owned())))
            .prop_map(|(node, reason)| Step::Maintain { node, reason }),
        1 => a_node().prop_map(|node| Step::Unmaintain { node }),
        6 => (a_node(), select(verbs.to_vec())).prop_map(|(node, verb)| Step::Provision { node, verb }),
        8 => (a_node(), select(targets.to_vec())).prop_map(|(node, target)| Step::Power { node, target }),
        5 => (0..3_u8, 0..5_u8, select(&MACS[..])).prop_map(|(uuid, node, mac)| Step::CreatePort { uuid, node, mac }),
        3 => (0..3_u8, edit).prop_map(|(port, edit)| Step::PatchPort { port, edit }),
        1 => (0..3_u8).prop_map(|port| Step::DeletePort { port }),
        4 => (select(filters.to_vec()), select(keys.to_vec()), any::<bool>(), option::of(0..3_u8), option::weighted(0.3, 0..4_u8))
            .prop_map(|(filter, key, descending, limit, marker)| Step::List { filter, key, descending, limit, marker }),
        1 => (option::of(a_node()), option::of(select(&MACS[..]))).prop_map(|(node, mac)| Step::ListPorts { node, mac }),
    ]
}
