//! The lines that the demo prints to be tried.

use super::Device;
use super::daemon::Daemon;
use crate::out::say;

/// Prints them; each works as printed, in any order.
pub(super) fn print(devices: &[Box<dyn Device>], daemon: &Daemon, program: &str) {
    let url = daemon.url();
    say("Daemon and devices go on running. Try next, in another terminal, through the daemon:\n");
    say(format_args!("  {program} node list --url {url}"));
    for device in devices {
        say(format_args!("  {program} node power reboot {} --url {url}", device.name()));
    }
    say("\nwith curl:\n");
    let version = "-H 'X-OpenStack-Ironic-API-Version: 1.82'";
    say(format_args!("  curl -sS --fail-with-body {version} {url}/v1/nodes"));
    for device in devices {
        say(format_args!(
            "  curl -sS --fail-with-body {version} -H 'Content-Type: application/json' -X PUT -d '{{\"target\": \"rebooting\"}}' \
             {url}/v1/nodes/{}/states/power",
            device.name()
        ));
    }
    say("\nwith Ironic's own client (pip install python-ironicclient):\n");
    let client = format!("OS_AUTH_TYPE=none OS_ENDPOINT={url} baremetal");
    say(format_args!("  {client} node list"));
    for device in devices {
        say(format_args!("  {client} node reboot {}", device.name()));
    }
    say("\nor past the daemon, one device at a time:\n");
    for device in devices {
        if let Some(remark) = device.beyond() {
            say(format_args!("({remark})"));
        }
        for step in ["status", "reboot"] {
            say(format_args!("  {program} power {step} {}", device.arguments()));
        }
    }
}
