//! What a daemon that ended without warning has left behind.

use std::time::Duration;

use rackhand_core::operation::{Outcome, PowerState};

use super::{Bench, blank};
use crate::config::Config;
use crate::model::{PowerReading, ProvisionState};
use crate::store::{Contents, Memory};

#[tokio::test]
async fn nodes_that_were_worked_on_are_freed_told_and_read_again() {
    let mut switched = blank("a", ProvisionState::Available);
    switched.id = 1;
    switched.reservation = Some("elsewhere".to_owned());
    switched.power_state = Some(PowerReading::Off);
    switched.target_power_state = Some(PowerReading::On);
    let mut verified = blank("b", ProvisionState::Verifying);
    verified.id = 2;
    verified.reservation = Some("elsewhere".to_owned());
    verified.target_provision_state = Some(ProvisionState::Manageable);
    let mut idle = blank("c", ProvisionState::Available);
    idle.id = 3;
    let contents = Contents { nodes: vec![switched.clone(), verified.clone(), idle.clone()], ports: Vec::new() };
    let bench = Bench::with(&Config::default(), Memory { contents, ..Memory::default() });
    bench.device.mute(true);
    bench.device.answer(Ok(Outcome::Power(PowerState::On)));
    bench.conductor.recover().await.unwrap();
    let seen = bench.now(&switched);
    assert_eq!((seen.reservation.as_deref(), seen.target_power_state, seen.power_state), (None, None, None));
    let error = seen.last_error.as_deref().unwrap();
    assert!(error.starts_with("Failed to change power state to 'power on': the service ended"), "{error}");
    let seen = bench.now(&verified);
    assert_eq!((seen.provision_state, seen.target_provision_state), (ProvisionState::Enroll, None));
    assert!(bench.now(&idle).last_error.is_none());
    // Of the one that was only looked at nothing has become unknown.
    assert_eq!(bench.device.happened(1).await, ["a: power?"]);
    bench.device.mute(false);
    let read = async {
        while bench.now(&switched).power_state.is_none() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), read).await.expect("it is read");
    bench.conductor.stop().await;
    assert_eq!(bench.device.events(), ["a: power?"]);
    let seen = bench.now(&switched);
    assert_eq!(seen.power_state, Some(PowerReading::On));
    assert!(seen.last_error.as_deref().unwrap().starts_with("Failed to change power state"), "it is told all the same");
}

#[tokio::test]
async fn nodes_of_one_device_are_read_one_after_another() {
    let mut nodes = Vec::new();
    for id in 1..=4 {
        let mut node = blank("pdu", ProvisionState::Enroll);
        node.id = id;
        node.target_power_state = Some(PowerReading::On);
        nodes.push(node);
    }
    let contents = Contents { nodes: nodes.clone(), ports: Vec::new() };
    let bench = Bench::with(&Config::default(), Memory { contents, ..Memory::default() });
    bench.conductor.recover().await.unwrap();
    super::until("all states", || nodes.iter().all(|node| bench.now(node).power_state.is_some())).await;
    assert_eq!(bench.device.events(), ["pdu: power?"; 4]);
}
