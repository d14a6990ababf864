//! Every error, and the shipped example.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use rackhand_core::amt::AmtOptions;

use super::database::Connection;
use super::*;

fn wrong(text: &str) -> String {
    Config::parse(text).unwrap_err()
}

#[track_caller]
fn says(text: &str, parts: &[&str]) {
    let wrong = wrong(text);
    for part in parts {
        assert!(wrong.contains(part), "'{part}' is not in: {wrong}");
    }
}

#[test]
fn nothing_is_the_defaults() {
    let config = Config::parse("").unwrap();
    assert_eq!(config, Config::default());
    assert_eq!(config, Config::load(None).unwrap());
    assert_eq!((config.amt_driver.protocol.as_str(), config.amt_driver.options()), ("http", AmtOptions::default()));
    assert_eq!(config.api.port, 6385);
    assert_eq!(config.default.auth_strategy, AuthStrategy::Noauth);
    assert!(!config.default.host.is_empty() && config.default.host.trim() == config.default.host);
    assert_eq!(config.iboot.retry_interval, Duration::from_secs(1));
    // A table without options too.
    assert_eq!(Config::parse("[DEFAULT]\n[ssl]\n").unwrap(), Config::default());
}

#[test]
fn everything_is_read() {
    let config = Config::parse(
        r#"
        [DEFAULT]
        auth_strategy = "http_basic"
        http_basic_auth_user_file = "/x/htpasswd"
        host = "rack7"
        debug = true
        use_json = true
        enabled_hardware_types = ["staging-wol", "staging-iboot"]
        enabled_power_interfaces = ["staging-wol"]
        enabled_management_interfaces = []
        enabled_vendor_interfaces = ["no-vendor"]
        enabled_deploy_interfaces = ["fake"]
        [api]
        host_ip = "::1"
        port = 0
        max_limit = 5
        public_endpoint = "https://racks.example/baremetal/"
        max_connections = 9
        [conductor]
        sync_power_state_interval = 0
        sync_power_state_workers = 2
        workers_pool_size = 3
        queue_size = 4
        power_state_change_timeout = 21
        graceful_shutdown_timeout = 0.5
        [database]
        connection = "sqlite:///x/y.sqlite"
        [amt_driver]
        protocol = "https"
        awake_interval = 0
        max_attempts = 1
        action_wait = 0.5
        [iboot]
        max_retry = 0
        retry_interval = 0.25
        reboot_delay = 2
        [ssl]
        cert_file = "c.pem"
        key_file = "k.pem"
        "#,
    )
    .unwrap();
    assert_eq!(config.default.auth_strategy, AuthStrategy::HttpBasic);
    assert_eq!(config.default.enabled_management_interfaces, Some(Vec::new()));
    assert_eq!(config.api.host_ip, "::1".parse::<std::net::IpAddr>().unwrap());
    assert_eq!(config.api.public_endpoint.as_deref(), Some("https://racks.example/baremetal"));
    assert_eq!(config.conductor.sync_power_state_interval, Duration::ZERO);
    assert_eq!(config.conductor.graceful_shutdown_timeout, Duration::from_millis(500));
    assert_eq!(config.database_path().unwrap(), PathBuf::from("/x/y.sqlite"));
    assert_eq!(config.iboot.retry_interval, Duration::from_millis(250));
    let amt = AmtOptions { awake_interval_ms: 0, max_attempts: 1, action_wait_ms: 500 };
    assert_eq!((config.amt_driver.protocol.as_str(), config.amt_driver.options()), ("https", amt));
    assert_eq!(config.ssl.key_file, Some(PathBuf::from("k.pem")));
}

#[test]
fn unknown_names_are_all_told_with_what_was_meant() {
    let text = "[api]\nprot = 1\nhost-ip = \"::1\"\nqueue_size = 3\nzzz = 1\n[conducter]\nx = 1\n[qqq]\n[DEFAULT]\nDebug = true";
    says(
        text,
        &[
            "[api] has no option 'prot': did you mean port?",
            "[api] has no option 'host-ip': did you mean host_ip?",
            "[api] has no option 'queue_size': queue_size is an option of [conductor]",
            "[api] has no option 'zzz': it has host_ip, port,",
            "there is no table [conducter]: did you mean [conductor]?",
            "there is no table [qqq]: there are [DEFAULT], [amt_driver], [api],",
            "[DEFAULT] has no option 'Debug': did you mean debug?",
        ],
    );
    says("port = 6385", &["there is no table [port]: port is an option of [api]"]);
}

#[test]
fn wrong_types_and_values_are_told_with_what_is_allowed() {
    says("[api]\n\nport = \"6385\"", &["line 3", "[api] port", "string", "a whole number from 0 to 65535"]);
    for (port, shown) in [("70000", "70000"), ("-1", "-1"), ("1.5", "1.5")] {
        says(&format!("[api]\nport = {port}"), &["[api] port", shown, "from 0 to 65535"]);
    }
    says("[api]\nmax_limit = 0", &["[api] max_limit", "from 1 to"]);
    says("[api]\nmax_connections = 0", &["[api] max_connections", "from 1 to"]);
    says("[api]\nhost_ip = \"localhost\"", &["[api] host_ip", "localhost", "an IP address"]);
    says("[api]\nhost_ip = \"127.0.0.1:80\"", &["[api] host_ip", "without a port"]);
    says("[api]\npublic_endpoint = \"racks.example\"", &["[api] public_endpoint", "http:// or https://"]);
    says("[api]\npublic_endpoint = \"http:///\"", &["[api] public_endpoint"]);
    says("[conductor]\nsync_power_state_workers = 0", &["[conductor] sync_power_state_workers", "from 1 to"]);
    says("[conductor]\nworkers_pool_size = 0", &["[conductor] workers_pool_size", "from 1 to"]);
    says("[conductor]\nqueue_size = 0", &["[conductor] queue_size", "from 1 to"]);
    for value in ["-1", "inf", "nan", "-0.5", "1e300", "9000000000"] {
        let text = format!("[conductor]\nsync_power_state_interval = {value}");
        says(&text, &["[conductor] sync_power_state_interval", "seconds from 0 to 86400"]);
    }
    says("[conductor]\npower_state_change_timeout = 0", &["[conductor] power_state_change_timeout", "from 1 to 86400"]);
    says("[conductor]\ngraceful_shutdown_timeout = \"60\"", &["[conductor] graceful_shutdown_timeout", "seconds"]);
    says("[iboot]\nmax_retry = 256", &["[iboot] max_retry", "from 0 to 255"]);
    says("[iboot]\nretry_interval = true", &["[iboot] retry_interval", "seconds"]);
    for both in ["[conductor]\npower_state_change_timeout = 19", "[iboot]\nreboot_delay = 45.1"] {
        says(both, &["[iboot] reboot_delay", "[conductor] power_state_change_timeout", "15 s"]);
        assert!(Config::parse(&format!("[DEFAULT]\nenabled_hardware_types = [\"staging-wol\"]\n{both}")).is_ok());
    }
    assert!(Config::parse("[iboot]\nreboot_delay = 45").is_ok());
    let brief = "[conductor]\npower_state_change_timeout = 9.9\n[DEFAULT]\nenabled_hardware_types = ";
    says(&format!("{brief}[\"staging-libvirt\"]"), &["[conductor] power_state_change_timeout is 9.9 s", "needs 10 s"]);
    assert!(Config::parse(&format!("{brief}[\"staging-wol\"]")).is_ok());
    let slow = "[amt_driver]\naction_wait = 20.1";
    says(slow, &["[amt_driver] action_wait is 20.1 s", "[conductor] power_state_change_timeout 60 s", "needs 60.2 s"]);
    assert!(Config::parse("[amt_driver]\naction_wait = 20").is_ok());
    assert!(Config::parse(&format!("[DEFAULT]\nenabled_hardware_types = [\"staging-wol\"]\n{slow}")).is_ok());
    says("[amt_driver]\nprotocol = \"ftp\"", &["[amt_driver] protocol", "ftp", "`http` or `https`"]);
    says("[amt_driver]\nmax_attempts = 0", &["[amt_driver] max_attempts", "from 1 to 255"]);
    says("[amt_driver]\nawake_interval = -1", &["[amt_driver] awake_interval", "seconds"]);
    says("[iboot]\nreboot_delay = -1.0", &["[iboot] reboot_delay", "seconds"]);
    says("[DEFAULT]\ndebug = \"yes\"", &["[DEFAULT] debug", "true or false"]);
    says("[DEFAULT]\nuse_json = 1", &["[DEFAULT] use_json", "true or false"]);
    says(
        "[DEFAULT]\nauth_strategy = \"keystone\"",
        &["[DEFAULT] auth_strategy", "keystone", "`noauth` or `http_basic`"],
    );
    says("[DEFAULT]\nhost = \"two words\"", &["[DEFAULT] host", "without spaces"]);
    says("[DEFAULT]\nhttp_basic_auth_user_file = \"\"", &["[DEFAULT] http_basic_auth_user_file", "the path of a file"]);
    says(
        "[DEFAULT]\nenabled_power_interfaces = \"fake,ipmitool\"",
        &["[DEFAULT] enabled_power_interfaces", "a list of names"],
    );
    says("[DEFAULT]\nenabled_vendor_interfaces = [1]", &["[DEFAULT] enabled_vendor_interfaces", "string"]);
    says(
        "[DEFAULT]\nenabled_hardware_types = [\"staging-wol\", \"idrac\"]",
        &["[DEFAULT] enabled_hardware_types", "'idrac' is no hardware type", "staging-wol"],
    );
    says("[ssl]\ncert_file = 3\nkey_file = \"k\"", &["[ssl] cert_file", "the path of a file"]);
    says("[ssl]\ncert_file = \"c\"", &["[ssl] cert_file is set and key_file is not"]);
    says("[ssl]\nkey_file = \"k\"", &["[ssl] key_file is set and cert_file is not"]);
    says("api = 3", &["[api]", "struct"]);
    says("[api\nport = 1", &["line 1"]);
    says("[api]\nport = 1\nport = 2", &["line 3", "duplicate"]);
}

#[test]
fn the_database_is_sqlite_by_its_absolute_path() {
    for url in ["sqlite:////var/lib/x.sqlite", "sqlite:///var/lib/x.sqlite", "sqlite://///var/lib/x.sqlite"] {
        assert_eq!(url.parse::<Connection>().unwrap().path(), PathBuf::from("/var/lib/x.sqlite"));
    }
    for url in
        ["sqlite://", "sqlite:///", "sqlite:////", "sqlite:x", "sqlite:///:memory:", "sqlite:///x/", "sqlite:///x?a=1"]
    {
        let wrong = url.parse::<Connection>().unwrap_err();
        assert!(wrong.contains("sqlite:///absolute/path"), "{url}: {wrong}");
    }
    assert!("".parse::<Connection>().is_err());
    // Neither the password nor the rest of the URL may be seen, whatever is wrong with it.
    let text = "[database]\nconnection = \"postgresql+psycopg2://me:hunter2@db/rackhand\"";
    says(text, &["line 2", "[database] connection", "'postgresql+psycopg2'", "sqlite:///absolute/path"]);
    assert!(!wrong(text).contains("hunter2"));
    for text in [
        "[database]\nconnection = \"hunter2:x\"",
        "[database]\nconnection = \"sqlite://me:hunter2@x\"",
        "[database]\nconnection = \"postgresql://me:hunter2@db/x",
    ] {
        assert!(!wrong(text).contains("hunter2"), "{}", wrong(text));
    }
}

#[test]
fn the_databases_place_comes_from_the_environment() {
    let place = |pairs: &[(&str, &str)]| {
        let find = |name: &str| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value));
        database::default_path(find).map(|it| it.display().to_string())
    };
    let all = [("STATE_DIRECTORY", "/var/lib/rackhand:/var/lib/more"), ("XDG_STATE_HOME", "/s"), ("HOME", "/h")];
    assert_eq!(place(&all).unwrap(), "/var/lib/rackhand/rackhand.sqlite");
    assert_eq!(place(&all[1..]).unwrap(), "/s/rackhand/rackhand.sqlite");
    assert_eq!(place(&all[2..]).unwrap(), "/h/.local/state/rackhand/rackhand.sqlite");
    assert_eq!(place(&[("XDG_STATE_HOME", "relative"), ("HOME", "")]), None);
    assert_eq!(place(&[]), None);
}

#[test]
fn an_error_names_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rackhand.toml");
    let missing = Config::load(Some(&path)).unwrap_err().to_string();
    assert!(missing.contains("rackhand.toml") && missing.contains("No such file"), "{missing}");
    fs::write(&path, "[api]\nport = -1").unwrap();
    let wrong = Config::load(Some(&path)).unwrap_err().to_string();
    assert!(wrong.starts_with(&format!("{}: line 2: [api] port: ", path.display())), "{wrong}");
}

/// In the example, prose begins with a hash and a space, an option with a hash alone.
#[test]
fn the_example_says_the_defaults() {
    let example = include_str!("../../etc/rackhand.toml");
    assert_eq!(Config::parse(example).unwrap(), Config::default());
    let uncommented: Vec<_> = example
        .lines()
        .map(|line| {
            line.strip_prefix('#').filter(|rest| !rest.starts_with([' ', '#']) && !rest.is_empty()).unwrap_or(line)
        })
        .collect();
    let uncommented = uncommented.join("\n");
    assert_ne!(uncommented, example);
    assert_eq!(Config::parse(&uncommented).unwrap(), Config::default());

    // Those that are unset by default, or differ by machine, are written as prose.
    let serde_json::Value::Object(tables) = serde_json::to_value(Config::default()).unwrap() else { panic!() };
    let given: toml::Table = uncommented.parse().unwrap();
    for (table, options) in &tables {
        for (option, value) in options.as_object().unwrap() {
            let active = given.get(table).and_then(|it| it.get(option)).is_some();
            assert_eq!(active, !value.is_null() && option != "host", "[{table}] {option}");
            let section = example.split(&format!("[{table}]\n")).nth(1).unwrap().split("\n[").next().unwrap();
            assert!(
                section.lines().any(|line| line.trim_start_matches(['#', ' ']).starts_with(&format!("{option} = "))),
                "[{table}] {option}"
            );
        }
    }
}
