//! Names the operations of Zoom that greenroom uses, with their labels and scopes.

use std::fmt;

use serde::Deserialize;
use serde::Serialize;

/// An operation of Zoom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Operation {
    #[serde(rename = "meetings.create")]
    CreateMeeting,
    #[serde(rename = "meetings.update")]
    UpdateMeeting,
    #[serde(rename = "meetings.delete")]
    DeleteMeeting,
    #[serde(rename = "meetings.find")]
    FindMeeting,
    #[serde(rename = "meetings.list")]
    ListMeetings,
    #[serde(rename = "users.me")]
    ShowUser,
    #[serde(rename = "oauth.token.code")]
    ExchangeCode,
    #[serde(rename = "oauth.token.refresh")]
    Refresh,
    #[serde(rename = "oauth.revoke")]
    Revoke,
}

/// How heavy an operation is; each label has its own limit (zoom/facts.md 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Label {
    /// Everything but lists.
    Light,
    /// Lists.
    Medium,
}

impl Label {
    /// As the `X-RateLimit-Category` header writes it.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Light => "Light",
            Self::Medium => "Medium",
        }
    }
}

impl Operation {
    /// The name the control address knows it by.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::CreateMeeting => "meetings.create",
            Self::UpdateMeeting => "meetings.update",
            Self::DeleteMeeting => "meetings.delete",
            Self::FindMeeting => "meetings.find",
            Self::ListMeetings => "meetings.list",
            Self::ShowUser => "users.me",
            Self::ExchangeCode => "oauth.token.code",
            Self::Refresh => "oauth.token.refresh",
            Self::Revoke => "oauth.revoke",
        }
    }

    /// Its label; OAuth has none.
    pub(super) const fn label(self) -> Option<Label> {
        match self {
            Self::ListMeetings => Some(Label::Medium),
            Self::CreateMeeting
            | Self::UpdateMeeting
            | Self::DeleteMeeting
            | Self::FindMeeting
            | Self::ShowUser => Some(Label::Light),
            Self::ExchangeCode | Self::Refresh | Self::Revoke => None,
        }
    }

    /// The granular scope and the classic one that also does (zoom/facts.md 1.9).
    pub(super) const fn scopes(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::CreateMeeting => Some(("meeting:write:meeting", "meeting:write")),
            Self::UpdateMeeting => Some(("meeting:update:meeting", "meeting:write")),
            Self::DeleteMeeting => Some(("meeting:delete:meeting", "meeting:write")),
            Self::FindMeeting => Some(("meeting:read:meeting", "meeting:read")),
            Self::ListMeetings => Some(("meeting:read:list_meetings", "meeting:read")),
            Self::ShowUser => Some(("user:read:user", "user:read")),
            Self::ExchangeCode | Self::Refresh | Self::Revoke => None,
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
