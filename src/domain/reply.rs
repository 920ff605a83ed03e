//! Owns what comes of telling an endpoint one event once, and what it means (R24).

use jiff::Timestamp;

/// What came of telling one event once, without what was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// An answer with this status.
    Status(u16),
    /// No connection.
    Unreachable,
    /// No answer in time.
    TimedOut,
    /// A connection that broke.
    Broken,
}

/// An answer, and until when the endpoint asked to be left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reply {
    /// The answer.
    pub answer: Answer,
    /// `Retry-After`, where there is one.
    pub retry_after: Option<Timestamp>,
}

/// What an answer means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// The event is taken.
    Taken,
    /// It is not, and the endpoint has judged it: a 4xx, or an error of its own over it, such as a 500.
    Refused,
    /// It is not, and nothing is said about it: the endpoint cannot be reached, or is somewhere else.
    Failed,
    /// The endpoint wants to be left alone; nothing is said about the event.
    Asked(Option<Timestamp>),
    /// It is not; the endpoint says that it is gone for good, at least for this event.
    Gone,
}

impl Reply {
    /// What it means: 2xx is success, a redirect is not followed. What a proxy before the endpoint says tells of the way,
    /// and of no event.
    pub fn meaning(&self) -> Meaning {
        match (self.answer, self.retry_after) {
            (Answer::Status(200..=299), _) => Meaning::Taken,
            (Answer::Status(410), _) => Meaning::Gone,
            (Answer::Status(429), until) | (Answer::Status(503), until @ Some(_)) => Meaning::Asked(until),
            (Answer::Status(408 | 502..=504), _) => Meaning::Failed,
            (Answer::Status(400..=599), _) => Meaning::Refused,
            (Answer::Status(_) | Answer::Unreachable | Answer::TimedOut | Answer::Broken, _) => {
                Meaning::Failed
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_2xx_is_success_and_only_what_the_endpoint_itself_says_is_a_judgement() {
        let meaning = |answer| Reply { answer, retry_after: None }.meaning();
        for status in [200, 201, 202, 204, 299] {
            assert_eq!(meaning(Answer::Status(status)), Meaning::Taken, "{status}");
        }
        for status in [400, 401, 404, 413, 422, 499, 500, 501, 599] {
            assert_eq!(meaning(Answer::Status(status)), Meaning::Refused, "{status}");
        }
        for status in [100, 301, 302, 307, 408, 502, 503, 504, 600] {
            assert_eq!(meaning(Answer::Status(status)), Meaning::Failed, "{status}");
        }
        for answer in [Answer::Unreachable, Answer::TimedOut, Answer::Broken] {
            assert_eq!(meaning(answer), Meaning::Failed, "{answer:?}");
        }
        assert_eq!(meaning(Answer::Status(410)), Meaning::Gone);
        assert_eq!(meaning(Answer::Status(429)), Meaning::Asked(None));
    }
}
