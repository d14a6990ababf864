//! File descriptors: clients that take all there are would keep the daemon from speaking with its devices.

/// What is open beside connections: the database, the log, the configuration's files.
const OWN: usize = 64;

/// Connections to devices that are kept between two conversations, where there is room.
const KEPT: usize = 1024;

/// What the descriptors are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shares {
    /// Connections of clients.
    pub(super) clients: usize,
    /// Connections to devices that nobody speaks with at the moment.
    pub(super) kept: usize,
}

/// How many connections there can be, of the `wanted` ones of clients, with room for so many conversations with devices. Many
/// systems begin programs with a soft limit that is far below what they may have; it is raised to what is needed.
pub(super) fn shares(wanted: usize, conversations: usize) -> Shares {
    let reserve = conversations.saturating_add(OWN);
    let Some(limit) = raised(wanted.saturating_add(reserve).saturating_add(KEPT)) else {
        return Shares { clients: wanted, kept: KEPT };
    };
    let shares = shared(limit, wanted, reserve);
    if shares.clients < wanted {
        tracing::warn!(
            limit,
            max_connections = wanted,
            possible = shares.clients,
            "too few file descriptors for all connections that are configured; see the service's limit on open files"
        );
    }
    shares
}

/// What nobody else wants is for connections that are kept: they only save time.
fn shared(limit: usize, wanted: usize, reserve: usize) -> Shares {
    let clients = possible(limit, wanted, reserve);
    Shares { clients, kept: limit.saturating_sub(clients).saturating_sub(reserve).min(KEPT) }
}

/// Where there is not enough for both, clients have half of it: they only wait, or come again.
fn possible(limit: usize, wanted: usize, reserve: usize) -> usize {
    let half = limit.saturating_sub(limit / 2);
    wanted.min(limit.saturating_sub(reserve).max(half)).max(1)
}

/// The limit after it was raised to `needed`, as far as that is allowed; none where there is none.
#[cfg(unix)]
fn raised(needed: usize) -> Option<usize> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let current = current?;
    let needed = u64::try_from(needed).unwrap_or(u64::MAX);
    let wish = maximum.map_or(needed, |maximum| needed.min(maximum));
    let wished = Rlimit { current: Some(wish), maximum };
    let now = if wish > current && setrlimit(Resource::Nofile, wished).is_ok() { wish } else { current };
    usize::try_from(now).ok()
}

#[cfg(not(unix))]
const fn raised(_needed: usize) -> Option<usize> {
    None
}

#[cfg(test)]
mod tests {
    use super::{Shares, possible, shared};

    #[test]
    fn clients_and_devices_share_what_there_is() {
        // Enough for all.
        assert_eq!(possible(100_000, 2048, 372), 2048);
        // The devices come first, until the clients would have less than half.
        assert_eq!(possible(1024, 2048, 372), 652);
        assert_eq!(possible(128, 2048, 372), 64);
        assert_eq!(possible(128, 10, 372), 10);
        assert_eq!(possible(0, 10, 372), 1);
    }

    #[test]
    fn connections_are_kept_in_what_is_left() {
        assert_eq!(shared(100_000, 2048, 372), Shares { clients: 2048, kept: 1024 });
        assert_eq!(shared(2048 + 372 + 9, 2048, 372), Shares { clients: 2048, kept: 9 });
        assert_eq!(shared(1024, 2048, 372), Shares { clients: 652, kept: 0 });
        assert_eq!(shared(128, 2048, 372), Shares { clients: 64, kept: 0 });
    }
}
