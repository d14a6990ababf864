//! An open connection, and the domains that were seen on it. Every method blocks until the hypervisor has answered.

use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use virt::connect::{Connect, ConnectAuth, ConnectCredential, ConnectCredentialType};
use virt::error::Error as Said;
use zeroize::Zeroizing;

use super::known::{Found, Known};
use super::orders::Order;
use super::target::Access;
use super::uri::Transport;
use super::{Error, cause, events};

/// Seconds without a word after which libvirt asks whether the hypervisor is there, and how often it asks.
const KEEP_ALIVE: (i32, u32) = (5, 3);

/// An open connection.
pub(super) struct Session {
    pub(super) connection: Connect,
    pub(super) transport: Transport,
    /// How long a call may take that has nothing to wait for.
    pub(super) patience: Duration,
    known: Mutex<Known>,
    editing: Mutex<()>,
    given_up: AtomicBool,
}

thread_local! {
    /// Who is to be let in by the connection that this thread opens: libvirt's binding hands nothing to its callback.
    static LOGIN: RefCell<Option<(String, Zeroizing<String>)>> = const { RefCell::new(None) };
}

#[allow(clippy::ptr_arg, reason = "the binding's type")]
fn answer(asked: &mut Vec<ConnectCredential>) {
    LOGIN.with_borrow(|login| {
        let Some((name, password)) = login else { return };
        for one in asked {
            one.result = match one.typed {
                ConnectCredentialType::AuthName | ConnectCredentialType::UserName => Some(name.clone()),
                ConnectCredentialType::Passphrase | ConnectCredentialType::NoEchoPrompt => {
                    Some(String::clone(password))
                }
                _ => Some(one.def_result.clone()),
            };
        }
    });
}

impl Session {
    /// Opens a connection.
    ///
    /// # Errors
    /// The hypervisor is not there or lets nobody in.
    pub(super) fn open(access: &Access, patience: Duration) -> Result<Self, Error> {
        events::start().map_err(|text| Error::internal(format!("libvirt's event loop does not start: {text}")))?;
        let uri = access.to_open()?;
        let opened = match &access.sasl {
            None => Connect::open(Some(&uri)),
            Some(login) => {
                let kinds = vec![
                    ConnectCredentialType::AuthName,
                    ConnectCredentialType::UserName,
                    ConnectCredentialType::Passphrase,
                    ConnectCredentialType::NoEchoPrompt,
                    ConnectCredentialType::Realm,
                ];
                LOGIN.set(Some(login.clone()));
                let opened = Connect::open_auth(Some(&uri), &mut ConnectAuth::new(kinds, answer), 0);
                LOGIN.set(None);
                opened
            }
        };
        let connection = opened.map_err(|said| cause::of_opening(&said, access))?;
        let transport = access.uri().transport();
        if transport != Transport::Test {
            // One that does not know keep-alive messages is no worse than before.
            let _ = connection.set_keep_alive(KEEP_ALIVE.0, KEEP_ALIVE.1);
        }
        Ok(Self {
            connection,
            transport,
            patience,
            known: Mutex::default(),
            editing: Mutex::default(),
            given_up: AtomicBool::new(false),
        })
    }

    /// Whether the connection is still there, as far as is known without asking, and nobody has given it up.
    pub(super) fn is_alive(&self) -> bool {
        !self.given_up.load(Ordering::Acquire) && self.connection.is_alive().unwrap_or(false)
    }

    /// From now on nothing is changed by calls that wait for an answer on it: who made them has been told that there was none.
    pub(super) fn give_up(&self) {
        self.given_up.store(true, Ordering::Release);
    }

    /// To be asked right before anything is changed.
    ///
    /// # Errors
    /// The connection was given up.
    pub(super) fn may_change(&self) -> Result<(), Error> {
        match self.given_up.load(Ordering::Acquire) {
            true => Err(Error::no_contact("the hypervisor has not answered for too long, and nothing more was done")),
            false => Ok(()),
        }
    }

    /// The same for what was ordered, unless that is a start.
    ///
    /// # Errors
    /// The connection was given up, or there is a newer order.
    pub(super) fn may_do(&self, order: &Order) -> Result<(), Error> {
        self.may_change()?;
        match order.is_newest() {
            true => Ok(()),
            false => Err(overtaken()),
        }
    }

    /// The same for a start: a machine that was switched off for it is not left so, whatever has become of the connection, unless that
    /// is what was ordered since.
    ///
    /// # Errors
    /// There is a newer order that leaves the domain off.
    pub(super) fn may_start(order: &Order) -> Result<(), Error> {
        if order.may_leave_on() { Ok(()) } else { Err(overtaken()) }
    }

    /// What a call's failure means.
    pub(super) fn explain(&self, said: &Said) -> Error {
        cause::of_call(said, self.is_alive())
    }

    /// What became of a call about a domain.
    pub(super) fn told<T>(&self, found: &Found, result: Result<T, Said>) -> Result<T, Error> {
        result.map_err(|said| self.explain(&said).context(&found.name))
    }

    /// To be had by whoever changes a definition.
    pub(super) fn editing(&self) -> MutexGuard<'_, ()> {
        self.editing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The domains that were seen.
    pub(super) fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn overtaken() -> Error {
    Error::failed("a newer order for the domain has come, and nothing more was done")
}
