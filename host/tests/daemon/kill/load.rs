//! One of the connections that write until the daemon is gone, and what it knows of what it wrote.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use uuid::Uuid;

use super::Seen;
use super::machine::{Kept, Machine};
use crate::common::http::Client;
use crate::common::rack::Rack;

/// Nodes beside the machines, at most; they come and go.
const VISITORS: usize = 20;

/// The nodes of one connection: nobody else writes to them.
#[derive(Default)]
pub(super) struct Part {
    pub(super) machines: Vec<Machine>,
    /// Other nodes by UUID: whether they are there.
    visitors: HashMap<String, Kept<bool>>,
}

impl Part {
    /// Nodes that must be there.
    pub(super) fn nodes(&self) -> usize {
        self.machines.len() + self.visitors.values().filter(|visitor| visitor.sure).count()
    }

    /// Writes until the connection breaks, and counts what was answered.
    pub(super) fn work(&mut self, to: SocketAddr, rack: &Rack, random: &mut fastrand::Rng, answered: &AtomicUsize) {
        let Ok(mut client) = Client::connect(to) else { return };
        while self.write(&mut client, rack, random).is_ok() {
            answered.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn write(&mut self, client: &mut Client, rack: &Rack, random: &mut fastrand::Rng) -> std::io::Result<()> {
        let which = random.usize(..self.machines.len());
        let machine = &mut self.machines[which];
        match random.u8(..10) {
            0..6 => {
                let target = ["power on", "power off", "rebooting"][random.usize(..3)];
                machine.ask(target);
                let path = format!("/v1/nodes/{}/states/power", machine.uuid);
                let answer = client.ask("PUT", &path, Some(&json!({"target": target})))?;
                assert_eq!(answer.status, 202, "{answer:?}");
                machine.answered();
            }
            6..8 => {
                let mark = random.u64(..);
                machine.mark.ask(Some(mark));
                let patch = json!([{"op": "add", "path": "/extra/mark", "value": mark}]);
                let answer = client.ask("PATCH", &format!("/v1/nodes/{}", machine.uuid), Some(&patch))?;
                assert_eq!(answer.status, 200, "{answer:?}");
                machine.mark.answered();
            }
            8 if self.visitors.len() < VISITORS => {
                let uuid = Uuid::from_u128(random.u128(..)).to_string();
                let visitor = self.visitors.entry(uuid.clone()).or_default();
                visitor.ask(true);
                let info = rack.driver_info(machine.device, machine.relay);
                let node = json!({"uuid": uuid, "name": format!("visitor-{uuid}"), "driver": "staging-iboot", "driver_info": info});
                let answer = client.ask("POST", "/v1/nodes", Some(&node))?;
                assert_eq!(answer.status, 201, "{answer:?}");
                visitor.answered();
            }
            _ => {
                let mut present: Vec<_> = self.visitors.iter_mut().filter(|(_, visitor)| visitor.sure).collect();
                // So that a seed gives the same again.
                present.sort_unstable_by_key(|(uuid, _)| (*uuid).clone());
                if present.is_empty() {
                    return Ok(());
                }
                let (uuid, visitor) = present.swap_remove(random.usize(..present.len()));
                visitor.ask(false);
                let answer = client.ask("DELETE", &format!("/v1/nodes/{uuid}"), None)?;
                assert_eq!(answer.status, 204, "{answer:?}");
                visitor.answered();
            }
        }
        Ok(())
    }

    /// Compares with what is seen after a restart; returns how many actions were interrupted.
    pub(super) fn compare(&mut self, seen: &Seen, context: &str) -> usize {
        for (uuid, visitor) in &mut self.visitors {
            let there = seen.contains_key(uuid);
            assert!(
                there == visitor.sure || visitor.perhaps == Some(there),
                "{context}: an answered create or delete of {uuid} does not hold: {visitor:?}"
            );
            *visitor = Kept { sure: there, perhaps: None };
        }
        self.visitors.retain(|_, visitor| visitor.sure);
        let mut interrupted = 0;
        for machine in &mut self.machines {
            let node = seen.get(&machine.uuid).unwrap_or(&Value::Null);
            interrupted += usize::from(machine.compare(node, context));
        }
        interrupted
    }
}
