//! The foreign doors: JSON in, JSON out.

use std::fmt::Debug;

use rackhand_core::operation::{Action, Answer, Error, JSON_LEN, JsonError, Order, PowerTarget, Setting, Target};

/// Asserts that what was read is written in at most `JSON_LEN` bytes and read back as it was, that no buffer which is too
/// short is taken for enough, and that cut text is refused.
fn there_and_back<T: Debug + PartialEq>(
    value: &T,
    from: impl Fn(&[u8]) -> Result<T, JsonError>,
    to: impl Fn(&T, &mut [u8]) -> Result<usize, JsonError>,
) {
    let mut buffer = [0; JSON_LEN];
    let len = to(value, &mut buffer).expect("JSON_LEN bytes are always enough");
    let text = &buffer[..len];
    assert_eq!(from(text).as_ref(), Ok(value));
    for short in [0, len / 3, len - 1] {
        assert_eq!(to(value, &mut vec![0; short]), Err(JsonError), "{short} of {len}");
        assert_eq!(from(&text[..short]), Err(JsonError), "{short} of {len}");
    }
    let longer = [text, b"x"].concat();
    assert_eq!(from(&longer), Err(JsonError), "more than one value");
}

/// [`Order::from_json`] and [`Order::to_json`].
///
/// Asserts: an order that is read is written in at most `JSON_LEN` bytes and read back the same; a buffer that is too short,
/// a text that is cut or goes on, and one that is too long, are errors; it becomes an operation or says why not.
pub fn operation_order_json(data: &[u8]) {
    let Ok(order) = Order::from_json(data) else { return };
    assert!(data.len() <= JSON_LEN);
    there_and_back(&order, Order::from_json, Order::to_json);
    match order.operation(&[0; 32]) {
        Ok(operation) => assert!(!operation.doing().is_empty()),
        Err(Error::TimeoutTooShort { least_ms }) => {
            let takes_time = match order.action {
                Action::SetPower(PowerTarget::Reboot) => true,
                Action::SetPower(PowerTarget::On) => matches!(order.target, Target::Wol(_)),
                Action::SetPower(PowerTarget::SoftReboot) => matches!(order.target, Target::Ipmi(_) | Target::Nm(_)),
                _ => false,
            };
            assert!(order.timeout_ms < least_ms && takes_time, "{:?}", order.action);
        }
        Err(Error::InvalidParameterValue { setting: Setting::IbootRelayCount, .. }) => {
            assert!(matches!(order.action, Action::SwitchRelays(_)), "{:?}", order.action);
        }
        Err(error) => {
            assert_eq!(error, Error::Unsupported { hardware: order.target.hardware(), action: order.action.name() });
        }
    }
    let _ = order.target.link();
}

/// [`Answer::from_json`] and [`Answer::to_json`].
///
/// Asserts: an answer that is read is written in at most `JSON_LEN` bytes and read back the same; a buffer that is too short,
/// a text that is cut or goes on, and one that is too long, are errors; an error has a name and words.
pub fn operation_answer_json(data: &[u8]) {
    let Ok(answer) = Answer::from_json(data) else { return };
    assert!(data.len() <= JSON_LEN);
    there_and_back(&answer, Answer::from_json, Answer::to_json);
    if let Answer::Failed(error) = answer {
        assert!(!error.name().is_empty() && !error.to_string().is_empty());
        let _ = error.kind();
    }
}
