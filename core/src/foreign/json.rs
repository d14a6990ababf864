//! serde-json-core: it indexes its input, and its number and escape readers have panic paths that no caller can exclude.

#[cfg(not(rackhand_proof))]
use crate::operation::JSON_LEN;
use crate::operation::{Answer, Order};

/// Room for the longest text with an escape in it: a host name of 253 bytes.
#[cfg(not(rackhand_proof))]
const UNESCAPED: usize = 256;

/// Nothing longer than one datagram is written.
#[cfg(not(rackhand_proof))]
fn room(buffer: &mut [u8]) -> &mut [u8] {
    let len = buffer.len().min(JSON_LEN);
    buffer.get_mut(..len).unwrap_or(&mut [])
}

doors! {
    order_from_json = rackhand_foreign_order_from_json(text: &[u8]) -> Option<Order> {
        let text = Some(text).filter(|text| text.len() <= JSON_LEN)?;
        let mut room = [0; UNESCAPED];
        let mut source = serde_json_core::de::Deserializer::new(text, Some(&mut room));
        let order = crate::operation::read::order(&mut source).filter(|_| source.end().is_ok());
        // A password with an escape in it was there.
        zeroize::Zeroize::zeroize(&mut room);
        order
    }

    order_to_json = rackhand_foreign_order_to_json(order: &Order, buffer: &mut [u8]) -> Option<usize> {
        serde_json_core::to_slice(order, room(buffer)).ok()
    }

    answer_from_json = rackhand_foreign_answer_from_json(text: &[u8]) -> Option<Answer> {
        let text = Some(text).filter(|text| text.len() <= JSON_LEN)?;
        serde_json_core::from_slice_escaped(text, &mut [0; UNESCAPED]).ok().map(|(answer, _)| answer)
    }

    answer_to_json = rackhand_foreign_answer_to_json(answer: &Answer, buffer: &mut [u8]) -> Option<usize> {
        serde_json_core::to_slice(answer, room(buffer)).ok()
    }
}
