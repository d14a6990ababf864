//! What orders for AMT take that others do not: a refusal when they want TLS.

use rackhand_core::amt::{AmtFailure, AmtTrouble};
use rackhand_core::exchange::Cause;
use rackhand_core::operation::{AmtTarget, AmtTransport, Answer, Error, Order, Target};

/// The answer to an order that wants TLS, if it is one. No image has TLS. An operation would say the same, but only after it had
/// tried in vain as often as it is told to.
pub(crate) const fn refusal(order: &Order) -> Option<Answer> {
    let Target::Amt(AmtTarget { transport: AmtTransport::Https(_), .. }) = &order.target else { return None };
    Some(Answer::Failed(Error::Amt {
        failure: AmtFailure::NoContact,
        trouble: Some(AmtTrouble::Closed(Cause::Unsupported)),
        contact: false,
        out_of_time: false,
        boot_device_used: false,
        left_armed: false,
    }))
}
