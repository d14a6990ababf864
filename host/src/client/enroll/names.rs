//! What new nodes are called: as their domains, as far as Ironic lets them.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use crate::driver::Domain;
use crate::model::{LONGEST_NAME, is_name, is_of_names};

/// The names that are left.
pub(super) struct Names<'a> {
    prefix: &'a str,
    /// In small letters: to a database of Ironic's, capitals may be the same.
    taken: HashSet<String>,
}

impl<'a> Names<'a> {
    /// `prefix`: what each begins with.
    pub(super) fn new<'b>(prefix: &'a str, taken: impl Iterator<Item = &'b str>) -> Self {
        Self { prefix, taken: taken.map(str::to_ascii_lowercase).collect() }
    }

    /// A name for each of `domains` that can have one, by its UUID.
    pub(super) fn give(mut self, domains: &[&Domain]) -> HashMap<Uuid, String> {
        let mut given = HashMap::new();
        // Whose name can stay as it is has it, and not one whose name has to be changed into the same.
        for as_it_is in [true, false] {
            for domain in domains {
                let wish = self.wish(&domain.name);
                if (wish.strip_prefix(self.prefix) == Some(domain.name.as_str()) && is_name(&wish)) == as_it_is
                    && let Some(name) = self.take(&wish, domain.uuid)
                {
                    given.insert(domain.uuid, name);
                }
            }
        }
        given
    }

    fn wish(&self, domain: &str) -> String {
        let allowed = domain.chars().map(|letter| if is_of_names(letter) { letter } else { '-' });
        self.prefix.chars().chain(allowed).collect()
    }

    /// The wish, or the wish and as much of the UUID as it needs to be a name and nobody's.
    fn take(&mut self, wish: &str, uuid: Uuid) -> Option<String> {
        let whole = uuid.to_string();
        let short: String = whole.chars().take(8).collect();
        let with = |end: &str| {
            let room = LONGEST_NAME.saturating_sub(end.len()).saturating_sub(1);
            format!("{}-{end}", wish.chars().take(room).collect::<String>())
        };
        let name = [wish.to_owned(), with(&short), with(&whole)]
            .into_iter()
            .find(|name| is_name(name) && !self.taken.contains(&name.to_ascii_lowercase()))?;
        self.taken.insert(name.to_ascii_lowercase());
        Some(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UUID: u128 = 0x1234_5678_0000_4000_8000_0000_0000_0000;

    fn named(prefix: &str, taken: &[&str], domains: &[&str]) -> Vec<String> {
        let domains: Vec<_> = (0_u128..)
            .zip(domains)
            .map(|(number, name)| Domain {
                name: (*name).to_owned(),
                uuid: Uuid::from_u128(UUID + number),
                macs: Vec::new(),
                wrong: None,
            })
            .collect();
        let mut given = Names::new(prefix, taken.iter().copied()).give(&domains.iter().collect::<Vec<_>>());
        domains.iter().map(|domain| given.remove(&domain.uuid).unwrap_or_default()).collect()
    }

    #[test]
    fn as_the_domain_where_that_is_a_name() {
        let long = "x".repeat(300);
        let whole = Uuid::from_u128(1).to_string();
        for (prefix, taken, domain, name) in [
            ("", &[][..], "web_1.lab~a", "web_1.lab~a"),
            ("lab-", &[], "web", "lab-web"),
            ("", &[], "web server/ü", "web-server--"),
            ("", &["web"], "web", "web-12345678"),
            ("", &["WEB"], "web", "web-12345678"),
            ("", &["web", "web-12345678"], "web", "web-12345678-0000-4000-8000-000000000000"),
            ("", &["web", "web-12345678", "web-12345678-0000-4000-8000-000000000000"], "web", ""),
            ("", &[], "ports", "ports-12345678"),
            ("x", &[], "ports", "xports"),
            ("", &[], "..", "..-12345678"),
            ("", &[], "", "-12345678"),
            ("", &[], &whole, &format!("{whole}-12345678")),
            ("", &[], &long, &format!("{}-12345678", "x".repeat(246))),
        ] {
            assert_eq!(named(prefix, taken, &[domain]), [name], "{prefix} {domain} {taken:?}");
        }
    }

    #[test]
    fn two_that_become_one_are_two() {
        assert_eq!(
            named("", &[], &["a b", "a-b", "a/b"]),
            ["a-b-12345678", "a-b", "a-b-12345678-0000-4000-8000-000000000002"]
        );
    }
}
