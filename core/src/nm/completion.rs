//! What Node Manager's commands are called, and their completion codes in words. Node Manager 3.0, section 2.

use crate::ipmi;

/// What a command is called.
#[must_use]
pub const fn command_name(command: u8) -> &'static str {
    match command {
        0xC0 => "Enable/Disable Policy Control",
        0xC1 => "Set Policy",
        0xC2 => "Get Policy",
        0xC3 => "Set Alert Thresholds",
        0xC4 => "Get Alert Thresholds",
        0xC5 => "Set Suspend Periods",
        0xC6 => "Get Suspend Periods",
        0xC7 => "Reset Statistics",
        0xC8 => "Get Statistics",
        0xC9 => "Get Capabilities",
        0xCA => "Get Version",
        0xCB => "Set Power Draw Range",
        0xF2 => "Get Limiting Policy Id",
        _ => "a command",
    }
}

/// What a completion code says in the answer to `command`; where it has no meaning of its own there, what it says in all.
#[must_use]
pub const fn words(command: u8, code: u8) -> Option<&'static str> {
    Some(match (command, code) {
        (0xC0..=0xC8, 0x80) => "there is no such policy",
        (0xC0..=0xC9 | 0xCB, 0x81) => "there is no such domain",
        (0xC1 | 0xC9, 0x82) => "there is no such policy trigger",
        (0xC3, 0x82) => "the policy's trigger has no alert thresholds",
        (0xC1, 0x83) => "the policy cannot do that action",
        (0xC9, 0x83) => "there is no such type of policies",
        (0xC1 | 0xC3, 0x84) => "the power limit is out of range",
        (0xC1, 0x85) => "the correction time is out of range",
        (0xC5, 0x85) => "a period is inconsistent: it must end after it starts, within one day",
        (0xC1, 0x86) => "the trigger limit is out of range",
        (0xC3, 0x87) => "too many alert thresholds",
        (0xC5, 0x87) => "too many suspend periods",
        (0xC7 | 0xC8, 0x88) => "there are no such statistics",
        (0xC1, 0x89) => "the reporting period is out of range",
        (0xC1, 0x8B) => "the domain has no such correction of the processors' power",
        (0xF2, 0xA1) => "no policy limits the domain",
        (0xC1 | 0xC3 | 0xC5, 0xD5) => "the policy is enabled: disable it first",
        (0xC5, 0xD6) => "the clock is not set: suspend periods need the time of day",
        (_, code) => return ipmi::words(code),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_means_what_its_command_says() {
        assert_ne!(words(0xC1, 0x85), words(0xC5, 0x85));
        assert_ne!(words(0xC3, 0x87), words(0xC5, 0x87));
        assert_eq!(words(0xC2, 0xD5), ipmi::words(0xD5));
        assert_ne!(words(0xC1, 0xD5), ipmi::words(0xD5));
        assert_eq!(words(0xCA, 0xC1), Some("invalid command"));
        assert_eq!((words(0xC9, 0x80), words(0xCA, 0x81), words(0xC0, 0x84)), (None, None, None));
        for command in (0xC0..=0xC8).filter(|command| !matches!(command, 0xC7)) {
            assert!(words(command, 0x80).is_some() && words(command, 0x81).is_some(), "{command:02X}");
            assert_ne!(command_name(command), "a command");
        }
    }
}
