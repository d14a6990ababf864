//! Searches for a Node Manager that have found nothing: walking through all records of a BMC takes long, and is not done for every
//! call. Upstream never looks again; here it is soon enough.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rackhand_core::operation::Target;
use tokio::time::Instant;

use crate::driver::codec::Codec;
use crate::driver::{Device, DriverError};

/// How long it is believed that there is none.
const BELIEVED: Duration = Duration::from_secs(300);

/// Those of the last minutes, by the BMCs' addresses.
#[derive(Default)]
pub(in crate::driver) struct Searches(Mutex<HashMap<String, Search>>);

struct Search {
    /// For whom: another user may see more.
    target: Target,
    /// What was found out.
    told: String,
    at: Instant,
}

impl Searches {
    fn map(&self) -> MutexGuard<'_, HashMap<String, Search>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says, instead of asking again, that there is none, where that is known.
    pub(super) fn judge(&self, bmc: &Codec) -> Result<(), DriverError> {
        let map = self.map();
        let search = bmc.address().and_then(|address| map.get(address)).filter(|it| it.target == *bmc.target());
        let Some(search) = search else { return Ok(()) };
        let ago = search.at.elapsed();
        if ago >= BELIEVED {
            return Ok(());
        }
        let (ago, left) = (ago.as_secs(), BELIEVED.saturating_sub(ago).as_secs().max(1));
        Err(DriverError::known_beforehand(format!(
            "{}; that was {ago} s ago, and it is looked for again in {left} s, or at once by get_nm_version or after a change of \
             driver_info",
            search.told
        )))
    }

    /// Notes that there is none, in these words.
    pub(super) fn found_nothing(&self, bmc: &Codec, told: String) {
        let Some(address) = bmc.address() else { return };
        let mut map = self.map();
        map.retain(|_, search| search.at.elapsed() < BELIEVED);
        let search = Search { target: bmc.target().clone(), told, at: Instant::now() };
        map.insert(address.to_owned(), search);
    }

    /// Looks again next time.
    pub(super) fn forget(&self, bmc: &Codec) {
        if let Some(address) = bmc.address() {
            self.map().remove(address);
        }
    }
}

#[cfg(test)]
mod tests {
    use rackhand_core::operation::{HardwareType, Value};

    use super::*;

    fn bmc(user: &str) -> Codec {
        let info = [("ipmi_address", "bmc"), ("ipmi_username", user)].map(|(key, text)| (key, Value::Str(text)));
        Codec::new(Target::new(HardwareType::StagingNm, info.into_iter(), std::iter::empty()).unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_believed_for_ever() {
        let searches = Searches::default();
        assert_eq!(searches.judge(&bmc("a")), Ok(()));
        searches.found_nothing(&bmc("a"), "nobody there".to_owned());
        tokio::time::advance(Duration::from_secs(12)).await;
        let told = searches.judge(&bmc("a")).unwrap_err();
        assert!(told.to_string().starts_with("nobody there; "), "{told}");
        assert!(told.to_string().contains("12 s ago") && told.to_string().contains("in 288 s"), "{told}");
        assert!(!told.is_final(), "{told}");
        assert_eq!(searches.judge(&bmc("b")), Ok(()), "another user may see more");
        searches.forget(&bmc("a"));
        assert_eq!(searches.judge(&bmc("a")), Ok(()));
        searches.found_nothing(&bmc("a"), "nobody there".to_owned());
        tokio::time::advance(BELIEVED).await;
        assert_eq!(searches.judge(&bmc("a")), Ok(()));
    }
}
