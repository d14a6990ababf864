//! Programs that a test starts: bounded in time, and ended with the test, however that ends.

use std::io::{Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::need;
use super::netns::Namespace;

/// The binary under test.
pub(crate) const RACKHAND: &str = env!("CARGO_BIN_EXE_rackhand");

/// SecureON passwords, as a person writes them.
pub(crate) const SECURE_ON_6: &str = "00:de:ad:be:ef:99";
pub(crate) const SECURE_ON_4: &str = "192.168.9.77";
/// The password of every iBoot here but one; 20 bytes, the most that there may be.
pub(crate) const DXP_PASSWORD: &str = "hunter2-geheim-fürx";

/// What no output of ours may hold: each password, the bytes of each in hexadecimal digits, and the part of each that tells.
const SECRETS: [&str; 9] = [
    SECURE_ON_6,
    "00deadbeef99",
    "00 de ad be ef 99",
    SECURE_ON_4,
    "c0a8094d",
    "c0 a8 09 4d",
    "hunter2",
    "geheim",
    "68756e746572322d",
];

/// Whether a text holds a password of ours, or what tells of one.
pub(crate) fn tells_secret(text: &str) -> bool {
    let text = text.to_lowercase();
    SECRETS.iter().any(|secret| text.contains(secret))
}

/// What takes longer than this hangs.
const PATIENCE: Duration = Duration::from_secs(180);

/// Waits until `look` finds something.
#[track_caller]
pub(crate) fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "not within {PATIENCE:?}: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// A program, in a namespace if one is given.
pub(crate) fn command(within: Option<&Namespace>, program: &str, arguments: &[&str]) -> Command {
    let file = need::program(program).unwrap_or_else(|| program.into());
    let mut command = match within {
        Some(namespace) => namespace.command(file),
        None => Command::new(file),
    };
    command.args(arguments);
    command
}

/// `rackhand` with these arguments, run to its end.
#[track_caller]
pub(crate) fn rackhand(within: Option<&Namespace>, arguments: &[&str]) -> Ran {
    Running::start(command(within, RACKHAND, arguments)).end()
}

/// What a program has left.
#[derive(Debug)]
pub(crate) struct Ran {
    /// The exit status; none when a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// The same, if it went well.
    #[track_caller]
    pub(crate) fn well(self) -> Self {
        assert_eq!(self.code, Some(0), "{self:?}");
        self
    }

    /// The same, if it ended with this status and says all of `words` on standard error.
    #[track_caller]
    pub(crate) fn failed(self, code: i32, words: &[&str]) -> Self {
        assert_eq!(self.code, Some(code), "{self:?}");
        for word in words {
            assert!(self.stderr.contains(word), "no word of '{word}': {self:?}");
        }
        self
    }
}

/// What a program writes, as it comes.
struct Pipe {
    bytes: Arc<Mutex<Vec<u8>>>,
    reader: Option<JoinHandle<()>>,
}

impl Pipe {
    fn of(from: Option<impl Read + Send + 'static>) -> Self {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let to = Arc::clone(&bytes);
        let reader = from.map(|mut from| {
            thread::spawn(move || {
                let mut some = [0; 4096];
                while let Ok(len @ 1..) = from.read(&mut some) {
                    to.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(&some[..len]);
                }
            })
        });
        Self { bytes, reader }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }

    fn finish(&mut self) -> String {
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
        self.text()
    }
}

/// A program that runs.
pub(crate) struct Running {
    what: String,
    ours: bool,
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: Pipe,
    stderr: Pipe,
}

impl Running {
    #[track_caller]
    pub(crate) fn start(mut command: Command) -> Self {
        let what = format!("{command:?}");
        let ours = command.get_program() == RACKHAND || command.get_args().any(|argument| argument == RACKHAND);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{what}: {error}"));
        let stdin = child.stdin.take();
        let (stdout, stderr) = (Pipe::of(child.stdout.take()), Pipe::of(child.stderr.take()));
        Self { what, ours, child, stdin, stdout, stderr }
    }

    /// What it has written so far to standard output.
    pub(crate) fn stdout(&self) -> String {
        self.stdout.text()
    }

    /// What it has written so far to standard error.
    pub(crate) fn stderr(&self) -> String {
        self.stderr.text()
    }

    /// Its number.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether it still runs.
    pub(crate) fn runs(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Gives it something to read.
    #[track_caller]
    pub(crate) fn say(&mut self, text: &[u8]) {
        let written = self.stdin.as_mut().map(|stdin| stdin.write_all(text).and_then(|()| stdin.flush()));
        assert!(matches!(written, Some(Ok(()))), "{} does not read: {written:?}", self.what);
    }

    /// Waits until `pick` finds something in one of the lines of its standard output or standard error.
    #[track_caller]
    pub(crate) fn line<T>(&mut self, what: &str, mut pick: impl FnMut(&str) -> Option<T>) -> T {
        until(&format!("{what} from {}", self.what), || {
            // Asked first: what it has written is all there is only if it had ended before.
            let runs = self.runs();
            let (stdout, stderr) = if runs {
                (self.stdout.text(), self.stderr.text())
            } else {
                (self.stdout.finish(), self.stderr.finish())
            };
            let whole = [&stdout, &stderr].into_iter().flat_map(|text| text.split_inclusive('\n'));
            let found = whole.filter_map(|line| line.strip_suffix('\n')).find_map(&mut pick);
            assert!(runs || found.is_some(), "{} ended without {what}:\n{stdout}{stderr}", self.what);
            found
        })
    }

    /// Waits for a line of its standard output, counted from 0.
    #[track_caller]
    pub(crate) fn nth_line(&mut self, what: &str, number: usize) -> String {
        until(&format!("{what} from {}", self.what), || {
            let (runs, stdout) = (self.runs(), self.stdout());
            let whole = stdout.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')).nth(number);
            assert!(runs || whole.is_some(), "{} ended without {what}: {}", self.what, self.stderr.text());
            whole.map(str::to_owned)
        })
    }

    /// Waits for its end. Whatever of ours it was, it has told no secret.
    #[track_caller]
    pub(crate) fn end(mut self) -> Ran {
        self.stdin = None;
        let status = until(&format!("the end of {}", self.what), || self.child.try_wait().ok().flatten());
        let ran = Ran { code: status.code(), stdout: self.stdout.finish(), stderr: self.stderr.finish() };
        let tells = self.ours && (tells_secret(&ran.stdout) || tells_secret(&ran.stderr));
        assert!(!tells, "{} tells a secret: {ran:?}", self.what);
        ran
    }

    /// Tells it to end.
    #[track_caller]
    pub(crate) fn ask_to_end(&self) {
        // Every shell has it; a program of that name is not everywhere.
        let told = command(None, "sh", &["-c", &format!("kill -TERM {}", self.child.id())]).status();
        assert!(told.is_ok_and(|status| status.success()), "{} is gone", self.what);
    }

    /// Tells it to end, and waits for that.
    #[track_caller]
    pub(crate) fn terminate(self) -> Ran {
        self.ask_to_end();
        self.end()
    }

    /// Ends it without a warning.
    #[track_caller]
    pub(crate) fn kill(mut self) -> Ran {
        let killed = self.child.kill();
        assert!(killed.is_ok(), "{}: {killed:?}", self.what);
        self.end()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
