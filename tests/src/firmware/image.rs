//! Builds images of `firmware-example`.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use crate::need;
use crate::toolchain::{TARGET, command, linker, run};
use crate::vectors::root;

/// The boards that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Board {
    /// 256 KiB of flash, 64 KiB of RAM: the budget.
    Lm3s6965evb,
    /// Memory enough, another network card, and it faults on wild reads.
    Mps2An385,
}

impl Board {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Lm3s6965evb, Self::Mps2An385];

    /// Its name, which is also that of its feature and of QEMU's machine.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lm3s6965evb => "lm3s6965evb",
            Self::Mps2An385 => "mps2-an385",
        }
    }

    /// Where the image expects 16 fresh bytes: the last ones of the RAM.
    #[must_use]
    pub const fn entropy_at(self) -> u32 {
        match self {
            Self::Lm3s6965evb => 0x2000_FFF0,
            Self::Mps2An385 => 0x203F_FFF0,
        }
    }
}

/// An image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Image {
    /// For which board.
    pub board: Board,
    /// Whether it has the test door.
    pub door: bool,
    /// Whether it takes orders for machines with AMT.
    pub amt: bool,
    /// Whether it takes orders for machines with a BMC.
    pub ipmi: bool,
    /// Its address, if it has a fixed one.
    pub address: Option<&'static str>,
}

impl Image {
    /// An image that takes orders from tests.
    #[must_use]
    pub const fn with_door(board: Board) -> Self {
        Self { board, door: true, amt: false, ipmi: false, address: None }
    }

    /// An image that takes orders from tests, for machines with AMT as well.
    #[must_use]
    pub const fn with_amt(board: Board) -> Self {
        Self { amt: true, ..Self::with_door(board) }
    }

    /// An image that takes orders from tests, for machines with a BMC as well.
    #[must_use]
    pub const fn with_ipmi(board: Board) -> Self {
        Self { ipmi: true, ..Self::with_door(board) }
    }

    /// The features that it is built with.
    #[must_use]
    pub fn features(self) -> Vec<&'static str> {
        let chosen = [(true, self.board.name()), (self.door, "test-door"), (self.amt, "amt"), (self.ipmi, "ipmi")];
        chosen.into_iter().filter_map(|(is_on, name)| is_on.then_some(name)).collect()
    }

    /// Builds it, once in a process, and says where it is; none when this machine cannot, which CI does not take.
    ///
    /// # Panics
    /// It does not build.
    #[must_use]
    pub fn build(self) -> Option<PathBuf> {
        static BUILT: Mutex<BTreeMap<Image, PathBuf>> = Mutex::new(BTreeMap::new());
        linker()?;
        let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(path) = built.get(&self) {
            return Some(path.clone());
        }
        let target = root().join("target/firmware");
        let features = self.features();
        let mut cargo = command("cargo");
        cargo.current_dir(root().join("firmware-example"));
        cargo.args(["build", "--release", "--locked", "--no-default-features", "--target", TARGET, "--features"]);
        cargo.arg(features.join(",")).env("CARGO_TARGET_DIR", &target);
        cargo.env_remove("DEFMT_LOG").env_remove("RACKHAND_GATEWAY").env_remove("RACKHAND_ADDRESS");
        if let Some(address) = self.address {
            cargo.env("RACKHAND_ADDRESS", address);
        }
        run(&mut cargo);
        let address = self.address.unwrap_or("dhcp").replace('/', "-");
        let name = format!("relay-{}-{address}", features.join("-"));
        let (path, fresh) = (target.join(format!("{name}.elf")), target.join(format!("{name}.{}", std::process::id())));
        // Whoever else has it open keeps what he has.
        fs::copy(target.join(TARGET).join("release/rackhand-relay"), &fresh).expect("a copy of the image");
        fs::rename(&fresh, &path).expect("the copy in its place");
        built.insert(self, path.clone());
        Some(path)
    }
}

/// Whether this machine emulates boards; CI must.
#[must_use]
pub(super) fn can_emulate() -> bool {
    let there = std::process::Command::new("qemu-system-arm").arg("--version").output().is_ok();
    if !there {
        need::missing("qemu-system-arm");
    }
    there
}
