//! The command line. Its types have no `Debug`: passwords are among the arguments.

use std::net::SocketAddr;
use std::num::NonZeroU16;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::builder::TypedValueParser;
use clap::{Args, Parser, Subcommand, ValueEnum};
use rackhand_core::operation::{BootDevice, HardwareType};

use crate::out::{self, complain};
use crate::{boot_device, client, decode, demo, describe, passthru, power, serve, sim};

/// Powers machines that have no good BMC: Wake-on-LAN, Dataprobe iBoot, Intel AMT, libvirt, Intel Node Manager.
///
/// Exit status: 0 done, 1 the device refused or failed, 2 wrong usage or driver_info, 3 no contact.
#[derive(Parser)]
#[command(name = "rackhand", version, max_term_width = 110)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Simulated devices on loopback: see everything work without hardware.
    Demo(Demo),
    /// The daemon: Ironic's API for many machines.
    Serve(Serve),
    /// Power one device, without a daemon.
    Power(Power),
    /// What a device says about itself (staging-amt), without a daemon.
    Describe(Box<Device>),
    /// What a machine starts from (ipmi, staging-nm, staging-libvirt), without a daemon.
    #[command(subcommand)]
    BootDevice(Box<BootDeviceAction>),
    /// What only one make of hardware can do (ipmi, staging-nm), without a daemon.
    Passthru(Box<Passthru>),
    /// Nodes of a daemon, many at once.
    Node(Box<client::Node>),
    /// Make nodes in a daemon of the machines that somebody else knows of.
    Enroll(Box<client::Enroll>),
    /// What a daemon can drive.
    Driver(client::Driver),
    /// A simulated device with faults.
    #[command(subcommand)]
    Sim(Sim),
    /// Name the fields of recorded messages: hexadecimal text, pcap or pcapng.
    Decode(Decode),
}

/// What `rackhand demo` is told.
#[derive(Args)]
pub(crate) struct Demo {
    /// End when every device was powered through; status 0 only if all went well.
    #[arg(long)]
    pub(crate) once: bool,
}

/// What `rackhand serve` is told.
#[derive(Args)]
pub(crate) struct Serve {
    /// The configuration; without one everything has its default.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Address and TCP port to listen on; port 0 takes a free one. Overrides [api] host_ip and port.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Option<SocketAddr>,
    /// Where the nodes are kept: sqlite:///absolute/path, made if it is not there. Overrides [database] connection.
    #[arg(long, value_name = "URL")]
    pub(crate) database: Option<String>,
    /// Serve other machines without login or TLS, too: whoever reaches the port then has all machines.
    #[arg(long)]
    pub(crate) insecure: bool,
}

/// What `rackhand power` is told.
#[derive(Args)]
pub(crate) struct Power {
    /// What to do.
    #[command(subcommand)]
    pub(crate) action: PowerAction,
}

#[derive(Subcommand)]
pub(crate) enum PowerAction {
    /// Tell the power state.
    Status(Device),
    /// Power on.
    On {
        /// Start from this device, once (staging-amt): pxe, disk, cdrom or bios.
        #[arg(long, value_name = "DEVICE", value_parser = boot_device)]
        boot_device: Option<BootDevice>,
        #[command(flatten)]
        device: Device,
    },
    /// Power off.
    Off {
        /// Ask the operating system to shut down.
        #[arg(long)]
        soft: bool,
        #[command(flatten)]
        device: Device,
    },
    /// Off, then on.
    Reboot {
        /// Ask the operating system to shut down.
        #[arg(long)]
        soft: bool,
        /// Start from this device, once (staging-amt): pxe, disk, cdrom or bios.
        #[arg(long, value_name = "DEVICE", value_parser = boot_device)]
        boot_device: Option<BootDevice>,
        #[command(flatten)]
        device: Device,
    },
    /// Put a relay into a state for a while (staging-iboot).
    Pulse {
        /// The state.
        #[arg(long, value_enum)]
        state: OnOff,
        /// For how long, in seconds.
        #[arg(long, value_parser = clap::value_parser!(u16).range(1..).try_map(NonZeroU16::try_from))]
        seconds: NonZeroU16,
        #[command(flatten)]
        device: Device,
    },
    /// Switch several relays one by one on one connection (staging-iboot), whichever iboot_relay_id names.
    Switch {
        /// A relay and its state, such as 3=on; may be given again.
        #[arg(long = "relay", value_name = "NUMBER=STATE", required = true)]
        relays: Vec<String>,
        #[command(flatten)]
        device: Device,
    },
}

#[derive(Subcommand)]
pub(crate) enum BootDeviceAction {
    /// Tell what the BMC, or the domain's definition, says the machine starts from.
    Show(Device),
    /// Start from this device; the BMC, or the domain's definition, keeps it.
    Set {
        /// pxe, disk, cdrom, bios or safe.
        #[arg(value_name = "DEVICE", value_parser = boot_device)]
        boot_device: BootDevice,
        /// Not only the next time.
        #[arg(long)]
        persistent: bool,
        /// The machine's firmware starts as UEFI; with =false as a PC's BIOS. Without it that stays as it is.
        #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
        efi: Option<bool>,
        #[command(flatten)]
        device: Device,
    },
}

/// What `rackhand passthru` is told.
#[derive(Args)]
pub(crate) struct Passthru {
    /// The method's name, such as get_nm_version; a wrong one lists all.
    #[arg(value_name = "METHOD")]
    pub(crate) method: String,
    /// An argument; the value is JSON if it reads like JSON. May be given again.
    #[arg(long = "arg", value_name = "KEY=VALUE")]
    pub(crate) arguments: Vec<String>,
    /// All arguments as a JSON object; @FILE reads it from a file.
    #[arg(long, value_name = "JSON", conflicts_with = "arguments")]
    pub(crate) body: Option<String>,
    #[command(flatten)]
    pub(crate) device: Device,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OnOff {
    On,
    Off,
}

/// Which device, and how.
#[derive(Args)]
pub(crate) struct Device {
    /// The hardware type: staging-wol, staging-iboot, staging-amt, staging-libvirt, staging-nm, ipmi.
    #[arg(long, value_parser = hardware_type)]
    pub(crate) driver: HardwareType,
    /// A setting of driver_info; @FILE reads the value from a file, @@ stands for a value's own @. May be given again.
    #[arg(short = 'i', long = "driver-info", value_name = "KEY=VALUE")]
    pub(crate) driver_info: Vec<String>,
    /// The MAC address of a port of the machine; may be given again.
    #[arg(long = "port", value_name = "MAC")]
    pub(crate) ports: Vec<String>,
    /// How long the whole may take, in seconds.
    #[arg(long, default_value_t = 60.0, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) timeout: f64,
    /// [iboot] max_retry: repeats after a failed try.
    #[arg(long, default_value_t = 3)]
    pub(crate) max_retry: u8,
    /// [iboot] retry_interval: from a failed try to the next, in seconds.
    #[arg(long, default_value_t = 1.0, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) retry_interval: f64,
    /// [iboot] reboot_delay: how long a relay stays off in a reboot, in seconds.
    #[arg(long, default_value_t = 5.0, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) reboot_delay: f64,
    /// Print the result as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Subcommand)]
pub(crate) enum Sim {
    /// A machine with Intel AMT.
    Amt(SimAmt),
    /// A machine with a BMC that speaks IPMI, and with Intel Node Manager behind it.
    Bmc(SimBmc),
    /// A Dataprobe iBoot.
    Iboot(SimIboot),
    /// A sleeping machine that wakes on its magic packet.
    Nic(SimNic),
}

#[derive(Args)]
pub(crate) struct SimAmt {
    /// Address and TCP port to listen on; port 0 takes a free one. With --tls the port is 16993 by default.
    #[arg(long, default_value = "127.0.0.1:16992", default_value_if("tls", "true", "127.0.0.1:16993"))]
    pub(crate) listen: SocketAddr,
    /// Speak TLS, with a new certificate that has signed itself; its SHA-256 fingerprint is printed, to be pinned.
    #[arg(long)]
    pub(crate) tls: bool,
    /// Write that certificate into a file, for whoever trusts it as a CA (amt_tls_ca_file); what is there is replaced.
    #[arg(long, value_name = "FILE", requires = "tls")]
    pub(crate) ca_file_out: Option<PathBuf>,
    /// Show this certificate instead, PEM, followed by those of the CAs between it and the one that others know.
    #[arg(long, value_name = "FILE", requires = "tls", requires = "key_file", conflicts_with = "ca_file_out")]
    pub(crate) cert_file: Option<PathBuf>,
    /// The private key of --cert-file, PEM.
    #[arg(long, value_name = "FILE", requires = "cert_file")]
    pub(crate) key_file: Option<PathBuf>,
    /// Generation of AMT: 7, 9, 11, 12, 14 or 16.
    #[arg(long, default_value_t = 12, value_parser = clap::value_parser!(u16).range(7..=16))]
    pub(crate) generation: u16,
    /// The user name that it takes.
    #[arg(long, default_value = "admin")]
    pub(crate) user: String,
    /// The password that it takes; @FILE reads it from a file.
    #[arg(long, default_value = "admin")]
    pub(crate) password: String,
    /// How it writes XML: as the firmware does, with long prefixes, or with a default namespace.
    #[arg(long, default_value = "firmware", value_parser = ["firmware", "long", "default"])]
    pub(crate) style: String,
    /// In client control mode somebody at the machine must consent to a boot device.
    #[arg(long)]
    pub(crate) client_control: bool,
    /// The machine is on when the simulation begins.
    #[arg(long)]
    pub(crate) on: bool,
    /// A fault by name, such as slow=200, drop-response*2 (twice, then no more) or mute^3 (from the fourth request on;
    /// mute^3*1: once); may be given again. A wrong name lists all.
    #[arg(long = "fault", value_name = "NAME")]
    pub(crate) faults: Vec<String>,
}

#[derive(Args)]
pub(crate) struct SimBmc {
    /// Address and UDP port to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:623")]
    pub(crate) listen: SocketAddr,
    /// The user name that it takes.
    #[arg(long, default_value = "admin")]
    pub(crate) user: String,
    /// The password that it takes; @FILE reads it from a file.
    #[arg(long, default_value = "admin")]
    pub(crate) password: String,
    /// Most privilege that the user may have.
    #[arg(long, default_value = "administrator", value_parser = ["user", "operator", "administrator"])]
    pub(crate) privilege: String,
    /// The BMC's own key (Kg), up to 40 hexadecimal digits; @FILE reads them from a file.
    #[arg(long, value_name = "HEX")]
    pub(crate) kg: Option<String>,
    /// The cipher suites that it takes: 0, 1, 2, 3, 15, 16, 17. Suite 0 asks for no password.
    #[arg(long, value_delimiter = ',', default_value = "17,3,16,2,15,1", value_name = "NUMBERS")]
    pub(crate) suites: Vec<u8>,
    /// How the answers of Node Manager come: each in a packet of its own, in the BMC's own answer, or before that; or there is no Node
    /// Manager.
    #[arg(long, default_value = "separate", value_parser = ["separate", "inline", "reordered", "none"])]
    pub(crate) bridging: String,
    /// The channel that Node Manager is behind.
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u8).range(0..=15))]
    pub(crate) channel: u8,
    /// No sensor data record names Node Manager.
    #[arg(long)]
    pub(crate) no_record: bool,
    /// The machine is on when the simulation begins.
    #[arg(long)]
    pub(crate) on: bool,
    /// How long it takes to come on, in seconds.
    #[arg(long, default_value_t = 0.4, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) on_delay: f64,
    /// How long it takes to go off, in seconds.
    #[arg(long, default_value_t = 0.4, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) off_delay: f64,
    /// How long its operating system takes to shut down, in seconds; the fault ignores-soft: it does not.
    #[arg(long, default_value_t = 3.0, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) soft_delay: f64,
    /// What faults with a share hit, and all that is random, follows from this number.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// A fault by name, such as slow=200, loss=300 (thousandths of the answers), forget*2 (twice, then no more) or mute^3 (from the
    /// fourth request on; mute^3*1: once); may be given again. A wrong name lists all.
    #[arg(long = "fault", value_name = "NAME")]
    pub(crate) faults: Vec<String>,
}

#[derive(Args)]
pub(crate) struct SimIboot {
    /// Address and TCP port to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:9100")]
    pub(crate) listen: SocketAddr,
    /// How many relays it has.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u8).range(1..=32))]
    pub(crate) relays: u8,
    /// The user name that it takes.
    #[arg(long, default_value = "admin")]
    pub(crate) user: String,
    /// The password that it takes; @FILE reads it from a file.
    #[arg(long, default_value = "admin")]
    pub(crate) password: String,
    /// 1 or 0: what the wire calls the first relay.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(0..=1))]
    pub(crate) relay_base: u8,
    /// Which numbers mean on and off.
    #[arg(long, default_value = "boot", value_parser = ["boot", "manual"])]
    pub(crate) state_codes: String,
    /// A fault by name, such as slow=200, drop-hello*2 (twice, then no more) or mute^3 (from the fourth request on; mute^3*1:
    /// once); may be given again. A wrong name lists all.
    #[arg(long = "fault", value_name = "NAME")]
    pub(crate) faults: Vec<String>,
}

#[derive(Args)]
pub(crate) struct SimNic {
    /// Address and UDP port to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:9")]
    pub(crate) listen: SocketAddr,
    /// Look at all frames of a network interface instead, as a real card does; needs CAP_NET_RAW.
    #[arg(long, conflicts_with = "listen")]
    pub(crate) interface: Option<String>,
    /// Its MAC address.
    #[arg(long)]
    pub(crate) mac: String,
    /// The SecureON password that it asks for; @FILE reads it from a file.
    #[arg(long)]
    pub(crate) password: Option<String>,
    /// A fault by name, such as deaf*2; may be given again. A wrong name lists all.
    #[arg(long = "fault", value_name = "NAME")]
    pub(crate) faults: Vec<String>,
}

#[derive(Args)]
pub(crate) struct Decode {
    /// The recording; standard input without it.
    pub(crate) file: Option<PathBuf>,
    /// Print a JSON object a message.
    #[arg(long)]
    pub(crate) json: bool,
}

fn hardware_type(text: &str) -> Result<HardwareType, String> {
    HardwareType::ALL.into_iter().find(|hardware| hardware.as_str() == text).ok_or_else(|| {
        let names: Vec<_> = HardwareType::ALL.iter().map(|hardware| hardware.as_str()).collect();
        format!("hardware types are {}", names.join(", "))
    })
}

fn boot_device(text: &str) -> Result<BootDevice, String> {
    BootDevice::from_name(text).ok_or_else(|| {
        let names: Vec<_> = BootDevice::ALL.iter().map(|device| device.as_str()).collect();
        format!("boot devices are {}", names.join(", "))
    })
}

/// A day is more than any device takes.
pub(crate) fn seconds(text: &str) -> Result<f64, String> {
    let allowed = "a number of seconds from 0 to 86400";
    text.parse().ok().filter(|seconds| (0.0..=86_400.0).contains(seconds)).ok_or_else(|| allowed.to_owned())
}

/// Runs the program with the arguments of the process.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    // The daemon has work for all processors; everything else is one conversation.
    let mut builder = match cli.command {
        Command::Serve(_) | Command::Demo(_) => tokio::runtime::Builder::new_multi_thread(),
        _ => tokio::runtime::Builder::new_current_thread(),
    };
    let runtime = match builder.enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(format_args!("rackhand: the runtime does not start: {error}"));
            return crate::Exit::Failed.into();
        }
    };
    let exit = runtime.block_on(async {
        match cli.command {
            Command::Demo(demo) => demo::main(&demo).await,
            Command::Serve(serve) => serve::main(serve).await,
            Command::Power(power) => power::main(power).await,
            Command::Describe(device) => describe::main(*device).await,
            Command::BootDevice(action) => boot_device::main(*action).await,
            Command::Passthru(passthru) => passthru::main(*passthru).await,
            Command::Node(node) => client::node(*node).await,
            Command::Enroll(enroll) => client::enroll(*enroll).await,
            Command::Driver(driver) => client::driver(driver).await,
            Command::Sim(sim) => sim::main(sim).await,
            Command::Decode(decode) => decode::main(&decode),
        }
    });
    // A name that is still being looked up keeps nobody waiting.
    runtime.shutdown_background();
    out::judge(exit).into()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn seconds_are_bounded() {
        assert_eq!(seconds("0.5"), Ok(0.5));
        for text in ["-1", "nan", "inf", "86401", "x", ""] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }
}
