//! Where the daemon is, and who asks.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Url;
use reqwest::header::HeaderValue;
use zeroize::Zeroizing;

use super::args::Daemon;
use super::error::Error;
use crate::driver_info::value;

/// Where the daemon listens that is given nothing else.
const DEFAULT_URL: &str = "http://127.0.0.1:6385";

/// What the environment says; a stand-in in tests.
pub(super) type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The environment of the process. An empty variable is none.
pub(super) fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The address that every path is appended to.
pub(super) fn url(daemon: &Daemon, environment: Environment<'_>) -> Result<Url, Error> {
    let given = |what, text| (what, text);
    let (what, text) = None
        .or_else(|| daemon.url.clone().map(|text| given("--url", text)))
        .or_else(|| environment("RACKHAND_URL").map(|text| given("RACKHAND_URL", text)))
        .or_else(|| environment("OS_ENDPOINT").map(|text| given("OS_ENDPOINT", text)))
        .unwrap_or_else(|| given("--url", DEFAULT_URL.to_owned()));
    // The text is not repeated: a password may be part of it.
    let wrong = |why: &str| Error::Usage(format!("{what} {why}; it is like {DEFAULT_URL}"));
    let mut url: Url = text.parse().map_err(|error| wrong(&format!("is no address ({error})")))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(wrong("is neither http:// nor https://"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("holds a user or a password, which --user and --password are for"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("has a '?' or a '#'"));
    }
    // As Ironic's client does: people give the address with and without the version.
    let path = url.path().trim_end_matches('/');
    let path = path.strip_suffix("/v1").unwrap_or(path).to_owned();
    url.set_path(&path);
    Ok(url)
}

/// Whether the way there leaves the machine; a proxy is never meant for one that does not.
pub(super) fn is_loopback(url: &Url) -> bool {
    let Some(host) = url.host_str() else { return false };
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The header that says who asks, if anybody in particular.
pub(super) fn authorization(daemon: &Daemon, environment: Environment<'_>) -> Result<Option<HeaderValue>, Error> {
    // A person's OpenStack may have another way to say who asks, whose password is none of this daemon's business.
    let other_way = environment("OS_AUTH_TYPE").is_some_and(|way| way != "http_basic");
    let from_environment = |name: &str| if other_way { None } else { environment(name) };
    let user = daemon.user.clone().or_else(|| from_environment("OS_USERNAME"));
    let password = match &daemon.password {
        Some(text) => Some(value("--password", text).map_err(|wrong| Error::Usage(wrong.to_string()))?),
        // As it is: other tools do not know the @ either.
        None => from_environment("OS_PASSWORD").map(Zeroizing::new),
    };
    let (user, password) = match (user, password) {
        (Some(user), Some(password)) => (user, password),
        (None, Some(_)) if daemon.password.is_some() => {
            return Err(Error::Usage("--password needs --user".to_owned()));
        }
        (Some(_), None) if daemon.user.is_some() => return Err(Error::Usage("--user needs --password".to_owned())),
        _ => return Ok(None),
    };
    if user.contains(':') {
        return Err(Error::Usage("a user's name has no ':' in it (RFC 7617, section 2)".to_owned()));
    }
    let both = Zeroizing::new(format!("{user}:{}", *password));
    let text = Zeroizing::new(format!("Basic {}", STANDARD.encode(both.as_bytes())));
    let mut header = HeaderValue::from_str(&text).map_err(|_| Error::Usage("--user cannot be sent".to_owned()))?;
    header.set_sensitive(true);
    Ok(Some(header))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: Environment<'_> = &|_| None;

    fn daemon(url: &str) -> Daemon {
        Daemon { url: Some(url.to_owned()), user: None, password: None, ca_file: None, json: false }
    }

    #[test]
    fn addresses() {
        for (given, used) in [
            ("http://h:6385", "http://h:6385/"),
            ("http://h:6385/v1/", "http://h:6385/"),
            ("https://h/baremetal/v1", "https://h/baremetal"),
            ("http://[::1]:1/", "http://[::1]:1/"),
        ] {
            assert_eq!(url(&daemon(given), NOTHING).unwrap().as_str(), used, "{given}");
        }
        for (given, why) in [
            ("h:6385", "neither http"),
            ("localhost", "is no address"),
            ("ftp://h", "neither http"),
            ("http://u:hunter2@h", "holds a user"),
            ("http://h/?hunter2", "has a '?'"),
            ("", "is no address"),
        ] {
            let error = url(&daemon(given), NOTHING).unwrap_err();
            assert!(error.to_string().contains(why) && !error.to_string().contains("hunter2"), "{given}: {error}");
            assert_eq!(error.exit(), crate::Exit::Usage);
        }
        let mut none = daemon("");
        none.url = None;
        assert_eq!(url(&none, NOTHING).unwrap().as_str(), "http://127.0.0.1:6385/");
        let endpoint = |name: &str| (name == "OS_ENDPOINT").then(|| "http://a".to_owned());
        assert_eq!(url(&none, &endpoint).unwrap().as_str(), "http://a/");
        let both = |name: &str| Some(if name == "RACKHAND_URL" { "http://b" } else { "http://a" }.to_owned());
        assert_eq!(url(&none, &both).unwrap().as_str(), "http://b/");
        for (given, is) in
            [("http://127.0.0.2", true), ("http://[::1]", true), ("http://localhost", true), ("http://h", false)]
        {
            assert_eq!(is_loopback(&given.parse().unwrap()), is, "{given}");
        }
    }

    #[test]
    fn who_asks() {
        let header = |daemon: &Daemon, environment: Environment<'_>| {
            authorization(daemon, environment).map(|header| header.map(|it| it.to_str().unwrap().to_owned()))
        };
        let mut asks = daemon("http://h");
        let openstack = |name: &str| match name {
            "OS_USERNAME" => Some("u".to_owned()),
            "OS_PASSWORD" => Some("@p".to_owned()),
            _ => None,
        };
        let keystone = |name: &str| if name == "OS_AUTH_TYPE" { Some("password".to_owned()) } else { openstack(name) };
        let half = |name: &str| openstack(name).filter(|_| name == "OS_USERNAME");
        assert_eq!(header(&asks, NOTHING).unwrap(), None);
        assert_eq!(header(&asks, &openstack).unwrap().as_deref(), Some("Basic dTpAcA=="));
        assert_eq!(header(&asks, &keystone).unwrap(), None);
        assert_eq!(header(&asks, &half).unwrap(), None);
        asks.user = Some("v".to_owned());
        assert_eq!(header(&asks, NOTHING).unwrap_err().to_string(), "--user needs --password");
        asks.password = Some("@@q".to_owned());
        assert_eq!(header(&asks, &openstack).unwrap().as_deref(), Some("Basic djpAcQ=="));
        asks.user = Some("a:b".to_owned());
        assert!(header(&asks, NOTHING).unwrap_err().to_string().contains("no ':'"));
        asks.user = None;
        assert_eq!(header(&asks, NOTHING).unwrap_err().to_string(), "--password needs --user");
        asks.password = Some("@/nonexistent".to_owned());
        assert!(header(&asks, NOTHING).unwrap_err().to_string().contains("cannot be read"));
    }
}
