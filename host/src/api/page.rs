//! Pages of a list (ironic-api.md, section 4).

use uuid::Uuid;

use super::Error;
use super::links::Base;
use super::query::Query;

/// Which part of a list is wanted.
pub(super) struct Page {
    limit: usize,
    marker: Option<Uuid>,
    /// What the list is sorted by; `id` is the order of creation.
    pub(super) sort_key: String,
    /// Largest first.
    pub(super) descending: bool,
}

impl Page {
    /// Takes it from a query.
    pub(super) fn take(query: &mut Query, max_limit: usize) -> Result<Self, Error> {
        let wrong = |text: String| Err(Error::InvalidParameterValue(text));
        let limit = match query.parsed::<i64>("limit", "a whole number")? {
            None => max_limit,
            Some(limit) => match usize::try_from(limit) {
                Ok(limit) if limit > 0 => limit.min(max_limit),
                _ => return wrong("Limit must be positive".to_owned()),
            },
        };
        let marker = match query.take("marker") {
            None => None,
            Some(text) => match Uuid::try_parse(&text) {
                Ok(uuid) => Some(uuid),
                Err(_) => return wrong(format!("Expected UUID for marker: {text}")),
            },
        };
        let descending = match query.take("sort_dir").as_deref() {
            None | Some("asc") => false,
            Some("desc") => true,
            Some(other) => {
                return wrong(format!("Invalid sort direction: {other}. Acceptable values are 'asc' or 'desc'"));
            }
        };
        let sort_key = query.take("sort_key").unwrap_or_else(|| "id".to_owned());
        Ok(Self { limit, marker, sort_key, descending })
    }

    /// After which one the page begins.
    pub(super) const fn marker(&self) -> Option<Uuid> {
        self.marker
    }

    /// What of `sorted` belongs to the page, and whether more follows. The marker need not be wanted itself: it may have
    /// changed since the page before.
    pub(super) fn cut<T>(
        &self,
        sorted: impl IntoIterator<Item = T>,
        uuid: impl Fn(&T) -> Uuid,
        wanted: impl Fn(&T) -> bool,
        not_found: impl Fn(String) -> Error,
    ) -> Result<(Vec<T>, bool), Error> {
        let mut rest = sorted.into_iter();
        if let Some(marker) = self.marker
            && !rest.any(|item| uuid(&item) == marker)
        {
            return Err(not_found(marker.to_string()));
        }
        let mut rest = rest.filter(|item| wanted(item));
        let list: Vec<_> = rest.by_ref().take(self.limit).collect();
        let more = rest.next().is_some();
        Ok((list, more))
    }

    /// Where the list goes on after `last`, with the arguments that made it what it is.
    pub(super) fn next(&self, base: &Base, path: &str, keep: &[(&str, String)], last: Uuid) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("sort_key", &self.sort_key);
        query.append_pair("sort_dir", if self.descending { "desc" } else { "asc" });
        for (name, value) in keep {
            query.append_pair(name, value);
        }
        query.append_pair("limit", &self.limit.to_string());
        query.append_pair("marker", &last.to_string());
        // Commas are plain in a query, and people read these links.
        base.at(&format!("/v1/{path}?{}", query.finish().replace("%2C", ",")))
    }
}
