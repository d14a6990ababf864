//! The sync loop.

use rackhand_core::operation::{ErrorKind, Outcome, PowerState, PowerTarget};

use super::Bench;
use crate::driver::DriverError;
use crate::model::{Object, PowerReading, ProvisionState};

#[tokio::test]
async fn a_read_hangs_up_for_a_person() {
    let bench = Bench::new();
    let node = bench.node("a", ProvisionState::Manageable).await;
    bench.device.mute(true);
    let conductor = std::sync::Arc::clone(&bench.conductor);
    let sync = tokio::spawn(async move { conductor.sync_once(0).await });
    assert_eq!(bench.device.happened(1).await, ["a: power?"]);
    bench.power(&node, PowerTarget::On).await.unwrap();
    assert_eq!(bench.device.happened(3).await, ["a: power?", "hung up", "a: power on"]);
    sync.await.unwrap();
    bench.device.answer(Ok(Outcome::Power(PowerState::On)));
    bench.device.mute(false);
    let node = bench.done(&node).await;
    assert_eq!((node.power_state, node.last_error.as_deref()), (Some(PowerReading::On), None));
    assert_eq!(bench.device.events().len(), 3);
}

#[tokio::test]
async fn a_device_that_a_person_has_is_not_waited_for() {
    let bench = Bench::new();
    let node = bench.node("a", ProvisionState::Manageable).await;
    let neighbour = bench.node("a", ProvisionState::Manageable).await;
    bench.device.mute(true);
    bench.power(&node, PowerTarget::On).await.unwrap();
    bench.device.happened(1).await;
    bench.conductor.sync_once(0).await;
    assert_eq!(bench.device.events(), ["a: power on"]);
    bench.device.mute(false);
    bench.done(&node).await;
    assert_eq!(bench.now(&neighbour).power_state, None);
}

#[tokio::test]
async fn only_nodes_that_are_in_use_are_read() {
    let bench = Bench::new();
    bench.node("enroll", ProvisionState::Enroll).await;
    bench.node("verifying", ProvisionState::Verifying).await;
    let maintained = bench.node("maintained", ProvisionState::Available).await;
    let reserved = bench.node("reserved", ProvisionState::Available).await;
    bench.conductor.note(&maintained, |node| node.maintenance = true).await.unwrap();
    bench.conductor.note(&reserved, |node| node.reservation = Some("somebody".to_owned())).await.unwrap();
    bench.conductor.sync_once(0).await;
    assert!(bench.device.events().is_empty(), "{:?}", bench.device.events());
    let manageable = bench.node("manageable", ProvisionState::Manageable).await;
    let available = bench.node("available", ProvisionState::Available).await;
    bench.conductor.note(&maintained, |node| node.maintenance = false).await.unwrap();
    bench.conductor.sync_once(0).await;
    let mut events = bench.device.events();
    events.sort();
    assert_eq!(events, ["available: power?", "maintained: power?", "manageable: power?"]);
    for node in [manageable, available, maintained] {
        assert_eq!(bench.now(&node).power_state, Some(PowerReading::Off));
    }
}

#[tokio::test]
async fn an_error_is_told_and_goes_when_the_device_answers_again() {
    let bench = Bench::new();
    let node = bench.node("a", ProvisionState::Available).await;
    bench.conductor.sync_once(0).await;
    bench.device.answer(Err(DriverError::of(ErrorKind::NoContact, "nobody there")));
    bench.conductor.sync_once(0).await;
    let seen = bench.now(&node);
    assert_eq!(seen.power_state, Some(PowerReading::Error));
    let told = "During sync_power_state, the power state could not be read: a: nobody there";
    assert_eq!(seen.last_error.as_deref(), Some(told));
    bench.conductor.sync_once(0).await;
    assert_eq!(bench.now(&node).revision, seen.revision, "nothing new is nothing to be kept");
    bench.device.answer(Ok(Outcome::Power(PowerState::On)));
    bench.conductor.sync_once(0).await;
    let seen = bench.now(&node);
    assert_eq!((seen.power_state, seen.last_error.as_deref()), (Some(PowerReading::On), None));
    assert_eq!(bench.device.events().len(), 4);
}

#[tokio::test]
async fn what_a_person_was_told_stays_while_the_device_answers() {
    let bench = Bench::new();
    let node = bench.node("a", ProvisionState::Available).await;
    bench
        .conductor
        .note(&node, |node| node.last_error = Some("Failed to change power state".to_owned()))
        .await
        .unwrap();
    bench.conductor.sync_once(0).await;
    let seen = bench.now(&node);
    assert_eq!(seen.power_state, Some(PowerReading::Off));
    assert_eq!(seen.last_error.as_deref(), Some("Failed to change power state"));
}

#[tokio::test]
async fn a_final_error_is_not_asked_for_again_until_the_node_changes_or_a_person_acts() {
    let bench = Bench::new();
    let node = bench.node("a", ProvisionState::Available).await;
    bench.device.answer(Err(DriverError::of(ErrorKind::Parameters, "wrong password")));
    for _ in 0..3 {
        bench.conductor.sync_once(0).await;
    }
    assert_eq!(bench.device.events().len(), 1, "no account is locked out");
    assert_eq!(bench.now(&node).power_state, Some(PowerReading::Error));
    bench.conductor.note(&node, |node| node.description = Some("mended".to_owned())).await.unwrap();
    for _ in 0..3 {
        bench.conductor.sync_once(0).await;
    }
    assert_eq!(bench.device.events().len(), 2);
    bench.device.answer(Ok(Outcome::Power(PowerState::Off)));
    bench.power(&node, PowerTarget::Off).await.unwrap();
    bench.done(&node).await;
    // What is kept is seen before the device is free.
    super::until("the end of the conversation", || bench.conductor.locked() == (0, 0)).await;
    bench.conductor.sync_once(0).await;
    assert_eq!(bench.device.events()[2..], ["a: power off", "a: power?"]);
}

#[tokio::test]
async fn a_call_of_a_vendor_method_lets_the_loop_in_when_the_device_does_so() {
    let bench = Bench::new();
    let node = bench.node("a", ProvisionState::Available).await;
    let no_access = || Err(DriverError::of(ErrorKind::Access, "wrong password"));
    bench.device.answer(no_access());
    bench.conductor.sync_once(0).await;
    let methods = bench.conductor.drivers.get("staging-nm").unwrap().vendor_methods(&node);
    bench.conductor.begin_call(&node, &methods[1], Object::new()).await.unwrap();
    bench.done(&node).await;
    assert!(bench.conductor.call(&node, &methods[0], Object::new()).await.is_err());
    bench.conductor.sync_once(0).await;
    assert_eq!(bench.device.events(), ["a: power?", "a: reset {}", "a: get_policy {}"]);
    bench.device.answer(Ok(Outcome::Power(PowerState::On)));
    bench.conductor.call(&node, &methods[0], Object::new()).await.unwrap();
    bench.conductor.sync_once(0).await;
    assert_eq!(bench.device.events()[3..], ["a: get_policy {}", "a: power?"]);
    // A device that lets us in, but does not do that one thing, is read as before.
    bench.device.answer_once("reset {}", no_access());
    bench.conductor.begin_call(&node, &methods[1], Object::new()).await.unwrap();
    bench.done(&node).await;
    super::until("the end of the conversation", || bench.conductor.locked() == (0, 0)).await;
    bench.conductor.sync_once(0).await;
    assert_eq!(bench.device.events()[5..], ["a: reset {}", "a: power?"]);
}

#[tokio::test]
async fn what_was_read_of_a_node_that_changed_meanwhile_is_dropped() {
    let bench = Bench::new();
    let node = bench.node("a", ProvisionState::Available).await;
    bench.device.mute(true);
    let conductor = std::sync::Arc::clone(&bench.conductor);
    let sync = tokio::spawn(async move { conductor.sync_once(0).await });
    bench.device.happened(1).await;
    bench.conductor.note(&node, |node| node.description = Some("other".to_owned())).await.unwrap();
    bench.device.mute(false);
    sync.await.unwrap();
    assert_eq!(bench.now(&node).power_state, None);
}

#[tokio::test]
async fn all_nodes_of_a_device_are_read_one_after_another() {
    let bench = Bench::new();
    let mut nodes = Vec::new();
    for _ in 0..3 {
        nodes.push(bench.node("pdu", ProvisionState::Available).await);
    }
    bench.conductor.sync_once(0).await;
    assert_eq!(bench.device.events(), ["pdu: power?"; 3]);
    assert!(nodes.iter().all(|node| bench.now(node).power_state == Some(PowerReading::Off)));
}

#[tokio::test]
async fn what_a_person_was_told_stays_while_the_device_does_not_answer() {
    let bench = Bench::new();
    let node = bench.node("a", ProvisionState::Available).await;
    let told = || Some("Failed to change power state".to_owned());
    bench.conductor.note(&node, move |node| node.last_error = told()).await.unwrap();
    bench.device.answer(Err(DriverError::of(ErrorKind::NoContact, "nobody there")));
    bench.conductor.sync_once(0).await;
    let seen = bench.now(&node);
    assert_eq!((seen.power_state, seen.last_error.clone()), (Some(PowerReading::Error), told()));
}
