//! Intel AMT: messages, dialogs, engine.

use rackhand_core::amt::{
    AmtEnd, AmtFailure, AmtMemory, AmtOptions, AmtTask, Answer, BootCapabilities, BootProperties, BootSource, Describe,
    Disarm, Kvm, OptIn, PowerCode, PowerCodes, Question, ReadPower, SetPower, Version,
};
use rackhand_core::buffer::Full;
use rackhand_core::dialog::{Bounded, Dialog, Last, Turn};
use rackhand_core::exchange::Exchange;
use rackhand_core::time::{Instant, Share};

use crate::{any, roots};

type AmtError = rackhand_core::amt::AmtError<AmtEnd>;
type Engine<D> = rackhand_core::amt::Engine<D>;
type Limits = rackhand_core::amt::Limits;

/// A dialog that does anything: the engine must bear it.
struct Whatever;

impl Dialog for Whatever {
    type On = rackhand_core::amt::Amt;
    type Output = u16;
    type Error = AmtEnd;

    fn turn(&mut self, _: Instant, _: Last<'_, Self::On>) -> Result<Turn<u16>, AmtEnd> {
        any()
    }

    fn ask(&self, writer: &mut rackhand_core::amt::Call) -> Result<(), Full> {
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

    fn give_up(&self) -> Result<u16, AmtEnd> {
        any()
    }
}

roots! {
    "amt::AmtEnd::from(amt::AmtFailure)" => AmtEnd::from(any::<AmtFailure>()),
    "amt::AmtError::from(buffer::Full)" => AmtError::from(any::<Full>()),
    "amt::AmtMemory::aged_millis" => AmtMemory::aged_millis(any(), any()),
    "amt::AmtOptions::default" => AmtOptions::default(),
    "amt::AmtTask::ask" => AmtTask::ask(&any(), &mut any()),
    "amt::AmtTask::doing" => AmtTask::doing(&any()),
    "amt::AmtTask::give_up" => AmtTask::give_up(&any()),
    "amt::AmtTask::hurry" => AmtTask::hurry(&mut any()),
    "amt::AmtTask::repeatable" => AmtTask::repeatable(&any()),
    "amt::AmtTask::reserve_ms" => AmtTask::reserve_ms(&any()),
    "amt::AmtTask::share" => AmtTask::share(&any()),
    "amt::AmtTask::turn" => AmtTask::turn(&mut any(), any(), any()),
    "amt::Answer::power" => Answer::power(any()),
    "amt::Answer::read" => Answer::read(any(), any(), any()),
    "amt::Answer::return_value" => Answer::return_value(any()),
    "amt::BootCapabilities::has" => BootCapabilities::has(any(), any()),
    "amt::BootCapabilities::note" => BootCapabilities::note(&mut any(), any(), any()),
    "amt::BootProperties::has" => BootProperties::has(any(), any()),
    "amt::BootProperties::note" => BootProperties::note(&mut any(), |name| name == any::<&str>()),
    "amt::BootSource::capability" => BootSource::capability(any()),
    "amt::BootSource::instance_id" => BootSource::instance_id(any()),
    "amt::Describe::ask" => Describe::ask(&any(), &mut any()),
    "amt::Describe::default" => Describe::default(),
    "amt::Describe::doing" => Describe::doing(&any()),
    "amt::Describe::give_up" => Describe::give_up(&any()),
    "amt::Describe::hurry" => Describe::hurry(&mut any()),
    "amt::Describe::new" => Describe::new(),
    "amt::Describe::repeatable" => Describe::repeatable(&any()),
    "amt::Describe::reserve_ms" => Describe::reserve_ms(&any()),
    "amt::Describe::share" => Describe::share(&any()),
    "amt::Describe::turn" => Describe::turn(&mut any(), any(), any()),
    "amt::Disarm::ask" => Disarm::ask(&any(), &mut any()),
    "amt::Disarm::doing" => Disarm::doing(&any()),
    "amt::Disarm::give_up" => Disarm::give_up(&any()),
    "amt::Disarm::hurry" => Disarm::hurry(&mut any()),
    "amt::Disarm::new" => Disarm::new(any()),
    "amt::Disarm::repeatable" => Disarm::repeatable(&any()),
    "amt::Disarm::reserve_ms" => Disarm::reserve_ms(&any()),
    "amt::Disarm::share" => Disarm::share(&any()),
    "amt::Disarm::turn" => Disarm::turn(&mut any(), any(), any()),
    "amt::Engine::doing" => Engine::<AmtTask>::doing(&any()),
    "amt::Engine::keeps_link" => Engine::<AmtTask>::keeps_link(&any()),
    "amt::Engine::memory" => Engine::<AmtTask>::memory(&any()),
    "amt::Engine::new" => Engine::<AmtTask>::new(any(), any(), any(), any(), any(), any()),
    "amt::Engine::step" => (
        Engine::<AmtTask>::step(&mut any(), any(), any(), any()),
        Engine::<Whatever>::step(&mut any(), any(), any(), any()),
    ),
    "amt::Kvm::in_session" => Kvm::in_session(any()),
    "amt::Limits::default" => Limits::default(),
    "amt::OptIn::missing" => OptIn::missing(any()),
    "amt::PowerCode::number" => PowerCode::number(any()),
    "amt::PowerCodes::contains" => PowerCodes::contains(any(), any()),
    "amt::PowerCodes::insert" => PowerCodes::insert(&mut any(), any()),
    "amt::PowerCodes::iter" => PowerCodes::iter(any()).next(),
    "amt::Question::emit" => Question::emit(any(), any(), &mut any()),
    "amt::ReadPower::ask" => ReadPower::ask(&any(), &mut any()),
    "amt::ReadPower::doing" => ReadPower::doing(&any()),
    "amt::ReadPower::give_up" => ReadPower::give_up(&any()),
    "amt::ReadPower::hurry" => ReadPower::hurry(&mut any()),
    "amt::ReadPower::new" => ReadPower::new(any()),
    "amt::ReadPower::repeatable" => ReadPower::repeatable(&any()),
    "amt::ReadPower::reserve_ms" => ReadPower::reserve_ms(&any()),
    "amt::ReadPower::share" => ReadPower::share(&any()),
    "amt::ReadPower::turn" => ReadPower::turn(&mut any(), any(), any()),
    "amt::SetPower::ask" => SetPower::ask(&any(), &mut any()),
    "amt::SetPower::doing" => SetPower::doing(&any()),
    "amt::SetPower::give_up" => SetPower::give_up(&any()),
    "amt::SetPower::hurry" => SetPower::hurry(&mut any()),
    "amt::SetPower::least_ms" => SetPower::least_ms(any()),
    "amt::SetPower::new" => SetPower::new(any(), any(), any()),
    "amt::SetPower::repeatable" => SetPower::repeatable(&any()),
    "amt::SetPower::reserve_ms" => SetPower::reserve_ms(&any()),
    "amt::SetPower::share" => SetPower::share(&any()),
    "amt::SetPower::turn" => SetPower::turn(&mut any(), any(), any()),
    "amt::Version::parse" => Version::parse(any()),
}
