//! What the tests with foreign software share.

pub(crate) mod capture;
pub(crate) mod need;
pub(crate) mod netns;
pub(crate) mod process;
