//! What a daemon that ended without warning has left behind.

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
    let mut events = bench.device.happened(2).await;
    events.sort();
    assert_eq!(events, ["a: power?", "b: power?"]);
    bench.device.mute(false);
    bench.conductor.stop().await;
    let seen = bench.now(&switched);
    assert_eq!(seen.power_state, Some(PowerReading::On));
    assert!(seen.last_error.as_deref().unwrap().starts_with("Failed to change power state"), "it is told all the same");
}
