//! The tables. Defaults are Ironic's wherever Ironic has the option.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::time::Duration;

use rackhand_adapters::libvirt::{Policy, UriPattern};
use rackhand_core::amt::AmtOptions;
use serde::{Deserialize, Serialize};

use super::database::Connection;
use super::values;

/// Who may use the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AuthStrategy {
    /// Whoever reaches it.
    Noauth,
    /// The users of `http_basic_auth_user_file`.
    HttpBasic,
}

/// `[DEFAULT]`
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Default {
    /// Who may use the API.
    pub(crate) auth_strategy: AuthStrategy,
    /// The users and the bcrypt hashes of their passwords, as `htpasswd -B` writes them.
    #[serde(deserialize_with = "values::path")]
    pub(crate) http_basic_auth_user_file: PathBuf,
    /// The conductor's name; unless set, the machine's.
    #[serde(deserialize_with = "values::name")]
    pub(crate) host: String,
    /// Log more.
    #[serde(deserialize_with = "values::boolean")]
    pub(crate) debug: bool,
    /// Log as lines of JSON.
    #[serde(deserialize_with = "values::boolean")]
    pub(crate) use_json: bool,
    /// The hardware types; unset means all of them, as below.
    #[serde(deserialize_with = "values::hardware_types")]
    pub(crate) enabled_hardware_types: Option<Vec<String>>,
    /// The power interfaces.
    #[serde(deserialize_with = "values::list")]
    pub(crate) enabled_power_interfaces: Option<Vec<String>>,
    /// The management interfaces.
    #[serde(deserialize_with = "values::list")]
    pub(crate) enabled_management_interfaces: Option<Vec<String>>,
    /// The vendor interfaces.
    #[serde(deserialize_with = "values::list")]
    pub(crate) enabled_vendor_interfaces: Option<Vec<String>>,
    /// Accepted, since the documented configurations of the staging drivers have it, and ignored: nothing is deployed here.
    #[serde(deserialize_with = "values::list")]
    pub(crate) enabled_deploy_interfaces: Option<Vec<String>>,
}

impl std::default::Default for Default {
    fn default() -> Self {
        Self {
            auth_strategy: AuthStrategy::Noauth,
            http_basic_auth_user_file: PathBuf::from("/etc/rackhand/htpasswd"),
            host: host_name(),
            debug: false,
            use_json: false,
            enabled_hardware_types: None,
            enabled_power_interfaces: None,
            enabled_management_interfaces: None,
            enabled_vendor_interfaces: None,
            enabled_deploy_interfaces: None,
        }
    }
}

/// The machine's name, from where it can be had without a system call of our own.
fn host_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = name.trim();
    if name.is_empty() { "localhost".to_owned() } else { name.to_owned() }
}

/// How AMT is spoken with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum AmtProtocol {
    /// In the clear.
    Http,
    /// Over TLS.
    Https,
}

impl AmtProtocol {
    /// As in driver_info.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

/// `[amt_driver]`
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Amt {
    /// The protocol of nodes that name none.
    pub(crate) protocol: AmtProtocol,
    /// A device that was silent for longer may be asleep, and is woken first; zero: none ever is.
    #[serde(deserialize_with = "values::seconds::<_, 0, 86_400_000>")]
    pub(crate) awake_interval: Duration,
    /// Requests for power in all.
    #[serde(deserialize_with = "values::whole::<_, _, 1, 255>")]
    pub(crate) max_attempts: u8,
    /// How long an accepted request may take to show.
    #[serde(deserialize_with = "values::seconds::<_, 0, 86_400_000>")]
    pub(crate) action_wait: Duration,
}

impl Amt {
    /// In core's words.
    pub(crate) fn options(&self) -> AmtOptions {
        let millis = |time: Duration| u32::try_from(time.as_millis()).unwrap_or(u32::MAX);
        AmtOptions {
            awake_interval_ms: millis(self.awake_interval),
            max_attempts: self.max_attempts,
            action_wait_ms: millis(self.action_wait),
        }
    }
}

impl std::default::Default for Amt {
    fn default() -> Self {
        Self {
            protocol: AmtProtocol::Http,
            awake_interval: Duration::from_secs(60),
            max_attempts: 3,
            action_wait: Duration::from_secs(10),
        }
    }
}

/// `[api]`
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Api {
    /// The address to listen at.
    #[serde(deserialize_with = "values::address")]
    pub(crate) host_ip: IpAddr,
    /// The port to listen at; 0 takes any free one.
    #[serde(deserialize_with = "values::whole::<_, _, 0, 65_535>")]
    pub(crate) port: u16,
    /// The most items in one answer.
    #[serde(deserialize_with = "values::whole::<_, _, 1, 100_000>")]
    pub(crate) max_limit: usize,
    /// What links in answers begin with; unset, what the client called us. Never ends in a slash.
    #[serde(deserialize_with = "values::endpoint")]
    pub(crate) public_endpoint: Option<String>,
    /// The most connections at a time.
    #[serde(deserialize_with = "values::whole::<_, _, 1, 65_536>")]
    pub(crate) max_connections: usize,
}

impl std::default::Default for Api {
    fn default() -> Self {
        Self {
            host_ip: Ipv4Addr::LOCALHOST.into(),
            port: 6385,
            max_limit: 1000,
            public_endpoint: None,
            max_connections: 2048,
        }
    }
}

/// `[conductor]`
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Conductor {
    /// How often power states are read from the devices; zero: never.
    #[serde(deserialize_with = "values::seconds::<_, 0, 86_400_000>")]
    pub(crate) sync_power_state_interval: Duration,
    /// How many are read at a time.
    #[serde(deserialize_with = "values::whole::<_, _, 1, 1_000>")]
    pub(crate) sync_power_state_workers: usize,
    /// How many tasks run at a time.
    #[serde(deserialize_with = "values::whole::<_, _, 1, 100_000>")]
    pub(crate) workers_pool_size: usize,
    /// How many accepted tasks wait.
    #[serde(deserialize_with = "values::whole::<_, _, 1, 1_000_000>")]
    pub(crate) queue_size: usize,
    /// How long a change of the power state may take when the request does not tell.
    #[serde(deserialize_with = "values::seconds::<_, 1_000, 86_400_000>")]
    pub(crate) power_state_change_timeout: Duration,
    /// How long running tasks may take to end when the daemon ends.
    #[serde(deserialize_with = "values::seconds::<_, 0, 86_400_000>")]
    pub(crate) graceful_shutdown_timeout: Duration,
}

impl std::default::Default for Conductor {
    fn default() -> Self {
        Self {
            sync_power_state_interval: Duration::from_secs(60),
            sync_power_state_workers: 8,
            workers_pool_size: 300,
            queue_size: 10_000,
            power_state_change_timeout: Duration::from_secs(60),
            graceful_shutdown_timeout: Duration::from_secs(60),
        }
    }
}

/// `[database]`
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, std::default::Default)]
#[serde(default)]
pub(crate) struct Database {
    /// Where it is; unset, in the state directory ([`super::Config::database_path`]).
    #[serde(deserialize_with = "values::parsed")]
    pub(crate) connection: Option<Connection>,
}

/// `[iboot]`
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Iboot {
    /// Repeats after a failed try.
    #[serde(deserialize_with = "values::whole::<_, _, 0, 255>")]
    pub(crate) max_retry: u8,
    /// The pause before a repeat.
    #[serde(deserialize_with = "values::seconds::<_, 0, 86_400_000>")]
    pub(crate) retry_interval: Duration,
    /// The pause between off and on of a reboot.
    #[serde(deserialize_with = "values::seconds::<_, 0, 86_400_000>")]
    pub(crate) reboot_delay: Duration,
}

impl std::default::Default for Iboot {
    fn default() -> Self {
        Self { max_retry: 3, retry_interval: Duration::from_secs(1), reboot_delay: Duration::from_secs(5) }
    }
}

/// `[libvirt]`
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Libvirt {
    /// Patterns of the URIs that nodes may name; unset, every URI of the allowed forms.
    #[serde(deserialize_with = "values::uri_patterns", serialize_with = "values::texts")]
    pub(crate) uris: Option<Vec<UriPattern>>,
    /// Folders below which the keys lie that nodes may name; unset, `~/.ssh` of the user who runs the daemon, and
    /// `/etc/rackhand/keys`.
    #[serde(deserialize_with = "values::folders")]
    pub(crate) ssh_key_folders: Option<Vec<PathBuf>>,
    /// Where the certificates for TLS are; unset, where libvirt looks for them.
    #[serde(deserialize_with = "values::some_path")]
    pub(crate) pki_path: Option<PathBuf>,
    /// Whether ssh's host keys are checked whatever a node says (ssh_no_verify).
    pub(crate) ssh_always_verify: bool,
    /// How long a hypervisor may take to answer what takes no time; then its nodes are told that it does not.
    #[serde(deserialize_with = "values::seconds::<_, 1_000, 300_000>")]
    pub(crate) call_timeout: Duration,
}

impl std::default::Default for Libvirt {
    fn default() -> Self {
        Self {
            uris: None,
            ssh_key_folders: None,
            pki_path: None,
            ssh_always_verify: false,
            call_timeout: Duration::from_secs(10),
        }
    }
}

impl Libvirt {
    /// In the driver's words.
    pub(crate) fn policy(&self) -> Policy {
        let usual = || {
            let home = std::env::var_os("HOME").filter(|home| !home.is_empty());
            let own = home.map(|home| PathBuf::from(home).join(".ssh"));
            own.into_iter().chain([PathBuf::from("/etc/rackhand/keys")]).collect()
        };
        Policy {
            uris: self.uris.clone(),
            ssh_key_folders: Some(self.ssh_key_folders.clone().unwrap_or_else(usual)),
            pki_path: self.pki_path.clone(),
            own_machine: false,
            ssh_always_verify: self.ssh_always_verify,
        }
    }
}

/// `[ssl]`: both, or none for plain HTTP.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, std::default::Default)]
#[serde(default)]
pub(crate) struct Ssl {
    /// The certificate and what it was signed with, as PEM.
    #[serde(deserialize_with = "values::some_path")]
    pub(crate) cert_file: Option<PathBuf>,
    /// Its private key, as PEM.
    #[serde(deserialize_with = "values::some_path")]
    pub(crate) key_file: Option<PathBuf>,
}
