//! Numbers as digits. The standard library's formatting would cost a small board kilobytes of flash.

/// Digits of the longest number.
const WIDTH: usize = 10;

/// The digits of a number, right-aligned behind blanks.
#[cfg_attr(target_pointer_width = "32", inline(never))]
pub(crate) fn decimal(number: u32) -> [u8; WIDTH] {
    let mut digits = [b' '; WIDTH];
    let mut left = number;
    for digit in digits.iter_mut().rev() {
        // The remainder of a division by ten is a digit.
        *digit = b'0' | (left % 10) as u8;
        left /= 10;
        if left == 0 {
            break;
        }
    }
    digits
}

/// Two lower-case digits a byte, as far as there is room.
pub(crate) fn hex(bytes: &[u8], digits: &mut [u8]) {
    let both = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    for (place, digit) in digits.iter_mut().zip(both) {
        *place = if digit < 10 { digit | b'0' } else { digit.saturating_add(b'a' - 10) };
    }
}

/// The number that these digits are, and nothing but digits.
pub(crate) fn number(digits: &[u8]) -> Option<u32> {
    (!digits.is_empty()).then_some(())?;
    digits.iter().try_fold(0_u32, |number, byte| {
        let digit = byte.checked_sub(b'0').filter(|digit| *digit < 10)?;
        number.checked_mul(10)?.checked_add(digit.into())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        for it in [0, 7, 10, 4096, u32::MAX] {
            assert_eq!(number(decimal(it).trim_ascii_start()), Some(it));
        }
        for bad in ["", "4294967296", "-1", "+1", " 1", "1x"] {
            assert_eq!(number(bad.as_bytes()), None, "{bad}");
        }
    }
}
