//! DxP: messages, dialogs, engine, device.

use rackhand_core::buffer::Full;
use rackhand_core::dialog::{Bounded, Dialog, Last, Turn};
use rackhand_core::dxp::{
    Answer, Asked, Command, Credentials, Dialect, Dxp, Failure, Hello, HelloAnswer, Limits, Pulse, Question, Read,
    Reading, Reboot, RelayChange, RelayChanges, RelayId, RelayState, Request, Retry, Status, Switch, Tap, Task,
};
use rackhand_core::exchange::{Exchange, Responder};
use rackhand_core::time::{Instant, Share};

use crate::{any, roots};

type Device = rackhand_core::dxp::Device<u32, 4>;
type DxpError = rackhand_core::dxp::DxpError<Failure>;
type Engine<D> = rackhand_core::dxp::Engine<D>;

/// A dialog that does anything: the engine must bear it.
struct Whatever;

impl Dialog for Whatever {
    type On = Dxp;
    type Output = u16;
    type Error = Failure;

    fn turn(&mut self, _: Instant, _: Last<'_, Dxp>) -> Result<Turn<u16>, Failure> {
        any()
    }

    fn ask(&self, writer: &mut Asked) -> Result<(), Full> {
        *writer = any();
        any()
    }

    fn repeatable(&self) -> bool {
        any()
    }

    fn share(&self) -> Share {
        any()
    }

    fn doing(&self) -> &'static str {
        any()
    }
}

impl Bounded for Whatever {
    fn reserve_ms(&self) -> u32 {
        any()
    }

    fn hurry(&mut self) -> bool {
        any()
    }

    fn give_up(&self) -> Result<u16, Failure> {
        any()
    }
}

roots! {
    "(dxp::RelayId, bool)::from(dxp::RelayChange)" => <(RelayId, bool)>::from(any::<RelayChange>()),
    "dxp::Answer::state" => Answer::state(any(), any()),
    "dxp::Command::name" => Command::name(any()),
    "dxp::Credentials::new" => Credentials::new(any(), any()),
    "dxp::Credentials::user" => Credentials::user(&any()),
    "dxp::Device::new" => Device::new(any(), any(), any(), any()),
    "dxp::Device::relays" => Device::relays(&any()),
    "dxp::Device::respond" => Device::respond(&mut any(), any(), any(), any()),
    "dxp::Device::set_inputs" => Device::set_inputs(&mut any(), any()),
    "dxp::Device::set_relay" => Device::set_relay(&mut any(), any(), any()),
    "dxp::Device::set_sequence" => Device::set_sequence(&mut any(), any()),
    "dxp::Dialect::relay" => Dialect::relay(any(), any()),
    "dxp::Dialect::relay_of" => Dialect::relay_of(any(), any()),
    "dxp::Dialect::state" => Dialect::state(any(), any()),
    "dxp::Dialect::state_of" => Dialect::state_of(any(), any()),
    "dxp::DxpError::from(buffer::Full)" => DxpError::from(any::<Full>()),
    "dxp::Engine::doing" => Engine::<Task>::doing(&any()),
    "dxp::Engine::new" => Engine::<Task>::new(any(), any(), any(), any(), any(), any()),
    "dxp::Engine::step" => (
        Engine::<Task>::step(&mut any(), any(), any(), any()),
        Engine::<Whatever>::step(&mut any(), any(), any(), any()),
    ),
    "dxp::Hello::emit" => Hello::emit(&any(), &mut any()),
    "dxp::Hello::parse" => Hello::parse(any()),
    "dxp::HelloAnswer::emit" => HelloAnswer::emit(&any(), &mut any()),
    "dxp::HelloAnswer::parse" => HelloAnswer::parse(any()),
    "dxp::Limits::default" => Limits::default(),
    "dxp::Pulse::ask" => Pulse::ask(&any(), &mut any()),
    "dxp::Pulse::doing" => Pulse::doing(&any()),
    "dxp::Pulse::give_up" => Pulse::give_up(&any()),
    "dxp::Pulse::hurry" => Pulse::hurry(&mut any()),
    "dxp::Pulse::new" => Pulse::new(any(), any(), any()),
    "dxp::Pulse::repeatable" => Pulse::repeatable(&any()),
    "dxp::Pulse::reserve_ms" => Pulse::reserve_ms(&any()),
    "dxp::Pulse::share" => Pulse::share(&any()),
    "dxp::Pulse::turn" => Pulse::turn(&mut any(), any(), any()),
    "dxp::Question::changes" => Question::changes(any()),
    "dxp::Read::ask" => Read::ask(&any(), &mut any()),
    "dxp::Read::doing" => Read::doing(&any()),
    "dxp::Read::give_up" => Read::give_up(&any()),
    "dxp::Read::hurry" => Read::hurry(&mut any()),
    "dxp::Read::new" => Read::new(any(), any()),
    "dxp::Read::repeatable" => Read::repeatable(&any()),
    "dxp::Read::reserve_ms" => Read::reserve_ms(&any()),
    "dxp::Read::share" => Read::share(&any()),
    "dxp::Read::turn" => Read::turn(&mut any(), any(), any()),
    "dxp::Reading::is_on" => Reading::is_on(any()),
    "dxp::Reboot::ask" => Reboot::ask(&any(), &mut any()),
    "dxp::Reboot::doing" => Reboot::doing(&any()),
    "dxp::Reboot::give_up" => Reboot::give_up(&any()),
    "dxp::Reboot::hurry" => Reboot::hurry(&mut any()),
    "dxp::Reboot::least_ms" => Reboot::least_ms(any()),
    "dxp::Reboot::new" => Reboot::new(any(), any(), any()),
    "dxp::Reboot::repeatable" => Reboot::repeatable(&any()),
    "dxp::Reboot::reserve_ms" => Reboot::reserve_ms(&any()),
    "dxp::Reboot::share" => Reboot::share(&any()),
    "dxp::Reboot::turn" => Reboot::turn(&mut any(), any(), any()),
    "dxp::RelayChanges::as_slice" => RelayChanges::as_slice(&any()),
    "dxp::RelayChanges::highest" => RelayChanges::highest(&any()),
    "dxp::RelayChanges::new" => RelayChanges::new(any()),
    "dxp::RelayChanges::one" => RelayChanges::one(any(), any()),
    "dxp::RelayId::get" => RelayId::get(any()),
    "dxp::RelayId::index" => RelayId::index(any()),
    "dxp::RelayId::new" => RelayId::new(any()),
    "dxp::RelayId::try_from(u8)" => RelayId::try_from(any::<u8>()),
    "dxp::RelayState::from_byte" => RelayState::from_byte(any()),
    "dxp::Request::describe" => Request::describe(&any(), any(), any()),
    "dxp::Request::emit" => Request::emit(&any(), &mut any()),
    "dxp::Request::parse" => Request::parse(any()),
    "dxp::Retry::default" => Retry::default(),
    "dxp::Status::emit" => Status::emit(any(), &mut any()),
    "dxp::Status::parse" => Status::parse(any()),
    "dxp::Switch::ask" => Switch::ask(&any(), &mut any()),
    "dxp::Switch::doing" => Switch::doing(&any()),
    "dxp::Switch::give_up" => Switch::give_up(&any()),
    "dxp::Switch::hurry" => Switch::hurry(&mut any()),
    "dxp::Switch::new" => Switch::new(any(), any()),
    "dxp::Switch::repeatable" => Switch::repeatable(&any()),
    "dxp::Switch::reserve_ms" => Switch::reserve_ms(&any()),
    "dxp::Switch::share" => Switch::share(&any()),
    "dxp::Switch::turn" => Switch::turn(&mut any(), any(), any()),
    "dxp::Tap::client" => Tap::client(&mut any(), any(), any()),
    "dxp::Tap::device" => Tap::device(&mut any(), any(), any()),
    "dxp::Tap::new" => Tap::new(),
    "dxp::Task::ask" => Task::ask(&any(), &mut any()),
    "dxp::Task::doing" => Task::doing(&any()),
    "dxp::Task::give_up" => Task::give_up(&any()),
    "dxp::Task::hurry" => Task::hurry(&mut any()),
    "dxp::Task::repeatable" => Task::repeatable(&any()),
    "dxp::Task::reserve_ms" => Task::reserve_ms(&any()),
    "dxp::Task::share" => Task::share(&any()),
    "dxp::Task::turn" => Task::turn(&mut any(), any(), any()),
    "u8::from(dxp::RelayId)" => u8::from(any::<RelayId>()),
}
