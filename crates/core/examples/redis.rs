//! What the engine over Redis costs: microseconds of CPU time of the thread that runs it, for each message.
//!
//! `cargo run --release -p line-socket-core --example redis -- unix:/run/redis/redis.sock`

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use line_socket_core::{
    Append, Channel, Engine, EngineError, Head, Publication, RedisEngine, RedisSettings, Sink,
};

const MESSAGES: usize = 200_000;
const BATCH: usize = 100;
const ROOMS: usize = 100_000;

#[derive(Default)]
struct Count(AtomicUsize);

impl Sink for Count {
    fn message(&self, _: &str, data: &[u8]) {
        self.0
            .fetch_add(usize::from(!data.is_empty()), Ordering::Relaxed);
    }

    fn oversized(&self, _: &str) {}

    fn lost(&self, _: u64, error: EngineError) {
        eprintln!("lost: {error}");
        std::process::exit(1);
    }
}

/// CPU time of this thread, in nanoseconds. Linux alone has the file.
fn cpu() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let first = text.split(' ').next();
    first.and_then(|number| number.parse().ok()).unwrap_or(0)
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
async fn measure<T>(what: &str, count: usize, work: impl Future<Output = T>) -> T {
    let (begun, before) = (Instant::now(), cpu());
    let result = work.await;
    let micros = |nanos: f64| nanos / 1_000.0 / count as f64;
    println!(
        "{what:<44} {:7.2} µs of CPU {:7.2} µs",
        micros((cpu() - before) as f64),
        micros(begun.elapsed().as_nanos() as f64),
    );
    result
}

fn room(number: usize) -> Channel {
    Channel::Room(format!("bench{number}").into())
}

fn batch(payload: &[u8]) -> Vec<Publication> {
    let message = |number| Publication {
        channel: room(number % 10),
        data: payload.to_vec(),
    };
    (0..BATCH).map(message).collect()
}

async fn run(address: String) -> Result<(), EngineError> {
    let settings = RedisSettings {
        addresses: vec![address],
        prefix: "bench".into(),
        tls: None,
        max_message: 1024 * 1024,
        timeout: Duration::from_secs(10),
    };
    let new =
        || RedisEngine::new(&settings).map_err(|error| EngineError::Refused(error.to_string()));
    let engine = new()?;
    let count = Arc::new(Count::default());
    engine.connect(Arc::clone(&count) as _, 1).await?;
    let payload = vec![b'x'; 128];

    let messages = batch(&payload);
    measure("publish 128 B, batches of 100", MESSAGES, async {
        for _ in 0..MESSAGES / BATCH {
            Engine::publish(&engine, &messages).await?;
        }
        Ok::<_, EngineError>(())
    })
    .await?;
    measure("publish 128 B, one by one", MESSAGES / 10, async {
        for _ in 0..MESSAGES / 10 {
            Engine::publish(&engine, &messages[..1]).await?;
        }
        Ok::<_, EngineError>(())
    })
    .await?;

    let channels = (0..10).map(room).collect();
    Engine::subscribe(&engine, channels).await?;
    let publisher = new()?;
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let Ok(runtime) = runtime else { return };
        runtime.block_on(async {
            let _ = publisher.connect(Arc::new(Count::default()), 1).await;
            for _ in 0..MESSAGES / BATCH {
                let _ = Engine::publish(&publisher, &messages).await;
            }
        });
    });
    measure("receive 128 B", MESSAGES, async {
        while count.0.load(Ordering::Relaxed) < MESSAGES {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    let _ = thread.join();

    let Some(keeper) = engine.keeper() else {
        return Ok(());
    };
    let entries: Vec<_> = (0..BATCH)
        .map(|number| Append {
            room: format!("kept{}", number % 10).into(),
            id: None,
            data: payload.clone(),
            tag: number as u16,
            new_epoch: 1,
            size: 1_000,
            ttl: 60_000,
        })
        .collect();
    measure(
        "keep and publish 128 B, batches of 100",
        MESSAGES / 4,
        async {
            for _ in 0..MESSAGES / 4 / BATCH {
                keeper.append(&entries.iter().collect::<Vec<_>>()).await?;
            }
            Ok::<_, EngineError>(())
        },
    )
    .await?;

    let all: Vec<_> = (0..ROOMS).map(room).collect();
    let work = Engine::subscribe(&engine, all.clone());
    measure("subscribe to a room", ROOMS, work).await?;
    let heads = || {
        let head = |number| Head {
            room: format!("head{number}").into(),
            new_epoch: 1,
            ttl: 60_000,
        };
        (0..ROOMS).map(head).collect()
    };
    measure("begin the history of a room", ROOMS, keeper.heads(heads())).await?;
    measure("position of a room", ROOMS, keeper.heads(heads())).await?;
    measure(
        "unsubscribe from a room",
        ROOMS,
        Engine::unsubscribe(&engine, all),
    )
    .await?;
    Ok(())
}

fn main() {
    let Some(address) = std::env::args().nth(1) else {
        eprintln!("give the address of a Redis server that may lose its data");
        std::process::exit(2);
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let ran = runtime
        .map_err(|error| error.to_string())
        .and_then(|runtime| {
            runtime
                .block_on(run(address))
                .map_err(|error| error.to_string())
        });
    if let Err(error) = ran {
        eprintln!("{error}");
        std::process::exit(1);
    }
}
