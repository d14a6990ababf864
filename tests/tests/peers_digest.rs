//! Digest as foreign servers check it: the engine of AMT logs in to Apache's mod_auth_digest and to lighttpd's mod_auth, which answer
//! with recorded answers of AMT.
//!
//! They count nonces, let them expire and compare hashes by code of their own; what they have seen is read from their logs.

#![cfg(unix)]

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rackhand_adapters::tokio::{Channel, run};
use rackhand_core::amt::{AmtFailure, AmtMemory};
use rackhand_core::http::digest::{Algorithm, Challenge, Qop};
use rackhand_core::operation::{
    Action, Error, ErrorKind, HardwareType, Memory, Operation, Outcome, PowerState, PowerTarget, TX_LEN, Target, Value,
};
use rackhand_tests::need;
use tempfile::TempDir;

/// What takes longer than this hangs.
const PATIENCE: Duration = Duration::from_secs(30);
/// Of AMT's form where a server's file of passwords can have a colon in it.
const AMT_REALM: &str = "Digest:10DF0000000000000000000000000000";
const REALM: &str = "Intel(R) AMT";
const USER: &str = "admin";
const PASSWORD: &str = "Adm1n!Pass";
/// Debian's.
const MODULES: &str = "/usr/lib/apache2/modules";

/// Waits until `look` finds something.
#[track_caller]
fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "not within {PATIENCE:?}: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A request as a server has logged it: its status, and what it said of its login.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    status: u16,
    /// The nonce; none without a login.
    nonce: Option<String>,
    /// How often that was used.
    count: Option<u32>,
}

impl Seen {
    /// Reads `200 Digest …, nonce=\"…\", nc=00000001, …`.
    fn read(line: &str) -> Self {
        let (status, login) = line.split_once(' ').unwrap_or_else(|| panic!("{line}"));
        let login = login.replace('\\', "");
        let text = |name: &str, end: char| Some(login.split_once(name)?.1.split(end).next()?.to_owned());
        let count = text("nc=", ',').map(|digits| {
            assert_eq!(digits.len(), 8, "{line}");
            u32::from_str_radix(&digits, 16).unwrap()
        });
        Self { status: status.parse().unwrap(), nonce: text(" nonce=\"", '"'), count }
    }
}

/// A server with a folder of its own.
struct Server {
    child: Child,
    folder: TempDir,
    port: u16,
}

impl Server {
    /// Starts `program`, with what `configure` makes of its folder and its port. Whatever it serves is answered by a script: with
    /// the power state that it remembers, and that a change of it is accepted.
    #[track_caller]
    fn start(program: &Path, arguments: &[&str], configure: impl Fn(&Path, u16) -> String) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        // Started by root, Apache becomes nobody: who must be able to read, and to write what the script remembers.
        mode(path, 0o755);
        for name in ["www", "state"] {
            fs::create_dir(path.join(name)).unwrap();
        }
        mode(&path.join("www"), 0o755);
        mode(&path.join("state"), 0o777);
        for (name, answer) in [("on", "01_aps_on_amt12"), ("off", "05_aps_off_hard"), ("accepted", "17_rpsc_job_4096")]
        {
            let recorded = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("vectors/amt/{answer}.xml"));
            fs::copy(recorded, path.join(name)).unwrap();
            mode(&path.join(name), 0o644);
        }
        let script = format!(
            "#!/bin/sh\ncd '{}' || exit 1\nprintf 'Content-Type: application/soap+xml;charset=UTF-8\\r\\n\\r\\n'\ncase $(cat) in\n\
             *RequestPowerStateChange_INPUT*) : >state/on; cat accepted ;;\n\
             *CIM_AssociatedPowerManagementService*) if [ -e state/on ]; then cat on; else cat off; fi ;;\nesac\n",
            path.display()
        );
        fs::write(path.join("www/wsman"), script).unwrap();
        mode(&path.join("www/wsman"), 0o755);
        // The port is free when it is looked for; somebody else may be faster.
        for _ in 0..5 {
            let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
            fs::write(path.join("conf"), configure(path, port)).unwrap();
            let mut child = Command::new(program)
                .args(arguments)
                .arg(path.join("conf"))
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            let listens = until("a server that listens, or has ended", || {
                let ended = child.try_wait().unwrap().is_some();
                let there = TcpStream::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).is_ok();
                (ended || there).then_some(!ended)
            });
            if listens {
                return Self { child, folder, port };
            }
            let mut said = String::new();
            child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
            said += &fs::read_to_string(path.join("error.log")).unwrap_or_default();
            assert!(said.contains("in use"), "{} does not start: {said}", program.display());
        }
        panic!("every port is somebody else's");
    }

    /// Apache, which lets in who is in its file, with `more` in its configuration; none where there is none.
    #[track_caller]
    fn apache(users: &[(&str, &str)], more: &str) -> Option<Self> {
        let program = need::program("apache2").filter(|_| Path::new(MODULES).is_dir());
        let Some(program) = program else {
            need::missing("Apache (package apache2-bin)");
            return None;
        };
        let passwords: String = users
            .iter()
            .map(|(user, password)| format!("{user}:{REALM}:{}\n", md5(&format!("{user}:{REALM}:{password}"))))
            .collect();
        let modules: String =
            ["mpm_prefork", "authn_core", "authn_file", "authz_core", "authz_user", "auth_digest", "cgi"]
                .iter()
                .map(|name| format!("LoadModule {name}_module {MODULES}/mod_{name}.so\n"))
                .collect();
        let configure = move |folder: &Path, port: u16| {
            fs::write(folder.join("users"), &passwords).unwrap();
            mode(&folder.join("users"), 0o644);
            let folder = folder.display();
            format!(
                "ServerRoot {folder}\nDefaultRuntimeDir {folder}\nPidFile {folder}/pid\nMutex file:{folder} default\n\
                 ServerName localhost\nListen 127.0.0.1:{port}\n{modules}User #65534\nGroup #65534\n\
                 ErrorLog {folder}/error.log\nLogFormat \"%>s %{{Authorization}}i\" login\nCustomLog {folder}/access.log login\n\
                 DocumentRoot {folder}/www\n<Directory {folder}/www>\nOptions ExecCGI\nSetHandler cgi-script\nAuthType Digest\n\
                 AuthName \"{REALM}\"\nAuthUserFile {folder}/users\nRequire valid-user\n{more}\n</Directory>\n"
            )
        };
        Some(Self::start(&program, &["-X", "-f"], configure))
    }

    /// lighttpd, which offers these algorithms; none where there is none.
    #[track_caller]
    fn lighttpd(algorithms: &str) -> Option<Self> {
        let Some(program) = need::program("lighttpd") else {
            need::missing("lighttpd");
            return None;
        };
        let configure = |folder: &Path, port: u16| {
            fs::write(folder.join("users"), format!("{USER}:{PASSWORD}\n")).unwrap();
            let folder = folder.display();
            format!(
                "server.modules = (\"mod_auth\", \"mod_authn_file\", \"mod_cgi\", \"mod_accesslog\")\nserver.bind = \"127.0.0.1\"\n\
                 server.port = {port}\nserver.document-root = \"{folder}/www\"\nserver.errorlog = \"{folder}/error.log\"\n\
                 accesslog.filename = \"{folder}/access.log\"\naccesslog.format = \"%s %{{Authorization}}i\"\n\
                 auth.backend = \"plain\"\nauth.backend.plain.userfile = \"{folder}/users\"\n\
                 auth.require = (\"\" => (\"method\" => \"digest\", \"algorithm\" => \"{algorithms}\", \"realm\" => \
                 \"{AMT_REALM}\", \"require\" => \"valid-user\"))\ncgi.assign = (\"\" => \"\")\n"
            )
        };
        Some(Self::start(&program, &["-D", "-f"], configure))
    }

    /// A conversation with it as this user.
    fn session(&self, user: &str, password: &str) -> Session {
        let info = [
            ("amt_address", Value::Str("127.0.0.1")),
            ("amt_port", Value::Int(self.port.into())),
            ("amt_username", Value::Str(user)),
            ("amt_password", Value::Str(password)),
        ];
        let target = Target::new(HardwareType::StagingAmt, info.into_iter(), std::iter::empty()).unwrap();
        Session { channel: Channel::new(target.link()), target, memory: Memory::Nothing, seed: 0 }
    }

    /// What it has logged so far.
    fn logged(&self) -> Vec<Seen> {
        let text = fs::read_to_string(self.folder.path().join("access.log")).unwrap_or_default();
        text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')).map(Seen::read).collect()
    }

    /// What it has logged, as soon as that is so much.
    #[track_caller]
    fn log(&self, requests: usize) -> Vec<Seen> {
        let seen = until(&format!("{requests} requests in the log"), || {
            Some(self.logged()).filter(|seen| seen.len() >= requests)
        });
        assert_eq!(seen.len(), requests, "{seen:?}");
        seen
    }

    /// The status of each request that it has logged, and how often its nonce was used.
    #[track_caller]
    fn statuses(&self, requests: usize) -> Vec<(u16, Option<u32>)> {
        self.log(requests).iter().map(|seen| (seen.status, seen.count)).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// As md5sum says it: no code of ours is to make the file of passwords.
fn md5(text: &str) -> String {
    let program = need::program("md5sum").unwrap_or_else(|| PathBuf::from("md5sum"));
    let mut child = Command::new(program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()[..32].to_owned()
}

/// Operations one after the other, as the daemon keeps what one leaves to the next.
struct Session {
    target: Target,
    channel: Channel,
    memory: Memory,
    seed: u8,
}

impl Session {
    async fn ask(&mut self, action: &Action) -> Result<Outcome, Error> {
        self.seed += 1;
        let mut operation =
            Operation::new(&self.target, action, PATIENCE, &self.memory, &[self.seed; 32]).expect("an operation");
        let (mut tx, mut window) = (vec![0; TX_LEN], vec![0; 65_536]);
        let result = run(&mut operation, &mut self.channel, &mut tx, &mut window, |_| {}).await;
        self.memory = operation.memory();
        if !operation.keeps_link() || result.is_err() {
            self.hang_up();
        }
        result.map_err(Error::from)
    }

    fn hang_up(&mut self) {
        self.channel = Channel::new(self.target.link());
    }

    fn amt(&self) -> &AmtMemory {
        match &self.memory {
            Memory::Amt(memory) => memory,
            other => panic!("{other:?}"),
        }
    }

    /// The challenge that it would answer next.
    fn challenge(&self) -> &Challenge {
        self.amt().challenge.as_ref().expect("a challenge")
    }
}

const POWER_ON: Action = Action::SetPower(PowerTarget::On);
const ON: Result<Outcome, Error> = Ok(Outcome::Power(PowerState::On));
const OFF: Result<Outcome, Error> = Ok(Outcome::Power(PowerState::Off));
/// A request without a login.
const ASKED: (u16, Option<u32>) = (401, None);

const fn let_in(count: u32) -> (u16, Option<u32>) {
    (200, Some(count))
}

const fn turned_away(count: u32) -> (u16, Option<u32>) {
    (401, Some(count))
}

/// Who is not let in has answered one challenge, and has not been told more than that.
async fn is_refused(server: &Server, user: &str, password: &str) {
    let mut session = server.session(user, password);
    let error = session.ask(&POWER_ON).await.expect_err("a wrong login");
    assert_eq!(error.kind(), ErrorKind::Access, "{error}");
    assert!(matches!(error, Error::Amt { failure: AmtFailure::Unauthorized, contact: true, .. }), "{error:?}");
    assert!(error.to_string().contains("user name or password") && !error.to_string().contains(password), "{error}");
}

#[tokio::test]
async fn apache_counts_how_often_a_nonce_is_used() {
    let Some(server) = Server::apache(&[(USER, PASSWORD)], "AuthDigestNcCheck On") else { return };
    let mut session = server.session(USER, PASSWORD);
    assert_eq!(session.ask(&Action::GetPower).await, OFF);
    assert_eq!(session.ask(&POWER_ON).await, ON);
    assert_eq!((session.challenge().algorithm, session.challenge().qop), (Algorithm::Md5, Some(Qop::Auth)));
    // The nonce is good on another connection, too.
    session.hang_up();
    assert_eq!(session.ask(&Action::GetPower).await, ON);
    let expected = [ASKED, let_in(1), let_in(2), let_in(3), let_in(4), let_in(5)];
    assert_eq!(server.statuses(6), expected);
    let log = server.log(6);
    assert!(log[1..].iter().all(|seen| seen.nonce == log[1].nonce && seen.nonce.is_some()), "{log:?}");
    // Whoever uses a count again is found out, and asked who he is: the server's check is one.
    let Memory::Amt(memory) = &mut session.memory else { panic!("nothing is remembered") };
    memory.count -= 1;
    assert_eq!(session.ask(&Action::GetPower).await, ON);
    assert_eq!(server.statuses(8)[6..], [turned_away(5), let_in(1)]);
}

#[tokio::test]
async fn apache_turns_away_after_one_try() {
    let Some(server) = Server::apache(&[(USER, PASSWORD)], "") else { return };
    is_refused(&server, USER, "Adm1n!pass").await;
    is_refused(&server, "Admin", PASSWORD).await;
    assert_eq!(server.statuses(4), [ASKED, turned_away(1), ASKED, turned_away(1)]);
    // A password that is changed between two operations: the nonce is still good, and so is a new one.
    let mut session = server.session(USER, PASSWORD);
    assert_eq!(session.ask(&Action::GetPower).await, OFF);
    let mut other = server.session(USER, "Adm1n!pass");
    session.hang_up();
    other.memory = session.memory;
    let error = other.ask(&Action::GetPower).await.expect_err("a wrong password");
    assert_eq!(error.kind(), ErrorKind::Access, "{error}");
    assert_eq!(server.statuses(8)[4..], [ASKED, let_in(1), turned_away(2), turned_away(1)]);
}

#[tokio::test]
async fn apache_lets_a_nonce_expire() {
    let Some(server) = Server::apache(&[(USER, PASSWORD)], "AuthDigestNonceLifetime 1") else { return };
    let mut session = server.session(USER, PASSWORD);
    let begun = Instant::now();
    loop {
        assert_eq!(session.ask(&Action::GetPower).await, OFF);
        if session.challenge().stale {
            break;
        }
        assert!(begun.elapsed() < PATIENCE, "no nonce expires");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // The last that it was used for, and what came of that.
    let (before, after) = until("a stale nonce in the log", || {
        let log = server.logged();
        let stale = log.iter().position(|seen| seen.status == 401 && seen.nonce.is_some())?;
        Some((log[stale].clone(), log.get(stale + 1)?.clone()))
    });
    assert!(before.count > Some(1), "{before:?}");
    assert_eq!((after.status, after.count), let_in(1));
    assert_eq!(after.nonce.as_deref(), Some(&*session.challenge().nonce));
    assert_ne!(after.nonce, before.nonce);
}

#[tokio::test]
async fn apache_wants_a_new_nonce_for_each_request() {
    let Some(server) = Server::apache(&[(USER, PASSWORD)], "AuthDigestNonceLifetime 0") else { return };
    let mut session = server.session(USER, PASSWORD);
    assert_eq!(session.ask(&POWER_ON).await, ON);
    assert_eq!(session.ask(&Action::GetPower).await, ON);
    let again = [turned_away(2), let_in(1)];
    assert_eq!(server.statuses(8), [&[ASKED, let_in(1)][..], &again, &again, &again].concat());
    assert!(session.challenge().stale);
}

#[tokio::test]
async fn apache_knows_names_and_passwords_of_every_kind() {
    let users = [("ad\"m\\in", PASSWORD), ("operator", "a:\"b\\, c=d"), ("wärter", "schlüssel€"), ("a b,c=d", " p ")];
    let Some(server) = Server::apache(&users, "") else { return };
    for (user, password) in users {
        let mut session = server.session(user, password);
        assert_eq!(session.ask(&Action::GetPower).await, OFF, "{user}");
    }
    assert_eq!(server.statuses(8), [ASKED, let_in(1)].repeat(4));
}

#[tokio::test]
async fn lighttpd_is_answered_by_the_first_algorithm_that_it_offers() {
    for (offered, first) in [
        ("MD5", Algorithm::Md5),
        ("SHA-256", Algorithm::Sha256),
        ("SHA-256|MD5", Algorithm::Sha256),
        // It has an order of its own.
        ("MD5|SHA-256", Algorithm::Sha256),
    ] {
        let Some(server) = Server::lighttpd(offered) else { return };
        let mut session = server.session(USER, PASSWORD);
        assert_eq!(session.ask(&POWER_ON).await, ON, "{offered}");
        let challenge = session.challenge().clone();
        assert_eq!((challenge.algorithm, challenge.qop, &*challenge.realm), (first, Some(Qop::Auth), AMT_REALM));
        session.hang_up();
        assert_eq!(session.ask(&Action::GetPower).await, ON, "{offered}");
        assert_eq!(session.challenge(), &challenge, "{offered}");
        assert_eq!(server.statuses(5), [ASKED, let_in(1), let_in(2), let_in(3), let_in(4)], "{offered}");
    }
}

#[tokio::test]
async fn lighttpd_turns_away_after_one_try() {
    for offered in ["MD5", "SHA-256"] {
        let Some(server) = Server::lighttpd(offered) else { return };
        is_refused(&server, USER, "Adm1n!pass").await;
        is_refused(&server, "Admin", PASSWORD).await;
        assert_eq!(server.statuses(4), [ASKED, turned_away(1), ASKED, turned_away(1)], "{offered}");
    }
}

/// lighttpd's nonces begin with the time, and are good for ten minutes.
#[tokio::test]
async fn lighttpd_says_that_a_nonce_is_stale() {
    for (offered, algorithm) in [("MD5", Algorithm::Md5), ("SHA-256", Algorithm::Sha256)] {
        let Some(server) = Server::lighttpd(offered) else { return };
        let mut session = server.session(USER, PASSWORD);
        assert_eq!(session.ask(&Action::GetPower).await, OFF);
        session.hang_up();
        let mut old = session.challenge().clone();
        let (time, rest) = old.nonce.split_once(':').expect("a time");
        let time = u64::from_str_radix(time, 16).unwrap() - 3600;
        old.nonce = format!("{time:x}:{rest}").as_str().try_into().unwrap();
        session.memory = Memory::Amt(AmtMemory { challenge: Some(old), count: 7, idle_ms: Some(0) });
        assert_eq!(session.ask(&POWER_ON).await, ON);
        assert_eq!((session.challenge().algorithm, session.challenge().stale), (algorithm, true));
        let expected = [ASKED, let_in(1), turned_away(8), let_in(1), let_in(2), let_in(3)];
        assert_eq!(server.statuses(6), expected, "{offered}");
    }
}
