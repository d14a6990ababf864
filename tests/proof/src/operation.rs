//! Targets, actions, outcomes and their JSON.

use core::str::FromStr;

use heapless::{String, Vec};
use rackhand_core::amt::{AmtEnd, AmtError};
use rackhand_core::buffer::Full;
use rackhand_core::dxp::{DxpError, Failure};
use rackhand_core::exchange::Exchange;
use rackhand_core::ipmi::{IpmiError, IpmiFailure};
use rackhand_core::operation::{
    Action, Answer, BootDevice, Error, HardwareType, Host, IbootOptions, InterfaceName, Memory, Operation, Order,
    Outcome, Ports, PowerState, PowerTarget, Setting, Settings, Target, Value,
};
use rackhand_core::wol::{MAX_PORTS, Mac, WakeError};

use crate::{any, roots};

type DriverInfo = &'static [(&'static str, Value<'static>)];
type Texts = &'static [&'static str];

roots! {
    "Vec::from(operation::Ports)" => Vec::<Mac, MAX_PORTS>::from(any::<Ports>()),
    "operation::Action::name" => Action::name(&any()),
    "operation::Answer::from_json" => Answer::from_json(any()),
    "operation::Answer::to_json" => Answer::to_json(&any(), any()),
    "operation::BootDevice::as_str" => BootDevice::as_str(any()),
    "operation::BootDevice::from_name" => BootDevice::from_name(any()),
    "operation::Error::from(amt::AmtError)" => Error::from(any::<AmtError<AmtEnd>>()),
    "operation::Error::from(buffer::Full)" => Error::from(any::<Full>()),
    "operation::Error::from(dxp::DxpError)" => Error::from(any::<DxpError<Failure>>()),
    "operation::Error::from(ipmi::IpmiError)" => Error::from(any::<IpmiError<IpmiFailure>>()),
    "operation::Error::from(wol::WakeError)" => Error::from(any::<WakeError>()),
    "operation::Error::kind" => Error::kind(&any()),
    "operation::Error::name" => Error::name(&any()),
    "operation::HardwareType::as_str" => HardwareType::as_str(any()),
    "operation::HardwareType::prefix" => HardwareType::prefix(any()),
    "operation::Host::from_str" => Host::from_str(any()),
    "operation::Host::text" => Host::text(&any()),
    "operation::IbootOptions::default" => IbootOptions::default(),
    "operation::IbootOptions::reboot_delay" => IbootOptions::reboot_delay(any()),
    "operation::IbootOptions::retry_interval" => IbootOptions::retry_interval(any()),
    "operation::InterfaceName::as_str" => InterfaceName::as_str(&any()),
    "operation::InterfaceName::from_str" => InterfaceName::from_str(any()),
    "operation::InterfaceName::try_from(String)" => InterfaceName::try_from(any::<String<15>>()),
    "operation::Memory::aged" => Memory::aged(any(), any()),
    "operation::Operation::doing" => Operation::doing(&any()),
    "operation::Operation::keeps_link" => Operation::keeps_link(&any()),
    "operation::Operation::memory" => Operation::memory(&any()),
    "operation::Operation::new" => Operation::new(&any(), &any(), any(), &any(), &any()),
    "operation::Operation::step" => Operation::step(&mut any(), any(), any(), any()),
    "operation::Order::from_json" => Order::from_json(any()),
    "operation::Order::operation" => Order::operation(&any(), &any()),
    "operation::Order::to_json" => Order::to_json(&any(), any()),
    "operation::Outcome::power_state" => Outcome::power_state(any()),
    "operation::Ports::as_slice" => Ports::as_slice(&any()),
    "operation::Ports::new" => Ports::new(any()),
    "operation::PowerState::as_str" => PowerState::as_str(any()),
    "operation::PowerState::from_on" => PowerState::from_on(any()),
    "operation::PowerTarget::as_str" => PowerTarget::as_str(any()),
    "operation::Setting::allowed" => Setting::allowed(any()),
    "operation::Setting::as_str" => Setting::as_str(any()),
    "operation::Setting::from_name" => Setting::from_name(any()),
    "operation::Setting::is_of" => Setting::is_of(any(), any()),
    "operation::Setting::is_secret" => Setting::is_secret(any()),
    "operation::Settings::contains" => Settings::contains(any(), any()),
    "operation::Settings::insert" => Settings::insert(&mut any(), any()),
    "operation::Settings::is_empty" => Settings::is_empty(any()),
    "operation::Settings::iter" => Settings::iter(any()).last(),
    "operation::Target::hardware" => Target::hardware(&any()),
    "operation::Target::link" => Target::link(&any()),
    "operation::Target::new" => {
        Target::new(any(), any::<DriverInfo>().iter().copied(), any::<Texts>().iter().copied())
    },
}
