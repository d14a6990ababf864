//! Whether the daemon may be reached from where it listens: what powers machines is not opened to a network by oversight.

use std::net::SocketAddr;

use crate::config::{AuthStrategy, Config};

/// On loopback anything goes. Anywhere else it takes passwords and TLS, unless `insecure` says that this is wanted: then what
/// is missing is the warning.
pub(crate) fn judge(config: &Config, listen: SocketAddr, insecure: bool) -> Result<Option<String>, String> {
    if listen.ip().to_canonical().is_loopback() {
        return Ok(None);
    }
    let passwords = config.default.auth_strategy == AuthStrategy::HttpBasic;
    let tls = config.ssl.cert_file.is_some() && config.ssl.key_file.is_some();
    let (missing, is) = match (passwords, tls) {
        (true, true) => return Ok(None),
        (false, true) => ("passwords", "are"),
        (true, false) => ("TLS", "is"),
        (false, false) => ("passwords and TLS", "are"),
    };
    if insecure {
        let danger = if passwords { "read the passwords on their way" } else { "power the machines" };
        return Ok(Some(format!(
            "listening at {listen} without {missing}: whoever reaches this network can {danger} (--insecure)"
        )));
    }
    let mut wanted = Vec::new();
    if !passwords {
        wanted.push(format!(
            "for passwords, set [DEFAULT] auth_strategy = \"http_basic\" and write users to {} (http_basic_auth_user_file) as \
             made by `htpasswd -nbB USER PASSWORD`",
            config.default.http_basic_auth_user_file.display()
        ));
    }
    if !tls {
        wanted.push("for TLS, set [ssl] cert_file and key_file".to_owned());
    }
    Err(format!(
        "{listen} is not loopback, and {missing} {is} missing: {}; or listen at 127.0.0.1, or allow it with --insecure",
        wanted.join("; ")
    ))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn config(passwords: bool, tls: bool) -> Config {
        let mut config = Config::default();
        if passwords {
            config.default.auth_strategy = AuthStrategy::HttpBasic;
        }
        if tls {
            config.ssl.cert_file = Some(PathBuf::from("c"));
            config.ssl.key_file = Some(PathBuf::from("k"));
        }
        config
    }

    #[test]
    fn loopback_is_free() {
        for listen in ["127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "[::ffff:127.0.0.1]:1"] {
            assert_eq!(judge(&config(false, false), listen.parse().unwrap(), false), Ok(None), "{listen}");
        }
    }

    #[test]
    fn elsewhere_both_are_needed() {
        for listen in ["0.0.0.0:1", "[::]:1", "10.0.0.1:1", "[::ffff:10.0.0.1]:1", "[fe80::1]:1"] {
            let listen = listen.parse().unwrap();
            assert_eq!(judge(&config(true, true), listen, false), Ok(None), "{listen}");
            for (passwords, tls) in [(false, false), (false, true), (true, false)] {
                let config = config(passwords, tls);
                let wrong = judge(&config, listen, false).unwrap_err();
                assert!(wrong.starts_with(&format!("{listen} is not loopback")), "{wrong}");
                assert_eq!(wrong.contains("auth_strategy"), !passwords, "{wrong}");
                assert_eq!(wrong.contains("htpasswd -nbB USER PASSWORD"), !passwords, "{wrong}");
                assert_eq!(wrong.contains("[ssl] cert_file"), !tls, "{wrong}");
                assert!(wrong.contains("--insecure"), "{wrong}");
                let warning = judge(&config, listen, true).unwrap().unwrap();
                assert_eq!(warning.contains("without passwords"), !passwords, "{warning}");
                assert_eq!(warning.contains("TLS"), !tls, "{warning}");
            }
            assert_eq!(judge(&config(true, true), listen, true), Ok(None));
        }
    }
}
