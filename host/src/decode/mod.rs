//! `rackhand decode`: what is in a recording, field by field, with the section of the specification. The bytes are core's
//! matter; here is what lies around them: files, frames, flows.

mod capture;
mod flows;
mod hexdump;
mod message;
mod print;

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use crate::Exit;
use crate::cli::Decode;
use crate::out::complain;

/// A recording of more than this is not for a person to read.
const MOST: u64 = 256 * 1024 * 1024;

/// Decodes the file, or standard input.
pub(crate) fn main(arguments: &Decode) -> Exit {
    let bytes = match read(arguments.file.as_deref()) {
        Ok(bytes) => bytes,
        Err(text) => {
            complain(format_args!("rackhand: {text}"));
            return Exit::Usage;
        }
    };
    let found = if capture::is_capture(&bytes) { capture::messages(&bytes) } else { hexdump::messages(&bytes) };
    let messages = match found {
        Ok(messages) => messages,
        Err(text) => {
            complain(format_args!("rackhand: {text}"));
            return Exit::Usage;
        }
    };
    print::messages(&messages, arguments.json);
    if messages.iter().any(|message| message.name.is_some()) {
        return Exit::Done;
    }
    complain("rackhand: no message of a protocol that this build knows: Wake-on-LAN, DxP");
    Exit::Failed
}

fn read(file: Option<&Path>) -> Result<Vec<u8>, String> {
    let name = || file.map_or_else(|| "standard input".to_owned(), |file| format!("'{}'", file.display()));
    let mut bytes = Vec::new();
    let read = match file {
        Some(file) => fs::File::open(file).and_then(|file| file.take(MOST + 1).read_to_end(&mut bytes)),
        None => io::stdin().lock().take(MOST + 1).read_to_end(&mut bytes),
    };
    read.map_err(|error| format!("{} cannot be read: {error}", name()))?;
    if bytes.len() as u64 > MOST {
        return Err(format!("{} is longer than {MOST} bytes", name()));
    }
    Ok(bytes)
}
