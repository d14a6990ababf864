//! Readers of single values, whose errors say what is allowed.

use std::fmt;
use std::marker::PhantomData;
use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use rackhand_adapters::libvirt::UriPattern;
use rackhand_core::operation::HardwareType;
use serde::Serializer;
use serde::de::{Deserializer, Error, SeqAccess, Unexpected, Visitor};

/// A whole number from `MIN` to `MAX`.
pub(super) fn whole<'de, D, T, const MIN: i64, const MAX: i64>(input: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: TryFrom<i64>,
{
    struct Whole<T>(i64, i64, PhantomData<T>);

    impl<T: TryFrom<i64>> Visitor<'_> for Whole<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "a whole number from {} to {}", self.0, self.1)
        }

        fn visit_i64<E: Error>(self, number: i64) -> Result<T, E> {
            let fits = (self.0..=self.1).contains(&number);
            let value = fits.then(|| T::try_from(number).ok()).flatten();
            value.ok_or_else(|| E::invalid_value(Unexpected::Signed(number), &self))
        }

        fn visit_u64<E: Error>(self, number: u64) -> Result<T, E> {
            match i64::try_from(number) {
                Ok(number) => self.visit_i64(number),
                Err(_) => Err(E::invalid_value(Unexpected::Unsigned(number), &self)),
            }
        }
    }

    input.deserialize_any(Whole(MIN, MAX, PhantomData))
}

/// A number of seconds; the bounds are in milliseconds, which is also how exact it is kept.
pub(super) fn seconds<'de, D, const MIN_MS: u64, const MAX_MS: u64>(input: D) -> Result<Duration, D::Error>
where
    D: Deserializer<'de>,
{
    struct Seconds(Duration, Duration);

    impl Seconds {
        fn fit<E: Error>(&self, seconds: f64, got: Unexpected<'_>) -> Result<Duration, E> {
            // Also refuses what is negative or no number at all.
            let exact = Duration::try_from_secs_f64(seconds).ok().filter(|it| (self.0..=self.1).contains(it));
            let millis = exact.and_then(|it| u64::try_from(it.as_millis()).ok());
            millis.map(Duration::from_millis).ok_or_else(|| E::invalid_value(got, self))
        }
    }

    impl Visitor<'_> for Seconds {
        type Value = Duration;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "a number of seconds from {} to {}", self.0.as_secs_f64(), self.1.as_secs_f64())
        }

        fn visit_i64<E: Error>(self, number: i64) -> Result<Duration, E> {
            let got = Unexpected::Signed(number);
            match i32::try_from(number) {
                Ok(number) => self.fit(f64::from(number), got),
                Err(_) => Err(E::invalid_value(got, &self)),
            }
        }

        fn visit_u64<E: Error>(self, number: u64) -> Result<Duration, E> {
            match i64::try_from(number) {
                Ok(number) => self.visit_i64(number),
                Err(_) => Err(E::invalid_value(Unexpected::Unsigned(number), &self)),
            }
        }

        fn visit_f64<E: Error>(self, number: f64) -> Result<Duration, E> {
            self.fit(number, Unexpected::Float(number))
        }
    }

    input.deserialize_any(Seconds(Duration::from_millis(MIN_MS), Duration::from_millis(MAX_MS)))
}

/// `true` or `false`.
pub(super) fn boolean<'de, D: Deserializer<'de>>(input: D) -> Result<bool, D::Error> {
    struct Boolean;

    impl Visitor<'_> for Boolean {
        type Value = bool;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("true or false")
        }

        fn visit_bool<E: Error>(self, value: bool) -> Result<bool, E> {
            Ok(value)
        }
    }

    input.deserialize_any(Boolean)
}

/// Text that `read` understands; what it is said to be is `what`.
fn text<'de, D, T>(input: D, what: &'static str, read: impl FnOnce(&str) -> Option<T>) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
{
    struct Text<F>(&'static str, F);

    impl<T, F: FnOnce(&str) -> Option<T>> Visitor<'_> for Text<F> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }

        fn visit_str<E: Error>(self, value: &str) -> Result<T, E> {
            let Self(what, read) = self;
            read(value).ok_or_else(|| E::invalid_value(Unexpected::Str(value), &what))
        }
    }

    input.deserialize_any(Text(what, read))
}

/// The path of a file.
pub(super) fn path<'de, D: Deserializer<'de>>(input: D) -> Result<PathBuf, D::Error> {
    text(input, "the path of a file", |text| (!text.is_empty()).then(|| PathBuf::from(text)))
}

/// The path of a file; what is not there at all is the table's default's matter.
pub(super) fn some_path<'de, D: Deserializer<'de>>(input: D) -> Result<Option<PathBuf>, D::Error> {
    path(input).map(Some)
}

/// A name that fits into a header and a log line.
pub(super) fn name<'de, D: Deserializer<'de>>(input: D) -> Result<String, D::Error> {
    text(input, "a name of 1 to 255 printable characters without spaces", |text| {
        let fits = (1..=255).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        fits.then(|| text.to_owned())
    })
}

/// An IP address.
pub(super) fn address<'de, D: Deserializer<'de>>(input: D) -> Result<IpAddr, D::Error> {
    text(input, "an IP address, such as 127.0.0.1 or ::1, without a port", |text| text.parse().ok())
}

/// The beginning of a URL.
pub(super) fn endpoint<'de, D: Deserializer<'de>>(input: D) -> Result<Option<String>, D::Error> {
    text(input, "a URL that begins with http:// or https://, without a query", |text| {
        let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"))?;
        let fits = !rest.trim_matches('/').is_empty()
            && text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'?' | b'#' | b'"' | b'<' | b'>'));
        fits.then(|| Some(text.trim_end_matches('/').to_owned()))
    })
}

/// Text with a grammar and an error of its own, which alone is shown: the text may hold a password.
pub(super) fn parsed<'de, D, T>(input: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err = String>,
{
    let text = text(input, "text in quotes", |text| Some(text.to_owned()))?;
    text.parse().map(Some).map_err(D::Error::custom)
}

/// A list of names.
pub(super) fn list<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Vec<String>>, D::Error> {
    struct List;

    impl<'de> Visitor<'de> for List {
        type Value = Vec<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of names, such as [\"one\", \"another\"]")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<String>, A::Error> {
            let mut list = Vec::new();
            while let Some(item) = items.next_element()? {
                list.push(item);
            }
            Ok(list)
        }
    }

    input.deserialize_any(List).map(Some)
}

/// A list of hardware types.
pub(super) fn hardware_types<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Vec<String>>, D::Error> {
    let list = list(input)?;
    let known = || HardwareType::ALL.iter().map(|it| it.as_str());
    match list.iter().flatten().find(|name| !known().any(|it| it == name.as_str())) {
        Some(name) => {
            let known: Vec<_> = known().collect();
            Err(D::Error::custom(format_args!(
                "'{}' is no hardware type; there are {}",
                name.escape_debug(),
                known.join(", ")
            )))
        }
        None => Ok(list),
    }
}

/// A list of patterns of libvirt's URIs.
pub(super) fn uri_patterns<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Vec<UriPattern>>, D::Error> {
    let patterns = |list: Vec<String>| list.iter().map(|text| UriPattern::new(text)).collect();
    list(input)?.map(patterns).transpose().map_err(D::Error::custom)
}

/// Writes a list of what was given as text.
pub(super) fn texts<T: fmt::Display, S: Serializer>(list: &Option<Vec<T>>, output: S) -> Result<S::Ok, S::Error> {
    match list {
        Some(list) => output.collect_seq(list.iter().map(ToString::to_string)),
        None => output.serialize_none(),
    }
}

/// A list of folders.
pub(super) fn folders<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Vec<PathBuf>>, D::Error> {
    let list: Option<Vec<_>> = list(input)?.map(|list| list.into_iter().map(PathBuf::from).collect());
    match list.iter().flatten().find(|folder| !folder.is_absolute()) {
        Some(folder) => Err(D::Error::custom(format_args!("'{}' is no absolute path", folder.display()))),
        None => Ok(list),
    }
}
