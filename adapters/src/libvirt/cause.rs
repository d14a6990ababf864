//! What libvirt says, in terms of what is to be done about it.

use virt::error::{Error as Said, ErrorNumber};

use super::Error;
use super::target::Access;
use super::uri::Transport;

/// Whether it says that there is no such domain (any more).
pub(super) fn is_gone(said: &Said) -> bool {
    said.code().is(ErrorNumber::NoDomain)
}

/// Whether it says that the domain is not in the state for that.
pub(super) fn is_out_of_state(said: &Said) -> bool {
    said.code().is(ErrorNumber::OperationInvalid)
}

/// What became of a call over an open connection.
pub(super) fn of_call(said: &Said, alive: bool) -> Error {
    let code = said.code();
    if !alive {
        return Error::no_contact(format!("the connection to libvirt broke off: {}", said.message()));
    }
    if code.is_any(vec![ErrorNumber::AccessDenied, ErrorNumber::OperationDenied, ErrorNumber::AuthFailed]) {
        return Error::access(said.message());
    }
    Error::failed(said.message())
}

/// Why there is no connection.
pub(super) fn of_opening(said: &Said, access: &Access) -> Error {
    let text = said.message();
    let has = |part: &str| text.contains(part);
    match access.uri().transport() {
        Transport::Ssh if has("Host key verification failed") => Error::access(format!(
            "ssh does not know the hypervisor's host key, or knows another one, and does not go on: compare the key and add it to \
             known_hosts of the user who runs rackhand (ssh-keyscan), or set ssh_no_verify = true to take any host for it: {text}"
        )),
        // ssh tells in brackets which ways there were; without them it is the socket on the other side.
        Transport::Ssh if has("Permission denied (") => Error::access(format!(
            "ssh is not let in: {} is refused: {text}",
            if access.ssh_key.is_some() {
                "the key of ssh_key_filename"
            } else {
                "every key of the user who runs rackhand"
            }
        )),
        Transport::Tls if has("Cannot read") => Error::failed(format!(
            "TLS: a file of ours cannot be read ([libvirt] pki_path of the configuration names their folder): {text}"
        )),
        _ if has("Permission denied") => Error::access(format!(
            "libvirt's socket is not for this user, who may have to be in the group libvirt: {text}"
        )),
        // Its word that the certificate will do is missing: it judges it last, and hangs up without a reason. As one does that dies.
        Transport::Tls if has("TLS confirmation") => Error::no_contact(format!(
            "TLS: the hypervisor hangs up, which is how libvirtd refuses a certificate, or that there is none (its log has the \
             reason): {text}"
        )),
        Transport::Tls if has("certificate") || has("Certificate") => {
            Error::access(format!("TLS: the hypervisor is not trusted, or does not trust us: {text}"))
        }
        _ if said.code().is_any(vec![
            ErrorNumber::AuthFailed,
            ErrorNumber::AuthCancelled,
            ErrorNumber::AuthUnavailable,
            ErrorNumber::AccessDenied,
            ErrorNumber::OperationDenied,
        ]) =>
        {
            Error::access(match access.sasl {
                Some(_) => format!("libvirt does not let the user of sasl_username in: {text}"),
                None if access.uri().transport() == Transport::Unix => format!(
                    "libvirt does not let the user in who runs rackhand: that must be one of the group libvirt, or have a rule of \
                     polkit for org.libvirt.unix.manage: {text}"
                ),
                None => format!("libvirt wants to know who asks, and sasl_username is not set: {text}"),
            })
        }
        _ => Error::no_contact(text),
    }
}
