//! An image as the linker left it.

use std::collections::BTreeMap;
use std::path::Path;

use object::{Object, ObjectSection, ObjectSymbol};

/// What the flash holds: the vectors, the code, the constants, and the first contents of variables.
const FLASH: [&str; 4] = [".vector_table", ".text", ".rodata", ".data"];
/// What the RAM holds all the time.
const RAM: [&str; 3] = [".data", ".bss", ".uninit"];

/// The parts of an image that the tables are made of.
pub(crate) struct Elf {
    sections: BTreeMap<String, Section>,
    symbols: BTreeMap<String, u32>,
}

struct Section {
    address: u32,
    size: u32,
    bytes: Vec<u8>,
}

impl Elf {
    /// Reads the image.
    ///
    /// # Panics
    /// It is no 32-bit ELF file.
    pub(crate) fn read(path: &Path) -> Self {
        let short = |number: u64| u32::try_from(number).expect("a number of 32 bits");
        let bytes = std::fs::read(path).expect("the image");
        let file = object::File::parse(&*bytes).expect("an ELF file");
        let section = |it: object::Section<'_, '_>| {
            let name = it.name().expect("a section's name").to_owned();
            let bytes = it.data().unwrap_or_default().to_vec();
            (name, Section { address: short(it.address()), size: short(it.size()), bytes })
        };
        let symbol = |it: object::Symbol<'_, '_>| Some((it.name().ok()?.to_owned(), u32::try_from(it.address()).ok()?));
        Self { sections: file.sections().map(section).collect(), symbols: file.symbols().filter_map(symbol).collect() }
    }

    fn sum(&self, names: &[&str]) -> u32 {
        names.iter().filter_map(|name| self.sections.get(*name)).map(|section| section.size).sum()
    }

    /// Bytes of flash.
    pub(crate) fn flash(&self) -> u32 {
        self.sum(&FLASH)
    }

    /// Bytes of RAM that are taken before the first call.
    pub(crate) fn ram(&self) -> u32 {
        self.sum(&RAM)
    }

    /// Bytes that the linker script leaves for the stack.
    ///
    /// # Panics
    /// It does not say.
    pub(crate) fn stack_room(&self) -> u32 {
        let symbol = |name| *self.symbols.get(name).unwrap_or_else(|| panic!("cortex-m-rt's symbol {name}"));
        symbol("_stack_start") - symbol("_stack_end")
    }

    /// The words of a section and where each is.
    ///
    /// # Panics
    /// There is no such section.
    pub(crate) fn words(&self, name: &str) -> impl Iterator<Item = (u32, u32)> {
        let section = self.sections.get(name).unwrap_or_else(|| panic!("the section {name}"));
        let (chunks, _) = section.bytes.as_chunks();
        (section.address..).step_by(4).zip(chunks.iter().map(|word| u32::from_le_bytes(*word)))
    }

    /// The word at an address of the flash.
    pub(crate) fn word(&self, at: u32) -> Option<u32> {
        FLASH.iter().filter_map(|name| self.sections.get(*name)).find_map(|section| {
            let offset = usize::try_from(at.checked_sub(section.address)?).ok()?;
            section.bytes.get(offset..)?.first_chunk().map(|word| u32::from_le_bytes(*word))
        })
    }

    /// What the compiler says of the functions' frames (`-Zemit-stack-sizes`): an address of four bytes, and a size in LEB128,
    /// least significant seven bits first.
    ///
    /// # Panics
    /// It says nothing, or something else.
    pub(crate) fn frames(&self) -> BTreeMap<u32, u32> {
        let section = self.sections.get(".stack_sizes").expect("the section .stack_sizes");
        let mut rest = section.bytes.as_slice();
        let mut frames = BTreeMap::new();
        while let Some((address, tail)) = rest.split_first_chunk() {
            let len = 1 + tail.iter().position(|byte| byte & 0x80 == 0).expect("the end of a size");
            let (size, tail) = tail.split_at(len);
            let size = size.iter().rev().fold(0, |size: u32, byte| size << 7 | u32::from(byte & 0x7F));
            let frame: &mut u32 = frames.entry(u32::from_le_bytes(*address) & !1).or_default();
            *frame = size.max(*frame);
            rest = tail;
        }
        frames
    }
}
