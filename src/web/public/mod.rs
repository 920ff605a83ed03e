//! What browsers and participants reach: portal, join addresses, OAuth callback, webhooks.
