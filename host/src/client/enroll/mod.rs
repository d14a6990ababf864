//! `rackhand enroll`: makes nodes of the machines that somebody else knows of.

mod args;
mod carry;
mod known;
mod names;
mod plan;
mod report;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::time::Duration;

use glob::Pattern;
use rackhand_adapters::libvirt::{Access, DEFAULT_URI, Policy};
use rackhand_core::operation::{self, ErrorKind, HardwareType, Setting};
use serde_json::{Map, Value, json};

pub(crate) use args::Enroll;
use args::Libvirt;
pub(super) use args::Source;
use carry::Done;
use report::End;

use super::api::Api;
use super::args::Daemon;
use super::error::Error;
use super::many::{self, Bar};
use super::{provision, values};
use crate::Exit;
use crate::driver::{self, Domain, DriverError};
use crate::model::is_of_names;
use crate::out::complain;
use crate::progress::Progress;

/// What a node's `extra` has of its domain.
const NOTE: &str = "libvirt_domain";

/// Carries out `rackhand enroll libvirt`.
pub(super) async fn libvirt(api: &Api, libvirt: &Libvirt, daemon: &Daemon) -> Result<Exit, Error> {
    let wanted = Wanted::new(libvirt)?;
    let uri = wanted.access.uri();
    // Where it is asked, the daemon says so itself.
    if libvirt.dry_run && (uri.reads_a_file() || uri.starts_a_daemon()) {
        complain(format_args!(
            "rackhand: a daemon takes nodes of {uri} only where [libvirt] uris of its configuration names it"
        ));
    }
    let domains = {
        let progress = Progress::start(format!("libvirt: {}", wanted.access));
        progress.step("its domains");
        driver::domains(wanted.access.clone(), Duration::from_secs_f64(libvirt.timeout)).await?
    };
    on_domains(api, &wanted, &domains, daemon).await
}

/// What is wanted, judged. No `Debug`: passwords are in driver_info.
struct Wanted<'a> {
    access: Access,
    driver_info: Map<String, Value>,
    only: Vec<Pattern>,
    libvirt: &'a Libvirt,
}

impl<'a> Wanted<'a> {
    fn new(libvirt: &'a Libvirt) -> Result<Self, Error> {
        let uri = Setting::LibvirtUri.as_str();
        let given = values::settings(&libvirt.driver_info, Some(HardwareType::StagingLibvirt.as_str()), 1)?;
        if given.iter().any(|(key, _)| key == uri) {
            return Err(Error::Usage(format!("{uri} is the argument URI here: rackhand enroll libvirt URI")));
        }
        let mut info = vec![(uri, libvirt.uri.as_deref().unwrap_or(DEFAULT_URI))];
        info.extend(given.iter().map(|(key, value)| (key.as_str(), value.of(0))));
        // Whoever types the command may open what he likes; what nodes may name, the daemon judges.
        let policy = Policy { own_machine: true, ..Policy::default() };
        let pairs = info.iter().map(|(key, text)| (*key, operation::Value::Str(text)));
        let access = Access::new(&pairs, &policy).map_err(DriverError::from)?;
        if let Some(odd) = libvirt.name_prefix.chars().find(|letter| !is_of_names(*letter)) {
            return Err(Error::Usage(format!(
                "--name-prefix has {odd:?} in it; a node's name has letters, digits and '-', '.', '_', '~'"
            )));
        }
        let pattern = |text: &String| {
            Pattern::new(text).map_err(|error| Error::Usage(format!("--only '{}': {error}", text.escape_debug())))
        };
        let only = libvirt.only.iter().map(pattern).collect::<Result<_, _>>()?;
        let driver_info = info.iter().map(|(key, text)| ((*key).to_owned(), json!(text))).collect();
        Ok(Self { access, driver_info, only, libvirt })
    }

    /// The names of the domains that are meant.
    fn chosen<'d>(&self, domains: &'d [Domain]) -> Result<HashSet<&'d str>, Error> {
        let names = || domains.iter().map(|domain| domain.name.as_str());
        if let Some(idle) = self.only.iter().find(|pattern| !names().any(|name| pattern.matches(name))) {
            return Err(Error::Usage(format!(
                "--only '{}' fits none of the {} domains of {}",
                idle.as_str().escape_debug(),
                domains.len(),
                self.access
            )));
        }
        let is_meant = |name: &&str| self.only.is_empty() || self.only.iter().any(|pattern| pattern.matches(name));
        Ok(names().filter(is_meant).collect())
    }
}

/// The same for domains that are known.
async fn on_domains(api: &Api, wanted: &Wanted<'_>, domains: &[Domain], daemon: &Daemon) -> Result<Exit, Error> {
    let chosen = wanted.chosen(domains)?;
    let fleet = known::read(api).await?;
    let is_meant = |domain: &Domain| chosen.contains(domain.name.as_str());
    let uri = wanted.access.to_string();
    let steps = plan::plan(domains, is_meant, &fleet, &uri, &wanted.libvirt.name_prefix);
    if wanted.libvirt.dry_run {
        let ends: Vec<End<'_>> = steps.iter().map(|(domain, step)| (*domain, Ok(carry::told(domain, step)))).collect();
        return Ok(report::print(&ends, true, daemon.json));
    }
    let bar = Bar::start("enroll", steps.len());
    let each = many::each(steps.iter().collect(), &bar, async |(domain, step)| {
        carry::out(api, &wanted.driver_info, domain, step).await
    });
    let done = each.await;
    drop(bar);
    let mut ends: Vec<End<'_>> = steps.iter().map(|(domain, _)| *domain).zip(done).collect();
    if wanted.libvirt.manage {
        manage(api, &mut ends).await;
    }
    let exit = report::print(&ends, false, daemon.json);
    if !wanted.libvirt.manage && !daemon.json {
        report::next(&ends, daemon);
    }
    Ok(exit)
}

/// Makes the new nodes manageable.
async fn manage(api: &Api, ends: &mut [End<'_>]) {
    let is_new = |end: &Result<Done, Error>| end.as_ref().ok().filter(|done| done.is_new)?.uuid.clone();
    let nodes: Vec<String> = ends.iter().filter_map(|(_, end)| is_new(end)).collect();
    let managed = provision::bring(api, &nodes, "manage", "manageable", false).await;
    let new = ends.iter_mut().map(|(_, end)| end).filter(|end| is_new(end).is_some());
    for (end, managed) in new.zip(managed) {
        let Ok(done) = end else { continue };
        match managed {
            Ok(_) => done.remark = Some("manageable".to_owned()),
            Err(error) => {
                let called = done.node.as_deref().unwrap_or_default();
                *end = Err(error.after(&format!("the node {called} was made, and is not manageable")));
            }
        }
    }
}

impl From<DriverError> for Error {
    fn from(error: DriverError) -> Self {
        let text = error.to_string();
        match error.kind() {
            ErrorKind::Parameters | ErrorKind::Unsupported => Self::Usage(text),
            ErrorKind::NoContact => Self::NoContact(text),
            _ => Self::Failed(text),
        }
    }
}
