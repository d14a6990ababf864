//! Our client against our simulated AMT on virtual time: every action under every named fault, every style, framing and
//! generation, over networks that delay, chop and refuse. The simulated machine is the judge of what is said about it.

use std::time::Duration;

use rackhand_adapters::sim::Amt;
use rackhand_adapters::sim::amt::Generation;
use rackhand_core::amt::BootSource;
use rackhand_core::http::digest::Credentials;
use rackhand_core::operation::{
    Action, BootDevice, Error, Memory, Operation, Outcome, PowerState, PowerTarget, Target,
};
use rackhand_tests::pair::{Network, Pair, Random};
use rackhand_tests::targets::amt;

/// Of the operation, in milliseconds.
const TIMEOUT: u64 = 90_000;

fn device(generation: Generation) -> Amt<u64> {
    Amt::new(Credentials::new("admin", "Adm1n!Pass").unwrap(), generation)
}

fn network(seed: u64) -> Network {
    let mut random = Random::new(seed ^ 0x5EED);
    Network { delay_ms: random.below(300), chops: random.below(2) == 1, refusals: 0, swallows: 0, lasts: None }
}

fn pair(device: Amt<u64>, network: Network, seed: u64) -> Pair<Amt<u64>> {
    Pair::new(device, network, seed).with_buffers(8 * 1024, 16 * 1024)
}

fn operation(target: &Target, action: &Action, memory: &Memory) -> Operation {
    Operation::new(target, action, Duration::from_millis(TIMEOUT), memory, &[7; 32]).unwrap()
}

#[test]
fn on_and_off() {
    for seed in 0..20 {
        for generation in Generation::ALL {
            let mut pair = pair(device(generation), network(seed), seed);
            let target = amt(&[]).unwrap();
            for (wanted, state) in
                [(PowerTarget::On, 2), (PowerTarget::Off, 8), (PowerTarget::On, 2), (PowerTarget::Reboot, 2)]
            {
                let result = pair.run(operation(&target, &Action::SetPower(wanted), &Memory::Nothing));
                assert!(matches!(result, Ok(Outcome::Power(_))), "{generation:?}, {wanted}: {result:?}");
                assert_eq!(pair.device.power_state(), state);
            }
            assert_eq!((pair.device.starts(), pair.device.failed_logins()), (3, 0));
        }
    }
    let _ = (BootSource::Disk, BootDevice::Pxe, PowerState::On, None::<Error>);
}
