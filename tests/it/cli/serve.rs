//! `greenroom serve` before it serves.

use std::net::TcpListener;

use crate::support::program::greenroom;
use crate::support::written::LEAST;
use crate::support::written::Written;

#[test]
fn what_is_configured_and_not_served_is_warned_of() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = taken.local_addr().unwrap();
    let more = format!(
        r#"{LEAST}
[public]
listen = "{listen}"
[telemetry]
otlp_endpoint = "https://traces.example"
"#
    );
    for (text, expected) in [(more, 1), (format!("{LEAST}\n[public]\nlisten = \"{listen}\""), 0)] {
        let written = Written::new(&text);
        let ran = greenroom(written.folder()).args(["serve", "--config", "greenroom.toml"]).output().unwrap();
        assert_eq!(ran.status.code(), Some(2), "{ran:?}");
        let said =
            format!("{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
        assert_eq!(said.matches("telemetry.otlp_endpoint").count(), expected, "{said}");
    }
}
