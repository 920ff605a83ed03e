# Everything people read, in English. Keys and variables are the same in every language: a test compares them.

brand = Video meetings
skip = Skip to content
language = Language
request-id = If it keeps happening, mention this number:
cancel = Cancel
save = Save
done = Done
edit = Edit
optional = (optional)

# The one-time link

open-title = Set up video meetings
open-text = Continue here to connect or change the accounts that your online sessions take place on.
open = Continue
open-once = This link works once. If you were not expecting it, close this page: nothing happens.

# Accounts

manage-title = Video accounts
manage-intro-owner = The default account serves all online sessions. A team member with an account of their own uses that one instead.
manage-intro-none = Connect a default account. Until there is one, none of your online sessions shows a link.
manage-intro-staff = With an account of your own, your appointments and classes take place on it instead of on the business’s default account.
owner-default = Default account
owner-staff = Team member { $staff }
owner-default-at = the default account of { $business }
owner-staff-at = { $staff } at { $business }
provider-zoom = Zoom
provider-custom = Custom link
plan-basic = Basic
plan-licensed = Licensed
plan-unassigned = no Zoom plan
zoom-user = { $email } ({ $plan })
state-active = Connected
state-reauthorization = Reconnect needed
card-none-default = Nothing is connected yet.
card-none-staff = Nothing is connected yet: your sessions use the business’s default account.
card-default-first = The business needs a default account first. Then an account can be connected here.
card-broken = Meetings that exist still work; new ones wait until the account is reconnected.
lapse-since = Not usable since { $year }-{ $month }-{ $day }, { $time } UTC.
lapse-refused = Zoom does not let us in any more: it no longer accepts the permission that was given.
lapse-removed = Zoom does not let us in any more: this app was removed from the Zoom account.
lapse-missing-scopes = Zoom does not let us do what is needed: a permission is missing.
lapse-user-gone = Zoom does not know this user any more: the user was deactivated, deleted or moved to another organisation.
lapse-reconnect = Reconnect, and sign in as the same Zoom user.
lapse-allow = Reconnect, and allow everything that Zoom asks for. If Zoom does not offer it, ask your Zoom administrator to allow this app.
lapse-restore = Ask your Zoom administrator to restore the user and reconnect, or connect another Zoom user.
connect-zoom = Connect Zoom
connect-custom = Use another link
replace-zoom = Use Zoom instead
replace-custom = Use another link instead
reconnect = Reconnect
disconnect = Disconnect
add-staff = Add a team member’s account
news-connected = The account is connected.
news-saved = The link is saved.
news-disconnected = The account is disconnected.
news-cancelled = Nothing was connected.

# A team member's account

staff-title = A team member’s account
staff-text = Their appointments and classes will take place on it.
field-staff = Team member ID
field-staff-hint = As it stands in your bookings software.

# Connecting Zoom

connect-title = Connect Zoom
connect-text = Every online session gets a Zoom meeting of its own. This is for { $owner }.
connect-replaces = It takes the place of { $who }.
connect-step-login = Zoom asks you to sign in. We never see your password.
connect-step-consent = Zoom asks whether meetings may be created and changed for you. Allow it.
connect-step-confirm = Back here, you see which Zoom account it is, and confirm.
confirm-title = Is this the right account?
confirm-account = Zoom account
confirm-for = Will be used for
confirm-another = This is another Zoom account than before ({ $email }). Confirm only if you mean to change it.
confirm-basic = This account is on Zoom’s Basic plan: Zoom ends its meetings after 40 minutes.
confirm-unassigned = This account has no Zoom plan and may not be able to hold meetings. Ask your Zoom administrator to assign one.
confirm-another-hint = For another account, sign out at zoom.us first if Zoom does not ask which one to use.
confirm = Confirm
use-another = Use another account
try-again = Try again

# A custom link

custom-title = Use another link
custom-whose = For { $owner }: every online session leads to this link.
custom-replaces = It takes the place of the Zoom account { $email }.
form-errors = Not saved yet. Please correct the marked fields.
field-url = Link
field-url-hint = The address of your meeting room, beginning with https://
field-password = Password
field-password-hint = Participants see it and can copy it.
field-description = Description
field-description-hint = What participants should know, such as a dial-in number. Plain text.
error-url-missing = Enter the address that participants open, such as https://meet.example.com/room
error-url-too-long = The address is longer than 2048 bytes. Use a shorter one.
error-url-character = The address contains a space, a backslash or an invisible character. Copy it again.
error-url-not-https = The address must begin with https:// and name a host.
error-url-user-info = The address must not contain a user name or password before the host.
error-url-private-host = Participants cannot reach this address: it leads to a private or local host.
error-password-too-long = The password is longer than 128 characters. Use a shorter one.
error-password-character = The password contains a line break or an invisible character. Remove it.
error-description-too-long = The description is longer than 4000 characters. Shorten it.
error-description-character = The description contains a control character. Remove it.

# Disconnecting

disconnect-title = Disconnect this account?
disconnect-text = { $who } will no longer be used for { $owner }.
disconnect-consequence-default = Without a default account no online session shows a link, also not where team members have accounts of their own. The links come back when you connect one again.
disconnect-consequence-staff = Their online sessions will use the default account of the business.
disconnect-meetings = What should happen to upcoming meetings?
disconnect-keep = Keep them at Zoom
disconnect-delete = Delete them at Zoom

# The end

finished-connected-title = Zoom is connected
finished-connected-text = Your online sessions get their links now. You can close this page.
finished-cancelled-title = Nothing was changed
finished-cancelled-text = No account was connected. You can close this page.
finished-done-title = All set
finished-done-text = You can close this page.

# Joining

join = Join
join-leads-to = { $business } uses another website for this session. You are about to open:
join-password = Password
join-description = From the organiser
copy = Copy
copied = Copied.
waiting-title = Your link is on its way
waiting-making = { $business } has booked this session; its meeting is still being set up.
waiting-business = The meeting cannot be set up at the moment. { $business } has to look at it: please contact them if the session begins soon.
waiting-refresh = This page tries again by itself. You do not need to do anything.
waiting-again = This page tries again by itself.
no-link-title = There is no link here
no-link-text = The session may have been cancelled or moved, or its link is not shown here. Look at your latest confirmation, or ask the business.
link-over-title = This session is over
link-over-text = Its link does not work any more. To book again, contact the business.

# What went wrong

no-page-title = Page not found
no-page-text = There is nothing at this address. Check it, or go back to where you came from.
malformed-title = That did not work
malformed-text = The address or the form is incomplete. Go back and try again.
link-used-title = This link does not work any more
link-used-text = Each link opens once. Go back to your bookings software and open the video settings again to get a new one.
link-expired-title = This link has expired
link-expired-text = Links work for a few minutes only. Go back to your bookings software and open the video settings again to get a new one.
session-over-title = You have been signed out
session-over-text = For safety, this page is open for a short time only. Go back to your bookings software and open the video settings again.
forged-title = Please try again
forged-text = We could not tell that this was sent from our own page. Go back, reload the page and try again.
flow-used-title = This connection attempt is over
flow-used-text = It took too long or was used already, and nothing was connected. Go back to the video settings and connect again.
other-browser-title = Please finish in the same browser
other-browser-text = The connection was begun in another browser, or cookies are switched off. Go back to the video settings and connect again from there.
install-title = One more step
install-text = Zoom sent you here without saying which business this is for, so nothing was connected. Open the video settings in your bookings software and choose Connect Zoom there.
not-entitled-title = Your plan has no video meetings
not-entitled-text = Upgrade the plan to connect an account. Accounts that were connected before are kept.
not-your-account-title = This is not your account
not-your-account-text = You can manage your own account only. Ask the owner of the business.
self-service-title = The owner manages video accounts
self-service-text = In this business team members do not set up their own accounts. Ask the owner.
default-first-title = A default account comes first
default-first-text = The business needs a default account before team members can have their own. Ask the owner to connect one.
later-title = We cannot reach your data at the moment
later-text = Please try again in a little while.
failed-title = Zoom was not connected
failed-scopes = Missing permissions
failed-again = No account was changed. You can try again at once.
failed-provider-error = Zoom reported an error.
failed-code-refused = Zoom did not accept the sign-in. It may have taken too long.
failed-missing-scopes = Some permissions are missing. Allow all of them at Zoom, or ask your Zoom administrator to approve the app.
failed-user-gone = Zoom does not know this user, or the user may not hold meetings.
failed-unavailable = Zoom does not answer at the moment.
failed-misconfigured = Our own access to Zoom is not set up correctly. Please tell support.

# Why a session has the link it has

rule-skipped = Not looked at: an earlier rule had decided.
rule-entitled = The plan of { $business } includes video.
rule-not-entitled = The plan of { $business } does not include video, so none of its sessions shows a link. Upgrade the plan to bring the links back.
rule-gate-open = { $business } has a default account.
rule-gate-closed = { $business } has no default account, so none of its sessions shows a link. Connect one to bring the links back.
rule-removed = Somebody removed this session’s link by hand. Reset that choice to bring the link back.
rule-not-removed = Nobody removed this session’s link by hand.
rule-video-on = Video is on for { $service }.
rule-video-off = Video is off for { $service }, and no link was added to this session by hand.
rule-added-by-hand = Video is off for { $service }, but a link was added to this session by hand.
rule-no-service = The service { $service } does not exist any more.
rule-custom-link = This session was given its own link by hand, and uses it.
rule-no-custom-link = This session was not given its own link by hand.
rule-course-link = { $service } is a course with one link for all its sessions, which is used.
rule-no-course-link = { $service } is a course without a link of its own.
rule-not-a-course = { $service } is not a course, so it has no course link.
rule-course-ignores-staff = { $service } is a course: whoever teaches, accounts of team members are not used.
rule-staff-account = { $staff } has an account of their own, which is used.
rule-no-staff-account = No account of their own: { $staff }.
rule-no-staff = No team member is named for this session.
rule-site-default = The default account of { $business } is used.
