//! Intel Node Manager: its methods, and where it is behind a BMC.

mod answer;
mod arguments;
#[cfg(test)]
mod examples;
mod searches;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rackhand_core::ipmi::{Bridge, IpmiFailure};
use rackhand_core::nm::{Method, NmFailure, Request};
use rackhand_core::operation::{Action, Error, IpmiMemory, Memory, Outcome};
use serde_json::Value;

use super::codec::Codec;
use super::{DriverError, VendorMethod};
use crate::model::Object;

pub(super) use answer::answer;
pub(super) use arguments::request;
pub(super) use searches::Searches;

/// Upstream's names for where Node Manager is, in driver_internal_info.
const CHANNEL: &str = "intel_nm_channel";
const ADDRESS: &str = "intel_nm_address";

/// Its methods.
pub(super) const METHODS: [VendorMethod; 11] = [
    method(Method::ControlPolicy),
    method(Method::GetCapabilities),
    method(Method::GetPolicy),
    method(Method::GetPolicySuspend),
    method(Method::GetStatistics),
    method(Method::GetVersion),
    method(Method::RemovePolicy),
    method(Method::RemovePolicySuspend),
    method(Method::ResetStatistics),
    method(Method::SetPolicy),
    method(Method::SetPolicySuspend),
];

const fn method(method: Method) -> VendorMethod {
    VendorMethod { name: method.as_str(), verbs: method.verbs(), description: method.description(), judge }
}

fn judge(method: &str, arguments: &Object) -> Result<(), DriverError> {
    super::ipmi::vendor_action(method, arguments).map(drop)
}

/// What is known of a Node Manager.
pub(super) struct NodeManager {
    /// Where the node's record says that it is.
    recorded: Option<Bridge>,
    /// Where it was last found.
    place: Mutex<Option<Bridge>>,
    searches: Arc<Searches>,
}

impl NodeManager {
    /// Of a node with this driver_internal_info.
    pub(super) fn new(internal_info: &Object, searches: Arc<Searches>) -> Self {
        let number = |key: &str| internal_info.get(key).and_then(Value::as_u64).and_then(|it| u8::try_from(it).ok());
        let recorded = number(CHANNEL).zip(number(ADDRESS)).map(|(channel, address)| Bridge { channel, address });
        Self { recorded, place: Mutex::new(recorded), searches }
    }

    fn place(&self) -> Option<Bridge> {
        *self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_at(&self, place: Option<Bridge>) {
        *self.place.lock().unwrap_or_else(PoisonError::into_inner) = place;
    }

    /// What is to be written into the node's record.
    pub(super) fn taught(&self) -> Object {
        let place = self.place();
        if place == self.recorded {
            return Object::new();
        }
        let entries = [(CHANNEL, place.map(|it| it.channel)), (ADDRESS, place.map(|it| it.address))];
        entries.into_iter().map(|(key, number)| (key.to_owned(), number.into())).collect()
    }

    /// The node changes: it is to be looked for anew.
    pub(super) fn forget(&self, bmc: &Codec) {
        self.searches.forget(bmc);
    }

    /// Puts `request` to it, wherever it is.
    pub(super) async fn call(&self, bmc: &Codec, request: Request, timeout: Duration) -> Result<Outcome, DriverError> {
        let place = self.place();
        if place.is_none() && request != Request::GetVersion {
            self.searches.judge(bmc)?;
        }
        // The record counts: it knows whether the node has changed.
        let know = |memory: &mut Memory| match memory {
            Memory::Ipmi(memory) => memory.node_manager = place,
            other => *other = Memory::Ipmi(IpmiMemory { node_manager: place, ..IpmiMemory::default() }),
        };
        let (result, memory) = bmc.converse(&Action::NodeManager(request), timeout, know).await?;
        match (&result, memory) {
            // One that a record names and that is not ready is not one that is not there.
            (
                Err(Error::Ipmi {
                    failure: IpmiFailure::NodeManager(NmFailure::NotFound { refusal: Some(_) }), ..
                }),
                _,
            ) => {}
            (Err(Error::Ipmi { failure: IpmiFailure::NodeManager(failure @ NmFailure::NotFound { .. }), .. }), _) => {
                self.searches.found_nothing(bmc, failure.to_string());
                self.is_at(None);
            }
            (_, Memory::Ipmi(IpmiMemory { node_manager: Some(place), .. })) => {
                self.searches.forget(bmc);
                self.is_at(Some(place));
            }
            _ => {}
        }
        result.map_err(DriverError::from)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_methods_are_cores() {
        let names: Vec<_> = METHODS.iter().map(|method| method.name).collect();
        assert_eq!(names, Method::ALL.iter().map(|method| method.as_str()).collect::<Vec<_>>());
    }

    #[test]
    fn only_what_is_new_is_taught() {
        let object = |value: Value| value.as_object().cloned().unwrap();
        let node_manager = |info: Value| NodeManager::new(&object(info), Arc::default());
        let found = node_manager(json!({}));
        assert_eq!(found.taught(), Object::new());
        found.is_at(Some(Bridge { channel: 6, address: 0x2C }));
        assert_eq!(found.taught(), object(json!({ "intel_nm_channel": 6, "intel_nm_address": 44 })));
        let same = node_manager(Value::Object(found.taught()));
        assert_eq!((same.place(), same.taught()), (found.place(), Object::new()));
        same.is_at(None);
        assert_eq!(same.taught(), object(json!({ "intel_nm_channel": null, "intel_nm_address": null })));
        for odd in [json!({ "intel_nm_channel": 6 }), json!({ "intel_nm_channel": 6, "intel_nm_address": 256 })] {
            assert_eq!(node_manager(odd).place(), None);
        }
    }
}
