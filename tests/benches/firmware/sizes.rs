//! Flash and static memory of the images.

use rackhand_tests::bench::{Ceilings, Table};
use rackhand_tests::firmware::{Board, Image};

use super::elf::Elf;

/// What the smaller board's image may have of flash, and of memory with the stack at its deepest.
pub(crate) const FLASH: u32 = 72 * 1024;
pub(crate) const RAM: u32 = 24 * 1024;

/// The image that the contract is for, and the largest one.
pub(crate) const SMALL: (&str, Image) = ("lm3s6965evb with the test door", Image::with_door(Board::Lm3s6965evb));
pub(crate) const AMT: (&str, Image) = ("lm3s6965evb with AMT and the test door", Image::with_amt(Board::Lm3s6965evb));

/// With IPMI.
const IPMI: (&str, Image) = ("lm3s6965evb with IPMI and the test door", Image::with_ipmi(Board::Lm3s6965evb));

const IMAGES: [(&str, Image); 5] = [
    SMALL,
    ("lm3s6965evb, as released", Image { door: false, ..SMALL.1 }),
    ("mps2-an385 with the test door", Image::with_door(Board::Mps2An385)),
    AMT,
    IPMI,
];

/// Prints the table; false when this machine does not build images.
pub(crate) fn report(flash: &mut Ceilings, ram: &mut Ceilings) -> bool {
    let mut table = Table::new(&["image, bytes", "flash", "ceiling", "contract", "static RAM", "ceiling"]);
    for (what, image) in IMAGES {
        let Some(path) = image.build() else { return false };
        let elf = Elf::read(&path);
        let (of_flash, of_ram) = (elf.flash(), elf.ram());
        let contract = if image.board == Board::Lm3s6965evb && !image.amt && !image.ipmi {
            FLASH.to_string()
        } else {
            String::new()
        };
        table.row([
            what.to_owned(),
            of_flash.to_string(),
            flash.check(what, f64::from(of_flash)),
            contract,
            of_ram.to_string(),
            ram.check(what, f64::from(of_ram)),
        ]);
    }
    table.print();
    true
}
