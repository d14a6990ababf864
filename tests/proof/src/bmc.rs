//! IPMI: dialogs, engine, and who asks.

use heapless::Vec;
use rackhand_core::buffer::Full;
use rackhand_core::dialog::{Bounded, Dialog};
use rackhand_core::exchange::Exchange;
use rackhand_core::ipmi::command::BootFlags;
use rackhand_core::ipmi::wire::Response;
use rackhand_core::ipmi::{
    BootSetting, DATA_LEN, Ipmi, IpmiFailure, IpmiTask, IpmiTrouble, Kg, LoginFailure, Privilege, Raw, RawAnswer,
    ReadBoot, ReadPower, RequestWriter, Route, SetBoot, SetPower,
};

use crate::whatever::Whatever;
use crate::{any, roots};

type Engine<D> = rackhand_core::ipmi::Engine<D>;
type IpmiError = rackhand_core::ipmi::IpmiError<IpmiFailure>;

roots! {
    "Vec::from(ipmi::RawAnswer)" => Vec::<u8, DATA_LEN>::from(any::<RawAnswer>()),
    "ipmi::BootSetting::from(ipmi::command::BootFlags)" => BootSetting::from(any::<BootFlags>()),
    "ipmi::Engine::dialog" => Engine::<IpmiTask>::dialog(&any()),
    "ipmi::Engine::doing" => Engine::<IpmiTask>::doing(&any()),
    "ipmi::Engine::new" => Engine::<IpmiTask>::new(any(), any(), any(), &any(), any()),
    "ipmi::Engine::step" => (
        Engine::<IpmiTask>::step(&mut any(), any(), any(), any()),
        Engine::<Whatever<Ipmi, IpmiFailure>>::step(&mut any(), any(), any(), any()),
    ),
    "ipmi::Engine::suite" => Engine::<IpmiTask>::suite(&any()),
    "ipmi::IpmiError::from(buffer::Full)" => IpmiError::from(any::<Full>()),
    "ipmi::IpmiTask::ask" => IpmiTask::ask(&any(), &mut any()),
    "ipmi::IpmiTask::doing" => IpmiTask::doing(&any()),
    "ipmi::IpmiTask::give_up" => IpmiTask::give_up(&any()),
    "ipmi::IpmiTask::hurry" => IpmiTask::hurry(&mut any()),
    "ipmi::IpmiTask::repeatable" => IpmiTask::repeatable(&any()),
    "ipmi::IpmiTask::reserve_ms" => IpmiTask::reserve_ms(&any()),
    "ipmi::IpmiTask::share" => IpmiTask::share(&any()),
    "ipmi::IpmiTask::turn" => IpmiTask::turn(&mut any(), any(), any()),
    "ipmi::IpmiTrouble::is_final" => IpmiTrouble::is_final(any()),
    "ipmi::Kg::drop" => drop(any::<Kg>()),
    "ipmi::Kg::eq" => Kg::eq(&any(), &any()),
    "ipmi::Kg::from_hex" => Kg::from_hex(any()),
    "ipmi::Kg::new" => Kg::new(any()),
    "ipmi::LoginFailure::is_final" => LoginFailure::is_final(any()),
    "ipmi::Privilege::as_str" => Privilege::as_str(any()),
    "ipmi::Privilege::from_name" => Privilege::from_name(any()),
    "ipmi::Privilege::number" => Privilege::number(any()),
    "ipmi::Raw::ask" => Raw::ask(&any(), &mut any()),
    "ipmi::Raw::doing" => Raw::doing(&any()),
    "ipmi::Raw::give_up" => Raw::give_up(&any()),
    "ipmi::Raw::hurry" => Raw::hurry(&mut any()),
    "ipmi::Raw::new" => Raw::new(any()),
    "ipmi::Raw::repeatable" => Raw::repeatable(&any()),
    "ipmi::Raw::reserve_ms" => Raw::reserve_ms(&any()),
    "ipmi::Raw::share" => Raw::share(&any()),
    "ipmi::Raw::turn" => Raw::turn(&mut any(), any(), any()),
    "ipmi::RawAnswer::bytes" => RawAnswer::bytes(&any()),
    "ipmi::RawAnswer::from(Vec)" => RawAnswer::from(any::<Vec<u8, DATA_LEN>>()),
    "ipmi::RawAnswer::new" => RawAnswer::new(&any()),
    "ipmi::ReadBoot::ask" => ReadBoot::ask(&any(), &mut any()),
    "ipmi::ReadBoot::doing" => ReadBoot::doing(&any()),
    "ipmi::ReadBoot::give_up" => ReadBoot::give_up(&any()),
    "ipmi::ReadBoot::hurry" => ReadBoot::hurry(&mut any()),
    "ipmi::ReadBoot::repeatable" => ReadBoot::repeatable(&any()),
    "ipmi::ReadBoot::reserve_ms" => ReadBoot::reserve_ms(&any()),
    "ipmi::ReadBoot::share" => ReadBoot::share(&any()),
    "ipmi::ReadBoot::turn" => ReadBoot::turn(&mut any(), any(), any()),
    "ipmi::ReadPower::ask" => ReadPower::ask(&any(), &mut any()),
    "ipmi::ReadPower::doing" => ReadPower::doing(&any()),
    "ipmi::ReadPower::give_up" => ReadPower::give_up(&any()),
    "ipmi::ReadPower::hurry" => ReadPower::hurry(&mut any()),
    "ipmi::ReadPower::repeatable" => ReadPower::repeatable(&any()),
    "ipmi::ReadPower::reserve_ms" => ReadPower::reserve_ms(&any()),
    "ipmi::ReadPower::share" => ReadPower::share(&any()),
    "ipmi::ReadPower::turn" => ReadPower::turn(&mut any(), any(), any()),
    "ipmi::RequestWriter::emit" => RequestWriter::emit(&mut any(), |w| w.went()),
    "ipmi::Route::default" => Route::default(),
    "ipmi::SetBoot::ask" => SetBoot::ask(&any(), &mut any()),
    "ipmi::SetBoot::doing" => SetBoot::doing(&any()),
    "ipmi::SetBoot::give_up" => SetBoot::give_up(&any()),
    "ipmi::SetBoot::hurry" => SetBoot::hurry(&mut any()),
    "ipmi::SetBoot::new" => SetBoot::new(any(), any(), any()),
    "ipmi::SetBoot::repeatable" => SetBoot::repeatable(&any()),
    "ipmi::SetBoot::reserve_ms" => SetBoot::reserve_ms(&any()),
    "ipmi::SetBoot::share" => SetBoot::share(&any()),
    "ipmi::SetBoot::turn" => SetBoot::turn(&mut any(), any(), any()),
    "ipmi::SetPower::ask" => SetPower::ask(&any(), &mut any()),
    "ipmi::SetPower::doing" => SetPower::doing(&any()),
    "ipmi::SetPower::give_up" => SetPower::give_up(&any()),
    "ipmi::SetPower::hurry" => SetPower::hurry(&mut any()),
    "ipmi::SetPower::least_ms" => SetPower::least_ms(),
    "ipmi::SetPower::new" => SetPower::new(any(), any()),
    "ipmi::SetPower::repeatable" => SetPower::repeatable(&any()),
    "ipmi::SetPower::reserve_ms" => SetPower::reserve_ms(&any()),
    "ipmi::SetPower::share" => SetPower::share(&any()),
    "ipmi::SetPower::turn" => SetPower::turn(&mut any(), any(), any()),
    "ipmi::wire::Response::parse_signed" => Response::parse_signed(any()),
}
