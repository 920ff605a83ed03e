//! Fills the settings of the listeners from `[public]` and `[internal]`.

use std::net::SocketAddr;

use url::Url;

use crate::config::address;
use crate::config::section::Section;
use crate::web::settings::Internal;
use crate::web::settings::Public;

/// What completes "write …" for a listening address.
const ADDRESS: &str = "an address and a port, as in \"127.0.0.1:8080\"";

/// Reads `[public]`.
pub(super) fn public(mut section: Section<'_>) -> Option<Public> {
    let listen = listen(&mut section, 8080);
    let expected = "an origin, as in \"https://meet.example.com\" (http only on loopback): no path, query, fragment, user";
    let base_url = section
        .parsed("base_url", expected, address::origin)
        .or(Url::parse("http://127.0.0.1:8080").expect("a literal address"));
    section.finish();
    Some(Public { listen: listen?, base_url: base_url? })
}

/// Reads `[internal]`; the two listeners never share an address (contract.md section 1).
pub(super) fn internal(mut section: Section<'_>, public: Option<&Public>) -> Option<Internal> {
    let listen = listen(&mut section, 8081);
    let name = section.place("listen");
    if let (Some(listen), Some(public)) = (listen, public)
        && listen == public.listen
        && listen.port() != 0
    {
        section.report(name, "is also public.listen", "write another port: the two never share one");
    }
    section.finish();
    Some(Internal { listen: listen? })
}

fn listen(section: &mut Section<'_>, port: u16) -> Option<SocketAddr> {
    section.parsed("listen", ADDRESS, |text| text.parse().ok()).or(SocketAddr::from(([127, 0, 0, 1], port)))
}
