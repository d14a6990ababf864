//! Actions that do not end well.

use rackhand_core::operation::{ErrorKind, Outcome, PowerState, PowerTarget};

use super::Bench;
use crate::driver::DriverError;
use crate::model::{PowerReading, ProvisionState};

#[tokio::test]
async fn after_an_action_that_failed_the_device_is_looked_at() {
    let bench = Bench::new();
    let node = bench.node("a", ProvisionState::Enroll).await;
    bench.conductor.note(&node, |node| node.power_state = Some(PowerReading::On)).await.unwrap();
    bench.device.answer(Err(DriverError::of(ErrorKind::Failed, "half done")));
    bench.power(&node, PowerTarget::Off).await.unwrap();
    let seen = bench.done(&node).await;
    assert_eq!(seen.power_state, Some(PowerReading::On), "as in Ironic, until it is known better");
    let told = Some("Failed to change power state to 'power off': a: half done".to_owned());
    assert_eq!(seen.last_error, told);
    // Once it answers, the loop that follows reads it, although nobody has managed the node.
    assert_eq!(bench.device.happened(2).await, ["a: power off", "a: power?"]);
    bench.device.answer(Ok(Outcome::Power(PowerState::Off)));
    super::until("the end of the conversation", || bench.conductor.locked() == (0, 0)).await;
    bench.conductor.sync_once(0).await;
    let seen = bench.now(&node);
    assert_eq!((seen.power_state, seen.last_error.clone(), seen.power_unsure), (Some(PowerReading::Off), told, false));
    bench.conductor.sync_once(0).await;
    assert_eq!(bench.device.events().len(), 3, "what is known is not asked for");
}

#[tokio::test]
async fn a_driver_that_breaks_off_leaves_no_node_reserved() {
    let bench = Bench::new();
    let node = bench.node("a", ProvisionState::Available).await;
    bench.device.break_off();
    bench.power(&node, PowerTarget::On).await.unwrap();
    let seen = bench.done(&node).await;
    assert_eq!(seen.target_power_state, None);
    assert!(seen.last_error.as_deref().unwrap().contains("broke off"), "{:?}", seen.last_error);
    bench.power(&node, PowerTarget::On).await.unwrap();
    assert_eq!(bench.done(&node).await.last_error, None);
}
