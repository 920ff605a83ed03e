//! What a link read costs in process, with the store in memory: token check, both records, rules, answer. Ends with
//! 1 where what is kept between reads saves less than it must, or where a large site costs more than it may.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a bench prints, and ends where something is not as it should be"
)]

#[path = "link_read/elsewhere.rs"]
mod elsewhere;
#[path = "link_read/house.rs"]
mod house;
#[path = "link_read/memory.rs"]
mod memory;

use std::process::ExitCode;
use std::time::Duration;
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::Method;
use axum::http::Request;
use axum::http::StatusCode;
use axum::http::Uri;
use axum::http::header;
use criterion::Criterion;
use criterion::Throughput;
use greenroom::app::ports::clock::Clock;
use greenroom::app::ports::clock::SystemClock;
use http_body_util::BodyExt;
use jsonwebtoken::Algorithm;
use jsonwebtoken::EncodingKey;
use jsonwebtoken::Header;
use serde_json::Value;
use serde_json::json;
use tokio::runtime::Runtime;
use tower::ServiceExt;

use crate::house::House;
use crate::house::Kept;
use crate::house::SECRET;
use crate::house::SESSIONS;
use crate::house::Size;
use crate::house::session_id;

const SMALL: Size = Size { id: "small", services: 3, staff: 2 };
const LARGE: Size = Size { id: "large", services: 500, staff: 200 };

/// The most a read may cost, by the same with nothing kept.
const MOST_BY_NOTHING_KEPT: f64 = 0.45;
/// The most a read on a large site may cost, by the same on a small one.
const MOST_BY_SMALL: f64 = 1.2;

/// How often the reads that are compared take turns, and how many there are in a turn: so few that hardly a turn is
/// interrupted, so many turns that those that are do not count.
const TURNS: usize = 5001;
const READS: u32 = 16;
/// Links of one batch.
const BATCH: usize = 500;

/// Reads the links of a site's sessions, one after the other, as a caller does.
struct Reader {
    router: Router,
    token: HeaderValue,
    links: Vec<Uri>,
    batch: (Uri, String),
}

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let house = House::new();
    runtime.block_on(async {
        house.store(SMALL).await;
        house.store(LARGE).await;
    });
    let kept = Reader::new(&house, Kept::Everything, SMALL);
    let nothing_kept = Reader::new(&house, Kept::Nothing, SMALL);
    let large = Reader::new(&house, Kept::Everything, LARGE);
    runtime.block_on(async {
        let answers = [kept.check().await, nothing_kept.check().await];
        assert_eq!(answers[0], answers[1], "what is kept changes no answer");
        large.check().await;
    });
    let readers = [("kept", &kept), ("nothing kept", &nothing_kept), ("kept, large site", &large)];
    measure(&runtime, &readers);
    compare(&runtime, &readers.map(|(_, reader)| reader))
}

/// Measures each by itself.
fn measure(runtime: &Runtime, readers: &[(&str, &Reader)]) {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3))
        .configure_from_args();
    for (name, reader) in readers {
        criterion.bench_function(&format!("link read/{name}"), |bencher| {
            bencher.iter_custom(|reads| runtime.block_on(reader.time(reads)));
        });
    }
    let mut group = criterion.benchmark_group("links:batch");
    group.throughput(Throughput::Elements(BATCH as u64));
    for (name, reader) in readers {
        group.bench_function(*name, |bencher| {
            bencher.iter_custom(|batches| runtime.block_on(reader.time_batches(batches)));
        });
    }
    group.finish();
    criterion.final_summary();
}

/// Lets the three take turns, and compares them turn by turn: what disturbs one disturbs its neighbours as well.
fn compare(runtime: &Runtime, readers: &[&Reader; 3]) -> ExitCode {
    let turns =
        (0..TURNS).map(|_| readers.map(|reader| runtime.block_on(reader.time(READS.into())).as_secs_f64()));
    let turns = turns.collect::<Vec<_>>();
    let micros = |at: usize| median(turns.iter().map(|turn| turn[at] * 1e6 / f64::from(READS)));
    println!(
        "\none read: {:.2} µs; with nothing kept {:.2} µs; on a large site {:.2} µs",
        micros(0),
        micros(1),
        micros(2)
    );
    let by_nothing_kept = median(turns.iter().map(|turn| turn[0] / turn[1]));
    let by_small = median(turns.iter().map(|turn| turn[2] / turn[0]));
    let held = [
        hold("kept / nothing kept", by_nothing_kept, MOST_BY_NOTHING_KEPT),
        hold("large site / small site", by_small, MOST_BY_SMALL),
    ];
    if held.into_iter().all(|held| held) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Prints a ratio beside its bound; whether it is within.
fn hold(name: &str, ratio: f64, most: f64) -> bool {
    let held = ratio <= most;
    println!("{name}: {ratio:.3}, at most {most}: {}", if held { "held" } else { "NOT HELD" });
    held
}

fn median(samples: impl Iterator<Item = f64>) -> f64 {
    let mut samples = samples.collect::<Vec<_>>();
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}

impl Reader {
    fn new(house: &House, kept: Kept, size: Size) -> Self {
        let below = |rest: &str| format!("/v1/sites/{}/{rest}", size.id).parse::<Uri>().unwrap();
        let link = |index| below(&format!("sessions/{}/link?audience=confirmation_email", session_id(index)));
        let ids = (0..BATCH).map(|index| session_id(index % SESSIONS).to_string()).collect::<Vec<_>>();
        let asked = json!({"session_ids": ids, "audience": "confirmation_email"}).to_string();
        Self {
            router: house.router(kept),
            token: HeaderValue::from_str(&format!("Bearer {}", token())).unwrap(),
            links: (0..SESSIONS).map(link).collect(),
            batch: (below("links:batch"), asked),
        }
    }

    /// How long so many reads take.
    async fn time(&self, reads: u64) -> Duration {
        let begun = Instant::now();
        for uri in self.links.iter().cycle().zip(0..reads).map(|(uri, _)| uri) {
            let (status, body) = self.ask(self.request(uri, Body::empty())).await;
            assert_eq!(status, StatusCode::OK);
            std::hint::black_box(body);
        }
        begun.elapsed()
    }

    /// How long so many batches take.
    async fn time_batches(&self, batches: u64) -> Duration {
        let begun = Instant::now();
        for _ in 0..batches {
            let mut request = self.request(&self.batch.0, Body::from(self.batch.1.clone()));
            *request.method_mut() = Method::POST;
            let json = HeaderValue::from_static("application/json");
            request.headers_mut().insert(header::CONTENT_TYPE, json);
            let (status, body) = self.ask(request).await;
            assert_eq!(status, StatusCode::OK);
            std::hint::black_box(body);
        }
        begun.elapsed()
    }

    /// The answer to the first link: a whole one.
    async fn check(&self) -> Vec<u8> {
        let (status, body) = self.ask(self.request(&self.links[0], Body::empty())).await;
        let link: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(
            (status, &link["status"], &link["source"]),
            (StatusCode::OK, &"ready".into(), &"staff_account".into())
        );
        body
    }

    fn request(&self, uri: &Uri, body: Body) -> Request<Body> {
        let mut request = Request::new(body);
        *request.uri_mut() = uri.clone();
        request.headers_mut().insert(header::AUTHORIZATION, self.token.clone());
        // As services do that trace their calls; a fresh name is random, and costs the same with and without.
        request.headers_mut().insert("x-request-id", HeaderValue::from_static("read-1"));
        request
    }

    async fn ask(&self, request: Request<Body>) -> (StatusCode, Vec<u8>) {
        let Ok(response) = self.router.clone().oneshot(request).await;
        let (parts, body) = response.into_parts();
        (parts.status, body.collect().await.unwrap().to_bytes().into())
    }
}

/// A token that lives an hour.
fn token() -> String {
    let now = SystemClock.now().as_second();
    let claims = json!({
        "iss": "dev", "aud": "greenroom", "sub": "booking-core", "iat": now, "exp": now + 3600, "sites": "*",
        "scope": "links:read links:write",
    });
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &EncodingKey::from_secret(SECRET)).unwrap()
}
