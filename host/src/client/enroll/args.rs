//! The arguments of `rackhand enroll`. No `Debug`: passwords are among them.

use clap::{Args, Subcommand};

use super::super::args::Daemon;
use crate::cli::seconds;

/// What `rackhand enroll` is told.
#[derive(Args)]
pub(crate) struct Enroll {
    #[command(subcommand)]
    pub(in crate::client) source: Source,
    #[command(flatten)]
    pub(in crate::client) daemon: Daemon,
}

/// Who knows of machines.
#[derive(Subcommand)]
pub(in crate::client) enum Source {
    /// A node and its ports for each domain of a hypervisor; what is there already is left, or completed.
    Libvirt(Libvirt),
}

#[derive(Args)]
pub(in crate::client) struct Libvirt {
    /// The hypervisor, such as qemu+ssh://root@hv1/system; without it qemu+unix:///system. It is asked from here, and by the daemon
    /// later.
    #[arg(value_name = "URI")]
    pub(super) uri: Option<String>,
    /// A setting of each node's driver_info: ssh_key_filename, ssh_no_verify, sasl_username, sasl_password; @FILE reads the value from
    /// a file, @@ stands for a value's own @. May be given again.
    #[arg(short = 'i', long = "driver-info", value_name = "KEY=VALUE")]
    pub(super) driver_info: Vec<String>,
    /// Only domains whose name fits, such as 'lab-*'; may be given again.
    #[arg(long, value_name = "PATTERN")]
    pub(super) only: Vec<String>,
    /// What each node's name begins with, before the domain's.
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub(super) name_prefix: String,
    /// Make new nodes manageable: the daemon looks whether it reaches each.
    #[arg(long)]
    pub(super) manage: bool,
    /// Only tell what would be done.
    #[arg(long)]
    pub(super) dry_run: bool,
    /// How long the hypervisor may take to tell of its domains, in seconds.
    #[arg(long, default_value_t = 60.0, value_name = "SECONDS", value_parser = seconds)]
    pub(super) timeout: f64,
}
