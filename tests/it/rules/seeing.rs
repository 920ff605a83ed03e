//! Who sees a link, against the naive statement (R25): every site, every service, every audience.

use greenroom::domain::visibility::Audience;
use greenroom::domain::visibility::ServiceVisibility;
use greenroom::domain::visibility::Sight;
use greenroom::domain::visibility::SiteVisibility;
use greenroom::domain::visibility::sight;

use crate::rules::naive::sees;

const SAID: [Option<bool>; 3] = [None, Some(false), Some(true)];

/// The words of the place `at` in a count of all that can be said.
fn words(at: usize) -> [Option<bool>; 5] {
    [1, 3, 9, 27, 81].map(|power| SAID[at / power % 3])
}

fn of_site(words: [Option<bool>; 5]) -> Option<SiteVisibility> {
    let [confirmation_email, members_area, reminder_email, sms, calendar_file] = words;
    let (confirmation_email, members_area) = (confirmation_email?, members_area?);
    Some(SiteVisibility { confirmation_email, members_area, reminder_email, sms, calendar_file })
}

fn of_service(words: [Option<bool>; 5]) -> ServiceVisibility {
    let [confirmation_email, members_area, reminder_email, sms, calendar_file] = words;
    ServiceVisibility { confirmation_email, members_area, reminder_email, sms, calendar_file }
}

#[test]
fn every_audience_sees_what_a_second_reading_of_the_rules_says() {
    let mut seen = [0, 0];
    for site in (0..243).map(words) {
        let Some(of_site) = of_site(site) else { continue };
        for service in (0..243).map(words) {
            for audience in Audience::ALL {
                let shown = sight(&of_site, &of_service(service), audience) == Sight::Shown;
                assert_eq!(shown, sees(site, service, audience.name()), "{site:?} {service:?} {audience:?}");
                seen[usize::from(shown)] += 1;
            }
        }
    }
    assert_eq!(seen.iter().sum::<i32>(), 108 * 243 * 6);
    assert!(seen.iter().all(|count| *count > 50_000), "{seen:?}");
}
