//! All hypervisors that anybody has asked for something lately.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::hypervisor::Hypervisor;
use super::target::Access;
use super::uri::Transport;

/// The hypervisors, one for each login.
pub struct Hypervisors {
    patience: Duration,
    list: Mutex<Vec<Hypervisor>>,
}

impl Hypervisors {
    /// None yet. `patience`: how long each may take to answer what takes no time.
    #[must_use]
    pub const fn new(patience: Duration) -> Self {
        Self { patience, list: Mutex::new(Vec::new()) }
    }

    fn list(&self) -> MutexGuard<'_, Vec<Hypervisor>> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The one that is reached so.
    #[must_use]
    pub fn get(&self, access: &Access) -> Hypervisor {
        let mut list = self.list();
        if let Some(hypervisor) = list.iter().find(|it| it.access() == access) {
            return hypervisor.clone();
        }
        let hypervisor = Hypervisor::new(access.clone(), self.patience);
        list.push(hypervisor.clone());
        hypervisor
    }

    /// Forgets those that nobody has asked for so long, and closes their connections. The domains of the test driver live no
    /// longer than its connection: that one stays.
    pub fn sweep(&self, idle: Duration) {
        let stays = |hypervisor: &Hypervisor| {
            hypervisor.access().uri().transport() == Transport::Test && hypervisor.is_connected()
        };
        // What is still under way there is not to be overtaken by what is begun anew.
        let lately =
            |hypervisor: &Hypervisor| hypervisor.is_busy() || hypervisor.used().is_some_and(|at| at.elapsed() < idle);
        self.list().retain(|hypervisor| stays(hypervisor) || lately(hypervisor));
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.list().len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
