//! Owns what every public page is given: the gateway, and where its forms may lead.

use url::Url;

use crate::app::gateway::Gateway;
use crate::web::headers::FormPage;

/// What every public page is given.
#[derive(Debug, Clone)]
pub(super) struct Public {
    /// The use cases' ports.
    pub(super) gateway: Gateway,
    forms: FormPage,
}

impl Public {
    /// Forms may lead to the consent page of the provider, and back to the platform.
    pub(super) fn new(gateway: Gateway, consent_url: &Url) -> Self {
        let mut origins = vec![consent_url.clone()];
        origins.extend(gateway.settings.portal.return_origins.iter().cloned());
        let forms = FormPage::new(&origins);
        Self { gateway, forms }
    }

    /// The headers of a page with forms.
    pub(super) fn forms(&self) -> FormPage {
        self.forms.clone()
    }

    /// Where browsers reach us.
    pub(super) fn base_url(&self) -> &Url {
        &self.gateway.settings.base_url
    }
}
