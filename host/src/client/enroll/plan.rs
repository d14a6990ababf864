//! What is to be done about each domain. Nothing is asked and nothing is sent here.

use std::collections::{HashMap, HashSet};

use rackhand_core::wol::Mac;
use uuid::Uuid;

use super::names::Names;
use crate::driver::Domain;

/// A node of the daemon, as far as it matters here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) uuid: String,
    pub(super) name: Option<String>,
    /// Such as `enroll`.
    pub(super) state: String,
    /// The hypervisor, spelled as [`rackhand_adapters::libvirt::Uri`] does; none for a node of another type.
    pub(super) uri: Option<String>,
    /// The domain that it was made for, as `extra` tells.
    pub(super) domain: Option<Uuid>,
}

/// What the daemon has.
#[derive(Clone, Debug, Default)]
pub(super) struct Fleet {
    pub(super) nodes: Vec<Node>,
    /// The UUIDs of their nodes.
    pub(super) ports: HashMap<Mac, String>,
    /// The UUIDs of nodes that have a port, whatever its address.
    pub(super) with_ports: HashSet<String>,
}

/// What is to be done about a domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A node of this name and its ports are to be made.
    Enroll { name: String },
    /// There is a node that lacks these addresses.
    Complete { node: Node, missing: Vec<Mac> },
    /// There is a node that has all that it needs.
    There { node: Node },
    /// Nothing can be done, for this reason.
    Skip(String),
}

impl Node {
    /// What people call it.
    pub(super) fn called(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.uuid)
    }
}

/// What is to be done about each of `domains` that is `chosen`, in their order. `uri`: the hypervisor's, spelled as a node's;
/// `prefix`: what new names begin with.
///
/// The others matter too: an address that two domains have tells neither.
pub(super) fn plan<'a>(
    domains: &'a [Domain],
    chosen: impl Fn(&Domain) -> bool,
    fleet: &Fleet,
    uri: &str,
    prefix: &str,
) -> Vec<(&'a Domain, Step)> {
    let known = Known::new(domains, fleet, uri);
    let looked: Vec<_> = domains.iter().filter(|it| chosen(it)).map(|domain| (domain, known.look(domain))).collect();
    let new: Vec<_> = looked.iter().filter(|(_, step)| step.is_none()).map(|(domain, _)| *domain).collect();
    let taken = fleet.nodes.iter().filter_map(|node| node.name.as_deref());
    let mut names = Names::new(prefix, taken).give(&new);
    let step = |(domain, step): (&'a Domain, Option<Step>)| {
        let step = step.unwrap_or_else(|| match names.remove(&domain.uuid) {
            Some(name) => Step::Enroll { name },
            None => Step::Skip("every name that it could have is another node's".to_owned()),
        });
        (domain, step)
    };
    looked.into_iter().map(step).collect()
}

/// Who is known by what.
struct Known<'a> {
    fleet: &'a Fleet,
    uri: &'a str,
    nodes: HashMap<&'a str, &'a Node>,
    /// The nodes of this hypervisor that were made for a domain.
    made_for: HashMap<Uuid, Vec<&'a Node>>,
    /// The domains that have an address.
    having: HashMap<Mac, Vec<&'a Domain>>,
}

impl<'a> Known<'a> {
    fn new(domains: &'a [Domain], fleet: &'a Fleet, uri: &'a str) -> Self {
        let mut having: HashMap<Mac, Vec<&Domain>> = HashMap::new();
        for domain in domains {
            for mac in &domain.macs {
                having.entry(*mac).or_default().push(domain);
            }
        }
        let mut made_for: HashMap<Uuid, Vec<&Node>> = HashMap::new();
        for node in fleet.nodes.iter().filter(|node| node.uri.as_deref() == Some(uri)) {
            if let Some(domain) = node.domain {
                made_for.entry(domain).or_default().push(node);
            }
        }
        let nodes = fleet.nodes.iter().map(|node| (node.uuid.as_str(), node)).collect();
        Self { fleet, uri, nodes, made_for, having }
    }

    /// What is to be done about a domain; none: it is new.
    fn look(&self, domain: &Domain) -> Option<Step> {
        if let Some(why) = &domain.wrong {
            return Some(Step::Skip(format!("its definition cannot be read: {why}")));
        }
        if domain.macs.is_empty() {
            return Some(Step::Skip("it has no network interface, by whose address a node would be known".to_owned()));
        }
        if let Some((mac, other)) = domain.macs.iter().find_map(|mac| Some((mac, self.another(domain, *mac)?))) {
            return Some(Step::Skip(format!(
                "the domain '{}' has its address {mac} too: a node is one domain",
                other.name
            )));
        }
        match self.owners(domain) {
            Err(foreign) => Some(Step::Skip(foreign)),
            Ok(owners) => match owners.as_slice() {
                [] => self.by_uuid(domain),
                [node] => Some(self.complete(domain, node)),
                [one, other, ..] => Some(Step::Skip(format!(
                    "its addresses are those of several nodes, {} and {}: a domain is one node",
                    one.called(),
                    other.called()
                ))),
            },
        }
    }

    /// Another domain with this address.
    fn another(&self, domain: &Domain, mac: Mac) -> Option<&'a Domain> {
        self.having.get(&mac)?.iter().find(|other| other.uuid != domain.uuid).copied()
    }

    /// The nodes of this hypervisor that have one of its addresses, or who else has one.
    fn owners(&self, domain: &Domain) -> Result<Vec<&'a Node>, String> {
        let mut owners: Vec<&Node> = Vec::new();
        for mac in &domain.macs {
            let Some(uuid) = self.fleet.ports.get(mac) else { continue };
            match self.nodes.get(uuid.as_str()) {
                Some(node) if node.uri.as_deref() == Some(self.uri) => {
                    if !owners.iter().any(|other| other.uuid == node.uuid) {
                        owners.push(node);
                    }
                }
                other => {
                    let called = other.map_or(uuid.as_str(), |node| node.called());
                    return Err(format!(
                        "its address {mac} is that of a port of the node {called}, which is no node of {}",
                        self.uri
                    ));
                }
            }
        }
        Ok(owners)
    }

    fn complete(&self, domain: &Domain, node: &Node) -> Step {
        let missing: Vec<Mac> = domain.macs.iter().filter(|mac| !self.fleet.ports.contains_key(mac)).copied().collect();
        let node = node.clone();
        if missing.is_empty() { Step::There { node } } else { Step::Complete { node, missing } }
    }

    /// A node that was made for the domain, and has none of its addresses.
    fn by_uuid(&self, domain: &Domain) -> Option<Step> {
        let made = self.made_for.get(&domain.uuid)?;
        Some(match made.as_slice() {
            [node] if !self.fleet.with_ports.contains(&node.uuid) => self.complete(domain, node),
            // Its interfaces were exchanged; whether the old addresses are still anybody's, a person knows.
            [node] => Step::Skip(format!(
                "the node {} was made for it and has other addresses: rackhand node port create --node {} {}",
                node.called(),
                node.uuid,
                domain.macs.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
            )),
            nodes => {
                let called: Vec<_> = nodes.iter().map(|node| node.called()).collect();
                Step::Skip(format!("several nodes were made for it: {}; delete all but one", called.join(", ")))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::slice::from_ref;

    use super::*;

    const URI: &str = "qemu:///system";

    fn mac(last: u8) -> Mac {
        Mac::from_octets([0x52, 0x54, 0, 0, 0, last])
    }

    /// A domain of this number, with these addresses.
    fn domain(number: u32, macs: &[u8]) -> Domain {
        Domain {
            name: format!("d{number}"),
            uuid: Uuid::from_u128(u128::from(number)),
            macs: macs.iter().map(|last| mac(*last)).collect(),
            wrong: None,
        }
    }

    fn node(uuid: &str) -> Node {
        let uri = Some(URI.to_owned());
        Node { uuid: uuid.to_owned(), name: Some(format!("n-{uuid}")), state: "enroll".to_owned(), uri, domain: None }
    }

    fn fleet(nodes: &[Node], ports: &[(u8, &str)]) -> Fleet {
        let ports: HashMap<_, _> = ports.iter().map(|(last, uuid)| (mac(*last), (*uuid).to_owned())).collect();
        let with_ports = ports.values().cloned().collect();
        Fleet { nodes: nodes.to_vec(), ports, with_ports }
    }

    fn steps(domains: &[Domain], fleet: &Fleet) -> Vec<Step> {
        plan(domains, |_| true, fleet, URI, "").into_iter().map(|(_, step)| step).collect()
    }

    fn made_for(number: u32, uuid: &str) -> Node {
        Node { domain: Some(Uuid::from_u128(u128::from(number))), ..node(uuid) }
    }

    #[test]
    fn what_is_known_is_not_made_again() {
        let name = |name: &str| Step::Enroll { name: name.to_owned() };
        let complete = |node: &Node, missing: &[u8]| {
            let missing = missing.iter().map(|last| mac(*last)).collect();
            Step::Complete { node: node.clone(), missing }
        };
        let there = |node: &Node| Step::There { node: node.clone() };
        let (a, b) = (node("a"), node("b"));
        let half = made_for(1, "half");
        // Of another domain, hypervisor, or without a note: none of these is the interrupted one.
        let others =
            [made_for(2, "a"), Node { uri: Some("qemu+ssh://hv/system".to_owned()), ..made_for(1, "b") }, node("c")];
        for (of, domains, fleet, expected) in [
            ("nothing", vec![domain(1, &[1]), domain(2, &[2, 3])], fleet(&[], &[]), vec![name("d1"), name("d2")]),
            ("a node with all", vec![domain(1, &[1, 2])], fleet(from_ref(&a), &[(1, "a"), (2, "a")]), vec![there(&a)]),
            ("a port too few", vec![domain(1, &[1, 2])], fleet(from_ref(&a), &[(2, "a")]), vec![complete(&a, &[1])]),
            (
                "an interrupted one",
                vec![domain(1, &[1, 2])],
                fleet(from_ref(&half), &[]),
                vec![complete(&half, &[1, 2])],
            ),
            ("others' without ports", vec![domain(1, &[1])], fleet(&others, &[]), vec![name("d1")]),
            // The address counts for more than the note.
            (
                "another and its own",
                vec![domain(1, &[1])],
                fleet(&[half.clone(), b.clone()], &[(1, "b")]),
                vec![there(&b)],
            ),
        ] {
            assert_eq!(steps(&domains, &fleet), expected, "{of}");
        }
    }

    #[test]
    fn what_cannot_be_told_apart_is_left_alone() {
        let foreign = Node { uri: None, ..node("f") };
        let elsewhere = Node { uri: Some("qemu+ssh://hv/system".to_owned()), ..node("e") };
        for (domains, fleet, words) in [
            (vec![domain(1, &[])], fleet(&[], &[]), &["no network interface"][..]),
            (
                vec![Domain { wrong: Some("access denied".to_owned()), ..domain(1, &[]) }],
                fleet(&[], &[]),
                &["its definition cannot be read: access denied"],
            ),
            (vec![domain(1, &[1, 2]), domain(2, &[2])], fleet(&[], &[]), &["'d2'", "52:54:00:00:00:02 too"]),
            (vec![domain(1, &[1, 2])], fleet(&[foreign], &[(2, "f")]), &["52:54:00:00:00:02", "node n-f", URI]),
            (vec![domain(1, &[1])], fleet(&[elsewhere], &[(1, "e")]), &["node n-e"]),
            (vec![domain(1, &[1])], fleet(&[], &[(1, "gone")]), &["node gone"]),
            (vec![domain(1, &[1, 2])], fleet(&[node("a"), node("b")], &[(1, "a"), (2, "b")]), &["n-a and n-b"]),
            (vec![domain(1, &[1])], fleet(&[made_for(1, "a")], &[(9, "a")]), &["n-a", "--node a 52:54:00:00:00:01"]),
            (vec![domain(1, &[1])], fleet(&[made_for(1, "a"), made_for(1, "b")], &[]), &["n-a, n-b"]),
        ] {
            match steps(&domains, &fleet).first() {
                Some(Step::Skip(why)) => assert!(words.iter().all(|word| why.contains(word)), "{words:?}: {why}"),
                other => panic!("{words:?}: {other:?}"),
            }
        }
    }

    #[test]
    fn who_is_not_chosen_matters_all_the_same() {
        let domains = [domain(1, &[1]), domain(2, &[1]), domain(3, &[3])];
        let planned = plan(&domains, |domain| domain.name != "d2", &fleet(&[], &[]), URI, "x-");
        let names: Vec<_> = planned.iter().map(|(domain, _)| domain.name.as_str()).collect();
        assert_eq!(names, ["d1", "d3"]);
        assert!(matches!(&planned[0].1, Step::Skip(why) if why.contains("'d2'")), "{planned:?}");
        assert_eq!(planned[1].1, Step::Enroll { name: "x-d3".to_owned() });
    }

    #[test]
    fn one_domain_with_an_address_twice_is_no_two_domains() {
        let steps = steps(&[domain(1, &[1, 1])], &fleet(&[], &[]));
        assert_eq!(steps, [Step::Enroll { name: "d1".to_owned() }]);
    }
}
