//! Hypervisors that tests share, and the domains on them.

use std::io::Write as _;
use std::ops::Deref;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, Ordering};

use rackhand_tests::hypervisor::{Auth, Hypervisor, Options};

use super::common::process::{RACKHAND, Ran, Running, until};

/// What a domain's VNC server asks for: VNC has eight characters, and it is one of those that no output may hold.
pub(crate) const VNC_PASSWORD: &str = "hunter2v";

/// The settings of a node that say how its hypervisor is reached.
pub(crate) type Info = Vec<(&'static str, String)>;

/// A hypervisor.
pub(crate) struct Bed(pub(crate) Hypervisor);

impl Deref for Bed {
    type Target = Hypervisor;

    fn deref(&self) -> &Hypervisor {
        &self.0
    }
}

/// The one for everything that does not disturb others: every way in. None where it cannot work. It ends with this process, whose end
/// is that of its input.
pub(crate) fn shared() -> Option<&'static Bed> {
    static SHARED: OnceLock<Option<Bed>> = OnceLock::new();
    SHARED.get_or_init(|| Bed::own(Options::ALL)).as_ref()
}

/// Another: TCP without anything, SASL besides certificates.
pub(crate) fn other() -> Option<&'static Bed> {
    static OTHER: OnceLock<Option<Bed>> = OnceLock::new();
    let options = Options { tcp: Some(Auth::None), tls: Some(Auth::Sasl), ssh: false };
    OTHER.get_or_init(|| Bed::own(options)).as_ref()
}

impl Bed {
    /// One for a test that stops or kills it.
    pub(crate) fn own(options: Options) -> Option<Self> {
        Hypervisor::start(options).map(Self)
    }

    /// `rackhand` inside, run to its end.
    #[track_caller]
    pub(crate) fn rackhand(&self, arguments: &[&str]) -> Ran {
        let mut command = self.command(RACKHAND);
        command.args(arguments);
        Running::start(command).end()
    }

    /// `rackhand WORDS` for the domain of a node with these settings and a port with this address.
    #[track_caller]
    pub(crate) fn ask(&self, words: &str, info: &Info, port: &str) -> Ran {
        let mut arguments: Vec<_> = words.split(' ').map(str::to_owned).collect();
        arguments.extend(["--driver", "staging-libvirt", "--port", port].map(str::to_owned));
        for (name, value) in info {
            arguments.extend(["-i".to_owned(), format!("{name}={value}")]);
        }
        self.rackhand(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// Defines a domain with options of `hypervisor.py domain`, and a name and an address that no other has.
    #[track_caller]
    pub(crate) fn domain(&self, name: &str, options: &[&str]) -> Domain<'_> {
        static NEXT: AtomicU8 = AtomicU8::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let mac = format!("52:54:00:aa:bb:{number:02x}");
        self.define(&[&["--name", name, "--mac", &mac][..], options].concat());
        Domain { bed: self, name: name.to_owned(), mac }
    }

    /// A path for the disk of a domain that answers ACPI's power button.
    pub(crate) fn disk(&self, name: &str) -> String {
        self.folder().join(format!("{name}.img")).display().to_string()
    }

    /// Waits until the domain's processor runs its disk's sector, and waits there for the power button.
    #[track_caller]
    pub(crate) fn listens_to_acpi(&self, name: &str) {
        until(&format!("{name} to run its disk"), || {
            let told = self.virsh(&["qemu-monitor-command", name, "--hmp", "info registers"]);
            (told.contains("EIP=00007c") && told.contains("HLT=1")).then_some(())
        });
    }

    /// Defines what virsh has told, edited.
    #[track_caller]
    pub(crate) fn redefine(&self, xml: &str) {
        let mut file = tempfile::NamedTempFile::new_in(self.folder()).unwrap();
        file.write_all(xml.as_bytes()).unwrap();
        let _ = self.virsh(&["define", file.path().to_str().unwrap()]);
    }

    /// SASL's user and password over TCP.
    pub(crate) fn tcp(&self) -> Info {
        [self.tcp_without_sasl(), self.sasl()].concat()
    }

    /// TCP without a login.
    pub(crate) fn tcp_without_sasl(&self) -> Info {
        vec![("libvirt_uri", format!("qemu+tcp://127.0.0.1:{}/system", self.port("tcp")))]
    }

    /// SASL's user and the right password.
    pub(crate) fn sasl(&self) -> Info {
        vec![("sasl_username", self.user().to_owned()), ("sasl_password", self.password().to_owned())]
    }

    /// TLS, and nothing more.
    pub(crate) fn tls(&self) -> Info {
        vec![("libvirt_uri", format!("qemu+tls://127.0.0.1:{}/system", self.port("tls")))]
    }

    /// SSH without a key of its own.
    pub(crate) fn ssh(&self) -> Info {
        vec![("libvirt_uri", format!("qemu+ssh://root@127.0.0.1:{}/system", self.port("ssh")))]
    }

    /// SSH with this key.
    pub(crate) fn ssh_with(&self, key: &std::path::Path) -> Info {
        [self.ssh(), vec![("ssh_key_filename", key.display().to_string())]].concat()
    }
}

/// A domain, which is off and gone when this is dropped.
pub(crate) struct Domain<'a> {
    pub(crate) bed: &'a Bed,
    pub(crate) name: String,
    pub(crate) mac: String,
}

impl Domain<'_> {
    /// Asks virsh about it.
    #[track_caller]
    pub(crate) fn virsh(&self, words: &str) -> String {
        let mut arguments: Vec<_> = words.split(' ').collect();
        arguments.push(&self.name);
        self.bed.virsh(&arguments)
    }

    /// The number that it has while it runs.
    #[track_caller]
    pub(crate) fn id(&self) -> Option<u32> {
        self.virsh("domid").parse().ok()
    }

    #[track_caller]
    pub(crate) fn state(&self) -> String {
        self.virsh("domstate")
    }

    /// Its definition with everything that is in it.
    #[track_caller]
    pub(crate) fn xml(&self) -> String {
        self.virsh("dumpxml --inactive --security-info")
    }

    /// Its boot order, as it is in the definition.
    #[track_caller]
    pub(crate) fn boots(&self) -> Vec<String> {
        let xml = self.xml();
        xml.lines().map(str::trim).filter(|line| line.starts_with("<boot ")).map(str::to_owned).collect()
    }

    /// Starts it; its number.
    #[track_caller]
    pub(crate) fn start(&self) -> u32 {
        let _ = self.virsh("start");
        self.id().unwrap()
    }

    /// Waits until its processor runs its disk's sector, and waits there for the power button.
    #[track_caller]
    pub(crate) fn listens_to_acpi(&self) {
        self.bed.listens_to_acpi(&self.name);
    }
}

impl Drop for Domain<'_> {
    fn drop(&mut self) {
        // It may be off or gone already, and libvirtd too.
        let _ = self.bed.try_virsh(&["destroy", &self.name]);
        let _ = self.bed.try_virsh(&["undefine", "--nvram", &self.name]);
    }
}

/// All lines of a definition but those that a boot order is made of.
pub(crate) fn without_order(xml: &str) -> Vec<&str> {
    xml.lines().filter(|line| !line.trim_start().starts_with("<boot ")).collect()
}
