//! Boot devices: wishes, what is armed for them, and what is left of it.

use std::sync::Arc;
use std::time::Duration;

use rackhand_core::operation::{BootDevice, ErrorKind, Outcome, PowerState, PowerTarget};

use super::{Bench, blank, until};
use crate::conductor::boot::LEFT_ARMED;
use crate::config::Config;
use crate::driver::DriverError;
use crate::error::Error;
use crate::model::{BootWish, Interface, Node, PowerReading, ProvisionState};
use crate::store::{Contents, Memory};

const ONCE: BootWish = BootWish { device: BootDevice::Pxe, persistent: false };
const ALWAYS: BootWish = BootWish { device: BootDevice::Cdrom, persistent: true };

const fn started(boot_device_used: bool, left_armed: bool) -> Outcome {
    Outcome::Started { state: PowerState::On, boot_device_used, left_armed }
}

fn failed(kind: ErrorKind) -> DriverError {
    DriverError::of(kind, "no")
}

fn wishes(mut node: Node, wish: Option<BootWish>) -> Node {
    node.interfaces.insert(Interface::Management, "staging-amt".to_owned());
    node.boot = wish;
    node
}

/// A bench with one node that nobody manages: the loop reads nothing of it that is not open.
async fn bench(wish: Option<BootWish>) -> (Bench, Arc<Node>) {
    let bench = Bench::new();
    let node = wishes(blank("a", ProvisionState::Enroll), wish);
    let node = bench.conductor.inventory.change(|_, changes| Ok::<_, Error>(changes.create_node(node))).await.unwrap();
    (bench, node)
}

impl Bench {
    /// Waits until nobody works on the node or its device, and nothing is read that a task has left open.
    async fn quiet(&self, node: &Node) -> Arc<Node> {
        until("the end of the work", || self.now(node).reservation.is_none() && self.conductor.running() == 0).await;
        until("the end of the conversations", || self.conductor.tasks.is_empty()).await;
        self.now(node)
    }

    async fn noted(&self, node: &Node) {
        self.conductor.note(node, |node| node.armed = true).await.unwrap();
    }

    async fn powered(&self, node: &Node, target: PowerTarget) -> Arc<Node> {
        self.power(node, target).await.unwrap();
        self.quiet(node).await
    }
}

#[tokio::test]
async fn a_wish_is_noted_as_armed_before_anything_is_sent_and_dropped_once_a_start_took_it() {
    for target in [PowerTarget::On, PowerTarget::Reboot, PowerTarget::SoftReboot] {
        let (bench, node) = bench(None).await;
        bench.conductor.set_boot_device(&node, "pxe".to_owned(), false).await.unwrap();
        assert!(bench.device.events().is_empty(), "nothing is sent for a wish");
        assert_eq!(bench.conductor.boot_device(&node).await.unwrap(), Some(ONCE));
        bench.device.mute(true);
        // The stand-in's table does not offer the soft ones, so the task is accepted as it is.
        let task = crate::conductor::task::Task::Power(target);
        let timeout = Duration::from_secs(60);
        bench.conductor.accept(&node, task, timeout, |_| Ok(())).await.unwrap();
        let seen = bench.now(&node);
        assert!(seen.armed && seen.reservation.is_some(), "noted in one commit with the reservation");
        assert_eq!(bench.device.happened(1).await, [format!("a: {target} from pxe")]);
        assert_eq!(bench.now(&node).boot, Some(ONCE));
        bench.device.answer(Ok(started(true, false)));
        bench.device.mute(false);
        let seen = bench.quiet(&node).await;
        assert_eq!((seen.boot, seen.armed, seen.last_error.clone()), (None, false, None));
        assert_eq!(seen.power_state, Some(PowerReading::On));
        let otherwise = BootWish { device: BootDevice::Disk, persistent: true };
        assert_eq!(bench.conductor.boot_device(&node).await.unwrap(), Some(otherwise));
        bench.device.answer(Ok(Outcome::Power(PowerState::On)));
        bench.powered(&node, PowerTarget::On).await;
        assert_eq!(bench.device.events()[1..], ["a: power on"]);
    }
}

#[tokio::test]
async fn a_wish_stays_where_it_was_not_taken_or_is_for_always() {
    let (bench, node) = bench(Some(ALWAYS)).await;
    bench.device.answer(Ok(started(true, false)));
    for _ in 0..2 {
        let seen = bench.powered(&node, PowerTarget::On).await;
        assert_eq!((seen.boot, seen.armed), (Some(ALWAYS), false));
    }
    bench.conductor.note(&node, |node| node.boot = Some(ONCE)).await.unwrap();
    // It ran already: nothing was sent.
    bench.device.answer(Ok(started(false, false)));
    let seen = bench.powered(&node, PowerTarget::On).await;
    assert_eq!((seen.boot, seen.armed), (Some(ONCE), false));
    bench.device.answer(Err(failed(ErrorKind::Failed)));
    let seen = bench.powered(&node, PowerTarget::On).await;
    assert_eq!((seen.boot, seen.armed), (Some(ONCE), false));
    assert_eq!(seen.last_error.as_deref(), Some("Failed to change power state to 'power on': a: no"));
    // Nobody saw it start, but the start was accepted.
    bench.device.answer(Err(failed(ErrorKind::Failed).with_boot_device_used()));
    let seen = bench.powered(&node, PowerTarget::On).await;
    assert_eq!((seen.boot, seen.armed), (None, false));
    bench.conductor.note(&node, |node| node.boot = Some(ONCE)).await.unwrap();
    // A machine that is switched off starts from nothing.
    bench.device.answer(Ok(Outcome::Power(PowerState::Off)));
    let seen = bench.powered(&node, PowerTarget::Off).await;
    assert_eq!((seen.boot, seen.armed), (Some(ONCE), false));
    let starts = [&["a: power on from cdrom"; 2][..], &["a: power on from pxe"; 2]].concat();
    let again = ["a: power?", "a: power on from pxe"];
    assert_eq!(bench.device.events(), [&starts[..], &again, &["a: power?", "a: power off"]].concat());
}

#[tokio::test]
async fn a_wish_has_no_effect_with_another_management_interface() {
    let (bench, node) = bench(Some(ALWAYS)).await;
    bench.conductor.note(&node, |node| node.interfaces.clear()).await.unwrap();
    bench.powered(&node, PowerTarget::On).await;
    assert_eq!(bench.device.events(), ["a: power on"]);
    assert!(matches!(
        bench.conductor.set_boot_device(&node, "cdrom".to_owned(), true).await,
        Err(Error::InvalidBootDevice(device)) if device == "cdrom"
    ));
    bench.conductor.set_boot_device(&node, "disk".to_owned(), true).await.unwrap();
    assert_eq!(bench.now(&node).boot, Some(ALWAYS), "noop keeps nothing");
}

#[tokio::test]
async fn what_stays_armed_is_told_and_taken_back() {
    for (answer, kept) in [
        (Err(failed(ErrorKind::Failed).armed()), Some(ONCE)),
        (Err(failed(ErrorKind::NoContact).armed()), Some(ONCE)),
        (Err(DriverError::internal("odd")), Some(ONCE)),
        (Ok(started(false, true)), Some(ONCE)),
        (Ok(started(true, true)), None),
    ] {
        let (bench, node) = bench(Some(ONCE)).await;
        let succeeds = answer.is_ok();
        bench.device.answer_once("power on from pxe", answer);
        bench.device.answer_once("disarm", Err(failed(ErrorKind::Failed)));
        let seen = bench.powered(&node, PowerTarget::On).await;
        assert_eq!((seen.boot, seen.armed), (kept, true));
        let told = seen.last_error.clone().unwrap();
        assert!(told.ends_with(LEFT_ARMED), "{told}");
        // A failure is looked into at once; for the rest there is the loop, once a round.
        if succeeds {
            assert_eq!(bench.device.events(), ["a: power on from pxe"]);
            bench.conductor.sync_once(0).await;
        }
        assert_eq!(bench.device.events(), ["a: power on from pxe", "a: disarm", "a: power?"]);
        assert!(bench.now(&node).armed);
        bench.conductor.sync_once(0).await;
        let seen = bench.now(&node);
        assert!(!seen.armed, "the second try succeeded");
        let rest = told.strip_suffix(LEFT_ARMED).unwrap().strip_suffix("; ").map(str::to_owned);
        assert_eq!((seen.last_error.clone(), rest.is_none()), (rest, succeeds), "the rest is still true");
        assert_eq!(bench.device.events()[3..], ["a: disarm", "a: power?"]);
        bench.conductor.sync_once(0).await;
        assert_eq!(bench.device.events().len(), 5, "nothing is open any more");
    }
}

#[tokio::test]
async fn the_loop_tells_what_it_cannot_take_back_and_that_it_could() {
    let (bench, node) = bench(None).await;
    bench.noted(&node).await;
    for _ in 0..2 {
        bench.device.answer_once("disarm", Err(failed(ErrorKind::Failed)));
        bench.conductor.sync_once(0).await;
        let seen = bench.now(&node);
        let told = "During sync_power_state, a boot device that may be armed could not be taken back: a: no";
        assert_eq!((seen.armed, seen.last_error.as_deref()), (true, Some(told)));
        assert_eq!(seen.power_state, Some(PowerReading::Off));
    }
    bench.conductor.sync_once(0).await;
    let seen = bench.now(&node);
    assert_eq!((seen.armed, seen.last_error.clone()), (false, None));
    // Nobody there: its power state is not asked for.
    bench.noted(&node).await;
    bench.device.answer_once("disarm", Err(failed(ErrorKind::NoContact)));
    bench.conductor.sync_once(0).await;
    assert_eq!(bench.now(&node).power_state, Some(PowerReading::Error));
    assert_eq!(bench.device.events()[6..], ["a: disarm"]);
}

#[tokio::test]
async fn a_device_that_lets_nobody_in_is_not_asked_again() {
    let (bench, node) = bench(Some(ONCE)).await;
    bench.conductor.note(&node, |node| node.provision_state = ProvisionState::Available).await.unwrap();
    bench.device.answer(Err(failed(ErrorKind::Access).armed()));
    let seen = bench.powered(&node, PowerTarget::On).await;
    assert!(seen.armed && seen.power_unsure);
    for _ in 0..3 {
        bench.conductor.sync_once(0).await;
    }
    assert_eq!(bench.device.events(), ["a: power on from pxe"]);
    // Somebody mends the password: one try for that.
    bench.conductor.note(&node, |node| node.description = Some("mended".to_owned())).await.unwrap();
    for _ in 0..3 {
        bench.conductor.sync_once(0).await;
    }
    assert_eq!(bench.device.events()[1..], ["a: disarm"]);
    let told = bench.now(&node).last_error.clone().unwrap();
    assert!(told.contains(LEFT_ARMED), "{told}");
}

#[tokio::test]
async fn a_daemon_that_was_killed_in_between_takes_it_back_at_its_next_start() {
    let (killed, node) = bench(Some(ONCE)).await;
    killed.device.mute(true);
    killed.power(&node, PowerTarget::On).await.unwrap();
    killed.device.happened(1).await;
    // What is on disk at this moment is what the next daemon finds.
    let left = Node::clone(&killed.now(&node));
    assert!(left.armed);
    let contents = Contents { nodes: vec![left.clone()], ports: Vec::new() };
    let bench = Bench::with(&Config::default(), Memory { contents, ..Memory::default() });
    bench.device.answer_once("disarm", Ok(Outcome::Disarmed));
    bench.device.answer(Ok(Outcome::Power(PowerState::On)));
    bench.conductor.recover().await.unwrap();
    let told = bench.now(&left).last_error.clone().unwrap();
    assert!(told.contains("how far it came is not known") && told.contains(LEFT_ARMED), "{told}");
    let seen = bench.quiet(&left).await;
    assert_eq!(bench.device.events(), ["a: disarm", "a: power?"]);
    assert_eq!((seen.armed, seen.boot, seen.power_state), (false, Some(ONCE), Some(PowerReading::On)));
    assert_eq!(seen.last_error.clone().unwrap(), told.replace(&format!("; {LEFT_ARMED}"), ""));
}

#[tokio::test]
async fn one_that_is_told_to_end_leaves_it_noted_only_where_something_was_sent() {
    let mut config = Config::default();
    config.conductor.graceful_shutdown_timeout = Duration::ZERO;
    config.conductor.workers_pool_size = 1;
    let mut nodes: Vec<_> = ["a", "b"].map(|address| wishes(blank(address, ProvisionState::Enroll), Some(ONCE))).into();
    for (id, node) in (1..).zip(&mut nodes) {
        node.id = id;
    }
    let contents = Contents { nodes: nodes.clone(), ports: Vec::new() };
    let bench = Bench::with(&config, Memory { contents, ..Memory::default() });
    bench.device.mute(true);
    bench.power(&nodes[0], PowerTarget::On).await.unwrap();
    bench.device.happened(1).await;
    bench.power(&nodes[1], PowerTarget::On).await.unwrap();
    assert!(bench.now(&nodes[1]).armed);
    bench.conductor.stop().await;
    let (sent, not_begun) = (bench.now(&nodes[0]), bench.now(&nodes[1]));
    assert!(sent.armed && sent.last_error.as_deref().unwrap().contains(LEFT_ARMED), "{:?}", sent.last_error);
    assert!(!not_begun.armed && !not_begun.last_error.as_deref().unwrap().contains(LEFT_ARMED));
    assert_eq!(bench.device.events(), ["a: power on from pxe", "hung up"]);
}

#[tokio::test]
async fn a_start_without_a_wish_does_not_take_what_another_left_armed() {
    let (bench, node) = bench(None).await;
    bench.noted(&node).await;
    // It cannot be taken back: nothing is started.
    bench.device.answer_once("disarm", Err(failed(ErrorKind::Failed)));
    bench.device.answer_once("disarm", Err(failed(ErrorKind::NoContact)));
    let seen = bench.powered(&node, PowerTarget::On).await;
    let told = seen.last_error.clone().unwrap();
    assert!(told.contains("could not be taken back") && told.contains(LEFT_ARMED), "{told}");
    assert!(seen.armed);
    assert_eq!(bench.device.events(), ["a: disarm", "a: disarm"], "and once more, to see what it is in");
    // Off starts nothing, and changes nothing of it.
    bench.conductor.note(&node, |node| node.power_unsure = false).await.unwrap();
    bench.device.answer_once("power off", Err(failed(ErrorKind::Parameters)));
    assert!(bench.powered(&node, PowerTarget::Off).await.armed);
    assert_eq!(bench.device.events()[2..], ["a: power off"]);
    // It can, and what follows fails: it is taken back all the same.
    bench.device.answer_once("power on", Err(failed(ErrorKind::Parameters)));
    let seen = bench.powered(&node, PowerTarget::On).await;
    assert!(!seen.armed && !seen.last_error.as_deref().unwrap().contains(LEFT_ARMED));
    assert_eq!(bench.device.events()[3..], ["a: disarm", "a: power on"]);
    // With a wish it is armed anew; a start that takes it has used up the other, one that is none has not.
    bench.noted(&node).await;
    bench.conductor.note(&node, |node| node.boot = Some(ALWAYS)).await.unwrap();
    bench.device.answer(Ok(started(false, false)));
    assert!(bench.powered(&node, PowerTarget::On).await.armed);
    bench.device.answer(Ok(started(true, false)));
    assert!(!bench.powered(&node, PowerTarget::On).await.armed);
    assert_eq!(bench.device.events()[5..], ["a: power on from cdrom"; 2]);
}

#[tokio::test]
async fn a_machine_on_its_way_keeps_the_state_that_is_stored() {
    let bench = Bench::new();
    let node = bench.node("a", ProvisionState::Available).await;
    bench.device.answer(Ok(Outcome::Changing));
    bench.conductor.sync_once(0).await;
    assert_eq!(bench.now(&node).power_state, None, "it is not claimed to be off");
    bench.conductor.note(&node, |node| node.power_state = Some(PowerReading::On)).await.unwrap();
    bench.conductor.sync_once(0).await;
    let seen = bench.now(&node);
    assert_eq!((seen.power_state, seen.last_error.clone()), (Some(PowerReading::On), None));
    assert_eq!(bench.device.events().len(), 2, "it is read again at the next round");
    // An action that ends so is read once more, and then with the others.
    let seen = bench.powered(&node, PowerTarget::Off).await;
    assert_eq!((seen.power_state, seen.power_unsure), (Some(PowerReading::On), true));
    assert_eq!(bench.device.events()[2..], ["a: power off", "a: power?"]);
}
