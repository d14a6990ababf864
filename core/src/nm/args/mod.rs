//! The arguments of Ironic's methods, judged, and made a request (drivers.md, staging-nm). Whatever is wrong is named: where it is,
//! what it is, and what is allowed.

mod bad;
mod method;
mod periods;
mod policy;
mod statistics;

use super::method::Method;
use super::names::{Domain, PolicyTrigger, PowerDomain};
use super::policy::PolicyId;
use super::request::Request;
use crate::operation::{Value, cut, shown};

pub use bad::{BadArgument, Missing};

/// The request that `method` makes of its arguments. Nested values come flattened, the key being a path: `periods[0].days[1]`,
/// `target_limit.boot_mode`; an empty list or object is [`Value::Empty`]. `null` is the same as not being there, and where a key comes
/// twice the last one counts. Only whole numbers are numbers: digits in a text are not, nor is `200.0`.
///
/// # Errors
/// [`BadArgument`], with all that is missing, or the first that is wrong.
pub fn args<'a>(
    method: Method,
    arguments: impl Iterator<Item = (&'a str, Value<'a>)> + Clone,
) -> Result<Request, BadArgument> {
    let each = move |take: Take<'_, 'a>| arguments.clone().for_each(|(key, value)| take(key, value));
    Arguments { method, each: &each }.request()
}

/// Takes one argument after the other.
type Take<'t, 'a> = &'t mut dyn FnMut(&'a str, Value<'a>);

const DOMAINS: &str = "'platform', 'cpu', 'memory' or 'io'";
const DOMAINS_OF_STATISTICS: &str = "'platform', 'cpu', 'memory', 'protection' or 'io'";
const TRIGGERS: &str = "'none', 'temperature', 'power', 'reset' or 'boot'";
const POWER_DOMAINS: &str = "'primary' or 'secondary'";
const BYTE: &str = "a whole number from 0 to 255";
const TRUTH: &str = "true or false";

/// The arguments, looked up by name.
#[derive(Clone, Copy)]
struct Arguments<'x, 'a> {
    method: Method,
    each: &'x dyn Fn(Take<'_, 'a>),
}

impl<'a> Arguments<'_, 'a> {
    /// What `key` holds; none when it is absent or null.
    fn get(self, key: &str) -> Option<Value<'a>> {
        let mut found = None;
        (self.each)(&mut |name, value| {
            if name == key {
                found = Some(value);
            }
        });
        found.filter(|value| *value != Value::Null)
    }

    /// Judges one argument after the other, up to the first that is wrong.
    fn judge(self, judge: &mut dyn FnMut(&'a str, Value<'a>) -> Result<(), BadArgument>) -> Result<(), BadArgument> {
        let mut judged = Ok(());
        (self.each)(&mut |key, value| {
            if judged.is_ok() {
                judged = judge(key, value);
            }
        });
        judged
    }

    /// Names those of `keys` that are missing.
    fn require(self, keys: &[&'static str]) -> Result<(), BadArgument> {
        let mut missing = Missing::default();
        for key in keys.iter().filter(|key| self.get(key).is_none()) {
            missing.insert(key);
        }
        missing.into_result()
    }

    /// What `convert` makes of `key`, if it is there.
    fn optional<T>(
        self,
        key: &'static str,
        allowed: &'static str,
        convert: impl FnOnce(Value<'a>) -> Option<T>,
    ) -> Result<Option<T>, BadArgument> {
        let Some(value) = self.get(key) else { return Ok(None) };
        convert(value).map(Some).ok_or_else(|| invalid(key, value, allowed))
    }

    /// What `convert` makes of `key`.
    fn needed<T>(
        self,
        key: &'static str,
        allowed: &'static str,
        convert: impl FnOnce(Value<'a>) -> Option<T>,
    ) -> Result<T, BadArgument> {
        self.optional(key, allowed, convert)?.ok_or_else(|| missing(key))
    }

    /// What goes by a name.
    fn named<T>(
        self,
        key: &'static str,
        allowed: &'static str,
        from_name: fn(&str) -> Option<T>,
    ) -> Result<T, BadArgument> {
        self.needed(key, allowed, |value| from_name(text(value)?))
    }

    fn enable(self) -> Result<bool, BadArgument> {
        self.needed("enable", TRUTH, |value| if let Value::Bool(enable) = value { Some(enable) } else { None })
    }

    fn domain(self) -> Result<Domain, BadArgument> {
        self.named("domain_id", DOMAINS, domain_of_policies)
    }

    fn policy_number(self) -> Result<u8, BadArgument> {
        self.needed("policy_id", BYTE, number)
    }

    fn policy(self) -> Result<PolicyId, BadArgument> {
        self.require(&["domain_id", "policy_id"])?;
        Ok(PolicyId { domain: self.domain()?, number: self.policy_number()? })
    }

    fn trigger(self) -> Result<PolicyTrigger, BadArgument> {
        self.named("policy_trigger", TRIGGERS, PolicyTrigger::from_name)
    }

    fn power_domain(self) -> Result<PowerDomain, BadArgument> {
        self.named("power_domain", POWER_DOMAINS, PowerDomain::from_name)
    }

    /// What is said by `key` would be passed over.
    fn refuse(self, key: &'static str, allowed: &'static str) -> Result<(), BadArgument> {
        self.get(key).map_or(Ok(()), |value| Err(invalid(key, value, allowed)))
    }
}

/// The error that names an argument and what it holds.
fn invalid(key: &str, value: Value<'_>, allowed: &'static str) -> BadArgument {
    BadArgument::Invalid { key: cut(key), got: shown(value), allowed }
}

/// The error that names one argument that is not there.
fn missing(key: &'static str) -> BadArgument {
    let mut missing = Missing::default();
    missing.insert(key);
    BadArgument::Missing(missing)
}

const fn text(value: Value<'_>) -> Option<&str> {
    if let Value::Str(text) = value { Some(text) } else { None }
}

/// A whole number that `T` can hold.
fn number<T: TryFrom<i64>>(value: Value<'_>) -> Option<T> {
    if let Value::Int(number) = value { T::try_from(number).ok() } else { None }
}

/// A domain that has policies.
fn domain_of_policies(name: &str) -> Option<Domain> {
    Domain::from_name(name).filter(|domain| *domain != Domain::Protection)
}

#[cfg(test)]
extern crate std;

#[cfg(test)]
mod tests;
