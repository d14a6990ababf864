//! `rackhand demo`: simulated devices on loopback and a daemon, in which they are enrolled and powered through by the very code
//! that powers real ones.

mod amt;
mod bmc;
mod daemon;
mod iboot;
#[cfg(feature = "libvirt")]
mod libvirt;
mod lines;
mod table;
mod wol;

use std::time::{Duration, Instant};

use rackhand_core::operation::{HardwareType, PowerTarget};
use reqwest::Method;
use serde_json::{Value, json};

use crate::Exit;
use crate::cli::Demo;
use crate::out::{Reader, complain, say};
use crate::progress::Progress;
use crate::sim::watch;

use daemon::Daemon;

/// What each device is put through, in this order.
const STEPS: [PowerTarget; 3] = [PowerTarget::On, PowerTarget::Off, PowerTarget::Reboot];

/// A device of the demo.
trait Device {
    /// Its type.
    fn hardware(&self) -> HardwareType;
    /// Where it is, for the table.
    fn place(&self) -> String;
    /// What the node is called.
    fn name(&self) -> &'static str;
    /// The node's driver_info.
    fn driver_info(&self) -> Value;
    /// The address of the node's port, if it needs one.
    fn port(&self) -> Option<String>;
    /// The arguments with which `rackhand power` speaks to it.
    fn arguments(&self) -> String;
    /// What is to be known before those are tried.
    fn beyond(&self) -> Option<&'static str> {
        None
    }
    /// Looks at the simulated device itself: whether `step` really had its effect. Puts it into the state in which the next
    /// step finds a real one.
    fn judge(&self, step: PowerTarget) -> Result<(), String>;
    /// Puts it into the state in which each of the lines that are printed for it has an effect to be seen.
    fn rest(&self);
    /// What became of the device since the last call, in words.
    fn changes(&mut self) -> Vec<String>;
    /// The arguments of set_nm_policy that limit its power, where it has a Node Manager.
    fn cap(&self) -> Option<Value> {
        None
    }
    /// Looks at the simulated device itself: whether its power is limited so.
    fn is_capped(&self) -> bool {
        false
    }
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
    let mut devices = match started().await {
        Ok(devices) => devices,
        Err(error) => {
            complain(format_args!("rackhand: a simulated device does not start on loopback: {error}"));
            return Exit::Failed;
        }
    };
    let daemon = match enrolled(&devices).await {
        Ok(daemon) => daemon,
        Err(error) => {
            complain(format_args!("rackhand: the daemon does not start on loopback: {error}"));
            return Exit::Failed;
        }
    };
    complain(format_args!(
        "A daemon serves Ironic's API on {}, and simulated devices are enrolled in it.\nPowering each on, off and through a \
         reboot, by that API:",
        daemon.url()
    ));
    let mut rows = Vec::new();
    for device in &devices {
        rows.push(power_through(&daemon, device.as_ref()).await);
    }
    #[cfg(not(feature = "libvirt"))]
    rows.push(missing());
    say(table::table(&rows));
    #[cfg(not(feature = "libvirt"))]
    say(crate::driver::LIBVIRT_MISSING);
    let mut capped = true;
    for device in &devices {
        if let Some(cap) = device.cap() {
            let result = limit_power(&daemon, device.as_ref(), &cap).await;
            capped &= result.is_ok();
            say(match result {
                Ok(words) => words,
                Err(error) => format!("FAILED to limit the power of {}: {error}", device.name()),
            });
        }
    }
    say(
        "Wake-on-LAN cannot switch off: in its 'power off' nothing is sent, somebody puts the machine to sleep by hand.",
    );
    let well = capped && rows.iter().all(Row::well);
    let exit = if well { Exit::Done } else { Exit::Failed };
    if arguments.once {
        say(format_args!(
            "Daemon and devices have ended. Try next, to have them go on running:\n\n  {} demo\n",
            program()
        ));
        daemon.end().await;
        return exit;
    }
    for device in &mut devices {
        device.rest();
        // What the demo itself did is in the table already.
        drop(device.changes());
    }
    lines::print(&devices, &daemon, &program());
    if say("\nWhat the devices do is told here. Ctrl-C ends them.") == Reader::There {
        watch(|| devices.iter_mut().flat_map(|device| device.changes()).collect()).await;
    }
    daemon.end().await;
    exit
}

async fn started() -> Result<Vec<Box<dyn Device>>, String> {
    let (wol, iboot, amt) = (wol::Wol::start().await?, iboot::Iboot::start().await?, amt::Amt::start().await?);
    let bmc = bmc::Bmc::start().await?;
    Ok(vec![
        Box::new(wol),
        Box::new(iboot),
        Box::new(amt),
        Box::new(bmc),
        #[cfg(feature = "libvirt")]
        Box::new(libvirt::Libvirt::start().await?),
    ])
}

async fn enrolled(devices: &[Box<dyn Device>]) -> Result<Daemon, String> {
    let daemon = Daemon::start().await?;
    for device in devices {
        daemon.enroll(device.as_ref()).await?;
    }
    Ok(daemon)
}

/// The row of the driver that this build does not have.
#[cfg(not(feature = "libvirt"))]
fn missing() -> Row {
    Row {
        hardware: HardwareType::StagingLibvirt,
        place: String::new(),
        steps: Vec::new(),
        missing: Some("not in this build"),
    }
}

async fn power_through(daemon: &Daemon, device: &dyn Device) -> Row {
    let mut steps = Vec::new();
    for step in STEPS {
        let begun = Instant::now();
        let progress = Progress::start(format!("  {} {step}", device.hardware()));
        let result = daemon.power(device.name(), step).await;
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

/// Limits the power of a device, and reads what it draws.
async fn limit_power(daemon: &Daemon, device: &dyn Device, cap: &Value) -> Result<String, String> {
    daemon.passthru(device.name(), Method::PUT, "set_nm_policy", cap).await?;
    if !device.is_capped() {
        return Err("the simulated Node Manager has no such policy".to_owned());
    }
    let of = json!({ "scope": "global", "domain_id": "platform", "parameter_name": "power" });
    let drawn = daemon.passthru(device.name(), Method::GET, "get_nm_statistics", &of).await?;
    let watts = |name: &str| drawn[name].as_u64().ok_or_else(|| format!("no {name} in {drawn}"));
    Ok(format!(
        "{} is limited to {} W by set_nm_policy; get_nm_statistics: it draws {} W, {} on average.",
        device.name(),
        cap["target_limit"],
        watts("current_value")?,
        watts("average_value")?
    ))
}

async fn judge(device: &dyn Device, step: PowerTarget, result: Result<String, String>, took: Duration) -> Done {
    let words = match result {
        Ok(state) => state,
        Err(error) => return Done { words: error, took, well: false },
    };
    // A magic packet is sent and not answered: its effect may come a moment later.
    let patience = Instant::now() + Duration::from_secs(5);
    loop {
        match device.judge(step) {
            Ok(()) => return Done { words, took, well: true },
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
