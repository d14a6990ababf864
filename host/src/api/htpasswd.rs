//! The file of users: lines as `htpasswd -B` writes them, `user:$2y$…`.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use bcrypt::HashParts;

/// The largest file that is read.
const LARGEST: u64 = 1024 * 1024;

/// The dearest hash that is let in: one more doubles the seconds that a login takes.
const DEAREST: u32 = 16;

/// By what a changed file is told from the one that was read. The time of the last change of its inode cannot be set back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    inode: (u64, u64),
    len: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    /// The file's present one.
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        Ok(Self::new(&fs::metadata(path)?))
    }

    fn new(meta: &fs::Metadata) -> Self {
        Self {
            inode: (meta.dev(), meta.ino()),
            len: meta.len(),
            modified: (meta.mtime(), meta.mtime_nsec()),
            changed: (meta.ctime(), meta.ctime_nsec()),
        }
    }
}

/// The users and the hashes of their passwords. No `Debug`: a hash is worth guessing at.
pub(super) struct Users {
    hashes: HashMap<String, Hash>,
    dearest: u32,
}

/// One user's.
#[derive(Clone)]
pub(super) struct Hash {
    text: String,
    cost: u32,
}

impl Users {
    /// Reads the file, and the stamp of what was read. An error names the line, never what is in it.
    pub(super) fn read(path: &Path) -> Result<(Self, Stamp), String> {
        let wrong = |error: io::Error| format!("the file of users '{}' cannot be read: {error}", path.display());
        let file = File::open(path).map_err(wrong)?;
        // Taken from the open file and before reading: a change meanwhile gives another stamp, and so another reading.
        let stamp = Stamp::new(&file.metadata().map_err(wrong)?);
        let mut text = String::new();
        file.take(LARGEST + 1).read_to_string(&mut text).map_err(wrong)?;
        if text.len() as u64 > LARGEST {
            return Err(format!("the file of users '{}' has more than {LARGEST} bytes", path.display()));
        }
        let users = Self::parse(&text).map_err(|wrong| format!("the file of users '{}', {wrong}", path.display()))?;
        if users.hashes.is_empty() {
            return Err(format!(
                "the file of users '{}' names no user: add one as made by `htpasswd -nbB USER PASSWORD`",
                path.display()
            ));
        }
        Ok((users, stamp))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let mut users = Self { hashes: HashMap::new(), dearest: 0 };
        for (number, line) in text.lines().enumerate() {
            let number = number + 1;
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let entry = line.split_once(':').filter(|(user, _)| !user.is_empty());
            let Some((user, hash)) = entry.and_then(|(user, text)| Some((user, Hash::parse(text)?))) else {
                return Err(format!(
                    "line {number}: must be a user, a colon and a bcrypt hash ($2y$…), as made by \
                     `htpasswd -nbB USER PASSWORD`"
                ));
            };
            if !(4..=DEAREST).contains(&hash.cost) {
                return Err(format!(
                    "line {number}: the cost of the bcrypt hash must be 4 to {DEAREST}, not {}",
                    hash.cost
                ));
            }
            users.dearest = users.dearest.max(hash.cost);
            if users.hashes.insert(user.to_owned(), hash).is_some() {
                return Err(format!("line {number}: its user has a line already"));
            }
        }
        Ok(users)
    }

    /// A user's hash.
    pub(super) fn hash(&self, user: &str) -> Option<&Hash> {
        self.hashes.get(user)
    }

    /// What to run for this user: [`Trial::verify`].
    pub(super) fn trial(&self, user: &str) -> Trial {
        Trial { hash: self.hash(user).cloned(), dearest: self.dearest }
    }
}

impl Hash {
    fn parse(text: &str) -> Option<Self> {
        let parts: HashParts = text.parse().ok()?;
        Some(Self { text: text.to_owned(), cost: parts.get_cost() })
    }

    /// A hash that no password has, for the time that it takes to find out.
    fn none(cost: u32) -> Self {
        Self { text: format!("$2b${cost:02}${}", ".".repeat(53)), cost }
    }

    /// As it stands in the file.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    fn fits(&self, password: &[u8]) -> bool {
        bcrypt::verify(password, &self.text).unwrap_or(false)
    }
}

/// A password's trial, on its own so that it can go to another thread.
pub(super) struct Trial {
    hash: Option<Hash>,
    dearest: u32,
}

impl Trial {
    /// Whether the password is the user's. Failure takes as long for a user that does not exist as for any that does.
    pub(super) fn verify(&self, password: &[u8]) -> bool {
        let Some(hash) = &self.hash else { return Hash::none(self.dearest).fits(password) };
        if hash.fits(password) {
            return true;
        }
        // Every step of the cost doubles the time, and so this and the steps up to the dearest add up to the dearest's.
        for cost in hash.cost..self.dearest {
            let _ = Hash::none(cost).fits(password);
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(text: &str) -> String {
        Users::parse(text).err().unwrap()
    }

    #[test]
    fn users_are_read() {
        let cheap = bcrypt::hash("one", 4).unwrap();
        let dear = bcrypt::hash("two", 5).unwrap();
        let text = format!("# people\n\nann:{}\r\n  bob:{dear}  \n", cheap.replace("$2b$", "$2y$"));
        let users = Users::parse(&text).unwrap();
        assert!(users.trial("ann").verify(b"one"));
        assert!(!users.trial("ann").verify(b"two"));
        assert!(users.trial("bob").verify(b"two"));
        assert!(!users.trial("bob").verify(b""));
        assert!(!users.trial("eve").verify(b"one"));
        assert_eq!(users.trial("eve").dearest, 5);
    }

    #[test]
    fn every_prefix_of_bcrypt_is_known() {
        let hash = bcrypt::hash("secret", 4).unwrap();
        for prefix in ["$2a$", "$2b$", "$2x$", "$2y$"] {
            let users = Users::parse(&format!("ann:{}", hash.replace("$2b$", prefix))).unwrap();
            assert!(users.trial("ann").verify(b"secret"), "{prefix}");
        }
    }

    #[test]
    fn the_hash_of_nobody_is_a_hash() {
        for cost in [4, DEAREST] {
            let none = Hash::none(cost);
            assert_eq!(Hash::parse(none.text()).unwrap().cost, cost);
        }
        assert!(!Hash::none(4).fits(b""));
    }

    #[test]
    fn what_is_no_bcrypt_is_refused_by_its_line_alone() {
        let good = bcrypt::hash("x", 4).unwrap();
        let lines = [
            "eve:$apr1$hunter2$abcdefgh".to_owned(),
            "eve:{SHA}hunter2".to_owned(),
            "eve:hunter2".to_owned(),
            "hunter2".to_owned(),
            format!(":{good}"),
            "eve:".to_owned(),
            format!("eve:{good}:hunter2"),
            format!("eve:{}", good.replace("$2b$", "$2z$")),
        ];
        for line in lines {
            let wrong = wrong(&format!("ann:{good}\n\n{line}\n"));
            assert!(wrong.starts_with("line 3: ") && wrong.contains("htpasswd -nbB"), "{wrong}");
            assert!(!wrong.contains("hunter2") && !wrong.contains("eve"), "{wrong}");
        }
        assert!(wrong(&format!("ann:{good}\nann:{good}")).contains("line 2: its user"));
        let dear = format!("ann:{}", good.replace("$04$", "$17$"));
        assert!(wrong(&dear).contains("must be 4 to 16, not 17"));
    }

    #[test]
    fn a_file_without_users_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("htpasswd");
        assert!(Users::read(&path).err().unwrap().contains("cannot be read"));
        fs::write(&path, "# nobody\n").unwrap();
        assert!(Users::read(&path).err().unwrap().contains("names no user"));
    }
}
