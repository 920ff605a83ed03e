//! Owns how lists are paged: `?limit=` and `?cursor=` (contract.md section 2).

use data_encoding::BASE64URL_NOPAD;
use serde::Deserialize;

use crate::web::problem::Code;
use crate::web::problem::Problem;
use crate::web::schema::Cursor;

const MOST: usize = 200;
const USUAL: usize = 50;

/// Which page of a list.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Paging {
    /// The most items of the page.
    #[param(value_type = usize, required = false, minimum = 1, maximum = 200, default = 50)]
    limit: Option<usize>,
    /// Where the page begins: the `next_cursor` of the page before.
    #[param(value_type = Cursor, required = false, inline)]
    cursor: Option<String>,
}

impl Paging {
    /// The paging of a list whose query has more than that.
    pub(super) const fn new(limit: Option<usize>, cursor: Option<String>) -> Self {
        Self { limit, cursor }
    }

    /// How many items; refuses with 400 `invalid_query`.
    pub(super) fn limit(&self) -> Result<usize, Problem> {
        match self.limit {
            None => Ok(USUAL),
            Some(limit) if (1..=MOST).contains(&limit) => Ok(limit),
            Some(_) => Err(Problem::new(Code::InvalidQuery, "Set limit to a number from 1 to 200.")),
        }
    }

    /// Where the page begins, as `parse` reads it; refuses with 400 `invalid_query`.
    pub(super) fn after<T>(&self, parse: impl FnOnce(&str) -> Option<T>) -> Result<Option<T>, Problem> {
        let Some(cursor) = &self.cursor else { return Ok(None) };
        let bytes = BASE64URL_NOPAD.decode(cursor.as_bytes()).ok();
        let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
        let read = text.and_then(|text| parse(&text));
        let detail = "Leave cursor out, or send the next_cursor of the page before.";
        read.map(Some).ok_or_else(|| Problem::new(Code::InvalidQuery, detail))
    }
}

/// The cursor after an item that is named so.
pub(super) fn cursor(name: &str) -> String {
    BASE64URL_NOPAD.encode(name.as_bytes())
}
