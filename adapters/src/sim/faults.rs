//! Faults by name: `slow=200`, `drop-hello*2`, `mute^3`.

use core::fmt;
use core::str::FromStr;

/// A kind of fault that has names.
pub trait Named: Sized {
    /// All names, as a person may give them; a name with a value ends with `=` and what the value is.
    const NAMES: &'static [&'static str];

    /// The fault with this name and value; none when there is no such name, or the value does not fit.
    fn from_name(name: &str, value: Option<&str>) -> Option<Self>;
}

/// A text that names no fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultError {
    got: String,
    names: &'static [&'static str],
}

impl fmt::Display for FaultError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "no such fault: '{}'; there are {}; '^N' behind a name begins it when N requests (or magic packets) were \
             served, '*N' behind that ends it after N times",
            self.got,
            self.names.join(", ")
        )
    }
}

impl std::error::Error for FaultError {}

/// A fault, how many requests are served before it begins, and how many more times it strikes; none: always.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Limited<F> {
    fault: F,
    after: u32,
    left: Option<u32>,
}

/// The faults of one device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faults<F> {
    all: Vec<Limited<F>>,
    /// Requests that the device has served, well or badly.
    served: u32,
}

impl<F> Default for Faults<F> {
    fn default() -> Self {
        Self { all: Vec::new(), served: 0 }
    }
}

impl<F> Faults<F> {
    /// Switches a fault on, for `times` times or for good.
    pub fn add(&mut self, fault: F, times: Option<u32>) {
        self.add_later(fault, 0, times);
    }

    /// Switches a fault on that begins when the device has served `after` more requests.
    pub fn add_later(&mut self, fault: F, after: u32, times: Option<u32>) {
        self.all.push(Limited { fault, after: self.served.saturating_add(after), left: times });
    }

    /// Switches every fault off.
    pub fn clear(&mut self) {
        self.all.clear();
    }

    /// The device has served a request.
    pub(super) const fn served(&mut self) {
        self.served = self.served.saturating_add(1);
    }

    /// What `pick` makes of the first fault that it wants and that has not struck often enough; that counts as a time.
    pub(super) fn strike<T>(&mut self, pick: impl Fn(&F) -> Option<T>) -> Option<T> {
        let served = self.served;
        self.all.iter_mut().find_map(|limited| {
            if limited.left == Some(0) || served < limited.after {
                return None;
            }
            let picked = pick(&limited.fault)?;
            limited.left = limited.left.map(|left| left.saturating_sub(1));
            Some(picked)
        })
    }
}

impl<F: PartialEq> Faults<F> {
    /// Whether this fault would strike now; that counts as no time.
    pub(super) fn holds(&self, fault: &F) -> bool {
        self.all.iter().any(|it| it.fault == *fault && it.left != Some(0) && self.served >= it.after)
    }

    /// Whether this fault strikes; that counts as a time.
    pub(super) fn strikes(&mut self, fault: &F) -> bool {
        self.strike(|known| (known == fault).then_some(())).is_some()
    }
}

impl<F: Named> Faults<F> {
    /// Switches on the fault that `text` names.
    ///
    /// # Errors
    /// [`FaultError`] naming what there is.
    pub fn add_named(&mut self, text: &str) -> Result<(), FaultError> {
        let error = || FaultError { got: text.to_owned(), names: F::NAMES };
        let number = |text| u32::from_str(text).map_err(|_| error());
        let (fault, times) = match text.split_once('*') {
            Some((fault, times)) => (fault, Some(number(times)?)),
            None => (text, None),
        };
        let (fault, after) = match fault.split_once('^') {
            Some((fault, after)) => (fault, number(after)?),
            None => (fault, 0),
        };
        let (name, value) = match fault.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (fault, None),
        };
        self.add_later(F::from_name(name, value).ok_or_else(error)?, after, times);
        Ok(())
    }
}
