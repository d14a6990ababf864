//! Who has a node or a device, and who waits.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rackhand_core::operation::{Outcome, PowerState, PowerTarget};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::Bench;
use crate::config::Config;
use crate::error::Error;
use crate::model::{Object, PowerReading, ProvisionState};
use crate::store::Memory;

#[tokio::test(start_paused = true)]
async fn a_locked_node_is_waited_for_three_seconds_and_then_refused() {
    let bench = Bench::new();
    let node = bench.node("a", ProvisionState::Available).await;
    let held = bench.conductor.lock(&node).await.unwrap();
    let begun = Instant::now();
    let error = bench.power(&node, PowerTarget::On).await.unwrap_err();
    assert!((Duration::from_secs(3)..Duration::from_secs(4)).contains(&begun.elapsed()));
    let locked = Error::NodeLocked { node: node.uuid.to_string(), host: bench.conductor.host.clone() };
    assert_eq!((error.status().as_u16(), error), (409, locked));
    assert_eq!(bench.now(&node).reservation, None);
    let (conductor, waiting) = (Arc::clone(&bench.conductor), Arc::clone(&node));
    let second = tokio::spawn(async move { conductor.lock(&waiting).await.map(|_| ()) });
    tokio::time::sleep(Duration::from_millis(2900)).await;
    drop(held);
    assert_eq!(second.await.unwrap(), Ok(()));
    assert_eq!(bench.conductor.locked(), (0, 0));
}

#[tokio::test]
async fn nodes_of_one_device_wait_for_each_other_and_no_others() {
    let bench = Bench::new();
    let [one, other, far] = [
        bench.node("a", ProvisionState::Available).await,
        bench.node("a", ProvisionState::Available).await,
        bench.node("b", ProvisionState::Available).await,
    ];
    bench.device.mute(true);
    bench.device.answer(Ok(Outcome::Power(PowerState::On)));
    for node in [&one, &other, &far] {
        bench.power(node, PowerTarget::On).await.unwrap();
        assert_eq!(bench.now(node).target_power_state, Some(PowerReading::On), "kept before it is accepted");
    }
    assert_eq!(bench.device.happened(2).await, ["a: power on", "b: power on"]);
    bench.device.mute(false);
    for node in [&one, &other, &far] {
        let node = bench.done(node).await;
        assert_eq!((node.power_state, node.target_power_state), (Some(PowerReading::On), None));
    }
    assert_eq!(bench.device.events(), ["a: power on", "b: power on", "a: power on"]);
}

#[tokio::test]
async fn who_waits_for_a_turn_or_for_a_guest_keeps_no_worker() {
    let mut config = Config::default();
    config.conductor.workers_pool_size = 1;
    let bench = Bench::with(&config, Memory::default());
    let one = bench.node("a", ProvisionState::Available).await;
    let other = bench.node("b", ProvisionState::Available).await;
    let turns = Arc::new(Semaphore::new(0));
    bench.device.take_turns("a", &turns);
    bench.power(&one, PowerTarget::Off).await.unwrap();
    bench.power(&other, PowerTarget::Off).await.unwrap();
    bench.done(&other).await;
    assert_eq!(bench.device.events(), ["b: power off"]);
    turns.add_permits(1);
    bench.done(&one).await;
    assert_eq!((bench.device.events().last().unwrap().as_str(), turns.available_permits()), ("a: power off", 1));
    bench.device.only_wait();
    bench.device.mute(true);
    bench.power(&one, PowerTarget::Off).await.unwrap();
    bench.power(&other, PowerTarget::Off).await.unwrap();
    bench.device.happened(4).await;
    assert_eq!((bench.conductor.running(), bench.conductor.waiting()), (2, 0));
    bench.device.mute(false);
    bench.done(&one).await;
    bench.done(&other).await;
}

#[tokio::test]
async fn a_full_queue_is_told_and_the_node_is_left_alone() {
    let mut config = Config::default();
    (config.conductor.workers_pool_size, config.conductor.queue_size) = (1, 1);
    let bench = Bench::with(&config, Memory::default());
    let mut nodes = Vec::new();
    for address in ["a", "b", "c"] {
        nodes.push(bench.node(address, ProvisionState::Available).await);
    }
    bench.device.mute(true);
    bench.power(&nodes[0], PowerTarget::Off).await.unwrap();
    bench.device.happened(1).await;
    bench.power(&nodes[1], PowerTarget::Off).await.unwrap();
    assert_eq!(bench.power(&nodes[2], PowerTarget::Off).await, Err(Error::Busy));
    assert_eq!(bench.now(&nodes[2]).reservation, None);
    assert_eq!((bench.conductor.running(), bench.conductor.waiting()), (1, 1));
    bench.device.mute(false);
    bench.done(&nodes[1]).await;
    assert_eq!(bench.power(&nodes[2], PowerTarget::Off).await, Ok(()));
    bench.done(&nodes[2]).await;
}

#[tokio::test(start_paused = true)]
async fn an_end_that_the_store_does_not_keep_is_kept_when_it_can() {
    let bench = Bench::new();
    let node = bench.node("a", ProvisionState::Available).await;
    bench.device.mute(true);
    bench.power(&node, PowerTarget::Off).await.unwrap();
    bench.device.happened(1).await;
    bench.store_fails.store(true, Ordering::SeqCst);
    bench.device.mute(false);
    bench.failures(3).await;
    assert!(bench.now(&node).reservation.is_some(), "the node stays reserved");
    bench.store_fails.store(false, Ordering::SeqCst);
    let node = bench.done(&node).await;
    assert_eq!((node.power_state, node.last_error.as_deref()), (Some(PowerReading::Off), None));
}

#[tokio::test(start_paused = true)]
async fn the_end_of_a_vendor_method_is_kept_when_it_can_be_too() {
    let bench = Bench::new();
    let node = bench.node("a", ProvisionState::Available).await;
    bench.device.mute(true);
    let method = &bench.conductor.drivers.get("staging-nm").unwrap().capabilities().vendor_methods[0].1[1];
    bench.conductor.begin_call(&node, method, Object::new()).await.unwrap();
    bench.device.happened(1).await;
    bench.store_fails.store(true, Ordering::SeqCst);
    bench.device.mute(false);
    bench.failures(3).await;
    bench.store_fails.store(false, Ordering::SeqCst);
    assert_eq!(bench.done(&node).await.reservation, None);
    bench.conductor.stop().await;
    assert_eq!(bench.conductor.begin_call(&node, method, Object::new()).await, Err(Error::Stopping));
}

#[tokio::test]
async fn a_request_that_the_store_does_not_keep_is_refused_and_the_node_is_free() {
    let bench = Bench::new();
    let node = bench.node("a", ProvisionState::Available).await;
    bench.store_fails.store(true, Ordering::SeqCst);
    let error = bench.power(&node, PowerTarget::On).await.unwrap_err();
    assert_eq!(error.status().as_u16(), 503);
    assert!(bench.device.events().is_empty());
    assert_eq!(bench.conductor.locked(), (0, 0));
    assert_eq!(bench.now(&node).reservation, None);
}
