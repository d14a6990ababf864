//! IPMI, and Node Manager over it.

use rackhand_core::dialog::Dialog;
use rackhand_core::ipmi::RequestWriter;
use rackhand_core::nm::Invoke;

use crate::{any, roots};

roots! {
    "ipmi::RequestWriter::data" => RequestWriter::data(&mut any(), any()),
    "ipmi::RequestWriter::head" => RequestWriter::head(&mut any(), any(), any(), any()),
    "ipmi::RequestWriter::is_empty" => RequestWriter::is_empty(&any()),
    "ipmi::RequestWriter::len" => RequestWriter::len(&any()),
    "ipmi::RequestWriter::new" => RequestWriter::new(any()),
    "nm::Invoke::ask" => Invoke::ask(&any(), &mut any()),
    "nm::Invoke::doing" => Invoke::doing(&any()),
    "nm::Invoke::new" => Invoke::new(any(), any()),
    "nm::Invoke::repeatable" => Invoke::repeatable(&any()),
    "nm::Invoke::share" => Invoke::share(&any()),
    "nm::Invoke::turn" => Invoke::turn(&mut any(), any(), any()),
}
