//! `rackhand sim`: simulated devices on real sockets.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use rackhand_adapters::sim::amt::{Generation, Style};
use rackhand_adapters::sim::bmc::{Config, Shape};
use rackhand_adapters::sim::{Amt, Bmc, Faults, Iboot, Named, Nic};
use rackhand_adapters::tokio::{Identity, serve_datagrams, serve_frames, serve_stream, serve_stream_tls};
use rackhand_core::dxp::{Credentials, Dialect, RelayBase, RelayChange, StateCodes};
use rackhand_core::http::digest;
use rackhand_core::ipmi::{Bridge, CipherSuite, PASSWORD_LEN, USER_LEN};
use rackhand_core::secret::Secret;
use rackhand_core::wol::Mac;
use tokio::net::{TcpListener, UdpSocket};

use crate::Exit;
use crate::cli::{Sim, SimAmt, SimBmc, SimIboot, SimNic};
use crate::driver_info::value;
use crate::exit::asked_to_end;
use crate::out::{Reader, complain, say};
use crate::serve::tls;

/// Serves the device until the program is told to end.
pub(crate) async fn main(sim: Sim) -> Exit {
    let served = match sim {
        Sim::Amt(arguments) => serve_amt(&arguments).await,
        Sim::Bmc(arguments) => serve_bmc(&arguments).await,
        Sim::Iboot(arguments) => serve_iboot(&arguments).await,
        Sim::Nic(arguments) => serve_nic(&arguments).await,
    };
    match served {
        Ok(()) => Exit::Done,
        Err((exit, text)) => {
            complain(format_args!("rackhand: {text}"));
            exit
        }
    }
}

type Served = Result<(), (Exit, String)>;

fn usage(text: impl std::fmt::Display) -> (Exit, String) {
    (Exit::Usage, format!("{text}"))
}

fn faults<F: Named>(to: &mut Faults<F>, names: &[String]) -> Served {
    names.iter().try_for_each(|name| to.add_named(name)).map_err(usage)
}

/// The words for a socket that cannot be had.
fn listening(at: SocketAddr) -> impl FnOnce(std::io::Error) -> (Exit, String) {
    move |error| (Exit::Failed, format!("cannot listen on {at}: {error}"))
}

async fn serve_amt(arguments: &SimAmt) -> Served {
    let password = value("--password", &arguments.password).map_err(usage)?;
    let credentials = digest::Credentials::new(&arguments.user, &password).map_err(|_| {
        usage(
            "--user and --password must be at most 64 bytes of UTF-8 without control characters, the user without ':'",
        )
    })?;
    let generation = Generation::from_number(arguments.generation).ok_or_else(|| {
        let known = Generation::ALL.map(|it| it.number().to_string()).join(", ");
        usage(format_args!("--generation {}: there are {known}", arguments.generation))
    })?;
    let mut device = Amt::new(credentials, generation);
    device.set_style(Style::from_name(&arguments.style).unwrap_or_default());
    device.set_client_control(arguments.client_control);
    if arguments.on {
        device.set_power_state(2);
    }
    faults(device.faults(), &arguments.faults)?;
    let listener = TcpListener::bind(arguments.listen).await.map_err(listening(arguments.listen))?;
    // Later than that: who cannot listen replaces no file of one who does.
    let identity = if arguments.tls { Some(identity(arguments)?) } else { None };
    // A device with TLS differs here alone: in what the stream goes through before the device sees it.
    let served = match &identity {
        None => serve_stream(listener, device),
        Some(identity) => serve_stream_tls(listener, device, identity),
    };
    let server = served.map_err(listening(arguments.listen))?;
    let (version, state) = (generation.version(), if arguments.on { "on" } else { "off" });
    let over = if arguments.tls { ", TLS" } else { "" };
    let mut reader = say(format_args!("AMT {version} ({state}{over}) on {}", server.address()));
    if let Some(identity) = identity {
        reader = say(format_args!("AMT certificate's SHA-256 fingerprint: {}", identity.fingerprint()));
    }
    if reader == Reader::There {
        watch(|| happenings(&mut server.device())).await;
    }
    Ok(())
}

/// What a simulated AMT shows of itself: what it is given, or a certificate of its own, which is written where it is wanted.
fn identity(arguments: &SimAmt) -> Result<Identity, (Exit, String)> {
    if let (Some(cert), Some(key)) = (&arguments.cert_file, &arguments.key_file) {
        let (chain, private) = tls::read(("--cert-file", cert), ("--key-file", key)).map_err(usage)?;
        return Identity::new(chain, private).map_err(|error| {
            usage(format_args!("--cert-file '{}', --key-file '{}': {error}", cert.display(), key.display()))
        });
    }
    // Of those of an unspecified address only the loopback is known; whoever comes by another goes by the fingerprint.
    let ip = match arguments.listen.ip() {
        IpAddr::V4(v4) if v4.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(v6) if v6.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    let identity = Identity::self_signed(["localhost".to_owned(), ip.to_string()])
        .map_err(|error| (Exit::Failed, error.to_string()))?;
    if let Some(file) = &arguments.ca_file_out {
        let certificates = identity.chain().iter().map(|it| pem::Pem::new("CERTIFICATE", it.as_ref()));
        let config = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
        let text = pem::encode_many_config(&certificates.collect::<Vec<_>>(), config);
        std::fs::write(file, text).map_err(|error| {
            (Exit::Failed, format!("--ca-file-out '{}' cannot be written: {error}", file.display()))
        })?;
    }
    Ok(identity)
}

async fn serve_bmc(arguments: &SimBmc) -> Served {
    let mut device = Bmc::new(bmc(arguments).map_err(usage)?, arguments.seed);
    faults(device.faults(), &arguments.faults)?;
    let socket = UdpSocket::bind(arguments.listen).await.map_err(listening(arguments.listen))?;
    let server = serve_datagrams(socket, device).map_err(listening(arguments.listen))?;
    let state = if arguments.on { "on" } else { "off" };
    if say(format_args!("BMC ({state}) on {}", server.address())) == Reader::There {
        watch(|| bmc_happenings(&mut server.device())).await;
    }
    Ok(())
}

/// What a simulated BMC is like; or what is wrong, in words.
fn bmc(arguments: &SimBmc) -> Result<Config, String> {
    let password = value("--password", &arguments.password).map_err(|error| error.to_string())?;
    let password = Secret::new(&password).map_err(|_| format!("--password must be at most {PASSWORD_LEN} bytes"))?;
    if arguments.user.len() > USER_LEN {
        return Err(format!("--user '{}': must be at most {USER_LEN} bytes", arguments.user));
    }
    let mut config = Config::new(&arguments.user, password);
    for user in &mut config.users {
        user.privilege = match arguments.privilege.as_str() {
            "user" => 2,
            "operator" => 3,
            _ => 4,
        };
    }
    if let Some(kg) = &arguments.kg {
        let digits = value("--kg", kg).map_err(|error| error.to_string())?;
        let bytes = hex::decode(digits.as_str()).ok().filter(|bytes| bytes.len() <= PASSWORD_LEN);
        let bytes = bytes.ok_or_else(|| format!("--kg must be pairs of hexadecimal digits, at most {PASSWORD_LEN}"))?;
        let mut key = [0; PASSWORD_LEN];
        key.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
        config.kg = Some(key);
    }
    let suite = |id: &u8| CipherSuite::by_id(*id).ok_or_else(|| format!("--suites {id}: there are {}", all_suites()));
    config.suites = arguments.suites.iter().map(suite).collect::<Result<_, _>>()?;
    match Shape::from_name(&arguments.bridging) {
        Some(shape) => config.shape = shape,
        None => config.satellite = None,
    }
    if let Some(Bridge { channel, .. }) = &mut config.satellite {
        *channel = arguments.channel;
    }
    if arguments.no_record {
        config.discovery = None;
    }
    config.on = arguments.on;
    let delays = [arguments.on_delay, arguments.off_delay, arguments.soft_delay].map(Duration::from_secs_f64);
    [config.timing.on, config.timing.off, config.timing.soft] = delays;
    Ok(config)
}

fn all_suites() -> String {
    let mut ids = CipherSuite::ALL.map(|suite| suite.id);
    ids.sort_unstable();
    ids.map(|id| id.to_string()).join(", ")
}

async fn serve_iboot(arguments: &SimIboot) -> Served {
    let password = value("--password", &arguments.password).map_err(usage)?;
    let credentials = Credentials::new(&arguments.user, &password)
        .map_err(|_| usage("--user and --password must be at most 20 bytes of UTF-8 without NUL"))?;
    let dialect = Dialect {
        base: if arguments.relay_base == 0 { RelayBase::Zero } else { RelayBase::One },
        codes: if arguments.state_codes == "manual" { StateCodes::Manual } else { StateCodes::Boot },
    };
    let mut device = Iboot::new(credentials, dialect, usize::from(arguments.relays));
    faults(device.faults(), &arguments.faults)?;
    let listener = TcpListener::bind(arguments.listen).await.map_err(listening(arguments.listen))?;
    let server = serve_stream(listener, device).map_err(listening(arguments.listen))?;
    if say(format_args!("iBoot with {} relays on {}", arguments.relays, server.address())) == Reader::There {
        watch(|| moves(&mut server.device())).await;
    }
    Ok(())
}

async fn serve_nic(arguments: &SimNic) -> Served {
    let mac: Mac = arguments.mac.parse().map_err(|error| usage(format!("--mac '{}': {error}", arguments.mac)))?;
    let password = match &arguments.password {
        None => None,
        Some(text) => {
            let text = value("--password", text).map_err(usage)?;
            Some(text.parse().map_err(|error| usage(format!("--password: {error}")))?)
        }
    };
    let mut device = Nic::new(mac, password);
    faults(device.faults(), &arguments.faults)?;
    let server = match &arguments.interface {
        Some(interface) => serve_frames(interface, device)
            .map_err(|cause| (Exit::Failed, format!("cannot listen to the interface {interface}: {cause}")))?,
        None => {
            let socket = UdpSocket::bind(arguments.listen).await.map_err(listening(arguments.listen))?;
            serve_datagrams(socket, device).map_err(listening(arguments.listen))?
        }
    };
    if say(format_args!("sleeping machine {mac} on {}", server.place())) == Reader::There {
        let mut told = Told::default();
        watch(|| wakings(&server.device(), &mut told)).await;
    }
    Ok(())
}

/// What has happened to an AMT and its machine, in words.
pub(crate) fn happenings(device: &mut Amt<u64>) -> Vec<String> {
    device.take_notes().into_iter().map(|(_, note)| format!("AMT {note}")).collect()
}

/// What has happened to a BMC and its machine, in words.
fn bmc_happenings(device: &mut Bmc<SocketAddr>) -> Vec<String> {
    device.take_notes().into_iter().map(|(_, note)| format!("BMC {note}")).collect()
}

/// Which relays have moved, in words.
pub(crate) fn moves(device: &mut Iboot<u64>) -> Vec<String> {
    let words =
        |change: &RelayChange| format!("iBoot relay {} {}", change.relay.get(), if change.on { "on" } else { "off" });
    device.take_moves().iter().map(words).collect()
}

/// What was told of a sleeping machine already.
#[derive(Default)]
pub(crate) struct Told {
    awake: bool,
    heard_awake: u64,
}

/// What became of a sleeping machine since the last time, in words.
pub(crate) fn wakings(device: &Nic, told: &mut Told) -> Vec<String> {
    let now = Told { awake: device.is_awake(), heard_awake: device.heard_awake() };
    let before = std::mem::replace(told, now);
    let changed = (before.awake != told.awake).then_some(if told.awake { "woke up" } else { "fell asleep" });
    let heard = (before.heard_awake..told.heard_awake).map(|_| "heard its magic packet (already awake)");
    changed.into_iter().chain(heard).map(|what| format!("sleeping machine {what}")).collect()
}

/// Says what changes until the program is told to end, or nobody is there to be told.
pub(crate) async fn watch(mut changes: impl FnMut() -> Vec<String>) {
    let mut tick = tokio::time::interval(Duration::from_millis(20));
    let end = asked_to_end();
    tokio::pin!(end);
    loop {
        tokio::select! {
            () = &mut end => return,
            _ = tick.tick() => {
                if changes().iter().any(|line| say(line) == Reader::Gone) {
                    return;
                }
            }
        }
    }
}
