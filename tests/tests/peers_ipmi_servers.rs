//! Our client of IPMI and BMCs that are not ours: OpenIPMI's `ipmi_sim`, whose machine is a script and files, and one made of PyPI's
//! pyghmi. What came of a request is judged by what the machine was told, not by what we read.

#![cfg(unix)]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use rackhand_adapters::tokio::{Channel, run};
use rackhand_core::ipmi::{BootSetting, Bridge, IpmiFailure, IpmiTrouble, LoginFailure, Query, RawRequest, Refusal};
use rackhand_core::nm::{Domain, Mode, NmFailure, PolicyId, Request, Response, StatisticsOf};
use rackhand_core::operation::{
    Action, BootDevice, Error, ErrorKind, HardwareType, IpmiMemory, Memory, Operation, Outcome, PowerState,
    PowerTarget, RX_LEN, TX_LEN, Target, Value,
};
use rackhand_tests::ipmi_sim::{IpmiSim, PASSWORD, READER, READER_PASSWORD, USER};
use rackhand_tests::need;
use rackhand_tests::vectors::root;

/// What takes longer than this hangs.
const PATIENCE: Duration = Duration::from_secs(60);

const ON: Action = Action::SetPower(PowerTarget::On);
const OFF: Action = Action::SetPower(PowerTarget::Off);
const REBOOT: Action = Action::SetPower(PowerTarget::Reboot);
const SOFT_OFF: Action = Action::SetPower(PowerTarget::SoftOff);
const IS_ON: Outcome = Outcome::Power(PowerState::On);
const IS_OFF: Outcome = Outcome::Power(PowerState::Off);

/// One operation after the other, as the daemon keeps what one leaves to the next.
struct Console {
    hardware: HardwareType,
    port: u16,
    memory: Memory,
    seed: u8,
}

impl Console {
    const fn new(port: u16) -> Self {
        Self { hardware: HardwareType::Ipmi, port, memory: Memory::Nothing, seed: 0 }
    }

    /// Does this, with these settings beside or instead of the administrator's.
    async fn ask(&mut self, extra: &[Setting], action: &Action) -> Result<Outcome, Error> {
        let usual = [
            ("ipmi_address", Value::Str("127.0.0.1")),
            ("ipmi_port", Value::Int(self.port.into())),
            ("ipmi_username", Value::Str(USER)),
            ("ipmi_password", Value::Str(PASSWORD)),
        ];
        let kept = usual.into_iter().filter(|(name, _)| extra.iter().all(|(other, _)| other != name));
        let settings: Vec<_> = kept.chain(extra.iter().copied()).collect();
        let target = Target::new(self.hardware, settings.into_iter(), std::iter::empty()).unwrap();
        self.seed += 1;
        let mut operation = Operation::new(&target, action, PATIENCE, &self.memory, &[self.seed; 32]).unwrap();
        let (mut tx, mut window) = (vec![0; TX_LEN], vec![0; RX_LEN]);
        let mut channel = Channel::new(target.link());
        let result = run(&mut operation, &mut channel, &mut tx, &mut window, |_| {}).await;
        self.memory = operation.memory();
        result.map_err(Error::from)
    }
}

type Setting = (&'static str, Value<'static>);

const fn text(name: &'static str, value: &'static str) -> Setting {
    (name, Value::Str(value))
}

const fn suite(id: i64) -> Setting {
    ("ipmi_cipher_suite", Value::Int(id))
}

const fn login(user: &'static str, password: &'static str) -> [Setting; 2] {
    [text("ipmi_username", user), text("ipmi_password", password)]
}

const fn remembered(suite: u8) -> Memory {
    Memory::Ipmi(IpmiMemory { cipher_suite: Some(suite), node_manager: None })
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

/// What the machine was told by requests that may be repeated: one whose answer is late is sent again, and carried out again.
fn told_apart(sim: &IpmiSim) -> Vec<String> {
    let mut told = sim.take_told();
    told.dedup();
    told
}

/// What went wrong, and how; no word of it is a password.
#[track_caller]
fn told(result: Result<Outcome, Error>) -> (IpmiFailure, Option<IpmiTrouble>, ErrorKind, String) {
    let error = result.expect_err("a failure");
    let (kind, words) = (error.kind(), error.to_string());
    assert!(!words.contains(PASSWORD) && !words.contains(READER_PASSWORD), "{words}");
    match error {
        Error::Ipmi { failure, trouble, .. } => (failure, trouble, kind, words),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn turned_away(result: Result<Outcome, Error>, failure: LoginFailure) {
    let (what, trouble, kind, words) = told(result);
    assert_eq!((what, trouble), (IpmiFailure::NoContact, Some(IpmiTrouble::Login(failure))), "{words}");
    assert_eq!(kind, ErrorKind::Access, "{words}");
}

/// A life of a machine, with what it must have been told.
const LIFE: [(&Action, Outcome, &[&str], bool); 9] = [
    (&Action::GetPower, IS_OFF, &[], false),
    (&ON, IS_ON, &["power 1"], true),
    (&ON, IS_ON, &[], true),
    (&Action::GetPower, IS_ON, &[], true),
    (&REBOOT, IS_ON, &["power 0", "power 1"], true),
    (&SOFT_OFF, IS_OFF, &["shutdown 1"], false),
    (&REBOOT, IS_ON, &["power 1"], true),
    (&OFF, IS_OFF, &["power 0"], false),
    (&OFF, IS_OFF, &[], false),
];

async fn lives(settings: &[Setting], suite: u8) {
    let Some(sim) = IpmiSim::start(None) else { return };
    let mut console = Console::new(sim.port());
    for (action, outcome, asked, on) in LIFE {
        assert_eq!(console.ask(settings, action).await, Ok(outcome), "{settings:?}: {action:?}");
        assert_eq!((sim.take_told(), sim.is_on()), (owned(asked), on), "{settings:?}: {action:?}");
        assert_eq!(console.memory, remembered(suite), "{settings:?}");
    }
}

/// It has no 17: who names no suite ends with 3.
#[tokio::test]
async fn openipmi_moves_its_machine() {
    let named = [suite(3), suite(2), suite(1)];
    tokio::join!(lives(&[], 3), lives(&named[..1], 3), lives(&named[1..2], 2), lives(&named[2..], 1));
}

/// It keeps the device and neither "persistent" nor EFI, which is told, and it shows all flags as not valid: by section 28.13 nothing
/// is set then, and that is what whoever only reads is told. It has no words for the disk and for "safe".
#[tokio::test]
async fn openipmi_shows_no_valid_boot_flags() {
    let Some(sim) = IpmiSim::start(None) else { return };
    let mut console = Console::new(sim.port());
    let none = BootSetting { device: None, persistent: false, efi: false };
    for (device, word) in [
        (BootDevice::Bios, "bios"),
        (BootDevice::Cdrom, "cdrom"),
        (BootDevice::Disk, "default"),
        (BootDevice::Pxe, "pxe"),
    ] {
        for (persistent, efi) in [(false, None), (true, Some(true))] {
            let set = Action::SetBootDevice { device, persistent, efi };
            let kept = BootSetting { device: Some(device), persistent: false, efi: false };
            assert_eq!(console.ask(&[], &set).await, Ok(Outcome::BootDevice(kept)), "{device}");
            let told = (told_apart(&sim), sim.boot());
            assert_eq!(told, (vec![format!("boot {word}")], word.to_owned()), "{device}");
            assert_eq!(console.ask(&[], &Action::GetBootDevice).await, Ok(Outcome::BootDevice(none)), "{device}");
        }
    }
    let set = Action::SetBootDevice { device: BootDevice::Safe, persistent: false, efi: None };
    let (failure, _, _, words) = told(console.ask(&[], &set).await);
    let refusal = Refusal::Completion(0xFF);
    assert_eq!(failure, IpmiFailure::Refused { what: Query::SetBootOptions, refusal }, "{words}");
    assert_eq!((sim.take_told(), sim.boot()), (vec![], "pxe".to_owned()));
}

#[tokio::test]
async fn openipmi_turns_away() {
    let Some(sim) = IpmiSim::start(None) else { return };
    let mut console = Console::new(sim.port());
    for suites in [&[][..], &[suite(1)]] {
        for action in [&Action::GetPower, &ON, &REBOOT] {
            let with = |login: [Setting; 2]| [&login[..], suites].concat();
            turned_away(console.ask(&with(login(USER, "wrong")), action).await, LoginFailure::Password);
            turned_away(console.ask(&with(login("nobody", PASSWORD)), action).await, LoginFailure::User);
            turned_away(console.ask(&with(login(USER, READER_PASSWORD)), action).await, LoginFailure::Password);
        }
    }
    // What it does not have is not replaced by something else where it was named.
    for id in [15, 16, 17] {
        turned_away(console.ask(&[suite(id)], &ON).await, LoginFailure::NoCipherSuite);
    }
    // A key where there is none is not the same key.
    let kg = text("ipmi_hex_kg_key", "6b672d6f662d31362d6279746573212100000000");
    turned_away(console.ask(&[kg], &ON).await, LoginFailure::Kg);
    // Who may only read may only read.
    let reader = [&login(READER, READER_PASSWORD)[..], &[text("ipmi_priv_level", "USER")]].concat();
    assert_eq!(console.ask(&reader, &Action::GetPower).await, Ok(IS_OFF));
    let (failure, _, kind, words) = told(console.ask(&reader, &ON).await);
    let refusal = Refusal::Completion(0xD4);
    assert_eq!(failure, IpmiFailure::Refused { what: Query::ChassisControl, refusal }, "{words}");
    assert_eq!(kind, ErrorKind::Access, "{words}");
    assert_eq!(sim.take_told(), owned(&[]));
    // Whoever asks for suite 0 is asked for no password: that is what it is, and why it is never taken unasked.
    let nobody_checks = [&login(USER, "wrong")[..], &[suite(0)]].concat();
    assert_eq!(console.ask(&nobody_checks, &Action::GetPower).await, Ok(IS_OFF));
}

#[tokio::test]
async fn openipmi_has_a_key_of_its_own() {
    let Some(sim) = IpmiSim::start(Some("kg-of-16-bytes!!")) else { return };
    let mut console = Console::new(sim.port());
    for id in [3, 2, 1] {
        let kg = |digits| [text("ipmi_hex_kg_key", digits), suite(id)];
        let right = kg("6b672d6f662d31362d6279746573212100000000");
        assert_eq!(console.ask(&right, &Action::GetPower).await, Ok(IS_OFF), "{id}");
        let wrong = kg("6b672d6f662d31362d6279746573212200000000");
        turned_away(console.ask(&wrong, &Action::GetPower).await, LoginFailure::Kg);
        turned_away(console.ask(&[suite(id)], &Action::GetPower).await, LoginFailure::Kg);
    }
}

/// It has room for 63 sessions, and drops none in this time: each of ours is closed.
#[tokio::test]
async fn openipmi_is_left_without_sessions() {
    let Some(sim) = IpmiSim::start(None) else { return };
    let mut console = Console::new(sim.port());
    for round in 0..100 {
        assert_eq!(console.ask(&[], &Action::GetPower).await, Ok(IS_OFF), "{round}");
    }
}

/// Get Device ID, of the BMC or of whom it bridges to.
fn device_id() -> Action {
    Action::Raw(RawRequest { netfn: 0x06, command: 0x01, bridge: None, data: std::iter::empty().collect() })
}

const fn behind(channel: &'static str, address: &'static str) -> [Setting; 3] {
    [text("ipmi_bridging", "single"), text("ipmi_target_channel", channel), text("ipmi_target_address", address)]
}

#[tokio::test]
async fn openipmi_hands_on() {
    let Some(sim) = IpmiSim::start(None) else { return };
    let mut console = Console::new(sim.port());
    let id = |result: Result<Outcome, Error>| match result {
        // Its number, its revision, and the revision of its firmware.
        Ok(Outcome::Raw(answer)) => answer.bytes()[..4].to_vec(),
        other => panic!("{other:?}"),
    };
    for suites in [&[][..], &[suite(2)], &[suite(1)]] {
        let with = |place: [Setting; 3]| [&place[..], suites].concat();
        assert_eq!(id(console.ask(suites, &device_id()).await), [0x20, 0x01, 0x02, 0x15]);
        assert_eq!(id(console.ask(&with(behind("0", "0x2c")), &device_id()).await), [0x11, 0x01, 0x03, 0x07]);
        // Nobody is there; there is no such channel.
        for (channel, address, code) in [("0", "0x2e", 0x83), ("6", "0x2c", 0xCC)] {
            let (failure, _, _, words) = told(console.ask(&with(behind(channel, address)), &device_id()).await);
            let refusal = Refusal::Bridge(code);
            assert_eq!(failure, IpmiFailure::Refused { what: Query::Raw, refusal }, "{words}");
            assert!(words.contains("could not hand the request on"), "{words}");
        }
    }
}

/// Its record names the controller at 2Ch, which has no Node Manager.
#[tokio::test]
async fn openipmi_has_no_node_manager() {
    let Some(sim) = IpmiSim::start(None) else { return };
    let mut console = Console { hardware: HardwareType::StagingNm, ..Console::new(sim.port()) };
    let (failure, _, _, words) = told(console.ask(&[], &Action::NodeManager(Request::GetVersion)).await);
    let refusal = Some(Refusal::Completion(0xC1));
    assert_eq!(failure, IpmiFailure::NodeManager(NmFailure::NotFound { refusal }), "{words}");
    assert!(words.starts_with("no Node Manager was found") && words.contains("C1h (invalid command)"), "{words}");
    assert_eq!(console.memory, remembered(3), "it is not remembered where there is none");
}

/// OpenIPMI finds the record, hands on, and takes Intel's number off and puts it on, all by code of its own.
#[tokio::test]
async fn openipmi_has_a_node_manager() {
    let Some(sim) = IpmiSim::with_node_manager() else { return };
    let mut console = Console { hardware: HardwareType::StagingNm, ..Console::new(sim.port()) };
    let version = console.ask(&[], &Action::NodeManager(Request::GetVersion)).await.unwrap();
    let Outcome::NodeManager(Response::Version(version)) = version else { panic!("{version:?}") };
    assert_eq!((version.nm, version.patch, version.major, version.minor), (5, 7, 1, 2));
    // Once to find it, once because it is asked; or more often, as both may be repeated.
    let asked = sim.take_told();
    assert!(asked.len() >= 2 && asked.iter().all(|line| line == "nm ca"), "{asked:?}");
    let memory = IpmiMemory { cipher_suite: Some(3), node_manager: Some(Bridge { channel: 0, address: 0x2C }) };
    assert_eq!(console.memory, Memory::Ipmi(memory));
    let domain = Domain::Platform;
    let power = Request::GetStatistics(StatisticsOf::Domain { domain, mode: Mode::Power });
    let power = console.ask(&[], &Action::NodeManager(power)).await.unwrap();
    let Outcome::NodeManager(Response::Statistics(power)) = power else { panic!("{power:?}") };
    assert_eq!((power.current, power.minimum, power.maximum, power.average), (56, 4, 65, 57));
    assert_eq!(told_apart(&sim), owned(&["nm c8 01 00 00"]), "it is not looked for again");
    let policy = |number| Action::NodeManager(Request::GetPolicy(PolicyId { domain, number }));
    let found = console.ask(&[suite(2)], &policy(11)).await;
    assert!(matches!(found, Ok(Outcome::NodeManager(Response::Policy(_)))), "{found:?}");
    let (failure, _, _, words) = told(console.ask(&[suite(1)], &policy(12)).await);
    let refused = NmFailure::Refused { command: 0xC2, refusal: Refusal::Completion(0x80) };
    assert_eq!(failure, IpmiFailure::NodeManager(refused), "{words}");
    assert_eq!(told_apart(&sim), owned(&["nm c2 00 0b", "nm c2 00 0c"]));
}

/// A BMC made of pyghmi, which ends when this is dropped.
struct Pyghmi {
    process: Child,
    lines: Receiver<String>,
    port: u16,
}

impl Pyghmi {
    fn start() -> Option<Self> {
        let python = root().join("target/clients-venv/bin/python");
        if !python.is_file() {
            need::missing("pyghmi (`tests/clients/run --venv` fetches it)");
            return None;
        }
        let mut command = Command::new(python);
        command.arg(root().join("tests/clients/rig/pyghmi_bmc.py")).args([USER, PASSWORD]);
        command.env("PYTHONDONTWRITEBYTECODE", "1").stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let pipe = BufReader::new(process.stdout.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || pipe.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let mut bmc = Self { process, lines, port: 0 };
        let first = bmc.line();
        bmc.port = first.rsplit(':').next().and_then(|port| port.parse().ok()).unwrap_or_else(|| panic!("{first}"));
        Some(bmc)
    }

    /// What it says next.
    #[track_caller]
    fn line(&self) -> String {
        self.lines.recv_timeout(PATIENCE).expect("a line of the BMC")
    }
}

impl Drop for Pyghmi {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// It answers an opening with suite 17 by suite 3: that is not taken for an answer, and 3 is what is asked for next.
#[tokio::test]
async fn pyghmi_moves_its_machine() {
    let Some(bmc) = Pyghmi::start() else { return };
    let mut console = Console::new(bmc.port);
    let steps: [(&Action, Outcome, &[&str]); 7] = [
        (&Action::GetPower, IS_OFF, &[]),
        (&ON, IS_ON, &["power on (on)"]),
        (&REBOOT, IS_ON, &["power off (off)", "power on (on)"]),
        (&SOFT_OFF, IS_OFF, &["power off (soft)"]),
        (&ON, IS_ON, &["power on (on)"]),
        (&OFF, IS_OFF, &["power off (off)"]),
        (&OFF, IS_OFF, &[]),
    ];
    for (action, outcome, asked) in steps {
        assert_eq!(console.ask(&[], action).await, Ok(outcome), "{action:?}");
        asked.iter().for_each(|&line| assert_eq!(bmc.line(), line, "{action:?}"));
        assert_eq!(console.memory, remembered(3));
    }
    turned_away(console.ask(&[suite(17)], &ON).await, LoginFailure::NoCipherSuite);
    turned_away(console.ask(&login(USER, "wrong"), &ON).await, LoginFailure::Password);
    assert!(bmc.lines.try_recv().is_err(), "nothing else was told");
}

/// It keeps the device alone, for ever: what was asked for beside it is shown as not kept.
#[tokio::test]
async fn pyghmi_starts_from_what_it_is_told() {
    let Some(bmc) = Pyghmi::start() else { return };
    let mut console = Console::new(bmc.port);
    let setting = |device| Ok(Outcome::BootDevice(BootSetting { device, persistent: false, efi: false }));
    assert_eq!(console.ask(&[], &Action::GetBootDevice).await, setting(None));
    let mut before = "";
    for (device, word) in [
        (BootDevice::Bios, "boot setup"),
        (BootDevice::Cdrom, "boot optical"),
        (BootDevice::Disk, "boot hd"),
        (BootDevice::Pxe, "boot network"),
        (BootDevice::Safe, "boot safe"),
    ] {
        for (persistent, efi) in [(false, None), (true, Some(true))] {
            let set = Action::SetBootDevice { device, persistent, efi };
            assert_eq!(console.ask(&[], &set).await, setting(Some(device)), "{set:?}");
            // What was sent again is told again.
            let line = std::iter::repeat_with(|| bmc.line()).find(|line| line != before || line == word);
            assert_eq!(line.as_deref(), Some(word), "{set:?}");
            assert_eq!(console.ask(&[], &Action::GetBootDevice).await, setting(Some(device)), "{set:?}");
        }
        before = word;
    }
}
