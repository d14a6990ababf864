//! The arguments of `rackhand node` and `rackhand driver`. No `Debug`: passwords are among them.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// What `rackhand node` is told.
#[derive(Args)]
pub(crate) struct Node {
    #[command(subcommand)]
    pub(super) what: NodeCommand,
    #[command(flatten)]
    pub(super) daemon: Daemon,
}

/// What `rackhand driver` is told.
#[derive(Args)]
pub(crate) struct Driver {
    #[command(subcommand)]
    pub(super) what: DriverCommand,
    #[command(flatten)]
    pub(super) daemon: Daemon,
}

/// Where the daemon is, and who asks.
#[derive(Args)]
#[command(next_help_heading = "The daemon")]
pub(crate) struct Daemon {
    /// Its address; else RACKHAND_URL or OS_ENDPOINT of the environment, else http://127.0.0.1:6385.
    #[arg(long, global = true, value_name = "URL")]
    pub(super) url: Option<String>,
    /// Who asks; else OS_USERNAME of the environment.
    #[arg(long, global = true, value_name = "NAME")]
    pub(super) user: Option<String>,
    /// The password; @FILE reads it from a file, @@ stands for its own @. Else OS_PASSWORD of the environment.
    #[arg(long, global = true, value_name = "PASSWORD")]
    pub(super) password: Option<String>,
    /// The certificates (PEM) that an https address is believed by; else the system's.
    #[arg(long, global = true, value_name = "FILE")]
    pub(super) ca_file: Option<PathBuf>,
    /// Print JSON.
    #[arg(long, global = true)]
    pub(super) json: bool,
}

#[derive(Subcommand)]
pub(super) enum NodeCommand {
    /// The nodes there are.
    List(List),
    /// All that is known of nodes.
    Show {
        #[command(flatten)]
        nodes: Nodes,
        /// These fields only, such as name,power_state.
        #[arg(long, value_name = "NAME,…")]
        fields: Option<String>,
    },
    /// Make a node, or one for each name of a list.
    Create(Create),
    /// Change nodes.
    Set {
        #[command(flatten)]
        nodes: Nodes,
        #[command(flatten)]
        settings: Settings,
        /// The hardware type.
        #[arg(long)]
        driver: Option<String>,
        /// A new name; a list of names for a list of nodes.
        #[arg(long)]
        name: Option<String>,
    },
    /// Take settings of nodes away.
    Unset(Unset),
    /// Forget nodes and their ports.
    Delete(Nodes),
    /// Power.
    #[command(subcommand)]
    Power(Power),
    /// Make enrolled nodes manageable: the daemon looks whether it reaches them.
    Manage(Provision),
    /// Make manageable nodes available.
    Provide(Provision),
    /// Maintenance: a person works at the node.
    #[command(subcommand)]
    Maintenance(Maintenance),
    /// Whether driver_info holds what the driver needs; status 1 if power or management does not validate.
    Validate(Nodes),
    /// The device that a node starts from.
    #[command(subcommand)]
    BootDevice(BootDevice),
    /// What only one make of hardware can do.
    #[command(subcommand)]
    Passthru(Passthru),
    /// The network interfaces of nodes, by their MAC address.
    #[command(subcommand)]
    Port(Port),
}

/// Which nodes.
#[derive(Args)]
pub(super) struct Nodes {
    /// Names, UUIDs or host lists, such as rack[01-40] or rack[1-3,7]-[a,b].
    #[arg(required = true, value_name = "NODE")]
    pub(super) nodes: Vec<String>,
}

#[derive(Args)]
pub(super) struct List {
    /// More of each; with --json all that is known.
    #[arg(long, conflicts_with = "fields")]
    pub(super) long: bool,
    /// These fields, such as name,power_state.
    #[arg(long, value_name = "NAME,…")]
    pub(super) fields: Option<String>,
    /// At most so many; otherwise all.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) limit: Option<u32>,
    /// By this field, such as name or updated_at:desc.
    #[arg(long, value_name = "KEY[:desc]")]
    pub(super) sort: Option<String>,
    /// Only those of this hardware type.
    #[arg(long)]
    pub(super) driver: Option<String>,
    /// Only those in this state: enroll, manageable, available, …
    #[arg(long, value_name = "STATE")]
    pub(super) provision_state: Option<String>,
    /// Only those in maintenance; with =false only the others.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(super) maintenance: Option<bool>,
    /// Only those with this fault, such as "power failure".
    #[arg(long)]
    pub(super) fault: Option<String>,
    /// Only those of this owner.
    #[arg(long)]
    pub(super) owner: Option<String>,
    /// Only those of this class.
    #[arg(long, value_name = "CLASS")]
    pub(super) resource_class: Option<String>,
    /// Only those whose description has this text in it.
    #[arg(long, value_name = "TEXT")]
    pub(super) description_contains: Option<String>,
}

#[derive(Args)]
pub(super) struct Create {
    /// The hardware type, such as staging-iboot; `rackhand driver list` tells them.
    #[arg(long)]
    pub(super) driver: String,
    /// The name; a host list such as rack[1-40] makes a node for each.
    #[arg(long)]
    pub(super) name: Option<String>,
    /// The MAC address of a network interface; may be given again. For a list of names a list, such as 02:00:00:00:00:[01-40].
    #[arg(long = "port", value_name = "MAC")]
    pub(super) ports: Vec<String>,
    #[command(flatten)]
    pub(super) settings: Settings,
}

/// What can be set when a node is made and later.
#[derive(Args)]
pub(super) struct Settings {
    /// A setting of driver_info; @FILE reads the value from a file, @@ stands for a value's own @. May be given again. For a list
    /// of nodes the value may be a list of the same length, such as iboot_relay_id=[1-8].
    #[arg(short = 'i', long = "driver-info", value_name = "KEY=VALUE")]
    pub(super) driver_info: Vec<String>,
    /// A property; the value is JSON if it reads like JSON. May be given again.
    #[arg(long = "property", value_name = "KEY=VALUE")]
    pub(super) properties: Vec<String>,
    /// Anything that is to be kept with the node; the value is JSON if it reads like JSON. May be given again.
    #[arg(long, value_name = "KEY=VALUE")]
    pub(super) extra: Vec<String>,
    /// A description for people.
    #[arg(long, value_name = "TEXT")]
    pub(super) description: Option<String>,
    /// The class.
    #[arg(long, value_name = "CLASS")]
    pub(super) resource_class: Option<String>,
    /// The owner.
    #[arg(long)]
    pub(super) owner: Option<String>,
    /// How it is powered, where its hardware type has several ways.
    #[arg(long, value_name = "NAME")]
    pub(super) power_interface: Option<String>,
    /// How its boot device is set.
    #[arg(long, value_name = "NAME")]
    pub(super) management_interface: Option<String>,
    /// What passes through.
    #[arg(long, value_name = "NAME")]
    pub(super) vendor_interface: Option<String>,
}

#[derive(Args)]
pub(super) struct Unset {
    #[command(flatten)]
    pub(super) nodes: Nodes,
    /// A setting of driver_info; may be given again.
    #[arg(short = 'i', long = "driver-info", value_name = "KEY")]
    pub(super) driver_info: Vec<String>,
    /// A property; may be given again.
    #[arg(long = "property", value_name = "KEY")]
    pub(super) properties: Vec<String>,
    /// What is kept under this key; may be given again.
    #[arg(long, value_name = "KEY")]
    pub(super) extra: Vec<String>,
    /// Another field, such as name, description, owner, power_interface (back to the driver's own); may be given again.
    #[arg(long = "field", value_name = "NAME")]
    pub(super) fields: Vec<String>,
}

#[derive(Subcommand)]
pub(super) enum Power {
    /// Tell the power states.
    Status(Nodes),
    /// Power on.
    On(Switch),
    /// Power off.
    Off {
        /// Ask the operating system to shut down.
        #[arg(long)]
        soft: bool,
        #[command(flatten)]
        switch: Switch,
    },
    /// Off, then on.
    Reboot {
        /// Ask the operating system to shut down.
        #[arg(long)]
        soft: bool,
        #[command(flatten)]
        switch: Switch,
    },
}

/// Which nodes, and how long.
#[derive(Args)]
pub(super) struct Switch {
    #[command(flatten)]
    pub(super) nodes: Nodes,
    /// How long each may take, in seconds; the daemon's own bound without it.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub(super) timeout: Option<u32>,
    /// Return when the daemon has taken it on.
    #[arg(long)]
    pub(super) no_wait: bool,
}

/// Which nodes, and whether to wait.
#[derive(Args)]
pub(super) struct Provision {
    #[command(flatten)]
    pub(super) nodes: Nodes,
    /// Return when the daemon has taken it on.
    #[arg(long)]
    pub(super) no_wait: bool,
}

#[derive(Subcommand)]
pub(super) enum Maintenance {
    /// A person works at the node: nothing is done to it by itself.
    Set {
        #[command(flatten)]
        nodes: Nodes,
        /// Why, for others.
        #[arg(long)]
        reason: Option<String>,
    },
    /// The work is done.
    Unset(Nodes),
}

#[derive(Subcommand)]
pub(super) enum BootDevice {
    /// Tell the boot device.
    Show {
        #[command(flatten)]
        nodes: Nodes,
        /// Tell instead which there are.
        #[arg(long)]
        supported: bool,
    },
    /// Start from this device.
    Set {
        #[command(flatten)]
        nodes: Nodes,
        /// pxe, disk, cdrom, and what else `show --supported` tells.
        #[arg(value_name = "DEVICE")]
        device: String,
        /// Not only the next time.
        #[arg(long)]
        persistent: bool,
    },
}

#[derive(Subcommand)]
pub(super) enum Passthru {
    /// The methods that a node's hardware has.
    List {
        /// A name or UUID.
        #[arg(value_name = "NODE")]
        node: String,
    },
    /// Call a method.
    Call(Call),
}

#[derive(Args)]
pub(super) struct Call {
    /// A name, a UUID or a host list.
    #[arg(value_name = "NODE")]
    pub(super) nodes: String,
    /// The method's name.
    #[arg(value_name = "METHOD")]
    pub(super) method: String,
    /// An argument; the value is JSON if it reads like JSON. May be given again.
    #[arg(long = "arg", value_name = "KEY=VALUE")]
    pub(super) arguments: Vec<String>,
    /// All arguments as a JSON object; @FILE reads it from a file.
    #[arg(long, value_name = "JSON", conflicts_with = "arguments")]
    pub(super) body: Option<String>,
    /// GET, POST, PUT, PATCH or DELETE; without it the only one that the method has, or POST.
    #[arg(long = "method", value_name = "VERB", ignore_case = true, value_parser = ["GET", "POST", "PUT", "PATCH", "DELETE"])]
    pub(super) verb: Option<String>,
    /// Return when the daemon has taken it on.
    #[arg(long)]
    pub(super) no_wait: bool,
}

#[derive(Subcommand)]
pub(super) enum Port {
    /// The ports there are.
    List {
        /// Only those of this node.
        #[arg(long)]
        node: Option<String>,
        /// Only the one with this MAC address.
        #[arg(long, value_name = "MAC")]
        address: Option<String>,
    },
    /// Tell of network interfaces of a node.
    Create {
        /// The node's name or UUID.
        #[arg(long)]
        node: String,
        /// Their MAC addresses.
        #[arg(required = true, value_name = "MAC")]
        addresses: Vec<String>,
    },
    /// Forget ports.
    Delete {
        /// UUIDs or MAC addresses.
        #[arg(required = true, value_name = "PORT")]
        ports: Vec<String>,
    },
}

#[derive(Subcommand)]
pub(super) enum DriverCommand {
    /// The hardware types that the daemon has enabled.
    List {
        /// Their default interfaces too; with --json all that is known.
        #[arg(long)]
        long: bool,
    },
    /// All that is known of a hardware type.
    Show {
        /// Its name.
        driver: String,
    },
    /// The settings of driver_info that a hardware type has.
    Properties {
        /// Its name.
        driver: String,
    },
}
