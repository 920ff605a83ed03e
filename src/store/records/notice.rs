//! Owns the stored shape of what a provider told.

use serde::Deserialize;
use serde::Serialize;

use crate::domain::meeting::MeetingId;
use crate::domain::notice::News;
use crate::domain::notice::Notice;
use crate::domain::notice::UserId;
use crate::store::records::field::Time;
use crate::store::records::field::Unreadable;

#[derive(Serialize, Deserialize)]
pub(super) struct NoticeV1 {
    organisation: String,
    news: NewsV1,
    at: Time,
    told_at: Time,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum NewsV1 {
    MeetingChanged(String),
    MeetingStarted(String),
    MeetingEnded(String),
    UserLeft(String),
    ConsentWithdrawn { user: String, at: Time },
}

impl From<&Notice> for NoticeV1 {
    fn from(notice: &Notice) -> Self {
        let text = |id: &MeetingId| id.as_str().to_owned();
        Self {
            organisation: notice.organisation.clone(),
            news: match &notice.news {
                News::MeetingChanged(id) => NewsV1::MeetingChanged(text(id)),
                News::MeetingStarted(id) => NewsV1::MeetingStarted(text(id)),
                News::MeetingEnded(id) => NewsV1::MeetingEnded(text(id)),
                News::UserLeft(user) => NewsV1::UserLeft(user.0.clone()),
                News::ConsentWithdrawn(user, at) => {
                    NewsV1::ConsentWithdrawn { user: user.0.clone(), at: *at }
                }
            },
            at: notice.at,
            told_at: notice.told_at,
        }
    }
}

impl TryFrom<NoticeV1> for Notice {
    type Error = Unreadable;

    fn try_from(shape: NoticeV1) -> Result<Self, Unreadable> {
        Ok(Self {
            organisation: shape.organisation,
            news: match shape.news {
                NewsV1::MeetingChanged(id) => News::MeetingChanged(MeetingId::new(&id)),
                NewsV1::MeetingStarted(id) => News::MeetingStarted(MeetingId::new(&id)),
                NewsV1::MeetingEnded(id) => News::MeetingEnded(MeetingId::new(&id)),
                NewsV1::UserLeft(user) => News::UserLeft(UserId(user)),
                NewsV1::ConsentWithdrawn { user, at } => News::ConsentWithdrawn(UserId(user), at),
            },
            at: shape.at,
            told_at: shape.told_at,
        })
    }
}
