//! A BMC that is not ours: OpenIPMI's `ipmi_sim`, and a machine behind it that is a script and files.

use std::fmt::Write as _;
use std::fs;
use std::net::UdpSocket;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::need;

/// What takes longer than this hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// The administrator of each.
pub const USER: &str = "root";
/// The administrator's password.
pub const PASSWORD: &str = "calvin";
/// Somebody who may only read.
pub const READER: &str = "reader";
/// That one's password: sixteen bytes, the most that it keeps.
pub const READER_PASSWORD: &str = "reads:only=16-by";

/// What the emulator is told: a BMC with a record of Node Manager, and the controller that this names, on channel 0.
const EMULATOR: &str = "mc_setbmc 0x20\n\
    mc_add 0x20 0x20 no-device-sdrs 0x81 2 0x15 0xbf 0x000157 0x0071 persist_sdr\n\
    main_sdr_add 0x20 0x01 0x00 0x51 0xc0 0x0b 0x57 0x01 0x00 0x0d 0x01 0x2c 0x00 0x19 0x18 0x1a 0x1b\n\
    mc_add 0x2c 0x11 no-device-sdrs 0x01 3 0x07 0x3f 0x000157 0x0b01\n\
    mc_enable 0x20\nmc_enable 0x2c\n";

/// `ipmi_sim`, which ends when this is dropped.
#[derive(Debug)]
pub struct IpmiSim {
    process: Child,
    port: u16,
    folder: TempDir,
}

impl IpmiSim {
    /// Starts it; with this Kg, if one is given. None where the program is not there.
    ///
    /// # Panics
    /// It does not come to listen.
    #[must_use]
    pub fn start(kg: Option<&str>) -> Option<Self> {
        Self::start_with(&kg.map(|kg| format!("bmc_key \"{kg}\"")).unwrap_or_default(), "")
    }

    /// Starts it with Node Manager at the controller behind it: policy 11 of the platform is the only one. None where the program or
    /// what its module is made of is not there.
    ///
    /// # Panics
    /// As [`Self::start`], and when the module cannot be compiled.
    #[must_use]
    pub fn with_node_manager() -> Option<Self> {
        let headers = Path::new("/usr/include/OpenIPMI/mcserv.h");
        let Some(compiler) = need::program("cc").filter(|_| headers.is_file()) else {
            need::missing("cc, and what modules of ipmi_sim are made with (package libopenipmi-dev)");
            return None;
        };
        let folder = tempfile::tempdir().expect("a folder");
        let (source, module) = (folder.path().join("nm.c"), folder.path().join("nm.so"));
        fs::write(&source, include_str!("ipmi_sim.c")).expect("a file");
        let mut command = Command::new(compiler);
        command.args(["-shared", "-fPIC", "-o"]).args([&module, &source]);
        assert!(command.status().expect("cc starts").success(), "the module cannot be compiled");
        // It is loaded when it listens.
        Self::start_with("", &format!("loadlib \"{}\" \"\"\n", module.display()))
    }

    fn start_with(channel: &str, more: &str) -> Option<Self> {
        let Some(program) = need::program("ipmi_sim") else {
            need::missing("OpenIPMI's ipmi_sim (package openipmi)");
            return None;
        };
        // The port is free when it is looked for; somebody else may be faster, and ipmi_sim does not mind that it has none.
        let started = (0..3).find_map(|_| Self::try_start(&program, channel, more));
        Some(started.expect("ipmi_sim listens"))
    }

    fn try_start(program: &Path, channel: &str, more: &str) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let port = UdpSocket::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a free port").port();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("a file");
        write("lan.conf", &(lan(folder.path(), port, channel) + more));
        write("bmc.emu", EMULATOR);
        write("power", "0");
        write("boot", "none");
        write("asked", "");
        write("machine", &machine(folder.path()));
        let executable = fs::Permissions::from_mode(0o755);
        fs::set_permissions(folder.path().join("machine"), executable).expect("a file of ours");
        let mut command = Command::new(program);
        command.args(["-c", "lan.conf", "-f", "bmc.emu", "-s", ".", "-n", "-p"]).current_dir(folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let process = command.spawn().expect("ipmi_sim starts");
        let sim = Self { process, port, folder };
        let begun = Instant::now();
        while !sim.answers() {
            if begun.elapsed() > PATIENCE {
                return None;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Some(sim)
    }

    /// Whether it answers a presence ping.
    fn answers(&self) -> bool {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
        socket.connect(("127.0.0.1", self.port)).expect("an address");
        socket.set_read_timeout(Some(Duration::from_millis(200))).expect("a timeout");
        let ping = [6, 0, 0xFF, 6, 0, 0, 0x11, 0xBE, 0x80, 1, 0, 0];
        socket.send(&ping).is_ok() && socket.recv(&mut [0; 64]).is_ok()
    }

    /// Where it listens, on 127.0.0.1.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(name)).expect("a file of the machine")
    }

    /// Whether the machine is on, by its own file.
    ///
    /// # Panics
    /// Somebody has removed its files, as with the others.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.read("power").trim() == "1"
    }

    /// What the machine starts from, by its own file, in OpenIPMI's words: `none`, `pxe`, `default`, `cdrom`, `bios`.
    #[must_use]
    pub fn boot(&self) -> String {
        self.read("boot").trim().to_owned()
    }

    /// What the machine was told since this was last asked, in order: `power 1`, `boot pxe`; Node Manager: `nm ca`.
    #[must_use]
    pub fn take_told(&self) -> Vec<String> {
        let told = self.read("asked").lines().map(str::to_owned).collect();
        fs::write(self.folder.path().join("asked"), "").expect("a file of ours");
        told
    }
}

impl Drop for IpmiSim {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn lan(folder: &Path, port: u16, channel: &str) -> String {
    let mut lan = format!("name \"tests\"\nset_working_mc 0x20\nstartlan 1\naddr 127.0.0.1 {port}\npriv_limit admin\n");
    for level in ["callback", "user", "operator", "admin"] {
        let _ = writeln!(lan, "allowed_auths_{level} none md2 md5 straight");
    }
    let _ = writeln!(lan, "{channel}\nguid 00112233445566778899aabbccddeeff\nendlan");
    let _ = writeln!(lan, "chassis_control \"{}/machine\"", folder.display());
    let _ = writeln!(lan, "user 2 true \"{USER}\" \"{PASSWORD}\" admin 10 none md2 md5 straight");
    let _ = writeln!(lan, "user 3 true \"{READER}\" \"{READER_PASSWORD}\" user 10 none md2 md5 straight");
    lan
}

/// The machine: asked with `get NAME…` or told with `set NAME VALUE…`.
fn machine(folder: &Path) -> String {
    let folder = folder.display();
    format!(
        "#!/bin/sh\ncd '{folder}' || exit 1\nverb=$1\nshift\nwhile [ $# -gt 0 ]; do\n\
         if [ \"$verb\" = get ]; then echo \"$1:$(cat \"$1\")\"; shift; continue; fi\necho \"$1 $2\" >>asked\n\
         case $1 in shutdown) echo 0 >power ;; *) echo \"$2\" >\"$1\" ;; esac\nshift 2\ndone\n"
    )
}
