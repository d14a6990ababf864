//! The dialog that switches a machine with AMT, without an engine below it.

use rackhand_core::amt::{Amt, AmtOptions, BootSource, Call, Goal, SetPower};
use rackhand_core::dialog::{Dialog, Last};
use rackhand_core::time::Instant;

use crate::{Wants, entries, memory};

memory! {
    /// The dialog.
    AMT_STATE: size_of::<SetPower>();
}

entries! {
    /// Makes the dialog.
    fn amt_start(slot: &mut Option<SetPower>, goal: &Goal, boot: &Option<BootSource>, options: &AmtOptions) {
        *slot = Some(SetPower::new(*goal, *boot, *options));
    }

    /// Gives it its turn.
    fn amt_turn(
        dialog: &mut SetPower, now: &Instant, last: &mut Option<Last<'_, Amt>>, wants: &mut Wants<SetPower>
    ) {
        *wants = last.take().map(|last| dialog.turn(*now, last));
    }

    /// Lets it put its question.
    fn amt_ask(dialog: &SetPower, call: &mut Call) -> bool {
        dialog.ask(call).is_ok() && dialog.repeatable()
    }
}
