//! `rackhand demo`: simulated devices on loopback, each powered through by the very code that powers real ones.

mod iboot;
mod table;
mod wol;

use std::time::{Duration, Instant};

use rackhand_core::operation::{Action, Error, HardwareType, Outcome, PowerTarget, Target};

use crate::Exit;
use crate::cli::Demo;
use crate::out::{Reader, complain, say};
use crate::progress::Progress;
use crate::run::perform;
use crate::sim::watch;

/// What each device is put through, in this order.
const STEPS: [PowerTarget; 3] = [PowerTarget::On, PowerTarget::Off, PowerTarget::Reboot];

/// A device of the demo.
trait Device {
    /// Its type.
    fn hardware(&self) -> HardwareType;
    /// Where it is, for the table.
    fn place(&self) -> String;
    /// How it is spoken to.
    fn target(&self) -> &Target;
    /// The arguments with which `rackhand power` speaks to it.
    fn arguments(&self) -> String;
    /// Looks at the simulated device itself: whether `step` really had its effect. Puts it into the state in which the next
    /// step finds a real one.
    fn judge(&self, step: PowerTarget) -> Result<(), String>;
    /// Puts it into the state in which each of the lines that are printed for it has an effect to be seen.
    fn rest(&self);
    /// What became of the device since the last call, in words.
    fn changes(&mut self) -> Vec<String>;
}

/// How a step ended.
struct Done {
    words: String,
    took: Duration,
    well: bool,
}

/// A row of the table: a device that was powered through, or the reason why there is none.
struct Row {
    hardware: HardwareType,
    place: String,
    steps: Vec<Done>,
    missing: Option<&'static str>,
}

impl Row {
    fn well(&self) -> bool {
        self.missing.is_some() || self.steps.iter().all(|step| step.well)
    }
}

/// Runs the demo.
pub(crate) async fn main(arguments: &Demo) -> Exit {
    let mut devices: Vec<Box<dyn Device>> = Vec::new();
    match (wol::Wol::start().await, iboot::Iboot::start().await) {
        (Ok(wol), Ok(iboot)) => devices.extend([Box::new(wol) as Box<dyn Device>, Box::new(iboot)]),
        (Err(error), _) | (_, Err(error)) => {
            complain(format_args!("rackhand: a simulated device does not start on loopback: {error}"));
            return Exit::Failed;
        }
    }
    complain("Simulated devices are running on loopback. Powering each on, off and through a reboot:");
    let mut rows = Vec::new();
    for device in &devices {
        rows.push(power_through(device.as_ref()).await);
    }
    rows.extend(missing());
    say(table::table(&rows));
    say(
        "Wake-on-LAN cannot switch off: in its 'power off' nothing is sent, somebody puts the machine to sleep by hand.",
    );
    let well = rows.iter().all(Row::well);
    let exit = if well { Exit::Done } else { Exit::Failed };
    if arguments.once {
        say(format_args!("The devices have ended. Try next, to have them go on running:\n\n  {} demo\n", program()));
        return exit;
    }
    for device in &mut devices {
        device.rest();
        // What the demo itself did is in the table already.
        drop(device.changes());
    }
    say("The devices go on running. Try next, in another terminal:\n");
    for device in &devices {
        for step in ["status", "reboot"] {
            say(format_args!("  {} power {step} {}", program(), device.arguments()));
        }
    }
    if say("\nWhat they do is told here. Ctrl-C ends them.") == Reader::There {
        watch(|| devices.iter_mut().flat_map(|device| device.changes()).collect()).await;
    }
    exit
}

/// The drivers that this build does not have.
fn missing() -> impl Iterator<Item = Row> {
    let later = "not in this build";
    [HardwareType::StagingAmt, HardwareType::StagingLibvirt, HardwareType::StagingNm]
        .into_iter()
        .map(move |hardware| Row { hardware, place: String::new(), steps: Vec::new(), missing: Some(later) })
}

async fn power_through(device: &dyn Device) -> Row {
    let mut steps = Vec::new();
    for step in STEPS {
        let begun = Instant::now();
        let progress = Progress::start(format!("  {} {step}", device.hardware()));
        let action = Action::SetPower(step);
        let result = perform(device.target(), &action, Duration::from_secs(30), |doing| progress.step(doing)).await;
        drop(progress);
        let took = begun.elapsed();
        let done = judge(device, step, result, took).await;
        let mark = if done.well { "ok" } else { "FAILED" };
        complain(format_args!(
            "  {:<15} {:<10} {} ({}) {mark}",
            device.hardware(),
            step,
            done.words,
            table::in_words(took)
        ));
        steps.push(done);
    }
    Row { hardware: device.hardware(), place: device.place(), steps, missing: None }
}

async fn judge(device: &dyn Device, step: PowerTarget, result: Result<Outcome, Error>, took: Duration) -> Done {
    let outcome = match result {
        Ok(outcome) => outcome,
        Err(error) => return Done { words: error.to_string(), took, well: false },
    };
    // A magic packet is sent and not answered: its effect may come a moment later.
    let patience = Instant::now() + Duration::from_secs(5);
    loop {
        match device.judge(step) {
            Ok(()) => {
                let words = outcome.power_state().map_or_else(|| "done".to_owned(), |state| state.to_string());
                return Done { words, took, well: true };
            }
            Err(words) if Instant::now() > patience => return Done { words, took, well: false },
            Err(_) => tokio::time::sleep(Duration::from_millis(2)).await,
        }
    }
}

/// How this program is called from anywhere, in a shell.
fn program() -> String {
    let Ok(program) = std::env::current_exe() else { return "rackhand".to_owned() };
    let program = program.display().to_string();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'.' | b'_' | b'-' | b'+');
    if program.bytes().all(plain) { program } else { format!("'{}'", program.replace('\'', "'\\''")) }
}
