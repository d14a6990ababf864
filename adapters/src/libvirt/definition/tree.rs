//! Which elements are in which.

use super::DefinitionError;
use super::elements::{self, Element};

/// The elements of a definition.
pub(super) struct Tree<'a> {
    pub(super) xml: &'a str,
    pub(super) elements: Vec<Element<'a>>,
}

impl<'a> Tree<'a> {
    pub(super) fn read(xml: &'a str) -> Result<Self, DefinitionError> {
        Ok(Self { xml, elements: elements::read(xml)? })
    }

    /// The outermost element.
    ///
    /// # Errors
    /// [`DefinitionError::NotADomain`].
    pub(super) fn domain(&self) -> Result<&Element<'a>, DefinitionError> {
        self.elements.first().filter(|root| root.is("domain")).ok_or(DefinitionError::NotADomain)
    }

    pub(super) fn get(&self, at: Option<usize>) -> Option<&Element<'a>> {
        self.elements.get(at?)
    }

    /// The elements right in `of`.
    pub(super) fn children(&self, of: &Element<'a>) -> impl Iterator<Item = &Element<'a>> {
        let (at, end) = (of.at, of.span.end);
        self.elements
            .get(at.saturating_add(1)..)
            .unwrap_or_default()
            .iter()
            .take_while(move |element| element.span.start < end)
            .filter(move |element| element.parent == at)
    }

    /// The first one of libvirt's with that name in `of`.
    pub(super) fn child(&self, of: &Element<'a>, name: &str) -> Option<&Element<'a>> {
        self.children(of).find(|child| child.is(name))
    }

    /// The only one of libvirt's with that name in the domain.
    ///
    /// # Errors
    /// There is another.
    pub(super) fn only(&self, name: &'static str) -> Result<Option<&Element<'a>>, DefinitionError> {
        let mut found = self.children(self.domain()?).filter(|child| child.is(name));
        let first = found.next();
        match found.next() {
            None => Ok(first),
            Some(_) => Err(DefinitionError::Twice { element: name, within: "domain" }),
        }
    }

    /// The text of the only one of libvirt's with that name in the domain.
    ///
    /// # Errors
    /// There is none, or another, or its text cannot be read.
    pub(super) fn text(&self, name: &'static str) -> Result<String, DefinitionError> {
        let element = self.only(name)?.ok_or(DefinitionError::Missing { element: name, within: "domain" })?;
        element.text(self.xml)
    }
}
