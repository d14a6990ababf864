//! WS-Management: XML, envelopes, faults.

use rackhand_core::wsman::enumeration::{self, Enumerated};
use rackhand_core::wsman::xml::{Element, Octets, QName, Reader, Text, Writer};
use rackhand_core::wsman::{self, Envelope, FaultCode, Identity, Request, Subcode};

use crate::{any, roots};

type Pair = (&'static str, &'static str);

roots! {
    "wsman::Envelope::fault" => Envelope::fault(&mut any()),
    "wsman::Envelope::finish" => Envelope::finish(&mut any()),
    "wsman::Envelope::holds" => Envelope::holds(&any(), any(), any()),
    "wsman::Envelope::properties" => Envelope::properties(&mut any(), any()),
    "wsman::Envelope::read" => Envelope::read(any()),
    "wsman::Envelope::seek" => Envelope::seek(&mut any(), any::<Pair>(), any()),
    "wsman::FaultCode::as_str" => FaultCode::as_str(any()),
    "wsman::Identity::read" => Identity::read(any()),
    "wsman::Request::emit" => Request::emit(&any(), any(), any(), &mut any()),
    "wsman::Subcode::as_str" => Subcode::as_str(any()),
    "wsman::Subcode::namespace" => Subcode::namespace(any()),
    "wsman::enumeration::Enumerated::read" => Enumerated::read(any(), any()),
    "wsman::enumeration::enumerate" => enumeration::enumerate(&mut any()),
    "wsman::enumeration::pull" => enumeration::pull(&mut any(), any(), any()),
    "wsman::enumeration::release" => enumeration::release(&mut any(), any()),
    "wsman::identify" => wsman::identify(&mut any()),
    "wsman::properties" => wsman::properties(any(), any(), any()),
    "wsman::reference" => wsman::reference(&mut any(), any(), any()),
    "wsman::xml::Element::is" => Element::is(&any(), any(), any()),
    "wsman::xml::Element::unexpected" => Element::unexpected(&any()),
    "wsman::xml::Octets::next" => Octets::next(&mut any()),
    "wsman::xml::QName::is" => QName::is(&any(), any(), any()),
    "wsman::xml::QName::local" => QName::local(&any()),
    "wsman::xml::QName::namespace" => QName::namespace(&any()),
    "wsman::xml::Reader::at" => Reader::at(&any()),
    "wsman::xml::Reader::attribute" => Reader::attribute(&any(), any(), any(), any()),
    "wsman::xml::Reader::child" => Reader::child(&mut any()),
    "wsman::xml::Reader::end" => Reader::end(&mut any()),
    "wsman::xml::Reader::leaf" => Reader::leaf(&mut any()),
    "wsman::xml::Reader::new" => Reader::new(any()),
    "wsman::xml::Reader::resolve" => Reader::resolve(&any(), any()),
    "wsman::xml::Reader::root" => Reader::root(&mut any()),
    "wsman::xml::Reader::skip" => Reader::skip(&mut any()),
    "wsman::xml::Reader::text" => Reader::text(&mut any()),
    "wsman::xml::Text::boolean" => Text::boolean(any()),
    "wsman::xml::Text::is" => Text::is(any(), any()),
    "wsman::xml::Text::is_both" => Text::is_both(any(), any(), any()),
    "wsman::xml::Text::is_empty" => Text::is_empty(any()),
    "wsman::xml::Text::number" => Text::number(any()),
    "wsman::xml::Text::octets" => Text::octets(any()),
    "wsman::xml::Text::same" => Text::same(any(), any()),
    "wsman::xml::Text::trimmed" => { let it: Option<heapless::String<64>> = Text::trimmed(any()); it },
    "wsman::xml::Writer::attribute" => Writer::attribute(&mut any(), any(), any(), any()),
    "wsman::xml::Writer::class" => Writer::class(&mut any(), any(), any::<Pair>()),
    "wsman::xml::Writer::document" => Writer::document(any()),
    "wsman::xml::Writer::end" => Writer::end(&mut any()),
    "wsman::xml::Writer::finish" => Writer::finish(any()),
    "wsman::xml::Writer::leaf" => Writer::leaf(&mut any(), any(), any(), any()),
    "wsman::xml::Writer::namespace" => Writer::namespace(&mut any(), any(), any()),
    "wsman::xml::Writer::number" => Writer::number(&mut any(), any()),
    "wsman::xml::Writer::start" => Writer::start(&mut any(), any(), any()),
    "wsman::xml::Writer::text" => Writer::text(&mut any(), any()),
}
