//! Intel AMT.

use rackhand_core::amt::{AmtOptions, Body, BootProperties, SetPower};
use rackhand_core::dialog::Dialog;

use crate::{any, roots};

roots! {
    "amt::AmtOptions::default" => AmtOptions::default(),
    "amt::Body::boot_properties" => Body::boot_properties(any()),
    "amt::Body::new" => Body::new(any()),
    "amt::Body::number" => Body::number(any(), any()),
    "amt::BootProperties::has" => BootProperties::has(any(), any()),
    "amt::SetPower::ask" => SetPower::ask(&any(), &mut any()),
    "amt::SetPower::doing" => SetPower::doing(&any()),
    "amt::SetPower::new" => SetPower::new(any(), any(), any()),
    "amt::SetPower::repeatable" => SetPower::repeatable(&any()),
    "amt::SetPower::share" => SetPower::share(&any()),
    "amt::SetPower::turn" => SetPower::turn(&mut any(), any(), any()),
}
