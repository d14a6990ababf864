//! The part that depends on the reader: [`Want`]s against serde's interface.

use core::fmt;
use core::marker::PhantomData;

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, VariantAccess, Visitor};

use super::{Read, Want};

impl<'de> DeserializeSeed<'de> for Want<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        match &self {
            Self::Flag(_) => from.deserialize_bool(Visit(self)),
            Self::List(_) => from.deserialize_seq(Visit(self)),
            Self::Number(_) => from.deserialize_u32(Visit(self)),
            Self::Object(_) => from.deserialize_map(Visit(self)),
            #[cfg(feature = "ipmi")]
            Self::Optional(_) => from.deserialize_option(Visit(self)),
            Self::OptionalText(_) | Self::OptionalNumber(_) => from.deserialize_option(Visit(self)),
            Self::Text(_) => from.deserialize_str(Visit(self)),
            Self::Unit => Err(D::Error::custom(REFUSED)),
            Self::Variant(_) => from.deserialize_enum("", &[], Visit(self)),
        }
    }
}

/// What an error says, where it says anything: whoever gives an order is told that it is none, and no more.
const REFUSED: &str = "refused";

fn accepted<E: Error>(fits: bool) -> Result<(), E> {
    if fits { Ok(()) } else { Err(E::custom(REFUSED)) }
}

struct Visit<'w>(Want<'w>);

impl<'de> Visitor<'de> for Visit<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an order")
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<(), E> {
        let Want::Flag(place) = self.0 else { return accepted(false) };
        *place = flag;
        Ok(())
    }

    fn visit_u32<E: Error>(self, number: u32) -> Result<(), E> {
        let Want::Number(place) = self.0 else { return accepted(false) };
        *place = number;
        Ok(())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<(), E> {
        let number = u32::try_from(number).map_err(|_| E::custom(REFUSED))?;
        self.visit_u32(number)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        let Want::Text(take) = self.0 else { return accepted(false) };
        accepted(take(text))
    }

    fn visit_none<E: Error>(self) -> Result<(), E> {
        match self.0 {
            Want::OptionalNumber(place) => *place = None,
            #[cfg(feature = "ipmi")]
            Want::Optional(take) => return accepted(take(None)),
            Want::OptionalText(take) => return accepted(take(None)),
            _ => return accepted(false),
        }
        Ok(())
    }

    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        match self.0 {
            Want::OptionalNumber(place) => {
                let mut number = 0;
                Want::Number(&mut number).deserialize(from)?;
                *place = Some(number);
                Ok(())
            }
            #[cfg(feature = "ipmi")]
            Want::Optional(take) => accepted(take(Some(&mut Whole { from: Some(from), source: PhantomData }))),
            Want::OptionalText(take) => Want::Text(&mut |text| take(Some(text))).deserialize(from),
            _ => accepted(false),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let Want::List(take) = self.0 else { return accepted(false) };
        loop {
            let mut place = Place { list: &mut list, ended: false, source: PhantomData };
            let fits = take(&mut place);
            if place.ended {
                return Ok(());
            }
            accepted(fits)?;
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Want::Object(take) = self.0 else { return accepted(false) };
        while let Some(key) = map.next_key_seed(Key)? {
            accepted(take(key, &mut Field { map: &mut map, source: PhantomData }))?;
        }
        Ok(())
    }

    fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<(), A::Error> {
        let Want::Variant(take) = self.0 else { return accepted(false) };
        let (name, variant) = data.variant_seed(Key)?;
        accepted(take(name, &mut Content { variant: Some(variant), source: PhantomData }))
    }
}

/// A key. Ours have nothing in them that JSON would escape.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = &'de str;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<&'de str, D::Error> {
        from.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = &'de str;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E: Error>(self, key: &'de str) -> Result<&'de str, E> {
        Ok(key)
    }
}

/// The value behind a key.
struct Field<'a, 'de, A> {
    map: &'a mut A,
    source: PhantomData<&'de ()>,
}

impl<'de, A: MapAccess<'de>> Read for Field<'_, 'de, A> {
    fn read(&mut self, want: Want<'_>) -> bool {
        self.map.next_value_seed(want).is_ok()
    }
}

/// A place of a list.
struct Place<'a, 'de, A> {
    list: &'a mut A,
    ended: bool,
    source: PhantomData<&'de ()>,
}

impl<'de, A: SeqAccess<'de>> Read for Place<'_, 'de, A> {
    fn read(&mut self, want: Want<'_>) -> bool {
        match self.list.next_element_seed(want) {
            Ok(Some(())) => true,
            Ok(None) => {
                self.ended = true;
                false
            }
            Err(_) => false,
        }
    }
}

/// What is not `null`.
#[cfg(feature = "ipmi")]
struct Whole<'de, D> {
    from: Option<D>,
    source: PhantomData<&'de ()>,
}

#[cfg(feature = "ipmi")]
impl<'de, D: Deserializer<'de>> Read for Whole<'de, D> {
    fn read(&mut self, want: Want<'_>) -> bool {
        self.from.take().is_some_and(|from| want.deserialize(from).is_ok())
    }
}

/// What follows a variant's name.
struct Content<'de, A> {
    variant: Option<A>,
    source: PhantomData<&'de ()>,
}

impl<'de, A: VariantAccess<'de>> Read for Content<'de, A> {
    fn read(&mut self, want: Want<'_>) -> bool {
        self.variant.take().is_some_and(|variant| {
            match want {
                Want::Unit => variant.unit_variant(),
                want => variant.newtype_variant_seed(want),
            }
            .is_ok()
        })
    }
}
